# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin's configuration file: checked before any request, each problem told in one sentence."""

from __future__ import annotations

import contextlib
import difflib
import keyword
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_native
from ansible.module_utils.parsing.convert_bool import boolean

from ...module_utils._client.errors import BadInput
from ...module_utils._client.secrets import clean_token
from ...module_utils._server.addresses import ADDRESS_KINDS
from ...module_utils._server.status import in_our_words
from .hosts import NAME_SOURCES
from .selection import Query, Selection

CONNECTION_OPTIONS = (
    "api_token",
    "api_url",
    "api_timeout",
    "api_retries",
    "api_retry_max_delay",
    "validate_certs",
    "ca_path",
)
# The options that may be templates, so that a lookup can give them.
TEMPLATED_OPTIONS = (*CONNECTION_OPTIONS, "status", "locations", "include", "exclude", "group", "hostvars_prefix")
# Lists of expressions, in which a comma separates nothing.
EXPRESSION_OPTIONS = ("hostnames", "filters")

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


# The file, before Ansible completes its options and checks their types


@contextlib.contextmanager
def without_empty_variables(names: Iterable[str]) -> Iterator[None]:
    """Take away those of these environment variables that are empty, and put them back after.

    AWX sets empty ones for what was left open.
    """
    empty = [name for name in names if os.environ.get(name) == ""]
    for name in empty:
        del os.environ[name]
    try:
        yield
    finally:
        for name in empty:
            os.environ.setdefault(name, "")


