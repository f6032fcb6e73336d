# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The time of one task: its limit, the pauses between tries, and the pause that a 429 asked of all its threads.

Every clock here is monotonic: a step of the wall clock neither ends nor extends a wait.
"""

from __future__ import annotations

import random
import threading
import time

from .errors import Cancelled, TimeLimitReached, VpsError
from .shared_pace import SharedPace

LAST_LOOK_GRACE = 0.25  # seconds past the limit in which the last look may still begin
_FIRST_RETRY_PAUSE = 1.0  # seconds
# Seconds, from the first refusal on, that a task without a limit waits for an API that says "later".
_PATIENCE_WITH_THROTTLING = 600.0
_LONGEST_POLL_PAUSE = 10.0  # seconds


class Backoff:
    """Pauses that grow: the first, then each `factor` times as long as the one before, up to the longest; all in
    seconds.

    `jitter`: between which multiples of a pause the real one lies, so that tasks that began together do not stay
    together.
    """

    def __init__(self, first: float, factor: float, longest: float, jitter: tuple[float, float] = (1.0, 1.0)) -> None:
        self._next = min(first, longest)
        self._factor = factor
        self._longest = longest
        self._jitter = jitter

    def next(self) -> float:
        """Seconds to pause now."""
        pause = self._next
        self._next = min(self._longest, pause * self._factor)
        return min(self._longest, pause * random.uniform(*self._jitter))


def poll_backoff(first: float) -> Backoff:
    """The pauses between looks at what is waited for: the first is what the user chose, then they grow to 10 s."""
    return Backoff(first, 1.25, max(first, _LONGEST_POLL_PAUSE), jitter=(1.0, 1.15))


class TaskTime:
    """A task's limit, its end, and its sleep."""

    def __init__(self, limit: float | None, patience: float) -> None:
        """`limit`: seconds from now that the task may take, or None; then `patience` is the longest time that the tries
        of one request may take.
        """
        self.started = time.monotonic()
        self.limit = limit
        self.waited = 0.0  # seconds
        self._woken_late = 0.0  # seconds past the limit at which a sleep within it was over, on a busy machine
        self._patience = patience
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._cancel_reason = ""

    # The limit

    def elapsed(self) -> float:
        """Seconds since the task began."""
        return time.monotonic() - self.started

    def remaining(self) -> float:
        """Seconds left of the task's limit; for a task without one, the longest time that the tries of one request may
        take.
        """
        return self._patience if self.limit is None else self.limit - self.elapsed()

    def is_over(self) -> bool:
        """Whether the task's limit is reached."""
        return self.limit is not None and self.remaining() <= 0

    # Ending everything

    def cancel(self, reason: str) -> None:
        """Wake every sleeper and let no thread send another request. `reason`: a sentence."""
        with self._lock:
            self._cancel_reason = self._cancel_reason or reason
        self._cancelled.set()

    def check_cancelled(self) -> None:
        """Raise Cancelled if the task was ended elsewhere."""
        if self._cancelled.is_set():
            raise Cancelled(self._cancel_reason)

    # Sleeping

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the task is ended meanwhile (Cancelled)."""
        from .concurrent import wait_for

        began = time.monotonic()
        wait_for(self._cancelled, seconds)
        with self._lock:
            self.waited += time.monotonic() - began
        self.check_cancelled()

    def sleep_within(self, seconds: float) -> None:
        """Sleep, but not past the task's limit, after which there is time for one more look. Raises Cancelled."""
        left = self.remaining()
        self.sleep(max(0.0, min(seconds, left)))
        if left > 0:
            self._woken_late = max(self._woken_late, -self.remaining())


