# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix, through ansible-playbook and ansible-inventory: a sample of it in every run, all of it with `make
test-faults`.
"""

from __future__ import annotations

import pytest

from fault_proxy import KINDS
from helpers.ansible_cli import AnsibleCli
from helpers.fault_cases import run_cases
from helpers.fault_judge import COUNTED, judge
from helpers.fault_matrix import MODES, OPERATIONS, ROWS, WAIT, Case, all_cases, sample
from helpers.figures import Note

STEERING = {"barrier", "storm"}  # faults of several requests: test_races.py and test_storm.py


def run(cases: list[Case], emulator, cli: AnsibleCli, figures: Note, title: str) -> None:
    numbers, problems = judge(run_cases(cases, emulator, cli))
    figures(title, numbers)
    print(f"{title}: {numbers}")
    assert not problems, f"{len(problems)} problems\n" + "\n".join(problems[:30])
    assert numbers["faults met"] == numbers["cases"] == len(cases)
    assert not any(numbers[count] for count in COUNTED), numbers


def test_the_matrix_is_complete() -> None:
    """Every kind of fault is there, and every operation meets at least 44 of them, once and for ever."""
    assert {row.kind for row in ROWS} == set(KINDS) - STEERING
    cases = all_cases()
    for operation in OPERATIONS:
        for mode in MODES:
            assert len({case.row.kind for case in cases if (case.operation, case.mode) == (operation, mode)}) >= 44
    assert {case.row for case in sample()} == set(ROWS)
    assert {case.operation for case in sample()} == {*OPERATIONS, WAIT}


def test_sample_of_the_fault_matrix(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    run(sample(), emulator, ansible_cli, figures, "fault matrix, a sample")


@pytest.mark.faults_full
@pytest.mark.parametrize("operation", (*OPERATIONS, WAIT))
def test_whole_fault_matrix(operation: str, emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    cases = [case for case in all_cases() if case.operation == operation]
    run(cases, emulator, ansible_cli, figures, "fault matrix, all of it")
