# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a task gives a module, before Ansible converts it: what counts as not set, and what was never meant.

Once Ansible has converted the options, it is too late: the name 0123 is a number to YAML, and "83" after Ansible's
conversion to a string.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ansible.module_utils import basic
from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int

from .._client.errors import BadInput
from .._server.fields import not_a_string

if TYPE_CHECKING:
    _Base = basic.AnsibleModule
else:
    _Base = object

_EMPTY: tuple[Any, ...] = (None, "", [])
# What an environment variable is converted to by Ansible, and what to call it in a message.
_FROM_TEXT: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "int": (check_type_int, "an integer"),
    "float": (check_type_float, "a number"),
    "bool": (check_type_bool, "true or false"),
}


def new_module(argument_spec: Mapping[str, Any], *, never_empty: frozenset[str] = frozenset()) -> VpsModule:
    """The module, with check mode. `never_empty`: options that are refused where they are given, but empty.

    ansible-lint puts a class of its own in the place of AnsibleModule, which ends a module as soon as its options are
    validated. So the class is looked up at the call: with one that was looked up before, linting a playbook would run
    its tasks.
    """
    kind = type("VpsModule", (VpsModule, basic.AnsibleModule), {"never_empty": never_empty})
    return cast(VpsModule, kind(argument_spec=dict(argument_spec), supports_check_mode=True))


class VpsModule(_Base):
    """An AnsibleModule, once `new_module` has added that, to which null and the empty string mean "not set", for every
    option that it has.

    `given`: the options that the task sets, those that it leaves empty among them. `input_error`: what is wrong with
    what was given; None where nothing is. `run_module` raises it before anything else.
    """

    never_empty: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    input_error: BadInput | None = None
    _variables: Mapping[str, str] = {}

    def origin_of(self, option: str) -> str:
        """The environment variable that an option's value comes from; empty where it comes from the task."""
        return self._variables.get(option, "")

    def _load_params(self) -> None:
        super()._load_params()
        self.given = frozenset(self.params)
        self._variables = {
            option: variable
            for option, spec in self.argument_spec.items()
            if is_unset(self.params.get(option)) and (variable := _set_variable(spec))
        }
        problems = {
            option: problem
            for option, spec in self.argument_spec.items()
            if option in self.params and (problem := self._problem(option, spec))
        }
        problems |= {
            option: problem
            for option, variable in self._variables.items()
            if (problem := _problem_of_variable(variable, self.argument_spec[option]))
        }
        if problems:
            self.input_error = BadInput(". ".join(f"{option} {problem}" for option, problem in problems.items()) + ".")
        # Ansible's own check of such an option would come first, with other words.
        self.argument_spec = {
            option: {key: value for key, value in spec.items() if key == "no_log"} | {"type": "raw"}
            if option in problems
            else spec
            for option, spec in self.argument_spec.items()
        }
        self.params = {
            option: value
            for option, value in self.params.items()
            if option in problems or option not in self.argument_spec or not is_unset(value)
        }

    def _problem(self, option: str, spec: Mapping[str, Any]) -> str:
        value = self.params[option]
        if option in self.never_empty and value in _EMPTY:
            shown = "null" if value is None else repr(value)
            return f"is given, but empty ({shown}): omit the option rather than leaving it empty"
        return "" if is_unset(value) or spec.get("no_log") else problem_as_given(value, spec)


def _set_variable(spec: Mapping[str, Any]) -> str:
    """The environment variable, set and not empty, that an option falls back to; empty where there is none."""
    names = spec["fallback"][1] if "fallback" in spec else []
    return next((name for name in names if os.environ.get(name)), "")


def _problem_of_variable(variable: str, spec: Mapping[str, Any]) -> str:
    """What is wrong with the value of an environment variable, as a phrase. Ansible's own message would not name it."""
    kind = spec.get("type", "str")
    if kind not in _FROM_TEXT:
        return ""
    convert, what = _FROM_TEXT[kind]
    try:
        convert(os.environ[variable])
    except (TypeError, ValueError):
        return f"must be {what}, got {os.environ[variable][:100]!r} from the environment variable {variable}"
    return ""


def is_unset(value: Any) -> bool:
    """Whether a value that was given counts as not set: null, and the empty string, which is what an optional question
    of a survey gives that was not answered.
    """
    return value is None or (isinstance(value, str) and not value)


def problem_as_given(value: Any, spec: Mapping[str, Any]) -> str:
    """What is wrong with the value of an option as it was given, as a phrase.

    Empty where nothing is, or where Ansible's conversion will tell.

    `spec`: the option's, as in Ansible's argument specs.
    """
    kind, elements = spec.get("type", "str"), spec.get("elements")
    if kind == "str" and "choices" not in spec:
        return not_a_string(value)
    if kind == "dict":  # Ansible reads a dictionary in JSON from a string
        if isinstance(value, str) and value.lstrip()[:1] == "[":
            return "must be a dictionary, got a string that holds a list in JSON"
        return "must be a dictionary, got a list" if isinstance(value, list) else ""
    if kind != "list":
        return ""
    if isinstance(value, Mapping):
        return "must be a list, got a dictionary. Write a list, even for a single item"
    if isinstance(value, str):
        if _holds_json(value) or (elements != "str" and value.lstrip()[:1] in ("[", "{")):
            return "must be a list, got a string that holds JSON. Convert it with the filter from_json"
        return "" if elements == "str" else f"must be a list, got the string {value[:100]!r}"
    if elements != "str":
        return "" if isinstance(value, list) else f"must be a list, got {value!r}"
    items = value if isinstance(value, list) else [value]
    return next((problem for item in items if (problem := not_a_string(item))), "")


def _holds_json(text: str) -> bool:
    """Whether a text is a list or a dictionary in JSON; a shell pattern may begin like one."""
    if text.lstrip()[:1] not in ("[", "{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
