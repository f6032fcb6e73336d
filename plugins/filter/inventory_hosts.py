# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers as hosts, with the names and variables that the inventory plugin gives them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_hosts
short_description: Turn VPS.org servers into hosts as the inventory plugin does
version_added: 0.1.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Takes servers as the modules return them, and gives for each the name, the address and the variables that
    P(vpsorg.cloud.vps#inventory) gives it, so that C(add_host) puts the same hosts into a running inventory.
  - A name that is not safe as the name of a host becomes C(vps-ID); two servers of one name become C(NAME-ID) each.
positional: _input
options:
  _input:
    description: Servers, as in RV(vpsorg.cloud.vps_fleet#module:servers).
    type: list
    elements: dict
    required: true
  groups:
    description: Names of groups, which no host may bear.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read the servers of one datacenter
  vpsorg.cloud.vps_server_info:
    location: us-west
  register: found

- name: Show how they would be called in the inventory
  ansible.builtin.debug:
    msg: "{{ found.servers | vpsorg.cloud.inventory_hosts | map(attribute='name') | list }}"
"""

RETURN = r"""
_value:
  description: >-
    For each server a dictionary with C(name), C(address) (null where it has none to connect to) and C(variables), in the servers' order.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence  # noqa: E402
from typing import Any  # noqa: E402

from ansible.errors import AnsibleFilterError  # noqa: E402
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory_hosts import (  # noqa: E402
    VariableNames,
    connection_address,
    host_variables,
    name_hosts,
)

_PREFIX = "vps_"


def inventory_hosts(servers: Any, groups: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See DOCUMENTATION."""
    if not isinstance(servers, (list, tuple)) or not all(isinstance(server, Mapping) and {"id", "name"} <= set(server) for server in servers):
        raise AnsibleFilterError("inventory_hosts takes a list of servers, as the modules of vpsorg.cloud return it.")
    names, _warnings = name_hosts(servers, ["name"], frozenset(groups))
    variable_names = VariableNames(_PREFIX)
    hosts = []
    for server, name in zip(servers, names):
        # What a module returned is data already; nothing in it needs to be marked again.
        variables, _dropped = host_variables(server, variable_names, lambda value: value)
        hosts.append({"name": name, "address": connection_address(server, ["ipv4", "ipv6"]), "variables": variables})
    return hosts


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"inventory_hosts": inventory_hosts}
