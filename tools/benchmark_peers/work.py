# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured. Every collection does the same work, by turns with the others and with a plain Ansible command."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmark.measure import COMMAND_LIMIT, Bench, Times, median
from benchmark_peers.candidates import OURS, Candidate, EmulatorFactory, candidates, server_names
from sandbox.programs import core_bin

# A row of the table: its name, the number of its servers or items, the times of the plain command, and by the
# collections' names their times and their numbers of requests.
Row = dict[str, Any]
Command = tuple[Sequence[str], Mapping[str, str]]

AS_MODULE = {"vpsorg_in_process": False}
NOTHING = ["ansible", "-i", "localhost,", "all", "--list-hosts"]


def rows(bench: Bench, new_emulator: EmulatorFactory) -> Iterator[Row]:
    """Measure, and return row by row; RuntimeError when a collection does other work than it is asked for."""
    yield from _loop(bench, new_emulator)
    sizes = ((60, 1),) if bench.tiny else ((1000, 5), (bench.scale(10_000, 3000), 3))
    for size, repetitions in sizes:
        yield from _inventory(bench, new_emulator, size, bench.scale(repetitions, 2, 1))


# A looped task


@dataclasses.dataclass(frozen=True)
class _Loop:
    """A task that is looped over `count` servers."""

    name: str
    task: Mapping[str, Any]
    env: Mapping[str, str]
    count: int
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _loop(bench: Bench, new_emulator: EmulatorFactory) -> Iterator[Row]:
    """One item of a loop: the time of N items, less that of one, by N - 1."""
    # An item that starts a process takes long enough to be measured with fewer of them.
    many, few = bench.scale(100, 50, 3), bench.scale(11, 6, 2)
    names = server_names(many)
    with candidates(new_emulator, names) as everyone:
        ours, *_peers = everyone
        looped = [
            _Loop("ping", {"ansible.builtin.ping": {"data": "{{ item }}"}}, {}, few),
            *(_Loop(one.name, one.task, one.env, many if one is ours else few) for one in everyone),
            _Loop("module", ours.task, ours.env, few, AS_MODULE),
        ]
        requests = {one.name: _loop_requests(bench, one, names[:few], {}) for one in everyone}
        module_requests = _loop_requests(bench, ours, names[:few], AS_MODULE)
        taken = bench.medians(
            *(
                (_playbook(bench, one.task, one.variables, names[:number]), one.env)
                for one in looped
                for number in (1, one.count)
            )
        )
    items = {
        one.name: (whole - first) / (one.count - 1)
        for one, first, whole in zip(looped, taken[::2], taken[1::2], strict=True)
    }
    ping, module = items.pop("ping"), items.pop("module")
    yield _row("item", few, ping, items, requests)
    yield _row("item-module", few, ping, {**items, OURS: module}, {**requests, OURS: module_requests})


def _loop_requests(bench: Bench, candidate: Candidate, names: Sequence[str], variables: Mapping[str, Any]) -> int:
    return requests_of(bench, candidate, _playbook(bench, candidate.task, variables, names), "changed=0 .*failed=0")


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
        requests = {one.name: requests_of(bench, one, cold[one.name], expected) for one in everyone}
        commands: list[Command] = [(cold[one.name], one.env) for one in everyone]
        # Without what they have only to give hosts an address.
        bare = [one for one in everyone if one.unset]
        for one in bare:
            source = {name: value for name, value in one.source.items() if name not in one.unset}
            commands.append((_list_hosts(bench, one, source), one.env))
        warm = {one.name: _list_hosts(bench, one, {**one.source, **_cache(bench, one)}) for one in everyone}
        for one in everyone:
            # The first run fills the cache.
            requests_of(bench, one, warm[one.name], expected)
        warm_requests = {one.name: requests_of(bench, one, warm[one.name], expected) for one in everyone}
        commands += [(warm[one.name], one.env) for one in everyone]
        beside, *taken = _medians_beside(bench, commands, repetitions)
    names = [one.name for one in everyone]
    found = dict(zip(names, taken, strict=False))
    found_bare = {one.name: times for one, times in zip(bare, taken[len(names) :], strict=False)}
    found_warm = dict(zip(names, taken[len(names) + len(bare) :], strict=True))
    yield _row("inventory", size, beside, found, requests)
    yield _row("inventory-bare", size, beside, {**found, **found_bare}, requests)
    yield _row("inventory-warm", size, beside, found_warm, warm_requests)


def _medians_beside(bench: Bench, commands: Sequence[Command], repetitions: int) -> list[Times]:
    """The median of the plain command, which is run before each of the others as all ratios rest on it, and theirs."""
    beside: list[Times] = []
    taken: list[list[Times]] = [[] for _command in commands]
    for _repetition in range(repetitions):
        for times, (command, env) in zip(taken, commands, strict=True):
            beside.append(bench.time(NOTHING))
            times.append(bench.time(command, env))
    return [median(times) for times in (beside, *taken)]


def _list_hosts(bench: Bench, candidate: Candidate, source: Mapping[str, Any]) -> Sequence[str]:
    path = bench.write(json.dumps(source), candidate.suffix)
    return ["ansible", "-i", str(path), "all", "--list-hosts"]


def _cache(bench: Bench, candidate: Candidate) -> Mapping[str, Any]:
    folder = bench.write("", f"-{candidate.name}.txt").with_suffix("")
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}


# Both


def requests_of(bench: Bench, candidate: Candidate, command: Sequence[str], expected: str) -> int:
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
