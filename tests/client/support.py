# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's client on a real socket, with times short enough for tests, and faults that every operation is tried
against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.budget import Budget
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import Http
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import Settings
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy

FIELDS = {"name": "web-01", "plan_id": 1, "os_id": 5, "location": "us-west"}
NOBODY: frozenset[int] = frozenset()
LIST, ONE = "*/servers/", "*/servers/*/"

# Seconds: never reached by an answer that comes, and short for one that never does.
TIMEOUT = 10.0
LOST_TIMEOUT = 1.0


def connection(url: str, token: str = "vps_demo_token", **options: Any) -> Settings:
    """Connection options with short times."""
    plain = {"timeout": TIMEOUT, "retries": 5, "retry_max_delay": 0.05, "validate_certs": True, "ca_path": None}
    return Settings(api_url=url, token=token, **{**plain, **options})


def servers_at(
    url: str, *, adopt_timeout: float = 0.3, wait_interval: float = 0.1, limit: float | None = 30.0, **options: Any
) -> Servers:
    """The safe operations through a connection of their own; `options` as of `connection`."""
    given = connection(url, **options)
    budget = Budget(
        limit=limit, retries=given.retries, retry_max_delay=given.retry_max_delay, request_timeout=given.timeout
    )
    return Servers(ApiClient(Http(given), budget), adopt_timeout=adopt_timeout, wait_interval=wait_interval)


@dataclass(frozen=True)
class Trouble:
    """A fault that meets one request; `effect` says whether the request is carried out by the API all the same."""

    name: str
    kind: str
    effect: bool
    params: tuple[tuple[str, Any], ...] = ()

    def fault(self, method: str, path: str, **where: Any) -> Fault:
        return Fault(self.kind, method, path, **where, **dict(self.params))

    @property
    def hangs(self) -> bool:
        """Whether only the client's own time-out ends it."""
        return self.kind.startswith(("hang", "drip"))


def _trouble(name: str, kind: str, effect: bool, **params: Any) -> Trouble:
    return Trouble(name, kind, effect, tuple(params.items()))


# After each of these, nobody but a look can tell what happened.
LOSSES = [
    _trouble("reset before", "reset_before", False),
    _trouble("close before", "close_before", False),
    _trouble("hang before", "hang_before", False),
    _trouble("garbage before", "garbage", False, forward=False),
    _trouble("page before", "html_200", False, forward=False),
    _trouble("empty before", "empty_body_200", False, forward=False),
    _trouble("202 before", "answer", False, status=202, body={}),
    *(
        _trouble(f"{status} before", "answer", False, status=status, body={"detail": "Oops."})
        for status in (408, 425, 500, 502, 503, 504, 520)
    ),
    _trouble("reset after", "reset_after", True),
    _trouble("close after", "close_after", True),
    _trouble("hang after", "hang_after", True),
    _trouble("half a body", "close_mid_body", True),
    _trouble("half of the JSON", "truncate_body", True),
    _trouble("drip", "drip_body", True),
    _trouble("garbage after", "garbage", True),
    _trouble("page after", "html_200", True),
    _trouble("empty after", "empty_body_200", True),
    _trouble("deep", "deep_json", True),
    _trouble("header flood", "header_flood", True),
    _trouble("huge header", "header_flood", True, mode="huge"),
    _trouble("202 after", "answer", True, status=202, body={}, forward=True),
    *(
        _trouble(f"{status} after", "answer", True, status=status, body={"detail": "Oops."}, forward=True)
        for status in (408, 425, 500, 502, 503, 504, 520)
    ),
]

# After each of these, nothing happened and nothing will.
REFUSALS = [400, 402, 403, 401, 405, 406, 410, 413, 415, 418, 422]


def refusal(status: int, method: str, path: str, **where: Any) -> Fault:
    """Every answer to such a request is this refusal."""
    return Fault("answer", method, path, **{"times": None, **where}, status=status, body={"detail": "Because of that."})


def sent(proxy: FaultProxy, method: str) -> list[str]:
    """The paths of the requests of a method that have reached the proxy, forwarded or not, below /api/v1."""
    return [record.path.removeprefix("/api/v1") for record in proxy.history if record.method == method]


def told(error: Exception) -> str:
    """All that an error tells: its text, and as data the server that it concerns."""
    return f"{error} {vars(error)}"


def named(emulator: Emulator, name: str = "web-01") -> list[int]:
    """The ids of the servers of a name that the account really has."""
    return [server["id"] for server in emulator.servers() if server["name"] == name]


def stored(emulator: Emulator, server_id: int) -> dict[str, Any]:
    """A server as it really is."""
    (server,) = (server for server in emulator.servers() if server["id"] == server_id)
    return server
