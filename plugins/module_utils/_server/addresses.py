# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What counts as a server's address: one predicate for readiness, roles, lookups, and the inventory. Pure.

An address is a unicast address that can be another machine's. With `127.0.0.1`, a play would configure the controller
in place of the server. A text that is no literal is none either: ssh would take `-oProxyCommand=...` for an option, and
a name for one to resolve.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any, Union

ADDRESS_KINDS = ("ipv4", "ipv6")
# Where views of a server show addresses. Lists lack the second one (documented).
ADDRESS_FIELDS = ("ip_address", "ipv6_address")

# The usual case, spelt out: canonical, and nothing of what `_problem` refuses.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_USUAL_IPV4 = re.compile(rf"(?!127\.|169\.254\.)(?:22[0-3]|2[01][0-9]|1[0-9]{{2}}|[1-9][0-9]?)(?:\.{_OCTET}){{3}}")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")
_LONGEST_SHOWN = 60

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_Interface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]


def canonical_address(value: Any) -> str | None:
    """The address in canonical form, or None for what is no address of another machine.

    `203.0.113.77/24` is the address in it, and an IPv4-mapped IPv6 address is the IPv4 address.
    """
    if isinstance(value, str) and _USUAL_IPV4.fullmatch(value):
        return value
    found = _read(value)
    return None if isinstance(found, str) else str(found)


def connection_address(server: Mapping[str, Any], kinds: Sequence[str] = ADDRESS_KINDS) -> str | None:
    """The address to connect to, in canonical form, or None. `kinds`: of ADDRESS_KINDS, in order of preference."""
    return choose_address(server, kinds)[0]


def choose_address(server: Mapping[str, Any], kinds: Sequence[str] = ADDRESS_KINDS) -> tuple[str | None, list[str]]:
    """The address to connect to, in canonical form, or None; and the words about what had to be looked at and is none.

    `kinds`: of ADDRESS_KINDS, in order of preference. Each refusal names the field, its value, and what that is.
    """
    usual = server.get("ip_address")
    if kinds[0] == "ipv4" and isinstance(usual, str) and _USUAL_IPV4.fullmatch(usual):
        return usual, []
    found: dict[str, str] = {}
    refused = []
    for field in ADDRESS_FIELDS:
        value = server.get(field)
        if value is None or value == "":
            continue
        address = _read(value)
        if isinstance(address, str):
            refused.append(f"{field} {_shown(value)} is {address}")
        else:
            found.setdefault(f"ipv{address.version}", str(address))
    return next((found[kind] for kind in kinds if kind in found), None), refused


def has_address(server: Mapping[str, Any]) -> bool:
    """Whether a view of a server shows an address, of whichever kind."""
    return connection_address(server) is not None


def may_have_unseen_address(server: Mapping[str, Any]) -> bool:
    """Whether a view shows no address, but the server's detail may: lists lack the IPv6 address."""
    return "ipv6_address" not in server and not has_address(server)


def lacks_address(server: Mapping[str, Any]) -> str:
    """The words for a server that shows no address: that it has none, and what was refused."""
    refused = choose_address(server)[1]
    return f"it has no address ({', '.join(refused)})" if refused else "it has no address"


def _read(value: Any) -> _Address | str:
    """The address that a value holds, or in words what it is in place of one."""
    if not isinstance(value, str):  # integers are addresses to ipaddress
        return "not an IP address"
    if "%" in value:  # the zone is free text
        return "an address with a zone"
    try:
        interface: _Interface = ipaddress.ip_interface(value)
    except ValueError:
        return "not an IP address"
    address: _Address = interface.ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return _problem(address) or _place_in_network(interface) or address


def _problem(address: _Address) -> str:
    """Why an address can't be another machine's; empty where it can."""
    if address.is_unspecified or (address.version == 4 and address in _THIS_NETWORK):
        return "an unspecified address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    return "a broadcast address" if address == _BROADCAST else ""


def _place_in_network(interface: _Interface) -> str:
    """What an address with a prefix length is, where it is not a machine's; else empty.

    In networks of two addresses both are machines' (RFC 3021, RFC 6164).
    """
    network = interface.network
    if network.num_addresses <= 2:
        return ""
    if interface.ip == network.network_address:
        return "a network"
    return "a broadcast address" if interface.version == 4 and interface.ip == network.broadcast_address else ""


def _shown(value: Any) -> str:
    """A value from the API on one line, with nothing in it that a terminal acts upon."""
    shown = ascii(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
