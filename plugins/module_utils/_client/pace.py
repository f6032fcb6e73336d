# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How fast one task may send: a rate that shrinks when the API says "later", and grows slowly again. Pure: the clock is
passed in.

The API's rate limits are documented nowhere, so the rate is learned: from how many requests were granted in the time
before a refusal.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from typing import Any

_FIRST_WRITES = 60.0  # requests per second; a task that writes to many servers does not begin with all at once
_WRITES_GROWTH = 40.0  # requests per second that each granted request adds to that
_UNLIMITED = 1000.0  # requests per second from which on there is no limit to be kept
_SHRINK = 0.85  # of the rate that was refused
_GROWTH = 1.005  # of the rate, for each granted request
_FAST_GROWTH = 1.02  # the same, far below a rate that was refused
_MEMORY = 120.0  # seconds after the last refusal for which the rate is still told to others
_SPREAD = 0.25  # of a pause, by which it is lengthened at random; twice as much for each refusal in a row
_MOST_SPREAD = 30.0  # seconds, at most, by which a pause is lengthened at random
_SHORTEST_WINDOW = 1.0  # seconds over which granted requests are counted
_GRANTS_REMEMBERED = 512
_FEWEST_SENT = 4  # requests of this task, from which a rate can be learned


class Pace:
    """One task's rate. Times are monotonic seconds. Not safe for threads: its owner holds a lock."""

    def __init__(self) -> None:
        self._rate: float | None = None  # requests per second; None: no refusal yet, or none for long
        self._write_rate: float | None = _FIRST_WRITES
        self._hold_until = 0.0
        self._next = 0.0
        self._next_write = 0.0
        self._grants: deque[float] = deque(maxlen=_GRANTS_REMEMBERED)  # when each was granted
        self._burst = 0  # requests refused together
        self._refused_at = float("-inf")
        self._window = _SHORTEST_WINDOW
        self._rate_refused: float | None = None
        self.refusals = 0  # in a row
        self._has_joined = False

    def held_for(self, now: float) -> float:
        """Seconds for which nothing may be sent: the API has asked for a pause."""
        return max(0.0, self._hold_until - now)

    def turn(self, now: float, *, is_write: bool) -> float:
        """The moment at which the next request may be sent, which is then taken. Asked for when no pause is on."""
        moment = max(now, self._next)
        if is_write and self._write_rate is not None:
            moment = max(moment, self._next_write)
            self._next_write = moment + 1.0 / self._write_rate
        if self._rate is not None:
            self._next = moment + 1.0 / self._rate
        return moment

    def granted(self, now: float, sent_at: float) -> None:
        """A request got another response than a refusal for its rate."""
        self._grants.append(now)
        if self._write_rate is not None:
            self._write_rate += _WRITES_GROWTH
            if self._write_rate > _UNLIMITED:
                self._write_rate = None
        if sent_at <= self._refused_at:  # it was under way when another was refused, and counts for what was granted
            self._rate = self._learned()
            return
        self.refusals = max(0, self.refusals - 1)
        if self._rate is not None:
            is_near = self._rate_refused is not None and self._rate > 0.8 * self._rate_refused
            self._rate *= _GROWTH if is_near else _FAST_GROWTH
            if self._rate > _UNLIMITED:
                self._rate = None

    def hold(self, until: float) -> None:
        """Send nothing before a moment."""
        self._hold_until = max(self._hold_until, until)

    def refused(self, now: float, sent_at: float, pause: float, *, most_spread: float = _MOST_SPREAD) -> None:
        """A request was refused for its rate.

        `pause`: seconds that the API asks to wait, or what stands for it. `most_spread`: seconds by which it may be
        lengthened at random.
        """
        if sent_at <= self._refused_at:  # one of those under way at the same time
            self._burst += 1
            self._rate = self._learned()
            self.hold(now + pause)
            return
        self.refusals += 1
        self._write_rate = None  # the learned rate is for all requests
        self._rate_refused, self._refused_at, self._window = self._rate, now, max(pause, _SHORTEST_WINDOW)
        self._burst = 1
        self._rate = self._learned()
        # Tasks that were refused at the same moment should not come back at the same moment.
        spread = min(_MOST_SPREAD, most_spread, _SPREAD * max(pause, _SHORTEST_WINDOW) * 2.0 ** (self.refusals - 1))
        self.hold(now + pause + random.uniform(0.0, spread))

    def _learned(self) -> float | None:
        """The rate after a refusal: a little less than what was granted; one refusal neither halves it more than once
        nor leaves it as it was. None where this task had hardly sent anything: then others have used up the limit.
        """
        since = self._refused_at - self._window
        grants = sum(1 for moment in self._grants if moment >= since)
        rate = 0.9 * grants / self._window
        if self._rate_refused is not None:
            return max(self._rate_refused / 2.0, min(rate, self._rate_refused * _SHRINK))
        if grants + self._burst < _FEWEST_SENT:
            return None
        return max(rate, 0.5 / self._window)

    # What tasks tell each other

    @property
    def is_throttled(self) -> bool:
        """Whether there is a rate to be kept, or a pause."""
        return self._rate is not None or self._hold_until > 0.0

    def state(self) -> dict[str, Any]:
        """What another task of the same user needs to know, as JSON has it."""
        return {
            "rate": self._rate,
            "hold_until": self._hold_until,
            "next": self._next,
            "grants": list(self._grants),
            "refused_at": self._refused_at,
            "window": self._window,
            "rate_refused": self._rate_refused,
            "refusals": self.refusals,
            "burst": self._burst,
        }

    def join(self, state: Mapping[str, Any], now: float) -> None:
        """Take over what other tasks know, and add to it what this one was granted before it knew. `state`: as of
        `state`; what is old, or from before the machine was started, is left.

        Raises KeyError, TypeError or ValueError for anything else than such a state.
        """
        refused_at = float(state["refused_at"])
        if not now - _MEMORY <= refused_at <= now:
            return
        own = [] if self._has_joined else list(self._grants)
        self._rate = None if state["rate"] is None else float(state["rate"])
        self._hold_until, self._next = float(state["hold_until"]), float(state["next"])
        self._window, self._refused_at = float(state["window"]), refused_at
        self._rate_refused = None if state["rate_refused"] is None else float(state["rate_refused"])
        self.refusals, self._burst = int(state["refusals"]), int(state["burst"])
        self._grants = deque(sorted([*map(float, state["grants"]), *own]), maxlen=_GRANTS_REMEMBERED)
        self._write_rate = None
        self._has_joined = True
        if any(moment >= refused_at - self._window for moment in own):
            self._rate = self._learned()
