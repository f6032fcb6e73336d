# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A task on one server, from the look to the outcome."""

from __future__ import annotations

from .._apply.lock import AccountLock
from .._apply.planning import Outcome, Planner, TaskPlan, look_and_plan, predicted, refused, unchanged
from .._server.status import SETTLE_TIME
from .runner import Task


def run_alone(task: Task, planner: Planner, *, settle_time: float = SETTLE_TIME) -> Outcome:
    """Plan, and carry the plan out. Raises VpsError where the look fails.

    `settle_time`: seconds after which an active server counts as rebooted.
    """
    with AccountLock(task.settings) as lock:
        plan = look_and_plan(planner, lock, task.budget, check_mode=task.check_mode)
        outcome = refused(plan) or predicted(plan, task.check_mode) or unchanged(plan)
        return outcome or _applied(task, plan, lock, settle_time)


def _applied(task: Task, plan: TaskPlan, lock: AccountLock, settle_time: float) -> Outcome:
    from .._apply.executor import Executor
    from .._apply.pollers import DetailPoller
    from . import shown_passwords  # noqa: F401  # pylint: disable=unused-import  # before the first write
    from .observer import TaskObserver

    executor = Executor(task.servers, DetailPoller(task.servers), lock, TaskObserver(task), settle_time=settle_time)
    return executor.apply(plan)
