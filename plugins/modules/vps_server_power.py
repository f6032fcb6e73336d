#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, stops or reboots one server, or many."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_server_power
short_description: Start, stop, or reboot VPS.org servers
version_added: 0.1.0
description:
  - Brings a server into a power state, or many servers at once. If a server is already in that state or on its way to
    it, no command is sent. If it is in another transition, the module first waits for its end.
  - Stopping and rebooting are graceful. A stopped server is still billed.
  - Fails for a V(suspended) server, because no action can change that status, and for a server that the API shows
    without a name or without a status.
  - With O(names) or O(match), the module reads the account once, plans all actions, and carries them out concurrently.
    If anything in the plan is not possible, such as an unknown name or a V(suspended) server, it rejects the whole task
    before the first write. A failure of one server after that does not stop the others; the task fails at the end. It
    shows its progress and returns its results in the same way as M(vpsorg.cloud.vps_fleet).
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
      - Sends only GET requests, and returns the predicted server or servers. For many, it prints the plan.
  diff_mode:
    support: full
    details:
      - Shows the power state of each server that changes.
  idempotent:
    support: partial
    details:
      - O(state=rebooted) reboots every time.
options:
  name:
    description:
      - The server's name. One of O(name), O(id), O(names), and O(match) is required.
    type: str
  id:
    description:
      - The server's ID. Required if several servers have the same name. If both are set, the server with this ID must
        have that name.
    type: int
  names:
    description:
      - The names of several servers. A single text is a list of one. As everywhere in Ansible, such a text is split at
        its commas. A name that occurs twice counts once. A name that consists of digits must be in quotes.
      - A name that no server has, or that more than one server has, is a failure before the first write.
      - Cannot be combined with O(name), O(id), or O(match). If it is set but empty, such as null from a failed lookup,
        the task fails.
    type: list
    elements: str
    version_added: 1.0.0
  match:
    description:
      - Shell patterns for names, such as V(dev-*). Every server whose name matches one of them is meant, also where two
        servers have the same name. Letter case matters. A single text is a list of one.
      - A pattern that no name matches causes a warning.
      - A pattern without a letter, digit, or hyphen outside of brackets, such as V(*), could mean every server of the
        account. It is rejected unless O(state=started).
      - Cannot be combined with O(name), O(id), or O(names). If it is set but empty, such as null from a failed lookup,
        the task fails.
    type: list
    elements: str
    version_added: 1.0.0
  state:
    description:
      - V(started) and V(stopped) act only if necessary.
      - V(rebooted) reboots a running server. It fails if the server is stopped; of many servers, the others are
        rebooted all the same. If the server is already rebooting, it waits and does not reboot the server again.
    type: str
    choices: [started, stopped, rebooted]
    required: true
  settle_time:
    description:
      - If no poll has shown the server as V(rebooting) after the command, how long to wait, in seconds, before
        V(active) counts as rebooted. A poll right after the command may still return the status from before the reboot.
    type: float
    default: 10.0
  concurrency:
    description:
      - With O(names) or O(match), the maximum number of servers to work on at the same time, at most V(32).
    type: int
    default: 16
    version_added: 1.0.0
  returned:
    description:
      - With O(names) or O(match), which servers RV(servers) contains if the task succeeds. If it fails, RV(servers)
        contains those that failed and those that the task changed, whatever this is set to.
      - V(all) returns all servers, with everything that is known about them.
      - V(changed) returns only those that the task changed, and V(none) returns none. With both, each server in
        RV(servers) has only C(id), C(name), C(status), and C(ip_address), and after a run outside of check mode, each
        entry of RV(plan) has only C(action), C(name), and C(id).
    type: str
    choices: [all, changed, none]
    default: all
    version_added: 1.0.0
seealso:
  - module: vpsorg.cloud.vps_fleet
  - module: vpsorg.cloud.vps_server
  - module: vpsorg.cloud.vps_server_info
"""

EXAMPLES = r"""
- name: Stop the server
  vpsorg.cloud.vps_server_power:
    name: web-01
    state: stopped

- name: Start the server, without waiting until it is running
  vpsorg.cloud.vps_server_power:
    name: web-01
    state: started
    wait: false

- name: Reboot the server
  vpsorg.cloud.vps_server_power:
    name: web-01
    state: rebooted

- name: Stop every development server
  vpsorg.cloud.vps_server_power:
    match: dev-*
    state: stopped

- name: Reboot these servers, four at a time
  vpsorg.cloud.vps_server_power:
    names: [web-01, web-02, db-01]
    state: rebooted
    concurrency: 4
  register: power

