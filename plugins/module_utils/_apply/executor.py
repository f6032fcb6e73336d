# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Carries plans out: creates first, then every other write, then waiting for all together. A single server is a fleet
of one.

A job is one server's plan under way: a queue of steps, each an action or a wait. Rounds alternate: all creates that are
due, all other actions that are due, then looks until some wait is over. One job's failure does not stop the others, but
for a rejected token, which stops everything, and a lack of credit, which stops creates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Rooms that others import only where something fails, here before the first write: a process that can open no file any
# more must still tell what it has created.
from .._client import causes, error_words, passwords  # noqa: F401  # pylint: disable=unused-import
from .._client.concurrent import wait_for_rest
from .._client.errors import VpsError, why_interrupted
from .._server.details import details_of
from .._server.servers import Servers
from .._server.status import SETTLE_TIME
from .actions import Actions
from .creates import Creates
from .jobs import Job, Observer
from .ledger import CreateLedger
from .lock import AccountLock
from .planning import End, Outcome, TaskPlan
from .pollers import Poller
from .waits import Waits

_LAST_RESPONSES = 1.0  # seconds that an interrupted task gives the responses that are on their way


class Executor:
    """Carries out the plan of one task."""

    def __init__(
        self,
        servers: Servers,
        poller: Poller,
        lock: AccountLock,
        observer: Observer,
        *,
        concurrency: int = 1,
        settle_time: float = SETTLE_TIME,
    ) -> None:
        """`concurrency`: servers worked on at a time.

        `settle_time`: seconds after which an active server counts as rebooted.
        """
        self._servers = servers
        self._lock = lock
        self._observer = observer
        self._concurrency = concurrency
        self._ledger = CreateLedger()
        self._creates = Creates(servers, lock, self._ledger, observer, concurrency)
        self._actions = Actions(servers, self._ledger, observer, concurrency)
        self._waits = Waits(servers, poller, observer, settle_time=settle_time)
        self._jobs: list[Job] = []

    def apply(self, plan: TaskPlan) -> Outcome:
        """Carry a plan out as far as it can be; every job says what came of it.

        A KeyboardInterrupt is an outcome too: a Ctrl-C, a signal or a time limit. Releases the lock as soon as nothing
        more is created.
        """
        self._jobs = [Job.of(server) for server in plan.servers]
        self._observer.began(self._jobs)
        try:
            self._carry_out(plan)
            for job in self._jobs:
                job.fail_if_it_ends_badly()
            self._read_details()
        except Exception:
            self._lock.release()
            raise
        except BaseException as end:
            why = why_interrupted(end)
            self._end_interrupted(why)
            if not isinstance(end, KeyboardInterrupt):
                raise
            return Outcome(End.INTERRUPTED, plan, self._jobs, why)
        return Outcome(End.APPLIED, plan, self._jobs)

    def _end_interrupted(self, why: str) -> None:
        """Let nothing more be sent.

        The lock is kept until the responses to creates are in: the next task must see these servers.
        """
        self._servers.budget.cancel(f"{why}.")
        wait_for_rest(_LAST_RESPONSES)
        self._lock.release()
        self._observer.interrupted(self._jobs, why)

    def _carry_out(self, plan: TaskPlan) -> None:
        due = [job for job in self._jobs if job.next_is("create")]
        if due:
            self._phase(self._creates.all_of, due, plan.seen or frozenset())
        self._lock.release()
        while open_jobs := [job for job in self._jobs if job.is_open]:
            due = [job for job in open_jobs if job.next_is("create")]
            if due:
                self._phase(self._creates.after_deletions, due)
                self._lock.release()
            held_back = {id(self._jobs[number]) for number in self._ledger.held_back(self._jobs)}
            due = [
                job
                for job in open_jobs
                if job.is_open and job.steps[0].is_action and not job.next_is("create") and id(job) not in held_back
            ]
            if due:
                self._phase(self._actions.all_of, due)
            waiting = [job for job in open_jobs if job.next_is("wait")]
            if waiting:
                self._phase(self._waits.for_some, waiting)

    def _phase(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run a phase; an error that is not one server's own ends every job that is still open."""
        try:
            work(*arguments)
        except VpsError as error:
            everyones = VpsError(error.explanation(general=True))
            self._servers.budget.cancel(everyones.reason)
            for job in self._jobs:
                if job.is_open:
                    job.fail(everyones)

    def _read_details(self) -> None:
        """Read the detail of every server that was written and whose detail is not at hand: what a result promises.

        A failure is a warning.
        """
        jobs = {
            job.server_id: job
            for job in self._jobs
            if job.actions and not job.gone and not job.is_detail and not job.error and job.server_id is not None
        }
        for server_id, detail in details_of(self._servers, jobs, self._concurrency).items():
            job = jobs[server_id]
            if detail is None or isinstance(detail, VpsError):
                why = detail.explanation() if detail else "it has vanished."
                job.warnings.append(
                    f"The detail of server {job.name} (id {server_id}) could not be read after the change: {why}"
                )
            else:
                job.server, job.is_detail = detail, True
