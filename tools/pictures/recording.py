# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command in a terminal of its own, and note when each line of its output came."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

END_LIMIT = 30.0  # seconds that an interrupted command gets to clean up


class Line(NamedTuple):
    """A line of output with its escape sequences, and how many seconds after the start it was complete."""

    seconds: float
    text: str


def record(
    command: Sequence[str], *, columns: int, rows: int, environment: Mapping[str, str] | None = None
) -> list[Line]:
    """The output of a command on a terminal of that size.

    `environment`: variables beside those of this process. CalledProcessError if the command fails, with its output.
    """
    terminal, its_side = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as output:
        termios.tcsetwinsize(its_side, (rows, columns))
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                command,
                stdin=its_side,
                stdout=its_side,
                stderr=its_side,
                env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
                start_new_session=True,
            )
        finally:
            os.close(its_side)
        try:
            lines = [Line(time.monotonic() - began, text) for text in _lines(output.fileno())]
            code = process.wait()
        finally:
            _end(process)
    if code:
        raise subprocess.CalledProcessError(code, list(command), "\n".join(line.text for line in lines))
    return lines


def _lines(terminal: int) -> Iterator[str]:
    """Each line as soon as it is complete, until everybody has closed the terminal."""
    rest = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody has it open any more
            chunk = b""
        *complete, rest = (rest + chunk).split(b"\n")
        if not chunk and rest:
            complete.append(rest)
        for line in complete:
            yield line.decode(errors="replace").rstrip("\r")
        if not chunk:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, as Ctrl-C does, and without mercy when that takes too long."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            continue
