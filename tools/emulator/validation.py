# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bodies may hold, and the texts that say what is wrong with them, in the style of Django REST Framework."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from emulator import catalogue
from emulator.errors import NON_FIELD, ApiError
from emulator.settings import Switches

NAME_PATTERN = r"^[A-Za-z0-9-]+$"
LABEL_PATTERN = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOSTNAME_PATTERN = rf"^({LABEL_PATTERN}\.)+{LABEL_PATTERN}$"
HOSTNAME_MAX_LENGTH = 253

_name = re.compile(NAME_PATTERN.rstrip("$") + r"\Z")
_hostname = re.compile(HOSTNAME_PATTERN.rstrip("$") + r"\Z")
_label_or_hostname = re.compile(rf"{LABEL_PATTERN}(\.{LABEL_PATTERN})*\Z")

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
NOT_TEXT = "Not a valid string."
NOT_INTEGER = "A valid integer is required."
NOT_BOOLEAN = "Must be a valid boolean."
UNKNOWN = "Unexpected field."

Check = Callable[[Any, Switches], "str | None"]


def parse(body: bytes) -> dict[str, Any]:
    """The object that a body holds; ApiError 400 when it is not JSON, or not an object."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ApiError(400, f"JSON parse error - {reason}") from None
    if not isinstance(value, dict):
        kinds = {list: "list", str: "str", int: "int", float: "float", bool: "bool", type(None): "NoneType"}
        raise ApiError(400, {NON_FIELD: [f"Invalid data. Expected a dictionary, but got {kinds[type(value)]}."]})
    return value


def _no_constant(text: str) -> None:
    raise ValueError(f"Out of range float values are not JSON compliant: {text}")


def text_problem(value: Any) -> str | None:
    """What is wrong with a value that must be a text and not blank; None where nothing is."""
    if not isinstance(value, str):
        return NOT_TEXT
    return None if value.strip() else BLANK


def _check_name(value: Any, switches: Switches) -> str | None:
    if problem := text_problem(value):
        return problem
    if len(value) > switches.name_max_length:
        return f"Ensure this field has no more than {switches.name_max_length} characters."
    return None if _name.match(value) else "Enter a valid name consisting of letters, numbers or hyphens."


def _check_hostname(value: Any, switches: Switches) -> str | None:
    if problem := text_problem(value):
        return problem
    if switches.hostname_check == "none":
        return None
    if len(value) > HOSTNAME_MAX_LENGTH:
        return f"Ensure this field has no more than {HOSTNAME_MAX_LENGTH} characters."
    pattern = _hostname if switches.hostname_check == "fqdn" else _label_or_hostname
    return None if pattern.match(value) else "Enter a valid fully qualified domain name."


def check_label_or_hostname(value: Any, switches: Switches) -> str | None:
    """What is wrong with a name that may be a hostname or its first label; None where nothing is."""
    if problem := text_problem(value):
        return problem
    if len(value) > switches.name_max_length:
        return f"Ensure this field has no more than {switches.name_max_length} characters."
    return None if _label_or_hostname.match(value) else "Enter a valid hostname."


def _integer(value: Any) -> int | None:
    """The integer that a JSON value is: 2 and 2.0 are, true and "2" are not."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _known(catalogue_ids: Any) -> Check:
    def check(value: Any, switches: Switches) -> str | None:
        number = _integer(value)
        if number is None:
            return NOT_INTEGER
        return None if number in catalogue_ids else f'Invalid pk "{number}" - object does not exist.'

    return check


def _check_plan(value: Any, switches: Switches) -> str | None:
    problem = _known(catalogue.PLANS)(value, switches)
    return problem or unavailable(int(value), switches)


def unavailable(plan: int, switches: Switches) -> str | None:
    """What is wrong with creating a server with a plan that is there (assumed: what is not available is refused)."""
    return "This plan is not available." if plan in switches.unavailable_plans else None


def _check_ssh_key(value: Any, switches: Switches) -> str | None:
    number = _integer(value)
    if number is None:
        return NOT_INTEGER
    known = number in catalogue.SSH_KEYS if switches.check_ssh_keys else number > 0
    return None if known else f'Invalid pk "{number}" - object does not exist.'


def _check_location(value: Any, switches: Switches) -> str | None:
    if not isinstance(value, str):
        return NOT_TEXT
    return None if value in catalogue.LOCATIONS else f'"{value}" is not a valid choice.'


def _check_boolean(value: Any, switches: Switches) -> str | None:
    return None if isinstance(value, bool) else NOT_BOOLEAN


UPDATE_CHECKS: dict[str, Check] = {"name": _check_name, "hostname": _check_hostname, "backups_enabled": _check_boolean}
CREATE_CHECKS: dict[str, Check] = {
    **UPDATE_CHECKS,
    "plan_id": _check_plan,
    "os_id": _known(catalogue.SYSTEMS),
    "location": _check_location,
    "ssh_key_id": _check_ssh_key,
}
REQUIRED_TO_CREATE = ("name", "plan_id", "os_id", "location")
REQUIRED_TO_REPLACE = ("name", "hostname", "backups_enabled")


def check(
    body: dict[str, Any], checks: dict[str, Check], required: tuple[str, ...], switches: Switches
) -> dict[str, Any]:
    """The known fields of a body; ApiError 400 that names every field with a problem."""
    problems: dict[str, list[str]] = {}
    for field in required:
        if field not in body:
            problems[field] = [REQUIRED]
    for field, value in body.items():
        if field in checks:
            problem = NULL if value is None else checks[field](value, switches)
            if problem:
                problems[field] = [problem]
        elif switches.unknown_fields == "reject":
            problems[field] = [UNKNOWN]
    if problems:
        raise ApiError(400, problems)
    return {field: value for field, value in body.items() if field in checks}
