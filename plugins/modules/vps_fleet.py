#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declares many servers in one task."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_fleet
short_description: Manage many VPS.org servers in one task
version_added: 0.1.0
description:
  - Creates, updates, or deletes a list of servers. The module reads the account once and plans all changes. If anything
    in the plan is not allowed, it rejects the whole task before the first write; otherwise, it applies the plan
    concurrently.
  - A failure of one server does not stop the others. The result contains all servers in the order in which they were
    declared, and the task fails at the end if anything failed. A rejected token stops everything; insufficient credit
    stops only creates.
  - Reports its progress in the task output while it runs, with a line whenever a server changes state, and a summary at
    least every 10 seconds. This requires that it runs inside the controller's process and without C(no_log). In check
    mode, it prints the plan instead. With a stdout callback for machines, such as C(json), these lines go to standard
    error. Set the variable C(vpsorg_progress) to V(false) to turn them off.
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
      - Sends only GET requests, prints the plan, and returns it along with the predicted servers.
  diff_mode:
    support: full
    details:
      - For each server that changes, shows the declared fields.
  idempotent:
    support: full
options:
  servers:
    description:
      - The servers. Their names must be unique, and differ in more than letter case unless O(state=absent).
      - Each entry is a dictionary of fields. With O(state=absent), an entry can also be a plain name.
      - An entry with C(count) stands for several servers.
      - A field that is null or an empty string counts as not set.
    type: list
    elements: raw
    required: true
    suboptions:
      name:
        description:
          - The server's name. To create a server, it can contain letters, digits, and hyphens. A server that has
            another name can be managed by it.
          - Put a name that consists of digits in quotes. YAML reads C(0123) without quotes as the number 83. A name
            that is a number or a boolean is rejected.
        type: str
        required: true
      count:
        description:
          - How many servers the entry stands for. They are numbered from 1, and the name must contain the place for the
            number, V(%d), or V(%02d) for two digits with leading zeros. A O(servers[].hostname) that contains one is
            numbered in the same way.
          - V(0) stands for no server. The maximum is V(1000).
        type: int
        version_added: 1.0.0
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
          - The ID of the SSH key to install. It only takes effect when a server is created.
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
          - Overrides the task's O(on_immutable_change) for this server.
        type: str
        choices: [fail, warn, recreate]
      recreate_unproven:
        description:
          - Overrides the task's O(recreate_unproven) for this server.
        type: bool
        version_added: 1.0.0
  defaults:
    description:
      - Fields as in O(servers), except C(name) and C(count). They apply to every server that does not set them itself.
    type: dict
    default: {}
  state:
    description:
      - V(present) creates missing servers and updates what differs.
      - V(absent) permanently deletes exactly the servers that are listed.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete servers of the account whose names match O(purge_match) but that are not declared.
        O(max_delete) limits how many may be deleted.
    type: bool
    default: false
  purge_match:
    description:
      - A shell pattern for names, such as V(web-*). Required with O(purge). A pattern without a letter, digit, or
        hyphen outside of brackets, such as V(*), V(????), or V([a-z]*), is rejected.
    type: str
  max_delete:
    description:
      - The maximum number of servers that the task may delete because of O(purge) or O(on_immutable_change=recreate).
        If more deletions are needed, the task fails before any write.
    type: int
    default: 0
  protect:
    description:
      - Shell patterns for names of servers that the task must not delete, whether because of O(purge),
        O(on_immutable_change=recreate), or O(state=absent). If it would have to, it fails before any write.
      - Letter case is ignored, so that a server is not left unprotected because of its spelling.
    type: list
    elements: str
    default: []
    version_added: 1.0.0
  concurrency:
    description:
      - The maximum number of servers to work on at the same time, at most V(32).
    type: int
    default: 16
  on_immutable_change:
    description:
      - What to do if the plan, the operating system, or the location of an existing server differs from the
        declaration. The API cannot change them.
      - V(fail) rejects the whole task before any write.
      - V(warn) leaves the difference as it is, issues a warning, and lists the difference in RV(drift).
      - V(recreate) deletes the server and creates it again, provided that O(max_delete) allows it. All data on the
        server is lost. Before anything is deleted, the module looks for proof that the new server can be created; see
        O(recreate_unproven).
    type: str
    choices: [fail, warn, recreate]
    default: fail
  returned:
    description:
      - Which servers RV(servers) contains if the task succeeds. If it fails, RV(servers) contains those that failed
        and those that the task changed, whatever this is set to.
      - V(all) returns all servers, with everything that is known about them.
      - V(changed) returns only those that the task changed, and V(none) returns none. With both, each server in
        RV(servers) has only C(id), C(name), C(status), and C(ip_address), and after a run outside of check mode, each
        entry of RV(plan) has only C(action), C(name), and C(id).
      - ansible-runner and AWX leave a result of more than 700,000 characters out of the task's event. That is about
        850 servers with V(all), and several thousand with V(changed). The task warns if its result is too long.
    type: str
    choices: [all, changed, none]
    default: all
  return_password:
    description:
      - Whether the servers that this run creates have a C(password) in RV(servers), where the response to the create
        shows one. No other run can return it. Set C(no_log) on such a task.
      - If this is V(false), the passwords are dropped, and a warning says that they were shown. No other value that the
        collection returns, prints, or stores ever contains a password.
      - Not allowed with O(returned=none), by which the passwords would be lost.
      - Whether the API shows one is not documented; the vendor's own client expects it.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: vpsorg.cloud.vps_server
  - plugin: vpsorg.cloud.vps
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Ensure that three web servers and a database exist
  vpsorg.cloud.vps_fleet:
    defaults:
      os_id: 5
      location: us-west
      plan_id: 1
    servers:
      - name: web-01
      - name: web-02
      - name: web-03
        power: stopped
      - name: db-01
        plan_id: 2
        backups_enabled: true
  register: fleet