def check_keys(config: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise BadInput for an option that does not exist.

    A filter with a typing mistake would select every server. Keys that begin with `x-` or an underscore are the user's
    own, for YAML anchors.
    """
    names = sorted({*known, "plugin"})
    for key in config:
        if key not in names and not str(key).startswith(("_", "x-")):
            near = difflib.get_close_matches(str(key), names, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadInput(f"Unknown option {str(key)[:100]!r}.{hint} See ansible-doc -t inventory vpsorg.cloud.vps.")


class GivenOptions:
    """The options of one configuration file, ready for Ansible, which completes them and checks their types."""

    def __init__(
        self,
        config: Mapping[str, Any],
        definitions: Mapping[str, Mapping[str, Any]],
        template: Callable[[str, Any], Any],
    ) -> None:
        """`config`: what the file holds. `definitions`: the documented options, by name.

        `template` takes an option's name and what was given, and returns the value. Raises BadInput for an option that
        does not exist, and what `template` raises.
        """
        check_keys(config, definitions)
        self._definitions = definitions
        self.values: dict[str, Any] = {}
        for name, value in config.items():
            if name not in TEMPLATED_OPTIONS:
                self.values[name] = _one_expression(value) if name in EXPRESSION_OPTIONS else value
                continue
            templated = template(name, value)
            # An empty connection option counts as left out, here as in the environment: a lookup may have found
            # nothing. A selection that comes to nothing does not: it would select every server.
            if name not in CONNECTION_OPTIONS and templated is None and value is not None:
                raise BadInput(f"The template of {name} gives nothing.")
            if name not in CONNECTION_OPTIONS or templated not in (None, ""):
                self.values[name] = templated

    def token(self) -> str:
        """The API token. Raises BadInput where it is missing or malformed.

        Ansible's own words would not say what to do, or would quote it.
        """
        given = self._value("api_token")
        if given is not None and not isinstance(given, (str, int)) and not hasattr(given, "__ENCRYPTED__"):
            raise BadInput("api_token must be a string (the value is not shown here).")
        return clean_token(None if given is None else str(given))

    def check_booleans(self) -> None:
        """Raise BadInput for a word that means neither true nor false.

        Ansible takes it for false, which would switch off what was meant to be on.
        """
        for name, definition in self._definitions.items():
            if definition.get("type") not in ("bool", "boolean"):
                continue
            given = self._value(name)
            try:
                boolean(True if given is None else given)
            except TypeError:
                raise BadInput(f"{name} must be true or false, got {str(given)[:100]!r}.") from None

    def check_numbers(self) -> None:
        """Raise BadInput for a connection option that is no number.

        Ansible's own words differ from version to version, and don't say what to do.
        """
        for name in CONNECTION_OPTIONS:
            given = self._value(name)
            if given is None or self._definitions[name].get("type") not in ("float", "int"):
                continue
            try:
                float(given)
            except (TypeError, ValueError):
                raise BadInput(f"{name} must be a number, got {str(given)[:100]!r}.") from None

    def _value(self, option: str) -> Any:
        """What the file says, else what the environment says, else None."""
        if option in self.values:
            return self.values[option]
        return next(
            (os.environ[name] for name in _variables_of(self._definitions[option]) if os.environ.get(name)), None
        )


def _one_expression(value: Any) -> Any:
    """A text as a list of one, before Ansible would split it at commas; names of fields may be split."""
    if not isinstance(value, str) or all(part.strip() in NAME_SOURCES for part in value.split(",")):
        return value
    return [value]


def connection_variables(definitions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The environment variables of the connection options."""
    return [name for option in CONNECTION_OPTIONS for name in _variables_of(definitions[option])]


def _variables_of(definition: Mapping[str, Any]) -> list[str]:
    return [entry["name"] for entry in definition.get("env", ())]


def plain_message(error: AnsibleError) -> str:
    """An error's message without the lines of the configuration file that it may quote: the token may be among them."""
    message = re.split(r"\n+\s*(?:The error appears to be|The offending line|Origin:)", to_native(error))[0]
    return " ".join(message.split())


# The options that say what becomes of servers


@dataclass(frozen=True)
class HostOptions:
    """Which servers become hosts, and what becomes of them: checked."""

    query: Query
    filters: tuple[str, ...]
    hostnames: tuple[str, ...]
    connect_with: tuple[str, ...]
    prefix: str
    group: str

    @property
    def has_expressions(self) -> bool:
        """Whether there are expressions that decide which servers become hosts, or what they are called."""
        return bool(self.filters) or any(source not in NAME_SOURCES for source in self.hostnames)


def read_host_options(options: Mapping[str, Any]) -> HostOptions:
    """Check the options that say which servers become hosts, and how. Raises BadInput."""
    connect_with = _choices("connect_with", options["connect_with"], ADDRESS_KINDS)
    prefix = _prefix(options["hostvars_prefix"])
    selected = {field.name: _texts(field.name, options[field.name]) for field in fields(Selection)}
    selected["status"] = tuple(map(in_our_words, selected["status"]))
    return HostOptions(
        query=Query(
            selection=Selection(**selected),
            details=bool(options["details"]),
            ipv6=not options["details"] and "ipv6" in connect_with,
        ),
        filters=_filters(options["filters"]),
        hostnames=_name_sources(options["hostnames"], prefix, any_variable=bool(options["use_extra_vars"])),
        connect_with=connect_with,
        prefix=prefix,
        group=_group(options["group"]),
    )


def _texts(option: str, values: Sequence[Any] | None) -> tuple[str, ...]:
    texts = []
    for value in values or ():
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            # An unquoted NO is a boolean to YAML.
            raise BadInput(f"{option} must be a list of strings, got {value!r} in it. Put it in quotes if it is meant.")
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            # Taken as it stands it would select nothing, and an empty inventory is a success.
            raise BadInput(
                f"{option} still holds a template, got {value[:100]!r}: templates are not evaluated in here."
            )
        texts.append(str(value))
    return tuple(texts)


def _choices(option: str, values: Sequence[Any] | None, choices: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(_texts(option, values)))
    wrong = [value for value in chosen if value not in choices]
    if wrong or not chosen:
        raise BadInput(f"{option} must be a list of {', '.join(choices)}, got {wrong[0] if wrong else 'an empty one'}.")
    return chosen


def _name_sources(values: Sequence[Any] | None, prefix: str, *, any_variable: bool) -> tuple[str, ...]:
    """`any_variable`: whether variables are known beside those of the server. The texts are not copied: they are
    templates only as they are.
    """
    sources = tuple(values or ())
    wrong = [
        value
        for value in sources
        if not _is_expression(value)
        # A word that is no variable is a mistake, and not a name that no server has.
        or not (
            value in NAME_SOURCES
            or any_variable
            or not _IDENTIFIER.fullmatch(value.strip())
            or value.strip().startswith(prefix)
            or value.strip() == "ansible_host"
        )
    ]
    if wrong or not sources:
        raise BadInput(
            f"hostnames must be a list of {', '.join(NAME_SOURCES)}, or of expressions without braces as in compose, "
            f"such as 'prod-' ~ {prefix}name, got {str(wrong[0])[:100] if wrong else 'an empty one'}."
        )
    return sources


def _is_expression(value: Any) -> bool:
    if value in NAME_SOURCES:
        return True  # by itself: what reads expressions is not needed for these
    from .expressions import is_expression

    return isinstance(value, str) and is_expression(value)


def _filters(values: Sequence[Any] | None) -> tuple[str, ...]:
    for value in values or ():
        if not _is_expression(value):
            raise BadInput(
                f"filters must be a list of expressions without braces as in groups, such as vps_plan.memory >= 4096, "
                f"got {str(value)[:100]!r}."
            )
    return tuple(values or ())


def _prefix(value: Any) -> str:
    text = str(value or "")
    if not _IDENTIFIER.fullmatch(text) or text.lower().startswith("ansible") or keyword.iskeyword(text):
        raise BadInput(
            "hostvars_prefix must be letters, digits and underscores, begin with no digit and not with ansible, got "
            f"{text[:100]!r}. It keeps what the API sends apart from the variables that Ansible obeys, so it can't be "
            "empty."
        )
    return text


def _group(value: Any) -> str:
    text = str(value or "")
    if not text.strip() or text in ("all", "ungrouped"):
        raise BadInput(f"group must be the name of a group of its own, got {text[:100]!r}.")
    return text


def named_groups(groups: Mapping[str, Any] | None, keyed_groups: Sequence[Any] | None) -> list[str]:
    """The names of groups that stand in the options of these names."""
    named = [str(name) for name in groups or {}]
    for keyed in keyed_groups or []:
        if isinstance(keyed, Mapping):
            named += [
                value for value in (keyed.get("parent_group"), keyed.get("default_value")) if isinstance(value, str)
            ]
    return named
