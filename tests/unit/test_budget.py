# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a task: its limit, its pauses, and what one thread's 429 means for the others."""

from __future__ import annotations

import threading
import time

import pytest
from unit.fakes import VirtualTime, virtual_pace

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import budget as _pace
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, TimeLimitReached
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.budget import LAST_LOOK_GRACE, Pace

# The limit and its counters


def test_remaining_of_a_limit(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=10.0)
    assert (pace.elapsed(), pace.remaining(), pace.is_over()) == (0.0, 10.0, False)
    clock.advance(9.5)
    assert (pace.elapsed(), pace.remaining(), pace.is_over()) == (9.5, 0.5, False)
    clock.advance(0.5)
    assert pace.is_over() and pace.remaining() == 0.0


def test_without_a_limit_the_tries_are_the_bound(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=None, retries=2, retry_max_delay=5.0, request_timeout=30.0)
    assert pace.remaining() == 3 * 30.0 + 2 * 5.0
    clock.advance(1e6)
    assert not pace.is_over()
    pace.before_request()


def test_a_last_request_may_begin_at_the_limit_and_none_later(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=10.0)
    clock.advance(10.0 + LAST_LOOK_GRACE)
    pace.before_request()
    clock.advance(0.001)
    with pytest.raises(TimeLimitReached, match="The time limit of 10 s is reached"):
        pace.before_request()
    assert pace.report()["requests"] == 1


def test_report(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace.random, "uniform", lambda low, high: high)
    pace = virtual_pace(clock)
    pace.before_request()
    pace.pause_before_retry(1, None, "")
    pace.before_request()
    pace.sleep(0.25)
    assert pace.report() == {"requests": 2, "retries": 1, "waited": 1.25}


# Backoff


@pytest.mark.parametrize(("attempt", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 30.0), (17, 30.0), (10_000, 30.0)])
def test_backoff_is_full_jitter(clock: VirtualTime, attempt: int, longest: float) -> None:
    pauses = [virtual_pace(clock).backoff(attempt) for _count in range(300)]
    assert all(0.0 <= pause <= longest for pause in pauses)
    assert min(pauses) < 0.1 * longest and max(pauses) > 0.9 * longest, "the whole range is used"


def test_backoff_never_exceeds_what_was_chosen(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, retry_max_delay=0.05)
    assert all(pace.backoff(attempt) <= 0.05 for attempt in range(1, 50))


def test_backoff_never_sleeps_past_the_limit(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace.random, "uniform", lambda low, high: high)
    pace = virtual_pace(clock, limit=10.0)
    clock.advance(9.0)
    pace.pause_before_retry(5, None, "GET /servers/: HTTP 500.")
    assert clock.sleeps == [1.0] and pace.remaining() == 0.0
    with pytest.raises(TimeLimitReached, match=r"GET /servers/: HTTP 500\. The time limit of 10 s is reached"):
        pace.pause_before_retry(6, None, "GET /servers/: HTTP 500.")
    assert clock.sleeps == [1.0], "it does not sleep only to fail"


# Retry-After


@pytest.mark.parametrize("asked", [0.5, 1.0, 7.0, 120.0])
def test_retry_after_is_kept_in_full(clock: VirtualTime, asked: float) -> None:
    pace = virtual_pace(clock, retry_max_delay=0.01)
    began = clock.now
    pace.pause_before_retry(1, asked, "")
    pace.before_request()
    assert asked <= clock.now - began <= asked + min(1.0, 0.1 * asked), "the longest pause that the user chose is for backoff, not for this"


def test_retry_after_of_nothing_is_no_leave_to_hammer(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace.random, "uniform", lambda low, high: high)
    pace = virtual_pace(clock)
    pace.pause_before_retry(1, 0.0, "")
    pace.pause_before_retry(2, 0.0, "")
    assert clock.sleeps == [1.0, 2.0]


