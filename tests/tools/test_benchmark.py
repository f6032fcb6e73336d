# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runs and prints its table. Nothing is said of times; the numbers of requests are exact."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sandbox.isolation import REPOSITORY

BENCHMARK = REPOSITORY / "tools" / "benchmark"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARK), *arguments]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280)


# How many lines each row adds to the table.
ROWS = {
    "loop": 1,
    "module": 2,
    "fleet-unchanged": 1,
    "fleet-unchanged-paged": 1,
    "fleet-create": 2,
    "fleet-create-many": 1,
    "inventory-hosts": 1,
    "inventory-many-hosts": 4,
    "inventory-round-trips": 1,
    "inventory-warm-cache": 1,
    "inventory-memory": 1,
    "https-inventory": 1,
    "https-create": 1,
}
FULL_ROWS = {
    "scale-inventory": 2,
    "scale-fleet-unchanged": 2,
    "scale-fleet-create-purge": 4,
    "scale-rolling-reboot": 2,
}
# One of each kind: all of them would take minutes.
TRIED = [
    "module",
    "fleet-unchanged-paged",
    "fleet-create",
    "inventory-many-hosts",
    "inventory-round-trips",
    "https-inventory",
    "scale-fleet-create-purge",
    "scale-rolling-reboot",
]
NOTES = {
    "module": "for importing the collection's files",
    "fleet-unchanged-paged": "3 requests, 2 round trips",
    "fleet-create": "requests in a second",
    "inventory-many-hosts": "1 request",
    "inventory-round-trips": "2 requests, 2 round trips",
    "https-inventory": "reading the bundle of",
    "scale-rolling-reboot": "exponent of the memory",
}
NUMBER = r"-?\d+\.\d\d"
TARGET = r"<= [\d.]+( \(CPU\))?"
# Notes are indented. In the least size, noise can be greater than what is measured: then there is no number.
LINE = re.compile(rf"^\S.*\S(( +{NUMBER}){{1,3}}( +{TARGET})?( +(met|missed|unclear))?| +{TARGET} +unclear)$")


def test_these_are_all_rows() -> None:
    assert run("--list").stdout.split() == list(ROWS)
    assert run("--full", "--list").stdout.split() == [*ROWS, *FULL_ROWS]


@pytest.mark.parametrize("row", TRIED)
def test_row(row: str) -> None:
    outcome = run("--tiny", "--only", row)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    lines = outcome.stdout.splitlines()
    heading = next(number for number, line in enumerate(lines) if line.endswith("verdict"))
    assert lines[heading].split()[-5:] == ["time", "CPU", "floor", "target", "verdict"]
    measured = [line for line in lines[heading + 1 :] if LINE.search(line)]
    assert len(measured) == {**ROWS, **FULL_ROWS}[row], outcome.stdout
    assert NOTES.get(row, "") in " ".join(outcome.stdout.split())


def test_unknown_row_is_an_error() -> None:
    outcome = run("--only", "nothing")
    assert outcome.returncode == 2
    assert "no row is named nothing" in outcome.stderr
