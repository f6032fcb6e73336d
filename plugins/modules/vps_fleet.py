#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declares many servers in one task."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_fleet
short_description: Declare many VPS.org servers in one task
version_added: 0.1.0
description:
  - Declares a list of servers. The account is read once, everything is planned, what is not allowed is refused as a whole before the
    first write, and the plan is carried out concurrently.
  - One server's failure does not stop the others. The result holds every server in the order declared, and the task fails at the end
    if anything failed. A rejected token stops everything; a lack of credit stops creates and nothing else.
  - Says how far it is while it runs, in the ordinary output - a line when a server changes its state, and a summary at least every
    10 seconds - where it runs inside the controller's process and without C(no_log). In check mode the plan is printed instead.
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
      - Sends GET requests only, prints the plan, and returns it with the predicted servers.
  diff_mode:
    support: full
    details:
      - Shows what is declared, server by server, for those that change.
  idempotent:
    support: full
options:
  servers:
    description:
      - The servers. Their names must differ.
      - A field that is null counts as not set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The server's name. Letters, digits and hyphens.
        type: str
        required: true
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
          - The id of the SSH key to install. It counts at creation only.
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
          - As the task's own O(on_immutable_change), for this server.
        type: str
        choices: [fail, warn, recreate]
  defaults:
    description:
      - Fields, as in O(servers) but for the name, for every server that does not set them itself.
    type: dict
    default: {}
  state:
    description:
      - V(present) creates what is missing and changes what differs.
      - V(absent) deletes exactly the servers that are named, permanently.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete servers of the account whose names match O(purge_match) and that are not declared. How many may be deleted is
        limited by O(max_delete).
    type: bool
    default: false
  purge_match:
    description:
      - A shell pattern on names, such as V(web-*). Required with O(purge). A pattern without a letter, digit or hyphen
        outside of brackets, such as V(*), V(????) or V([a-z]*), is refused.
    type: str
  max_delete:
    description:
      - How many deletions the task may make by O(purge) or O(on_immutable_change=recreate). Needing more fails before any write.
    type: int
    default: 0
  concurrency:
    description:
      - How many servers are worked on at a time, at most V(32).
    type: int
    default: 16
  on_immutable_change:
    description:
      - What to do when the plan, the operating system or the location of an existing server differs from the declaration.
        The API cannot change them.
      - V(fail) refuses the whole task before any write.
      - V(warn) leaves such a server as it is in this, warns, and lists the difference in RV(drift).
      - V(recreate) deletes the server and creates it anew, as far as O(max_delete) allows. All data on it are lost.
    type: str
    choices: [fail, warn, recreate]
    default: fail
seealso:
  - module: vpsorg.cloud.vps_server
  - plugin: vpsorg.cloud.vps
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Three web servers and a database exist
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

- name: Their addresses
  ansible.builtin.debug:
    msg: "{{ dict(fleet.servers | map(attribute='name') | zip(fleet.servers | map(attribute='ip_address'))) }}"

- name: As many web servers as are wanted, and no more
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

- name: They are gone
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
    - The servers that exist, in the order declared. The detail where the task wrote or read it, else the view of the list, which lacks
      C(ipv6_address), C(backups_enabled), C(resource_usage) and the bandwidth of the plan.
    - In check mode, what they would be.
  returned: always
  type: list
  elements: dict
  sample: [{id: 12345, name: web-01, status: active, ip_address: 203.0.113.10, location: us-west}]
plan:
  description: What was planned before the first write. Servers with nothing to do are not in it.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(update), C(start), C(stop), C(delete). A recreated server has a C(delete) and a C(create).
      type: str
    name:
      description: The server's name.
      type: str
    id:
      description: The server's id; null for one that does not exist yet.
      type: int
    fields:
      description: What is sent.
      type: dict
    reason:
      description: Why.
      type: str
  sample: [{action: create, name: web-01, id: null, fields: {plan_id: 1, os_id: 5, location: us-west}, reason: there is none of that name}]
summary:
  description: Counts of servers. In check mode, of what would be done.
  returned: always
  type: dict
  contains:
    created: {description: Created., type: int}
    adopted: {description: Found after a create whose answer was lost., type: int}
    updated: {description: Changed in place., type: int}
    started: {description: Started., type: int}
    stopped: {description: Stopped., type: int}
    recreated: {description: Deleted and created anew., type: int}
    deleted: {description: Deleted., type: int}
    unchanged: {description: Left as they were., type: int}
    failed: {description: Failed; see RV(errors)., type: int}
  sample: {created: 3, adopted: 0, updated: 1, started: 0, stopped: 0, recreated: 0, deleted: 2, unchanged: 94, failed: 0}
errors:
  description: What failed. Not empty means that the task failed, after everything else was carried through.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
    id:
      description: The server's id, wherever one is known.
      type: int
    msg:
      description: What happened.
      type: str
drift:
  description: What differs and cannot be changed.
  returned: always
  type: list
  elements: dict
  sample: [{name: web-01, id: 12345, field: plan_id, have: 1, want: 2}]
diff:
  description: What is managed, before and after, for every server that changes.
  returned: always
  type: list
  elements: dict
api:
  description: How many requests were sent, how many of them were repetitions, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 1, retries: 0, waited: 0.0}
