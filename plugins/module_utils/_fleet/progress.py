# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The progress of a task on many servers, while it runs: a line when a server changes its state, and a summary at least
every 10 s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from .._apply.jobs import Job, Observer
from .._client.errors import ServerId
from .text import standing

_TICK = 9.0  # seconds: the documentation promises a summary every 10, on a busy machine too


class FleetProgress(Observer):
    """Shows lines of progress, and hands everything else on.

    A context manager: a thread of its own keeps the summary coming while every other waits.
    """

    def __init__(self, observer: Observer, show: Callable[[str], None] | None, speaker: str = "vps_fleet") -> None:
        """`observer`: who is told of ids and of the end. `show`: shows a line; None where nobody sees it.

        `speaker`: the name of the module, before each line.
        """
        self._observer = observer
        self._show = show
        self._speaker = speaker
        self._jobs: Sequence[Job] = ()
        self._last: dict[int, str] = {}  # by job: an action and the first look after it may say the same
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._last_summary = time.monotonic()

    def __enter__(self) -> FleetProgress:
        if self._show is not None:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._ended.set()

    def began(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._observer.began(jobs)

    def created(self, name: str, server_id: ServerId) -> None:
        with self._lock:
            self._observer.created(name, server_id)

    def happened(self, job: Job, what: str) -> None:
        if self._last.get(id(job)) != what:
            self._last[id(job)] = what
            self._line(f"{job.name} (id {job.server_id}): {what}")

    def waiting(self) -> None:
        if time.monotonic() - self._last_summary >= _TICK:
            self._summarise()

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        self._observer.interrupted(jobs, why)

    def _tick(self) -> None:
        while not self._ended.wait(max(0.1, self._last_summary + _TICK - time.monotonic())):
            if time.monotonic() - self._last_summary >= _TICK:
                self._summarise()

    def _summarise(self) -> None:
        self._last_summary = time.monotonic()
        self._line(standing(self._jobs))

    def _line(self, text: str) -> None:
        if self._show is not None:
            self._show(f"{self._speaker}: {text}")
