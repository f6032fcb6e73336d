# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name inside the controller's process where that is equivalent."""

from __future__ import annotations

from ..modules import vps_plan_info
from ..plugin_utils._in_process import InProcessActionModule, check_arguments


class ActionModule(InProcessActionModule):
    """See InProcessActionModule."""

    MODULE = vps_plan_info
    WRITES = False


def main() -> None:
    """What ansible-lint calls to check the options of a task: it finds this file before the module."""
    check_arguments(vps_plan_info)
