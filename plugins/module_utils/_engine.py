# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Carries plans out: creates first, then every other write, then waiting for all together. A single server is a fleet of one.

A job is one server's plan under way: a queue of steps, each an action or a wait. Rounds alternate: all creates that are
due, all other actions that are due, then looks until some wait is over. One job's failure does not stop the others, but
for a rejected token, which stops everything, and a lack of credit, which stops creates.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ansible_collections.vpsorg.cloud.plugins.module_utils import _status
from ansible_collections.vpsorg.cloud.plugins.module_utils._api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._concurrent import run_all
from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._plan import MISSING, ServerPlan, Step, equal, named, value_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._servers import Servers
from ansible_collections.vpsorg.cloud.plugins.module_utils._status import Goal
from ansible_collections.vpsorg.cloud.plugins.module_utils._waiting import SETTLE_TIME, Intervals, State, Wait

_SECOND_LOOKS = 4  # at most, where reads lag behind the creates
_SECOND_LOOK_PAUSE = 0.5  # seconds


@dataclass
class Job:
    """One server's plan under way, and what has come of it."""

    plan: ServerPlan
    steps: deque[Step]
    server_id: int | None
    server: dict[str, Any] | None
    actions: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    may_have_changed: bool = False
    wait: Wait | None = None
    gone: bool = False
    is_detail: bool = False  # whether C(server) is a detail that was read after the last write

    @property
    def name(self) -> str | None:
        """The server's name as far as it is known."""
        return (self.server or {}).get("name") or self.plan.wish.name

    @property
    def changed(self) -> bool:
        """Whether the account was, or may have been, changed for this server."""
        return bool(self.actions) or self.may_have_changed

    @property
    def is_open(self) -> bool:
        """Whether there is anything left to do."""
        return self.error is None and bool(self.steps)

    def next_is(self, *kinds: str) -> bool:
        """Whether the next step is one of these."""
        return self.is_open and self.steps[0].kind in kinds


@dataclass
class Survey:
    """What was declared, laid beside what a look at the account has found. C(seen): the ids in the list; None where no list was read."""

    plans: list[ServerPlan]
    seen: frozenset[int] | None = None


class Looker(Protocol):
    """How waiting servers are looked at: one detail, or one list for all."""

    gives_details: bool

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """The views of these servers; None for one that is proven absent; nothing for one of which a look can't tell. Raises ApiError, VpsError."""


class Observer:
    """Is told what happens. The default says nothing."""

    def happened(self, job: Job, what: str) -> None:
        """A server changed its state, as far as this run knows."""

    def waiting(self, jobs: Sequence[Job]) -> None:
        """A look is over: how all jobs stand."""

    def created(self, name: str, server_id: int) -> None:
        """An id became known. What is written down here survives a killed run."""


class Refusal(VpsError):
    """Nothing was written, because something in the declaration is not allowed or can't be done. C(plans): what was found."""

    def __init__(self, message: str, plans: Sequence[ServerPlan]) -> None:
        super().__init__(message)
        self.plans = plans


