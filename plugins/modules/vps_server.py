#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declares one server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_server
short_description: Declare a VPS.org server
version_added: 0.1.0
description:
  - Creates a server, changes it in place, or deletes it, so that it is as declared.
  - A server is found by its name, or by O(id) where its name is not unique or is to change. A server of that name counts whatever its status.
  - A create is never sent twice unless it is proven that the first one created nothing. Where its answer is lost, the account is
    looked at, and the server is adopted when it appears.
  - Creating a server costs money, and deleting one cannot be undone.
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.waiting
  - vpsorg.cloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends GET requests only, and returns the predicted server.
  diff_mode:
    support: full
    details:
      - Shows what is declared, and nothing else of the server.
  idempotent:
    support: full
options:
  name:
    description:
      - The server's name. Letters, digits and hyphens.
      - With O(id) given, and O(state=present), this is the name that the server gets.
      - Either O(name) or O(id) is required.
    type: str
  id:
    description:
      - The server's id. Needed where several servers have the same name, and to rename a server.
      - A server of this id must exist, unless it is to be absent.
    type: int
  state:
    description:
      - V(present) creates the server if there is none, and else changes what differs.
      - V(absent) deletes it. The deletion is permanent.
    type: str
    choices: [present, absent]
    default: present
  plan_id:
    description:
      - The id of the plan. Required to create; cannot be changed later.
    type: int
  os_id:
    description:
      - The id of the operating system. Required to create; cannot be changed later.
    type: int
  location:
    description:
      - The code of the datacenter, such as V(us-west). Required to create; cannot be changed later.
    type: str
  hostname:
    description:
      - The fully qualified domain name.
    type: str
  ssh_key_id:
    description:
      - The id of the SSH key to install. It counts at creation only; the API never tells it, so it is not compared.
    type: int
  backups_enabled:
    description:
      - Whether backups are made.
    type: bool
  power:
    description:
      - The power state that belongs to the declaration. If unset, the power state is left alone.
    type: str
    choices: [started, stopped]
  on_immutable_change:
    description:
      - What to do when the plan, the operating system or the location of an existing server differs from the declaration.
        The API cannot change them.
      - V(fail) changes nothing and says which differ.
      - V(warn) leaves the server as it is in this, warns, and lists the difference in RV(drift).
      - V(recreate) deletes the server and creates it anew. All data on it are lost, and its id and addresses change.
    type: str
    choices: [fail, warn, recreate]
    default: fail
seealso:
  - module: vpsorg.cloud.vps_server_power
  - module: vpsorg.cloud.vps_server_info
"""

EXAMPLES = r"""
- name: A web server exists and runs
  vpsorg.cloud.vps_server:
    name: web-01
    plan_id: 1
    os_id: 5
    location: us-west
    hostname: web01.example.com
    backups_enabled: true
    power: started
  register: web

- name: Its address
  ansible.builtin.debug:
    msg: "{{ web.server.name }} has the id {{ web.id }} and the address {{ web.server.ip_address }}"

- name: Backups are switched off, and nothing else is touched
  vpsorg.cloud.vps_server:
    name: web-01
    backups_enabled: false

- name: It is renamed
  vpsorg.cloud.vps_server:
    id: "{{ web.id }}"
    name: web-02

- name: It is gone
  vpsorg.cloud.vps_server:
    name: web-02
    state: absent
"""

RETURN = r"""
id:
  description: The server's id. Null when there is no such server, and for a server that check mode only predicts.
  returned: always
  type: int
  sample: 12345
server:
  description: The server's detail as the API gives it. Null when it is absent. In check mode, what it would be.
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
    - C(adopt) is a create whose answer was lost, and whose server was then found.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(adopt), C(update), C(start), C(stop), C(reboot), C(delete).
      type: str
    id:
      description: The server's id; null where check mode cannot know it.
      type: int
    name:
      description: The server's name.
      type: str
    fields:
      description: What was sent.
      type: dict
      returned: for an update
  sample: [{action: create, id: 12345, name: web-01}]
drift:
  description: What differs and cannot be changed.
  returned: always
  type: list
  elements: dict
  contains:
    field:
      description: The option.
      type: str
    have:
      description: What the server has.
      type: raw
    want:
      description: What is declared.
      type: raw
  sample: [{field: plan_id, have: 1, want: 2}]
