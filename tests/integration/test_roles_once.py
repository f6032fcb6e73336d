# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles act once for all hosts of a play, or refuse to, whatever its strategy and its inventory say; and each call
acts by its own variables.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH
from helpers.listeners import servers_at
from helpers.roles import (
    FLEET_FAST,
    REBOOT_FAST,
    fleet_play,
    insert_web_servers,
    reboot_play,
    reboots,
    report,
    reported,
    write_inventory,
)

HOSTS = {f"host-{number}": {"vps_id": 600 + number} for number in (1, 2, 3)}
ROLES: dict[str, dict[str, Any]] = {
    "fleet": {**FLEET_FAST, "fleet_servers": [{"name": "new", **ENOUGH}], "fleet_port": 0},
    "rolling_reboot": {**REBOOT_FAST, "rolling_reboot_match": "web-*", "rolling_reboot_port": 0},
}

# How many writes a role sends that acts once.
ONCE = {"fleet": 1, "rolling_reboot": 3}


def posts(emulator) -> list[dict[str, Any]]:
    return [request for request in emulator.requests() if request["method"] == "POST"]


def play_of(role: str, hosts: str = "all", **keywords: Any) -> dict[str, Any]:
    return {
        "hosts": hosts,
        "gather_facts": False,
        "roles": [f"vpsorg.cloud.{role}"],
        "vars": ROLES[role],
        **keywords,
    }


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
@pytest.mark.parametrize("role", ROLES)
def test_a_strategy_that_ignores_run_once_is_refused(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, role: str, strategy: str
) -> None:
    """Also where errors are ignored, where only the configuration names it, and after a play of another strategy."""
    emulator.configure(provision_ms=50, address_ms=0, reboot_ms=100)
    insert_web_servers(emulator, 3)
    inventory = write_inventory(tmp_path, HOSTS)
    said = ansible_cli.playbook([play_of(role, strategy=strategy, ignore_errors=True)], inventory=inventory, rc=1)
    set_elsewhere = ansible_cli.playbook([play_of(role)], inventory=inventory, env={"ANSIBLE_STRATEGY": strategy}, rc=1)
    for ran in (said, set_elsewhere):
        assert mentions(ran.output, "add_host", "free strategy", "linear")
    assert not emulator.requests()
    ansible_cli.playbook([play_of(role), play_of(role, strategy=strategy)], inventory=inventory, rc=1)
    assert len(posts(emulator)) == ONCE[role], "what the first play did"


def test_errors_that_are_ignored_do_not_make_a_role_go_on(ansible_cli: AnsibleCli, emulator) -> None:
    """Neither past a check, nor past a batch that does not come back."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 2)
    ignoring = {"ignore_errors": True}
    wrong = fleet_play(fleet_servers=[{"name": "new", **ENOUGH}], fleet_port=0, fleet_groups=5)
    ansible_cli.playbook([{**wrong, **ignoring}], rc=2)
    assert not emulator.requests()
    ansible_cli.env.update(servers_at("127.0.14"))  # where nothing listens
    silent = reboot_play(rolling_reboot_match="web-*", rolling_reboot_port=9)
    ansible_cli.playbook([{**silent, **ignoring}], rc=2)
    assert reboots(emulator) == [601]


def test_with_one_host_only_adding_hosts_needs_another_strategy(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 1)
    ansible_cli.playbook([play_of("fleet", "localhost", strategy="free")], rc=1)
    assert not emulator.requests()
    ansible_cli.playbook([play_of("rolling_reboot", "localhost", strategy="free")], rc=0)
    assert reboots(emulator) == [601]


@pytest.mark.parametrize("strategy", ["free", "linear"])
def test_run_once_of_a_user_s_own_task(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, strategy: str
) -> None:
    """Each module that writes; reading more often than meant does no harm."""
    insert_web_servers(emulator, 1)
    emulator.configure(reboot_ms=100)
    once = {"run_once": True, "delegate_to": "localhost"}
    tasks = [
        {"name": "read", "vpsorg.cloud.vps_server_info": {}, **once},
        {"name": "reboot", "vpsorg.cloud.vps_server_power": {"name": "web-01", "state": "rebooted"}, **once},
    ]
    play = {"hosts": "all", "gather_facts": False, "strategy": strategy, "tasks": tasks}
    ran = ansible_cli.playbook([play], inventory=write_inventory(tmp_path, HOSTS), rc=2 if strategy == "free" else 0)
    if strategy == "free":
        # Once it has failed for one host, Ansible may count the others as failed before they begin.
        failures = ran.with_status("failed")
        assert {entry.host for entry in failures} <= set(HOSTS) and {entry.task for entry in failures} == {"reboot"}
        assert mentions(failures[0].result["msg"], "run_once", "free", 3, "strategy: linear", "ansible.cfg")
    assert reboots(emulator) == ([] if strategy == "free" else [601])


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_the_inventory_do_not_make_it_root(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, role: str
) -> None:
    """Where it is root, a task has no environment, and so no token. The one host has failed before, which is no reason
    to act for none.
    """
    emulator.configure(provision_ms=50, address_ms=0, reboot_ms=100)
    insert_web_servers(emulator, 3)
    inventory = write_inventory(
        tmp_path, {**HOSTS, "localhost": {}}, ansible_become=True, ansible_become_exe="/nowhere/sudo"
    )
    ansible_cli.playbook(
        [{**play_of(role, "all:!localhost"), "become": True}], "--forks", "3", inventory=inventory, rc=0
    )
    assert len(posts(emulator)) == ONCE[role]


def test_each_call_of_rolling_reboot_reboots_its_own_servers(ansible_cli: AnsibleCli, emulator) -> None:
    """In two plays, by two includes, and in a loop, whose variable is not that of the role's loops."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    emulator.insert(name="db-01", id=701)
    names = {"rolling_reboot_port": 0, **REBOOT_FAST}

    def include(**variables: Any) -> dict[str, Any]:
        return {"ansible.builtin.include_role": {"name": "vpsorg.cloud.rolling_reboot"}, "vars": {**names, **variables}}

    plays = [
        reboot_play(rolling_reboot_names=["web-01"], rolling_reboot_port=0),
        reboot_play(rolling_reboot_names=["db-01"], rolling_reboot_port=0),
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                include(rolling_reboot_match="web-0[12]", rolling_reboot_serial=2),
                include(rolling_reboot_names=["db-01"]),
                {**include(rolling_reboot_names="{{ [item] }}"), "loop": ["web-03", "web-02"]},
            ],
        },
    ]
    checked = ansible_cli.playbook(plays, check=True, rc=0)
    assert not reboots(emulator)
    ran = ansible_cli.playbook(plays, rc=0)
    for outcome in (checked, ran):
        assert [entry.result["msg"] for entry in outcome.results if entry.task == "Show the batches"] == [
            "1 server in 1 batch: web-01.",
            "1 server in 1 batch: db-01.",
            "2 servers in 1 batch: web-01, web-02.",
            "1 server in 1 batch: db-01.",
            "1 server in 1 batch: web-03.",
            "1 server in 1 batch: web-02.",
        ]
    assert reboots(emulator) == [601, 701, 601, 602, 701, 603, 602]
    assert "already in use" not in ran.output


