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

from .concurrent import wait_for
from .errors import Cancelled, TimeLimitReached

FIRST_BACKOFF = 1.0  # seconds; doubles with every try
LAST_LOOK_GRACE = 0.25  # seconds past the limit in which the last look may still begin
_MOST_DOUBLINGS = 16  # beyond any sensible longest pause; keeps the power finite


class Pace:
    """Shared by all threads of one task; also counts what the result tells under C(api)."""

    def __init__(self, *, limit: float | None, retries: int, retry_max_delay: float, request_timeout: float) -> None:
        """C(limit): seconds from now that the whole task may take; None where nothing is waited for.

        A task without a limit is bounded by its tries alone: C(retries) and the pauses of at most C(retry_max_delay) seconds between them.
        """
        self.started = time.monotonic()
        self.limit = limit
        self.retries = retries
        self.retry_max_delay = retry_max_delay
        self.request_timeout = request_timeout
        self.requests = 0
        self.retried = 0
        self.waited = 0.0
        self._patience = (retries + 1) * request_timeout + retries * retry_max_delay
        self._hold_until = 0.0
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._cancel_reason = ""

    # The limit

    def elapsed(self) -> float:
        """Seconds since the task began."""
        return time.monotonic() - self.started

    def remaining(self) -> float:
        """Seconds left of the task's limit; for a task without one, the longest time that the tries of one request may take."""
        return self._patience if self.limit is None else self.limit - self.elapsed()

    def is_over(self) -> bool:
        """Whether the task's limit is reached."""
        return self.limit is not None and self.remaining() <= 0

    # Ending everything

    def cancel(self, reason: str) -> None:
        """Wake every sleeper and let no thread send another request."""
        with self._lock:
            self._cancel_reason = self._cancel_reason or reason
        self._cancelled.set()

    def check_cancelled(self) -> None:
        """Raise Cancelled if the task was ended elsewhere."""
        if self._cancelled.is_set():
            raise Cancelled(self._cancel_reason)

    # Pauses

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the task is ended meanwhile (Cancelled)."""
        began = time.monotonic()
        wait_for(self._cancelled, seconds)
        with self._lock:
            self.waited += time.monotonic() - began
        self.check_cancelled()

    def hold(self, seconds: float) -> None:
        """Let no thread of this task send anything for so long: what a Retry-After asks for is asked of the whole client."""
        with self._lock:
            self._hold_until = max(self._hold_until, time.monotonic() + seconds)

    def before_request(self) -> None:
        """Called before every request: keeps the pause that was asked for, and counts. Raises TimeLimitReached, Cancelled."""
        self.check_cancelled()
        if self.limit is not None and self.remaining() < -LAST_LOOK_GRACE:
            raise TimeLimitReached(f"The time limit of {self.limit:g} s is reached.")
        while (pause := self._hold_until - time.monotonic()) > 0:
            if pause > self.remaining():
                left = "what is left of the time limit" if self.limit is not None else "the tries of a request may take"
                raise TimeLimitReached(f"The API asks for a pause of {pause:.0f} s, which is longer than {left} ({max(0.0, self.remaining()):.0f} s).")
            self.sleep(pause)
        with self._lock:
            self.requests += 1

    def backoff(self, attempt: int) -> float:
        """Seconds before the try after number C(attempt) (from 1): full jitter, uniform(0, min(longest, 1 s x 2^n))."""
        return random.uniform(0.0, min(self.retry_max_delay, FIRST_BACKOFF * 2 ** min(attempt - 1, _MOST_DOUBLINGS)))

    def pause_before_retry(self, attempt: int, retry_after: float | None, why: str) -> None:
        """Pause before a request is sent again, or raise TimeLimitReached at once where the pause would outlast the limit.

        C(retry_after): seconds that the answer asked for, kept in full; None if it asked for nothing. 0 is no leave to hammer.
        """
        left = self.remaining()
        if retry_after:
            if retry_after > left:
                left_text = f"{max(0.0, left):.0f} s that are left"
                raise TimeLimitReached(
                    f"{why} The API asks to wait {retry_after:.0f} s before the next try, which is longer than the {left_text}. Try again later."
                )
            # Threads that were told the same moment should not come back in the same moment.
            pause = retry_after + random.uniform(0.0, min(1.0, 0.1 * retry_after))
        else:
            pause = self.backoff(attempt)
        if self.limit is not None:
            if left <= 0:
                raise TimeLimitReached(f"{why} The time limit of {self.limit:g} s is reached.")
            pause = min(pause, left)
        with self._lock:
            self.retried += 1
        self.sleep(pause)

    def report(self) -> dict[str, float]:
        """The return value C(api): requests sent, requests repeated, seconds spent in pauses."""
        return {"requests": self.requests, "retries": self.retried, "waited": round(self.waited, 3)}
