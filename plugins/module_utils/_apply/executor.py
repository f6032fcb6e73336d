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
from collections.abc import Callable, Sequence
from typing import Any

from .._server import status as _status
from .._client.api import ApiError
from .._client.concurrent import run_all
from .._client.errors import VpsError
from .._client.http import Refused
from .jobs import Job, Observer, Survey, fail, new_job
from .lock import AccountLock
from .pollers import Looker
from .._server.plan import MISSING, ServerPlan, Step, equal, named, value_of
from .._server.servers import Servers
from .._server.status import Goal
from .._server.wait import SETTLE_TIME, Intervals, State, Wait

_SECOND_LOOK_PAUSES = (0.5, 5.0)  # seconds, the first and the longest, where lists lag behind the creates
_SECOND_LOOK_TIME = 60.0  # seconds, at most: as long as a missing server may be a stale read


class Refusal(VpsError):
    """Nothing was written, because something in the declaration is not allowed or can't be done. C(plans): what was found."""

    def __init__(self, message: str, plans: Sequence[ServerPlan]) -> None:
        super().__init__(message)
        self.plans = plans


class Engine:
    """Carries out the plans of one task."""

    def __init__(
        self,
        servers: Servers,
        looker: Looker,
        lock: AccountLock,
        *,
        concurrency: int,
        wait_interval: float,
        settle_time: float = SETTLE_TIME,
        observer: Observer | None = None,
    ) -> None:
        self._servers = servers
        self._pace = servers.pace
        self._looker = looker
        self._lock = lock
        self._concurrency = concurrency
        self._intervals = Intervals(wait_interval)
        self._settle_time = settle_time
        self._observer = observer or Observer()
        self._out_of_credit: str | None = None
        # By what is asked for, whether the API takes such a create: an empty text, or why it does not.
        self._tried: dict[tuple[Any, ...], str] = {}
        # Why nothing that a create would have to make up for is deleted any more.
        self._creates_fail: str | None = None
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
            self.jobs = [new_job(plan) for plan in found.plans]
            if check_mode:
                return self.jobs
            first_creates = [job for job in self.jobs if job.next_is("create")]
            if first_creates:
                self._stopping_on_denial(self._create_all, first_creates, found.seen or frozenset())
        except Exception:
            self._lock.release()
            raise
        # Not after a Ctrl-C: answers to creates are on their way, and the next task must see these servers.
        self._lock.release()
        self._carry_out()
        for job in self.jobs:
            if job.plan.ends_badly and job.error is None:
                fail(job, VpsError(job.plan.ends_badly))
        return self.jobs

    def end_interrupted(self) -> None:
        """After a Ctrl-C, when the answers that were on their way are in: let other tasks create again."""
        self._lock.release()

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
                self._stopping_on_denial(self._create_under_lock, due)
            held_back = self._held_back()
            due = [job for job in open_jobs if job.is_open and job.steps[0].is_action and not job.next_is("create") and id(job) not in held_back]
            if due:
                self._stopping_on_denial(self._act_on_all, due)
            waiting = [job for job in open_jobs if job.next_is("wait")]
            if waiting:
                self._stopping_on_denial(self._wait_for_some, waiting)

    def _held_back(self) -> set[int]:
        """The jobs (their Python ids) of servers to be recreated that must not be deleted yet.

        One goes first, and shows whether the API takes any create; then, of those alike, one that shows whether it takes such a create.
        """
        if self._creates_fail or self._out_of_credit:
            return set()  # each fails by itself, before its deletion
        alike: dict[tuple[Any, ...], list[Job]] = {}
        proven = "" in self._tried.values()
        for job in self.jobs:
            if job.plan.recreates and _kind(job) not in self._tried:
                alike.setdefault(_kind(job) if proven else (), []).append(job)
        held_back: set[int] = set()
        for jobs in alike.values():
            untouched = [job for job in jobs if job.next_is("delete")]
            under_way = any(job.is_open and not job.next_is("delete") for job in jobs)
            held_back.update(id(job) for job in (untouched if under_way else untouched[1:]))
        return held_back

    def _act_on_all(self, jobs: list[Job]) -> None:
        run_all(self._act, jobs, self._concurrency)

    def _stopping_on_denial(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run C(work); an error that is not one server's own ends every job that is still open."""
        try:
            work(*arguments)
        except VpsError as error:
            self._pace.cancel(str(error))
            for job in self.jobs:
                if job.is_open:
                    fail(job, error)

    def _stop_if_denied(self, error: ApiError) -> None:
        """Where the token itself is turned down, no other thread needs to try."""
        if error.denied:
            self._pace.cancel(str(error))
            raise error

    # Creating

    def _create_under_lock(self, jobs: list[Job]) -> None:
        """Creates that came due later: those of recreated servers, whose predecessors are gone by now."""
        try:
            self._lock.acquire(self._pace.remaining, self._pace.sleep)
            try:
                listed = self._servers.list()
            except ApiError as error:
                self._stop_if_denied(error)
                for job in jobs:
                    fail(job, error)
                listed, jobs = [], []
            replaced = {job.plan.found["id"] for job in jobs if job.plan.found}
            for job in jobs:
                others = [server for server in named(listed, job.steps[0].fields["name"]) if server["id"] not in replaced]
                if others:
                    ids = ", ".join(str(server["id"]) for server in others)
                    fail(job, VpsError(f"Something else has created a server of that name meanwhile: ids {ids}. None was created."))
            self._create_all([job for job in jobs if job.is_open], frozenset(server["id"] for server in listed))
        except Exception:
            self._lock.release()
            raise
        self._lock.release()

    def _create_all(self, jobs: list[Job], seen: frozenset[int]) -> None:
        """Under the lock: create, then look whether another controller did so too. C(seen): the ids in the list just read."""
        run_all(lambda job: self._create(job, seen), jobs, self._concurrency)
        self._second_look([job for job in jobs if job.actions and job.error is None], seen)

    def _create(self, job: Job, seen: frozenset[int]) -> None:
        if self._out_of_credit:
            fail(job, VpsError(f"It was not created, because the account has not enough credit. {self._out_of_credit}"))
            return
        step = job.steps[0]
        job.outcome_is_open = True
        try:
            server, action = self._servers.create(step.fields, seen)
        except VpsError as error:
            job.outcome_is_open = False
            if isinstance(error, ApiError) and error.no_credit:
                self._out_of_credit = str(error)
            elif isinstance(error, ApiError) and isinstance(error.failure, Refused):
                self._tried.setdefault(_kind(job), str(error))
            else:
                self._creates_fail = self._creates_fail or str(error)
            if isinstance(error, ApiError):
                self._stop_if_denied(error)
            fail(job, error)
            return
        self._tried[_kind(job)] = ""
        job.steps.popleft()
        job.is_detail = job.gone = False
        job.server_id, job.server = server["id"], {key: value for key, value in server.items() if key != "message"}
        job.actions.append({"action": action, "id": server["id"], "name": step.fields["name"]})
        job.outcome_is_open = False
        self._observer.created(step.fields["name"], server["id"])
        self._observer.happened(job, "created" if action == "create" else "adopted")
        job.warnings += _differences_from_wish(step, server)

    def _second_look(self, jobs: list[Job], seen: frozenset[int]) -> None:
        """Another server of the same name that was not there before means that another controller raced: the lowest id wins, and nothing is deleted."""
        if not jobs:
            return
        ids = {job.server_id for job in jobs}
        ends, pause = time.monotonic() + _SECOND_LOOK_TIME, _SECOND_LOOK_PAUSES[0]
        try:
            listed = self._servers.list()
            while not ids <= _ids(listed) and time.monotonic() < ends and not self._pace.is_over():
                self._pace.sleep(min(pause, max(0.0, self._pace.remaining())))
                pause = min(2 * pause, _SECOND_LOOK_PAUSES[1])
                listed = self._servers.list()
        except VpsError as error:
            for job in jobs:
                job.warnings.append(_unchecked(job, str(error)))
            if isinstance(error, ApiError) and not error.denied:
                return
            raise
        shown = _ids(listed)
        for job in jobs:
            if job.server_id not in shown:
                job.warnings.append(_unchecked(job, "the list of servers does not show it yet."))
            rivals = [server["id"] for server in named(listed, job.name or "") if server["id"] not in seen and server["id"] != job.server_id]
            if not rivals:
                continue
            ids_of_rivals = ", ".join(map(str, rivals))
            text = f"Another controller has created a server named {job.name} at the same time: its id is {ids_of_rivals}, this one's is {job.server_id}."
            if job.server_id is not None and job.server_id < min(rivals):
                job.warnings.append(f"{text} The lowest id stays; delete the other by its id.")
            else:
                fail(job, VpsError(f"{text} The lowest id ({min(rivals)}) stays; nothing was deleted: delete {job.server_id} by its id if it is not wanted."))

    # The other actions

    def _act(self, job: Job) -> None:
        step = job.steps[0]
        if self._out_of_credit and step.kind == "delete" and job.plan.recreates:
            # What can't be created anew must not be deleted.
            fail(job, VpsError(f"It was not recreated, because the account has not enough credit. {self._out_of_credit}"))
            return
        if step.kind == "delete" and job.plan.recreates and self._creates_fail:
            fail(job, VpsError(f"It was not recreated, because another create has failed. {self._creates_fail}"))
            return
        if step.kind == "delete" and job.plan.recreates and (why := self._tried.get(_kind(job))):
            fail(job, VpsError(f"It was not recreated, because the API refused to create one like it. {why}"))
            return
        try:
            acted, what = self._perform(job, step)
        except ApiError as error:
            self._stop_if_denied(error)
            fail(job, error)
            return
        except VpsError as error:
            fail(job, error)
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
            acted = self._servers.delete(server_id, waits=len(job.steps) > 1 and job.steps[1].kind == "wait")
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
            self._observer.waiting()
            if not over and self._pace.is_over():
                for job in jobs:
                    fail(job, VpsError(self._limit_text(job.wait, job) + problem))
                return
            if over:
                return

    def _limit_text(self, wait: Wait, job: Job) -> str:
        standing = wait.describe(str((job.server or {}).get("status") or ""))
        return f"The time limit of {self._pace.limit:g} s was reached while waiting until it is {wait.goal.value}: {standing}."

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
            fail(job, VpsError(f"While waiting until it is {wait.goal.value}: {wait.problem}."))
        else:
            job.steps.popleft()
            self._observer.happened(job, _arrival(wait.goal, view or {}))
            if wait.goal is Goal.GONE and job.next_is("create"):
                job.server_id = job.server = None  # the next one gets an id of its own
        job.wait = None
        return True


def _ids(servers: Sequence[dict[str, Any]]) -> frozenset[int]:
    return frozenset(server["id"] for server in servers)


def _unchecked(job: Job, why: str) -> str:
    return f"Whether another controller has created a server named {job.name} at the same time as this one (id {job.server_id}) could not be checked: {why}"


def _kind(job: Job) -> tuple[Any, ...]:
    """What a job's create asks for, but for what is each server's own. Jobs of one kind are taken or refused alike."""
    fields = next((step.fields for step in job.plan.steps if step.kind == "create"), {})
    return tuple(fields.get(option) for option in ("plan_id", "os_id", "location", "ssh_key_id", "backups_enabled"))


def _arrival(goal: Goal, view: dict[str, Any]) -> str:
    if goal is Goal.GONE:
        return "gone"
    return f"ready at {view['ip_address']}" if goal is Goal.READY else str(view["status"])


def _differences_from_wish(step: Step, server: dict[str, Any]) -> list[str]:
    """What a create's answer shows otherwise than it was asked for."""
    differing = []
    for option, want in step.fields.items():
        have = value_of(server, option)
        if have is not MISSING and option != "ssh_key_id" and not equal(option, have, want):
            differing.append(f"{option} is {have}, asked for was {want}")
    if not differing:
        return []
    text = f"Server {step.fields['name']} (id {server['id']}) was created otherwise than asked for: {', '.join(differing)}."
    if server["name"] != step.fields["name"]:
        text += f" Declare it as {server['name']}: a further run would not find it by the name that it was asked for with, and create another."
    return [text]
