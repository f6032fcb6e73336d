# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Every field of a server that can be declared, once, as a table. Options, comparison, drift, adoption, recreation and
fleets read it.

That a field is required, mutable or shown is documented. What is assumed: that host names are compared as DNS does and
locations without letter case, that a number or a boolean may come as its text, and which shown values a create surely
takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._client.errors import BadInput
from .._client.responses import as_id, is_id

MISSING = object()  # what a view of a server shows for a field that it lacks: not null, and not to be compared

# Patterns as texts: most tasks use few of them, and to compile one takes longer than all else in this file.
_NAME = r"[A-Za-z0-9-]+"  # documented: alphanumeric, hyphens allowed
_LONGEST_NAME = 1000  # characters of a name that is looked for; how long a name may be is not documented
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOSTNAME = rf"(?!.{{254}}){_LABEL}(?:\.{_LABEL})*\.?"
_LOCATION = r"[!-~](?:[ -~]{0,98}[!-~])?"


def _same(have: Any, want: Any) -> bool:
    """Equal and of one type: `True` is no integer."""
    return type(have) is type(want) and bool(have == want)


def _same_location(have: Any, want: Any) -> bool:
    """Without letter case: what differs by it is one datacenter in two spellings, not two."""
    return isinstance(have, str) and _plain(have) == _plain(str(want))


def _same_host_name(have: Any, want: Any) -> bool:
    """As DNS compares names: without letter case, without the root's dot, and in one of two spellings of a letter
    outside of ASCII.
    """
    return isinstance(have, str) and _as_dns(have) == _as_dns(str(want))


def _plain(text: str) -> str:
    return text.strip().casefold()


def _as_dns(name: str) -> str:
    plain = _plain(name).rstrip(".")
    return plain if plain.isascii() else _in_ascii(plain) or plain


def _in_ascii(host_name: str) -> str:
    """The xn-- form of a host name; empty where there is none that surely means the same name."""
    try:
        encoded = host_name.lower().encode("idna")
        # Python knows the older standard only, which reads some letters (as the German sharp s) as others.
        return encoded.decode() if encoded.decode("idna") == host_name.lower() else ""
    except UnicodeError:
        return ""


def spelling_of(name: str) -> str:
    """What is left of a name without what an API may store otherwise than it was asked for: letter case, and white
    space around it.
    """
    return _plain(name)


def _number_in(value: Any) -> Any:
    number = as_id(value)
    return value if number is None else number


def _boolean_in(value: Any) -> Any:
    return {"true": True, "false": False}.get(_plain(value), value) if isinstance(value, str) else value


