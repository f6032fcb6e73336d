#!/usr/bin/python
# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the plans that can be ordered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_plan_info
short_description: Read the plans and their prices
version_added: 1.0.0
description:
  - Returns the plans that match all given options, or all plans if no option is given. A plan's ID is what
    O(vpsorg.cloud.vps_server#module:plan_id) takes.
  - If no plan matches, the list is empty, and the task succeeds.
  - The API has no list of operating systems, locations, or SSH keys. The locations at which a plan can be ordered are
    shown with the plan; the IDs of operating systems are shown with the servers that have them, see
    M(vpsorg.cloud.vps_server_info).
author:
  - VPS.org collection contributors (@vpsorg)
extends_documentation_fragment:
  - vpsorg.cloud.connection
  - vpsorg.cloud.attributes
  - vpsorg.cloud.attributes.info_module
options:
  location:
    description:
      - Return only plans that can be ordered in this datacenter, such as V(us-west). Letter case does not matter.
      - A plan that the API shows without locations is returned too.
      - A location that no plan has causes a warning that lists those that there are.
    type: str
  available:
    description:
      - Return only plans that can be ordered now, or, if V(false), only those that cannot.
      - A plan that the API shows without a word on that counts as one that can be ordered.
    type: bool
seealso:
  - module: vpsorg.cloud.vps_server
  - module: vpsorg.cloud.vps_account_info
"""

EXAMPLES = r"""
- name: Read the plans that can be ordered in one datacenter
  vpsorg.cloud.vps_plan_info:
    location: us-west
    available: true
  register: offered

- name: Show their IDs, from the cheapest on
  ansible.builtin.debug:
    msg: "{{ offered.plans | sort(attribute='price_monthly') | map(attribute='id') | list }}"
"""

RETURN = r"""
plans:
  description:
    - The plans as returned by the API, in the API's order, with everything that it shows. Empty if no plan matches.
    - The unit of memory is MB, that of storage and bandwidth GB (inferred from the documentation's values). The
      currency of prices is not documented.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The plan's ID.
      type: int
    name:
      description: The plan's name. It can differ from the one that servers show for the same ID.
      type: str
    slug:
      description: The plan's name in small letters.
      type: str
    vcpus:
      description: The number of virtual CPUs.
      type: int
    memory:
      description: The memory.
      type: int
    storage:
      description: The storage.
      type: int
    bandwidth:
      description: The bandwidth.
      type: int
    price_monthly:
      description: The price of a month.
      type: float
    price_hourly:
      description: The price of an hour.
      type: float
    available:
      description: Whether it can be ordered now.
      type: bool
    locations:
      description: The codes of the datacenters in which it can be ordered.
      type: list
      elements: str
    description:
      description: What the plan is meant for.
      type: str
  sample:
    - id: 1
      name: Starter VPS
      slug: starter
      vcpus: 1
      memory: 2048
      storage: 40
      bandwidth: 1024
      price_monthly: 5.0
      price_hourly: 0.007
      available: true
      locations: [us-west, us-east, eu-central]
      description: Perfect for small projects and testing
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
from ..module_utils._server.lookups import all_locations, is_available, is_offered_at, plans_that_exist

_NEVER_EMPTY = frozenset({"location"})


def _read(params: Mapping[str, Any]) -> None:
    """Nothing more to check."""


def _run(task: Task, _declared: None) -> None:
    location, available = task.params["location"], task.params["available"]
    plans = plans_that_exist(task.servers.api)
    at_location = [plan for plan in plans if location is None or is_offered_at(plan, location)]
    found = [plan for plan in at_location if available in (None, is_available(plan))]
    warnings = []
    if not at_location and (there_are := all_locations(plans)):
        warnings = [f"No plan has the location {location}; those that there are: {', '.join(there_are)}."]
    task.end(Result({"changed": False, "plans": found}, warnings=warnings))


def main() -> None:
    """Entry point."""
    options = {"location": {"type": "str"}, "available": {"type": "bool"}}
    module = new_module({**connection_options(), **options}, never_empty=_NEVER_EMPTY)
    run_module(module, _read, _run)


if __name__ == "__main__":
    main()
