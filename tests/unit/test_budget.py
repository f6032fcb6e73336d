# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a task: its limit, its pauses, and what one thread's 429 means for the others."""

from __future__ import annotations

import itertools
import random
import threading
import time

import pytest
from unit.fakes import VirtualTime, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.budget import (
    LAST_LOOK_GRACE,
    Backoff,
    Budget,
    poll_backoff,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, TimeLimitReached, VpsError
from helpers.facts import mentions

# After which a request is sent again.
FAILURE = VpsError("GET /servers/: HTTP 500: Oops.")


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pause is the longest that its jitter allows."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


@pytest.fixture
def least_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pause is the shortest that its jitter allows."""
    monkeypatch.setattr(random, "uniform", lambda low, _high: low)


def retry(budget: Budget, retry_after: float | None = None) -> None:
    """Pause as after a first failure."""
    budget.pause_before_retry(budget.retry_backoff(), retry_after, FAILURE)


# The limit and its counters


def test_remaining_of_a_limit(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=10.0)
    assert (budget.elapsed(), budget.remaining(), budget.is_over()) == (0.0, 10.0, False)
    clock.advance(9.5)
    assert (budget.elapsed(), budget.remaining(), budget.is_over()) == (9.5, 0.5, False)
    clock.advance(0.5)
    assert budget.is_over() and budget.remaining() == 0.0


def test_without_a_limit_the_tries_are_the_bound(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=None, retries=2, retry_max_delay=5.0, request_timeout=30.0)
    assert budget.remaining() == 3 * 30.0 + 2 * 5.0
    clock.advance(1e6)
    assert not budget.is_over()
    budget.before_request()


def test_a_last_request_may_begin_at_the_limit_and_none_later(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=10.0)
    clock.advance(10.0 + LAST_LOOK_GRACE)
    budget.before_request()
    clock.advance(0.001)
    with pytest.raises(TimeLimitReached, match="The time limit of 10 s was reached"):
        budget.before_request()
    assert budget.report()["requests"] == 1


def test_who_is_woken_late_has_a_last_request_all_the_same(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a sleep lasts longer than it should."""
    budget = virtual_budget(clock, limit=10.0)
    monkeypatch.setattr(budget._cancelled, "wait", lambda seconds: clock.advance(seconds + 3.0))
    budget.sleep_within(60.0)
    clock.advance(LAST_LOOK_GRACE)
    budget.before_request()
    budget.sleep_within(60.0)  # the limit is over, so it changes nothing
    with pytest.raises(TimeLimitReached):
        budget.before_request()


@pytest.mark.usefixtures("no_jitter")
def test_report(clock: VirtualTime) -> None:
    budget = virtual_budget(clock)
    budget.before_request()
    retry(budget)
    budget.before_request()
    budget.sleep(0.25)
    assert budget.report() == {"requests": 2, "retries": 1, "waited": 1.25}


# Backoff


def pause_number(number: int, backoff: Backoff) -> float:
    """The pause of that number, from 1."""
    return [backoff.next() for _count in range(number)][-1]


@pytest.mark.parametrize(
    ("number", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 30.0), (17, 30.0)]
)
def test_pauses_between_tries_are_full_jitter(clock: VirtualTime, number: int, longest: float) -> None:
    pauses = [pause_number(number, virtual_budget(clock).retry_backoff()) for _count in range(300)]
    assert all(0.0 <= pause <= longest for pause in pauses)
    assert min(pauses) < 0.1 * longest and max(pauses) > 0.9 * longest, "the whole range is used"


def test_pauses_stay_finite_however_often_is_tried(clock: VirtualTime) -> None:
    backoff = virtual_budget(clock).retry_backoff()
    pauses = [backoff.next() for _count in range(10_000)][100:]
    assert all(0.0 <= pause <= 30.0 for pause in pauses) and max(pauses) > 27.0


def test_no_pause_exceeds_what_was_chosen(clock: VirtualTime) -> None:
    backoff = virtual_budget(clock, retry_max_delay=0.05).retry_backoff()
    assert all(backoff.next() <= 0.05 for _count in range(50))


@pytest.mark.usefixtures("no_jitter")
def test_backoff_never_sleeps_past_the_limit(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=10.0)
    clock.advance(9.0)
    backoff = budget.retry_backoff()
    pause_number(4, backoff)
    budget.pause_before_retry(backoff, None, FAILURE)
    assert clock.sleeps == [1.0] and budget.remaining() == 0.0
    with pytest.raises(TimeLimitReached) as caught:
        budget.pause_before_retry(backoff, None, FAILURE)
    assert caught.value.cause is FAILURE and str(caught.value) == f"The time limit of 10 s was reached. {FAILURE}"
    assert clock.sleeps == [1.0], "it does not sleep only to fail"


# Retry-After


@pytest.mark.parametrize("asked", [0.5, 1.0, 7.0, 120.0])
def test_retry_after_is_kept_in_full(clock: VirtualTime, asked: float) -> None:
    budget = virtual_budget(clock, retry_max_delay=0.01)
    began = clock.now
    retry(budget, asked)
    budget.before_request()
    assert asked <= clock.now - began <= asked + min(1.0, 0.1 * asked), (
        "the longest pause that the user chose is for backoff, not for this"
    )


@pytest.mark.usefixtures("no_jitter")
def test_retry_after_of_nothing_is_no_leave_to_hammer(clock: VirtualTime) -> None:
    budget = virtual_budget(clock)
    backoff = budget.retry_backoff()
    for _count in range(2):
        budget.pause_before_retry(backoff, 0.0, FAILURE)
    assert clock.sleeps == [1.0, 2.0]


