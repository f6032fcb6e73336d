# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The value of a role's variable, checked; null and the empty string mean its default."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_variable
short_description: Check and convert the value of a role's variable
version_added: 1.0.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Converts the value of a variable to a type, and fails with a message that names the variable if that is impossible.
  - Null and an empty string, such as the answer to an optional question of a survey, count as not set.
  - If a list is wanted, a string is a list of one, and commas separate several values.
  - The roles of this collection check their variables with it before they send a request.
positional: _input, name, type
options:
  _input:
    description: The value of the variable.
    type: raw
    required: true
  name:
    description: The variable's name, for the error message.
    type: str
    required: true
  type:
    description: What the variable is. V(seconds) is a number, and V(list) a list of strings.
    type: str
    choices: [str, int, seconds, bool, list, dict]
    default: str
  default:
    description: The value of a variable that is not set.
    type: raw
  choices:
    description: The values that are allowed.
    type: list
    elements: str
  minimum:
    description: The smallest number that is allowed.
    type: float
  maximum:
    description: The largest number that is allowed.
    type: float
  above:
    description: A number that the value must exceed.
    type: float
"""

EXAMPLES = r"""
- name: Show which servers were named in a survey, as a list
  ansible.builtin.debug:
    msg: "{{ server_names | vpsorg.cloud.role_variable('server_names', 'list') }}"
  vars:
    server_names: web-01, web-02

- name: Show a port number that was not answered
  ansible.builtin.debug:
    msg: "{{ web_port | vpsorg.cloud.role_variable('web_port', 'int', default=80, minimum=0, maximum=65535) }}"
  vars:
    web_port: ""
"""

RETURN = r"""
_value:
  description: The value, or the default.
  type: raw
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int


def role_variable(
    value: Any,
    name: str,
    type: str = "str",  # pylint: disable=redefined-builtin  # what Ansible calls it everywhere
    *,
    default: Any = None,
    choices: Sequence[str] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
) -> Any:
    """See DOCUMENTATION."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return [] if type == "list" and default is None else default
    if type not in _TYPES:
        raise AnsibleFilterError(f"role_variable: type must be one of {', '.join(_TYPES)}, got {type!r}.")
    convert, words = _TYPES[type]
    try:
        converted = convert(value)
        is_choice = choices is None or converted in choices
        is_within = (minimum is None or converted >= minimum) and (maximum is None or converted <= maximum)
        fits = is_choice and is_within and (above is None or converted > above)
    except (TypeError, ValueError, ArithmeticError):
        fits = False
    if not fits:
        raise AnsibleFilterError(
            f"{name} must be {_wanted(words, choices, minimum, maximum, above)}, got {str(value)[:100]!r}. "
            "Nothing was done."
        )
    return converted


def _wanted(
    words: str, choices: Sequence[str] | None, minimum: float | None, maximum: float | None, above: float | None
) -> str:
    """What a value must be: `an integer from 0 to 65535`."""
    if choices is not None:
        return f"one of {', '.join(choices)}"
    if above is not None:
        return f"{words} above {above:g}"
    if minimum is not None and maximum is not None:
        return f"{words} from {minimum:g} to {maximum:g}"
    return words if minimum is None else f"{words}, {minimum:g} or more"


def _string(value: Any) -> str:
    if isinstance(value, (bool, Mapping, list, tuple)):
        raise TypeError
    return str(value)


def _int(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(check_type_int(value))


def _seconds(value: Any) -> float:
    number = float(check_type_float(value))
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() else number  # messages read better without .0


def _list(value: Any) -> list[str]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not all(isinstance(item, str) for item in given):
        raise TypeError
    return [item.strip() for item in given if item.strip()]


def _dict(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


_TYPES = {
    "str": (_string, "a string"),
    "int": (_int, "an integer"),
    "seconds": (_seconds, "a number of seconds"),
    "bool": (check_type_bool, "true or false"),
    "list": (_list, "a list of strings, or a string that contains them separated by commas"),
    "dict": (_dict, "a dictionary"),
}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"role_variable": role_variable}
