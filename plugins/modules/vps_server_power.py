#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, stops or reboots one server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_server_power
short_description: Start, stop, or reboot a VPS.org server
version_added: 0.1.0
description:
  - Brings a server into a power state. If the server is already in that state or on its way to it, no command is sent.
    If the server is in another transition, the module first waits for its end.
  - Stopping and rebooting are graceful. A stopped server is still billed.
  - Fails for a V(suspended) server, because no action can change that status, and for a server that the API shows
    without a name or without a status.
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
      - Sends only GET requests, and returns the predicted server.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state=rebooted) reboots the server every time.
options:
  name:
    description:
      - The server's name. Either O(name) or O(id) is required.
    type: str
  id:
    description:
      - The server's ID. Required if several servers have the same name. If both are set, the server with this ID must
        have that name.
    type: int
  state:
    description:
      - V(started) and V(stopped) act only if necessary.
      - V(rebooted) reboots a running server. It fails if the server is stopped. If the server is already rebooting, it
        waits and does not reboot the server again.
    type: str
    choices: [started, stopped, rebooted]
    required: true
  settle_time:
    description:
      - If no poll has shown the server as V(rebooting) after the command, how long to wait, in seconds, before
        V(active) counts as rebooted. A poll right after the command may still return the status from before the reboot.
    type: float
    default: 10.0
seealso:
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
"""

RETURN = r"""
id:
  description: The server's ID.
  returned: always
  type: int
  sample: 12345
server:
  description: The server's details as returned by the API. In check mode, the predicted details.
  returned: always
  type: dict
  sample: {id: 12345, name: web-01, status: active, ip_address: 203.0.113.10}
actions:
  description: What was done. In check mode, what would be done.
  returned: always
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
drift:
  description: Always empty; the key exists for consistency with M(vpsorg.cloud.vps_server).
  returned: always
  type: list
  elements: dict
diff:
  description: The power state before and after.
  returned: always
  type: dict
  sample: {before: {power: stopped}, after: {power: started}}
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 4, retries: 0, waited: 2.1}
name:
  description: The server's name.
  returned: on failure, if it is known
  type: str
status:
  description: The last known status.
  returned: on failure, if it is known
  type: str
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..module_utils._apply.executor import Executor
from ..module_utils._apply.lock import AccountLock
from ..module_utils._apply.planning import TaskPlan, look_and_plan, predicted, refused
from ..module_utils._apply.pollers import DetailPoller
from ..module_utils._client.errors import VpsError
from ..module_utils._client.settings import positive_seconds
from ..module_utils._module.input import new_module
from ..module_utils._module.options import check_server_options, connection_options, require_name_or_id, wait_options
from ..module_utils._module.results import TaskObserver, result_of, values_of_error
from ..module_utils._module.runner import Task, run_module
from ..module_utils._server.model import DesiredServer, Server
from ..module_utils._server.plan import no_such_id, other_name, plan_power
from ..module_utils._server.servers import Servers, check_whole, spelled_like
from ..module_utils._server.wait import SETTLE_TIME


def _read(params: Mapping[str, Any]) -> DesiredServer:
    require_name_or_id(params)
    check_server_options(params)
    positive_seconds("settle_time", params["settle_time"])
    return DesiredServer.of(params)


class _PowerPlanner:
    """Plans for the power state of one server, found by its id or by its name."""

    may_create = False

    def __init__(self, servers: Servers, desired: DesiredServer, state: str) -> None:
        self._servers = servers
        self._desired = desired
        self._state = state

    def plan(self) -> TaskPlan:
        existing = self._find()
        plan = plan_power(dataclasses.replace(self._desired, name=existing["name"]), self._state, existing)
        return TaskPlan((plan,))

    def _find(self) -> Server:
        desired = self._desired
        if desired.server_id is None:
            existing, listed = self._servers.find_named(desired.name or "")
            if existing is None:
                for alike in spelled_like(listed, desired.name or ""):
                    raise other_name(check_whole(alike), desired.name or "")
                raise VpsError("There is no server with this name.", about=desired.about)
            return existing
        existing = self._servers.find(desired.server_id)
        if existing is None:
            raise no_such_id(desired)
        if desired.name is not None and existing.get("name") != desired.name:
            raise other_name(existing, desired.name)
        return check_whole(existing)


def _run(task: Task, desired: DesiredServer) -> None:
    lock = AccountLock(task.settings)
    planner = _PowerPlanner(task.servers, desired, task.params["state"])
    executor = Executor(
        task.servers, DetailPoller(task.servers), lock, TaskObserver(task), settle_time=task.params["settle_time"]
    )
    plan = look_and_plan(planner, lock, task.budget, check_mode=task.check_mode)
    outcome = refused(plan) or predicted(plan, task.check_mode) or executor.apply(plan)
    task.end(result_of(outcome))


def main() -> None:
    """Entry point."""
    options = {
        "name": {"type": "str"},
        "id": {"type": "int"},
        "state": {"type": "str", "choices": ["started", "stopped", "rebooted"], "required": True},
        "settle_time": {"type": "float", "default": SETTLE_TIME},
    }
    module = new_module({**connection_options(), **wait_options(), **options})
    run_module(module, _read, _run, lambda error: values_of_error(error, module.params))


if __name__ == "__main__":
    main()
