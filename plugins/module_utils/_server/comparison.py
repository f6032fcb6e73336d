# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A desired server beside the existing one: what differs, what can be changed, and what a look will show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._client.errors import About, VpsError
from .fields import FIELDS, MISSING, Field
from .model import DesiredServer, Server, Step
from .status import REBOOTING, power_word


def drift_of(desired: DesiredServer, existing: Server) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    """In what can't be changed, what differs; and warnings of what can't be compared."""
    drift: list[Mapping[str, Any]] = []
    warnings = []
    for field, want in declared(desired):
        if not field.immutable:
            continue
        have = field.value_in(existing)
        if have is MISSING or type(have) is not type(want):
            warnings.append(
                f"Server {title_of(existing)}: the API does not show {field.option}, so it can't be compared."
            )
        elif not field.equal(have, want):
            drift.append({"field": field.option, "have": have, "want": want})
    return tuple(drift), tuple(warnings)


def changes_of(desired: DesiredServer, existing: Server) -> tuple[dict[str, Any], list[str]]:
    """What an update must send, and what can't be compared."""
    changes, unknown = {}, []
    for field, want in declared(desired):
        if not field.mutable:
            continue
        have = field.value_in(existing)
        if have is MISSING:
            unknown.append(field.option)
        elif not field.equal(have, want):
            changes[field.option] = want
    return changes, unknown


def declared(desired: DesiredServer) -> Iterable[tuple[Field, Any]]:
    """The declared fields with their values, the name among them."""
    wanted = {**desired.fields, **({"name": desired.name} if desired.name is not None else {})}
    return ((field, wanted[field.option]) for field in FIELDS if field.option in wanted)


def view_of(desired: DesiredServer, existing: Server) -> dict[str, Any]:
    """What is managed of a server that exists."""
    shown = {
        field.option: field.value_in(existing)
        for field in FIELDS
        if field.option == "name" or (field.shown_at and field.option in desired.fields)
    }
    view = {option: None if value is MISSING else value for option, value in shown.items()}
    return {**view, **({"power": power_word(existing["status"])} if desired.power else {})}


def predicted_status(steps: Sequence[Step]) -> dict[str, Any]:
    """The status that a server will have, as a part of its view; empty where no step changes it."""
    # What a look right after the action shows; the wait behind it, if any, has the last word.
    ends = {"start": "starting", "reboot": REBOOTING, "stop": "stopping"}
    words = [ends.get(step.kind) or (step.goal.status if step.goal else None) for step in steps if step.foreseen]
    known = [word for word in words if word]
    return {"status": known[-1]} if known else {}


def terminal_refusal(existing: Server) -> VpsError:
    """The refusal where a server is in a status that nothing leads out of."""
    return VpsError("No action changes this status: check the VPS.org account.", about=About.of(existing))


def no_such_id(desired: DesiredServer) -> VpsError:
    """The failure where there is no server of an id that is needed."""
    return VpsError("There is no server with this id.", about=About(server_id=desired.server_id))


def other_name(existing: Server, name: str) -> VpsError:
    """The refusal where an id and a name are given that don't belong together."""
    shown = existing.get("name")
    words = (
        f"Its name is {shown if shown is not None else 'not shown'}, not {name}. Specify only the id, or the name that "
        "belongs to it."
    )
    return VpsError(words, about=About.of(existing))


def differences(drift: Sequence[Mapping[str, Any]]) -> str:
    """A drift in words."""
    return ", ".join(f"{entry['field']} is {entry['have']}, declared {entry['want']}" for entry in drift)


def title_of(existing: Server) -> str:
    """What to call a server in a message."""
    return About(existing.get("name"), existing["id"]).title
