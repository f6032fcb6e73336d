#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells what API an account speaks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_api_info
short_description: Tell what API an account speaks, and how it differs from the documentation
version_added: 0.2.0
description:
  - The first thing to run on a new account. The API's documentation and the vendor's own clients describe one API in
    two ways. This collection implements the documentation, and was never tried on a real account. This module tells
    which of the two the account speaks, and how it differs from the documentation.
  - Sends only GET requests, at most 12.
  - No value of the account is returned except for the permissions of the token and the statuses of servers, so that the
    result can be pasted into a bug report.
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
  description: The verdict, in a sentence or two.
  returned: always
  type: str
  sample: This account speaks the API as it is documented, so this collection can manage it.
dialect:
  description:
    - V(documented) means that the account speaks the API as it is documented, and V(clients) that it speaks it as the
      vendor's own clients describe it, which the collection cannot manage.
    - V(unknown) means that nothing has shown which of the two it is, for example because there is no server yet.
  returned: always
  type: str
  sample: documented
reasons:
  description: Why, and how the API differs from the documentation. A list of sentences.
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
      the collection does not know.
  returned: always
  type: dict
  sample: {active: {servers: 12, known: true}, migrating: {servers: 1, known: false}}
endpoints:
  description:
    - A dictionary with an entry for each path that was asked for. C(status) is the HTTP status, null if there was no
      response, and C(shape) the names of keys and the types of values, or what came instead of JSON.
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
        It is unknown if there are fewer than two servers.
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
  description: The permissions of the token; null if the API does not tell.
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
from ..module_utils._server.dialect import (
    CLIENTS,
    DOCUMENTED,
    UNKNOWN,
    about_permissions,
    about_words,
    differences,
    judge,
    status_words,
)
from ..module_utils._server.probe import Findings, Probe

_VERDICTS = {
    DOCUMENTED: "This account speaks the API as it is documented, so this collection can manage it.",
    CLIENTS: (
        "This account speaks the API as the vendor's own clients (vps-mcp, vpsdotorg) describe it, not as it is "
        "documented. This collection can't manage it. Please report it, with this output."
    ),
    UNKNOWN: (
        "Whether this account speaks the API as it is documented can't be told yet. Create a server in the control "
        "panel, and run this again."
    ),
}


def _read(params: Mapping[str, Any]) -> None:
    """Nothing more to check."""


def _run(task: Task, _declared: None) -> None:
    task.end(Result({"changed": False, **_values(task, Probe(task.client).look())}))


def _values(task: Task, findings: Findings) -> dict[str, Any]:
    verdict = judge(findings.seen)
    words = status_words(findings.seen.servers)
    lacking = about_permissions(findings.permissions)
    more = [*about_words(words), *_about_list(findings)]
    if verdict.dialect == DOCUMENTED:
        more += differences(findings.seen)
    return {
        "msg": " ".join([_VERDICTS[verdict.dialect], *lacking, *_pointer(more)]),
        "dialect": verdict.dialect,
        "reasons": [task.scrub(reason) for reason in (*verdict.reasons, *lacking, *more)],
        "status_words": words,
        "endpoints": findings.endpoints,
        "paging": findings.paging,
        "permissions": findings.permissions,
    }


def _about_list(findings: Findings) -> list[str]:
    status = findings.endpoints["/servers/"]["status"]
    about = [f"GET /servers/: HTTP {status}."] if status != 200 else []
    if findings.paging["count"] in ("wrong", "missing"):
        about.append(f"GET /servers/: the count is {findings.paging['count']}, so that no task can read the list.")
    if findings.paging["count"] == "unknown" and findings.paging["pages"]:
        about.append("GET /servers/: not all servers were read, so there may be more statuses.")
    return about


def _pointer(more: list[str]) -> list[str]:
    return ["How it differs from the documentation is in reasons."] if more else []


def main() -> None:
    """Entry point."""
    run_module(new_module(connection_options()), _read, _run)


if __name__ == "__main__":
    main()
