# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured. Every collection does the same work, by turns with the others and with a plain Ansible command."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmark.measure import COMMAND_LIMIT, Bench, Times
from benchmark_peers.candidates import OURS, Candidate, EmulatorFactory, candidates, server_names
from sandbox.programs import core_bin

# A row of the table: its name, the number of its servers or items, the times of the plain command, and by the
# collections' names their times and their numbers of requests.
Row = dict[str, Any]
Command = tuple[Sequence[str], Mapping[str, str]]

NOTHING = ["ansible", "-i", "localhost,", "all", "--list-hosts"]


def rows(bench: Bench, new_emulator: EmulatorFactory) -> Iterator[Row]:
    """Measure, and return row by row; RuntimeError when a collection does other work than it is asked for."""
    yield from _loop(bench, new_emulator)
    for size, repetitions in ((bench.scale(1000, 1000, 20), 5), (bench.scale(10_000, 3000, 60), 3)):
        yield from _inventory(bench, new_emulator, size, bench.scale(repetitions, 2, 1))


# A looped task


def _loop(bench: Bench, new_emulator: EmulatorFactory) -> Iterator[Row]:
    """One item of a loop: the time of N items, less that of one, by N - 1."""
    # An item that starts a process takes long enough to be measured with fewer of them.
    servers, few = bench.scale(100, 50, 3), bench.scale(21, 7, 2)
    names = server_names(servers)
    with candidates(new_emulator, names) as everyone:
        work: dict[str, tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, str], int]] = {
            "ping": ({"ansible.builtin.ping": {"data": "{{ item }}"}}, {}, {}, few)
        }
        requests = {}
        for candidate in everyone:
            ours = candidate.name == OURS
            work[candidate.name] = (candidate.task, {}, candidate.env, servers if ours else few)
            requests[candidate.name] = _requests(
                bench, candidate, _playbook(bench, candidate.task, {}, names[:few]), "changed=0 .*failed=0"
            )
            if ours:
                work["module"] = (candidate.task, {"vpsorg_in_process": False}, candidate.env, few)
                module = _playbook(bench, candidate.task, {"vpsorg_in_process": False}, names[:few])
                requests["module"] = _requests(bench, candidate, module, "changed=0 .*failed=0")
        commands: list[Command] = []
        for task, variables, env, count in work.values():
            commands += [(_playbook(bench, task, variables, names[:number]), env) for number in (1, count)]
        taken = bench.medians(*commands)
    items = {
        name: (loop - one) / (count - 1)
        for (name, (_task, _variables, _env, count)), one, loop in zip(
            work.items(), taken[::2], taken[1::2], strict=True
        )
    }
    beside, module_times = items.pop("ping"), items.pop("module")
    module_requests = requests.pop("module")
    yield _row("item", few, beside, items, requests)
    yield _row("item-module", few, beside, {**items, OURS: module_times}, {**requests, OURS: module_requests})


def _playbook(
    bench: Bench, task: Mapping[str, Any], variables: Mapping[str, Any], names: Sequence[str]
) -> Sequence[str]:
    play = {
        "name": "Measured",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": dict(variables),
        "tasks": [{"name": "Item", **task, "loop": list(names)}],
    }
    return ["ansible-playbook", str(bench.write(json.dumps([play])))]


# An inventory


def _inventory(bench: Bench, new_emulator: EmulatorFactory, size: int, repetitions: int) -> Iterator[Row]:
    expected = rf"hosts \({size}\):"
    with candidates(new_emulator, server_names(size)) as everyone:
        cold = {one.name: _list_hosts(bench, one, one.source) for one in everyone}
        requests = {one.name: _requests(bench, one, cold[one.name], expected) for one in everyone}
        commands: list[Command] = [(NOTHING, {}), *((cold[one.name], one.env) for one in everyone)]
        # Without what they have only to give hosts an address.
        bare = [one for one in everyone if one.unset]
        for one in bare:
            source = {name: value for name, value in one.source.items() if name not in one.unset}
            commands.append((_list_hosts(bench, one, source), one.env))
        warm = {one.name: _list_hosts(bench, one, {**one.source, **_cache(bench, one)}) for one in everyone}
        for one in everyone:
            # The first run fills the cache.
            _requests(bench, one, warm[one.name], expected)
        warm_requests = {one.name: _requests(bench, one, warm[one.name], expected) for one in everyone}
        commands += [(warm[one.name], one.env) for one in everyone]
        beside, *taken = bench.medians(*commands, repetitions=repetitions)
    names = [one.name for one in everyone]
    end = len(names) + len(bare)
    yield _row("inventory", size, beside, dict(zip(names, taken, strict=False)), requests)
    yield _row(
        "inventory-bare",
        size,
        beside,
        {one.name: times for one, times in zip(bare, taken[len(names) : end], strict=True)},
        {one.name: requests[one.name] for one in bare},
    )
    yield _row("inventory-warm", size, beside, dict(zip(names, taken[end:], strict=True)), warm_requests)


def _list_hosts(bench: Bench, candidate: Candidate, source: Mapping[str, Any]) -> Sequence[str]:
    path = bench.write(json.dumps(source), candidate.suffix)
    return ["ansible", "-i", str(path), "all", "--list-hosts"]


def _cache(bench: Bench, candidate: Candidate) -> Mapping[str, Any]:
    folder = bench.write("", f"-{candidate.name}.txt").with_suffix("")
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}


# Both


def _requests(bench: Bench, candidate: Candidate, command: Sequence[str], expected: str) -> int:
    """How many requests a command sends, once it is seen to do what it should: its output matches `expected`."""
    candidate.account.clear_requests()
    output = _output(command, candidate.env, bench.folder)
    sent = len(candidate.account.requests())
    if not re.search(expected, output):
        raise RuntimeError(f"{candidate.name}: {' '.join(command)} did not print {expected}:\n{output[-4000:]}")
    return sent


def _output(command: Sequence[str], env: Mapping[str, str], folder: pathlib.Path) -> str:
    outcome = subprocess.run(
        [str(core_bin() / command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, **env},
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_LIMIT,
    )
    return outcome.stdout


def _row(name: str, size: int, beside: Times, taken: Mapping[str, Times], requests: Mapping[str, int]) -> Row:
    return {
        "name": name,
        "size": size,
        "beside": _seconds(beside),
        "taken": {
            candidate: {**_seconds(times), "requests": requests[candidate]} for candidate, times in taken.items()
        },
    }


def _seconds(times: Times) -> dict[str, float]:
    return {"wall": round(times.wall, 4), "cpu": round(times.cpu, 4)}
