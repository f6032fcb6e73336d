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
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  action_group:
    description: Use C(group/vpsorg.cloud.all) in C(module_defaults) to set the connection options for all modules of this collection.
    support: full
    membership:
      - vpsorg.cloud.all
  in_process:
    description: >-
      Runs inside the controller's own process instead of as a separate Python process, with the same result, wherever that is
      equivalent: connection V(local), no C(become), no C(async), and the interpreter unset or the controller's own.
      Set the variable C(vpsorg_in_process) to V(false) to switch it off.
    support: full
"""