class Engine:
    """Carries out the plans of one task."""

    def __init__(self, servers: Servers, looker: Looker, lock: AccountLock, *, concurrency: int, wait_interval: float, settle_time: float = SETTLE_TIME, observer: Observer | None = None) -> None:
        self._servers = servers
        self._pace = servers.pace
        self._looker = looker
        self._lock = lock
        self._concurrency = concurrency
        self._intervals = Intervals(wait_interval)
        self._settle_time = settle_time
        self._observer = observer or Observer()
        self._out_of_credit: str | None = None
        self.jobs: list[Job] = []

    def run(self, survey: Callable[[], Survey], *, may_create: bool, check_mode: bool, refuse: Callable[[Sequence[ServerPlan]], str | None]) -> list[Job]:
        """Look, plan, refuse as a whole or carry out as a whole.

        C(survey): reads and plans; called again under the lock where another task may have created a server meanwhile.
        C(refuse): why these plans must not be carried out, or None. Raises Refusal, and VpsError where the look fails.
        """
        try:
            # Usually nobody else holds the lock, and then the look under it serves for the create as well.
            if may_create and not check_mode:
                self._lock.try_acquire()
            found = survey()
            if not check_mode and not self._lock.held and any(plan.creates for plan in found.plans):
                self._lock.acquire(self._pace.remaining, self._pace.sleep)
                found = survey()
            reason = refuse(found.plans)
            if reason:
                raise Refusal(reason, found.plans)
            self.jobs = [_new_job(plan) for plan in found.plans]
            if check_mode:
                return self.jobs
            first_creates = [job for job in self.jobs if job.next_is("create")]
            if first_creates:
                self._create_all(first_creates, found.seen)
        finally:
            self._lock.release()
        self._carry_out()
        return self.jobs

    def read_details(self) -> None:
        """Read the detail of every server that was written and whose detail is not at hand: what a result promises. A failure is a warning."""
        jobs = {job.server_id: job for job in self.jobs if job.actions and not job.gone and not job.is_detail and not job.error and job.server_id is not None}
        for server_id, detail in self._servers.api.get_servers(jobs, self._concurrency).items():
            job = jobs[server_id]
            if isinstance(detail, VpsError):
                job.warnings.append(f"The detail of server {job.name} (id {server_id}) could not be read after the change: {detail}")
            else:
                job.server, job.is_detail = detail, True

    def _carry_out(self) -> None:
        while open_jobs := [job for job in self.jobs if job.is_open]:
            due = [job for job in open_jobs if job.next_is("create")]
            if due:
                self._create_under_lock(due)
            due = [job for job in open_jobs if job.is_open and job.steps[0].is_action and not job.next_is("create")]
            if due:
                self._stopping_on_denial(due, lambda: run_all(self._act, due, self._concurrency))
            waiting = [job for job in open_jobs if job.next_is("wait")]
            if waiting:
                self._stopping_on_denial(waiting, lambda: self._wait_for_some(waiting))

    def _stopping_on_denial(self, jobs: Sequence[Job], work: Callable[[], Any]) -> None:
        """Run C(work); an error that is not one server's own ends every job that is still open."""
        try:
            work()
        except VpsError as error:
            self._pace.cancel(str(error))
            for job in self.jobs:
                if job.is_open:
                    _fail(job, error)

    def _stop_if_denied(self, error: ApiError) -> None:
        """Where the token itself is turned down, no other thread needs to try."""
        if error.denied:
            self._pace.cancel(str(error))
            raise error

    # Creating

    def _create_under_lock(self, jobs: list[Job]) -> None:
        """Creates that came due later: those of recreated servers, whose predecessors are gone by now."""

        def work() -> None:
            try:
                self._lock.acquire(self._pace.remaining, self._pace.sleep)
                listed = self._servers.list()
                replaced = {job.plan.found["id"] for job in jobs if job.plan.found}
                for job in jobs:
                    others = [server for server in named(listed, job.steps[0].fields["name"]) if server["id"] not in replaced]
                    if others:
                        ids = ", ".join(str(server["id"]) for server in others)
                        _fail(job, VpsError(f"Something else has created a server of that name meanwhile: ids {ids}. None was created."))
                self._create_all([job for job in jobs if job.is_open], frozenset(server["id"] for server in listed))
            finally:
                self._lock.release()

        self._stopping_on_denial(jobs, work)

    def _create_all(self, jobs: list[Job], seen: frozenset[int] | None) -> None:
        known = seen or frozenset()

        def work() -> None:
            run_all(lambda job: self._create(job, known), jobs, self._concurrency)
            self._second_look([job for job in jobs if job.is_open or (job.actions and job.error is None)], known)

        self._stopping_on_denial(jobs, work)

    def _create(self, job: Job, seen: frozenset[int]) -> None:
        if self._out_of_credit:
            _fail(job, VpsError(f"It was not created, because the account has not enough credit. {self._out_of_credit}"))
            return
        step = job.steps[0]
        try:
            server, action = self._servers.create(step.fields, seen)
        except ApiError as error:
            self._stop_if_denied(error)
            if error.no_credit:
                self._out_of_credit = str(error)
            _fail(job, error)
            return
        except VpsError as error:
            _fail(job, error)
            return
        job.steps.popleft()
        job.is_detail = job.gone = False
        job.server_id, job.server = server["id"], {key: value for key, value in server.items() if key != "message"}
        job.actions.append({"action": action, "id": server["id"], "name": step.fields["name"]})
        self._observer.created(step.fields["name"], server["id"])
        self._observer.happened(job, "created" if action == "create" else "adopted")
        job.warnings += _differences_from_wish(step, server)

    def _second_look(self, jobs: list[Job], seen: frozenset[int]) -> None:
        """Another server of the same name that was not there before means that another controller raced: the lowest id wins, and nothing is deleted."""
        ids = {job.server_id for job in jobs}
        listed: list[dict[str, Any]] = []
        for count in range(_SECOND_LOOKS if ids else 0):
            if count:
                self._pace.sleep(min(_SECOND_LOOK_PAUSE, max(0.0, self._pace.remaining())))
            try:
                listed = self._servers.list()
            except ApiError as error:
                if error.denied:
                    raise
                for job in jobs:
                    job.warnings.append(f"Whether another controller has created a server named {job.name} at the same time could not be checked: {error}")
                return
            if ids <= {server["id"] for server in listed} or self._pace.is_over():
                break
        for job in jobs:
            rivals = [server["id"] for server in named(listed, job.name or "") if server["id"] not in seen and server["id"] != job.server_id]
            if not rivals:
                continue
            text = f"Another controller has created a server named {job.name} at the same time: its id is {', '.join(map(str, rivals))}, this one's is {job.server_id}."
            if job.server_id is not None and job.server_id < min(rivals):
                job.warnings.append(f"{text} The lowest id stays; delete the other by its id.")
            else:
                _fail(job, VpsError(f"{text} The lowest id ({min(rivals)}) stays; nothing was deleted: delete {job.server_id} by its id if it is not wanted."))

    # The other actions

    def _act(self, job: Job) -> None:
        step = job.steps[0]
        try:
            acted, what = self._perform(job, step)
        except ApiError as error:
            self._stop_if_denied(error)
            _fail(job, error)
            return
        except VpsError as error:
            _fail(job, error)
            return
        job.steps.popleft()
        if acted:
            job.is_detail = step.kind == "update"
            job.actions.append({"action": step.kind, "id": job.server_id, "name": job.name, **({"fields": dict(step.fields)} if step.fields else {})})
            self._observer.happened(job, what)

    def _perform(self, job: Job, step: Step) -> tuple[bool, str]:
        """Returns whether anything was done, and the word for it."""
        server_id = job.server_id
        if server_id is None:
            raise VpsError("The server's id is not known.")
        if step.kind == "update":
            job.server = self._servers.update(server_id, step.fields)
            return True, "updated"
        if step.kind == "delete":
            acted = self._servers.delete(server_id)
            job.gone = True
            return acted, "deleted"
        if step.kind == "reboot":
            return self._servers.reboot(server_id), "rebooting"
        # The wait before may have ended where the action is no longer needed.
        target = _status.ACTIVE if step.kind == "start" else _status.STOPPED
        if job.server is not None and job.server["status"] == target:
            return False, ""
        return self._servers.switch(server_id, step.kind), "starting" if step.kind == "start" else "stopping"

    # Waiting

    def _wait_for_some(self, jobs: list[Job]) -> None:
        """Look until at least one of the waits is over, well or badly; at the time limit, all are."""
        now = time.monotonic()
        for job in jobs:
            if job.wait is None:
                job.wait = Wait(job.steps[0].goal or Goal.ACTIVE, now, fresh=bool(job.actions), settle_time=self._settle_time)
        # A reboot is short, and proven at once only by a look that still shows it.
        at_once = any(job.wait and job.wait.goal is Goal.REBOOTED and not job.wait.reads for job in jobs)
        while True:
            if not at_once:
                self._pace.sleep(max(0.0, min(self._intervals.next(), self._pace.remaining())))
            at_once = False
            over, problem = self._look(jobs)
            self._observer.waiting(self.jobs)
            if not over and self._pace.is_over():
                for job in jobs:
                    if job.wait is not None:
                        _fail(job, VpsError(f"The time limit of {self._pace.limit:g} s was reached while waiting until it is {job.wait.goal.value}: {job.wait.describe()}.{problem}"))
                return
            if over:
                return

    def _look(self, jobs: list[Job]) -> tuple[bool, str]:
        """One look at all of them. A failed look does not end a wait. Returns whether any wait is over, and the words of a failure."""
        try:
            views = self._looker.look([job.server_id for job in jobs if job.server_id is not None])
        except ApiError as error:
            if error.denied:
                raise
            retry_after = error.failure.retry_after
            if retry_after is not None and retry_after > self._pace.remaining():
                raise VpsError(f"{error} The API asks to wait {retry_after:.0f} s, longer than what is left of the time limit.") from None
            if retry_after is not None:
                self._pace.hold(retry_after)
            return False, f" The last look failed: {error}"
        over = False
        for job in jobs:
            if job.server_id in views and job.wait is not None:
                over = self._judge(job, job.wait, views[job.server_id]) or over
        return over, ""

    def _judge(self, job: Job, wait: Wait, view: dict[str, Any] | None) -> bool:
        before = wait.last_status or (job.server or {}).get("status")
        state = wait.see(view, time.monotonic())
        if view is not None:
            job.server, job.is_detail = view, self._looker.gives_details
            if view["status"] != before and state is State.GOING:
                self._observer.happened(job, view["status"])
        if wait.unknown_status and not any(wait.unknown_status in warning for warning in job.warnings):
            job.warnings.append(f"Server {job.name} (id {job.server_id}) has the status {wait.unknown_status}, which is not known; it is waited on.")
        if state is State.GOING:
            return False
        if state is State.FAILED:
            _fail(job, VpsError(f"While waiting until it is {wait.goal.value}: {wait.problem}."))
        else:
            job.steps.popleft()
            self._observer.happened(job, _arrival(wait.goal, view or {}))
        job.wait = None
        return True


