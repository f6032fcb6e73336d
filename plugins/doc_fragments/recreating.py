# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that all modules share that can recreate a server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  recreate_unproven:
    description:
      - Whether O(on_immutable_change=recreate) may go on although nothing proves that a server can be created with its
        plan, operating system, or location. If the create is then rejected, the server is already gone.
      - A plan and its locations are proven by the API's list of plans, and any of the three values by another server of
        the account that has it. A plan that the list lacks, that is not available, or that is not offered at the
        location is always refused.
    type: bool
    default: false
    version_added: 1.0.0
"""
