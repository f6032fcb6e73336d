# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forced races for one name.

On one controller there is never a duplicate; across controllers every duplicate is reported by id.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note
from helpers.host_plays import ABOUT, HostPlays, HostResult, HostTask

CREATE = {"method": "POST", "path": "*/servers/"}
LOOK = {"method": "GET", "path": "*/servers/"}
NAMES = 4
TASKS_AT_ONCE = 4
ROUNDS = 6  # of each way to race
VARIABLES = {"api_timeout": 8, "retries": 5, "delay": 0.1, "limit": 40}


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@pytest.fixture
def new_cli(emulator, tmp_path: pathlib.Path) -> Callable[[str], AnsibleCli]:
    """Commands in a folder of their own."""

    def new(name: str) -> AnsibleCli:
        folder = tmp_path / name
        folder.mkdir()
        return AnsibleCli(
            folder, {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}, secrets=[emulator.token]
        )

    return new


def test_one_controller_makes_no_duplicates(emulator, new_cli: Callable[[str], AnsibleCli], figures: Note) -> None:
    """Three playbooks at the same time, each with four hosts in parallel, all of which declare the same four servers;
    one as a module, one with another token of the account and another spelling of the address.
    """
    emulator.add_token("vps_another_token")
    names = [f"same-{number}" for number in range(NAMES)]
    hosts = {
        "all": {
            "vars": {"ansible_connection": "local"},
            "hosts": {f"host-{number}": {} for number in range(TASKS_AT_ONCE)},
        }
    }
    tasks = [
        {
            "name": name,
            "vpsorg.cloud.vps_server": {"name": name, **ABOUT, "wait_interval": 0.1, "api_url": "{{ url }}"},
            "delegate_to": "localhost",
        }
        for name in names
    ]
    # Two creates at the same time would meet here; what comes alone is let go after a while.
    meeting = Fault("barrier", **CREATE, parties=2, limit=0.4, times=None)
    with FaultProxy(emulator.url, meeting) as proxy:

        def run(number: int, variables: dict[str, Any], token: str = emulator.token) -> Any:
            cli = new_cli(f"playbook-{number}")
            inventory = cli.folder / "hosts.json"
            inventory.write_text(json.dumps(hosts))
            play = {"name": "Race", "hosts": "all", "gather_facts": False, "tasks": tasks}
            given = {"url": proxy.url, "ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables}
            return cli.playbook([play], inventory=inventory, extra_vars=given, env={"VPS_API_TOKEN": token}, rc=0)

        outcomes = at_once(
            lambda: run(0, {}),
            lambda: run(1, {"url": f"{proxy.url}/"}, "vps_another_token"),
            lambda: run(2, {"vpsorg_in_process": False}),
        )
        creates = sum(record.method == "POST" for record in proxy.history)
        met = proxy.met(meeting)
    contenders = sum(len(outcome.with_status("ok")) for outcome in outcomes)
    created = Counter(entry.task for outcome in outcomes for entry in outcome.results if entry.result["changed"])
    count = Counter(server["name"] for server in emulator.servers())
    duplicates = sum(count.values()) - len(count)
    figures("races on one controller", contenders=contenders, names=len(count), creates=creates, duplicates=duplicates)
    assert contenders == 3 * TASKS_AT_ONCE * NAMES
    assert count == created == Counter(names), "each server once, and one task says that it has created it"
    assert creates == NAMES
    assert met == 0, "two creates were under way at the same time"


RACES: dict[str, Callable[[], list[Fault]]] = {
    # Each: the rules of one meeting place of two controllers, the meeting first.
    "both creates at once": lambda: [Fault("barrier", **CREATE, parties=2, limit=20)],
    "both answers at once": lambda: [Fault("barrier", **CREATE, parties=2, when="after", limit=20)],
    "both looks at once": lambda: [Fault("barrier", **LOOK, parties=2, when="after", limit=20)],
    "both answers lost": lambda: [
        Fault("barrier", **LOOK, parties=2, when="after", limit=20),
        Fault("close_after", **CREATE, times=None),
    ],
}


@pytest.mark.parametrize(
    "race",
    [pytest.param(race, marks=[] if race == "both creates at once" else [pytest.mark.faults_full]) for race in RACES],
)
def test_every_duplicate_of_two_controllers_is_reported(
    race: str, emulator, new_cli: Callable[[str], AnsibleCli], figures: Note
) -> None:
    emulator.configure(
        provision_ms=60, address_ms=20, paging=False, list_stale_ms=3000 if race == "both answers at once" else 0
    )
    names = [f"race-{number}" for number in range(ROUNDS)]
    with contextlib.ExitStack() as stack:
        faults = {name: RACES[race]() for name in names}
        proxies = {name: stack.enter_context(FaultProxy(emulator.url, *faults[name])) for name in names}
        tasks = {
            name: HostTask("create", {**VARIABLES, "server_name": name, "url": proxies[name].url}) for name in names
        }
        results = _two_controllers(new_cli, emulator.token, [tasks, tasks])
        met = sum(proxies[name].met(faults[name][0]) == 2 for name in names)
    _judge(race, names, results, emulator.servers(), figures, met)


def test_the_second_create_comes_after_the_first_ones_last_look(
    emulator, new_cli: Callable[[str], AnsibleCli], figures: Note
) -> None:
    """Nobody can tell the first; so the second does."""
    emulator.configure(provision_ms=60, address_ms=20, paging=False)
    names = [f"late-{number}" for number in range(ROUNDS)]
    with contextlib.ExitStack() as stack:
        meeting = {name: Fault("barrier", **LOOK, parties=2, when="after", limit=20) for name in names}
        meeting_places = {name: stack.enter_context(FaultProxy(emulator.url, meeting[name])) for name in names}
        slow = {name: Fault("delay", **CREATE, seconds=2.5) for name in names}
        slow_ways = {name: stack.enter_context(FaultProxy(meeting_places[name].url, slow[name])) for name in names}
        first = {
            name: HostTask("create", {**VARIABLES, "server_name": name, "url": meeting_places[name].url})
            for name in names
        }
        second = {
            name: HostTask("create", {**VARIABLES, "server_name": name, "url": slow_ways[name].url}) for name in names
        }
        results = _two_controllers(new_cli, emulator.token, [first, second])
        met = sum(
            meeting_places[name].met(meeting[name]) == 2 and slow_ways[name].met(slow[name]) == 1 for name in names
        )
    _judge("a late create", names, results, emulator.servers(), figures, met)


@pytest.mark.faults_full
def test_two_fleets(emulator, new_cli: Callable[[str], AnsibleCli], figures: Note) -> None:
    emulator.configure(provision_ms=60, address_ms=20)
    names = [f"fleet-{number}" for number in range(ROUNDS)]
    task = {
        "name": "Fleet",
        "vpsorg.cloud.vps_fleet": {
            "servers": [{"name": name} for name in names],
            "defaults": ABOUT,
            "wait_interval": 0.1,
        },
    }
    meeting = Fault("barrier", **LOOK, parties=2, when="after", limit=20)
    with FaultProxy(emulator.url, meeting) as proxy:

        def run(controller: str) -> Any:
            cli = new_cli(controller)
            return cli.tasks([task], env={"HOME": str(cli.folder), "VPS_API_URL": proxy.url}).task("Fleet")

        found = at_once(lambda: run("first"), lambda: run("second"))
        met = proxy.met(meeting)
    results = []
    for result in found:
        told = {name: [text for text in result.get("warnings", []) if f" {name} " in text] for name in names}
        failed = {error["name"]: error["msg"] for error in result["errors"]}
        results.append(
            {
                name: HostResult(name not in failed, {"msg": failed.get(name, ""), "warnings": told[name]})
                for name in names
            }
        )
    _judge("two fleets", names, results, emulator.servers(), figures, ROUNDS if met == 2 else 0)


def _two_controllers(
    new_cli: Callable[[str], AnsibleCli], token: str, tasks: Sequence[dict[str, HostTask]]
) -> list[dict[str, HostResult]]:
    """Homes of their own keep their locks apart, as two machines do."""

    def run(number: int) -> dict[str, HostResult]:
        cli = new_cli(f"controller-{number}")
        plays = HostPlays(cli, token)
        results = plays.run(tasks[number], env={"HOME": str(cli.folder)})
        assert not plays.tracebacks and not plays.leaks
        return results

    return at_once(*(lambda number=number: run(number) for number in range(len(tasks))))


def _judge(
    race: str,
    names: list[str],
    results: Sequence[dict[str, HostResult]],
    stored: list[dict[str, Any]],
    figures: Note,
    met: int,
) -> None:
    ids = {name: [server["id"] for server in stored if server["name"] == name] for name in names}
    duplicated = [name for name in names if len(ids[name]) > 1]
    unreported = []
    for name in duplicated:
        told = " ".join(
            str(found[name].result.get("msg", "")) + " ".join(found[name].result.get("warnings", []))
            for found in results
        )
        silent = all(found[name].ok for found in results)
        if silent or not all(str(server_id) in told for server_id in ids[name]):
            unreported.append((name, ids[name], told))
    figures(
        "races of two controllers",
        races=len(names),
        forced=met,
        duplicates=len(duplicated),
        **{"duplicates not reported by id": len(unreported)},
    )
    assert met == len(names), f"{race}: {met} of {len(names)} races were forced"
    assert len(duplicated) == len(names), "the race was meant to be lost"
    assert not unreported, unreported
    assert all(len(found) == 2 for found in ids.values()), "nothing may be deleted by itself"