def _arrival(goal: Goal, view: dict[str, Any]) -> str:
    if goal is Goal.GONE:
        return "gone"
    return f"ready at {view['ip_address']}" if goal is Goal.READY else str(view["status"])


def _new_job(plan: ServerPlan) -> Job:
    found = dict(plan.found) if plan.found is not None else None
    return Job(plan, deque(plan.steps), found["id"] if found else None, found, warnings=list(plan.warnings))


def _fail(job: Job, error: VpsError) -> None:
    """The id is reported from the moment it is known, with name and last status, in the text too: a lost id is a running bill."""
    if job.server_id is None and error.server_id is not None:
        job.server_id = error.server_id
    status = job.wait.last_status if job.wait and job.wait.last_status else (job.server or {}).get("status")
    known = ", ".join(part for part in (f"id {job.server_id}" if job.server_id else "", f"last status {status}" if status and not job.gone else "") if part)
    label = job.name or f"id {job.server_id}"
    job.error = f"Server {label}{f' ({known})' if known else ''}: {error}"
    job.may_have_changed = job.may_have_changed or error.changed


def _differences_from_wish(step: Step, server: dict[str, Any]) -> list[str]:
    """What a create's answer shows otherwise than it was asked for."""
    differing = []
    for option, want in step.fields.items():
        have = value_of(server, option)
        if have is not MISSING and option != "ssh_key_id" and not equal(option, have, want):
            differing.append(f"{option} is {have}, asked for was {want}")
    return [f"Server {step.fields['name']} (id {server['id']}) was created otherwise than asked for: {', '.join(differing)}."] if differing else []


