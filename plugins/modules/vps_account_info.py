#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the account and what its token may do."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_account_info
short_description: Read the account and the permissions of its token
version_added: 1.0.0
description:
  - Returns what the API tells about the account and about the token. Any active token may ask for that.
  - The account's name and email address are personal data. To find out only what the token may do, use
    M(vpsorg.cloud.vps_api_info).
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.attributes
  - vpsorg.cloud.attributes.info_module
seealso:
  - module: vpsorg.cloud.vps_api_info
  - module: vpsorg.cloud.vps_plan_info
"""

EXAMPLES = r"""
- name: Read what the token may do
  vpsorg.cloud.vps_account_info:
  register: own

- name: Stop if it can't manage servers
  ansible.builtin.assert:
    that: own.token.permissions | intersect(['servers:*', '*:*']) | length > 0
"""

RETURN = r"""
account:
  description: The account as returned by the API.
  returned: always
  type: dict
  contains:
    email:
      description: The email address.
      type: str
    first_name:
      description: The first name.
      type: str
    last_name:
      description: The last name.
      type: str
    company_name:
      description: The company.
      type: str
    created_at:
      description: The date of the account's creation.
      type: str
  sample:
    {email: jane@example.com, first_name: Jane, last_name: Doe, company_name: Example, created_at: '2024-06-15'}
token:
  description: The token as returned by the API, without its text.
  returned: always
  type: dict
  contains:
    name:
      description: The name that the token was given.
      type: str
    permissions:
      description: What it may do. Reading servers takes C(servers:read), changing them C(servers:*) or C(*:*).
      type: list
      elements: str
  sample: {name: ansible, permissions: ['servers:*']}
api:
  description: How many requests were sent, how many of them were retries, and how many seconds were spent in pauses.
  returned: always
  type: dict
  sample: {requests: 1, retries: 0, waited: 0.0}
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._module.input import new_module
from ..module_utils._module.options import connection_options
from ..module_utils._module.runner import Result, Task, run_module
from ..module_utils._server.lookups import account_of


def _read(params: Mapping[str, Any]) -> None:
    """Nothing more to check."""


def _run(task: Task, _declared: None) -> None:
    seen = account_of(task.client)
    task.end(Result({"changed": False, "account": seen["account"], "token": seen["token"]}))


def main() -> None:
    """Entry point."""
    run_module(new_module(connection_options()), _read, _run)


if __name__ == "__main__":
    main()
