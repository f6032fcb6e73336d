# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers as hosts: under which names, at which address, with which variables. Pure."""

from __future__ import annotations

import ipaddress
import keyword
import re
import socket
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ...module_utils._server.addresses import choose_address
from ...module_utils._server.model import lacking
from .._text import Marker, TooDeep, printable
from .garbage import without_garbage_collection

NAME_SOURCES = ("name", "hostname", "id")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_LONGEST_NAME = 253
# What means this machine, or every host, to Ansible or to a resolver, whatever the inventory says of it.
_RESERVED_NAMES = frozenset({
    "all", "ungrouped",
    "localhost", "localhost.localdomain", "localhost4", "localhost6", "localhost4.localdomain4",
    "localhost6.localdomain6",
    "ip6-localhost", "ip6-loopback",
})  # fmt: skip
# Variables that Ansible sets or obeys by itself, beside all that begin with "ansible_".
_RESERVED_VARIABLES = frozenset({
    "environment", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "item", "lookup", "now", "omit", "play_hosts", "playbook_dir", "q", "query",
    "role_name",
    "role_names", "role_path", "role_uuid", "undef", "vars",
})  # fmt: skip


# Names


def is_safe_name(name: Any, taken: Collection[str] = ()) -> bool:
    """Whether a text from the API may be the name of a host.

    Ansible takes a host's name for a pattern, for the name of files in `host_vars`, and, without an address, for a name
    to resolve; so it must be a plain name that means neither this machine nor a group. `taken`: names of groups.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in taken:
        return False
    plain = name.lower().rstrip(".")
    return plain not in _RESERVED_NAMES and not plain.endswith(".localhost") and not _is_this_machine(plain)


def _is_this_machine(name: str) -> bool:
    # Resolvers read 127.1, 0x7f.1 and 2130706433 as 127.0.0.1.
    if not name[:1].isdigit():
        return False
    try:
        address = ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError):
        return False
    return address.is_loopback or address.is_unspecified


def name_hosts(
    servers: Sequence[Mapping[str, Any]],
    sources: Sequence[str],
    groups: Collection[str],
    existing: Mapping[str, int | None] | None = None,
    evaluate: Callable[[str, int], Any] | None = None,
) -> tuple[list[str], list[str]]:
    """The hosts' names, in the servers' order, all different; and the warnings about those that may surprise.

    `sources`: the first that a server has and that is safe: of `name`, `hostname`, `id`; any other is an expression,
    for which `evaluate` gets it and the server's place, and returns a text, or None for none. `groups`: names of
    groups, which no host may bear. `existing`: names of hosts that other sources of this inventory have made of
    servers, with the servers' ids, or None for a server of another API.
    """
    names: list[str] = []
    warnings: list[str] = []
    for number, server in enumerate(servers):
        first, name = None, None
        for source in sources:
            if source in NAME_SOURCES:
                candidate = str(server["id"]) if source == "id" else server.get(source)
            else:
                candidate = evaluate(source, number) if evaluate else None
            if candidate is None or candidate == "":
                continue
            first = candidate if first is None else first
            if is_safe_name(candidate, groups):
                name = candidate
                break
        name = name or f"vps-{server['id']}"
        if name != first and not (first is None and lacking(server)):  # of those that lack a name, the caller tells
            wanted = f"without {' and '.join(sources)}" if first is None else printable(first)
            warnings.append(
                f"server {server['id']}, {wanted}: not usable as the name of a host; the host is called {name}"
            )
        names.append(name)
    return _all_different(servers, names, groups, existing or {}, warnings), warnings


def _all_different(
    servers: Sequence[Mapping[str, Any]],
    names: list[str],
    groups: Collection[str],
    existing: Mapping[str, int | None],
    warnings: list[str],
) -> list[str]:
    first_names = list(names)
    while True:
        counts = Counter(names)
        clashing = [
            number
            for number, (server, name) in enumerate(zip(servers, names))
            if counts[name] > 1 or name in groups or existing.get(name, server["id"]) != server["id"]
        ]
        if not clashing:
            break
        for number in clashing:
            # With every round these names get longer, so that they end by differing from all others; the longest start
            # again from a short one.
            longer = f"{names[number]}-{servers[number]['id']}"
            names[number] = longer if len(longer) <= _LONGEST_NAME else f"vps-{servers[number]['id']}"
    for server, before, after in zip(servers, first_names, names):
        if before != after:
            warnings.append(f"server {server['id']}: not the only one called {before}; the host is called {after}")
    return names


# Variables


class VariableNames(dict[str, Optional[str]]):
    """The names of variables by the API's keys: always with the prefix, always valid, never one that Ansible obeys.

    None stands for a key for which there is no such name.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, key: str) -> str | None:
        name = f"{self._prefix}{re.sub('[^A-Za-z0-9_]', '_', key)}"
        reserved = name.startswith("ansible_") or name in _RESERVED_VARIABLES or keyword.iskeyword(name)
        self[key] = None if reserved or len(name) > 200 else name
        return self[key]

    def all(self) -> frozenset[str]:
        """Every name given so far."""
        return frozenset(name for name in self.values() if name)


def host_variables(server: Mapping[str, Any], names: VariableNames, mark: Marker) -> tuple[dict[str, Any], list[str]]:
    """A server's variables, marked as data; and the keys that could not become one."""
    variables: dict[str, Any] = {}
    dropped: list[str] = []
    for key, value in server.items():
        name = names[key]
        # Of two keys that make one name, the one that is spelt like it counts.
        if name is None or (name in variables and not name.endswith(key)):
            dropped.append(key)
        else:
            try:
                variables[name] = mark(value)
            except TooDeep:
                dropped.append(key)
    return variables, dropped


# Whole hosts


class Draft(NamedTuple):
    """A server on its way to become a host: all but its name."""

    server: Mapping[str, Any]
    variables: dict[str, Any]  # with `ansible_host`, where it has an address
    dropped: list[str]  # keys that could not become a variable
    refused: list[str]  # words on addresses that are none


@without_garbage_collection()
def draft_hosts(
    servers: Sequence[Mapping[str, Any]], connect_with: Sequence[str], names: VariableNames, mark: Marker
) -> list[Draft]:
    """The servers with their variables, in their order. `connect_with`: kinds of addresses, in order of preference."""
    drafts = []
    for server in servers:
        variables, dropped = host_variables(server, names, mark)
        address, refused = choose_address(server, connect_with)
        if address is not None:
            variables["ansible_host"] = mark(address)
        drafts.append(Draft(server, variables, dropped, refused))
    return drafts
