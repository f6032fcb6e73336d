# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers whose names match a shell pattern."""

from __future__ import annotations

DOCUMENTATION = r"""
name: named_like
short_description: Select VPS.org servers whose names match a shell pattern
version_added: 0.1.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Keeps the servers whose names match a case-sensitive shell pattern (C(*), C(?), and C([...])), as with
    O(vpsorg.cloud.vps_fleet#module:purge_match).
positional: _input, pattern
options:
  _input:
    description: The servers, as in RV(vpsorg.cloud.vps_server_info#module:servers).
    type: list
    elements: dict
    required: true
  pattern:
    description: The pattern, or a list of patterns, one of which must match.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Read all servers
  vpsorg.cloud.vps_server_info:
  register: found

- name: Show the web servers
  ansible.builtin.debug:
    msg: "{{ found.servers | vpsorg.cloud.named_like('web-*') | map(attribute='name') | list }}"
"""

RETURN = r"""
_value:
  description: The servers that match, in their original order.
  type: list
  elements: dict
"""

import fnmatch
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def named_like(servers: Any, pattern: str | list[str]) -> list[Any]:
    """See DOCUMENTATION."""
    if not isinstance(servers, (list, tuple)) or not all(
        isinstance(server, Mapping) and {"id", "name"} & set(server) for server in servers
    ):
        raise AnsibleFilterError("named_like takes a list of servers, as the modules of vpsorg.cloud return it.")
    patterns = [pattern] if isinstance(pattern, str) else pattern
    are_texts = isinstance(patterns, (list, tuple)) and all(isinstance(one, str) and one for one in patterns)
    if not are_texts or not patterns:
        raise AnsibleFilterError("named_like takes a shell pattern such as web-*, or a list of them.")
    return [
        server
        for server in servers
        if "name" in server and any(fnmatch.fnmatchcase(server["name"], one) for one in patterns)
    ]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Filters by name."""
        return {"named_like": named_like}