msg:
  description: The counts in a sentence; in check mode those of the plan; on failure what failed.
  returned: always
  type: str
  sample: "Plan: 3 to create, 1 to update, 2 to delete, 94 unchanged"
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._apply.executor import Executor
from ..module_utils._apply.jobs import Job
from ..module_utils._apply.lock import AccountLock
from ..module_utils._apply.planning import End, Outcome, TaskPlan, look_and_plan, predicted, refused
from ..module_utils._apply.pollers import ListPoller
from ..module_utils._client.concurrent import DEFAULT_CONCURRENCY
from ..module_utils._client.errors import VpsError
from ..module_utils._fleet.declaration import FleetDeclaration, read_declaration
from ..module_utils._fleet.planner import FleetPlanner
from ..module_utils._fleet.progress import FleetProgress
from ..module_utils._fleet.results import diffs, drifts, errors, plan_entries, summary, summary_of_jobs, summary_of_plans
from ..module_utils._fleet.text import failures_in_sentences, plan_lines, plan_sentence, result_sentence
from ..module_utils._module import output
from ..module_utils._module.options import connection_options, wait_options
from ..module_utils._module.results import TaskObserver, last_words
from ..module_utils._module.runner import Result, Task, run_module
from ..module_utils._server.fields import declaration_options
from ..module_utils._server.model import ServerPlan

_NOTHING: Mapping[str, Any] = {"servers": [], "plan": [], "summary": summary([]), "errors": [], "drift": [], "diff": []}


def _run(task: Task, declaration: FleetDeclaration) -> None:
    def show(line: str) -> None:
        output.line(task.scrub(line))

    lock = AccountLock(task.settings)
    planner = FleetPlanner(task.servers, declaration)
    with FleetProgress(TaskObserver(task), show if output.is_shown() else None) as progress:
        executor = Executor(task.servers, ListPoller(task.servers, declaration.concurrency), lock, progress, concurrency=declaration.concurrency)
        plan = look_and_plan(planner, lock, task.budget, check_mode=task.check_mode)
        outcome = refused(plan) or predicted(plan, task.check_mode) or executor.apply(plan)
    if outcome.end is End.PREDICTED:
        for line in (*plan_lines(plan.servers), plan_sentence(plan.servers)):
            show(line)
    task.end(_result_of(outcome, len(declaration.desired)))


def _result_of(outcome: Outcome, declared: int) -> Result:
    """`declared`: how many servers the task declares; what follows them in the plan is purged."""
    if outcome.end is End.REFUSED:
        return _result_of_refusal(outcome.plan)
    if outcome.end is End.PREDICTED:
        return _result_of_prediction(outcome.plan.servers, declared)
    return _result_of_jobs(outcome.jobs, declared, last_words(outcome.jobs) if outcome.end is End.INTERRUPTED else None)


def _planned(plans: Sequence[ServerPlan]) -> dict[str, Any]:
    return {"plan": plan_entries(plans), "drift": drifts(plans), "diff": diffs(plans)}


def _warnings(plans: Sequence[ServerPlan]) -> list[str]:
    return [warning for plan in plans for warning in plan.warnings]


def _result_of_refusal(plan: TaskPlan) -> Result:
    refusals = [server.refusal for server in plan.servers if server.refusal]
    whole = [*refusals, *([plan.refusal] if plan.refusal else [])]
    values = {
        "changed": False,
        # Those to be purged have an id in what is desired.
        "servers": [dict(server.existing) for server in plan.servers if server.existing is not None and server.desired.server_id is None],
        "summary": {**summary([]), "failed": len(refusals)},
        "errors": errors(refusals),
        **_planned(plan.servers),
    }
    return Result(values, f"Nothing was done. {failures_in_sentences(whole)}", _warnings(plan.servers))


def _result_of_prediction(plans: Sequence[ServerPlan], declared: int) -> Result:
    bad_ends = [plan.ends_badly for plan in plans if plan.ends_badly]
    values = {
        "changed": any(plan.changes for plan in plans),
        "servers": [dict(plan.predicted) for plan in plans[:declared] if plan.predicted is not None],
        "summary": summary_of_plans(plans),
        "errors": errors(bad_ends),
        "msg": plan_sentence(plans),
        **_planned(plans),
    }
    failure = f"{plan_sentence(plans)}. {failures_in_sentences(bad_ends)}" if bad_ends else None
    return Result(values, failure, _warnings(plans))


def _result_of_jobs(jobs: Sequence[Job], declared: int, interruption: str | None) -> Result:
    failures = [job.error for job in jobs if job.error]
    counts = summary_of_jobs(jobs)
    values = {
        "changed": any(job.changed for job in jobs),
        "servers": [job.server for job in jobs[:declared] if job.server is not None and not (job.gone and not job.error)],
        "summary": counts,
        "errors": errors(failures),
        "msg": result_sentence(counts),
        **_planned([job.plan for job in jobs]),
    }
    failure = f"{result_sentence(counts)}. {failures_in_sentences(failures)}" if failures else None
    return Result(values, interruption or failure, [warning for job in jobs for warning in job.warnings])


def _values_of_error(error: VpsError) -> dict[str, Any]:
    """Nothing was written: the account, or one of its servers, could not be read whole."""
    if error.about.server_id is None:
        return dict(_NOTHING)
    return {**_NOTHING, "summary": {**summary([]), "failed": 1}, "errors": errors([error])}


def main() -> None:
    """Entry point."""
    options = {
        "servers": {"type": "list", "elements": "dict", "required": True},
        "defaults": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
        "purge_match": {"type": "str"},
        "max_delete": {"type": "int", "default": 0},
        "concurrency": {"type": "int", "default": DEFAULT_CONCURRENCY},
        "on_immutable_change": declaration_options()["on_immutable_change"],
    }
    module = AnsibleModule(argument_spec={**connection_options(), **wait_options(), **options}, supports_check_mode=True)
    run_module(module, read_declaration, _run, _values_of_error)


if __name__ == "__main__":
    main()
