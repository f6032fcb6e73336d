# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of vps_server and vps_fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmark.imports import import_costs, playbook_import_costs
from benchmark.measure import Bench, Finding, Row, Times, again_until, divided, median, ratio
from benchmark.playbooks import (
    AS_DECLARED,
    SPECIFICATION,
    EmulatorFactory,
    connection,
    empty,
    expect,
    fleet,
    loop,
    one_debug,
)
from benchmark.round_trips import round_trips

LATENCY = 0.05  # seconds
PROVISIONING = 2.0  # seconds
PING = {"ansible.builtin.ping": {}}
DEBUG = {"ansible.builtin.debug": {"msg": "nothing"}}
UNCHANGED = {"vpsorg.cloud.vps_server": {"name": "web-0001", **SPECIFICATION}}
INFO = {"vpsorg.cloud.vps_server_info": {"name": "web-0001"}}
AS_MODULE = {"vpsorg_in_process": False}


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """The rows, each with emulators of its own."""
    return [
        Row("loop", lambda bench: _measure_loop(bench, new_emulator)),
        Row("module", lambda bench: _measure_modules(bench, new_emulator)),
        Row("fleet-unchanged", lambda bench: _measure_unchanged(bench, new_emulator, bench.scale(100, 100, 5))),
        Row(
            "fleet-unchanged-paged", lambda bench: _measure_unchanged(bench, new_emulator, bench.scale(1000, 1000, 250))
        ),
        Row("fleet-create", lambda bench: _measure_create(bench, new_emulator)),
        Row("fleet-create-many", lambda bench: _measure_create_many(bench, new_emulator)),
    ]


# A looped task


def _items(
    bench: Bench, env: Mapping[str, str], *kinds: tuple[Mapping[str, Any], int, Mapping[str, Any]]
) -> list[Times]:
    """One item of each loop (action, number of items, variables): the time of N items, less that of one, by N - 1."""
    commands = [
        (loop(bench, action, number, variables), env) for action, count, variables in kinds for number in (1, count)
    ]
    ones_and_loops = bench.medians(*commands, repetitions=bench.few_repetitions)
    return [
        (many - one) / (count - 1)
        for one, many, (_a, count, _v) in zip(ones_and_loops[::2], ones_and_loops[1::2], kinds, strict=True)
    ]


