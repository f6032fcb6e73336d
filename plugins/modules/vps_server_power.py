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
  - Brings a server into a power state. If the server is already in that state or on its way to it, no command is sent. If the server is in
    another transition, the module first waits for its end.
  - Stopping and rebooting are graceful. A stopped server is still billed.
  - Fails for a V(suspended) server, because no action can change that status.
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
      - The server's ID. Required if several servers have the same name. If both are set, the server with this ID must have that name.
    type: int
  state:
    description:
      - V(started) and V(stopped) act only if necessary.
      - V(rebooted) reboots a running server. It fails if the server is stopped. If the server is already rebooting, it waits and does not reboot
        the server again.
    type: str
    choices: [started, stopped, rebooted]
    required: true
  settle_time:
    description:
      - If no poll has shown the server as V(rebooting) after the command, how long to wait, in seconds, before V(active) counts as rebooted.
        A poll right after the command may still return the status from before the reboot.
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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vpsorg.cloud.plugins.module_utils._door import EMPTY_SERVER_RESULT, Door, end_with_one, open_door, wish_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._jobs import Survey
from ansible_collections.vpsorg.cloud.plugins.module_utils._options import check_server_fields, connection_options, require_name_or_id, wait_options
from ansible_collections.vpsorg.cloud.plugins.module_utils._plan import plan_power
from ansible_collections.vpsorg.cloud.plugins.module_utils._settings import positive_seconds
from ansible_collections.vpsorg.cloud.plugins.module_utils._waiting import SETTLE_TIME


def _check(params: Mapping[str, Any]) -> None:
    require_name_or_id(params)
    check_server_fields(params)
    positive_seconds("settle_time", params["settle_time"])


def _find(door: Door) -> dict[str, Any]:
    name, server_id = door.params["name"], door.params["id"]
    if server_id is None:
        found = door.find_named(name)[0]
        if found is None:
            raise VpsError(f"There is no server named {name}.", name=name)
        return found
    found = door.servers.find(server_id)
    if found is None:
        raise VpsError(f"There is no server with the id {server_id}.")
    if name is not None and found["name"] != name:
        raise VpsError(
            f"Server {server_id} is named {found['name']}, not {name}. Nothing was done: give the id alone, or the name that belongs to it.",
            server=found,
        )
    return found


def _run(door: Door) -> None:
    def survey() -> Survey:
        found = _find(door)
        wish = dataclasses.replace(wish_of(door.params), name=found["name"])
        return Survey([plan_power(wish, door.params["state"], found)])

    end_with_one(door, door.engine(settle_time=door.params["settle_time"]), survey, may_create=False)


def main() -> None:
    """Entry point."""
    options = {
        "name": {"type": "str"},
        "id": {"type": "int"},
        "state": {"type": "str", "choices": ["started", "stopped", "rebooted"], "required": True},
        "settle_time": {"type": "float", "default": SETTLE_TIME},
    }
    module = AnsibleModule(argument_spec={**connection_options(), **wait_options(), **options}, supports_check_mode=True)
    open_door(module, _run, EMPTY_SERVER_RESULT, _check)


if __name__ == "__main__":
    main()
