# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file of the inventory plugin: its values checked before any request, each problem told in one sentence."""

from __future__ import annotations

import contextlib
import difflib
import keyword
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...module_utils._errors import BadInput
from .selection import Query, Selection

# The options that may be templates, so that a lookup can give them.
CONNECTION_OPTIONS = ("api_token", "api_url", "api_timeout", "api_retries", "api_retry_max_delay", "validate_certs", "ca_path")
NAME_SOURCES = ("name", "hostname", "id")
ADDRESS_KINDS = ("ipv4", "ipv6")

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class HostOptions:
    """Which servers become hosts, and what becomes of them: checked."""

    query: Query
    hostnames: tuple[str, ...]
    connect_with: tuple[str, ...]
    prefix: str
    group: str


@contextlib.contextmanager
def without_empty_variables(names: Iterable[str]) -> Iterator[None]:
    """Take away the environment variables that are empty, and put them back after: AWX sets empty ones for what was left open."""
    empty = [name for name in names if os.environ.get(name) == ""]
    for name in empty:
        del os.environ[name]
    try:
        yield
    finally:
        for name in empty:
            os.environ.setdefault(name, "")


def check_keys(config: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise BadInput for an option that does not exist: a filter with a typing mistake would select every server.

    Keys that begin with C(x-) or an underscore are the user's own, for YAML anchors.
    """
    names = sorted({*known, "plugin"})
    for key in config:
        if key not in names and not str(key).startswith(("_", "x-")):
            near = difflib.get_close_matches(str(key), names, 1)
            raise BadInput(f"Unknown option {str(key)[:100]!r}.{f' Did you mean {near[0]}?' if near else ''} See ansible-doc -t inventory vpsorg.cloud.vps.")


def read_host_options(options: Mapping[str, Any]) -> HostOptions:
    """Check the options that say which servers become hosts, and how. Raises BadInput."""
    return HostOptions(
        query=Query(
            selection=Selection(**{field.name: _texts(field.name, options[field.name]) for field in fields(Selection)}),
            details=bool(options["details"]),
        ),
        hostnames=_choices("hostnames", options["hostnames"], NAME_SOURCES),
        connect_with=_choices("connect_with", options["connect_with"], ADDRESS_KINDS),
        prefix=_prefix(options["hostvars_prefix"]),
        group=_group(options["group"]),
    )


def _texts(option: str, values: Sequence[Any] | None) -> tuple[str, ...]:
    texts = []
    for value in values or ():
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            # An unquoted NO is a boolean to YAML.
            raise BadInput(f"{option} must be a list of texts, got {value!r} in it. Put it in quotes if it is meant.")
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            # Taken as it stands it would select nothing, and an empty inventory is a success.
            raise BadInput(f"{option} can't be a template, got {value[:100]!r}: of all options only those of the connection can.")
        texts.append(str(value))
    return tuple(texts)


def _choices(option: str, values: Sequence[Any] | None, choices: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(_texts(option, values)))
    wrong = [value for value in chosen if value not in choices]
    if wrong or not chosen:
        raise BadInput(f"{option} must be a list of {', '.join(choices)}, got {wrong[0] if wrong else 'an empty one'}.")
    return chosen


def _prefix(value: Any) -> str:
    text = str(value or "")
    if not _IDENTIFIER.fullmatch(text) or text.lower().startswith("ansible") or keyword.iskeyword(text):
        raise BadInput(
            f"hostvars_prefix must be letters, digits and underscores, begin with no digit and not with ansible, got {text[:100]!r}. "
            "It keeps what the API sends apart from the variables that Ansible obeys, so it can't be empty."
        )
    return text


def _group(value: Any) -> str:
    text = str(value or "")
    if not text.strip() or text in ("all", "ungrouped"):
        raise BadInput(f"group must be the name of a group of its own, got {text[:100]!r}.")
    return text