def test_each_call_of_fleet_declares_its_own_servers(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(provision_ms=50, address_ms=0)
    common = {**FLEET_FAST, "fleet_port": 0, "fleet_defaults": ENOUGH}

    def include(**variables: Any) -> dict[str, Any]:
        return {"ansible.builtin.include_role": {"name": "vpsorg.cloud.fleet"}, "vars": {**common, **variables}}

    by_loop = {
        **include(
            fleet_servers=[{"name": "{{ item }}-01"}],
            fleet_groups=["{{ item }}"],
            fleet_hostvars={"ansible_user": "{{ item }}"},
        ),
        "loop": ["cache", "queue"],
    }
    plays = [
        fleet_play(fleet_servers=[{"name": "web-01"}], fleet_groups=["web"], fleet_defaults=ENOUGH, fleet_port=0),
        fleet_play(fleet_servers=[{"name": "db-01"}], fleet_groups=["db"], fleet_defaults=ENOUGH, fleet_port=0),
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                include(fleet_servers=[{"name": "web-02"}], fleet_groups=["web"]),
                by_loop,
                include(fleet_servers=["db-01"], fleet_state="absent"),
            ],
        },
        report("all:!localhost"),
    ]
    checked = ansible_cli.playbook(plays, check=True, rc=0)
    assert not reported(checked)
    ran = ansible_cli.playbook(plays, rc=0)
    assert {host: shown["groups"] for host, shown in reported(ran).items()} == {
        "web-01": ["vps", "web"],
        "web-02": ["vps", "web"],
        "db-01": ["db", "fleet_gone", "vps"],
        "cache-01": ["cache", "vps"],
        "queue-01": ["queue", "vps"],
    }
    assert reported(ran)["queue-01"]["ansible_user"] == "queue"
    assert sorted(server["name"] for server in emulator.servers()) == ["cache-01", "queue-01", "web-01", "web-02"]
    again = ansible_cli.playbook([*plays[:1], *plays[2:3]], check=True, rc=0)
    assert not [entry.task for entry in again.results if entry.result.get("changed")]


def test_by_name_the_serial_of_a_play_is_refused(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """The role would reboot all of them once for each of the play's batches."""
    insert_web_servers(emulator, 3)
    inventory = write_inventory(tmp_path, HOSTS)
    ran = ansible_cli.playbook([play_of("rolling_reboot", serial=1)], inventory=inventory, rc=2)
    (failure,) = ran.with_status("failed")
    assert mentions(failure.result["msg"], "serial", "rolling_reboot_serial")
    assert not emulator.requests()
