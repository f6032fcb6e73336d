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
  - Creates, updates, or deletes a list of servers. The module reads the account once and plans all changes. If anything in the plan is not
    allowed, it rejects the whole task before the first write; otherwise, it applies the plan concurrently.
  - A failure of one server does not stop the others. The result contains all servers in the order in which they were declared, and the
    task fails at the end if anything failed. A rejected token stops everything; insufficient credit stops only creates.
  - Reports its progress in the task output while it runs, with a line whenever a server changes state, and a summary at least every
    10 seconds. This requires that it runs inside the controller's process and without C(no_log). In check mode, it prints the plan instead.
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
      - The servers. Their names must be unique.
      - A field that is null counts as not set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The server's name. It can contain letters, digits, and hyphens.
        type: str
        required: true
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
        type: str
      hostname:
        description:
          - The fully qualified domain name.
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
  defaults:
    description:
      - Fields as in O(servers), except C(name). They apply to every server that does not set them itself.
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
      - Whether to delete servers of the account whose names match O(purge_match) but that are not declared. O(max_delete) limits how many may
        be deleted.
    type: bool
    default: false
  purge_match:
    description:
      - A shell pattern for names, such as V(web-*). Required with O(purge). A pattern without a letter, digit, or hyphen
        outside of brackets, such as V(*), V(????), or V([a-z]*), is rejected.
    type: str
  max_delete:
    description:
      - The maximum number of servers that the task may delete because of O(purge) or O(on_immutable_change=recreate). If more deletions are
        needed, the task fails before any write.
    type: int
    default: 0
  concurrency:
    description:
      - The maximum number of servers to work on at the same time, at most V(32).
    type: int
    default: 16
  on_immutable_change:
    description:
      - What to do if the plan, the operating system, or the location of an existing server differs from the declaration.
        The API cannot change them.
      - V(fail) rejects the whole task before any write.
      - V(warn) leaves the difference as it is, issues a warning, and lists the difference in RV(drift).
      - V(recreate) deletes the server and creates it again, provided that O(max_delete) allows it. All data on the server is lost.
    type: str
    choices: [fail, warn, recreate]
    default: fail
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
    servers: "{{ web_servers[:wanted] }}"
    purge: true
    purge_match: web-*
    max_delete: 2
  vars:
    wanted: 2
    web_servers: [{name: web-01}, {name: web-02}, {name: web-03}]

- name: Delete the servers
  vpsorg.cloud.vps_fleet:
    servers:
      - name: web-01
      - name: web-02
      - name: db-01
    state: absent
"""

RETURN = r"""
servers:
  description:
    - The servers that exist, in the order in which they were declared. A server that the task wrote to or whose details it read is returned
      with its details; for others, this is the item of the list, without C(ipv6_address), C(backups_enabled), C(resource_usage), and
      the bandwidth of the plan.
    - In check mode, the predicted servers.
  returned: always
  type: list
  elements: dict
  sample: [{id: 12345, name: web-01, status: active, ip_address: 203.0.113.10, location: us-west}]
plan:
  description: The plan that was made before the first write. It does not include servers that need no action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(update), C(start), C(stop), C(delete). A server to be recreated has both a C(delete) and a C(create).
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
  sample: [{action: create, name: web-01, id: null, fields: {plan_id: 1, os_id: 5, location: us-west}, reason: there is none of that name}]
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
  sample: {created: 3, adopted: 0, updated: 1, started: 0, stopped: 0, recreated: 0, deleted: 2, unchanged: 94, failed: 0}
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
  description: The differences that cannot be changed.
  returned: always
  type: list
  elements: dict
  sample: [{name: web-01, id: 12345, field: plan_id, have: 1, want: 2}]
