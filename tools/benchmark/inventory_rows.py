# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the inventory plugin."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from benchmark.measure import COMMAND_LIMIT, Bench, Finding, Row, Times, ratio
from sandbox.programs import core_bin

EmulatorFactory = Callable[..., AbstractContextManager[Any]]

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


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """`new_emulator(**switches)` gives an emulator that runs for as long as its context lasts."""
    return [
        Row("inventory-hosts", lambda bench: _measure_hosts(bench, new_emulator, bench.scale(1000, 1000, 20), 1.4)),
        Row("inventory-many-hosts", lambda bench: _measure_many(bench, new_emulator, bench.scale(10_000, 3000, 30))),
        Row("inventory-round-trips", lambda bench: _measure_round_trips(bench, new_emulator)),
        Row("inventory-warm-cache", lambda bench: _measure_cache(bench, new_emulator)),
        Row("inventory-memory", lambda bench: _measure_memory(bench, new_emulator, bench.scale(10_000, 3000, 30))),
    ]


def _seeded(emulator: Any, count: int) -> dict[str, str]:
    """Fill an account; the environment that leads to it."""
    emulator.seed(count, plan_id=[1, 2, 3], status=["active", "active", "stopped"])
    return {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}


def _source(bench: Bench, options: Mapping[str, Any] | None = None) -> str:
    return str(bench.write(json.dumps({**PLUGIN, **(options or {})}), ".vps.yml"))


def _list_hosts(source: str) -> list[str]:
    return ["ansible", "-i", source, "all", "--list-hosts"]


NOTHING = _list_hosts("localhost,")


def _beside(times: Times, other: Times) -> str:
    return f"{times} beside {other}"


def _counted(bench: Bench, emulator: Any, command: Sequence[str], env: Mapping[str, str]) -> int:
    emulator.clear_requests()
    bench.time(command, env)
    return len(emulator.requests())


def _measure_hosts(bench: Bench, new_emulator: EmulatorFactory, count: int, target: float) -> list[Finding]:
    with new_emulator() as emulator:
        env = _seeded(emulator, count)
        hosts = _list_hosts(_source(bench))
        nothing, found = bench.medians((NOTHING, None), (hosts, env))
        requests = _counted(bench, emulator, hosts, env)
    return [
        ratio(
            f"ansible all --list-hosts, {count} servers, beside -i localhost,",
            found,
            nothing,
            target,
            requests=(requests, -(-count // PAGE)),
            note=_beside(found, nothing),
        )
    ]


def _static_inventory(bench: Bench, emulator_env: Mapping[str, str], source: str) -> str:
    """A JSON file of the same hosts, variables and groups."""
    text = subprocess.run(
        [str(core_bin() / "ansible-inventory"), "-i", source, "--list", "--export"],
        cwd=bench.folder,
        env={**os.environ, **emulator_env},
        check=True,
        capture_output=True,
        text=True,
        timeout=COMMAND_LIMIT,
    ).stdout
    document = json.loads(text)
    variables = document["_meta"]["hostvars"]
    inventory = {"all": {"children": {"vps": {"hosts": {name: variables[name] for name in document["vps"]["hosts"]}}}}}
    return str(bench.write(json.dumps(inventory), ".json"))


def _measure_many(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    with new_emulator() as emulator:
        env = _seeded(emulator, count)
        plain, constructed = _source(bench), _source(bench, CONSTRUCTED)
        static = _static_inventory(bench, env, plain)
        nothing, found, grouped = bench.medians(
            (NOTHING, None), (_list_hosts(plain), env), (_list_hosts(constructed), env)
        )
        # A static inventory takes so long that once is enough.
        listing = ["ansible-inventory", "--list", "-i"]
        read, written, read_static = bench.medians(
            (_list_hosts(static), None), ([*listing, plain], env), ([*listing, static], None), repetitions=1
        )
        requests = _counted(bench, emulator, _list_hosts(plain), env)
    return [
        ratio(
            f"ansible all --list-hosts, {count} servers, beside -i localhost,",
            found,
            nothing,
            2.5,
            requests=(requests, -(-count // PAGE)),
            note=_beside(found, nothing),
        ),
        ratio(
            "the same beside a static JSON inventory of the same content", found, read, 0.15, note=_beside(found, read)
        ),
        ratio(
            "the same with 3 keyed groups, 2 composed variables and 1 group, beside without",
            grouped,
            found,
            1.3,
            note=_beside(grouped, found),
        ),
        ratio(
            f"ansible-inventory --list, {count} servers, beside that static inventory",
            written,
            read_static,
            0.5,
            note=_beside(written, read_static),
        ),
    ]


def _measure_round_trips(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(1000, 1000, 200)
    pages = -(-count // PAGE)
    with new_emulator() as emulator:
        env = _seeded(emulator, count)
        hosts = _list_hosts(_source(bench))
        (at_once,) = bench.medians((hosts, env))
        emulator.configure(latency_ms=round(LATENCY * 1000))
        (delayed,) = bench.medians((hosts, env))
        requests = _counted(bench, emulator, hosts, env)
    bound = at_once.wall + ROUND_TRIPS * LATENCY
    return [
        Finding(
            f"{count} servers in {pages} pages, {LATENCY * 1000:.0f} ms a request, beside start-up and {ROUND_TRIPS} "
            "round trips",
            delayed.wall / bound,
            None,
            1.0,
            requests=(requests, pages),
            note=f"{delayed.wall:.2f} s beside {at_once.wall:.2f} s without latency: "
            f"{(delayed.wall - at_once.wall) / LATENCY:.1f} round trips",
        )
    ]


def _measure_cache(bench: Bench, new_emulator: EmulatorFactory) -> list[Finding]:
    count = bench.scale(1000, 1000, 20)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(bench.folder / "cache")}
    with new_emulator() as emulator:
        env = _seeded(emulator, count)
        hosts = _list_hosts(_source(bench, cache))
        bench.time(hosts, env)
        requests = _counted(bench, emulator, hosts, env)
        nothing, warm = bench.medians((NOTHING, None), (hosts, env))
    return [
        ratio(
            f"a warm cache of {count} servers, beside -i localhost,",
            warm,
            nothing,
            None,
            requests=(requests, 0),
            note=_beside(warm, nothing),
        )
    ]


def _peak(command: Sequence[str], env: Mapping[str, str], folder: pathlib.Path) -> float:
    """The most memory in MiB that a command held at any time."""
    process = subprocess.Popen(
        [str(core_bin() / command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def _measure_memory(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    with new_emulator() as emulator:
        env = _seeded(emulator, count)
        found, nothing = _peak(_list_hosts(_source(bench)), env, bench.folder), _peak(NOTHING, {}, bench.folder)
    return [
        Finding(
            f"peak memory with {count} servers, beside -i localhost,",
            found / nothing,
            None,
            2.0,
            note=f"{found:.0f} MiB beside {nothing:.0f} MiB",
        )
    ]
