# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of vps_server and vps_fleet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from benchmark.measure import Bench, Finding, Row, Times, ratio

EmulatorFactory = Callable[..., AbstractContextManager[Any]]

LATENCY = 0.05  # seconds
PROVISIONING = 2.0  # seconds
CONCURRENCY = 20
SPECIFICATION = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """`new_emulator(**switches)` gives an emulator that runs for as long as its context lasts."""
    return [
        Row("loop", lambda bench: _measure_loop(bench, new_emulator)),
        Row("fleet-unchanged", lambda bench: _measure_unchanged(bench, new_emulator, bench.scale(100, 100, 5))),
        Row(
            "fleet-unchanged-paged", lambda bench: _measure_unchanged(bench, new_emulator, bench.scale(1000, 1000, 250))
        ),
        Row("fleet-create", lambda bench: _measure_create(bench, new_emulator)),
    ]


def _playbook(bench: Bench, tasks: list[Mapping[str, Any]], variables: Mapping[str, Any] | None = None) -> list[str]:
    play = {
        "name": "Measured",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": dict(variables or {}),
        "tasks": tasks,
    }
    return ["ansible-playbook", str(bench.write(json.dumps([play])))]


def _loop(bench: Bench, action: Mapping[str, Any], count: int, variables: Mapping[str, Any] | None = None) -> list[str]:
    task = {"name": "Item", **action, "loop": f"{{{{ range({count}) | list }}}}"}
    return _playbook(bench, [task], variables)


def _connection(emulator: Any) -> dict[str, str]:
    return {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}


def _empty(bench: Bench) -> list[str]:
    return _playbook(bench, [])


# A looped task


