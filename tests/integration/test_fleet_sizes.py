# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a fleet returns: by the option `returned`, of a failure, and in an event of ansible-runner."""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript, names
from helpers.runner import run_playbook
from helpers.script import Done

BRIEF = {"id", "name", "status", "ip_address"}
MANY = 2000
OPTION = "returned"


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator: Any) -> FleetScript:
    emulator.configure(provision_ms=0, address_ms=0)
    return FleetScript(ansible_cli, emulator)


def keys(done: Done, key: str) -> set[frozenset[str]]:
    return {frozenset(entry) for entry in done[key]}


def test_returned(script: FleetScript) -> None:
    script.insert(1, "there", plan_id=1)
    script.insert(2, "other", plan_id=1, hostname="old.example.com")
    servers = [{"name": "there"}, {"name": "other", "hostname": "new.example.com"}, {"name": "web", **ENOUGH}]
    for returned in ("all", "changed", "none"):
        script.fleet(f"check {returned}", *servers, check=True, returned=returned)
    script.fleet("real", *servers, returned="changed")
    script.fleet("again", *servers, returned="changed")
    script.fleet("again, all", *servers)
    script.fleet("gone", {"name": "web"}, state="absent", returned="none")
    ran = script.play_both_ways()
    stored = {server["name"]: server for server in script.emulator.servers()}
    plan = [("update", "other", 2), ("create", "web", None)]
    for returned, shown in (("all", ["there", "other", "web"]), ("changed", ["other", "web"]), ("none", [])):
        done = ran.ok(f"check {returned}", changed=True)
        assert names(done) == shown
        assert [(entry["action"], entry["name"], entry["id"]) for entry in done["plan"]] == plan
        assert keys(done, "plan") == {frozenset({"action", "name", "id", "fields", "reason"})}
        assert keys(done, "servers") == {frozenset(BRIEF)} or returned != "changed"
    real = ran.ok("real", changed=True)
    assert [set(server) for server in real["servers"]] == [BRIEF] * 2
    assert real["servers"][0] == {key: stored["other"][key] for key in BRIEF}
    assert real["servers"][1]["ip_address"] and real["servers"][1]["status"] == "active"
    assert real["plan"] == [dict(zip(("action", "name", "id"), entry, strict=True)) for entry in plan]
    assert ran.ok("again", changed=False)["servers"] == []
    assert names(ran.ok("again, all", changed=False)) == ["there", "other", "web"]
    gone = ran.ok("gone", changed=True)
    assert gone["servers"] == [] and gone["plan"][0]["action"] == "delete" and gone["summary"]["deleted"] == 1


@pytest.mark.parametrize("returned", ["all", "changed", "none"])
def test_a_failure_returns_what_failed_and_what_was_changed(script: FleetScript, returned: str) -> None:
    for number in range(1, 6):
        script.insert(number, f"there-{number}", plan_id=1, hostname="old.example.com")
    script.insert(6, "warned", plan_id=3)
    servers = [
        *({"name": f"there-{number}"} for number in range(1, 4)),
        {"name": "there-4", "hostname": "new.example.com"},
        {"name": "there-5", "hostname": "new.example.com"},
        {"name": "warned", "plan_id": 1, "on_immutable_change": "warn"},
        {"name": "web", **ENOUGH},
    ]
    script.fleet("real", *servers, returned=returned)
    ran = script.play(Fault("answer", status=400, body={"detail": "No."}, method="PATCH", path="*/servers/4/"))
    done = ran.failed("real", changed=True)
    assert names(done) == ["there-4", "there-5", "web"]
    assert keys(done, "servers") == {frozenset(BRIEF)} or returned == "all"
    assert [entry["name"] for entry in done["plan"]] == ["there-4", "there-5", "web"] and done["changed"] is True
    assert [error["id"] for error in done["errors"]] == [4]
    assert [diff["before_header"] for diff in done["diff"]] == ["there-4", "there-5", "web"] and done["drift"] == []


def test_a_refusal_returns_the_servers_that_it_concerns(script: FleetScript) -> None:
    for number in range(1, 301):
        script.insert(number, f"web-{number:03d}", plan_id=1)
    servers = [{"name": f"web-{number:03d}", "plan_id": 2 if number == 7 else 1} for number in range(1, 301)]
    script.fleet("one", *servers, {"name": "new", **ENOUGH})
    script.fleet("limit", *servers[:2], purge=True, purge_match="web-29*")
    script.fleet("recreate", *servers, on_immutable_change="recreate")
    ran = script.play()
    one = ran.failed("one", "web-007", 7)
    assert names(one) == ["web-007"] and one["plan"] == [] and [entry["id"] for entry in one["drift"]] == [7]
    assert len(str({key: value for key, value in one.result.items() if key != "invocation"})) < 5_000
    limit = ran.failed("limit", "max_delete")
    assert limit["servers"] == [] and [entry["id"] for entry in limit["plan"]] == [*range(290, 300)]
    assert names(ran.failed("recreate", "max_delete")) == ["web-007"]


def test_diff_in_diff_mode_only(script: FleetScript) -> None:
    script.insert(1, "web", hostname="old.example.com")
    script.fleet("check", {"name": "web", "hostname": "new.example.com"}, check=True)
    script.fleet("shown", {"name": "web", "hostname": "new.example.com"}, check=True, keywords={"diff": True})
    script.fleet("real", {"name": "web", "hostname": "new.example.com"})
    ran = script.play(play={"diff": False})
    assert "diff" not in ran.ok("check", changed=True).result and "diff" not in ran.ok("real", changed=True).result
    assert [diff["before"]["hostname"] for diff in ran.ok("shown", changed=True)["diff"]] == ["old.example.com"]


def fleet(count: int, **options: Any) -> dict[str, Any]:
    return {
        "vpsorg.cloud.vps_fleet": {
            "servers": [{"name": f"web-{number:04d}"} for number in range(1, count + 1)],
            "defaults": ENOUGH,
            "wait_interval": 0.1,
            "concurrency": 32,
            **options,
        }
    }


def test_thousands_of_new_servers_in_an_event_of_ansible_runner(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.configure(provision_ms=0, address_ms=0)
    job = run_playbook(
        ansible_cli,
        [
            {"name": "planned", "check_mode": True, **fleet(MANY, returned="changed")},
            {"name": "real", **fleet(MANY, returned="changed")},
            {"name": "again, all", **fleet(MANY)},
        ],
        {"ANSIBLE_INJECT_INVOCATION": "1"},
    )
    assert job.rc == 0, job.errors
    assert len(job.result("planned")["plan"]) == MANY
    real = job.result("real")
    assert {server["id"] for server in real["servers"]} == {server["id"] for server in emulator.servers()}
    assert real["changed"] is True and real["summary"]["created"] == MANY and len(real["servers"]) == MANY
    # What is too long is dropped, and so the warning is in the output.
    assert job.result("again, all") == {}
    warnings = [
        text for text in (" ".join(job.lines()), job.errors) if mentions(text, "700,000", OPTION, "changed", "none")
    ]
    assert warnings, job.lines()


def test_no_warning_where_nothing_is_dropped(script: FleetScript) -> None:
    """Outside of ansible-runner, a result may be as long as it likes."""
    for number in range(1, 1001):
        script.insert(number, f"web-{number:04d}", plan_id=1)
    script.fleet("real", *({"name": f"web-{number:04d}"} for number in range(1, 1001)))
    ran = script.play(env={"MAX_EVENT_RES": "10"})
    assert "warnings" not in ran.ok("real", changed=False).result
