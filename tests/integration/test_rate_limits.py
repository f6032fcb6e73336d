# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API that allows so many requests a second: everything gets through, only later, and without hammering."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note

FIELDS = {"plan_id": 1, "os_id": 5, "location": "us-west"}
NAMES = [f"web-{number:02d}" for number in range(1, 25)]
LIMIT = 10  # requests a second
# Of what is granted. A fleet takes some 0.1, many hosts some 0.2; the rest is for a busy machine, on which requests
# bunch.
MOST_REFUSED = 0.6


def names(emulator: Any) -> collections.Counter[str]:
    return collections.Counter(server["name"] for server in emulator.servers())


def refused_share(emulator: Any, figures: Note, title: str) -> float:
    statuses = collections.Counter(record["status"] for record in emulator.requests())
    refused = statuses.pop(429, 0)
    granted = sum(statuses.values())
    figures(title, {"granted": granted, "refused": refused})
    assert refused, "the limit was met"
    return refused / granted


def fleet(**options: Any) -> list[dict[str, Any]]:
    task = {"defaults": FIELDS, "servers": [{"name": name} for name in NAMES], "wait_timeout": 120, **options}
    return [{"name": "Fleet", "vpsorg.cloud.vps_fleet": task}]


@pytest.mark.parametrize("retry_after", ["seconds", "none"])
def test_a_fleet_is_created_and_deleted_only_later(
    emulator, ansible_cli: AnsibleCli, figures: Note, retry_after: str
) -> None:
    """Even where nothing that failed may be tried again."""
    emulator.configure(rate_limit=LIMIT, retry_after=retry_after)
    env = {"VPS_API_RETRIES": "0"} if retry_after == "seconds" else {}
    foretold = ansible_cli.tasks(fleet(), check=True, env=env, rc=0).task("Fleet")
    created = ansible_cli.tasks(fleet(), env=env, rc=0).task("Fleet")
    assert created["summary"] == foretold["summary"] and created["summary"]["created"] == len(NAMES)
    assert names(emulator) == dict.fromkeys(NAMES, 1)
    assert refused_share(emulator, figures, f"rate limit, fleet, {retry_after}") <= MOST_REFUSED
    assert ansible_cli.tasks(fleet(), env=env, rc=0).task("Fleet")["changed"] is False
    emulator.clear_requests()
    deleted = ansible_cli.tasks(fleet(state="absent", defaults={}), env=env, rc=0).task("Fleet")
    assert deleted["summary"]["deleted"] == len(NAMES) and emulator.servers() == []
    assert refused_share(emulator, figures, f"rate limit, deletion, {retry_after}") <= MOST_REFUSED


@pytest.mark.parametrize("in_process", [True, False], ids=["in-process", "module"])
def test_hosts_of_one_play_share_what_the_api_grants(
    emulator, ansible_cli: AnsibleCli, figures: Note, in_process: bool, tmp_path
) -> None:
    emulator.configure(rate_limit=LIMIT)
    hosts = NAMES[: 16 if in_process else 6]
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("".join(f"{name} ansible_connection=local\n" for name in hosts))
    task = {"name": "{{ inventory_hostname }}", **FIELDS, "wait_timeout": 120}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {"vpsorg_in_process": in_process, "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [{"name": "Server", "vpsorg.cloud.vps_server": task}],
    }
    ran = ansible_cli.playbook([play], "--forks", str(len(hosts)), inventory=inventory, rc=0)
    assert {ran.task("Server", name)["changed"] for name in hosts} == {True}
    assert names(emulator) == dict.fromkeys(hosts, 1)
    if in_process:
        assert refused_share(emulator, figures, "rate limit, hosts of one play") <= MOST_REFUSED
    again = ansible_cli.playbook([play], "--forks", str(len(hosts)), inventory=inventory, rc=0)
    assert {again.task("Server", name)["changed"] for name in hosts} == {False}


def test_a_pause_beyond_the_limit_fails_at_once(emulator, ansible_cli: AnsibleCli) -> None:
    """One second is asked for, and half a second is left."""
    emulator.configure(rate_limit=1)
    ran = ansible_cli.tasks(fleet(wait_timeout=0.5))
    assert ran.rc != 0
    result = ran.task("Fleet")
    created = {server["name"] for server in emulator.servers()}
    assert created == {server["name"] for server in result["servers"]}, "no server is lost"
