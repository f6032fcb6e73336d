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
  - If no server matches, the list is empty, and the task succeeds.
  - An option that is set but empty, such as null from a failed lookup, is an error, because it would select every
    server.
  - A single text is a list of one. As everywhere in Ansible, such a text is split at its commas.
  - A server that the API shows without a name or without a status is not returned if O(name), O(match), or O(status)
    is set; a warning names its ID.
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.attributes
  - vpsorg.cloud.attributes.info_module
options:
  id:
    description:
      - Return only the server with this ID.
    type: int
  name:
    description:
      - Return only servers with exactly one of these names. A name that consists of digits must be in quotes.
    type: list
    elements: str
  match:
    description:
      - Return only servers whose name matches one of these shell patterns, such as V(web-*).
    type: list
    elements: str
  status:
    description:
      - Return only servers with one of these statuses, such as V(active), V(stopped), V(suspended), or
        V(provisioning).
      - A status that no server of the account has causes a warning that lists those that there are.
    type: list
    elements: str
  location:
    description:
      - Return only servers in one of these datacenters, such as V(us-west). Letter case does not matter.
      - A location that no server of the account has causes a warning that lists those that there are.
    type: list
    elements: str
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

- name: Read the web servers that are running or stopped
  vpsorg.cloud.vps_server_info:
    match: web-*
    status: [active, stopped]

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

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from ..module_utils._client.errors import BadInput
from ..module_utils._module.input import new_module
from ..module_utils._module.options import connection_options, words_of
from ..module_utils._module.runner import Result, Task, run_module
from ..module_utils._server.fields import id_problem
from ..module_utils._server.model import Server, lacking, with_detail
from ..module_utils._server.servers import Servers
from ..module_utils._server.status import FILTERABLE, in_our_words

_LISTS = ("name", "match", "status", "location")
# An option that a failed lookup has left empty must not select every server.
_NEVER_EMPTY = frozenset({"id", *_LISTS})


class _Selection(NamedTuple):
    """Which servers are meant: by and; an empty tuple selects by nothing. Locations are in small letters."""

    server_id: int | None
    name: tuple[str, ...]
    match: tuple[str, ...]
    status: tuple[str, ...]
    location: tuple[str, ...]

    def holds(self, server: Server) -> bool:
        """Whether a server is meant."""
        if lacking(server) and (self.name or self.match or self.status):
            return False
        if self.name and server["name"] not in self.name:
            return False
        if self.match and not any(fnmatch.fnmatchcase(server["name"], pattern) for pattern in self.match):
            return False
        if self.status and server["status"] not in self.status:
            return False
        return not self.location or _location(server) in self.location

    def missing_words(self, servers: Sequence[Server]) -> dict[str, list[str]]:
        """The words of status and location that none of some servers has."""
        statuses = {server.get("status") for server in servers}
        locations = {_location(server) for server in servers}
        missing = {
            "status": [word for word in self.status if word not in statuses],
            "location": [word for word in self.location if word not in locations],
        }
        return {option: words for option, words in missing.items() if words}


def _location(server: Server) -> str:
    return str(server.get("location") or "").lower()


def _read(params: Mapping[str, Any]) -> _Selection:
    if params["id"] is not None and (problem := id_problem(params["id"])):
        raise BadInput(f"id {problem}.")
    name, match, status, location = (words_of(option, params[option] or ()) for option in _LISTS)
    status, location = tuple(map(in_our_words, status)), tuple(word.lower() for word in location)
    return _Selection(params["id"], name, match, status, location)


def _matching(servers: Servers, selection: _Selection) -> tuple[list[Server], list[str]]:
    """The servers that are meant, and warnings about words that no server of the account has."""
    if selection.server_id is not None:
        existing = servers.find(selection.server_id)
        seen, is_whole = [existing] if existing else [], False
    else:
        # More than one word, and a location, whose letter case may vary, can't be left to the API's filter.
        status = selection.status[0] if len(selection.status) == 1 and selection.status[0] in FILTERABLE else None
        seen, is_whole = servers.api.list_servers(status=status), status is None
        servers.note(seen)
    found = [server for server in seen if selection.holds(server)]
    if not selection.missing_words(seen):
        return found, []
    everything = seen if is_whole else servers.list()
    if not everything:
        return found, []
    if selection.server_id is None:  # the API's filter may not know the word by which it shows the status
        found = [server for server in everything if selection.holds(server)]
    return found, [_warning(option, words, everything) for option, words in selection.missing_words(everything).items()]


def _warning(option: str, words: Iterable[str], servers: Sequence[Server]) -> str:
    present = ", ".join(sorted({str(server.get(option) or "") for server in servers} - {""}))
    return f"No server of the account has the {option} {', '.join(words)}; those that there are: {present or 'none'}."


def _run(task: Task, selection: _Selection) -> None:
    found, warnings = _matching(task.servers, selection)
    if task.params["details"] and selection.server_id is None:
        from ..module_utils._client.concurrent import DEFAULT_CONCURRENCY
        from ..module_utils._server.details import existing_details

        details = existing_details(task.servers, found, DEFAULT_CONCURRENCY)
        # One that has vanished since the list was read is no longer a server of the account.
        found = [
            cast(Server, with_detail(server, detail))
            for server in found
            if (detail := details[server["id"]]) is not None
        ]
    task.end(Result({"changed": False, "servers": found}, warnings=warnings))


def main() -> None:
    """Entry point."""
    options = {
        "id": {"type": "int"},
        "name": {"type": "list", "elements": "str"},
        "match": {"type": "list", "elements": "str"},
        "status": {"type": "list", "elements": "str"},
        "location": {"type": "list", "elements": "str"},
        "details": {"type": "bool", "default": False},
    }
    module = new_module({**connection_options(), **options}, never_empty=_NEVER_EMPTY)
    run_module(module, _read, _run)


if __name__ == "__main__":
    main()
