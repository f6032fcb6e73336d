# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a module that runs in the controller's worker process before its time, so that it can say what it leaves."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_PARENT_LOOK = 0.2  # seconds between two looks whether ansible-playbook is still there
_GRACE = 1.6  # seconds that a cancelled module has for its last words


class Cancellable:
    """Within this context, SIGINT, SIGTERM, the end of ansible-playbook, and the task's keyword `timeout` interrupt the
    module as Ctrl-C does.

    After the first three, the process ends soon. Left alone, a worker of ansible-core 2.19 or newer dies of a signal
    without a word, one of 2.18 or older outlives the playbook, and so does any after a SIGKILL. After a `timeout`,
    ansible-core would throw away what the module knows.
    """

    timed_out = False  # whether the task's time limit has ended the module

    def __init__(self, timeout: int | None) -> None:
        """`timeout`: that of the task, in seconds; ansible-core has set its alarm already."""
        self._timeout = timeout
        self._is_main = threading.current_thread() is threading.main_thread()  # only it may handle signals
        self._parent = os.getppid()
        self._returned = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Cancellable:
        if self._is_main:
            # ansible-runner kills the whole process group of ansible-playbook. In a session of its own, as ansible-core
            # 2.19 and newer start it, a worker survives that for its last words.
            with contextlib.suppress(OSError):
                os.setsid()
            handlers: dict[signal.Signals, Any] = dict.fromkeys((signal.SIGINT, signal.SIGTERM), self._interrupt)
            if self._timeout:
                handlers[signal.SIGALRM] = self._time_out
            self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._returned.set()
        if signal.SIGALRM in self._before:
            signal.alarm(0)  # a result that is there is not thrown away
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.timed_out and isinstance(error, KeyboardInterrupt):  # it came before the module could answer to it
            # ansible-core 2.18 shows where it was, and has no result without it.
            self._before[signal.SIGALRM](signal.SIGALRM, inspect.currentframe())

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        last = threading.Timer(_GRACE, os._exit, (1,))
        last.daemon = True
        last.start()
        raise KeyboardInterrupt

    def _time_out(self, _number: int, _frame: FrameType | None) -> None:
        if not self._returned.is_set():
            self.timed_out = True
            raise KeyboardInterrupt(f"The task timed out after {self._timeout} s")

    def _watch(self) -> None:
        while not self._returned.wait(_PARENT_LOOK):
            if os.getppid() != self._parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return
