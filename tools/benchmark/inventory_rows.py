# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the inventory plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.floors import NO_PAGES, PAGES, with_transfer
from benchmark.measure import COMMAND_LIMIT, Bench, Finding, Row, Times, again_until, median, ratio
from benchmark.playbooks import EmulatorFactory, connection
from benchmark.round_trips import round_trips
from sandbox.programs import core_bin

PLUGIN = {"plugin": "vpsorg.cloud.vps"}
CONSTRUCTED = {
    "keyed_groups": [
        {"key": "vps_location", "prefix": "location"},
        {"key": "vps_plan.name | lower", "prefix": "plan"},
        {"key": "vps_status", "prefix": "status"},
    ],
    "compose": {"memory_gb": "vps_plan.memory // 1024", "public_name": "vps_hostname"},
    "groups": {"large": "vps_plan.memory >= 8192"},
}
LATENCY = 0.15  # seconds
ROUND_TRIPS = 3
PAGE = 100
LISTING = ["ansible-inventory", "--list", "-i"]
# A static inventory of the hosts that `ansible-inventory --list --export` writes, with their variables.
TO_STATIC = """
import json, sys
document = json.load(sys.stdin)
variables = document["_meta"]["hostvars"]
hosts = {name: variables[name] for name in document["vps"]["hosts"]}
json.dump({"all": {"children": {"vps": {"hosts": hosts}}}}, sys.stdout)
"""


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """The rows, each with an emulator of its own."""
    return [
        Row("inventory-hosts", lambda bench: _measure_hosts(bench, new_emulator, bench.scale(1000, 1000, 20))),
        Row("inventory-many-hosts", lambda bench: _measure_many(bench, new_emulator, bench.scale(10_000, 3000, 30))),
        Row("inventory-round-trips", lambda bench: _measure_round_trips(bench, new_emulator)),
        Row("inventory-warm-cache", lambda bench: _measure_cache(bench, new_emulator)),
        Row("inventory-memory", lambda bench: _measure_memory(bench, new_emulator, bench.scale(10_000, 3000, 30))),
    ]


def seed_hosts(emulator: Any, count: int) -> dict[str, str]:
    """Fill an account with servers that differ; the environment that leads to it."""
    emulator.seed(count, plan_id=[1, 2, 3], status=["active", "active", "stopped"])
    return connection(emulator)


def source(bench: Bench, options: Mapping[str, Any] | None = None) -> str:
    """An inventory source of the plugin."""
    return str(bench.write(json.dumps({**PLUGIN, **(options or {})}), ".vps.yml"))


def list_hosts(inventory: str) -> list[str]:
    """The command that reads an inventory and does as little with it as possible."""
    return ["ansible", "-i", inventory, "all", "--list-hosts"]


NOTHING = list_hosts("localhost,")


def _counted(bench: Bench, emulator: Any, command: Sequence[str], env: Mapping[str, str]) -> int:
    emulator.clear_requests()
    bench.time(command, env)
    return emulator.statistics()["requests"]