def _text_in(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:
    return value


def _name_problem(value: Any) -> str:
    """What no server of any account can be called. What a create takes is narrower: see `unfit_for_create`."""
    if not value.strip():
        return "must not be empty"
    if len(value) > _LONGEST_NAME:
        return f"may have {_LONGEST_NAME} characters at most, got {len(value)}"
    return "" if value.isprintable() else f"must not contain control characters, got {value!r}"


def unfit_for_create(name: str) -> str:
    """Why no server can be created or renamed with this name, as a phrase; empty where one can."""
    return "" if re.fullmatch(_NAME, name) else f"may hold letters, digits and hyphens only, got {name[:100]!r}"


def id_problem(value: Any) -> str:
    """What is wrong with an id that a user has given; empty where nothing is."""
    return "" if is_id(value) else f"must be a positive integer, got {value!r}"


def not_a_string(value: Any) -> str:
    """Why a value that should be text is none, as a phrase; empty where it is a string.

    Numbers and booleans are not converted: to YAML, 0123 is the number 83, and no is false.
    """
    if isinstance(value, str):
        return ""
    if isinstance(value, (bool, int, float)):
        kind = "boolean" if isinstance(value, bool) else "number"
        return f"must be a string, got the {kind} {json.dumps(value)}. Put it in quotes, or YAML reads it as a {kind}"
    return f"must be a string, got {str(value)[:100]!r}"


def _text_problem(pattern: str, advice: str) -> Callable[[Any], str]:
    return lambda value: (
        ""
        if re.fullmatch(pattern, value)
        else f"must be {advice}, got {value[:100]!r}. Omit the option rather than leaving it empty"
    )


def _host_name_problem(value: Any) -> str:
    if value.isascii():
        return _text_problem(_HOSTNAME, "a fully qualified domain name such as web01.example.com")(value)
    in_ascii = _in_ascii(value.strip())
    example = f": {in_ascii}" if re.fullmatch(_HOSTNAME, in_ascii) else ""
    return f"must be ASCII, got {value[:100]!r}. Write an international name in its xn-- form{example}"


def _no_problem(_value: Any) -> str:
    return ""


def _is_full_name(value: Any) -> bool:
    # A host name may be a default (empty, or the server's name) that the API shows but does not take: documented is a
    # full one.
    return isinstance(value, str) and "." in value.strip(".")


class Field(NamedTuple):
    """One field.

    `type` and `elements`: of the option, as in Ansible's argument specs. `shown_at`: the keys that lead to it in a
    view of a server; empty where no response ever shows it. `read`: the value that a view shows, in the type of the
    option where it came as its text. `in_lists`: whether the items of a list show it too.
    `is_individual`: each server has a value of its own, which says nothing about how the API takes that of another
    server. `unset`: what a server that was created without it shows. `create_takes`: whether a create surely takes a
    value that a server shows. `problem`: what is wrong with a declared value, as a phrase.
    """

    option: str
    type: str
    shown_at: tuple[str, ...]
    elements: str | None = None
    read: Callable[[Any], Any] = _as_it_is
    in_lists: bool = True
    required_to_create: bool = False
    mutable: bool = False
    is_individual: bool = False
    unset: Any = None
    equal: Callable[[Any, Any], bool] = _same
    create_takes: Callable[[Any], bool] = bool
    problem: Callable[[Any], str] = _no_problem

    def value_in(self, server: Mapping[str, Any]) -> Any:
        """What a view of a server shows, or MISSING."""
        value: Any = server if self.shown_at else MISSING
        for key in self.shown_at:
            value = value[key] if isinstance(value, Mapping) and key in value else MISSING
        return self.read(value)

    def put_into(self, server: dict[str, Any], value: Any) -> None:
        """Let a view of a server show a value."""
        *parents, key = self.shown_at
        for parent in parents:
            server = server[parent]
        server[key] = value

    @property
    def spec(self) -> dict[str, Any]:
        """The option as Ansible's argument specs have it."""
        return {"type": self.type, **({"elements": self.elements} if self.elements else {})}

    @property
    def immutable(self) -> bool:
        """Whether it can be compared, but never be changed."""
        return bool(self.shown_at) and not self.mutable


FIELDS: tuple[Field, ...] = (
    Field("name", "str", ("name",), required_to_create=True, mutable=True, is_individual=True, problem=_name_problem),
    Field(
        "plan_id",
        "int",
        ("plan", "id"),
        read=_number_in,
        required_to_create=True,
        create_takes=is_id,
        problem=id_problem,
    ),
    Field(
        "os_id", "int", ("os", "id"), read=_number_in, required_to_create=True, create_takes=is_id, problem=id_problem
    ),
    Field(
        "location",
        "str",
        ("location",),
        read=_text_in,
        required_to_create=True,
        equal=_same_location,
        create_takes=lambda value: isinstance(value, str) and bool(value),
        problem=_text_problem(_LOCATION, "a datacenter code such as us-west"),
    ),
    Field(
        "hostname",
        "str",
        ("hostname",),
        mutable=True,
        is_individual=True,
        equal=_same_host_name,
        create_takes=_is_full_name,
        problem=_host_name_problem,
    ),
    Field("ssh_key_id", "int", (), problem=id_problem),
    Field(
        "backups_enabled",
        "bool",
        ("backups_enabled",),
        read=_boolean_in,
        in_lists=False,
        mutable=True,
        unset=False,
        create_takes=lambda value: isinstance(value, bool),
    ),
)


def field_of(option: str) -> Field:
    """The field of an option."""
    return next(field for field in FIELDS if field.option == option)


def declaration_options() -> dict[str, dict[str, Any]]:
    """The options by which a server is declared, as Ansible's argument specs: its fields, and what is to be done about
    it.
    """
    return {
        **{field.option: field.spec for field in FIELDS},
        "power": {"type": "str", "choices": ["started", "stopped"]},
        "on_immutable_change": {"type": "str", "choices": ["fail", "warn", "recreate"], "default": "fail"},
        "recreate_unproven": {"type": "bool", "default": False},
    }


def check_fields(declared: Mapping[str, Any], where: str = "") -> None:
    """Raise BadInput for a value that no API could take; `where` is put before the message.

    What is unset (None) passes.
    """
    for field in FIELDS:
        value = declared.get(field.option)
        problem = field.problem(value) if value is not None else ""
        if problem:
            raise BadInput(f"{where}{field.option} {problem}.")


def missing_to_create(fields: Mapping[str, Any]) -> list[str]:
    """The options that a create needs beside the name and that are not among the declared `fields`."""
    return [field.option for field in FIELDS if field.required_to_create and field.option not in ("name", *fields)]


def not_taken(server: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """The options of `fields` whose value a view of a server does not show."""
    return [
        option for option, want in fields.items() if not field_of(option).equal(field_of(option).value_in(server), want)
    ]


def is_as_asked(server: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether a server is what a create asked for, as far as it can't have been changed since."""
    return not not_taken(
        server, {field.option: fields[field.option] for field in FIELDS if field.immutable and field.option in fields}
    )


def shared_part(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a create asks for, but for what is each server's own.

    Creates with an equal shared part are taken or refused alike.
    """
    return tuple(repr(fields.get(field.option)) for field in FIELDS if not field.is_individual)
