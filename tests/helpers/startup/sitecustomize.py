# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to every Python that has this folder in PYTHONPATH, as the environment says.

VPSORG_TEST_SYSLOG=FILE: what goes to the system log is appended to the file instead. VPSORG_TEST_CLOCK_STEP=SECONDS:
the wall clock steps by so much, once a client has been created in the process and a second has passed;
VPSORG_TEST_CLOCK_STEPS=FILE: a line is written to it when the step was seen. VPSORG_TEST_CLOCK_SCALE=FACTOR: monotonic
time runs so many times faster, and pauses are so many times shorter.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

AFTER = 1.0  # seconds of a process's life


def _step(seconds: float, told: str | None) -> None:
    real_time, real_monotonic = time.time, time.monotonic
    state: dict[str, Any] = {"pid": os.getpid(), "begin": real_monotonic(), "told": False}

    def stepped() -> float:
        now = real_monotonic()
        if state["pid"] != os.getpid():  # a worker: its own life counts
            state.update(pid=os.getpid(), begin=now, told=False)
        if now - state["begin"] < AFTER:
            return real_time()
        return real_time() + seconds

    def tell() -> None:
        """The step is there whether anybody asks for the time or not; that it came is told once for each process."""
        stepped()
        if real_monotonic() - state["begin"] >= AFTER and not state["told"] and told:
            state["told"] = True
            with open(told, "a", encoding="utf-8") as stream:
                stream.write(f"{os.getpid()}\n")

    def wait(self: threading.Event, timeout: float | None = None, real: Any = threading.Event.wait) -> bool:
        outcome = real(self, timeout)
        tell()
        return outcome

    time.time = stepped
    time.time_ns = lambda: int(stepped() * 1e9)
    threading.Event.wait = wait  # type: ignore[method-assign]


def _scale(factor: float) -> None:
    real_monotonic, real_sleep = time.monotonic, time.sleep

    def wait(self: threading.Event, timeout: float | None = None, real: Any = threading.Event.wait) -> bool:
        return real(self, None if timeout is None else timeout / factor)

    time.monotonic = lambda: real_monotonic() * factor
    time.sleep = lambda seconds: real_sleep(seconds / factor)
    threading.Event.wait = wait  # type: ignore[method-assign]


def _divert_syslog(file: str) -> None:
    import syslog

    def write(*message: Any) -> None:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(f"{message[-1]}\n")

    syslog.syslog = write  # type: ignore[assignment]


if os.environ.get("VPSORG_TEST_SYSLOG"):
    _divert_syslog(os.environ["VPSORG_TEST_SYSLOG"])
if os.environ.get("VPSORG_TEST_CLOCK_STEP"):
    _step(float(os.environ["VPSORG_TEST_CLOCK_STEP"]), os.environ.get("VPSORG_TEST_CLOCK_STEPS"))
if os.environ.get("VPSORG_TEST_CLOCK_SCALE"):
    _scale(float(os.environ["VPSORG_TEST_CLOCK_SCALE"]))