class Budget(TaskTime):
    """Shared by all threads of one task; also counts what the result tells under `api`."""

    def __init__(
        self,
        *,
        limit: float | None,
        retries: int,
        retry_max_delay: float,
        request_timeout: float,
        pace: SharedPace | None = None,
    ) -> None:
        """`limit`: seconds from now that the whole task may take; None where nothing is waited for.

        A task without a limit is bounded by its tries: `retries` and the pauses of at most `retry_max_delay` seconds
        between them; and by ten minutes where the API says "later", which is no try.
        """
        super().__init__(limit, (retries + 1) * request_timeout + retries * retry_max_delay)
        self.retries = retries
        self.retry_max_delay = retry_max_delay
        self.request_timeout = request_timeout
        self.requests = 0
        self.retried = 0
        self._pace = pace or SharedPace()
        self._throttled_since: float | None = None

    # Turns

    def before_request(self, *, is_write: bool = False) -> float:
        """Called before every request: waits for its turn, and counts. Returns the moment, in monotonic seconds.

        Raises TimeLimitReached, Cancelled.
        """
        self.check_cancelled()
        if self.limit is not None and self.remaining() < -LAST_LOOK_GRACE - self._woken_late:
            raise TimeLimitReached(f"The time limit of {self.limit:g} s was reached.")
        while True:
            with self._lock, self._pace.up_to_date() as pace:
                now = time.monotonic()
                held_for = pace.held_for(now)
                pause = held_for or pace.turn(now, is_write=is_write) - now
                if held_for and self._throttled_since is None:  # perhaps another task was told to wait
                    self._throttled_since = now
            if held_for:
                self.check_patience(pause)
            elif pause > self._patience_left():
                raise TimeLimitReached(
                    f"The API answers only so few requests that the next one can be sent in {pause:.1f} s, which is "
                    "later than the time limit."
                )
            if pause > 0:
                self.sleep(pause)
            if not held_for and (pause <= 0 or not self._is_held()):  # a turn that no refusal has taken away meanwhile
                break
        with self._lock:
            self.requests += 1
        return time.monotonic()

    def _is_held(self) -> bool:
        with self._lock, self._pace.up_to_date() as pace:
            return pace.held_for(time.monotonic()) > 0

    def granted(self, sent_at: float) -> None:
        """A request had another outcome than "later". `sent_at`: the moment that `before_request` returned."""
        with self._lock, self._pace.up_to_date() as pace:
            pace.granted(time.monotonic(), sent_at)

    def throttled(self, sent_at: float, retry_after: float | None) -> None:
        """A request was answered "later" (429, or 503 with Retry-After), which is said to all that the task sends.

        `retry_after`: seconds that the response asks to wait; None or 0, where it does not say, permit no hammering.
        """
        with self._lock, self._pace.up_to_date(is_refusal=True) as pace:
            now = time.monotonic()
            if self._throttled_since is None:
                self._throttled_since = now
            left = self._patience_left()
            pause = retry_after or min(self.retry_max_delay, _FIRST_RETRY_PAUSE * 2.0**pace.refusals, left)
            pace.refused(now, sent_at, pause, most_spread=max(0.0, left - pause) / 2.0)

    def hold(self, seconds: float) -> None:
        """Let no thread of this task send anything for so long: what a Retry-After asks for is asked of the whole
        client.
        """
        with self._lock, self._pace.up_to_date() as pace:
            pace.hold(time.monotonic() + seconds)

    def _patience_left(self) -> float:
        """Seconds for which the API may put this task off."""
        if self.limit is not None:
            return max(0.0, self.remaining())
        if self._throttled_since is None:
            return _PATIENCE_WITH_THROTTLING
        return max(0.0, self._throttled_since + _PATIENCE_WITH_THROTTLING - time.monotonic())

    def check_patience(self, pause: float, cause: VpsError | None = None) -> None:
        """Raise TimeLimitReached for a pause in seconds that the API asks for and that the limit does not allow.

        `cause`: the failed request.
        """
        left = self._patience_left()
        if pause > left:
            what = "left of the time limit" if self.limit is not None else "that a task without a time limit waits"
            words = (
                f"The API asks to wait {pause:.0f} s before the next attempt, which is longer than the {left:.0f} s "
                f"{what}. Try again later."
            )
            raise TimeLimitReached(words, cause=cause)

    # Trying again

    def retry_backoff(self) -> Backoff:
        """The pauses between the tries of one request: full jitter, uniform(0,
        min(`api_retry_max_delay`, 1 s x 2^n)).
        """
        return Backoff(_FIRST_RETRY_PAUSE, 2.0, self.retry_max_delay, jitter=(0.0, 1.0))

    def pause_before_retry(
        self, backoff: Backoff, retry_after: float | None, cause: VpsError, *, throttled: bool = False
    ) -> None:
        """Pause before a request is sent again, or raise TimeLimitReached at once where the pause would outlast the
        limit.

        `retry_after`: seconds that the response asked for, kept in full; None if it asked for nothing, and 0 does not
        permit to hammer. `cause`: the failure after which it is sent again. `throttled`: whether it was an answer
        "later": then the next request waits for its turn, whichever it is.
        """
        if retry_after:
            self.check_patience(retry_after, cause)
        if self.is_over():
            raise TimeLimitReached(f"The time limit of {self.limit:g} s was reached.", cause=cause)
        with self._lock:
            self.retried += 1
        if throttled:
            return
        # Threads that were told the same moment should not come back in the same moment.
        pause = retry_after + random.uniform(0.0, min(1.0, 0.1 * retry_after)) if retry_after else backoff.next()
        if self.limit is None:
            self.sleep(pause)
        else:
            self.sleep_within(pause)

    def report(self) -> dict[str, float]:
        """The return value `api`: requests sent, requests repeated, seconds spent in pauses."""
        return {"requests": self.requests, "retries": self.retried, "waited": round(self.waited, 3)}
