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


# The rows, and how many lines each adds to the table.
ROWS = {
    "loop": 2,
    "fleet-unchanged": 1,
    "fleet-unchanged-paged": 1,
    "fleet-create": 2,
    "inventory-hosts": 1,
    "inventory-many-hosts": 4,
    "inventory-round-trips": 1,
    "inventory-warm-cache": 1,
    "inventory-memory": 1,
}
COUNTS = {
    "fleet-unchanged": "1 request, 1 round trip",
    "fleet-unchanged-paged": "3 requests, 2 round trips",
    "inventory-hosts": "1 request",
    "inventory-round-trips": "2 requests",
    "inventory-warm-cache": "0 requests",
}


def test_these_are_all_rows() -> None:
    assert run("--list").stdout.split() == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    outcome = run("--tiny", "--only", row)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    heading, *lines = outcome.stdout.splitlines()
    assert heading.split()[-4:] == ["time", "CPU", "target", "verdict"]
    measured = [
        line
        for line in lines
        if re.search(r"\S +-?\d+\.\d\d( +-?\d+\.\d\d)?( +<= [\d.]+)?( +(met|missed|unclear))?$", line)
    ]
    assert len(measured) == ROWS[row], outcome.stdout
    assert COUNTS.get(row, "") in " ".join(outcome.stdout.split())


def test_unknown_row_is_an_error() -> None:
    outcome = run("--only", "nothing")
    assert outcome.returncode == 2
    assert "no row is named nothing" in outcome.stderr
