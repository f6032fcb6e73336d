# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the servers that a fleet declares."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_names
short_description: List the names of the servers that a fleet declares
version_added: 1.0.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Returns the names of the servers that the entries of O(vpsorg.cloud.vps_fleet#module:servers) stand for. An entry
    with C(count) stands for several servers.
positional: _input
options:
  _input:
    description: The entries, as in O(vpsorg.cloud.vps_fleet#module:servers). An entry can also be a plain name.
    type: list
    elements: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the names of all servers of the fleet
  ansible.builtin.debug:
    msg: "{{ declared_servers | vpsorg.cloud.fleet_names | join(', ') }}"
  vars:
    declared_servers:
      - name: web-%02d
        count: 3
      - name: db-01
"""

RETURN = r"""
_value:
  description: The names, in the order in which they are declared.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._fleet.entries import entries_of


def fleet_names(servers: Any) -> list[str]:
    """See DOCUMENTATION."""
    entries = [name.strip() for name in servers.split(",")] if isinstance(servers, str) else servers
    if not isinstance(entries, (list, tuple)) or servers == "":
        raise AnsibleFilterError("fleet_names takes a list of servers, as vps_fleet does.")
    problems: list[str] = []
    names = [entry.fields.get("name") for entry in entries_of(entries, problems, absent=True)]
    if problems or not all(isinstance(name, str) and name for name in names):
        wrong = problems[0] if problems else "each entry needs a name, which must be a string: put it in quotes"
        raise AnsibleFilterError(f"fleet_names can't tell the names: {wrong}.")
    return [str(name) for name in names]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"fleet_names": fleet_names}
