# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to become another user that needs no privilege and changes no user: it sets a variable.

As sudo does, it passes no token of the environment on.
"""

from __future__ import annotations

DOCUMENTATION = r"""
name: vpsorg_plain
short_description: Become nobody else
description:
  - For tests of what becoming does to a task.
author:
  - VPS.org collection contributors
options:
  become_user:
    description: Not used.
    default: root
    ini: [{section: privilege_escalation, key: become_user}]
    vars: [{name: ansible_become_user}]
    keyword: [{name: become_user}]
  become_exe:
    description: Not used.
    keyword: [{name: become_exe}]
  become_flags:
    description: Not used.
    keyword: [{name: become_flags}]
  become_pass:
    description: Not used.
    vars: [{name: ansible_become_pass}]
"""

import shlex

from ansible.plugins.become import BecomeBase


class BecomeModule(BecomeBase):
    name = "vpsorg_plain"

    def build_become_command(self, cmd: str, shell: object) -> str:
        super().build_become_command(cmd, shell)
        return (
            f"env -u VPS_API_TOKEN PROBE_BECOME=1 /bin/sh -c {shlex.quote(f'echo {self.success}; {cmd}')}"
            if cmd
            else cmd
        )