def _measure_hosts(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        hosts = list_hosts(source(bench))
        nothing, found, pages, no_pages = bench.medians((NOTHING, None), (hosts, env), (PAGES, env), (NO_PAGES, None))
        requests = _counted(bench, emulator, hosts, env)
    return [
        ratio(
            f"ansible all --list-hosts, {count:,} servers, beside -i localhost,",
            found,
            nothing,
            1.4,
            with_transfer(nothing, pages, no_pages),
            requests=(requests, -(-count // PAGE)),
        )
    ]


def _static_inventory(bench: Bench, emulator_env: Mapping[str, str], inventory: str) -> str:
    """A JSON file of the same hosts, variables and groups.

    Made by processes of its own: see Bench.time for why this one must not grow.
    """
    path = bench.write("", ".json")
    with (
        subprocess.Popen(
            [str(core_bin() / "ansible-inventory"), "-i", inventory, "--list", "--export"],
            cwd=bench.folder,
            env={**os.environ, **emulator_env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as export,
        path.open("wb") as static,
    ):
        subprocess.run(
            [sys.executable, "-c", TO_STATIC], stdin=export.stdout, stdout=static, check=True, timeout=COMMAND_LIMIT
        )
    if export.returncode != 0:
        raise RuntimeError(f"the export of the inventory ended with {export.returncode}")
    return str(path)


def _measure_many(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        plain, constructed = source(bench), source(bench, CONSTRUCTED)
        static = _static_inventory(bench, env, plain)
        nothing, found, grouped, pages, no_pages = bench.medians(
            (NOTHING, None), (list_hosts(plain), env), (list_hosts(constructed), env), (PAGES, env), (NO_PAGES, None)
        )
        # A static inventory takes so long that once is enough.
        read, list_nothing, written, read_static = bench.medians(
            (list_hosts(static), None),
            ([*LISTING, "localhost,"], None),
            ([*LISTING, plain], env),
            ([*LISTING, static], None),
            repetitions=1,
        )
        requests = _counted(bench, emulator, list_hosts(plain), env)
    floor = with_transfer(nothing, pages, no_pages)
    return [
        ratio(
            f"ansible all --list-hosts, {count:,} servers, beside -i localhost,",
            found,
            nothing,
            2.5,
            floor,
            requests=(requests, -(-count // PAGE)),
        ),
        ratio("the same beside a static JSON inventory of the same content", found, read, 0.15, floor),
        ratio(
            "the same with 3 keyed groups, 2 composed variables and 1 group, beside without", grouped, found, 1.3, found
        ),
        ratio(
            f"ansible-inventory --list, {count:,} servers, beside that static inventory",
            written,
            read_static,
            0.5,
            with_transfer(list_nothing, pages, no_pages),
        ),
    ]


def _measure_round_trips(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(1000, 1000, 200)
    pages = -(-count // PAGE)
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        hosts = list_hosts(source(bench))
        at_once, delayed = _with_and_without_latency(bench, emulator, hosts, env)
        requests = _counted(bench, emulator, hosts, env)

        def trips() -> int:
            emulator.clear_requests()
            bench.time(hosts, env)
            return round_trips(emulator.requests())

        # The first page, then all others at once.
        in_turn = min(pages, 2)
        seen = again_until(in_turn, trips)
    bound = at_once.wall + ROUND_TRIPS * LATENCY
    return [
        Finding(
            f"{count:,} servers in {pages} pages, {LATENCY * 1000:.0f} ms a request, beside start-up and {ROUND_TRIPS} "
            "round trips",
            delayed.wall / bound,
            None,
            1.0,
            (at_once.wall + in_turn * LATENCY) / bound,
            requests=(requests, pages),
            round_trips=(seen, in_turn),
            note=f"{delayed.wall:.2f} s beside {at_once.wall:.2f} s without latency and {ROUND_TRIPS} x {LATENCY:g} s",
        )
    ]


def _with_and_without_latency(
    bench: Bench, emulator: Any, command: Sequence[str], env: Mapping[str, str]
) -> tuple[Times, Times]:
    """The medians of a command by turns, without and with latency; the emulator keeps the latency."""
    taken: list[list[Times]] = [[], []]
    for _repetition in range(bench.repetitions):
        for times, latency in zip(taken, (0.0, LATENCY), strict=True):
            emulator.configure(latency_ms=round(latency * 1000))
            times.append(bench.time(command, env))
    return median(taken[0]), median(taken[1])


def _measure_cache(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(1000, 1000, 20)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(bench.folder / "cache")}
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        hosts = list_hosts(source(bench, cache))
        bench.time(hosts, env)
        requests = _counted(bench, emulator, hosts, env)
        nothing, warm = bench.medians((NOTHING, None), (hosts, env))
    return [
        ratio(
            f"a warm cache of {count:,} servers, beside -i localhost,",
            warm,
            nothing,
            None,
            nothing,
            requests=(requests, 0),
        )
    ]


def _measure_memory(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        nothing, found, pages, no_pages = bench.medians(
            (NOTHING, None), (list_hosts(source(bench)), env), (PAGES, env), (NO_PAGES, None), repetitions=1
        )
    floor = with_transfer(nothing, pages, no_pages)
    return [
        Finding(
            f"peak memory with {count:,} servers, beside -i localhost,",
            found.peak / nothing.peak,
            None,
            2.0,
            floor.peak / nothing.peak,
            note=f"{found.peak:.0f} MiB beside {nothing.peak:.0f} MiB, floor {floor.peak:.0f} MiB",
        )
    ]
