# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all waiting modules share."""

from __future__ import annotations


class ModuleDocFragment:
    # The fragment `attributes` comes after this one and adds the rest.
    DOCUMENTATION = r"""
attributes:
  action_group:
    membership:
      - vpsorg.cloud.all
      - vpsorg.cloud.wait
options:
  wait:
    description:
      - Whether to wait until the server has reached the desired state. For a created server, this means that its status
        is V(active) and that it has an IPv4 or IPv6 address that can be another machine's; for a deleted server, that
        the API no longer shows it.
      - An existing server that is V(active) is not waited for.
      - If an action is only possible after a transition has ended (for example, starting a server that is V(stopping)),
        the module always waits for the end of the transition.
    type: bool
    default: true
  wait_timeout:
    description:
      - The timeout in seconds for the task. If it is reached, the task fails with a message that contains the server's
        ID and last status.
    type: float
    default: 600.0
  wait_interval:
    description:
      - The initial interval between two polls of the server, in seconds. The minimum is V(0.1). The interval grows to
        10 seconds.
    type: float
    default: 2.0
  adopt_timeout:
    description:
      - If the response to a create is lost, how long to look for the server, in seconds, before the task fails with an
        unknown outcome. The create is never sent a second time.
    type: float
    default: 30.0
"""
