# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Plan, then apply: the plan of a whole task, its verdict, and what may come of it.

plan = look_and_plan(planner, lock, budget, check_mode=check_mode)
outcome = refused(plan) or predicted(plan, check_mode) or unchanged(plan) or executor.apply(plan)

Most tasks find everything as declared. Whatever only others need is imported where they need it: a module that runs as
a process compiles each file that it imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

from .._client.budget import Budget
from .._client.errors import ServerId, VpsError
from .._server.model import Server, ServerPlan
from .._server.servers import Servers
from .jobs import Job
from .lock import AccountLock


class TaskPlan(NamedTuple):
    """What a task declares, beside what a look at the account has found.

    `refusal`: why the task as a whole must not begin, beside the refusals of its servers. `seen`: the ids in the list
    that was read; None where none was. `warnings`: those about the declaration as a whole. `cost`: what it would cost,
    where that was looked up.
    """

    servers: tuple[ServerPlan, ...]
    refusal: VpsError | None = None
    seen: frozenset[ServerId] | None = None
    warnings: tuple[str, ...] = ()
    cost: Mapping[str, Any] | None = None

    @property
    def is_refused(self) -> bool:
        """The verdict: whether nothing of it may be carried out."""
        return self.refusal is not None or any(server.refusal for server in self.servers)

    @property
    def creates(self) -> bool:
        """Whether any server is to be created."""
        return any(server.creates for server in self.servers)


class Planner(Protocol):
    """Looks at the account and plans: for one server, for a power state, or for a fleet."""

    @property
    def may_create(self) -> bool:
        """Whether a plan of this planner can hold a create."""

    def plan(self) -> TaskPlan:
        """Look and plan, without a write. Raises VpsError where the look fails."""


class End(Enum):
    """How a task ended."""

    REFUSED = "nothing was written, because something in the declaration is not allowed or can't be done"
    PREDICTED = "nothing was written, because of check mode"
    APPLIED = "the plan was carried out, as far as it could be"
    INTERRUPTED = "Ctrl-C, a signal or Ansible's own time limit came in between"


class Outcome(NamedTuple):
    """What has come of a task. `jobs`: one for each server plan that was carried out. `why`: why it was interrupted."""

    end: End
    plan: TaskPlan
    jobs: Sequence[Job] = ()
    why: str = ""


def look_and_plan(planner: Planner, lock: AccountLock, budget: Budget, *, check_mode: bool) -> TaskPlan:
    """The plan of a task. Where it creates, the lock is held from the look on, and it is for `Executor.apply` to
    release it. Raises VpsError.

    Another task may create a server between a look and a create. Usually nobody else holds the lock, and the look under
    it is the first one. What is only shown needs no lock.
    """
    if check_mode:
        return _beside_known(planner.plan(), lock)
    try:
        if planner.may_create:
            lock.try_acquire()
        plan = planner.plan()
        if plan.creates and not lock.held:
            lock.acquire(budget)
            plan = planner.plan()
        plan = _beside_known(plan, lock)
        if plan.is_refused or not plan.creates:
            lock.release()
        return plan
    except BaseException:
        lock.release()
        raise


def _beside_known(plan: TaskPlan, lock: AccountLock) -> TaskPlan:
    """A plan that creates no server for a name for which there is one, under a name that only the API knows."""
    if not plan.creates:
        return plan
    known = {name: number for name, number in lock.remembered().items() if number in (plan.seen or ())}
    if not known:
        return plan
    return plan._replace(servers=tuple(_unless_known(server, known) for server in plan.servers))


def _unless_known(plan: ServerPlan, known: Mapping[str, ServerId]) -> ServerPlan:
    number = known.get(plan.name or "") if plan.creates else None
    if number is None:
        return plan
    words = (
        f"An earlier task has created server {number} for this name, and the API calls it otherwise. None is "
        "created again: declare the name that the server has, or delete it by its id."
    )
    return plan._replace(steps=(), predicted=None, refusal=VpsError(words, about=plan.about))


def proven_creates(servers: Servers, plans: Sequence[ServerPlan], listed: Sequence[Server]) -> Sequence[ServerPlan]:
    """The plans of a task: each that creates a server as far as it is proven that it can, or else refused.

    `listed`: the whole list of the account. Sends a GET request only where a server is to be created. Raises VpsError.
    """
    if not any(plan.creates for plan in plans):
        return plans
    from .._server import proof

    return proof.proven(servers, plans, listed)


def refused(plan: TaskPlan) -> Outcome | None:
    """The outcome of a plan that must not be carried out; None where it may be."""
    return Outcome(End.REFUSED, plan) if plan.is_refused else None


def predicted(plan: TaskPlan, check_mode: bool) -> Outcome | None:
    """The outcome in check mode; None outside of it."""
    return Outcome(End.PREDICTED, plan) if check_mode else None


def unchanged(plan: TaskPlan) -> Outcome | None:
    """The outcome where there is nothing to do, nor to wait for; None where there is."""
    if any(server.steps for server in plan.servers):
        return None
    jobs = [Job.of(server) for server in plan.servers]
    for job in jobs:
        job.fail_if_it_ends_badly()
    return Outcome(End.APPLIED, plan, jobs)
