# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The life of a server: what the status words mean for whoever wants to act on it. Pure.

The words are documented, `restoring` on the page of snapshots. The word for a failed state is documented nowhere, so
the good side of every decision is a closed set, and an unknown word is waited on.
"""

from __future__ import annotations

from enum import Enum

ACTIVE = "active"
STOPPED = "stopped"
PROVISIONING = "provisioning"
REBOOTING = "rebooting"

SETTLE_TIME = 10.0  # seconds after which an active server that never showed `rebooting` counts as rebooted

# Where a transition leads, as far as is known.
LEADS_TO = {PROVISIONING: ACTIVE, "starting": ACTIVE, REBOOTING: ACTIVE, "restoring": ACTIVE, "stopping": STOPPED}
# On the way to a power state that was asked for: nothing but waiting is needed. A restored server may end either way.
ON_THE_WAY = {ACTIVE: frozenset({PROVISIONING, "starting", REBOOTING}), STOPPED: frozenset({"stopping"})}
# What the list's filter is documented to take; another word may be refused or ignored.
FILTERABLE = frozenset({ACTIVE, STOPPED, "suspended"})
STABLE = frozenset({ACTIVE, STOPPED})
# No action changes these, and no wait ends well in them.
TERMINAL = frozenset({"suspended", "error", "failed", "deleted"})
FAILED = TERMINAL - {"suspended"}  # a suspended server was made as it was asked for

# What the documented texts call these states ("already running", "power off a running server"): an API that shows a
# status by these words means the same.
_OTHER_WORDS = {"running": ACTIVE, "off": STOPPED}

POWER_TARGET = {"started": ACTIVE, "stopped": STOPPED}
_POWER_OF = {status: power for power, status in POWER_TARGET.items()}


class Goal(Enum):
    """What is waited for."""

    READY = "active with an address"
    ACTIVE = "active"
    STOPPED = "stopped"
    REBOOTED = "active again after the reboot"
    SETTLED = "active or stopped"
    GONE = "gone"

    @property
    def status(self) -> str | None:
        """The one status in which the wait ends well; None where there are several or none."""
        return _STATUS_OF_GOAL.get(self)


_STATUS_OF_GOAL = {Goal.READY: ACTIVE, Goal.ACTIVE: ACTIVE, Goal.REBOOTED: ACTIVE, Goal.STOPPED: STOPPED}


def in_our_words(status: str) -> str:
    """The word by which a status is known here: `active` for `running`, `stopped` for `off`, and any other as it is."""
    return _OTHER_WORDS.get(status, status)


def is_known(status: str) -> bool:
    """Whether a status word is one of those that are known."""
    return status in STABLE or status in TERMINAL or status in LEADS_TO


def is_terminal(status: str) -> bool:
    """Whether no action changes this status, and no wait ends well in it."""
    return status in TERMINAL


def is_becoming_active(status: str) -> bool:
    """Whether a server in this status becomes active by itself."""
    return LEADS_TO.get(status) == ACTIVE


def power_word(status: str) -> str:
    """The power state that a status means, for showing: `started`, `stopped`, or the status word itself."""
    return _POWER_OF.get(status, status)
