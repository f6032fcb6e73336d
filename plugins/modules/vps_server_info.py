#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_server_info
short_description: Read VPS.org servers
version_added: 0.1.0
description:
  - Returns the servers of the account that match all given options, or all servers if no option is given.
  - Values must match exactly. If no server matches, the list is empty, and the task succeeds.
  - A server that the API shows without a name or without a status is not returned if O(name) or O(status) is set; a
    warning names its ID.
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - This module does not modify state.
  diff_mode:
    support: N/A
    details:
      - This module does not modify state.
  idempotent:
    support: full
    details:
      - This module does not modify state.
options:
  id:
    description:
      - Return only the server with this ID.
    type: int
  name:
    description:
      - Return only servers with exactly this name.
    type: str
  status:
    description:
      - Return only servers with this status, such as V(active), V(stopped), V(suspended), or V(provisioning).
    type: str
  location:
    description:
      - Return only servers in this datacenter, such as V(us-west).
    type: str
  details:
    description:
      - Whether to read the details of every server, which add C(ipv6_address), C(backups_enabled), C(resource_usage),
        and the bandwidth of the plan. This takes one more request per server; several of them are sent at the same
        time.
      - If O(id) is set, the details are always returned.
    type: bool
    default: false
seealso:
  - module: vpsorg.cloud.vps_server
"""

EXAMPLES = r"""
- name: Read the active servers in one datacenter
  vpsorg.cloud.vps_server_info:
    status: active
    location: us-west
  register: running

- name: Show their addresses
  ansible.builtin.debug:
    msg: "{{ running.servers | map(attribute='ip_address') | list }}"

- name: Read everything that the API returns about one server
  vpsorg.cloud.vps_server_info:
    name: web-01
    details: true
"""

RETURN = r"""
servers:
  description: The servers as returned by the API, in the API's order. Empty if no server matches.
  returned: always
  type: list
  elements: dict
  sample:
    - id: 12345
      name: web-01
      hostname: web01.example.com
      status: active
      ip_address: 203.0.113.10
      location: us-west
      plan: {id: 1, name: Standard VPS, vcpus: 2, memory: 4096, storage: 80}
      os: {id: 5, name: Ubuntu 22.04 LTS}
      created_at: '2025-01-10T14:30:00Z'
      updated_at: '2025-01-15T10:20:00Z'
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 1, retries: 0, waited: 0.0}
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._client.concurrent import DEFAULT_CONCURRENCY
from ..module_utils._client.errors import BadInput
from ..module_utils._module.input import new_module
from ..module_utils._module.options import check_server_options, connection_options
from ..module_utils._module.runner import Result, Task, run_module
from ..module_utils._server.model import Server, lacking
from ..module_utils._server.servers import Servers
from ..module_utils._server.status import FILTERABLE

# An option that a failed lookup has left empty must not select every server.
_NEVER_EMPTY = frozenset({"id", "name", "status", "location"})


def _read(params: Mapping[str, Any]) -> Mapping[str, Any]:
    check_server_options(params)
    if params["status"] is not None and not params["status"].strip():
        raise BadInput(
            "status must be a status such as active, got an empty one. Omit the option rather than leaving it empty."
        )
    return params


def _matching(servers: Servers, params: Mapping[str, Any]) -> list[Server]:
    if params["id"] is not None:
        existing = servers.find(params["id"])
        found = [existing] if existing else []
    else:
        status = params["status"] if params["status"] in FILTERABLE else None
        found = servers.api.list_servers(status=status, location=params["location"])
        servers.note(found)
    if params["name"] is not None or params["status"] is not None:
        found = [server for server in found if not lacking(server)]
    return [
        server
        for server in found
        if all(params[key] in (None, server.get(key)) for key in ("name", "status", "location"))
    ]


def _run(task: Task, params: Mapping[str, Any]) -> None:
    found = _matching(task.servers, params)
    if params["details"] and params["id"] is None:
        # One that has vanished since the list was read is no longer a server of the account.
        found = [
            detail
            for detail in task.servers.existing_details(found, DEFAULT_CONCURRENCY).values()
            if detail is not None
        ]
    task.end(Result({"changed": False, "servers": found}))


def main() -> None:
    """Entry point."""
    options = {
        "id": {"type": "int"},
        "name": {"type": "str"},
        "status": {"type": "str"},
        "location": {"type": "str"},
        "details": {"type": "bool", "default": False},
    }
    module = new_module({**connection_options(), **options}, never_empty=_NEVER_EMPTY)
    run_module(module, _read, _run)


if __name__ == "__main__":
    main()