diff:
  description: What is managed, before and after.
  returned: always
  type: dict
  sample: {before: {name: web-01, backups_enabled: false}, after: {name: web-01, backups_enabled: true}}
api:
  description: How many requests were sent, how many of them were repetitions, and how many seconds were spent in pauses.
  returned: always
  type: dict
  contains:
    requests:
      description: Requests sent.
      type: int
    retries:
      description: Requests repeated.
      type: int
    waited:
      description: Seconds in pauses.
      type: float
  sample: {requests: 2, retries: 0, waited: 0.0}
name:
  description: The server's name.
  returned: on failure, where it is known
  type: str
status:
  description: The last status seen.
  returned: on failure, where it is known
  type: str
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._apply.executor import Executor
from ..module_utils._apply.lock import AccountLock
from ..module_utils._apply.planning import TaskPlan, look_and_plan, predicted, refused
from ..module_utils._apply.pollers import DetailPoller
from ..module_utils._client.errors import About, ServerId, VpsError, error_context
from ..module_utils._module.options import check_server_options, connection_options, require_name_or_id, wait_options
from ..module_utils._module.results import TaskObserver, result_of, values_of_error
from ..module_utils._module.runner import Task, run_module
from ..module_utils._server.fields import declaration_options
from ..module_utils._server.model import DesiredServer, ServerPlan
from ..module_utils._server.plan import plan_absent, plan_present
from ..module_utils._server.servers import Servers, named


def _read(params: Mapping[str, Any]) -> DesiredServer:
    require_name_or_id(params)
    check_server_options(params)
    return DesiredServer.of(params)


class _ServerPlanner:
    """Plans for one server, found by its id or by its name."""

    def __init__(self, servers: Servers, desired: DesiredServer, *, absent: bool) -> None:
        self._servers = servers
        self._desired = desired
        self._plan_one = plan_absent if absent else plan_present
        self.may_create = not absent and desired.server_id is None

    def plan(self) -> TaskPlan:
        if self._desired.server_id is None:
            existing, seen = self._servers.find_named(self._desired.name or "")
            plan = self._plan_one(self._desired, existing)
            return TaskPlan((plan,), seen=seen)
        plan = self._plan_one(self._desired, self._servers.find(self._desired.server_id))
        renames = any("name" in step.fields for step in plan.steps if step.kind == "update")
        if renames or plan.recreates:
            plan = self._beside_namesakes(plan, self._desired.server_id)
        return TaskPlan((plan,))

    def _beside_namesakes(self, plan: ServerPlan, server_id: ServerId) -> ServerPlan:
        """A plan that gives a server its name, where another one may have that name already."""
        with error_context(plan.about):
            listed = self._servers.list()
        namesakes = [server["id"] for server in named(listed, plan.name or "") if server["id"] != server_id]
        if not namesakes:
            return plan
        if plan.recreates:
            words = (
                f"It can't be recreated as {plan.name}: another server has that name (id {namesakes[0]}), and a new one could not be told from it. "
                "Nothing was deleted: rename one of them first."
            )
            return dataclasses.replace(plan, steps=(), refusal=VpsError(words, about=plan.about))
        warning = (
            f"Renaming server {server_id} to {plan.name}: another server has that name already (id {namesakes[0]}); "
            "by name alone neither can be managed."
        )
        return dataclasses.replace(plan, warnings=(*plan.warnings, warning))


def _run(task: Task, desired: DesiredServer) -> None:
    lock = AccountLock(task.settings)
    planner = _ServerPlanner(task.servers, desired, absent=task.params["state"] == "absent")
    executor = Executor(task.servers, DetailPoller(task.servers), lock, TaskObserver(task))
    plan = look_and_plan(planner, lock, task.budget, check_mode=task.check_mode)
    outcome = refused(plan) or predicted(plan, task.check_mode) or executor.apply(plan)
    task.end(result_of(outcome))


def main() -> None:
    """Entry point."""
    options = {
        **declaration_options(),
        "id": {"type": "int"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = AnsibleModule(argument_spec={**connection_options(), **wait_options(), **options}, supports_check_mode=True)
    run_module(module, _read, _run, lambda error: values_of_error(error, module.params))


if __name__ == "__main__":
    main()
