# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a status is one that leads to active."""

from __future__ import annotations

DOCUMENTATION = r"""
name: becoming_active
short_description: Whether a server in this status becomes active by itself
version_added: 1.0.0
author: VPS.org collection contributors (@vpsorg)
description:
  - True for C(provisioning), C(starting), C(rebooting) and C(restoring).
  - False for every other word, including unknown ones, because the API does not document all of its status words.
positional: _input
options:
  _input:
    description: The status of a server, as the modules and the inventory plugin return it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read all servers
  vpsorg.cloud.vps_server_info:
  register: found

- name: Show the servers that will be active soon
  ansible.builtin.debug:
    msg: "{{ found.servers | selectattr('status', 'vpsorg.cloud.becoming_active') | map(attribute='name') | list }}"
"""

RETURN = r"""
_value:
  description: Whether it is.
  type: bool
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._server.status import is_becoming_active


def becoming_active(status: Any) -> bool:
    """See DOCUMENTATION."""
    if not isinstance(status, str):
        raise AnsibleFilterError("becoming_active takes the status of a server, such as active.")
    return is_becoming_active(status)


class TestModule:
    """The tests of this file."""

    def tests(self) -> dict[str, Callable[[Any], bool]]:
        """Tests by name."""
        return {"becoming_active": becoming_active}
