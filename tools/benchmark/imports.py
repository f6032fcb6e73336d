# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What imports cost, and whose they are: those of a module that runs as a process of its own, or of a whole playbook.

ansible-core sends a module as one zip file and imports from it. Python compiles what it imports from a zip file each
time, as the file has no place for bytecode; the standard library and `requests` are installed, and compiled once.
On the controller, ansible-core compiles the files of collections anew in each run, too.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmark.measure import COMMAND_LIMIT, Bench
from benchmark.playbooks import playbook
from sandbox.programs import core_bin

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_REQUESTS = {"requests", "urllib3", "idna", "certifi", "charset_normalizer", "chardet"}


@dataclasses.dataclass(frozen=True)
class ImportCosts:
    """Seconds that the imports of one run took, by whose files they are."""

    standard_library: float
    requests: float
    ansible_core: float
    collection: float

    def beyond(self, other: ImportCosts) -> str:
        """What they cost more than those of another run, for a note below the table's line."""

        def ms(mine: float, others: float) -> str:
            return f"{max(mine - others, 0) * 1000:.0f} ms"

        return (
            f"{ms(self.collection, other.collection)} for importing the collection's files, which are compiled anew in "
            f"each run, {ms(self.requests, other.requests)} for requests, "
            f"{ms(self.standard_library, other.standard_library)} for the standard library"
        )


def import_costs(
    bench: Bench, actions: Sequence[Mapping[str, Any]], env: Mapping[str, str], variables: Mapping[str, Any]
) -> list[ImportCosts]:
    """The medians of several runs of the module of each action, by turns.

    `actions`: the module's name and its options, each module once.

    What is run is the very file that ansible-core has made of the module and its arguments. RuntimeError when one
    fails.
    """
    files = _packed(bench, actions, env, variables)
    return _medians(bench, [[str(file)] for file in files], env)


def playbook_import_costs(bench: Bench, commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> list[ImportCosts]:
    """The medians of several runs of each of some commands of Ansible, by turns. RuntimeError when one fails."""
    return _medians(bench, [[str(core_bin() / program), *arguments] for program, *arguments in commands], env)


def _medians(bench: Bench, programs: Sequence[Sequence[str]], env: Mapping[str, str]) -> list[ImportCosts]:
    taken: list[list[ImportCosts]] = [[] for _program in programs]
    for _repetition in range(bench.scale(9, 5, 1)):
        for costs, program in zip(taken, programs, strict=True):
            costs.append(_costs(_import_times(program, env)))
    return [
        ImportCosts(*(statistics.median(values) for values in zip(*map(dataclasses.astuple, costs), strict=True)))
        for costs in taken
    ]


def _packed(
    bench: Bench, actions: Sequence[Mapping[str, Any]], env: Mapping[str, str], variables: Mapping[str, Any]
) -> list[pathlib.Path]:
    """Run a task for each action, and keep the file that ansible-core has made of its module."""
    kept = bench.folder / "kept-modules"
    keeping = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(kept)}
    tasks = [{"name": "Packed", **action} for action in actions]
    bench.time(playbook(bench, tasks, variables), {**env, **keeping})
    files = []
    for action in actions:
        (module,) = action
        (file,) = kept.glob(f"*/AnsiballZ_{module.rpartition('.')[2]}.py")
        files.append(file)
    return files


def _import_times(program: Sequence[str], env: Mapping[str, str]) -> list[tuple[str, float]]:
    """Each module that a program imports, and the seconds that it took without those that it imports itself."""
    outcome = subprocess.run(
        [str(core_bin() / "python"), "-X", "importtime", *program],
        env={**os.environ, **env},
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_LIMIT,
    )
    if outcome.returncode != 0:
        raise RuntimeError(f"{program[0]} ended with {outcome.returncode}: {outcome.stdout[-1000:]}")
    matches = (_LINE.match(line) for line in outcome.stderr.splitlines())
    return [(match[2], int(match[1]) / 1e6) for match in matches if match]


def _costs(times: Iterable[tuple[str, float]]) -> ImportCosts:
    costs = dict.fromkeys((field.name for field in dataclasses.fields(ImportCosts)), 0.0)
    for name, seconds in times:
        costs[_owner(name.partition(".")[0])] += seconds
    return ImportCosts(**costs)


def _owner(package: str) -> str:
    if package in _REQUESTS:
        return "requests"
    return {"ansible_collections": "collection", "ansible": "ansible_core"}.get(package, "standard_library")