- name: Show how many were rebooted
  ansible.builtin.debug:
    msg: "{{ power.summary.rebooted }} of {{ power.servers | length }}"
"""

RETURN = r"""
id:
  description: The server's ID.
  returned: with name or id
  type: int
  sample: 12345
server:
  description: The server's details as returned by the API. In check mode, the predicted details.
  returned: with name or id
  type: dict
  sample: {id: 12345, name: web-01, status: active, ip_address: 203.0.113.10}
actions:
  description: What was done. In check mode, what would be done.
  returned: with name or id
  type: list
  elements: dict
  contains:
    action:
      description: One of C(start), C(stop), C(reboot).
      type: str
    id:
      description: The server's ID.
      type: int
    name:
      description: The server's name.
      type: str
  sample: [{action: start, id: 12345, name: web-01}]
servers:
  description:
    - The servers that are meant, in the order of O(names), or, with O(match), of their IDs. A server that the task
      acted on is returned with its details; for others, this is the item of the list, without C(ipv6_address),
      C(backups_enabled), C(resource_usage), and the bandwidth of the plan.
    - In check mode, the predicted servers.
    - If the task fails, only the servers that failed and those that the task changed; if it rejects the plan, only the
      servers because of which it does. See also O(returned).
  returned: with names or match
  type: list
  elements: dict
  sample: [{id: 12345, name: dev-01, status: stopped, ip_address: 203.0.113.10, location: us-west}]
plan:
  description:
    - The plan that was made before the first write. It does not include servers that need no action; if the task fails,
      it includes only servers that failed and those that the task changed.
    - See also O(returned).
  returned: with names or match
  type: list
  elements: dict
  contains:
    action:
      description: One of C(start), C(stop), C(reboot).
      type: str
    name:
      description: The server's name.
      type: str
    id:
      description: The server's ID.
      type: int
    fields:
      description: Always empty; the key exists for consistency with M(vpsorg.cloud.vps_fleet).
      type: dict
    reason:
      description: The reason for the action.
      type: str
  sample: [{action: stop, name: dev-01, id: 12345, fields: {}, reason: status is active}]
summary:
  description: The number of servers by outcome. In check mode, the predicted numbers.
  returned: with names or match
  type: dict
  contains:
    created: {description: "Always 0, as are C(adopted), C(updated), C(recreated), and C(deleted).", type: int}
    adopted: {description: See RV(summary.created)., type: int}
    updated: {description: See RV(summary.created)., type: int}
    started: {description: Started., type: int}
    stopped: {description: Stopped., type: int}
    rebooted: {description: Rebooted., type: int}
    recreated: {description: See RV(summary.created)., type: int}
    deleted: {description: See RV(summary.created)., type: int}
    unchanged: {description: Left unchanged., type: int}
    failed: {description: Failed; see RV(errors)., type: int}
  sample:
    created: 0
    adopted: 0
    updated: 0
    started: 0
    stopped: 3
    rebooted: 0
    recreated: 0
    deleted: 0
    unchanged: 9
    failed: 0
errors:
  description: The servers that failed. If this list is not empty, the task fails once it has finished everything else.
  returned: with names or match
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
  description: Always empty; the key exists for consistency with the other modules.
  returned: always
  type: list
  elements: dict
diff:
  description:
    - The power state before and after. With O(names) or O(match), a list with an entry for each server that changes.
  returned: with name or id; with names or match, in diff mode
  type: raw
  sample: {before: {power: stopped}, after: {power: started}}
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 4, retries: 0, waited: 2.1}
msg:
  description: A summary of the counts; in check mode, of the plan; on failure, a description of what failed.
  returned: with names or match, and on failure
  type: str
  sample: 3 stopped, 9 unchanged
name:
  description: The server's name.
  returned: on failure with name or id, if it is known
  type: str
status:
  description: The last known status.
  returned: on failure with name or id, if it is known
  type: str
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..module_utils._apply.planning import TaskPlan
from ..module_utils._client.concurrent import DEFAULT_CONCURRENCY
from ..module_utils._client.errors import BadInput, VpsError
from ..module_utils._client.settings import positive_seconds
from ..module_utils._module.input import VpsModule, new_module
from ..module_utils._module.options import (
    RETURNED,
    check_concurrency,
    check_server_options,
    connection_options,
    wait_options,
)
from ..module_utils._module.results import result_of, values_of_error
from ..module_utils._module.run import run_alone
from ..module_utils._module.runner import Task, run_module
from ..module_utils._server.comparison import no_such_id, other_name
from ..module_utils._server.model import DesiredServer, Server
from ..module_utils._server.plan_power import plan_power
from ..module_utils._server.servers import Servers, check_whole, look_alikes
from ..module_utils._server.status import SETTLE_TIME

