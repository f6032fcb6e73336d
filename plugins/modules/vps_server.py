#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declares one server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_server
short_description: Manage a VPS.org server
version_added: 0.1.0
description:
  - Creates, updates, or deletes a server so that it matches its declaration.
  - The module finds a server by its name, or by O(id) if the name is not unique or is to be changed. A server with that
    name is found regardless of its status.
  - Only creating and renaming are bound by the rule for names. A server that has another name, such as C(web_01), can
    be updated, switched, and deleted by it.
  - Names are compared with their letter case. If a server whose name differs only in letter case exists, no server is
    created beside it, because an API that stores names in another way would create another one with every run.
  - A create is repeated only if it is proven that the previous attempt created nothing. If the response to a create is
    lost, the module checks the account, and adopts the server once it appears.
  - An option that is null or an empty string counts as not set.
  - Creating a server costs money, and deleting one cannot be undone.
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.waiting
  - vpsorg.cloud.recreating
  - vpsorg.cloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends only GET requests, and returns the predicted server.
  diff_mode:
    support: full
    details:
      - Shows only the declared fields of the server.
  idempotent:
    support: full
options:
  name:
    description:
      - The server's name. To create or rename a server, it can contain letters, digits, and hyphens.
      - Put a name that consists of digits in quotes. YAML reads C(0123) without quotes as the number 83. A name that is
        a number or a boolean is rejected.
      - If O(id) is also set and O(state=present), the server is renamed to this name if necessary.
      - Either O(name) or O(id) is required.
    type: str
  id:
    description:
      - The server's ID. Required to rename a server, and if several servers have the same name.
      - A server with this ID must exist, unless O(state=absent).
    type: int
  state:
    description:
      - V(present) creates the server if it does not exist, and otherwise updates what differs.
      - V(absent) deletes the server permanently.
    type: str
    choices: [present, absent]
    default: present
  plan_id:
    description:
      - The ID of the plan. Required to create a server; cannot be changed later.
    type: int
  os_id:
    description:
      - The ID of the operating system. Required to create a server; cannot be changed later.
    type: int
  location:
    description:
      - The code of the datacenter, such as V(us-west). Required to create a server; cannot be changed later.
      - Compared without letter case.
    type: str
  hostname:
    description:
      - The fully qualified domain name, in ASCII. Write an international name in its C(xn--) form.
    type: str
  ssh_key_id:
    description:
      - The ID of the SSH key to install. It only takes effect when a server is created. The API never returns it, so it
        is not compared.
    type: int
  backups_enabled:
    description:
      - Whether backups are enabled.
    type: bool
  power:
    description:
      - The desired power state. If unset, the power state is not changed.
    type: str
    choices: [started, stopped]
  on_immutable_change:
    description:
      - What to do if the plan, the operating system, or the location of an existing server differs from the
        declaration. The API cannot change them.
      - V(fail) changes nothing, and reports the differences.
      - V(warn) leaves the difference as it is, issues a warning, and lists the difference in RV(drift).
      - V(recreate) deletes the server and creates it again. All data on the server is lost, and its ID and addresses
        change. Before anything is deleted, the module looks for proof that the new server can be created; see
        O(recreate_unproven).
    type: str
    choices: [fail, warn, recreate]
    default: fail
  return_password:
    description:
      - Whether to return the password that the response to a create shows, in RV(password). Only the run that creates
        the server can return it, also if it fails later. Set C(no_log) on such a task.
      - If this is V(false), the password is dropped, and a warning says that one was shown. No other value that the
        collection returns, prints, or stores ever contains a password.
      - Whether the API shows one is not documented; the vendor's own client expects it.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: vpsorg.cloud.vps_server_power
  - module: vpsorg.cloud.vps_server_info
"""

EXAMPLES = r"""
- name: Ensure that a web server exists and is running
  vpsorg.cloud.vps_server:
    name: web-01
    plan_id: 1
    os_id: 5
    location: us-west
    hostname: web01.example.com
    backups_enabled: true
    power: started
  register: web

- name: Show its address
  ansible.builtin.debug:
    msg: "{{ web.server.name }} has the ID {{ web.id }} and the address {{ web.server.ip_address }}"

- name: Disable backups, and change nothing else
  vpsorg.cloud.vps_server:
    name: web-01
    backups_enabled: false

- name: Rename the server
  vpsorg.cloud.vps_server:
    id: "{{ web.id }}"
    name: web-02
  when: not ansible_check_mode  # a server that would only be created has no ID

- name: Delete the server
  vpsorg.cloud.vps_server:
    name: web-02
    state: absent
"""

RETURN = r"""
id:
  description: The server's ID. Null if there is no such server, and for a server that check mode predicts to be
    created.
  returned: always
  type: int
  sample: 12345
server:
  description: The server's details as returned by the API. Null if the server is absent. In check mode, the predicted
    details.
  returned: always
  type: dict
  sample:
    id: 12345
    name: web-01
    hostname: web01.example.com
    status: active
    ip_address: 203.0.113.10
    ipv6_address: 2001:0db8::1
    location: us-west
    plan: {id: 1, name: Standard VPS, vcpus: 2, memory: 4096, storage: 80, bandwidth: 2048}
    os: {id: 5, name: Ubuntu 22.04 LTS}
    backups_enabled: true
    resource_usage: {cpu_percent: 23.5, memory_used: 2048, disk_used: 35, bandwidth_used: 450}
    created_at: '2025-01-10T14:30:00Z'
    updated_at: '2025-01-15T10:20:00Z'
