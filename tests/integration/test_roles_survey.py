# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the roles as surveys give them: null and the empty string mean that a variable is not set, numbers are
text, and lists are separated by commas. What can't be meant is refused before any request, by the variable's name.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH
from helpers.roles import insert_web_servers, reboot_play, reboots, report, reported

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"


def defaults_of(role: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8")))


def play_of(role: str, **variables: Any) -> dict[str, Any]:
    return {"hosts": "localhost", "gather_facts": False, "roles": [f"vpsorg.cloud.{role}"], "vars": variables}


# What has no default that a test could wait for.
FAST = {
    "fleet": {"fleet_wait_interval": "0.1", "fleet_port": "0"},
    "rolling_reboot": {
        "rolling_reboot_wait_interval": "1",
        "rolling_reboot_settle_time": "0",
        "rolling_reboot_port": "0",
    },
}


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
@pytest.mark.parametrize("role", FAST)
def test_what_is_not_answered_is_not_set(ansible_cli: AnsibleCli, emulator, role: str, empty: Any) -> None:
    """Every variable at once, as extra variables, which are stronger than all others. The triple."""
    emulator.configure(provision_ms=50, address_ms=0, reboot_ms=100)
    insert_web_servers(emulator, 1)
    needed = (
        {"fleet_servers": [{"name": "new", **ENOUGH}]}
        if role == "fleet"
        else {"rolling_reboot_names": "web-01, web-01"}
    )
    given = {**dict.fromkeys(defaults_of(role), empty), **FAST[role], **needed}
    plays = [play_of(role), report()]
    checked = ansible_cli.playbook(plays, extra_vars=given, check=True, rc=0)
    assert {request["method"] for request in emulator.requests()} == {"GET"} and not reported(checked)
    ran = ansible_cli.playbook(plays, extra_vars=given, rc=0)
    again = ansible_cli.playbook(plays, extra_vars=given, rc=0)
    if role == "fleet":
        assert [shown["groups"] for shown in reported(ran).values()] == [["vps"]]
        assert not [entry for entry in again.results if entry.result.get("changed")]
        assert sorted(server["name"] for server in emulator.servers()) == ["new", "web-01"]
    else:
        assert reboots(emulator) == [601, 601], "once in each run"


def test_lists_with_commas(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(provision_ms=50, address_ms=0, reboot_ms=100)
    insert_web_servers(emulator, 3)
    emulator.insert(name="db-01", id=701)
    for variables, expected in (
        ({"rolling_reboot_names": "web-01,db-01"}, [601, 701]),
        ({"rolling_reboot_match": "db-*, web-03", "rolling_reboot_serial": "2"}, [603, 701]),
    ):
        before = len(reboots(emulator))
        ansible_cli.playbook([reboot_play(rolling_reboot_port=0, **variables)], rc=0)
        assert sorted(reboots(emulator)[before:]) == sorted(expected)
    variables = {
        "fleet_servers": "web-01, web-02,db-01",
        "fleet_state": "absent",
        "fleet_protect": "db-*",
    }
    failed = ansible_cli.playbook([play_of("fleet", **variables)], rc=2).with_status("failed")[0].result["msg"]
    assert mentions(failed, "db-01", "db-*")
    ansible_cli.playbook([play_of("fleet", **{**variables, "fleet_protect": ""})], rc=0)
    assert [server["name"] for server in emulator.servers()] == ["web-03"]


@pytest.mark.parametrize(
    ("variable", "value", "facts"),
    [
        ("fleet_port", "ssh", ["an integer", 0, 65535]),
        ("fleet_port_timeout", "-1", ["seconds"]),
        ("fleet_wait_timeout", 0, ["seconds"]),
        ("fleet_state", "gone", ["present", "absent"]),
        ("fleet_purge", "perhaps", ["true or false"]),
        ("fleet_max_delete", "many", ["an integer"]),
        ("fleet_concurrency", "33", [32]),
        ("fleet_defaults", "plan_id=1", ["a dictionary"]),
        ("fleet_groups", "web", ["group", "[web]"]),
        ("fleet_groups", [1], ["group"]),
        ("fleet_groups", {"web": 5}, ["group"]),
        ("fleet_groups", {"web": ["web-*", None]}, ["group"]),
        ("fleet_groups", [""], ["group"]),
        ("fleet_protect", {"a": 1}, ["a list"]),
        ("rolling_reboot_port", "ssh", ["an integer"]),
        ("rolling_reboot_serial", "half", ["25%", "half"]),
        ("rolling_reboot_names", [83], ["a list of strings"]),
        ("rolling_reboot_settle_time", "soon", ["seconds", "soon"]),
    ],
)
def test_what_cannot_be_meant_names_its_variable(
    ansible_cli: AnsibleCli, emulator, variable: str, value: Any, facts: list[object]
) -> None:
    """And no other: each has a message of its own."""
    role = "fleet" if variable.startswith("fleet") else "rolling_reboot"
    needed = {"fleet_servers": [{"name": "new", **ENOUGH}]} if role == "fleet" else {"rolling_reboot_match": "web-*"}
    ran = ansible_cli.playbook([play_of(role, **{**needed, variable: value})], rc=2)
    message = str(ran.with_status("failed")[-1].result["msg"])
    assert mentions(message, variable, *facts), message
    assert not [other for other in defaults_of(role) if other != variable and mentions(message, other)], message
    assert not emulator.requests()
