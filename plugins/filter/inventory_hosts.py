# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers as hosts, with the names and variables that the inventory plugin gives them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_hosts
short_description: Convert VPS.org servers to hosts, as the inventory plugin does
version_added: 0.1.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Takes servers as returned by the modules. For each one, returns the name, the address, and the variables that
    P(vpsorg.cloud.vps#inventory) would give it, so that C(add_host) adds the same hosts to a running inventory.
  - If a name is not safe as a host name, the host name is C(vps-ID). If two servers have the same name, the host name
    is C(NAME-ID) for both.
  - Data from the API is never evaluated as a template, and a password never becomes a variable.
positional: _input
options:
  _input:
    description: The servers, as in RV(vpsorg.cloud.vps_fleet#module:servers).
    type: list
    elements: dict
    required: true
  groups:
    description:
      - The groups that the hosts should be in. A list of names applies to all hosts; a dictionary maps each name to a
        shell pattern, or to a list of shell patterns, for the names of servers.
      - As in P(vpsorg.cloud.vps#inventory), a character that is not allowed in the name of a group becomes an
        underscore.
    type: raw
    default: []
  taken:
    description: The names of other groups. A host never gets the same name as a group.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read the servers of one datacenter
  vpsorg.cloud.vps_server_info:
    location: us-west
  register: found

- name: Show their names in the inventory
  ansible.builtin.debug:
    msg: "{{ found.servers | vpsorg.cloud.inventory_hosts | map(attribute='name') | list }}"
"""

RETURN = r"""
_value:
  description: >-
    A list with one dictionary per server, in the order of the servers. Each contains C(name), C(address) (null if there
    is none to connect to), C(variables), and C(groups).
  type: list
  elements: dict
"""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.plugins.inventory import to_safe_group_name
from ansible.utils.display import Display

from ..module_utils._client.passwords import without_passwords
from ..module_utils._server.addresses import ADDRESS_KINDS
from ..plugin_utils._inventory.hosts import VariableNames, draft_hosts, name_hosts
from ..plugin_utils._text import new_marker

_PREFIX = "vps_"
GROUPS = frozenset({"vps", "vps_no_address"})  # those of the inventory plugin
_GROUPS_WANTED = (
    "groups must be a list of names, or a dictionary with a shell pattern (or a list of them) for each name."
)

display = Display()


def inventory_hosts(servers: Any, groups: Any = (), taken: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See DOCUMENTATION."""
    if not isinstance(servers, (list, tuple)) or not all(
        isinstance(server, Mapping) and "id" in server for server in servers
    ):
        raise AnsibleFilterError("inventory_hosts takes a list of servers, as the modules of vpsorg.cloud return it.")
    servers = [without_passwords(server)[0] for server in servers]  # of vps_fleet with return_password
    patterns = _patterns(groups)
    names, warnings = name_hosts(servers, ["name"], frozenset(taken) | set(patterns) | GROUPS)
    hosts, without_address = [], []
    for (server, variables, _dropped, refused), name in zip(
        draft_hosts(servers, ADDRESS_KINDS, VariableNames(_PREFIX), new_marker()), names
    ):
        address = variables.pop("ansible_host", None)
        member_of = [
            group
            for group, wanted in patterns.items()
            if "name" in server and any(fnmatch.fnmatchcase(server["name"], pattern) for pattern in wanted)
        ]
        if address is None:
            without_address.append(f"{name} ({', '.join(refused)})" if refused else name)
        hosts.append({"name": name, "address": address, "variables": variables, "groups": member_of})
    # As the inventory plugin does. Ansible shows a warning once, however often a filter is evaluated.
    for what, entries in (
        ("Some servers have other names in the inventory", warnings),
        ("Servers without an address to connect to", without_address),
    ):
        if entries:
            display.warning(f"{what}: {'; '.join(entries)}")
    return hosts


def _patterns(groups: Any) -> dict[str, list[str]]:
    """For each group the patterns that its members' names match."""
    given = dict.fromkeys(groups, "*") if isinstance(groups, (list, tuple)) else groups
    if not isinstance(given, Mapping) or not all(isinstance(group, str) and group for group in given):
        raise AnsibleFilterError(_GROUPS_WANTED)
    patterns: dict[str, list[str]] = {}
    for group, wanted in given.items():
        if not isinstance(wanted, (str, list, tuple)) or not all(isinstance(pattern, str) for pattern in wanted):
            raise AnsibleFilterError(_GROUPS_WANTED)
        # Two names may become one.
        patterns.setdefault(to_safe_group_name(group), []).extend([wanted] if isinstance(wanted, str) else wanted)
    return patterns


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"inventory_hosts": inventory_hosts}
