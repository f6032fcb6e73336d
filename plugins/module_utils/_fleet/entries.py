# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries of a fleet's list: each stands for one server, or with `count` for several. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.common.validation import check_type_int

from .._server.fields import not_a_string

MOST_COUNT = 1000  # servers for which one entry may stand

# What looks like a directive of printf, the literal percent sign included; and those that number servers: %d, %02d.
_DIRECTIVE = re.compile(r"%(?:%|[-+ #0-9.]*[A-Za-z])")
_NUMBER = re.compile(r"%(?:0[0-9]?)?d")
_NUMBERED_FIELDS = ("name", "hostname")


class Entry(NamedTuple):
    """One server of the list, not yet checked. `label`: what to call it in a message. `number`: of the entry in the
    list, from 0.
    """

    label: str
    number: int
    fields: Mapping[Any, Any]


def entries_of(servers: Sequence[Any], problems: list[str], *, absent: bool) -> list[Entry]:
    """The servers for which the entries stand, in order; what is wrong is added to `problems`.

    `absent`: whether an entry may be a plain name.
    """
    found: list[Entry] = []
    for number, given in enumerate(servers):
        fields = {"name": given} if absent and _may_be_name(given) else given
        label = _label(number, fields)
        if not isinstance(fields, Mapping):
            problems.append(f"{label} {_not_an_entry(given, absent=absent)}")
            continue
        try:
            found += [Entry(_label(number, server), number, server) for server in _expanded(fields)]
        except ValueError as problem:
            problems.append(f"{label}: {problem}")
    return found


def _may_be_name(given: Any) -> bool:
    """Whether an entry is a plain name, or what YAML has made of one."""
    return given is not None and given != "" and not isinstance(given, (Mapping, list)) and not _holds_json(given)


def _holds_json(given: Any) -> bool:
    return isinstance(given, str) and given.lstrip()[:1] in ("[", "{")


def _label(number: int, fields: Any) -> str:
    name = fields.get("name") if isinstance(fields, Mapping) else None
    return (
        f"servers[{number}] ({name})" if isinstance(name, str) and name.isprintable() and name else f"servers[{number}]"
    )


def _not_an_entry(given: Any, *, absent: bool) -> str:
    if _holds_json(given):
        return "must be a dictionary of fields, got a string that holds JSON. Convert it with the filter from_json"
    if isinstance(given, str) and given and not absent:
        return (
            f"must be a dictionary of fields, got {given[:100]!r}. A plain name is enough only with state: absent; "
            "here, write it as the field name"
        )
    return f"must be {'a name or ' if absent else ''}a dictionary of fields"


def _expanded(fields: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """The servers for which an entry stands. Raises ValueError with what is wrong."""
    count = _count(fields.get("count"))
    rest = {option: value for option, value in fields.items() if option != "count"}
    if count is None:
        for option in _NUMBERED_FIELDS:
            directives = _directives(rest.get(option))
            if directives:
                raise ValueError(
                    f"{option} contains {directives[0]}, which stands for a number only in an entry with count. Set "
                    "count to the number of servers, or write the number"
                )
        yield rest
        return
    if problem := _numbering_problem("name", rest.get("name")):
        raise ValueError(problem)
    numbered = ["name"]
    if _directives(rest.get("hostname")):
        if problem := _numbering_problem("hostname", rest["hostname"]):
            raise ValueError(problem)
        numbered.append("hostname")
    for number in range(1, count + 1):
        yield {**rest, **{option: _numbered(rest[option], number) for option in numbered}}


def _count(given: Any) -> int | None:
    """How many servers an entry stands for, as Ansible converts an integer; None where it does not say."""
    if given is None or given == "":
        return None
    try:
        if isinstance(given, (bool, list, Mapping)):
            raise TypeError
        count = int(check_type_int(given))
    except (TypeError, ValueError, ArithmeticError):
        raise ValueError(f"count must be an integer, got {str(given)[:100]!r}") from None
    if not 0 <= count <= MOST_COUNT:
        raise ValueError(f"count must be from 0 to {MOST_COUNT}, got {count}")
    return count


def _directives(text: Any) -> list[str]:
    """The directives in a text, but for the literal percent sign."""
    return [found for found in _DIRECTIVE.findall(text) if found != "%%"] if isinstance(text, str) else []


def _numbering_problem(option: str, text: Any) -> str:
    """Why a text can't be numbered, as a phrase that names the option; empty where it can."""
    if text is None or text == "":
        return f"{option} is required"
    if problem := not_a_string(text):
        return f"{option} {problem}"
    directives = _directives(text)
    if len(directives) == 1 and _NUMBER.fullmatch(directives[0]):
        return ""
    words = f"got {text[:100]!r}"
    if len(directives) == 1:
        return f"{option} may be numbered by %d, or with leading zeros by %02d, {words}"
    return f"with count, {option} must contain one directive for the number, such as web-%02d, {words}"


def _numbered(text: str, number: int) -> str:
    return _DIRECTIVE.sub(lambda found: "%" if found[0] == "%%" else found[0] % number, text)
