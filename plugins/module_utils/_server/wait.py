# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When a wait is over. Pure: the clock is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .addresses import has_address, lacks_address
from .status import ACTIVE, REBOOTING, SETTLE_TIME, STABLE, Goal, is_known, is_terminal

STALE_GRACE = 60.0  # seconds in which a new server may still be missing from reads
_SETTLE_READS = 2


class State(Enum):
    """How a wait stands after a look."""

    GOING = "going on"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Wait:
    """One server's way to one goal. `started`: when the wait began, in monotonic seconds.

    `fresh`: the server was created or acted on just before, so that the first looks may be stale.
    """

    goal: Goal
    started: float
    fresh: bool = False
    settle_time: float = SETTLE_TIME
    last_status: str = ""
    reads: int = 0
    saw_rebooting: bool = False
    problem: str = ""
    unknown_status: str = ""
    missing: bool = False  # from the last look
    lack: str = ""  # what to say of the last look's address, where it showed none

    def see(self, server: Mapping[str, Any] | None, now: float) -> State:
        """Judge a look. `server`: a view of the server; None where a whole response says that there is none."""
        self.missing = server is None
        if server is None:
            return self._absent(now)
        status = server["status"]
        self.last_status = status
        self.reads += 1
        self.saw_rebooting = self.saw_rebooting or status == REBOOTING
        if self.goal is Goal.GONE:
            return State.GOING  # whatever word the API has for a server that it is deleting
        if not is_known(status):
            self.unknown_status = status
        if self.goal is Goal.SETTLED:
            if status in STABLE:
                return State.DONE
        elif status == self.goal.status and self._arrived(server, now):
            return State.DONE
        if is_terminal(status):
            self.problem = "it ended in a status that does not change by waiting"
            return State.FAILED
        return State.GOING

    def _arrived(self, server: Mapping[str, Any], now: float) -> bool:
        if self.goal is Goal.READY:
            if has_address(server):
                return True
            self.lack = lacks_address(server)
            return False
        if self.goal is Goal.REBOOTED:
            # A read that shows `active` right after the command may be older than the reboot.
            return self.saw_rebooting or (self.reads >= _SETTLE_READS and now - self.started >= self.settle_time)
        return True

    def _absent(self, now: float) -> State:
        if self.goal is Goal.GONE:
            return State.DONE
        if self.fresh and now - self.started < STALE_GRACE:
            return State.GOING
        self.problem = "it has vanished: the API no longer shows it"
        return State.FAILED

    def standing(self, known_status: str = "") -> str:
        """What there is to say at the time limit beside the last status; empty where that is all.

        `known_status`: from before the wait.
        """
        last_status = self.last_status or known_status
        words = [] if last_status else ["its status was never seen"]
        if self.unknown_status and self.unknown_status == last_status:
            words.append("this status is unknown to the collection")
        if self.missing:
            words.append("the last look did not find it")
        if self.goal is Goal.READY and self.last_status == ACTIVE:
            words.append(self.lack)
        return ", and ".join(words)
