# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of ten times the size: how cost and memory grow. Judged by CPU, as the emulator slows the clock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from benchmark.floors import NO_PAGES, PAGES, with_transfer
from benchmark.growth import growth
from benchmark.inventory_rows import NOTHING, list_hosts, seed_hosts, source
from benchmark.measure import Bench, Finding, Row, Times, median
from benchmark.playbooks import AS_DECLARED, EmulatorFactory, connection, expect, fleet, one_debug, playbook

LATENCY_MS = 50
CONCURRENCY = 32
PROVISIONING_MS = 2000
# Small enough that what each batch costs in proportion to the whole account shows.
BATCH = 20


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """The rows, each with emulators of its own."""
    measures: dict[str, Callable[[Bench, EmulatorFactory], list[Finding]]] = {
        "scale-inventory": _measure_inventory,
        "scale-fleet-unchanged": _measure_unchanged,
        "scale-fleet-create-purge": _measure_create_and_purge,
        "scale-rolling-reboot": _measure_rolling_reboot,
    }
    return [
        Row(name, lambda bench, measure=measure: measure(bench, new_emulator), full=True)  # type: ignore[misc]
        for name, measure in measures.items()
    ]


def _measure_inventory(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    sizes = [bench.scale(10_000, 2000, 100), bench.scale(50_000, 10_000, 200), bench.scale(100_000, 20_000, 400)]
    with contextlib.ExitStack() as stack:
        envs = [seed_hosts(stack.enter_context(new_emulator()), size) for size in sizes]
        hosts = list_hosts(source(bench))
        nothing, no_pages, *others = bench.medians(
            (NOTHING, None),
            (NO_PAGES, None),
            *((command, env) for env in envs for command in (hosts, PAGES)),
            repetitions=bench.few_repetitions,
        )
    costs = {
        size: found - with_transfer(nothing, pages, no_pages)
        for size, found, pages in zip(sizes, others[::2], others[1::2], strict=True)
    }
    floor = "-i localhost, and the bare transfer"
    return growth(f"ansible all --list-hosts, {sizes[0]:,} to {sizes[-1]:,} servers", costs, nothing.cpu, floor, floor)


# Fleets, in an account that has many more servers


def _fleet_sizes(bench: Bench) -> tuple[int, list[int]]:
    """How many servers the account has, and how many are declared."""
    return bench.scale(50_000, 5000, 20), [bench.scale(1000, 200, 4), bench.scale(5000, 1000, 8)]


def _measure_unchanged(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    account, sizes = _fleet_sizes(bench)
    with new_emulator() as emulator:
        emulator.seed(account, **AS_DECLARED)
        env = connection(emulator)
        start, one, *taken = bench.medians(
            (one_debug(bench), None),
            *((fleet(bench, count), env) for count in (1, *sizes)),
        )
    return _fleet_growth("nothing to do", account, start, one, dict(zip(sizes, taken, strict=True)))


def _measure_create_and_purge(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    """Each size of a fleet is created, and then deleted by declaring one server and purging the others."""
    account, sizes = _fleet_sizes(bench)
    waiting = {"wait_interval": 0.3} if bench.tiny else {}
    created: dict[int, Times] = {}
    purged: dict[int, Times] = {}
    for count in (1, *sizes):
        creating = fleet(bench, count, concurrency=CONCURRENCY, **waiting)
        purging = fleet(bench, 1, concurrency=CONCURRENCY, purge=True, purge_match="web-*", max_delete=count, **waiting)
        with new_emulator(
            latency_ms=LATENCY_MS,
            provision_ms=bench.scale(PROVISIONING_MS, PROVISIONING_MS, 300),
            address_ms=0,
            credits=1_000_000,
        ) as emulator:
            emulator.seed(account, name="old-{n:05d}", **AS_DECLARED)
            env = connection(emulator)
            created[count] = bench.time(creating, env)
            _expect_writes(emulator, "POST", count)
            emulator.clear_requests()
            purged[count] = bench.time(purging, env)
            _expect_writes(emulator, "DELETE", count - 1)
    start = bench.time(one_debug(bench))
    return [
        *_fleet_growth("created", account, start, created.pop(1), created),
        *_fleet_growth("purged", account, start, purged.pop(1), purged),
    ]


def _expect_writes(emulator: Any, method: str, count: int) -> None:
    seen = emulator.statistics()["writes"]
    expect(seen == count, f"there are {count} {method} requests, not {seen}")


def _fleet_growth(what: str, account: int, start: Times, one: Times, taken: Mapping[int, Times]) -> list[Finding]:
    """Time and CPU above those of a fleet of one, which reads the account too.

    Memory above the start-up: that of a fleet of one has room, freed after the account was read, in which thousands of
    servers fit without a trace.
    """
    first, *_others, last = taken
    floor = Times(one.wall, one.cpu, start.peak)
    return growth(
        f"vps_fleet, {what}, {first:,} to {last:,} servers in an account of {account:,}",
        {count: times - floor for count, times in taken.items()},
        one.cpu,
        f"the same with one server: {one}",
        f"a playbook with one task of debug; the same with one server: {one.peak - start.peak:.1f} MiB",
    )


# The role


def _measure_rolling_reboot(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    sizes = [bench.scale(100, 20, 4), bench.scale(1000, 200, 8)]
    batch = bench.scale(BATCH, BATCH, 2)
    variables = {
        "rolling_reboot_match": ["web-*"],
        "rolling_reboot_serial": batch,
        "rolling_reboot_port": 0,
        "rolling_reboot_wait_interval": 1,
        "rolling_reboot_settle_time": 0,
    }
    role = playbook(bench, [], roles=[{"role": "vpsorg.cloud.rolling_reboot", "vars": variables}])
    nothing = one_debug(bench)
    with contextlib.ExitStack() as stack:
        # So short a reboot that the first look finds every server back: no pause of the wait is measured.
        emulators = {size: stack.enter_context(new_emulator(reboot_ms=1)) for size in sizes}
        for size, emulator in emulators.items():
            emulator.seed(size, **AS_DECLARED)
        starts = [bench.time(nothing) for _repetition in range(bench.few_repetitions)]
        taken = {}
        for size, emulator in emulators.items():
            # So many tasks that once is enough.
            taken[size] = bench.time(role, connection(emulator))
            _expect_writes(emulator, "POST", size)
    start = median(starts)
    return growth(
        f"role rolling_reboot, {sizes[0]:,} to {sizes[-1]:,} servers in batches of {batch}",
        {size: times - start for size, times in taken.items()},
        start.cpu,
        f"a playbook with one task of debug: {start}",
        "that playbook",
    )
