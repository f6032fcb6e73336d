# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI description: what is checked in, what is served, and what the emulator does are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from emulator.handle import Emulator
from helpers.api_client import Client
from sandbox.isolation import REPOSITORY

FILE = REPOSITORY / "docs" / "openapi.yaml"
ID = "/servers/{server_id}/"

# The statuses of the documentation's pages.
DOCUMENTED: dict[tuple[str, str], set[str]] = {
    ("/servers/", "get"): {"200", "401"},
    ("/servers/", "post"): {"201", "400", "401", "402"},
    (ID, "get"): {"200", "401", "404"},
    (ID, "put"): {"200", "400", "404"},
    (ID, "patch"): set(),
    (ID, "delete"): {"204", "404"},
    (f"{ID}start/", "post"): {"200", "400", "404"},
    (f"{ID}stop/", "post"): set(),
    (f"{ID}reboot/", "post"): {"200", "400", "404"},
    ("/plans/", "get"): {"200", "401"},
    ("/account/me/", "get"): {"200"},
}
# Every active token is accepted there.
NO_PERMISSION_NEEDED = ("/account/me/", "get")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The file that is checked in."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_what_is_served_is_what_is_checked_in(emulator: Emulator, description: dict[str, Any]) -> None:
    base = emulator.url.removesuffix("/api/v1")
    assert requests.get(f"{base}/openapi.json", timeout=10, proxies={"http": ""}).json() == description
    assert emulator.requests() == []


def test_the_command_finds_the_file_up_to_date() -> None:
    command = [sys.executable, "-m", "emulator.openapi"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tools")}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_describes_every_endpoint_and_every_documented_status(description: dict[str, Any]) -> None:
    operations = {
        (path, method): operation for path, item in description["paths"].items() for method, operation in item.items()
    }
    assert operations.keys() == DOCUMENTED.keys()
    for key, documented in DOCUMENTED.items():
        answers = operations[key]["responses"]
        said = {status for status, answer in answers.items() if answer["description"].endswith("(documented)")}
        assert said == documented
        assert {"401", "429"} <= answers.keys()
        assert ("403" in answers) is (key != NO_PERMISSION_NEEDED)
        for status, answer in answers.items():
            assert ("content" in answer) is (status != "204")


def _validate(description: dict[str, Any], schema: str, value: Any) -> None:
    whole = {**description["components"]["schemas"][schema], "components": description["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def test_answers_obey_it(emulator: Emulator, client: Client, description: dict[str, Any]) -> None:
    server = client.create()
    _validate(description, "CreatedServer", server)
    _validate(description, "ServerDetail", client.detail(server["id"]))
    _validate(description, "ServerList", client.get("/servers/?page_size=1").json())
    _validate(description, "PlanList", client.get("/plans/").json())
    _validate(description, "Me", client.get("/account/me/").json())
    emulator.configure(plans_paging=True, page_size=2)
    _validate(description, "PlanList", client.get("/plans/").json())
    emulator.configure(paging=False)
    _validate(description, "ServerList", client.get("/servers/").json())
    running = emulator.insert()
    _validate(description, "ActionAnswer", client.ask("POST", f"/servers/{running}/stop/").json())
    _validate(description, "FieldErrors", client.ask("POST", "/servers/", {}).json())
    _validate(description, "Detail", client.get("/servers/1/").json())


def test_it_tells_a_wrong_answer(description: dict[str, Any]) -> None:
    for schema, value in [
        ("ServerDetail", {"id": 1}),
        ("ServerList", {"count": 1}),
        ("FieldErrors", {"name": "text"}),
        ("Detail", {}),
    ]:
        with pytest.raises(jsonschema.ValidationError):
            _validate(description, schema, value)
