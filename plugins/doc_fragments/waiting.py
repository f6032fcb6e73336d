# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options of whatever waits."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to return only when the server is where it was asked to be. A created server is there when its status is
        V(active) and it has an address; a deleted one when the API shows it no longer.
      - Where an action is only possible after a transition has ended (a V(stopping) server is to be started), that end is
        waited for in any case.
    type: bool
    default: true
  wait_timeout:
    description:
      - The limit in seconds for the task. Reaching it is a failure that names the server's id and its last status.
    type: float
    default: 600.0
  wait_interval:
    description:
      - The first pause in seconds between two looks at the server, at least V(0.1). Pauses grow to 10 seconds.
    type: float
    default: 2.0
  adopt_timeout:
    description:
      - After a create whose answer was lost, how long in seconds to look for the server before giving up with an unknown outcome.
        A second request to create it is never sent.
    type: float
    default: 30.0
"""