if TYPE_CHECKING:
    from ..module_utils._fleet.power import PowerOfMany

_OPTIONS_FOR_MANY = frozenset({"names", "match"})


def _read(params: Mapping[str, Any]) -> DesiredServer | PowerOfMany:
    given = [option for option in ("name", "id", "names", "match") if params[option] is not None]
    if not given:
        raise BadInput("One of name, id, names, and match is required: it says which servers are meant.")
    if len(given) > 1 and given != ["name", "id"]:
        raise BadInput(
            f"{' and '.join(given)} can't be combined. Give name or id for one server, names for several, or match for "
            "all that fit a pattern."
        )
    check_server_options(params)
    positive_seconds("settle_time", params["settle_time"])
    check_concurrency(params)
    if not _OPTIONS_FOR_MANY.intersection(given):
        return DesiredServer.of(params)
    from ..module_utils._fleet.power import read_power_of_many

    return read_power_of_many(params)


class _PowerPlanner:
    """Plans for the power state of one server, found by its id or by its name."""

    may_create = False

    def __init__(self, servers: Servers, desired: DesiredServer, state: str) -> None:
        self._servers = servers
        self._desired = desired
        self._state = state

    def plan(self) -> TaskPlan:
        existing = self._find()
        plan = plan_power(self._desired._replace(name=existing["name"]), self._state, existing)
        return TaskPlan((plan,))

    def _find(self) -> Server:
        desired = self._desired
        if desired.server_id is None:
            existing, listed = self._servers.find_named(desired.name or "")
            if existing is None:
                for alike in look_alikes(listed, desired.name or "", existing):
                    raise other_name(check_whole(alike), desired.name or "")
                raise VpsError("There is no server with this name.", about=desired.about)
            return existing
        existing = self._servers.find(desired.server_id)
        if existing is None:
            raise no_such_id(desired)
        if desired.name is not None and existing.get("name") != desired.name:
            raise other_name(existing, desired.name)
        return check_whole(existing)


def _run(task: Task, declared: DesiredServer | PowerOfMany) -> None:
    if isinstance(declared, DesiredServer):
        _run_for_one(task, declared)
    else:
        _run_for_many(task, declared)


def _run_for_one(task: Task, desired: DesiredServer) -> None:
    planner = _PowerPlanner(task.servers, desired, task.params["state"])
    outcome = run_alone(task, planner, settle_time=task.params["settle_time"])
    task.end(result_of(outcome))


def _run_for_many(task: Task, declared: PowerOfMany) -> None:
    from ..module_utils._fleet import results
    from ..module_utils._fleet.power import PowerPlanner
    from ..module_utils._fleet.run import run_together
    from ..module_utils._fleet.values import COUNTED

    planner = PowerPlanner(task.servers, declared)
    outcome = run_together(
        task, planner, declared.concurrency, speaker="vps_server_power", settle_time=task.params["settle_time"]
    )
    result = results.result_of(
        outcome,
        len(outcome.plan.servers),
        returned=task.params["returned"],
        diff_mode=task.diff_mode,
        counted=COUNTED,
    )
    task.end(results.warned_of_size(result, task.params))


def _values_of_error(error: VpsError, module: VpsModule) -> Mapping[str, Any]:
    if _OPTIONS_FOR_MANY & module.given:
        from ..module_utils._fleet import results
        from ..module_utils._fleet.values import COUNTED

        return results.values_of_error(error, COUNTED)
    return values_of_error(error, module.params)


def main() -> None:
    """Entry point."""
    options = {
        "name": {"type": "str"},
        "id": {"type": "int"},
        "names": {"type": "list", "elements": "str"},
        "match": {"type": "list", "elements": "str"},
        "state": {"type": "str", "choices": ["started", "stopped", "rebooted"], "required": True},
        "settle_time": {"type": "float", "default": SETTLE_TIME},
        "concurrency": {"type": "int", "default": DEFAULT_CONCURRENCY},
        "returned": {"type": "str", "choices": list(RETURNED), "default": "all"},
    }
    module = new_module({**connection_options(), **wait_options(), **options}, never_empty=_OPTIONS_FOR_MANY)
    run_module(module, _read, _run, lambda error: _values_of_error(error, module))


if __name__ == "__main__":
    main()