class DetailLooker:
    """Looks at servers one by one: for a task on one server."""

    gives_details = True

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """See Looker. A 404 counts only together with a whole list that lacks the id."""
        views: dict[int, dict[str, Any] | None] = {}
        for server_id in ids:
            try:
                views[server_id] = self._servers.api.get_server(server_id, attempts=1)
            except ApiError as error:
                if error.status != 404:
                    raise
                if all(server["id"] != server_id for server in self._servers.api.list_servers(attempts=1)):
                    views[server_id] = None
        return views


class ListLooker:
    """Looks at all servers by one list: for a fleet."""

    gives_details = False

    def __init__(self, servers: Servers, concurrency: int) -> None:
        self._servers = servers
        self._concurrency = concurrency

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """See Looker. One that the list lacks is proven absent only if its detail is a 404 too."""
        listed = {server["id"]: server for server in self._servers.api.list_servers(attempts=1)}
        views: dict[int, dict[str, Any] | None] = {server_id: listed[server_id] for server_id in ids if server_id in listed}
        missing = [server_id for server_id in ids if server_id not in listed]
        for server_id, detail in self._servers.api.get_servers(missing, self._concurrency).items():
            if isinstance(detail, ApiError) and detail.status == 404:
                views[server_id] = None
            elif isinstance(detail, dict):
                views[server_id] = detail
        return views
