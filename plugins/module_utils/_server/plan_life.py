# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plans by which a server is created, recreated, or deleted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._client.errors import About, VpsError
from .comparison import declared, differences, no_such_id, other_name, predicted_status, title_of, view_of
from .fields import FIELDS, MISSING, missing_to_create, unfit_for_create
from .model import DesiredServer, Server, ServerPlan, Step
from .status import PROVISIONING, Goal, power_word


def plan_absent(desired: DesiredServer, existing: Server | None, reason: str = "declared absent") -> ServerPlan:
    """A server that is to be gone.

    `existing` has an id that this run has seen in a response: only that is ever deleted.
    """
    if existing is None:
        return ServerPlan(desired, None)
    if desired.server_id is not None and desired.name is not None and existing.get("name") != desired.name:
        return ServerPlan(desired, existing, refusal=other_name(existing, desired.name))
    return ServerPlan(desired, existing, _deletion(desired.wait, reason), before=_what_is_lost(existing))


def plan_create(desired: DesiredServer) -> ServerPlan:
    """A server that does not exist and is to exist."""
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


def plan_recreate(
    desired: DesiredServer, existing: Server, drift: tuple[Mapping[str, Any], ...], warnings: tuple[str, ...]
) -> ServerPlan:
    """A server that is to be deleted and created anew. `drift`: what it differs in; `warnings`: those of that."""
    # What was not declared is kept as it was: an unset option does not ask to lose a host name. So is the spelling of
    # what was declared otherwise than it is shown, because a create surely takes that.
    kept = _kept(existing)
    differing = {
        field.option: want
        for field, want in declared(desired)
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
            f"Server {title_of(existing)} gets a new id when it is recreated: the declared id {desired.server_id} will "
            "no longer exist."
        )
        warnings = (*warnings, words)
    desired = desired._replace(name=desired.name or existing["name"])
    steps = (*_deletion(True, f"recreated: {differences(drift)}"), *_creation(desired, fields, "recreated"))
    before = view_of(desired, existing)
    after = {**before, "name": desired.name, **differing, **({"power": desired.power} if desired.power else {})}
    return ServerPlan(
        desired, existing, steps, drift, before, after, _predicted_new(desired, fields, steps), warnings=warnings
    )


def refused_beside(plan: ServerPlan, others: Sequence[Server]) -> ServerPlan:
    """A plan that creates nothing beside servers whose names differ in spelling only, and says so. `others`: those
    servers, at least one.
    """
    there = ", ".join(title_of(server) for server in others)
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
        return plan._replace(warnings=(*plan.warnings, warning))
    refusal = VpsError(words, about=plan.about)
    return plan._replace(steps=(), predicted=None, refusal=refusal)


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


def _what_is_lost(existing: Server) -> dict[str, Any]:
    """What a server that is deleted was, as every view of it shows."""
    shown = {field.option: field.value_in(existing) for field in FIELDS if field.shown_at and field.in_lists}
    view = {option: value for option, value in shown.items() if value is not MISSING}
    return {"id": existing["id"], **view, **({"power": power_word(existing["status"])} if "status" in existing else {})}


def _predicted_new(desired: DesiredServer, fields: Mapping[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """A detail of a server that does not exist yet: every key that a real one has, null where only the API can know."""
    predicted: dict[str, Any] = {
        "id": None,
        "name": None,
        "hostname": None,
        "status": predicted_status(steps).get("status", PROVISIONING),
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


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
