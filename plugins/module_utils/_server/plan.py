# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Desired and existing make a plan. Pure: no request, no clock, no Ansible.

Everything that the user sees of a run before it happens (check mode, diff, the fleet's plan) is made here, and so is
what the run then carries out: prediction and run can't disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._client.errors import About, VpsError
from .comparison import changes_of, differences, drift_of, predicted_status, terminal_refusal, title_of, view_of
from .fields import FIELDS, MISSING, unfit_for_create
from .model import DesiredServer, Server, ServerPlan, Step
from .status import FAILED, PROVISIONING, Goal, is_terminal


def plan_present(desired: DesiredServer, existing: Server | None) -> ServerPlan:
    """A server that is to exist.

    `existing`: its detail (or a list item, where nothing is declared that a list item lacks).
    """
    if existing is None:
        from .plan_life import plan_create

        return plan_create(desired)
    drift, warnings = drift_of(desired, existing)
    if drift and desired.on_immutable_change == "fail":
        return ServerPlan(
            desired, existing, drift=drift, refusal=_immutable_refusal(existing, drift), warnings=warnings
        )
    if drift and desired.on_immutable_change == "recreate":
        from .plan_life import plan_recreate

        return plan_recreate(desired, existing, drift, warnings)
    if drift:
        words = f"differs in what can't be changed: {differences(drift)}. It was left as it is."
        warnings = (*warnings, f"Server {title_of(existing)} {words}")
    changes, unknown = changes_of(desired, existing)
    if "name" in changes and (unfit := unfit_for_create(changes["name"])):
        not_renamed = VpsError(f"It can't be renamed: name {unfit}.", about=About.of(existing))
        return ServerPlan(desired, existing, drift=drift, refusal=not_renamed, warnings=warnings)
    warnings = (
        *warnings,
        *(
            f"Server {title_of(existing)}: the API does not show {option}, so it can't be compared and was not set."
            for option in unknown
        ),
    )
    steps, refusal = _steps_to(desired, existing, changes)
    ends_badly = None
    if not desired.power and is_terminal(existing["status"]):
        standing = terminal_refusal(existing)
        # As the wait after its create would have ended, so that a further run does not call it done.
        ends_badly = standing if desired.wait and existing["status"] in FAILED else None
        warnings = warnings if ends_badly else (*warnings, str(standing))
    before = view_of(desired, existing)
    after = {**before, **changes, **({"power": desired.power} if desired.power else {})}
    predicted = {**existing, **changes, **predicted_status(steps)}
    return ServerPlan(
        desired,
        existing,
        tuple(steps),
        drift,
        before,
        after,
        predicted,
        refusal,
        ends_badly=ends_badly,
        warnings=warnings,
    )


def _steps_to(
    desired: DesiredServer, existing: Server, changes: Mapping[str, Any]
) -> tuple[list[Step], VpsError | None]:
    """The steps of a plan that keeps the server, and why its power state can't be as declared."""
    steps: list[Step] = []
    if changes:
        steps.append(
            Step("update", fields=changes, reason=f"{', '.join(changes)} differ{'s' if len(changes) == 1 else ''}")
        )
    to_power: list[Step] = []
    refusal = None
    if desired.power:
        from .plan_power import power_steps

        to_power, refusal = power_steps(desired.power, existing, desired.wait)
    steps += to_power
    if not to_power and desired.wait and _is_coming_up(existing):
        steps.append(Step("wait", goal=Goal.READY))
    return steps, refusal


def beside_look_alikes(plan: ServerPlan, alike: Iterable[Server]) -> ServerPlan:
    """A plan for a server that is found by its name, where others have that name in another spelling, or have it and
    are shown without a status.

    None is created beside them: an API that stores names otherwise than it was asked for would be asked for one more,
    and bill it, with every run.
    """
    others = [server for server in alike if server["id"] != plan.existing_id]
    if not others or not (plan.creates or plan.existing is None):
        return plan
    from .plan_life import refused_beside

    return refused_beside(plan, others)


def is_needed_in_full(plan: ServerPlan) -> bool:
    """Whether a plan made from a list's item depends on what only a detail shows."""
    if plan.existing is None:
        return False
    shown = [field for field in FIELDS if field.shown_at and field.value_in(plan.existing) is MISSING]
    if plan.recreates:
        return any(not field.in_lists for field in shown)
    return any(field.option in plan.desired.fields for field in shown)


def _is_coming_up(existing: Server) -> bool:
    """Whether a server is still being made, by this run's predecessor or another.

    One that is active is not waited for, whatever its addresses: who has found it unchanged has nothing to wait for.
    """
    return existing["status"] == PROVISIONING


def _immutable_refusal(existing: Server, drift: Sequence[Mapping[str, Any]]) -> VpsError:
    words = (
        f"It differs in what can't be changed: {differences(drift)}. Declare what it has, or choose what to do by "
        "on_immutable_change: warn leaves it as it is, recreate deletes it and creates it anew."
    )
    return VpsError(words, about=About.of(existing))
