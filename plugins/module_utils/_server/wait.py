# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When a wait is over, and how long to pause between two looks. Pure but for the clock that is passed in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from . import status as _status
from .status import Goal

LONGEST_INTERVAL = 10.0  # seconds
STALE_GRACE = 60.0  # seconds in which a new server may still be missing from reads
SETTLE_TIME = 10.0  # seconds after which an active server that never showed `rebooting` counts as rebooted
_GROWTH = 1.25
_SETTLE_READS = 2

_TARGETS = {Goal.READY: _status.ACTIVE, Goal.ACTIVE: _status.ACTIVE, Goal.REBOOTED: _status.ACTIVE, Goal.STOPPED: _status.STOPPED}


class Intervals:
    """The pauses between looks: the first is what the user chose, then they grow to 10 s, with jitter."""

    def __init__(self, first: float) -> None:
        self._next = first

    def next(self) -> float:
        """Seconds to pause before the next look."""
        pause = self._next
        self._next = max(pause, min(LONGEST_INTERVAL, pause * _GROWTH))
        return min(pause * random.uniform(1.0, 1.15), max(pause, LONGEST_INTERVAL))


class State(Enum):
    """How a wait stands after a look."""

    GOING = "going on"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Wait:
    """One server's way to one goal. C(started): when the wait began, in monotonic seconds.

    C(fresh): the server was created or acted on just before, so that the first looks may be stale.
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

    def see(self, server: Mapping[str, Any] | None, now: float) -> State:
        """Judge a look. C(server): a view of the server; None where a whole answer says that there is none."""
        self.missing = server is None
        if server is None:
            return self._absent(now)
        status = server["status"]
        self.last_status = status
        self.reads += 1
        self.saw_rebooting = self.saw_rebooting or status == _status.REBOOTING
        if self.goal is Goal.GONE:
            return State.GOING  # whatever word the API has for a server that it is deleting
        if not _status.is_known(status):
            self.unknown_status = status
        if self.goal is Goal.SETTLED:
            if status in _status.STABLE:
                return State.DONE
        elif status == _TARGETS[self.goal] and self._arrived(server, now):
            return State.DONE
        if status in _status.DEAD:
            self.problem = f"it ended in the status {status}, which no waiting changes"
            return State.FAILED
        return State.GOING

    def _arrived(self, server: Mapping[str, Any], now: float) -> bool:
        if self.goal is Goal.READY:
            return _status.has_address(server)
        if self.goal is Goal.REBOOTED:
            # A read that shows `active` right after the command may be older than the reboot.
            return self.saw_rebooting or (self.reads >= _SETTLE_READS and now - self.started >= self.settle_time)
        return True

    def _absent(self, now: float) -> State:
        if self.goal is Goal.GONE:
            return State.DONE
        if self.fresh and now - self.started < STALE_GRACE:
            return State.GOING
        self.problem = "it has vanished: the API shows no such server any more"
        return State.FAILED

    def describe(self, known_status: str = "") -> str:
        """Where it stands, for the message at the time limit. C(known_status): the one that was known before the wait."""
        last_status = self.last_status or known_status
        status = f"its last status is {last_status}" if last_status else "its status was never seen"
        if self.missing:
            status += ", and the last look did not find it"
        if self.goal is Goal.READY and self.last_status == _status.ACTIVE:
            status += " without an address"
        return f"{status}{' (a word that is not known)' if self.unknown_status == self.last_status and self.last_status else ''}"