diff:
  description: The managed fields before and after, for each server that changes.
  returned: always
  type: list
  elements: dict
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

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vpsorg.cloud.plugins.module_utils import _progress
from ansible_collections.vpsorg.cloud.plugins.module_utils._door import Door, carried_out, last_words, open_door
from ansible_collections.vpsorg.cloud.plugins.module_utils._engine import Engine, Refusal
from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet_declaration import check_fleet_options, read_wishes
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet_plan import (
    Fleet,
    diffs,
    drifts,
    plan_entries,
    plan_lines,
    plan_sentence,
    result_sentence,
    summary,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet_report import FleetObserver
from ansible_collections.vpsorg.cloud.plugins.module_utils._jobs import Job
from ansible_collections.vpsorg.cloud.plugins.module_utils._looking import ListLooker
from ansible_collections.vpsorg.cloud.plugins.module_utils._options import ON_IMMUTABLE_CHANGE, connection_options, wait_options
from ansible_collections.vpsorg.cloud.plugins.module_utils._plan import ServerPlan

_MOST_REASONS_IN_MESSAGE = 5
_MOST_SERVERS_OF_A_REASON = 10
_NOTHING: Mapping[str, Any] = {"servers": [], "plan": [], "summary": summary([]), "errors": [], "drift": [], "diff": [], "api": {}}


def _check(params: Mapping[str, Any]) -> None:
    check_fleet_options(params)
    read_wishes(params)


def _planned(plans: Sequence[ServerPlan]) -> dict[str, Any]:
    return {"plan": plan_entries(plans), "drift": drifts(plans), "diff": diffs(plans)}


def _run(door: Door) -> None:
    params, module = door.params, door.module
    fleet = Fleet(door.servers, read_wishes(params), params)
    observer = FleetObserver(module, lambda: engine.jobs, door.scrub)
    engine = door.engine(looker=ListLooker(door.servers, params["concurrency"]), concurrency=params["concurrency"], observer=observer)
    unread: VpsError | None = None
    jobs: list[Job] | None = None
    refusal: Refusal | None = None
    try:
        with observer:
            jobs, refusal = carried_out(door, engine, fleet.survey, may_create=params["state"] == "present", refuse=fleet.refusal)
    except VpsError as error:
        if not error.server:
            raise
        unread = error
    # Outside the handlers: see open_door.
    if unread is not None:
        _end_unread(door, unread)
    if refusal is not None:
        _refuse(door, refusal)
    if jobs is None:
        door.fail(last_words(door, engine), **_result(door, engine))
    door.warn([warning for job in jobs for warning in job.warnings])
    if module.check_mode:
        _end_check_mode(door, [job.plan for job in jobs], len(params["servers"]))
    result = _result(door, engine)
    if result["errors"]:
        door.fail(_failure_text(result), **result)
    door.exit(msg=result_sentence(result["summary"]), **result)


def _refuse(door: Door, refusal: Refusal) -> NoReturn:
    errors = [{"name": plan.wish.name, "id": (plan.found or {}).get("id"), "msg": plan.refusal} for plan in refusal.plans if plan.refusal]
    door.warn([warning for plan in refusal.plans for warning in plan.warnings])
    counts = {**summary([]), "failed": len(errors)}
    found = [dict(plan.found) for plan in refusal.plans if plan.found is not None and plan.wish.server_id is None]
    report = door.pace.report()
    door.fail(str(refusal), changed=False, servers=found, summary=counts, errors=errors, api=report, **_planned(refusal.plans))


def _end_unread(door: Door, error: VpsError) -> NoReturn:
    """Nothing was written, because one server could not be read whole."""
    server = error.server or {}
    text = f"Server {server['name']} (id {server['id']}, last status {server['status']}): {error}"
    errors = [{"name": server["name"], "id": server["id"], "msg": text}]
    door.fail(f"Nothing was done. {text}", **{**_NOTHING, "summary": {**summary([]), "failed": 1}, "errors": errors, "api": door.pace.report()}, changed=False)


def _end_check_mode(door: Door, plans: Sequence[ServerPlan], declared: int) -> None:
    for line in plan_lines(plans):
        _progress.line(door.scrub(line))
    sentence = plan_sentence(plans)
    _progress.line(sentence)
    servers = [dict(plan.predicted) for plan in plans[:declared] if plan.predicted is not None]
    counts = summary([([step.kind for step in plan.steps if step.is_action and step.foreseen], bool(plan.ends_badly)) for plan in plans])
    changed = any(plan.changes for plan in plans)
    errors = [{"name": plan.wish.name, "id": (plan.found or {}).get("id"), "msg": plan.ends_badly} for plan in plans if plan.ends_badly]
    result = {"changed": changed, "servers": servers, "summary": counts, "errors": errors, "api": door.pace.report(), **_planned(plans)}
    if errors:
        door.fail(f"{sentence}. {' '.join(str(error['msg']) for error in errors[:_MOST_REASONS_IN_MESSAGE])}", **result)
    door.exit(msg=sentence, **result)


def _result(door: Door, engine: Engine) -> dict[str, Any]:
    jobs: list[Job] = engine.jobs
    declared = jobs[: len(door.params["servers"])]
    return {
        "changed": any(job.changed for job in jobs),
        "servers": [job.server for job in declared if job.server is not None and not (job.gone and not job.error)],
        "summary": summary([([action["action"] for action in job.actions], job.error is not None) for job in jobs]),
        "errors": [{"name": job.name, "id": job.server_id, "msg": job.error} for job in jobs if job.error],
        "api": door.pace.report(),
        **_planned([job.plan for job in jobs]),
    }


def _failure_text(result: Mapping[str, Any]) -> str:
    """What failed, with the servers that failed for one reason in one sentence."""
    labels_by_reason: dict[str, list[str]] = {}
    for error in result["errors"]:
        label, _colon, reason = error["msg"].removeprefix("Server ").partition(": ")
        labels_by_reason.setdefault(reason, []).append(label)
    sentences = []
    for reason, labels in list(labels_by_reason.items())[:_MOST_REASONS_IN_MESSAGE]:
        more = f" and {len(labels) - _MOST_SERVERS_OF_A_REASON} more" if len(labels) > _MOST_SERVERS_OF_A_REASON else ""
        sentences.append(f"{'Servers' if len(labels) > 1 else 'Server'} {', '.join(labels[:_MOST_SERVERS_OF_A_REASON])}{more}: {reason}")
    if len(labels_by_reason) > _MOST_REASONS_IN_MESSAGE:
        sentences.append("And more, see errors.")
    return f"{result_sentence(result['summary'])}. {' '.join(sentences)}"


def main() -> None:
    """Entry point."""
    options = {
        "servers": {"type": "list", "elements": "dict", "required": True},
        "defaults": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
        "purge_match": {"type": "str"},
        "max_delete": {"type": "int", "default": 0},
        "concurrency": {"type": "int", "default": 16},
        "on_immutable_change": ON_IMMUTABLE_CHANGE,
    }
    module = AnsibleModule(argument_spec={**connection_options(), **wait_options(), **options}, supports_check_mode=True)
    open_door(module, _run, _NOTHING, _check)


if __name__ == "__main__":
    main()
