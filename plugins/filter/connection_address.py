# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address at which a server can be connected to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: connection_address
short_description: The address at which a VPS.org server can be connected to
version_added: 1.0.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Returns the IPv4 or IPv6 address of a server in canonical form, or null if the server has none. It is the address
    that P(vpsorg.cloud.vps#inventory) would use for C(ansible_host).
  - Only a unicast address that can be another machine's counts. Unspecified (C(0.0.0.0), C(::)), loopback, link-local,
    multicast, and broadcast addresses, networks, addresses with a zone, and names do not.
  - A server from a list has no C(ipv6_address). If it may have only an IPv6 address, read its details first, for
    example with O(vpsorg.cloud.vps_server_info#module:details).
positional: _input, kinds
options:
  _input:
    description: A server, as in RV(vpsorg.cloud.vps_server_info#module:servers).
    type: dict
    required: true
  kinds:
    description: The kinds of address that are wanted, in order of preference.
    type: list
    elements: str
    choices: [ipv4, ipv6]
    default: [ipv4, ipv6]
"""

EXAMPLES = r"""
- name: Read all servers with their IPv6 addresses
  vpsorg.cloud.vps_server_info:
    details: true
  register: found

- name: Show the address of each server
  ansible.builtin.debug:
    msg: "{{ item.name }} is at {{ item | vpsorg.cloud.connection_address or 'no address' }}"
  loop: "{{ found.servers }}"
  loop_control:
    label: "{{ item.name }}"

- name: Show all IPv6 addresses
  ansible.builtin.debug:
    msg: "{{ found.servers | map('vpsorg.cloud.connection_address', ['ipv6']) | select | list }}"
"""

RETURN = r"""
_value:
  description: The address, or null if there is none of these kinds.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._server.addresses import ADDRESS_KINDS, connection_address


def address_of(server: Any, kinds: Sequence[str] = ADDRESS_KINDS) -> str | None:
    """See DOCUMENTATION."""
    if not isinstance(server, Mapping) or "id" not in server:
        raise AnsibleFilterError("connection_address takes a server, as the modules of vpsorg.cloud return it.")
    if not isinstance(kinds, (list, tuple)) or not kinds or not set(kinds) <= set(ADDRESS_KINDS):
        raise AnsibleFilterError(f"kinds must be a list of {' and '.join(ADDRESS_KINDS)}, got {kinds!r}.")
    return connection_address(server, kinds)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"connection_address": address_of}
