# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that Ansible's own keyword `timeout` ends: what exists is known to whoever rescues it."""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.facts import mentions
from helpers.fleet import ENOUGH

LIMIT = 6  # seconds; ansible-core takes whole ones only, and the creates are done long before
FLEET = {"servers": [{"name": "web-1"}, {"name": "web-2"}, {"name": "there"}], "defaults": ENOUGH}


@pytest.fixture
def cli(ansible_cli: AnsibleCli, emulator: Any) -> AnsibleCli:
    emulator.configure(provision_ms=600_000)
    emulator.insert(id=1, name="there", plan_id=1, os_id=5, location="us-west", status="active")
    return ansible_cli


def run(cli: AnsibleCli, module: str, options: dict[str, Any], **keywords: Any) -> CommandResult:
    """The task in a block whose rescue keeps its result in a variable, and shows it as the task `rescued` does."""
    task = {"name": "limited", f"vpsorg.cloud.{module}": options, "timeout": LIMIT, "register": "seen", **keywords}
    rescue = [
        {
            "name": "rescued",
            "ansible.builtin.set_fact": {"failed": "{{ ansible_failed_result }}", "seen": "{{ seen }}"},
        }
    ]
    return cli.tasks([{"block": [task], "rescue": rescue}], rc=0)


def results(outcome: CommandResult) -> list[dict[str, Any]]:
    """The result as returned, as its rescue sees it, and as it was registered."""
    facts = outcome.task("rescued")["ansible_facts"]
    return [outcome.task("limited"), facts["failed"], facts["seen"]]


def test_a_fleet_that_timed_out_tells_what_exists(cli: AnsibleCli, emulator: Any) -> None:
    outcome = run(cli, "vps_fleet", FLEET)
    stored = {server["name"]: server["id"] for server in emulator.servers()}
    assert sorted(stored) == ["there", "web-1", "web-2"]
    for result in results(outcome):
        assert result["changed"] is True and result["timedout"]["period"] == LIMIT
        assert {server["name"]: server["id"] for server in result["servers"]} == {
            name: stored[name] for name in ("web-1", "web-2")
        }
        assert result["summary"]["created"] == 2 and result["errors"] == []
        assert mentions(result["msg"], "timed out", LIMIT, "web-1", stored["web-1"], "web-2", stored["web-2"])
    # The last words are said all the same.
    assert [
        line
        for line in outcome.stdout.splitlines()
        if line.startswith("vps_fleet: The task timed out") and "web-1" in line
    ]
    # Nothing goes on in secret, and the lock is free: the next task finds the servers, and creates nothing.
    asked = len(emulator.requests())
    again = cli.tasks([{"name": "again", "vpsorg.cloud.vps_fleet": {**FLEET, "wait": False}}], rc=0)
    assert again.task("again")["changed"] is False
    assert {request["method"] for request in emulator.requests()[asked:]} == {"GET"}


def test_a_server_that_timed_out_has_its_id(cli: AnsibleCli, emulator: Any) -> None:
    outcome = run(cli, "vps_server", {"name": "web", **ENOUGH})
    (stored,) = (server for server in emulator.servers() if server["name"] == "web")
    for result in results(outcome):
        assert result["changed"] is True and result["id"] == stored["id"] and result["server"]["name"] == "web"
        assert [action["action"] for action in result["actions"]] == ["create"]


def test_before_anything_was_changed(cli: AnsibleCli, emulator: Any) -> None:
    with FaultProxy(emulator.url, Fault("hang_before", times=None)) as proxy:
        outcome = run(cli, "vps_fleet", {**FLEET, "api_url": proxy.url})
    for result in results(outcome):
        assert result["changed"] is False and result["timedout"]["period"] == LIMIT and result["servers"] == []
        assert mentions(result["msg"], "timed out", LIMIT)


def test_the_next_item_of_a_loop_has_its_own_time(cli: AnsibleCli, emulator: Any) -> None:
    task = {
        "name": "limited",
        "vpsorg.cloud.vps_server": {"name": "{{ item }}", **ENOUGH},
        "loop": ["web", "there"],
        "timeout": LIMIT,
        "ignore_errors": True,
    }
    outcome = cli.tasks([task], rc=0)
    first, second = outcome.items("limited")
    assert first["timedout"]["period"] == LIMIT and first["id"]
    assert second["changed"] is False and second["id"] == 1 and "timedout" not in second


def test_a_task_in_time_is_not_touched(cli: AnsibleCli, emulator: Any) -> None:
    task = {"name": "in time", "vpsorg.cloud.vps_server": {"name": "there"}, "timeout": 60}
    result = cli.tasks([task], rc=0).task("in time")
    assert result["changed"] is False and "timedout" not in result
