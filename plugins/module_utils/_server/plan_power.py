# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plans that lead to a power state. Pure."""

from __future__ import annotations

from .._client.errors import About, VpsError
from .comparison import predicted_status, terminal_refusal
from .model import DesiredServer, Server, ServerPlan, Step
from .status import (
    LEADS_TO,
    ON_THE_WAY,
    POWER_TARGET,
    PROVISIONING,
    REBOOTING,
    STABLE,
    STOPPED,
    Goal,
    is_terminal,
    power_word,
)


def plan_power(desired: DesiredServer, state: str, existing: Server) -> ServerPlan:
    """A power state that is wanted now: `started`, `stopped` or `rebooted`."""
    steps, refusal = (
        _reboot_steps(existing, desired.wait) if state == "rebooted" else power_steps(state, existing, desired.wait)
    )
    before = {"power": power_word(existing["status"])}
    acts = any(step.is_action for step in steps)
    after = {"power": state} if acts or state != "rebooted" else before
    predicted_failure = None
    if state == "rebooted" and LEADS_TO.get(existing["status"], existing["status"]) == STOPPED:
        words = "The API refuses to reboot a server that does not run. Start it instead."
        predicted_failure = VpsError(words, about=About.of(existing))
    predicted = {**existing, **predicted_status(steps)}
    return ServerPlan(desired, existing, tuple(steps), (), before, after, predicted, refusal, predicted_failure)


def power_steps(power: str, existing: Server, wait: bool) -> tuple[list[Step], VpsError | None]:
    """The steps to `started` or `stopped`, or a refusal.

    At the target: none; on the way: wait; in another transition: wait for its end, then act.
    """
    status, target = existing["status"], POWER_TARGET[power]
    if is_terminal(status):
        return [], terminal_refusal(existing)
    goal = Goal.STOPPED if target == STOPPED else Goal.READY if status == PROVISIONING else Goal.ACTIVE
    arrive = [Step("wait", goal=goal)] if wait else []
    if status == target:
        return [], None
    if status in ON_THE_WAY[target]:
        return arrive, None
    act = Step(
        "start" if power == "started" else "stop", reason=f"status is {status}", foreseen=LEADS_TO.get(status) != target
    )
    if status in STABLE:
        return [act, *arrive], None
    return [Step("wait", goal=Goal.SETTLED), act, *arrive], None


def _reboot_steps(existing: Server, wait: bool) -> tuple[list[Step], VpsError | None]:
    status = existing["status"]
    if is_terminal(status):
        return [], terminal_refusal(existing)
    arrive = [Step("wait", goal=Goal.REBOOTED)] if wait else []
    if status == REBOOTING:
        return [Step("wait", goal=Goal.ACTIVE)] if wait else [], None
    act = Step("reboot", reason="requested")
    # A stopped server is not started instead: the API's own refusal is passed on.
    return [act, *arrive] if status in STABLE else [Step("wait", goal=Goal.SETTLED), act, *arrive], None
