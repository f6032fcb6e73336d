# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The phase of a task in which servers are waited for, all together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .._client.api import ApiError
from .._client.budget import poll_backoff
from .._client.errors import TimeLimitReached, VpsError
from .._server.addresses import connection_address
from .._server.model import Server
from .._server.servers import Servers
from .._server.status import Goal
from .._server.wait import State, Wait
from .jobs import Job, Observer
from .pollers import Poller


class Waits:
    """Waits for the servers of jobs whose next step is a wait.

    Where the token itself is turned down, it raises ApiError.
    """

    def __init__(self, servers: Servers, poller: Poller, observer: Observer, *, settle_time: float) -> None:
        """`settle_time`: seconds after which an active server counts as rebooted."""
        self._budget = servers.budget
        self._poller = poller
        self._observer = observer
        self._settle_time = settle_time
        self._backoff = poll_backoff(servers.wait_interval)

    def for_some(self, jobs: Sequence[Job]) -> None:
        """Look until at least one of the waits is over, well or badly; at the time limit, all are."""
        now = time.monotonic()
        for job in jobs:
            if job.wait is None:
                job.wait = Wait(
                    job.steps[0].goal or Goal.ACTIVE, now, fresh=bool(job.actions), settle_time=self._settle_time
                )
        # A reboot is short, and proven at once only by a look that still shows it.
        at_once = any(job.wait and job.wait.goal is Goal.REBOOTED and not job.wait.reads for job in jobs)
        over, problem = False, None
        while True:
            if not at_once:
                self._budget.sleep_within(self._backoff.next())
            at_once = False
            try:
                over, problem = self._look(jobs)
            except TimeLimitReached:  # in the middle of the last look: what the one before it has shown stands
                if not self._budget.is_over():
                    raise
            self._observer.waiting()
            if not over and self._budget.is_over():
                for job in jobs:
                    if job.wait is not None:
                        job.fail(self._limit_reached(job, job.wait, problem))
                return
            if over:
                return

    def _limit_reached(self, job: Job, wait: Wait, problem: ApiError | None) -> VpsError:
        standing = wait.standing(job.status or "")
        words = f"The time limit of {self._budget.limit:g} s was reached while waiting until it is {wait.goal.value}"
        return VpsError(f"{words}; {standing}." if standing else f"{words}.", cause=problem)

    def _look(self, jobs: Sequence[Job]) -> tuple[bool, ApiError | None]:
        """One look at all of them.

        A failed look does not end a wait. Returns whether any wait is over, and the failure of the look.
        """
        try:
            ids = [job.server_id for job in jobs if job.server_id is not None]
            views = self._poller.look(ids, [job.server_id for job in jobs if job.server_id and _needs_address(job)])
        except ApiError as error:
            if error.denied:
                raise
            if error.failure.retry_after is not None:
                self._budget.check_patience(error.failure.retry_after, error)
            return False, error
        over = False
        for job in jobs:
            if job.server_id is not None and job.server_id in views and job.wait is not None:
                over = self._judge(job, job.wait, views[job.server_id]) or over
        return over, None

    def _judge(self, job: Job, wait: Wait, view: Server | None) -> bool:
        before = job.status
        state = wait.see(view, time.monotonic())
        if view is not None:
            job.server, job.is_detail = view, self._poller.gives_details
            if view["status"] != before and state is State.GOING:
                self._observer.happened(job, view["status"])
        if wait.unknown_status:
            warning = (
                f"Server {job.name} (id {job.server_id}) has the unknown status {wait.unknown_status}; the task "
                "keeps waiting."
            )
            if warning not in job.warnings:
                job.warnings.append(warning)
        if state is State.GOING:
            return False
        if state is State.FAILED:
            job.fail(VpsError(f"While waiting until it is {wait.goal.value}: {wait.problem}."))
        else:
            job.steps.popleft()
            self._observer.happened(job, _arrival(wait.goal, view))
            if wait.goal is Goal.GONE and job.next_is("create"):
                job.server_id = job.server = None  # the next one gets an id of its own
        job.wait = None
        return True


def _needs_address(job: Job) -> bool:
    return job.wait is not None and job.wait.goal is Goal.READY


def _arrival(goal: Goal, view: Server | None) -> str:
    if view is None:
        return "gone"
    return f"ready at {connection_address(view)}" if goal is Goal.READY else view["status"]
