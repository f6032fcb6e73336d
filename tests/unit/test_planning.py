# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look, lock, plan, verdict: when the account's lock is held, and who looks twice."""

from __future__ import annotations

import pytest
from unit.fakes import VirtualTime, server_detail, settings, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import (
    End,
    TaskPlan,
    look_and_plan,
    predicted,
    refused,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
CREATES = TaskPlan((plan_present(DesiredServer("new", fields=ENOUGH), None),), seen=frozenset())
UNCHANGED = TaskPlan((plan_present(DesiredServer("web-01"), server_detail()),))
REFUSED = TaskPlan((ServerPlan(DesiredServer("new"), None, refusal=VpsError("No.")), *CREATES.servers))
REFUSED_AS_A_WHOLE = TaskPlan(CREATES.servers, refusal=VpsError("Too much."))


class Planner:
    """Plans what it is told, and notes whether the lock was held while it looked."""

    def __init__(self, lock: AccountLock, *plans: TaskPlan | BaseException, may_create: bool = True) -> None:
        self.may_create = may_create
        self.held: list[bool] = []
        self._lock = lock
        self._plans = list(plans)

    def plan(self) -> TaskPlan:
        self.held.append(self._lock.held)
        plan = self._plans.pop(0)
        if isinstance(plan, BaseException):
            raise plan
        return plan


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, tmp_path) -> AccountLock:
    monkeypatch.setenv("HOME", str(tmp_path))
    return AccountLock(settings())


def look(planner: Planner, lock: AccountLock, clock: VirtualTime, check_mode: bool = False) -> TaskPlan:
    return look_and_plan(planner, lock, virtual_budget(clock), check_mode=check_mode)


def test_the_first_look_is_under_the_lock_where_nobody_else_holds_it(lock: AccountLock, clock: VirtualTime) -> None:
    planner = Planner(lock, CREATES)
    assert look(planner, lock, clock) is CREATES
    assert planner.held == [True] and lock.held, "for the create that follows"


def test_a_second_look_under_the_lock_where_another_task_held_it(lock: AccountLock, clock: VirtualTime) -> None:
    other = AccountLock(settings())
    assert other.try_acquire()

    class Released(Planner):
        def plan(self) -> TaskPlan:
            plan = super().plan()
            other.release()
            return plan

    planner = Released(lock, CREATES, UNCHANGED)
    assert look(planner, lock, clock) is UNCHANGED, "what the other has created meanwhile is seen"
    assert planner.held == [False, True] and not lock.held


def test_a_plan_without_creates_waits_for_nobody(lock: AccountLock, clock: VirtualTime) -> None:
    other = AccountLock(settings())
    assert other.try_acquire()
    planner = Planner(lock, UNCHANGED)
    assert look(planner, lock, clock) is UNCHANGED and planner.held == [False] and clock.sleeps == []
    other.release()


@pytest.mark.parametrize("plan", [UNCHANGED, REFUSED, REFUSED_AS_A_WHOLE])
def test_the_lock_is_released_where_no_create_follows(lock: AccountLock, clock: VirtualTime, plan: TaskPlan) -> None:
    assert look(Planner(lock, plan), lock, clock) is plan and not lock.held


@pytest.mark.parametrize("error", [VpsError("The look failed."), KeyboardInterrupt()])
def test_the_lock_is_released_where_a_look_fails(lock: AccountLock, clock: VirtualTime, error: BaseException) -> None:
    """Nothing was sent that changes anything: not even a Ctrl-C needs to keep it."""
    with pytest.raises(type(error)):
        look(Planner(lock, error), lock, clock)
    assert not lock.held


def test_what_is_only_shown_is_not_locked(lock: AccountLock, clock: VirtualTime) -> None:
    planner = Planner(lock, CREATES)
    assert look(planner, lock, clock, check_mode=True) is CREATES and planner.held == [False] and not lock.held


def test_what_never_creates_takes_no_lock(lock: AccountLock, clock: VirtualTime) -> None:
    planner = Planner(lock, UNCHANGED, may_create=False)
    look(planner, lock, clock)
    assert planner.held == [False]


def test_verdicts() -> None:
    for plan in (REFUSED, REFUSED_AS_A_WHOLE):
        outcome = refused(plan)
        assert outcome is not None and outcome.end is End.REFUSED and outcome.plan is plan and not outcome.jobs
    assert refused(CREATES) is None and refused(UNCHANGED) is None
    assert predicted(CREATES, False) is None
    outcome = predicted(CREATES, True)
    assert outcome is not None and outcome.end is End.PREDICTED