def test_retry_after_beyond_the_limit_fails_at_once(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=60.0)
    clock.advance(50.0)
    with pytest.raises(TimeLimitReached) as caught:
        retry(budget, 11.0)
    assert caught.value.cause is FAILURE and mentions(caught.value, "11 s", "10 s", "GET /servers/: HTTP 500: Oops.")
    assert clock.sleeps == []


def test_retry_after_without_a_limit_is_bounded_by_patience(clock: VirtualTime) -> None:
    """Ten minutes from the first "later" on, whatever the tries may take."""
    budget = virtual_budget(clock, limit=None, retries=0, retry_max_delay=5.0, request_timeout=10.0)
    for _count in range(2):
        budget.throttled(budget.before_request(), 200.0)
        budget.pause_before_retry(budget.retry_backoff(), 200.0, FAILURE, throttled=True)
    with pytest.raises(TimeLimitReached) as caught:
        retry(budget, 401.0)
    assert mentions(caught.value, "401 s")


def test_a_pause_that_one_was_asked_for_holds_all(clock: VirtualTime) -> None:
    budget = virtual_budget(clock)
    began = clock.now
    budget.hold(3.0)
    budget.hold(2.0)
    budget.before_request()
    assert clock.now - began == 3.0, "the longest counts"
    budget.before_request()
    assert clock.now - began == 3.0, "once it is over, nothing holds any more"


def test_a_hold_beyond_the_limit_fails_at_once(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=5.0)
    budget.hold(6.0)
    with pytest.raises(TimeLimitReached) as caught:
        budget.before_request()
    assert mentions(caught.value, "6 s", "5 s")
    assert clock.sleeps == [] and budget.report()["requests"] == 0


@pytest.mark.usefixtures("no_jitter")
def test_the_jitter_never_shortens_a_pause(clock: VirtualTime) -> None:
    """Exactly as long as what is left: kept, and then one last request is allowed."""
    budget = virtual_budget(clock, limit=10.0)
    retry(budget, 10.0)
    assert clock.sleeps == [10.0]
    budget.before_request()


# Pauses between looks at what is waited for


@pytest.mark.usefixtures("least_jitter")
@pytest.mark.parametrize("first", [0.1, 0.5, 2.0, 10.0])
def test_pauses_between_looks_grow_to_ten_seconds(first: float) -> None:
    backoff = poll_backoff(first)
    pauses = [backoff.next() for _count in range(60)]
    assert pauses[0] == first and pauses == sorted(pauses) and pauses[-1] == 10.0
    assert all(later <= 1.3 * earlier for earlier, later in itertools.pairwise(pauses)), "no jumps"


@pytest.mark.parametrize("jitter", ["least_jitter", "no_jitter"])
def test_a_pause_between_looks_that_was_chosen_longer_stays(jitter: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(jitter)
    backoff = poll_backoff(30.0)
    assert [backoff.next() for _count in range(3)] == [30.0] * 3


def test_pauses_between_looks_have_jitter() -> None:
    firsts = [poll_backoff(2.0).next() for _count in range(200)]
    assert all(2.0 <= pause <= 2.3 for pause in firsts) and len(set(firsts)) > 100


@pytest.mark.usefixtures("least_jitter")
@pytest.mark.parametrize("first", [0.1, 1.0, 2.0])
def test_five_minutes_take_at_most_seventy_looks(first: float) -> None:
    backoff, elapsed, looks = poll_backoff(first), 0.0, 0
    while elapsed < 300:
        elapsed += backoff.next()
        looks += 1
    assert looks <= 60, "of the seventy requests that a provisioning may cost, some belong to the create itself"


def test_a_pause_between_looks_never_passes_the_limit(clock: VirtualTime) -> None:
    budget = virtual_budget(clock, limit=10.0)
    budget.sleep_within(4.0)
    budget.sleep_within(20.0)
    budget.sleep_within(20.0)
    assert clock.sleeps == [4.0, 6.0, 0.0]


# Real threads: who sleeps is woken


def real_budget() -> Budget:
    return Budget(limit=600.0, retries=5, retry_max_delay=30.0, request_timeout=30.0)


@pytest.mark.parametrize("sleeping", ["sleep", "hold", "retry"])
def test_cancelling_wakes_every_sleeper(sleeping: str) -> None:
    budget = real_budget()
    ready, reasons = threading.Barrier(9), []
    if sleeping == "hold":
        budget.hold(60.0)
    pauses = {"sleep": lambda: budget.sleep(60.0), "hold": budget.before_request, "retry": lambda: retry(budget, 60.0)}

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
    budget.cancel("The token is not accepted.")
    budget.cancel("A later reason.")
    for thread in threads:
        thread.join(5)
    assert reasons == ["The token is not accepted."] * 8, "the first reason counts"
    assert time.monotonic() - began < 10


def test_after_cancelling_nothing_is_sent() -> None:
    budget = real_budget()
    budget.cancel("over")
    for attempt in (budget.before_request, budget.check_cancelled, lambda: budget.sleep(0.0)):
        with pytest.raises(Cancelled, match="over"):
            attempt()
    assert budget.report()["requests"] == 0


def test_counters_are_exact_under_threads() -> None:
    budget = real_budget()
    threads = [
        threading.Thread(target=lambda: [budget.before_request() for _count in range(500)]) for _number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.report()["requests"] == 4000


def test_wall_clock_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day forward or back: neither the limit nor a pause notices."""
    budget = real_budget()
    for jump in (86_400.0, -86_400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1_700_000_000.0 + jump)
        assert not budget.is_over() and budget.remaining() > 590
        budget.before_request()