- name: Show their addresses
  ansible.builtin.debug:
    msg: "{{ dict(fleet.servers | map(attribute='name') | zip(fleet.servers | map(attribute='ip_address'))) }}"

- name: Scale the web servers to the desired number
  vpsorg.cloud.vps_fleet:
    defaults:
      plan_id: 1
      os_id: 5
      location: us-west
    servers: "{{ web_servers[:wanted | int] }}"
    purge: true
    purge_match: web-*
    max_delete: 2
  vars:
    wanted: 2
    web_servers: [{name: web-01}, {name: web-02}, {name: web-03}]

- name: Ensure that web-01 to web-03 exist, each with a host name of its own
  vpsorg.cloud.vps_fleet:
    defaults:
      plan_id: 1
      os_id: 5
      location: us-west
    servers:
      - name: web-%02d
        hostname: web%02d.example.com
        count: 3

- name: Keep only the first of them, but never delete a database server
  vpsorg.cloud.vps_fleet:
    servers:
      - name: web-%02d
        count: 1
    purge: true
    purge_match: web-*
    max_delete: 2
    protect:
      - db-*

- name: Delete the servers
  vpsorg.cloud.vps_fleet:
    servers:
      - web-01
      - db-01
    state: absent
"""

RETURN = r"""
servers:
  description:
    - The servers that exist, in the order in which they were declared. A server that the task wrote to or whose details
      it read is returned with its details; for others, this is the item of the list, without C(ipv6_address),
      C(backups_enabled), C(resource_usage), and the bandwidth of the plan.
    - In check mode, the predicted servers.
    - If the task fails, only the servers that failed and those that the task changed; if it rejects the plan, only the
      servers because of which it does. See also O(returned).
  returned: always
  type: list
  elements: dict
  sample: [{id: 12345, name: web-01, status: active, ip_address: 203.0.113.10, location: us-west}]
plan:
  description:
    - The plan that was made before the first write. It does not include servers that need no action; if the task fails,
      it includes only servers that failed and those that the task changed.
    - See also O(returned).
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(update), C(start), C(stop), C(delete). A server to be recreated has both a
        C(delete) and a C(create).
      type: str
    name:
      description: The server's name.
      type: str
    id:
      description: The server's ID; null if the server does not exist yet.
      type: int
    fields:
      description: The fields that are sent.
      type: dict
    reason:
      description: The reason for the action.
      type: str
  sample:
    - action: create
      name: web-01
      id: null
      fields: {plan_id: 1, os_id: 5, location: us-west}
      reason: no server has this name
