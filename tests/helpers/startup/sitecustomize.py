# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to every Python that has this folder in PYTHONPATH, as the environment says.

VPSORG_TEST_SYSLOG=FILE: what goes to the system log is appended to the file instead. VPSORG_TEST_CLOCK_STEP=SECONDS:
the wall clock steps by so much, once a client has been created in the process and a second has passed;
VPSORG_TEST_CLOCK_STEPS=FILE: a line is written to it when the step was seen. VPSORG_TEST_CLOCK_SCALE=FACTOR: monotonic
time runs so many times faster, and pauses are so many times shorter. VPSORG_TEST_SERVERS_AT=127.0.N: the servers at
203.0.113.1 and 2001:db8::1 and so on stand at 127.0.N.1 and so on, as no loopback address counts as a server's.
"""

from __future__ import annotations

import ipaddress
import os
import socket
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


def routed_connect(network: str) -> Any:
    """`socket.socket.connect` that finds servers in a loopback network, such as `127.0.6`."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0].startswith(("203.0.113.", "2001:db8::")):
            place = f"{network}.{int(ipaddress.ip_address(address[0])) % 256}"
            address = (f"::ffff:{place}" if ":" in address[0] else place, *address[1:])
        return real_connect(self, address)

    return connect


if os.environ.get("VPSORG_TEST_SYSLOG"):
    _divert_syslog(os.environ["VPSORG_TEST_SYSLOG"])
if os.environ.get("VPSORG_TEST_CLOCK_STEP"):
    _step(float(os.environ["VPSORG_TEST_CLOCK_STEP"]), os.environ.get("VPSORG_TEST_CLOCK_STEPS"))
if os.environ.get("VPSORG_TEST_CLOCK_SCALE"):
    _scale(float(os.environ["VPSORG_TEST_CLOCK_SCALE"]))
if os.environ.get("VPSORG_TEST_SERVERS_AT"):
    socket.socket.connect = routed_connect(os.environ["VPSORG_TEST_SERVERS_AT"])  # type: ignore[method-assign]
