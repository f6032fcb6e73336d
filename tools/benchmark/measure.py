# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the real Ansible commands, and what a row of the table says."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.programs import core_bin

COMMAND_LIMIT = 900.0  # seconds


# How often a number of round trips is looked at again, as a busy machine can delay a request past another's answer.
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Times:
    """Seconds that a command took by the clock, and of CPU (user and system, of the command and all its processes);
    peak: the most memory in MiB that one of these processes held.
    """

    wall: float
    cpu: float
    peak: float = 0.0

    def __add__(self, other: Times) -> Times:
        return Times(self.wall + other.wall, self.cpu + other.cpu, self.peak + other.peak)

    def __sub__(self, other: Times) -> Times:
        return Times(self.wall - other.wall, self.cpu - other.cpu, self.peak - other.peak)

    def __truediv__(self, count: float) -> Times:
        return Times(self.wall / count, self.cpu / count, self.peak)

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s CPU)"


def median(times: Sequence[Times]) -> Times:
    """The median of the wall times, of the CPU times and of the peaks."""
    return Times(
        statistics.median(one.wall for one in times),
        statistics.median(one.cpu for one in times),
        statistics.median(one.peak for one in times),
    )


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the table. Ratios are times of what is measured by times of what it is measured beside.

    `wall` and `cpu`: the ratios, or exponents; `floor`: what the judged one of them would be if the collection itself
    cost nothing; `target`: what it may be at most; `by_cpu`: judged by the CPU's ratio, not by the clock's; `in_doubt`:
    noise could be why the target is missed. `requests` and `round_trips` are (seen, target): exact, so that missing one
    is a failure and not a slow machine.
    """

    what: str
    wall: float | None = None
    cpu: float | None = None
    target: float | None = None
    floor: float | None = None
    by_cpu: bool = False
    in_doubt: bool = False
    requests: tuple[int, int] | None = None
    round_trips: tuple[int, int] | None = None
    note: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether every count is what it has to be."""
        return all(pair is None or pair[0] == pair[1] for pair in (self.requests, self.round_trips))

    @property
    def judged(self) -> float | None:
        """The ratio that the target is for."""
        return self.cpu if self.by_cpu else self.wall

    @property
    def verdict(self) -> str:
        """`met`, `missed`, `unclear` where the times were drowned in noise, or nothing where there is no target.

        What counts is what the table shows, so 1.004 meets a target of 1.
        """
        if not self.is_exact:
            return "missed"
        if self.target is None:
            return "met" if self.requests or self.round_trips else ""
        if self.judged is None or self.judged <= 0:
            return "unclear"
        if round(self.judged, 2) <= self.target:
            return "met"
        return "unclear" if self.in_doubt else "missed"


@dataclasses.dataclass(frozen=True)
class Row:
    """Something to measure.

    `name` is what --only selects by; `measure` is called with the Bench and returns lines of the table; `full`: takes
    so long that it is measured only when it is asked for.
    """

    name: str
    measure: Callable[[Bench], list[Finding]]
    full: bool = False


class Bench:
    """Runs commands in a folder of its own.

    `quick`: smaller numbers and fewer repetitions; `tiny`: the smallest that still measure anything.
    """

    def __init__(
        self, folder: pathlib.Path, *, quick: bool = False, tiny: bool = False, say: Callable[[str], None] = print
    ) -> None:
        self.folder = folder
        self.quick = quick or tiny
        self.tiny = tiny
        self.say = say
        self._count = 0

    def scale(self, full: int, quick: int, tiny: int = 2) -> int:
        """The number for this kind of run."""
        return tiny if self.tiny else quick if self.quick else full

    @property
    def repetitions(self) -> int:
        """How often a short command is measured."""
        return self.scale(5, 3, 1)

    @property
    def few_repetitions(self) -> int:
        """How often a command is measured that takes ten seconds or more."""
        return self.scale(3, 1, 1)

    def write(self, text: str, suffix: str = ".yml") -> pathlib.Path:
        """A new file of this text."""
        self._count += 1
        path = self.folder / f"file-{self._count}{suffix}"
        path.write_text(text, encoding="utf-8")
        return path

    def time(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> Times:
        """Run one of the Ansible commands, or a program given by its path, to its end. RuntimeError, with its output,
        when it fails.
        """
        output = self.folder / "output.txt"
        with open(output, "w", encoding="utf-8") as stream:
            began = time.monotonic()
            process = subprocess.Popen(
                [str(core_bin() / command[0]), *command[1:]],
                cwd=self.folder,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            limit = threading.Timer(COMMAND_LIMIT, process.kill)
            limit.start()
            try:
                _pid, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            finally:
                limit.cancel()
            wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(
                f"{' '.join(command)} ended with {process.returncode}:\n{output.read_text(encoding='utf-8')[-4000:]}"
            )
        # Linux counts what the starting process holds as the command's own, so this one must remain a small one.
        return Times(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def medians(
        self, *commands: tuple[Sequence[str], Mapping[str, str] | None], repetitions: int | None = None
    ) -> list[Times]:
        """Run commands by turns, so that the machine's moods meet all of them, and return the median of each."""
        taken: list[list[Times]] = [[] for _command in commands]
        for _repetition in range(repetitions or self.repetitions):
            for times, (command, env) in zip(taken, commands, strict=True):
                times.append(self.time(command, env))
        return [median(times) for times in taken]


def divided(measured: float, beside: float) -> float | None:
    """A ratio; None where what it is measured beside was drowned in noise."""
    return measured / beside if beside > 0 else None


def ratio(
    what: str, measured: Times, beside: Times, target: float | None = None, floor: Times | None = None, **more: Any
) -> Finding:
    """A line that compares two times, and says which they were.

    `floor`: the time that is left where the collection costs nothing; `more`: as of Finding.
    """
    note = f"{measured} beside {beside}" + (f", floor {floor}" if floor and floor != beside else "")
    finding = Finding(
        what,
        divided(measured.wall, beside.wall),
        divided(measured.cpu, beside.cpu),
        target,
        **{**more, "note": "; ".join(part for part in (note, more.get("note")) if part)},
    )
    if floor is None:
        return finding
    share = divided(floor.cpu, beside.cpu) if finding.by_cpu else divided(floor.wall, beside.wall)
    return dataclasses.replace(finding, floor=share)


def again_until(expected: int, look: Callable[[], int], attempts: int = ATTEMPTS) -> int:
    """The first of several looks that sees what is expected, else the last."""
    seen = look()
    for _attempt in range(attempts - 1):
        if seen == expected:
            break
        seen = look()
    return seen
