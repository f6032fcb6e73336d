# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies that the vendor's clients send: checked, and turned into the documented fields, which the lives of servers
are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator import catalogue, validation
from emulator.clients.catalogue import CODES
from emulator.keys import Keys, blob_of
from emulator.settings import Switches
from emulator.uuids import Kind, is_uuid, number_of

NOT_UUID = "Must be a valid UUID."
NO_OBJECT = 'Invalid pk "{}" - object does not exist.'
# The clients' words for power actions, and the documented ones that do the same (assumed for hard_stop, which has none
# of its own).
POWER = {"start": "start", "stop": "stop", "restart": "reboot", "hard_stop": "stop"}


def create(body: dict[str, Any], switches: Switches, keys: Keys) -> dict[str, Any]:
    """The documented fields of a create; ApiError 400 that names every field with a problem.

    A body of the documented dialect is refused: it lacks hostname, plan, and os_version.
    """
    known = {key.number for key in keys.all()}
    checks: dict[str, validation.Check] = {
        "hostname": validation.check_label_or_hostname,
        "location": _check_location,
        "plan": _check_plan,
        "os_version": _reference("system version", catalogue.SYSTEMS.__contains__),
        "ssh_keys": _list_of(_reference("ssh key", known.__contains__)),
    }
    fields = validation.check(body, checks, ("hostname", "location", "plan", "os_version"), switches)
    created = {
        "name": fields["hostname"],
        "hostname": fields["hostname"],
        "location": CODES[fields["location"]],
        "plan_id": number_of("plan", fields["plan"]),
        "os_id": number_of("system version", fields["os_version"]),
    }
    if fields.get("ssh_keys"):
        # The documented dialect takes one key, and no dialect shows any.
        created["ssh_key_id"] = number_of("ssh key", fields["ssh_keys"][0])
    return created


def power(body: dict[str, Any], switches: Switches) -> str:
    """The documented name of the action asked for; ApiError 400."""
    return POWER[validation.check(body, {"action": _check_action}, ("action",), switches)["action"]]


def resize(body: dict[str, Any], switches: Switches) -> int:
    """The documented id of the plan asked for; ApiError 400."""
    plan = number_of("plan", validation.check(body, {"plan": _check_plan}, ("plan",), switches)["plan"])
    assert plan is not None
    return plan


def ssh_key(body: dict[str, Any], switches: Switches) -> tuple[str, str]:
    """The name and the public key to add; ApiError 400."""
    checks: dict[str, validation.Check] = {"name": _check_text, "public_key": _check_public_key}
    fields = validation.check(body, checks, ("name", "public_key"), switches)
    return fields["name"], fields["public_key"]


def _check_text(value: Any, switches: Switches) -> str | None:
    return validation.text_problem(value)


def _check_public_key(value: Any, switches: Switches) -> str | None:
    return validation.text_problem(value) or (None if blob_of(value) else "Enter a valid SSH public key.")


def _check_location(value: Any, switches: Switches) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"Incorrect type. Expected pk value, received {type(value).__name__}."
    return None if value in CODES else NO_OBJECT.format(value)


def _check_action(value: Any, switches: Switches) -> str | None:
    return None if isinstance(value, str) and value in POWER else f'"{value}" is not a valid choice.'


def _check_plan(value: Any, switches: Switches) -> str | None:
    problem = _reference("plan", catalogue.PLANS.__contains__)(value, switches)
    return problem or validation.unavailable(number_of("plan", value) or 0, switches)


def _reference(kind: Kind, exists: Callable[[int], bool]) -> validation.Check:
    def check(value: Any, switches: Switches) -> str | None:
        if not is_uuid(value):
            return NOT_UUID
        number = number_of(kind, value)
        return None if number is not None and exists(number) else NO_OBJECT.format(value)

    return check


def _list_of(check_one: validation.Check) -> validation.Check:
    def check(value: Any, switches: Switches) -> str | None:
        if not isinstance(value, list):
            return f'Expected a list of items but got type "{type(value).__name__}".'
        return next((problem for one in value if (problem := check_one(one, switches))), None)

    return check
