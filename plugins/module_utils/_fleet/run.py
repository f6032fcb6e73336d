# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A task on many servers, from the look to the outcome: carried out together, and reported while it runs."""

from __future__ import annotations

from .._apply.jobs import Observer
from .._apply.lock import AccountLock
from .._apply.planning import End, Outcome, Planner, TaskPlan, look_and_plan, predicted, refused, unchanged
from .._module import output
from .._module.observer import TaskObserver
from .._module.runner import Task
from .._server.status import SETTLE_TIME
from .progress import FleetProgress
from .text import plan_lines, plan_sentence


def run_together(
    task: Task, planner: Planner, concurrency: int, *, speaker: str, settle_time: float = SETTLE_TIME
) -> Outcome:
    """Plan, and carry the plan out; in check mode, show it instead. Raises VpsError where the look fails.

    `concurrency`: servers worked on at a time. `speaker`: the name of the module, before each line of progress.
    `settle_time`: seconds after which an active server counts as rebooted.
    """

    def show(line: str) -> None:
        output.line(task.scrub(line))

    observer = FleetProgress(TaskObserver(task), show if output.is_shown() else None, speaker)
    with observer, AccountLock(task.settings) as lock:
        plan = look_and_plan(planner, lock, task.budget, check_mode=task.check_mode)
        outcome = refused(plan) or predicted(plan, task.check_mode) or unchanged(plan)
        outcome = outcome or _applied(task, plan, lock, observer, concurrency, settle_time)
    if outcome.end is End.PREDICTED:
        for line in (*plan_lines(plan.servers), plan_sentence(plan.servers, plan.cost)):
            show(line)
    return outcome


def _applied(
    task: Task, plan: TaskPlan, lock: AccountLock, observer: Observer, concurrency: int, settle_time: float
) -> Outcome:
    from .._apply.executor import Executor
    from .._apply.pollers import ListPoller
    from .._module import shown_passwords  # noqa: F401  # pylint: disable=unused-import  # before the first write

    poller = ListPoller(task.servers, concurrency)
    executor = Executor(task.servers, poller, lock, observer, concurrency=concurrency, settle_time=settle_time)
    return executor.apply(plan)
