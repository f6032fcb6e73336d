# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection `local` under another name: to a controller, another host, with an environment of its own."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vpsorg_elsewhere
short_description: Run on the controller as if it were another host
description:
  - For tests of what another connection does to a task.
author:
  - VPS.org collection contributors
options:
  become_success_timeout:
    description: As of the connection C(local) of ansible-core 2.19 and newer.
    type: int
    default: 10
    vars: [{name: vpsorg_elsewhere_become_success_timeout}]
  become_strip_preamble:
    description: As of the connection C(local) of ansible-core 2.19 and newer.
    type: bool
    default: true
    vars: [{name: vpsorg_elsewhere_become_strip_preamble}]
extends_documentation_fragment:
  - connection_pipelining
"""

import shlex
from typing import Any

from ansible.plugins.connection.local import Connection as LocalConnection


class Connection(LocalConnection):
    transport = "vpsorg_elsewhere"

    def exec_command(self, cmd: str, *args: Any, **kwargs: Any) -> Any:
        return super().exec_command(f"env -u VPS_API_TOKEN /bin/sh -c {shlex.quote(cmd)}", *args, **kwargs)