def _measure_loop(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    """One item of a loop: the time of N items, less that of one, by N - 1."""
    ping = {"ansible.builtin.ping": {}}
    unchanged = {"vpsorg.cloud.vps_server": {"name": "web-0001", **SPECIFICATION}}
    # An item that starts a process takes long enough to be measured with fewer of them.
    many, fewer = bench.scale(100, 50, 3), bench.scale(40, 15, 2)
    with new_emulator() as emulator:
        emulator.seed(20, plan_id=[1], os_id=[5], location=["us-west"])
        env = _connection(emulator)
        kinds = [
            (ping, fewer, {}),
            (unchanged, many, {}),
            (unchanged, fewer, {"vpsorg_in_process": False}),
        ]
        commands = []
        for action, count, variables in kinds:
            commands += [(_loop(bench, action, number, variables), env) for number in (1, count)]
        ones_and_loops = bench.medians(*commands, repetitions=bench.scale(3, 1, 1))
        emulator.clear_requests()
        bench.time(_loop(bench, unchanged, fewer), env)
        requests = emulator.requests()
    per_item = [
        (loop - one) / (count - 1)
        for one, loop, (_a, count, _v) in zip(ones_and_loops[::2], ones_and_loops[1::2], kinds, strict=True)
    ]
    beside, inside, module = per_item
    counted = _details_and_lists(requests)
    return [
        ratio(
            f"looped vps_server, nothing to do, {many} items: an item beside ping's",
            inside,
            beside,
            0.05,
            note=f"{_ms(inside)} beside {_ms(beside)}; {counted} for {fewer} items",
        ),
        ratio(
            f"the same run as a module, {fewer} items", module, beside, 1.4, note=f"{_ms(module)} beside {_ms(beside)}"
        ),
    ]


def _details_and_lists(requests: Iterable[Mapping[str, Any]]) -> str:
    lists = [request["path"].endswith("/servers/") for request in requests]
    return f"{sum(lists)} lists, {len(lists) - sum(lists)} details"


def _ms(times: Times) -> str:
    return f"{times.wall * 1000:.1f} ms ({times.cpu * 1000:.1f} ms CPU)"


# A fleet


def _fleet(bench: Bench, count: int, **options: Any) -> list[str]:
    servers = [{"name": f"web-{number:04d}"} for number in range(1, count + 1)]
    return _playbook(
        bench, [{"name": "Fleet", "vpsorg.cloud.vps_fleet": {"servers": servers, "defaults": SPECIFICATION, **options}}]
    )


def _measure_unchanged(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    pages = -(-count // 100)
    with new_emulator() as emulator:
        emulator.seed(count, plan_id=[1], os_id=[5], location=["us-west"])
        env = _connection(emulator)
        fleet = _fleet(bench, count)
        empty, unchanged = bench.medians((_empty(bench), env), (fleet, env))
        emulator.configure(latency_ms=100)
        emulator.clear_requests()
        bench.time(fleet, env)
        requests = emulator.requests()
    paged = pages > 1
    return [
        ratio(
            f"vps_fleet, nothing to do, {count} servers{' in pages of 100' if paged else ''}: beside an empty playbook",
            unchanged,
            empty,
            3.0 if paged else 1.3,
            requests=(len(requests), pages),
            round_trips=(_round_trips(requests), 2 if paged else 1),
            note=f"{unchanged} beside {empty}",
        )
    ]


def _round_trips(requests: Iterable[Mapping[str, Any]]) -> int:
    """How many requests came one after the other: those that came before an earlier one was answered share its round
    trip.
    """
    trips, first_answer = 0, float("-inf")
    for request in sorted(requests, key=lambda request: request["time"]):
        if request["time"] >= first_answer:
            trips, first_answer = trips + 1, request["answered"]
        first_answer = min(first_answer, request["answered"])
    return trips


def _measure_create(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(100, 100, 5)
    provisioning = 0.3 if bench.tiny else PROVISIONING
    wait = {"wait_interval": 0.3} if bench.tiny else {}
    switches = {
        "latency_ms": int(LATENCY * 1000),
        "provision_ms": int(provisioning * 1000),
        "address_ms": 0,
        "credits": 1_000_000,
    }
    fleet = _fleet(bench, count, concurrency=CONCURRENCY, **wait)
    empty_commands = [(_empty(bench), None)]
    taken, sent = [], 0
    for _repetition in range(bench.scale(3, 1, 1)):
        with new_emulator(**switches) as emulator:
            taken.append(bench.time(fleet, _connection(emulator)))
            sent = len(emulator.requests())
            _expect(len(emulator.servers()) == count, "every server exists")
    (empty,) = bench.medians(*empty_commands)
    measured = sorted(taken, key=lambda times: times.wall)[len(taken) // 2]
    bound = Times(sent * LATENCY / CONCURRENCY + provisioning + empty.wall, empty.cpu)
    parts = (
        f"{sent} requests x {LATENCY * 1000:.0f} ms / {CONCURRENCY} + {provisioning:g} s + start-up {empty.wall:.2f} s"
    )
    one_by_one, looped = _measure_looped_create(bench, new_emulator, switches, wait)
    return [
        ratio(
            f"vps_fleet creates {count} servers, {LATENCY * 1000:.0f} ms a request, {provisioning:g} s of "
            "provisioning: beside the bound",
            measured,
            bound,
            1.3,
            note=f"{measured}; {parts} = {bound.wall:.2f} s",
        ),
        Finding(
            "the same, one by one in a loop of vps_server: beside the fleet",
            one_by_one.wall * count / measured.wall,
            note=f"{one_by_one.wall:.2f} s a server, from a loop of {looped}: {one_by_one.wall * count:.0f} s",
        ),
    ]


def _measure_looped_create(
    bench: Bench, new_emulator: EmulatorFactory, switches: Mapping[str, Any], wait: Mapping[str, Any]
) -> tuple[Times, int]:
    """Seconds for each server, and how many were in the loop."""
    count = bench.scale(5, 3, 2)
    action = {"vpsorg.cloud.vps_server": {"name": "web-{{ item }}", **SPECIFICATION, **wait}}
    with new_emulator(**switches) as emulator:
        whole = bench.time(_loop(bench, action, count), _connection(emulator))
        _expect(len(emulator.servers()) == count, "every server exists")
    return (whole - bench.time(_empty(bench))) / count, count


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise RuntimeError(f"expected that {what}")
