# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that do not show yet what was just written, or fail just then: nothing is done to the wrong server, or created
twice without a word.
"""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript, check_shape, counts

LISTS = {"method": "GET", "path": "*/servers/"}
FIRST = 12345
BY_NAME: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    # What a task on the name web-1 writes once the list shows that the server of that name has another one.
    "absent": ("vps_server", {"name": "web-1", "state": "absent"}, []),
    "present": ("vps_server", {"name": "web-1", **ENOUGH, "wait": False}, ["POST /servers/"]),
    "power": ("vps_server_power", {"name": "web-1", "state": "stopped"}, []),
    "power of names": ("vps_server_power", {"names": ["kept", "web-1"], "state": "stopped"}, []),
    "power of a pattern": ("vps_server_power", {"match": "web-1*", "state": "stopped"}, []),
    "fleet absent": ("vps_fleet", {"servers": [{"name": "web-1"}], "state": "absent"}, []),
    "fleet present": (
        "vps_fleet",
        {"servers": [{"name": "web-1", "backups_enabled": True, **ENOUGH}], "wait": False},
        ["POST /servers/"],
    ),
    "fleet power": (
        "vps_fleet",
        {"servers": [{"name": "web-1", "power": "stopped", **ENOUGH}]},
        ["POST /servers/", f"POST /servers/{FIRST}/stop/"],
    ),
    "purge": (
        "vps_fleet",
        {"servers": [{"name": "kept"}], "purge": True, "purge_match": "web-1*", "max_delete": 1},
        [],
    ),
}


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def renamed(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0, stop_ms=0)
    script.insert(4, "kept")
    script.insert(5, "web-1")
    script.server("rename", id=5, name="web-2")


@pytest.mark.parametrize("what", BY_NAME)
def test_a_renamed_server_is_not_taken_for_the_one_of_its_old_name(script: FleetScript, what: str) -> None:
    module, options, writes = BY_NAME[what]
    renamed(script)
    script.task("then", module, options)
    # After the rename two lists still show the old name.
    ran = script.play(Fault("stale_list", **LISTS, times=2))
    assert ran["then"].writes == writes
    assert ran["then"].failed == (what in ("power", "power of names"))
    server = next(server for server in script.emulator.servers() if server["id"] == 5)
    assert (server["name"], server["status"]) == ("web-2", "active")


@pytest.mark.parametrize("what", BY_NAME)
def test_a_list_that_goes_on_showing_the_old_name_is_a_failure(script: FleetScript, what: str) -> None:
    module, options, _writes = BY_NAME[what]
    renamed(script)
    script.task("then: check", module, options, check_mode=True)
    script.task("then", module, options)
    ran = script.play(Fault("stale_list", **LISTS, times=None))
    for name in ("then: check", "then"):
        done = ran.failed(name, 5, "web-1", "web-2")
        assert done.writes == [] and done.sent.count("GET /servers/") > 1, "it was looked for again"


def test_lists_are_read_until_they_show_what_was_created(script: FleetScript) -> None:
    """So that the next task on this controller does not create it again."""
    script.configure(provision_ms=0, address_ms=0)
    script.server("first", name="web-1", wait=False, **ENOUGH)
    script.server("second", name="web-1", wait=False, **ENOUGH)
    ran = script.play(Fault("stale_list", **LISTS, times=4))
    assert ran.ok("first", changed=True).sent.count("GET /servers/") == 1 + 5
    assert ran.ok("second", changed=False)["id"] == FIRST and len(script.emulator.servers()) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 401, "body": {"detail": "Invalid token."}}, {"status": 500}], ids=["401", "500"]
)
@pytest.mark.parametrize("module", ["vps_server", "vps_fleet"])
def test_a_race_that_could_not_be_looked_for_is_said(script: FleetScript, module: str, fault: dict[str, Any]) -> None:
    server = {"name": "web-1", **ENOUGH}
    script.task(
        "create",
        module,
        {**({"servers": [server]} if module == "vps_fleet" else server), "wait": False, "api_retries": 0},
    )
    ran = script.play(Fault("answer", **LISTS, nth=2, times=None, **fault))
    done = ran.ok("create", changed=True)
    told = [text for text in done["warnings"] if mentions(text, "web-1", FIRST, "GET /servers/", fault["status"])]
    assert len(told) == (2 if fault["status"] == 401 else 1), (
        "of the race, and where the token is rejected of the detail that was not read either"
    )


# Recreating


@pytest.mark.parametrize(
    "locations", [["us-west"], ["us-west", "us-east", "eu-central", "eu-north"]], ids=["alike", "of four kinds"]
)
@pytest.mark.parametrize(
    "fault",
    [
        Fault("answer", "POST", "*/servers/", status=500, times=None),
        Fault("close_before", "POST", "*/servers/", times=None),
    ],
    ids=str,
)
def test_nothing_more_is_deleted_once_a_create_has_failed(
    script: FleetScript, fault: Fault, locations: list[str]
) -> None:
    for number in range(4):
        script.insert(number + 1, f"web-{number}", plan_id=1, os_id=5, location=locations[number % len(locations)])
    servers = [{"name": f"web-{number}", "location": locations[number % len(locations)]} for number in range(4)]
    script.fleet(
        "fleet",
        *servers,
        defaults={"plan_id": 2, "os_id": 5},
        on_immutable_change="recreate",
        max_delete=4,
        adopt_timeout=0.4,
    )
    ran = script.play(fault)
    done = ran.failed("fleet", changed=True)
    check_shape(done)
    assert done["summary"] == counts(deleted=1, failed=4) and [error["id"] for error in done["errors"]] == [
        None,
        2,
        3,
        4,
    ]
    # Each is told why, by the create that has failed; the first also which server is gone for it.
    assert all(
        mentions(error["msg"], error["name"], number, "POST /servers/")
        for number, error in enumerate(done["errors"], 1)
    )
    assert done.writes == ["DELETE /servers/1/", "POST /servers/"]
    assert sorted(script.stored()) == ["web-1", "web-2", "web-3"]


def test_recreated_of_several_kinds_one_goes_first(script: FleetScript) -> None:
    script.configure(provision_ms=20, address_ms=0, delete_ms=0)
    for number, location in enumerate(("us-west", "us-east", "eu-central")):
        script.insert(number + 1, f"web-{number}", plan_id=1, os_id=5, location=location)
    servers = [
        {"name": f"web-{number}", "location": location}
        for number, location in enumerate(("us-west", "us-east", "eu-central"))
    ]
    script.fleet("fleet", *servers, defaults={"plan_id": 2, "os_id": 5}, on_immutable_change="recreate", max_delete=3)
    ran = script.play()
    done = ran.ok("fleet", changed=True)
    assert done["summary"] == counts(recreated=3) and done.writes[:2] == ["DELETE /servers/1/", "POST /servers/"]


def test_a_list_that_fails_before_a_recreated_servers_create_ends_that_server_only(script: FleetScript) -> None:
    script.configure(start_ms=50, delete_ms=0)
    script.insert(1, "web-1", plan_id=1, os_id=5, location="us-west")
    script.insert(2, "web-2", status="stopped", plan_id=2, os_id=5, location="us-west")
    fleet = ({"name": "web-1"}, {"name": "web-2", "power": "started"})
    script.fleet(
        "fleet", *fleet, defaults={**ENOUGH, "plan_id": 2}, on_immutable_change="recreate", max_delete=1, api_retries=0
    )
    # The plan's list, the one that shows that web-1 is gone, and the one before its successor is created.
    ran = script.play(Fault("answer", **LISTS, nth=3, status=500))
    done = ran.failed("fleet", "GET /servers/", 500, changed=True)
    assert mentions(done["errors"][0]["msg"], "web-1", 1), "the id of the one that was to be replaced"
    assert done["summary"] == counts(started=1, deleted=1, failed=1) and [error["id"] for error in done["errors"]] == [
        None
    ]
    assert [error["name"] for error in done["errors"]] == ["web-1"] and script.stored()["web-2"]["status"] == "active"


# Ended from outside


@pytest.mark.parametrize("module", ["vps_server", "vps_fleet"])
def test_the_time_limit_of_a_task_does_not_lose_the_ids(script: FleetScript, module: str) -> None:
    """Ansible's own keyword ends a module in the middle, and its result with it."""
    script.configure(provision_ms=600_000)
    server = {"name": "web-1", **ENOUGH}
    script.task("create", module, {"servers": [server]} if module == "vps_fleet" else server, timeout=6)
    ran = script.play(complete=False)
    words = [
        line for line in ran.outcome.stdout.splitlines() if mentions(line, f"{module}:", "web-1", FIRST, "created")
    ]
    assert f"web-1 (id {FIRST}, created)" in words[-1]
