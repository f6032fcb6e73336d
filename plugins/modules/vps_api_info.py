#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells what API an account speaks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_api_info
short_description: Tell what API an account speaks, and how it differs from the documentation
version_added: 1.0.0
description:
  - The first thing to run on a new account. The API's documentation and the vendor's own clients describe one API in
    two ways. This collection implements the documentation, and was never tried on a real account. This module tells
    which of the two the account speaks, and how it differs from the documentation.
  - Sends only GET requests, at most 12. A request that the API cannot answer now (429, 5xx) is sent once more.
  - No value of the account is returned except for the permissions of the token and the statuses of servers, so that the
    result can be pasted into a bug report. The name of a key is returned only if it can't be a value, as the names in
    your own labels could.
  - Succeeds whatever the API responds. Fails only if nothing can be asked, because there is no response or because the
    token is not accepted.
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.attributes
  - vpsorg.cloud.attributes.info_module
seealso:
  - module: vpsorg.cloud.vps_account_info
  - module: vpsorg.cloud.vps_plan_info
"""

EXAMPLES = r"""
- name: Find out what the account speaks
  vpsorg.cloud.vps_api_info:
  register: spoken

- name: Show it
  ansible.builtin.debug:
    msg: "{{ [spoken.msg] + spoken.reasons }}"

- name: Stop if the collection can't manage the account
  ansible.builtin.assert:
    that: spoken.dialect == 'documented'
    fail_msg: "{{ spoken.msg }}"
"""

RETURN = r"""
msg:
  description: The verdict in a few sentences, and what to do.
  returned: always
  type: str
  sample: This account speaks the API as it is documented, so this collection can manage it.
dialect:
  description:
    - V(documented) means that the account's objects have integer IDs in C(id), as documented, and V(clients) that they
      have UUIDs in C(uuid), as the vendor's own clients describe it, which the collection cannot manage. The servers
      decide; if there is none, the plans; and if there is no plan either, the paths that there are.
    - V(unknown) means that it is neither of them, for example a UUID in C(id), or that nothing has shown which of them
      it is, for example because there is no server yet, or because O(api_url) leads to something else.
  returned: always
  type: str
  sample: documented
reasons:
  description: Why, what will let tasks fail, and how the API differs from the documentation. A list of sentences.
  returned: always
  type: list
  elements: str
  sample:
    - The API identifies a server by an integer id, as it is documented.
    - "GET /plans/: a plan lacks slug."
status_words:
  description:
    - A dictionary with an entry for each status that a server of the account has. C(servers) is how many servers have
      it, and C(known) whether the collection knows it. A task that waits for a server goes on waiting in a status that
      the collection does not know. Statuses that are not single words are counted as C(other).
  returned: always
  type: dict
  sample: {active: {servers: 12, known: true}, migrating: {servers: 1, known: false}}
endpoints:
  description:
    - A dictionary with an entry for each path that was asked for. C(status) is the HTTP status, null if there was no
      response, and C(shape) the names of keys and the types of values, or what came instead of JSON. Keys that may be
      values of the account are together C(other keys).
  returned: always
  type: dict
  sample: {/account/me/: {status: 404, shape: {detail: str}}}
paging:
  description: How the list of servers comes.
  returned: always
  type: dict
  contains:
    page_size:
      description: What becomes of the parameter C(page_size), one of C(taken), C(ignored), C(rejected), and C(unknown).
        It is unknown if there are fewer than two servers, or if the API could not answer.
      type: str
    pages:
      description: Whether the list comes in pages; null if there are too few servers to tell.
      type: bool
    count:
      description: Whether the list's C(count) is the number of servers, one of C(right), C(wrong), C(missing), and
        C(unknown). It is unknown if the list is too long to be read as a whole.
      type: str
    next:
      description: Whether the list has a C(next).
      type: bool
  sample: {page_size: taken, pages: true, count: right, next: true}
permissions:
  description: The permissions of the token; null if the API does not tell. What does not look like one is counted only,
    as in C(2 others).
  returned: always
  type: list
  elements: str
  sample: ['servers:*']
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 10, retries: 0, waited: 0.0}
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._module.input import new_module
from ..module_utils._module.options import connection_options
from ..module_utils._module.runner import Result, Task, run_module
from ..module_utils._server.probe import Probe
from ..module_utils._server.report import report


def _read(params: Mapping[str, Any]) -> None:
    """Nothing more to check."""


def _run(task: Task, _declared: None) -> None:
    values = report(Probe(task.client).look())
    texts = {"msg": task.scrub(values["msg"]), "reasons": [task.scrub(reason) for reason in values["reasons"]]}
    task.end(Result({"changed": False, **values, **texts}))


def main() -> None:
    """Entry point."""
    run_module(new_module(connection_options()), _read, _run)


if __name__ == "__main__":
    main()
