# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How far a fleet task is, while it runs: a line when a server changes its state, and a summary at least every 10 s."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .._module import output as _progress
from .._apply.jobs import Job, Observer
from .._server.plan import ServerPlan

SUMMARY_EVERY = 10.0  # seconds; the documentation promises it
_TICK = 9.0  # a little before, so that the promise holds on a busy machine


class FleetObserver(Observer):
    """Reports on all jobs of a fleet. A context manager: a thread of its own keeps the summary coming while every other waits."""

    def __init__(self, module: Any, jobs: Callable[[], Sequence[Job]], scrub: Callable[[str], str]) -> None:
        """C(scrub): takes the token out of a text; names and status words come from the API."""
        self._module = module
        self._jobs = jobs
        self._scrub = scrub
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._last_summary = time.monotonic()

    def __enter__(self) -> FleetObserver:
        if _progress.is_shown():
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._ended.set()

    def created(self, name: str, server_id: int) -> None:
        with self._lock:
            self._module.log(f"vpsorg.cloud: server {name} has the id {server_id}")

    def happened(self, job: Job, what: str) -> None:
        _progress.line(self._scrub(f"vps_fleet: {job.name} (id {job.server_id}): {what}"))

    def waiting(self) -> None:
        if time.monotonic() - self._last_summary >= _TICK:
            self._summarise()

    def _tick(self) -> None:
        while not self._ended.wait(max(0.1, self._last_summary + _TICK - time.monotonic())):
            if time.monotonic() - self._last_summary >= _TICK:
                self._summarise()

    def _summarise(self) -> None:
        self._last_summary = time.monotonic()
        _progress.line(self._scrub(f"vps_fleet: {standing(self._jobs())}"))


def standing(jobs: Sequence[Job]) -> str:
    """How all jobs stand: C(12 of 40 ready, 25 provisioning, 3 starting), and C(1 of 2 gone) where servers are deleted."""
    if not jobs:
        return "reading the account"
    leaving = [job for job in jobs if _is_leaving(job.plan)]
    parts = []
    for word, those in (("ready", [job for job in jobs if not _is_leaving(job.plan)]), ("gone", leaving)):
        if those:
            parts.append(f"{sum(1 for job in those if not job.steps and job.error is None)} of {len(those)} {word}")
    others = Counter(_stage(job) for job in jobs if job.is_open)
    failed = sum(1 for job in jobs if job.error is not None)
    return ", ".join([*parts, *(f"{count} {stage}" for stage, count in others.most_common()), *([f"{failed} failed"] if failed else [])])


def _is_leaving(plan: ServerPlan) -> bool:
    """Whether there is to be no such server in the end."""
    deletes = any(step.kind == "delete" for step in plan.steps)
    return not plan.creates and (deletes or plan.found is None)


def _stage(job: Job) -> str:
    if job.gone:
        return "going"
    step = job.steps[0]
    status = (job.wait.last_status if job.wait else "") or (job.server or {}).get("status")
    return str(status) if status and step.kind == "wait" else f"to {step.kind}"
