# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a task: when it looks under the account's lock, who lets go of it, and what may come of the plan."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from unit.fakes import FIELDS, VirtualTime, server_detail, settings, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import (
    End,
    Outcome,
    TaskPlan,
    look_and_plan,
    predicted,
    refused,
    unchanged,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan, Step
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import Goal

LIMIT = 60.0
DESIRED = DesiredServer("web-01")
EXISTING: Any = server_detail(7)
CREATE = Step("create", fields=FIELDS)
NEW = ServerPlan(DESIRED, None, (CREATE, Step("wait", goal=Goal.READY)))
ANEW = ServerPlan(DESIRED, EXISTING, (Step("delete"), Step("wait", goal=Goal.GONE), CREATE))
CHANGED = ServerPlan(DESIRED, EXISTING, (Step("update", fields={"hostname": "new.example.com"}),))
UNCHANGED = ServerPlan(DESIRED, EXISTING)
NOT_ALLOWED = ServerPlan(DESIRED, None, refusal=VpsError("There are two."))

# Plans of a task by what they create.
CREATING = {
    "one": TaskPlan((NEW,), seen=frozenset()),
    "anew": TaskPlan((ANEW,), seen=frozenset({7})),
    "one of several": TaskPlan((UNCHANGED, CHANGED, NEW), seen=frozenset({7})),
}
NOT_CREATING = {
    "nothing declared": TaskPlan(()),
    "no change": TaskPlan((UNCHANGED,)),
    "a change": TaskPlan((UNCHANGED, CHANGED)),
}
REFUSED = {
    "a server": TaskPlan((NEW, NOT_ALLOWED)),
    "the task": TaskPlan((NEW,), refusal=VpsError("Too many deletions.")),
    "a server, nothing to create": TaskPlan((NOT_ALLOWED, CHANGED)),
}


def cases(*plans: dict[str, TaskPlan]) -> Any:
    named = {name: plan for some in plans for name, plan in some.items()}
    return pytest.mark.parametrize("plan", named.values(), ids=named)


class ScriptedPlanner:
    """A planner that has its plans ready, or what its looks raise, and notes of each look whether the lock was held."""

    def __init__(self, lock: AccountLock, *looks: TaskPlan | BaseException, may_create: bool = True) -> None:
        self.may_create = may_create
        self.held: list[bool] = []
        self.after_look: Callable[[], None] = lambda: None
        self._lock = lock
        self._looks = list(looks)

    def plan(self) -> TaskPlan:
        self.held.append(self._lock.held)
        outcome = self._looks.pop(0)
        self.after_look()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def lock() -> Iterator[AccountLock]:
    """The task's lock."""
    lock = AccountLock(settings())
    yield lock
    lock.release()


@pytest.fixture
def another() -> Iterator[AccountLock]:
    """The same account's lock, held by another task."""
    another = AccountLock(settings())
    assert another.try_acquire()
    yield another
    another.release()


def planned(planner: ScriptedPlanner, lock: AccountLock, clock: VirtualTime, *, check_mode: bool = False) -> TaskPlan:
    return look_and_plan(planner, lock, virtual_budget(clock, limit=LIMIT), check_mode=check_mode)


def is_free() -> bool:
    """Whether another task could take the lock."""
    other = AccountLock(settings())
    free = other.try_acquire()
    other.release()
    return free


# Nobody else holds the lock


@cases(CREATING)
def test_the_lock_is_held_from_the_look_to_the_create(lock: AccountLock, clock: VirtualTime, plan: TaskPlan) -> None:
    """One look is enough, and the executor lets go of the lock."""
    planner = ScriptedPlanner(lock, plan)
    assert planned(planner, lock, clock) is plan
    assert planner.held == [True] and lock.held and not is_free() and clock.sleeps == []


@cases(NOT_CREATING)
def test_without_a_create_the_lock_is_let_go(lock: AccountLock, clock: VirtualTime, plan: TaskPlan) -> None:
    planner = ScriptedPlanner(lock, plan)
    assert planned(planner, lock, clock) is plan
    assert planner.held == [True] and is_free()


@cases(REFUSED)
def test_after_a_refusal_the_lock_is_let_go(lock: AccountLock, clock: VirtualTime, plan: TaskPlan) -> None:
    """It is for the caller to refuse: the plan is shown in the result."""
    planner = ScriptedPlanner(lock, plan)
    assert planned(planner, lock, clock) is plan
    assert planner.held == [True] and is_free()


@cases(NOT_CREATING)
def test_who_creates_nothing_takes_no_lock(lock: AccountLock, clock: VirtualTime, plan: TaskPlan) -> None:
    planner = ScriptedPlanner(lock, plan, may_create=False)
    assert planned(planner, lock, clock) is plan
    assert planner.held == [False] and is_free()


# Another task holds it


@cases(CREATING)
def test_a_second_look_is_made_under_the_lock(
    lock: AccountLock, another: AccountLock, clock: VirtualTime, plan: TaskPlan
) -> None:
    """What the first one saw may be out of date: the other task has perhaps created this very server."""
    planner = ScriptedPlanner(lock, TaskPlan((NEW,), seen=frozenset({815})), plan)
    planner.after_look = another.release
    assert planned(planner, lock, clock) is plan
    assert planner.held == [False, True] and lock.held and not is_free()


