# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of what modules support."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and predict whether anything would change, without modifying the target.
  diff_mode:
    description: Returns details on what has changed (or would change, in check mode), when run in diff mode.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run reports no change.
  action_group:
    description: Use C(group/vpsorg.cloud.all) in C(module_defaults) to set the connection options for all modules of
      this collection. Use C(group/vpsorg.cloud.wait) to set the wait options for the modules that wait,
      M(vpsorg.cloud.vps_fleet), M(vpsorg.cloud.vps_server), and M(vpsorg.cloud.vps_server_power).
    support: full
    membership:
      - vpsorg.cloud.all
  in_process:
    description: >-
      Runs inside the controller's process instead of in a separate Python process, with the same result, whenever that
      is equivalent. This requires the connection V(local), no C(become), no C(async), and an interpreter that is either
      unset or the controller's. Set the variable C(vpsorg_in_process) to V(false) to turn it off.
    support: full
"""

    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not modify state.
  diff_mode:
    support: N/A
    details:
      - This module does not modify state.
  idempotent:
    support: full
    details:
      - This module does not modify state.
"""
