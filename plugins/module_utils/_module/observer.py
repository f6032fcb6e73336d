# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Who hears what a task does while it runs: the system log, and whoever reads the last words of an interrupted task."""

from __future__ import annotations

from collections.abc import Sequence

from .._apply.jobs import Job, Observer
from .._client.errors import ServerId, VpsError
from .._server.model import PAST_TENSE
from .runner import Task


class TaskObserver(Observer):
    """Writes a new server's id to the system log before anything else happens: a killed run reports nothing."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def created(self, name: str, server_id: ServerId) -> None:
        self._task.module.log(f"vpsorg.cloud: server {name} has the id {server_id}")

    def began(self, jobs: Sequence[Job]) -> None:
        self._task.interrupted = lambda why: VpsError(last_words(jobs, why), changed=any(job.changed for job in jobs))

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        self._task.last_words(last_words(jobs, why))


def last_words(jobs: Sequence[Job], why: str) -> str:
    """What an interrupted task leaves behind: which servers exist, or are changed, by its hand. `why`: see
    why_interrupted.
    """
    written = [
        f"{job.name} (id {job.actions[-1]['id']}, {', '.join(_past(action['action']) for action in job.actions)})"
        for job in jobs
        if job.actions
    ]
    written += [f"{job.name} (outcome unknown)" for job in jobs if job.changed and not job.actions]
    if written:
        return f"{why}. Changed before that: {', '.join(written)}."
    return f"{why} before anything was known to be changed."


def _past(action: str) -> str:
    return PAST_TENSE["create" if action == "adopt" else action]