def _measure_loop(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    # An item that starts a process takes long enough to be measured with fewer of them.
    many, fewer = bench.scale(100, 50, 3), bench.scale(12, 8, 2)
    with new_emulator() as emulator:
        emulator.seed(20, **AS_DECLARED)
        env = connection(emulator)
        ping, inside, debug = _items(bench, env, (PING, fewer, {}), (UNCHANGED, many, {}), (DEBUG, many, {}))
        emulator.clear_requests()
        bench.time(loop(bench, UNCHANGED, fewer), env)
        counted = _details_and_lists(emulator.requests())
    return [
        _item_ratio(
            f"looped vps_server, nothing to do, {many} items: an item beside ping's",
            inside,
            ping,
            0.05,
            debug,
            f"{counted} for {fewer} items; the floor is an item of debug",
        )
    ]


def _measure_modules(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    """Modules that run as a process: ping, which needs nothing, is the floor."""
    count = bench.scale(12, 8, 2)
    with new_emulator() as emulator:
        emulator.seed(20, **AS_DECLARED)
        env = connection(emulator)
        ping, server, info = _items(
            bench, env, (PING, count, {}), (UNCHANGED, count, AS_MODULE), (INFO, count, AS_MODULE)
        )
        ping_costs, server_costs, info_costs = import_costs(bench, (PING, UNCHANGED, INFO), env, AS_MODULE)
    return [
        _item_ratio(
            f"vps_server, nothing to do, run as a module, {count} items: beside ping's",
            server,
            ping,
            1.65,
            ping,
            f"{_beyond(server, ping)}, of it {server_costs.beyond(ping_costs)}",
        ),
        _item_ratio(
            f"vps_server_info, run as a module, {count} items: beside ping's",
            info,
            ping,
            1.6,
            ping,
            f"{_beyond(info, ping)}, of it {info_costs.beyond(ping_costs)}",
        ),
    ]


def _item_ratio(what: str, item: Times, beside: Times, target: float, floor: Times, note: str) -> Finding:
    return Finding(
        what,
        divided(item.wall, beside.wall),
        divided(item.cpu, beside.cpu),
        target,
        divided(floor.wall, beside.wall),
        note=f"{_ms(item)} beside {_ms(beside)}{f', floor {_ms(floor)}' if floor != beside else ''}; {note}",
    )


def _beyond(item: Times, ping: Times) -> str:
    return f"{(item.wall - ping.wall) * 1000:.0f} ms more than ping"


def _details_and_lists(requests: Iterable[Mapping[str, Any]]) -> str:
    lists = [request["path"].endswith("/servers/") for request in requests]
    return f"{sum(lists)} lists, {len(lists) - sum(lists)} details"


def _ms(times: Times) -> str:
    return f"{times.wall * 1000:.1f} ms ({times.cpu * 1000:.1f} ms CPU)"


# A fleet


def _measure_unchanged(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    pages = -(-count // 100)
    in_turn = 2 if pages > 1 else 1
    with new_emulator() as emulator:
        emulator.seed(count, **AS_DECLARED)
        env = connection(emulator)
        declared = fleet(bench, count)
        nothing, unchanged, debug = bench.medians((empty(bench), env), (declared, env), (one_debug(bench), env))
        emulator.configure(latency_ms=100)

        def trips() -> int:
            emulator.clear_requests()
            bench.time(declared, env)
            return round_trips(emulator.requests())

        seen = again_until(in_turn, trips)
        requests = emulator.statistics()["requests"]
        costs, costs_of_debug = playbook_import_costs(bench, [declared, one_debug(bench)], env)
    return [
        ratio(
            f"vps_fleet, nothing to do, {count:,} servers{' in pages of 100' if pages > 1 else ''}: beside an empty "
            "playbook",
            unchanged,
            nothing,
            3.0 if pages > 1 else 1.3,
            debug,
            requests=(requests, pages),
            round_trips=(seen, in_turn),
            note=f"{(unchanged.wall - debug.wall) * 1000:.0f} ms more than debug, of it {costs.beyond(costs_of_debug)}",
        )
    ]


# Creates


def _measure_create(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(100, 100, 5)
    finding, measured = _beside_bound(bench, new_emulator, count, 20, 1.3)
    one_by_one, looped = _measure_looped_create(bench, new_emulator)
    return [
        finding,
        Finding(
            "the same, one by one in a loop of vps_server: beside the fleet",
            one_by_one.wall * count / measured.wall,
            note=f"{one_by_one.wall:.2f} s a server, from a loop of {looped}: {one_by_one.wall * count:.0f} s",
        ),
    ]


def _measure_create_many(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    return [_beside_bound(bench, new_emulator, bench.scale(1000, 300, 6), 32, None)[0]]


def _switches(bench: Bench) -> dict[str, Any]:
    """An API that takes its time, and an account that can pay."""
    return {
        "latency_ms": round(LATENCY * 1000),
        "provision_ms": round(_provisioning(bench) * 1000),
        "address_ms": 0,
        "credits": 1_000_000,
    }


def _provisioning(bench: Bench) -> float:
    return 0.3 if bench.tiny else PROVISIONING


def _waiting(bench: Bench) -> dict[str, Any]:
    return {"wait_interval": 0.3} if bench.tiny else {}


def _beside_bound(
    bench: Bench, new_emulator: EmulatorFactory, count: int, concurrency: int, target: float | None
) -> tuple[Finding, Times]:
    """Creating a fleet, beside what no client can go below: so many requests, so many at a time, and the provisioning
    after the last of them. Also the fleet's median.
    """
    creating = fleet(bench, count, concurrency=concurrency, **_waiting(bench))
    taken: list[tuple[Times, dict[str, int]]] = []
    starts = []
    for _repetition in range(bench.few_repetitions):
        starts.append(bench.time(empty(bench)))
        with new_emulator(**_switches(bench)) as emulator:
            times = bench.time(creating, connection(emulator))
            taken.append((times, emulator.statistics()))
            expect(len(emulator.servers()) == count, "every server exists")
    start = median(starts)
    measured = median([times for times, _statistics in taken])
    sent = sorted(statistics["requests"] for _times, statistics in taken)[len(taken) // 2]
    peak = max(statistics["peak_per_second"] for _times, statistics in taken)
    provisioning = _provisioning(bench)
    bound = Times(sent * LATENCY / concurrency + provisioning + start.wall, start.cpu)
    finding = ratio(
        f"vps_fleet creates {count:,} servers, {LATENCY * 1000:.0f} ms a request, {concurrency} at a time, "
        f"{provisioning:g} s of provisioning: beside the bound",
        measured,
        bound,
        target,
        bound,
        note=f"the bound is {sent:,} requests x {LATENCY * 1000:.0f} ms / {concurrency} + {provisioning:g} s + "
        f"start-up {start.wall:.2f} s, its CPU that of the start-up; at most {peak:,} requests in a second",
    )
    return finding, measured


def _measure_looped_create(bench: Bench, new_emulator: EmulatorFactory) -> tuple[Times, int]:
    """Seconds for each server, and how many were in the loop."""
    count = bench.scale(5, 3, 2)
    action = {"vpsorg.cloud.vps_server": {"name": "web-{{ item }}", **SPECIFICATION, **_waiting(bench)}}
    with new_emulator(**_switches(bench)) as emulator:
        whole = bench.time(loop(bench, action, count), connection(emulator))
        expect(len(emulator.servers()) == count, "every server exists")
    return (whole - bench.time(empty(bench))) / count, count
