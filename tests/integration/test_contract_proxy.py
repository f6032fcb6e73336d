# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation through a proxy that knows only the OpenAPI description: what the collection sends, and what the
emulator answers, is described there.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from fault_proxy import FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note
from helpers.prism import missing, running_prism

ABOUT = {"plan_id": 1, "os_id": 5, "location": "us-west"}
READ_ONLY = "vps_only_reads"
WAITING = {f"vpsorg.cloud.{name}": {"wait_interval": 0.1} for name in ("vps_server", "vps_server_power", "vps_fleet")}


@pytest.fixture
def described(emulator) -> Iterator[tuple[FaultProxy, list[str]]]:
    """A recorder in front of the validating proxy in front of the emulator."""
    reason = missing()
    if reason:
        pytest.skip(f"no validating proxy: {reason}")
    with running_prism(emulator.url) as (url, said):
        with FaultProxy(url) as recorder:
            yield recorder, said


def _tasks() -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = []

    def add(module: str, ignore: bool = False, **options: Any) -> None:
        tasks.append(
            {
                "name": f"{len(tasks)} {module}",
                f"vpsorg.cloud.{module}": options,
                **({"ignore_errors": True} if ignore else {}),
            }
        )

    add("vps_server", name="whole", hostname="whole.example.com", ssh_key_id=1, backups_enabled=True, **ABOUT)
    add("vps_server", name="least", **ABOUT)
    add("vps_server", name="least", hostname="least.example.com", backups_enabled=True)
    add("vps_server", name="least", hostname="least.example.com", backups_enabled=True)
    add("vps_server_power", name="least", state="stopped")
    add("vps_server_power", name="least", state="rebooted", ignore=True)
    add("vps_server_power", name="least", state="started")
    add("vps_server_power", name="least", state="rebooted", settle_time=0.3)
    add("vps_server_info", details=True)
    add("vps_server_info", status="active", location="us-west")
    add("vps_server_info", id=999_999_999)
    add("vps_server", True, name="wrong-plan", **{**ABOUT, "plan_id": 9999})
    add("vps_server", True, name="too-dear", **{**ABOUT, "plan_id": 3})
    add("vps_server_info", True, api_token="vps_no_such_token")
    add("vps_server", True, name="forbidden", api_token=READ_ONLY, **ABOUT)
    add("vps_fleet", servers=[{"name": "fleet-1"}, {"name": "fleet-2", "power": "stopped"}], defaults=ABOUT)
    add("vps_fleet", servers=[{"name": "fleet-1"}, {"name": "fleet-2"}], state="absent")
    add("vps_server", name="whole", state="absent")
    return tasks


def test_every_operation_is_as_described(
    emulator, ansible_cli: AnsibleCli, described: tuple[FaultProxy, list[str]], figures: Note
) -> None:
    recorder, said = described
    url = recorder.origin  # the description's paths begin after the base path
    emulator.configure(provision_ms=60, address_ms=20, start_ms=60, stop_ms=60, reboot_ms=60, check_ssh_keys=False)
    emulator.add_token(READ_ONLY, ["servers:read"])
    emulator.seed(120)
    emulator.clear_requests()
    play = {"module_defaults": WAITING, "vars": {"vpsorg_in_process": True}}
    tasks = _tasks()
    outcome = ansible_cli.tasks(tasks, play=play, env={"VPS_API_URL": url}, rc=0, timeout=200)
    inventory = ansible_cli.inventory({"plugin": "vpsorg.cloud.vps", "details": True}, env={"VPS_API_URL": url}, rc=0)
    assert len(inventory.json()["_meta"]["hostvars"]) == len(emulator.servers())
    sent = _seen((record.method, record.path, record.status) for record in recorder.history)
    answered = _seen((entry["method"], entry["path"], entry["status"]) for entry in emulator.requests())
    complaints = [line for line in said if "violat" in line.lower() or "\u2716" in line]
    endpoints = {(method, path) for method, path, _status in sent}
    undescribed = (sent - answered) + (answered - sent)
    numbers = {
        "requests": sum(sent.values()),
        "endpoints": len(endpoints),
        "requests or answers not as described": sum(undescribed.values()),
    }
    figures("validating proxy", numbers)
    # The proxy puts an answer of its own in the place of what is not described.
    assert sent == answered, "".join(said)[-5000:]
    assert not complaints, complaints
    # All nine of servers but PUT, which the collection never sends.
    assert endpoints == {
        *(
            ("GET", "/plans/"),
            ("GET", "/servers/"),
            ("POST", "/servers/"),
            ("GET", "/servers/{id}/"),
            ("PATCH", "/servers/{id}/"),
            ("DELETE", "/servers/{id}/"),
        ),
        *(("POST", f"/servers/{{id}}/{action}/") for action in ("start", "stop", "reboot")),
    }
    assert {status for _method, _path, status in sent} >= {200, 201, 204, 400, 401, 403, 404}
    assert len(outcome.with_status("ignored")) >= 4


def _seen(requests: Any) -> Counter[tuple[str, str, int]]:
    return Counter(
        (method, re.sub(r"/[0-9]+/", "/{id}/", path.removeprefix("/api/v1")), status)
        for method, path, status in requests
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/servers/", {"name": "x"}, 422),
        ("POST", "/servers/", {"name": "x", **ABOUT, "plan_id": "one"}, 422),
        ("GET", "/no-such-path/", None, 404),
        ("GET", "/servers/one/", None, 422),
    ],
)
def test_the_proxy_does_check_requests(
    method: str, path: str, body: Any, status: int, emulator, described: tuple[FaultProxy, list[str]]
) -> None:
    assert _status(described[0].origin, method, path, body, emulator.token) == status
    assert emulator.requests() == [], "not handed on"


def test_the_proxy_does_check_answers(emulator, described: tuple[FaultProxy, list[str]]) -> None:
    emulator.insert(name=["not", "a", "text"])
    assert _status(described[0].origin, "GET", "/servers/", None, emulator.token) == 500


def _status(url: str, method: str, path: str, body: Any, token: str) -> int:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url + path, data, headers, method=method), timeout=30
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
