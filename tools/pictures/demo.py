# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration as a picture: which of its steps are shown."""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterator, Sequence

from rich.text import Text

from demo.run import STEPS, Step
from pictures.recording import Line, record
from pictures.terminal import COLUMNS, ROWS, Part, film, svg
from sandbox.isolation import REPOSITORY

PICTURE = REPOSITORY / "docs" / "docsite" / "rst" / "images" / "demo.svg"
# What a stranger wants to see first. The steps with other commands would make the picture twice as long.
SHOWN = {
    "ansible-playbook account.yml",
    "ansible-playbook site.yml --check --diff",
    "ansible-playbook site.yml",
    "ansible-inventory -i demo.vps.yml --graph",
    "ansible-playbook delete.yml",
}
# Where nothing moves, the end of this step is shown, with the steps before it as far as they fit in.
STILL = "Run it again: everything is as declared, so nothing changes"
TITLE = "make demo"
HEADING = re.compile(r"=== (\d+) of \d+\. ")
# The last line of a plan that check mode shows: the differences that follow would push it out of sight at once.
PLAN = re.compile(r"Plan: ")
CLOSING = re.compile(r"All \d+ steps went as expected\.")
HEADER = """\
Copyright (c) 2026, VPS.org collection contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

A recorded run, made by `make pictures`. Its lines are unchanged; some steps are left out, long waits are cut, and lines
that came at once come one after the other."""


def shown_steps() -> list[Step]:
    """The steps of the demonstration that are in the picture, in their order."""
    return [step for step in STEPS if step.command in SHOWN]


def parts(lines: Sequence[Line]) -> Iterator[Part]:
    """The parts of a recorded run that are shown: the introduction, the steps of SHOWN, and the closing line.

    ValueError if the run has other steps than the demonstration.
    """
    plain = [Text.from_ansi(line.text).plain for line in lines]
    begins = [number for number, text in enumerate(plain) if HEADING.match(text)]
    titles = [HEADING.sub("", plain[number]).strip() for number in begins]
    closing = next((number for number, text in enumerate(plain) if CLOSING.match(text)), None)
    if titles != [step.title for step in STEPS] or closing is None:
        raise ValueError(f"this is no whole run of the demonstration: its steps are {titles}")
    yield Part(_trimmed(lines[: begins[0]]))
    left_out: list[int] = []
    for number, (step, begin, end) in enumerate(zip(STEPS, begins, [*begins[1:], closing], strict=True), 1):
        if step in shown_steps():
            first, last = begin - 1, end - 1
            note, left_out = _note(left_out), []
            for plan in (place for place in range(first, last) if PLAN.match(plain[place])):
                yield Part(lines[first : plan + 1], note)
                first, note = plan + 1, ""
            yield Part(lines[first:last], note, still=step.title == STILL)
        else:
            left_out.append(number)
    yield Part(lines[closing - 1 : closing + 1], _note(left_out))


def _trimmed(lines: Sequence[Line]) -> Sequence[Line]:
    """Without the blank lines at both ends."""
    filled = [number for number, line in enumerate(lines) if line.text.strip()]
    return lines[filled[0] : filled[-1] + 1]


def _note(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    return (
        f"[step {numbers[0]} is left out]"
        if len(numbers) == 1
        else f"[steps {numbers[0]} to {numbers[-1]} are left out]"
    )


def picture(lines: Sequence[Line]) -> str:
    """The picture of a recorded run, as SVG. ValueError if that is no whole run of the demonstration."""
    steps = " ".join(f"{step.title}: {step.command}." for step in shown_steps())
    description = f"A recorded run of the demonstration in a terminal, against an emulator of the API. {steps}"
    return svg(film(list(parts(lines))), title=TITLE, description=description, header=HEADER)


def write_picture(path: pathlib.Path = PICTURE) -> None:
    """Run the demonstration, and write its picture. CalledProcessError if it fails; nothing is written then."""
    run = [sys.executable, str(REPOSITORY / "tools" / "demo" / "run.py")]
    text = picture(record(run, columns=COLUMNS, rows=ROWS, environment={"NO_COLOR": ""}))
    path.write_text(text, encoding="utf-8")
