# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain client of the API, and waiting without sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from emulator.handle import Emulator

LIMIT = 10.0


class Client:
    """A plain HTTP client of the API: one connection, one token, no proxies, no redirects."""

    def __init__(self, emulator: Emulator, token: str | None = None) -> None:
        self.url = emulator.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token or emulator.token}"

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One request; body is sent as JSON."""
        if body is not None:
            options["json"] = body
        return self.session.request(method, f"{self.url}{path}", timeout=LIMIT, allow_redirects=False, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """A GET."""
        return self.ask("GET", path, **options)

    def create(self, name: str = "web-1", **fields: Any) -> dict[str, Any]:
        """A server that is created, with a plain default for what is required; the answer."""
        answer = self.ask(
            "POST", "/servers/", {"name": name, "plan_id": 1, "os_id": 5, "location": "us-west", **fields}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def detail(self, server: int) -> dict[str, Any]:
        """The detail of a server that is there."""
        answer = self.get(f"/servers/{server}/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, query: str = "") -> list[int]:
        """The ids of one list answer."""
        answer = self.get(f"/servers/{query}")
        assert answer.status_code == 200, answer.text
        return [server["id"] for server in answer.json()["results"]]


def until(condition: Callable[[], Any]) -> Any:
    """The first true value of a condition that is asked again and again; an error after the limit."""
    limit = time.monotonic() + LIMIT
    while not (value := condition()):
        assert time.monotonic() < limit, "did not come true in time"
    return value
