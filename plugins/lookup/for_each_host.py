# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The value of a variable for each of many hosts that are about to be added."""

from __future__ import annotations

DOCUMENTATION = r"""
name: for_each_host
short_description: Evaluate a variable for each of several hosts
version_added: 1.0.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Evaluates the templates in a variable anew for each host, with the variables of that host. The hosts do not have to
    be in the inventory, so their further variables can depend on the server when C(add_host) adds them.
  - The result is data, and is not evaluated again.
  - The role P(vpsorg.cloud.fleet#role) does this with its variable C(fleet_hostvars).
options:
  _terms:
    description: The name of the variable.
    type: list
    elements: str
    required: true
  hosts:
    description: The hosts, as returned by P(vpsorg.cloud.inventory_hosts#filter).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Read all servers
  vpsorg.cloud.vps_server_info:
  register: found

- name: Add them to the running inventory
  ansible.builtin.add_host: "{{ item.1 | combine(item.0.variables, {'name': item.0.name, 'groups': 'vps'}) }}"
  loop: "{{ new_hosts | zip(query('vpsorg.cloud.for_each_host', 'hostvars_wanted', hosts=new_hosts)) }}"
  loop_control:
    label: "{{ item.0.name }}"
  vars:
    new_hosts: "{{ found.servers | vpsorg.cloud.inventory_hosts }}"
    hostvars_wanted:
      ansible_user: "{{ 'root' if vps_name is match('db-') else 'deploy' }}"
"""

RETURN = r"""
_raw:
  description: The value for each host, in the order of the hosts.
  type: list
  elements: raw
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[Any]:
        """Return the value for each host. Raises AnsibleError for a variable that can't be evaluated."""
        self.set_options(var_options=variables, direct=kwargs)
        if len(terms) != 1 or not isinstance(terms[0], str):
            raise AnsibleError("for_each_host takes the name of one variable.")
        (name,) = terms
        if name not in variables:
            raise AnsibleError(f"for_each_host: there is no variable {name}.")
        # What a lookup returns is data to every ansible-core.
        return [self._value(name, host, variables) for host in self.get_option("hosts")]

    def _value(self, name: str, host: Any, variables: Any) -> Any:
        try:
            known = {**variables, "inventory_hostname": host["name"], **host["variables"]}
            templar: Any = self._templar
            return templar.copy_with_new_env(available_variables=known).template(variables[name])
        except (KeyError, TypeError):
            raise AnsibleError(
                "for_each_host takes hosts as the filter vpsorg.cloud.inventory_hosts gives them."
            ) from None
        except AnsibleError as error:
            raise AnsibleError(f"{name} can't be evaluated for the host {host['name']}: {error}") from error
