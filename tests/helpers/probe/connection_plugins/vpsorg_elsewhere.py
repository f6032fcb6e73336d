# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection `local` under another name: to a controller, another host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vpsorg_elsewhere
short_description: Run on the controller as if it were another host
description:
  - For tests of what another connection does to a task.
author:
  - VPS.org collection contributors
extends_documentation_fragment:
  - connection_pipelining
"""

from ansible.plugins.connection.local import Connection as LocalConnection


class Connection(LocalConnection):
    transport = "vpsorg_elsewhere"
