# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a fleet task declares: read, completed by its defaults, and checked as a whole before any request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_int,
    check_type_list,
    check_type_str,
)

from .._client.errors import BadInput
from .._module.options import check_concurrency
from .._server.fields import check_fields, declaration_options, not_a_string, spelling_of
from .._server.model import DesiredServer
from .entries import entries_of
from .patterns import too_wide

# How Ansible converts the options of modules, but that a number never becomes text; and what to call one and several of
# each type in a message.
_CONVERTERS: Mapping[str, tuple[Callable[[Any], Any], str, str]] = {
    "str": (lambda value: check_type_str(value, allow_conversion=False), "a string", "strings"),
    "int": (check_type_int, "an integer", "integers"),
    "bool": (check_type_bool, "a boolean", "booleans"),
    "list": (check_type_list, "a list", "lists"),
    "dict": (check_type_dict, "a dictionary", "dictionaries"),
}
_CONTAINERS = ("list", "dict")
_MOST_PROBLEMS_SHOWN = 10


@dataclass(frozen=True)
class FleetDeclaration:
    """A whole fleet. `desired`: in the order declared. `purge_match`: None where nothing is to be purged. `protect`:
    shell patterns of names that nothing may delete.
    """

    desired: tuple[DesiredServer, ...]
    absent: bool
    purge_match: str | None
    max_delete: int
    concurrency: int
    wait: bool
    protect: tuple[str, ...] = ()


def read_declaration(params: Mapping[str, Any]) -> FleetDeclaration:
    """What the options of vps_fleet declare. Raises BadInput that names every server and field that is wrong."""
    _check_options(params)
    problems: list[str] = []
    defaults = _read_fields(params["defaults"] or {}, "defaults", problems, nameless=True)
    given = entries_of(params["servers"], problems, absent=params["state"] == "absent")
    entries = [_read_fields(entry.fields, entry.label, problems) for entry in given]
    problems += _repeated_names(entries, [entry.number for entry in given], any_spelling=params["state"] != "absent")
    if problems:
        shown = problems[:_MOST_PROBLEMS_SHOWN]
        more = f" (and {len(problems) - len(shown)} more)" if len(problems) > len(shown) else ""
        raise BadInput(f"{'; '.join(problem.rstrip('.') for problem in shown)}{more}. Nothing was done.")
    of_the_task = {option: params.get(option) for option in ("on_immutable_change", "recreate_unproven", "wait")}
    return FleetDeclaration(
        desired=tuple(DesiredServer.of({**of_the_task, **defaults, **entry}) for entry in entries),
        absent=params["state"] == "absent",
        purge_match=params["purge_match"] if params["purge"] else None,
        max_delete=params["max_delete"],
        concurrency=params["concurrency"],
        wait=params["wait"],
        protect=tuple(params.get("protect") or ()),
    )


def _check_options(params: Mapping[str, Any]) -> None:
    """Raise BadInput for options that don't go together."""
    check_concurrency(params)
    if params["max_delete"] < 0:
        raise BadInput(f"max_delete must be 0 or more, got {params['max_delete']}.")
    if not all(pattern.strip() for pattern in params.get("protect") or ()):
        raise BadInput("protect contains an empty pattern. Give shell patterns for names, such as db-*.")
    if params.get("return_password") and params["returned"] == "none":
        raise BadInput(
            "return_password needs returned: all or returned: changed; returned: none would lose the passwords."
        )
    if not params["purge"]:
        return
    if params["state"] == "absent":
        raise BadInput(
            "purge works only with state: present; state: absent deletes exactly the servers that are named."
        )
    pattern = params["purge_match"]
    if not pattern:
        raise BadInput(
            "purge needs purge_match: a shell pattern on names, such as web-*, that says which servers may be "
            "deleted when they are not declared."
        )
    if problem := too_wide(pattern):
        raise BadInput(f"purge_match {pattern!r} {problem}. Give a pattern such as web-*.")


def _read_fields(entry: Any, label: str, problems: list[str], *, nameless: bool = False) -> dict[str, Any]:
    """The fields that an entry sets, converted as Ansible converts options.

    Null and the empty string count as not set.
    """
    if not isinstance(entry, Mapping):
        problems.append(f"{label} must be a dictionary of fields")
        return {}
    known = {option: spec for option, spec in declaration_options().items() if not (nameless and option == "name")}
    fields: dict[str, Any] = {}
    for option, value in entry.items():
        if option not in known:
            problems.append(f"{label}: {_unknown(option, known)}")
        elif value is not None and value != "":
            converted = _converted(option, value, known[option], label, problems)
            if converted is not None:
                fields[option] = converted
    if not nameless and entry.get("name") in (None, ""):
        problems.append(f"{label}: name is required")
    try:
        check_fields(fields, f"{label}: ")
    except BadInput as problem:
        problems.append(str(problem))
    return fields


def _converted(option: str, value: Any, spec: Mapping[str, Any], label: str, problems: list[str]) -> Any:
    try:
        converted = _as_type(spec["type"], value)
        if "elements" in spec:
            converted = [_as_type(spec["elements"], item) for item in converted]
    except (TypeError, ValueError, ArithmeticError):  # a number that is infinite, say
        problem = (spec["type"] == "str" and "choices" not in spec and not_a_string(value)) or (
            f"must be {_type_in_words(spec)}, got {str(value)[:100]!r}"
        )
        problems.append(f"{label}: {option} {problem}")
        return None
    if "choices" in spec and converted not in spec["choices"]:
        problems.append(f"{label}: {option} must be one of {', '.join(spec['choices'])}, got {converted!r}")
        return None
    return converted


def _type_in_words(spec: Mapping[str, Any]) -> str:
    """`a list of strings`."""
    _convert, one, _several = _CONVERTERS[spec["type"]]
    return f"{one} of {_CONVERTERS[spec['elements']][2]}" if "elements" in spec else one


def _as_type(kind: str, value: Any) -> Any:
    """A value as Ansible converts an option of this type. Raises TypeError, ValueError or ArithmeticError."""
    if (isinstance(value, (Mapping, list)) and kind not in _CONTAINERS) or (isinstance(value, bool) and kind != "bool"):
        raise TypeError
    return _CONVERTERS[kind][0](value)


def _unknown(option: Any, known: Mapping[str, Any]) -> str:
    if option == "state":
        return "state is declared for the whole task, not for one server"
    if option == "id":
        return "a fleet identifies its servers by name; an id can't be declared"
    if option in ("name", "count"):
        return f"{option} belongs to each server"
    fields = [*known, *(["count"] if "name" in known else [])]
    return f"{str(option)[:60]!r} is not a field of a server; the fields are {', '.join(fields)}"


def _repeated_names(entries: Sequence[Mapping[str, Any]], numbers: Sequence[int], *, any_spelling: bool) -> list[str]:
    """`numbers`: those of the entries in the list that was given. `any_spelling`: whether names that differ in letter
    case only are taken for one, as an API may store them.
    """
    first: dict[str, tuple[int, str]] = {}
    problems = []
    for number, entry in zip(numbers, entries):
        name = entry.get("name")
        if name is None:
            continue
        key = spelling_of(name) if any_spelling else name
        if key not in first:
            first[key] = number, name
            continue
        earlier, other = first[key]
        same = f"the same name, {name}" if other == name else f"{other} and {name}, which only letter case tells apart"
        problems.append(f"servers[{earlier}] and servers[{number}] declare {same}")
    return problems
