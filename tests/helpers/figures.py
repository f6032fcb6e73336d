# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that tests have counted, printed at the end of the run, also where worker processes ran the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

_PROPERTY = "figures"

Note = Callable[..., None]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Note:
    """`figures(title, cases=3, failures=0)`: add numbers to the line of that title; those of several
    tests are summed.
    """

    def note(title: str, numbers: Mapping[str, float] | None = None, **more: float) -> None:
        request.node.user_properties.append((_PROPERTY, [title, {**(numbers or {}), **more}]))

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for every title: `fault matrix: 352 cases, 352 faults met, 0 duplicates, ...`."""
    lines: dict[str, dict[str, float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY and getattr(report, "when", "") == "call":
                    sums = lines.setdefault(value[0], {})
                    for word, number in value[1].items():
                        sums[word] = sums.get(word, 0) + number
    if lines:
        terminalreporter.section("figures")
    for title in sorted(lines):
        terminalreporter.write_line(
            f"{title}: {', '.join(f'{_shown(number)} {word}' for word, number in lines[title].items())}"
        )


def _shown(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.1f}"