actions:
  description:
    - What was done, in order. In check mode, what would be done.
    - C(adopt) means that the response to a create was lost, and that the server was then found.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(adopt), C(update), C(start), C(stop), C(reboot), C(delete).
      type: str
    id:
      description: The server's ID; null if check mode cannot know it.
      type: int
    name:
      description: The server's name.
      type: str
    fields:
      description: The fields that were sent.
      type: dict
      returned: for an update
  sample: [{action: create, id: 12345, name: web-01}]
drift:
  description: The differences that cannot be changed.
  returned: always
  type: list
  elements: dict
  contains:
    field:
      description: The option.
      type: str
    have:
      description: The existing value.
      type: raw
    want:
      description: The declared value.
      type: raw
  sample: [{field: plan_id, have: 1, want: 2}]
diff:
  description: The managed fields before and after.
  returned: always
  type: dict
  sample: {before: {name: web-01, backups_enabled: false}, after: {name: web-01, backups_enabled: true}}
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  contains:
    requests:
      description: The number of requests sent.
      type: int
    retries:
      description: The number of retries.
      type: int
    waited:
      description: The seconds spent in pauses.
      type: float
  sample: {requests: 2, retries: 0, waited: 0.0}
password:
  description:
    - What the response to the create has shown under C(password) or C(root_password), perhaps for the only time.
  returned: if O(return_password=true), and this run has created the server, and the API has shown one
  type: str
name:
  description: The server's name.
  returned: on failure, if it is known
  type: str
status:
  description: The last known status.
  returned: on failure, if it is known
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._apply.planning import TaskPlan, proven_creates
from ..module_utils._client.errors import ServerId, VpsError, error_context
from ..module_utils._module.input import new_module
from ..module_utils._module.options import check_server_options, connection_options, require_name_or_id, wait_options
from ..module_utils._module.results import result_of, values_of_error
from ..module_utils._module.run import run_alone
from ..module_utils._module.runner import Task, run_module
from ..module_utils._server.fields import declaration_options
from ..module_utils._server.model import DesiredServer, Server, ServerPlan
from ..module_utils._server.plan import beside_look_alikes, plan_present
from ..module_utils._server.servers import Servers, check_whole, look_alikes, spelled_like


def _read(params: Mapping[str, Any]) -> DesiredServer:
    require_name_or_id(params)
    check_server_options(params)
    return DesiredServer.of(params)


class _ServerPlanner:
    """Plans for one server, found by its id or by its name."""

    def __init__(self, servers: Servers, desired: DesiredServer, *, absent: bool) -> None:
        self._servers = servers
        self._desired = desired
        self._absent = absent
        self.may_create = not absent and desired.server_id is None

    def plan(self) -> TaskPlan:
        while True:
            plan = self._planned()
            if not self._servers.has_outdated_looks():
                return plan

    def _planned(self) -> TaskPlan:
        if self._desired.server_id is not None:
            return TaskPlan((self._planned_by_id(self._desired.server_id),))
        name = self._desired.name or ""
        existing, listed = self._servers.find_named(name)
        plan = beside_look_alikes(self._plan_one(existing), look_alikes(listed, name, existing))
        return TaskPlan(
            tuple(proven_creates(self._servers, [plan], listed)), seen=frozenset(server["id"] for server in listed)
        )

    def _planned_by_id(self, server_id: ServerId) -> ServerPlan:
        existing = self._servers.find(server_id)
        if existing is not None and not self._absent:
            check_whole(existing)
        plan = self._plan_one(existing)
        renames = any("name" in step.fields for step in plan.steps if step.kind == "update")
        if not renames and not plan.recreates:
            return plan
        with error_context(plan.about):
            listed = self._servers.list()
            return proven_creates(self._servers, [self._beside_namesakes(plan, server_id, listed)], listed)[0]

    def _plan_one(self, existing: Server | None) -> ServerPlan:
        if not self._absent:
            return plan_present(self._desired, existing)
        from ..module_utils._server.plan_life import plan_absent

        return plan_absent(self._desired, existing)

    @staticmethod
    def _beside_namesakes(plan: ServerPlan, server_id: ServerId, listed: Sequence[Server]) -> ServerPlan:
        """A plan that gives a server its name, where another one may have that name already, however it is spelled."""
        namesakes = [server["id"] for server in spelled_like(listed, plan.name or "") if server["id"] != server_id]
        if not namesakes:
            return plan
        if plan.recreates:
            words = (
                f"It can't be recreated as {plan.name}: another server has that name (id {namesakes[0]}), and a new "
                "server could not be told apart from it. Nothing was deleted: rename one of them first."
            )
            return plan._replace(steps=(), refusal=VpsError(words, about=plan.about))
        warning = (
            f"Renaming server {server_id} to {plan.name}: another server has that name already (id {namesakes[0]}); "
            "by name alone neither can be managed."
        )
        return plan._replace(warnings=(*plan.warnings, warning))


def _run(task: Task, desired: DesiredServer) -> None:
    planner = _ServerPlanner(task.servers, desired, absent=task.params["state"] == "absent")
    outcome = run_alone(task, planner)
    task.end(result_of(outcome, return_password=task.params["return_password"]))


def main() -> None:
    """Entry point."""
    options = {
        **declaration_options(),
        "id": {"type": "int"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "return_password": {"type": "bool", "default": False, "no_log": False},
    }
    module = new_module({**connection_options(), **wait_options(), **options})
    run_module(module, _read, _run, lambda error: values_of_error(error, module.params))


if __name__ == "__main__":
    main()