@cases(NOT_CREATING, REFUSED)
def test_a_second_look_that_leaves_nothing_to_create_lets_go_of_the_lock(
    lock: AccountLock, another: AccountLock, clock: VirtualTime, plan: TaskPlan
) -> None:
    planner = ScriptedPlanner(lock, TaskPlan((NEW,)), plan)
    planner.after_look = another.release
    assert planned(planner, lock, clock) is plan
    assert planner.held == [False, True] and is_free()


@cases(NOT_CREATING)
def test_who_has_nothing_to_create_does_not_wait(
    lock: AccountLock, another: AccountLock, clock: VirtualTime, plan: TaskPlan
) -> None:
    planner = ScriptedPlanner(lock, plan)
    assert planned(planner, lock, clock) is plan
    assert planner.held == [False] and clock.sleeps == [] and another.held and not lock.held


def test_the_time_limit_ends_waiting_for_the_lock(lock: AccountLock, another: AccountLock, clock: VirtualTime) -> None:
    planner, began = ScriptedPlanner(lock, TaskPlan((NEW,))), clock.now
    with pytest.raises(VpsError) as caught:
        planned(planner, lock, clock)
    assert LIMIT <= clock.now - began < LIMIT + 1
    assert planner.held == [False] and another.held and not lock.held and not caught.value.changed


# Errors, Ctrl-C


@pytest.mark.parametrize(
    "problem", [VpsError("No list."), Cancelled("Ended."), KeyError(), KeyboardInterrupt()], ids=repr
)
def test_a_look_that_fails_lets_go_of_the_lock(lock: AccountLock, clock: VirtualTime, problem: BaseException) -> None:
    planner = ScriptedPlanner(lock, problem)
    with pytest.raises(type(problem)) as caught:
        planned(planner, lock, clock)
    assert caught.value is problem and planner.held == [True] and is_free()


@pytest.mark.parametrize("problem", [VpsError("No list."), KeyError(), KeyboardInterrupt()], ids=repr)
def test_a_second_look_that_fails_lets_go_of_the_lock(
    lock: AccountLock, another: AccountLock, clock: VirtualTime, problem: BaseException
) -> None:
    planner = ScriptedPlanner(lock, TaskPlan((NEW,)), problem)
    planner.after_look = another.release
    with pytest.raises(type(problem)):
        planned(planner, lock, clock)
    assert planner.held == [False, True] and is_free()


# Check mode


@cases(CREATING, NOT_CREATING, REFUSED)
def test_in_check_mode_nothing_is_locked(
    lock: AccountLock, clock: VirtualTime, tmp_path: pathlib.Path, plan: TaskPlan
) -> None:
    planner = ScriptedPlanner(lock, plan)
    assert planned(planner, lock, clock, check_mode=True) is plan
    assert planner.held == [False] and not lock.held and list(tmp_path.iterdir()) == [], "not even a lock file"


def test_in_check_mode_nobody_waits_for_another_task(
    lock: AccountLock, another: AccountLock, clock: VirtualTime
) -> None:
    planner = ScriptedPlanner(lock, TaskPlan((NEW,)))
    planned(planner, lock, clock, check_mode=True)
    assert planner.held == [False] and clock.sleeps == [] and another.held


# What may come of a plan


@cases(REFUSED)
def test_a_refused_plan_is_an_outcome(plan: TaskPlan) -> None:
    """In check mode too, where it comes before the prediction."""
    assert plan.is_refused and refused(plan) == Outcome(End.REFUSED, plan)


@cases(CREATING, NOT_CREATING)
def test_any_other_plan_is_predicted_or_applied(plan: TaskPlan) -> None:
    assert not plan.is_refused and refused(plan) is None
    assert predicted(plan, check_mode=True) == Outcome(End.PREDICTED, plan)
    assert predicted(plan, check_mode=False) is None


def test_what_the_api_will_refuse_is_no_refusal() -> None:
    """Only check mode says so before it happens."""
    foreseen = ServerPlan(DESIRED, EXISTING, CHANGED.steps, predicted_failure=VpsError("The API will say no."))
    badly = ServerPlan(DESIRED, EXISTING, CHANGED.steps, ends_badly=VpsError("It is not as declared."))
    assert not TaskPlan((foreseen, badly)).is_refused


def test_a_plan_without_steps_is_carried_out_at_once() -> None:
    """What is not as declared all the same fails, as it does after the steps of others."""
    as_declared = ServerPlan(DESIRED, EXISTING)
    badly = as_declared._replace(ends_badly=VpsError("It is not as declared."))
    outcome = unchanged(TaskPlan((as_declared, badly)))
    assert outcome is not None and outcome.end is End.APPLIED
    assert [job.plan for job in outcome.jobs] == [as_declared, badly]
    assert outcome.jobs[0].error is None
    assert outcome.jobs[1].error is not None and outcome.jobs[1].error.reason == "It is not as declared."


@cases(CREATING)
def test_a_plan_with_steps_is_left_to_the_executor(plan: TaskPlan) -> None:
    assert unchanged(plan) is None
