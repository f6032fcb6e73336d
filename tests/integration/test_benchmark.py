# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runs and prints its table. Nothing is said of times; the numbers of requests are exact."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from helpers.isolation import REPOSITORY

BENCHMARK = REPOSITORY / "tests" / "benchmark"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARK), *arguments]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280)


def row_names() -> list[str]:
    return run("--list").stdout.split()


@pytest.mark.parametrize("row", ["loop", "fleet-unchanged", "fleet-unchanged-paged", "fleet-create"])
def test_row_of_servers(row: str) -> None:
    assert row in row_names()
    outcome = run("--tiny", "--only", row)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    heading, *lines = outcome.stdout.splitlines()
    assert heading.split()[-4:] == ["time", "CPU", "target", "verdict"]
    measured = [line for line in lines if re.search(r" -?\d+\.\d\d +-?\d+\.\d\d +<= [\d.]+", line)]
    assert len(measured) == (2 if row == "loop" else 1), outcome.stdout
    if row.startswith("fleet-unchanged"):
        pages, trips = (3, 2) if row.endswith("paged") else (1, 1)
        assert f"{pages} request{'s' * (pages > 1)}, {trips} round trip{'s' * (trips > 1)}" in " ".join(outcome.stdout.split())


def test_unknown_row_is_an_error() -> None:
    outcome = run("--only", "nothing")
    assert outcome.returncode == 2
    assert "no row is named nothing" in outcome.stderr