def test_retry_after_beyond_the_limit_fails_at_once(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=60.0)
    clock.advance(50.0)
    with pytest.raises(TimeLimitReached) as caught:
        pace.pause_before_retry(1, 11.0, "GET /servers/: HTTP 429: Throttled.")
    assert "GET /servers/: HTTP 429: Throttled." in str(caught.value)
    assert "wait 11 s" in str(caught.value) and "10 s that are left" in str(caught.value)
    assert clock.sleeps == []


def test_retry_after_without_a_limit_is_bounded_by_patience(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=None, retries=1, retry_max_delay=5.0, request_timeout=10.0)
    pace.pause_before_retry(1, 25.0, "")
    with pytest.raises(TimeLimitReached, match="wait 26 s"):
        pace.pause_before_retry(1, 26.0, "")


def test_a_pause_that_one_was_asked_for_holds_all(clock: VirtualTime) -> None:
    pace = virtual_pace(clock)
    began = clock.now
    pace.hold(3.0)
    pace.hold(2.0)
    pace.before_request()
    assert clock.now - began == 3.0, "the longest counts"
    pace.before_request()
    assert clock.now - began == 3.0, "once it is over, nothing holds any more"


def test_a_hold_beyond_the_limit_fails_at_once(clock: VirtualTime) -> None:
    pace = virtual_pace(clock, limit=5.0)
    pace.hold(6.0)
    with pytest.raises(TimeLimitReached, match=r"pause of 6 s, which is longer than what is left of the time limit \(5 s\)"):
        pace.before_request()
    assert clock.sleeps == [] and pace.report()["requests"] == 0


def test_the_jitter_never_shortens_a_pause(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly as long as what is left: kept, and then one last request is allowed."""
    monkeypatch.setattr(_pace.random, "uniform", lambda low, high: high)
    pace = virtual_pace(clock, limit=10.0)
    pace.pause_before_retry(1, 10.0, "")
    assert clock.sleeps == [10.0]
    pace.before_request()


# Real threads: who sleeps is woken


def real_pace() -> Budget:
    return Budget(limit=600.0, retries=5, retry_max_delay=30.0, request_timeout=30.0)


@pytest.mark.parametrize("sleeping", ["sleep", "hold", "retry"])
def test_cancelling_wakes_every_sleeper(sleeping: str) -> None:
    pace = real_pace()
    ready, reasons = threading.Barrier(9), []
    if sleeping == "hold":
        pace.hold(60.0)
    pauses = {"sleep": lambda: pace.sleep(60.0), "hold": pace.before_request, "retry": lambda: pace.pause_before_retry(1, 60.0, "")}

    def work() -> None:
        ready.wait(5)
        try:
            pauses[sleeping]()
        except Cancelled as error:
            reasons.append(str(error))

    threads = [threading.Thread(target=work, daemon=True) for _number in range(8)]
    for thread in threads:
        thread.start()
    ready.wait(5)
    began = time.monotonic()
    pace.cancel("The token is not accepted.")
    pace.cancel("A later reason.")
    for thread in threads:
        thread.join(5)
    assert reasons == ["The token is not accepted."] * 8, "the first reason counts"
    assert time.monotonic() - began < 10


def test_after_cancelling_nothing_is_sent() -> None:
    pace = real_pace()
    pace.cancel("over")
    for attempt in (pace.before_request, pace.check_cancelled, lambda: pace.sleep(0.0)):
        with pytest.raises(Cancelled, match="over"):
            attempt()
    assert pace.report()["requests"] == 0


def test_counters_are_exact_under_threads() -> None:
    pace = real_pace()
    threads = [threading.Thread(target=lambda: [pace.before_request() for _count in range(500)]) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pace.report()["requests"] == 4000


def test_wall_clock_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day forward or back: neither the limit nor a pause notices."""
    pace = real_pace()
    for jump in (86_400.0, -86_400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1_700_000_000.0 + jump)
        assert not pace.is_over() and pace.remaining() > 590
        pace.before_request()