summary:
  description: The number of servers by outcome. In check mode, the predicted numbers.
  returned: always
  type: dict
  contains:
    created: {description: Created., type: int}
    adopted: {description: Found after the response to their create was lost., type: int}
    updated: {description: Updated in place., type: int}
    started: {description: Started., type: int}
    stopped: {description: Stopped., type: int}
    recreated: {description: Deleted and created again., type: int}
    deleted: {description: Deleted., type: int}
    unchanged: {description: Left unchanged., type: int}
    failed: {description: Failed; see RV(errors)., type: int}
  sample:
    {created: 3, adopted: 0, updated: 1, started: 0, stopped: 0, recreated: 0, deleted: 2, unchanged: 94, failed: 0}
errors:
  description: The servers that failed. If this list is not empty, the task fails once it has finished everything else.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
    id:
      description: The server's ID, if it is known.
      type: int
    msg:
      description: The error message.
      type: str
drift:
  description: The differences that cannot be changed. If the task fails, only those of the servers in RV(plan).
  returned: always
  type: list
  elements: dict
  sample: [{name: web-01, id: 12345, field: plan_id, have: 1, want: 2}]
diff:
  description: The managed fields before and after, for each server that changes.
  returned: in diff mode
  type: list
  elements: dict
cost:
  description:
    - What the servers that would be created cost, less those that would be deleted, by the prices in the API's list of
      plans. Nothing else that may be billed is in it, such as backups. The currency is not documented.
    - Null if the API has no list of plans.
  returned: in check mode, unless the plan is rejected
  type: dict
  contains:
    hourly:
      description: The difference per hour. Negative if it would cost less than now.
      type: float
    monthly:
      description: The difference per month.
      type: float
    unpriced:
      description: The names of the servers that would be created or deleted and whose plan has no known price.
      type: list
      elements: str
  sample: {hourly: 0.021, monthly: 15.0, unpriced: []}
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 1, retries: 0, waited: 0.0}
msg:
  description: A summary of the counts; in check mode, of the plan; on failure, a description of what failed.
  returned: always
  type: str
  sample: "Plan: 3 to create, 1 to update, 2 to delete, 94 unchanged"
"""


from ..module_utils._apply.planning import End
from ..module_utils._client.concurrent import DEFAULT_CONCURRENCY
from ..module_utils._fleet.declaration import FleetDeclaration, read_declaration
from ..module_utils._fleet.planner import FleetPlanner
from ..module_utils._fleet.results import result_of, values_of_error, warned_of_size
from ..module_utils._fleet.run import run_together
from ..module_utils._module.input import new_module
from ..module_utils._module.options import RETURNED, connection_options, wait_options
from ..module_utils._module.runner import Task, run_module
from ..module_utils._server.fields import declaration_options


def _run(task: Task, declaration: FleetDeclaration) -> None:
    planner = FleetPlanner(task.servers, declaration, priced=task.check_mode)
    outcome = run_together(task, planner, declaration.concurrency, speaker="vps_fleet")
    result = result_of(
        outcome,
        len(declaration.desired),
        returned=task.params["returned"],
        diff_mode=task.diff_mode,
        return_password=task.params["return_password"],
    )
    if outcome.end is End.PREDICTED:
        result = result._replace(values={**result.values, "cost": outcome.plan.cost})
    task.end(warned_of_size(result, task.params))


def main() -> None:
    """Entry point."""
    options = {
        "servers": {"type": "list", "elements": "raw", "required": True},
        "defaults": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
        "purge_match": {"type": "str"},
        "max_delete": {"type": "int", "default": 0},
        "protect": {"type": "list", "elements": "str", "default": []},
        "concurrency": {"type": "int", "default": DEFAULT_CONCURRENCY},
        **{option: declaration_options()[option] for option in ("on_immutable_change", "recreate_unproven")},
        "returned": {"type": "str", "choices": list(RETURNED), "default": "all"},
        "return_password": {"type": "bool", "default": False, "no_log": False},
    }
    module = new_module({**connection_options(), **wait_options(), **options})
    run_module(module, read_declaration, _run, values_of_error)


if __name__ == "__main__":
    main()
