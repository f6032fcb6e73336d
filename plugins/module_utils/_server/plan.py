# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Desired and existing make a plan. Pure: no request, no clock, no Ansible.

Everything that the user sees of a run before it happens (check mode, diff, the fleet's plan) is made here, and so is
what the run then carries out: prediction and run can't disagree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._client.errors import About, VpsError
from .fields import FIELDS, MISSING, Field, missing_to_create, unfit_for_create
from .model import DesiredServer, Server, ServerPlan, Step
from .status import (
    FAILED,
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


def other_name(existing: Server, name: str) -> VpsError:
    """The refusal where an id and a name are given that don't belong together."""
    shown = existing.get("name")
    words = (
        f"Its name is {shown if shown is not None else 'not shown'}, not {name}. Specify only the id, or the name that "
        "belongs to it."
    )
    return VpsError(words, about=About.of(existing))


def no_such_id(desired: DesiredServer) -> VpsError:
    """The failure where there is no server of an id that is needed."""
    return VpsError("There is no server with this id.", about=About(server_id=desired.server_id))


def plan_present(desired: DesiredServer, existing: Server | None) -> ServerPlan:
    """A server that is to exist.

    `existing`: its detail (or a list item, where nothing is declared that a list item lacks).
    """
    if existing is None:
        return _plan_create(desired)
    drift, warnings = _drift(desired, existing)
    if drift and desired.on_immutable_change == "fail":
        return ServerPlan(
            desired, existing, drift=drift, refusal=_immutable_refusal(existing, drift), warnings=warnings
        )
    if drift and desired.on_immutable_change == "recreate":
        return _plan_recreate(desired, existing, drift, warnings)
    if drift:
        warnings = (
            *warnings,
            f"Server {_title(existing)} differs in what can't be changed: {_differences(drift)}. It was left as it is.",
        )
    changes, unknown = _changes(desired, existing)
    if "name" in changes and (unfit := unfit_for_create(changes["name"])):
        not_renamed = VpsError(f"It can't be renamed: name {unfit}.", about=About.of(existing))
        return ServerPlan(desired, existing, drift=drift, refusal=not_renamed, warnings=warnings)
    warnings = (
        *warnings,
        *(
            f"Server {_title(existing)}: the API does not show {option}, so it can't be compared and was not set."
            for option in unknown
        ),
    )
    steps: list[Step] = []
    if changes:
        steps.append(
            Step("update", fields=changes, reason=f"{', '.join(changes)} differ{'s' if len(changes) == 1 else ''}")
        )
    power_steps, refusal = power_plan(desired.power, existing, desired.wait) if desired.power else ([], None)
    steps += power_steps
    if not power_steps and desired.wait and _is_coming_up(existing):
        steps.append(Step("wait", goal=Goal.READY))
    ends_badly = None
    if not desired.power and is_terminal(existing["status"]):
        standing = _terminal_refusal(existing)
        # As the wait after its create would have ended, so that a further run does not call it done.
        ends_badly = standing if desired.wait and existing["status"] in FAILED else None
        warnings = warnings if ends_badly else (*warnings, str(standing))
    before = _view(desired, existing)
    after = {**before, **changes, **({"power": desired.power} if desired.power else {})}
    predicted = {**existing, **changes, **_predicted_status(steps)}
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


def plan_absent(desired: DesiredServer, existing: Server | None, reason: str = "declared absent") -> ServerPlan:
    """A server that is to be gone.

    `existing` has an id that this run has seen in a response: only that is ever deleted.
    """
    if existing is None:
        return ServerPlan(desired, None)
    if desired.server_id is not None and desired.name is not None and existing.get("name") != desired.name:
        return ServerPlan(desired, existing, refusal=other_name(existing, desired.name))
    return ServerPlan(desired, existing, _deletion(desired.wait, reason), before=_what_is_lost(existing))


def beside_look_alikes(plan: ServerPlan, alike: Iterable[Server]) -> ServerPlan:
    """A plan for a server that is found by its name, where others have that name in another spelling, or have it and
    are shown without a status.

    None is created beside them: an API that stores names otherwise than it was asked for would be asked for one more,
    and bill it, with every run.
    """
    others = [server for server in alike if server["id"] != plan.existing_id]
    if not others or not (plan.creates or plan.existing is None):
        return plan
    there = ", ".join(_title(server) for server in others)
    if any(server["name"] == plan.name for server in others):
        words = (
            f"There is a server that the API shows without a status: {there}. By its name it can neither be managed "
            "nor be taken for absent: handle it by its id."
        )
    elif plan.existing is not None or plan.creates or plan.refusal is not None:
        words = (
            f"The name of another server differs from this one only in letter case or in white space: {there}. None is "
            "created beside it. Declare the name as it is, or rename that server by its id."
        )
    else:
        warning = f"There is no server named {plan.name}, but one whose name differs only in its spelling: {there}."
        return dataclasses.replace(plan, warnings=(*plan.warnings, warning))
    refusal = VpsError(words, about=plan.about)
    return dataclasses.replace(plan, steps=(), predicted=None, refusal=refusal)


def plan_power(desired: DesiredServer, state: str, existing: Server) -> ServerPlan:
    """A power state that is wanted now: `started`, `stopped` or `rebooted`."""
    steps, refusal = (
        _reboot_plan(existing, desired.wait) if state == "rebooted" else power_plan(state, existing, desired.wait)
    )
    before = {"power": power_word(existing["status"])}
    acts = any(step.is_action for step in steps)
    after = {"power": state} if acts or state != "rebooted" else before
    predicted_failure = None
    if state == "rebooted" and LEADS_TO.get(existing["status"], existing["status"]) == STOPPED:
        words = "The API refuses to reboot a server that does not run. Start it instead."
        predicted_failure = VpsError(words, about=About.of(existing))
    predicted = {**existing, **_predicted_status(steps)}
    return ServerPlan(desired, existing, tuple(steps), (), before, after, predicted, refusal, predicted_failure)


def power_plan(power: str, existing: Server, wait: bool) -> tuple[list[Step], VpsError | None]:
    """The steps to `started` or `stopped`, or a refusal.

    At the target: none; on the way: wait; in another transition: wait for its end, then act.
    """
    status, target = existing["status"], POWER_TARGET[power]
    if is_terminal(status):
        return [], _terminal_refusal(existing)
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


def _reboot_plan(existing: Server, wait: bool) -> tuple[list[Step], VpsError | None]:
    status = existing["status"]
    if is_terminal(status):
        return [], _terminal_refusal(existing)
    arrive = [Step("wait", goal=Goal.REBOOTED)] if wait else []
    if status == REBOOTING:
        return [Step("wait", goal=Goal.ACTIVE)] if wait else [], None
    act = Step("reboot", reason="requested")
    # A stopped server is not started instead: the API's own refusal is passed on.
    return [act, *arrive] if status in STABLE else [Step("wait", goal=Goal.SETTLED), act, *arrive], None


def _plan_create(desired: DesiredServer) -> ServerPlan:
    if desired.server_id is not None:
        return ServerPlan(desired, None, refusal=no_such_id(desired))
    missing = missing_to_create(desired.fields)
    if missing:
        words = f"There is no server with this name, and creating it also requires {_listed(missing)}."
        return ServerPlan(desired, None, refusal=VpsError(words, about=desired.about))
    if unfit := unfit_for_create(desired.name or ""):
        words = f"There is no server with this name, and none can be created with it: name {unfit}."
        return ServerPlan(desired, None, refusal=VpsError(words, about=desired.about))
    after = {"name": desired.name, **desired.fields, **({"power": desired.power} if desired.power else {})}
    steps = _creation(desired, desired.fields, "no server has this name")
    return ServerPlan(desired, None, steps, (), {}, after, _predicted_new(desired, desired.fields, steps))


def _plan_recreate(
    desired: DesiredServer, existing: Server, drift: tuple[Mapping[str, Any], ...], warnings: tuple[str, ...]
) -> ServerPlan:
    # What was not declared is kept as it was: an unset option does not ask to lose a host name. So is the spelling of
    # what was declared otherwise than it is shown, because a create surely takes that.
    kept = _kept(existing)
    differing = {
        field.option: want
        for field, want in _declared(desired)
        if field.option != "name" and not (field.option in kept and field.equal(kept[field.option], want))
    }
    fields = {**kept, **differing}
    missing = missing_to_create(fields)
    unfit = unfit_for_create(desired.name or existing["name"])
    if missing or unfit:
        why = f"{_listed(missing)} must also be specified" if missing else f"name {unfit}"
        refusal = VpsError(f"It can't be recreated: {why}.", about=About.of(existing))
        return ServerPlan(desired, existing, drift=drift, refusal=refusal, warnings=warnings)
    if desired.server_id is not None:
        words = (
            f"Server {_title(existing)} gets a new id when it is recreated: the declared id {desired.server_id} will "
            "no longer exist."
        )
        warnings = (*warnings, words)
    desired = dataclasses.replace(desired, name=desired.name or existing["name"])
    steps = (*_deletion(True, f"recreated: {_differences(drift)}"), *_creation(desired, fields, "recreated"))
    before = _view(desired, existing)
    after = {**before, "name": desired.name, **differing, **({"power": desired.power} if desired.power else {})}
    return ServerPlan(
        desired, existing, steps, drift, before, after, _predicted_new(desired, fields, steps), warnings=warnings
    )


def _kept(existing: Server) -> dict[str, Any]:
    """What a server's successor is created with unless declared otherwise: only what a create surely takes.

    A create that is refused comes when the server is already gone.
    """
    shown = {field: field.value_in(existing) for field in FIELDS if field.shown_at and field.option != "name"}
    return {field.option: value for field, value in shown.items() if value is not MISSING and field.create_takes(value)}


def _creation(desired: DesiredServer, fields: Mapping[str, Any], reason: str) -> tuple[Step, ...]:
    steps = [Step("create", fields={"name": desired.name, **fields}, reason=reason)]
    if desired.power == "stopped":
        # A new server starts by itself; only then can it be stopped.
        steps += [Step("wait", goal=Goal.READY), Step("stop", reason="declared stopped")]
        steps += [Step("wait", goal=Goal.STOPPED)] if desired.wait else []
    elif desired.wait:
        steps.append(Step("wait", goal=Goal.READY))
    return tuple(steps)


def _deletion(wait: bool, reason: str) -> tuple[Step, ...]:
    return (Step("delete", reason=reason), *([Step("wait", goal=Goal.GONE)] if wait else []))


def _drift(desired: DesiredServer, existing: Server) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    drift: list[Mapping[str, Any]] = []
    warnings = []
    for field, want in _declared(desired):
        if not field.immutable:
            continue
        have = field.value_in(existing)
        if have is MISSING or type(have) is not type(want):
            warnings.append(
                f"Server {_title(existing)}: the API does not show {field.option}, so it can't be compared."
            )
        elif not field.equal(have, want):
            drift.append({"field": field.option, "have": have, "want": want})
    return tuple(drift), tuple(warnings)


def _changes(desired: DesiredServer, existing: Server) -> tuple[dict[str, Any], list[str]]:
    """What an update must send, and what can't be compared."""
    changes, unknown = {}, []
    for field, want in _declared(desired):
        if not field.mutable:
            continue
        have = field.value_in(existing)
        if have is MISSING:
            unknown.append(field.option)
        elif not field.equal(have, want):
            changes[field.option] = want
    return changes, unknown


def _declared(desired: DesiredServer) -> Iterable[tuple[Field, Any]]:
    """The declared fields with their values, the name among them."""
    wanted = {**desired.fields, **({"name": desired.name} if desired.name is not None else {})}
    return ((field, wanted[field.option]) for field in FIELDS if field.option in wanted)


def _view(desired: DesiredServer, existing: Server) -> dict[str, Any]:
    """What is managed of a server that exists."""
    shown = {
        field.option: field.value_in(existing)
        for field in FIELDS
        if field.option == "name" or (field.shown_at and field.option in desired.fields)
    }
    view = {option: None if value is MISSING else value for option, value in shown.items()}
    return {**view, **({"power": power_word(existing["status"])} if desired.power else {})}


def _what_is_lost(existing: Server) -> dict[str, Any]:
    """What a server that is deleted was, as every view of it shows."""
    shown = {field.option: field.value_in(existing) for field in FIELDS if field.shown_at and field.in_lists}
    view = {option: value for option, value in shown.items() if value is not MISSING}
    return {"id": existing["id"], **view, **({"power": power_word(existing["status"])} if "status" in existing else {})}


def _predicted_status(steps: Sequence[Step]) -> dict[str, Any]:
    # What a look right after the action shows; the wait behind it, if any, has the last word.
    ends = {"start": "starting", "reboot": REBOOTING, "stop": "stopping"}
    words = [ends.get(step.kind) or (step.goal.status if step.goal else None) for step in steps if step.foreseen]
    known = [word for word in words if word]
    return {"status": known[-1]} if known else {}


def _predicted_new(desired: DesiredServer, fields: Mapping[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """A detail of a server that does not exist yet: every key that a real one has, null where only the API can know."""
    predicted: dict[str, Any] = {
        "id": None,
        "name": None,
        "hostname": None,
        "status": _predicted_status(steps).get("status", PROVISIONING),
        "ip_address": None,
        "ipv6_address": None,
        "location": None,
        "plan": dict.fromkeys(("id", "name", "vcpus", "memory", "storage", "bandwidth")),
        "os": dict.fromkeys(("id", "name")),
        "backups_enabled": None,
        "resource_usage": None,
        "created_at": None,
        "updated_at": None,
    }
    for field in FIELDS:
        if field.shown_at:
            field.put_into(predicted, desired.name if field.option == "name" else fields.get(field.option, field.unset))
    return predicted


def _immutable_refusal(existing: Server, drift: Sequence[Mapping[str, Any]]) -> VpsError:
    words = (
        f"It differs in what can't be changed: {_differences(drift)}. Declare what it has, or choose what to do by "
        "on_immutable_change: warn leaves it as it is, recreate deletes it and creates it anew."
    )
    return VpsError(words, about=About.of(existing))


def _terminal_refusal(existing: Server) -> VpsError:
    return VpsError("No action changes this status: check the VPS.org account.", about=About.of(existing))


def _differences(drift: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{entry['field']} is {entry['have']}, declared {entry['want']}" for entry in drift)


def _title(existing: Server) -> str:
    return About(existing.get("name"), existing["id"]).title


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
