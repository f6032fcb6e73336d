# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a wait is over: each goal with each view of a server, stale reads, and the pauses between looks (the rules B3 to B9)."""

from __future__ import annotations

import itertools

import pytest
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._server import wait as _waiting
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import DEAD, LEADS_TO, STABLE, Goal, has_address, is_known, power_word
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.wait import LONGEST_INTERVAL, SETTLE_TIME, STALE_GRACE, Intervals, State, Wait

TRANSITIONS = ["provisioning", "starting", "stopping", "rebooting", "restoring"]
DEAD_WORDS = ["suspended", "error", "failed", "deleted"]
STATUSES = ["active", "stopped", *TRANSITIONS, *DEAD_WORDS, "migrating"]
DONE = {
    Goal.READY: {"active"},
    Goal.ACTIVE: {"active"},
    Goal.STOPPED: {"stopped"},
    Goal.SETTLED: {"active", "stopped"},
    Goal.REBOOTED: set(),
    Goal.GONE: set(),
}


def view(status: str, address: str | None = "203.0.113.10") -> dict[str, object]:
    return server_detail(status=status, ip_address=address)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("goal", Goal)
def test_every_goal_with_every_status(goal: Goal, status: str) -> None:
    """Only the status that was asked for ends a wait well; four words end it badly, at once; everything else goes on."""
    wait = Wait(goal, started=0.0)
    state = wait.see(view(status), 1.0)
    if status in DONE[goal]:
        assert state is State.DONE
    elif status in DEAD_WORDS and goal is not Goal.GONE:
        assert state is State.FAILED and wait.problem == f"it ended in the status {status}, which no waiting changes"
    else:
        assert state is State.GOING
    assert wait.last_status == status and status in wait.describe()


def test_the_words_that_are_known() -> None:
    assert (set(STABLE), set(LEADS_TO), set(DEAD)) == ({"active", "stopped"}, set(TRANSITIONS), set(DEAD_WORDS))
    assert all(is_known(status) for status in STATUSES if status != "migrating") and not is_known("migrating")
    assert not is_known("") and not is_known("Active")


def test_an_unknown_word_is_waited_on_and_named() -> None:
    wait = Wait(Goal.ACTIVE, started=0.0)
    assert wait.see(view("migrating"), 1.0) is State.GOING and wait.unknown_status == "migrating"
    assert wait.describe() == "its last status is migrating (a word that is not known)"
    assert wait.see(view("starting"), 2.0) is State.GOING
    assert wait.describe() == "its last status is starting"
    assert wait.see(view("active"), 3.0) is State.DONE


# B7: the address


def test_active_without_an_address_is_not_ready() -> None:
    wait = Wait(Goal.READY, started=0.0)
    for address in (None, ""):
        assert wait.see(view("active", address), 1.0) is State.GOING
        assert wait.describe() == "its last status is active without an address"
    assert wait.see(view("active"), 2.0) is State.DONE


def test_an_address_is_only_asked_for_where_it_was_promised() -> None:
    assert Wait(Goal.ACTIVE, started=0.0).see(view("active", None), 1.0) is State.DONE
    assert Wait(Goal.READY, started=0.0).see({"id": 1, "name": "a", "status": "active"}, 1.0) is State.GOING


@pytest.mark.parametrize(
    ("server", "expected"), [({}, False), ({"ip_address": None}, False), ({"ip_address": ""}, False), ({"ip_address": "203.0.113.1"}, True)]
)
def test_has_address(server: dict[str, object], expected: bool) -> None:
    assert has_address(server) is expected


# B5: absent


@pytest.mark.parametrize("goal", [goal for goal in Goal if goal is not Goal.GONE])
def test_a_new_server_may_be_missing_from_reads_for_a_while(goal: Goal) -> None:
    wait = Wait(goal, started=100.0, fresh=True)
    assert wait.see(None, 100.0) is State.GOING
    assert wait.see(None, 100.0 + STALE_GRACE - 0.001) is State.GOING
    assert wait.describe() == "its status was never seen, and the last look did not find it"
    assert wait.describe("provisioning") == "its last status is provisioning, and the last look did not find it"
    assert wait.see(None, 100.0 + STALE_GRACE) is State.FAILED
    assert "vanished" in wait.problem
    assert STALE_GRACE == 60.0


@pytest.mark.parametrize("goal", [goal for goal in Goal if goal is not Goal.GONE])
def test_an_old_server_that_is_missing_has_vanished(goal: Goal) -> None:
    wait = Wait(goal, started=100.0)
    wait.see(view("starting"), 101.0)
    assert wait.see(None, 101.0) is State.FAILED and "vanished" in wait.problem


def test_gone() -> None:
    wait = Wait(Goal.GONE, started=0.0)
    for status in STATUSES:
        assert wait.see(view(status), 1.0) is State.GOING, "only absence is absence, not the word for it"
    assert wait.see(None, 2.0) is State.DONE


# B8: reads that are older than the action


def test_stale_reads_after_an_action() -> None:
    wait = Wait(Goal.STOPPED, started=0.0, fresh=True)
    assert [wait.see(view(status), 1.0) for status in ("active", "active", "stopping", "stopped")] == [State.GOING] * 3 + [State.DONE]
    wait = Wait(Goal.ACTIVE, started=0.0, fresh=True)
    assert [wait.see(view(status), 1.0) for status in ("stopped", "starting", "active")] == [State.GOING, State.GOING, State.DONE]


def test_a_reboot_is_over_once_it_was_seen() -> None:
    wait = Wait(Goal.REBOOTED, started=0.0)
    assert wait.see(view("active"), 0.1) is State.GOING, "probably older than the reboot"
    assert wait.see(view("rebooting"), 0.2) is State.GOING
    assert wait.see(view("active"), 0.3) is State.DONE


def test_a_reboot_that_was_too_short_to_be_seen() -> None:
    wait = Wait(Goal.REBOOTED, started=100.0)
    assert wait.see(view("active"), 100.0 + SETTLE_TIME + 5) is State.GOING, "one read is none"
    assert wait.see(view("active"), 100.0 + SETTLE_TIME + 5) is State.DONE
    wait = Wait(Goal.REBOOTED, started=100.0)
    assert [wait.see(view("active"), 100.0 + SETTLE_TIME - 0.1) for _count in range(5)] == [State.GOING] * 5, "reads alone do not count"
    assert wait.see(view("active"), 100.0 + SETTLE_TIME) is State.DONE
    assert SETTLE_TIME == 10.0


def test_the_settle_time_can_be_chosen() -> None:
    wait = Wait(Goal.REBOOTED, started=0.0, settle_time=0.5)
    assert [wait.see(view("active"), moment) for moment in (0.1, 0.4, 0.5)] == [State.GOING, State.GOING, State.DONE]


def test_a_reboot_that_ends_stopped_goes_on_until_the_limit() -> None:
    wait = Wait(Goal.REBOOTED, started=0.0)
    assert [wait.see(view(status), 50.0) for status in ("rebooting", "stopped", "stopped")] == [State.GOING] * 3


# B9: pauses


@pytest.mark.parametrize("first", [0.1, 0.5, 2.0, 10.0])
def test_intervals_grow_to_ten_seconds(first: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting.random, "uniform", lambda low, high: low)
    intervals = Intervals(first)
    pauses = [intervals.next() for _count in range(60)]
    assert pauses[0] == first and pauses == sorted(pauses) and pauses[-1] == LONGEST_INTERVAL == 10.0
    assert all(later <= 1.3 * earlier for earlier, later in itertools.pairwise(pauses)), "no jumps"


def test_an_interval_that_was_chosen_longer_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting.random, "uniform", lambda low, high: low)
    intervals = Intervals(30.0)
    assert [intervals.next() for _count in range(3)] == [30.0] * 3


def test_intervals_have_jitter() -> None:
    firsts = [Intervals(2.0).next() for _count in range(200)]
    assert all(2.0 <= pause <= 2.3 for pause in firsts) and len(set(firsts)) > 100


@pytest.mark.parametrize("first", [0.1, 1.0, 2.0])
def test_five_minutes_take_at_most_seventy_looks(first: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting.random, "uniform", lambda low, high: low)
    intervals, elapsed, looks = Intervals(first), 0.0, 0
    while elapsed < 300:
        elapsed += intervals.next()
        looks += 1
    assert looks <= 60, "of the seventy requests that a provisioning may cost, some belong to the create itself"


# Words


@pytest.mark.parametrize(
    ("status", "word"), [("active", "started"), ("stopped", "stopped"), ("rebooting", "rebooting"), ("suspended", "suspended"), ("odd", "odd")]
)
def test_power_word(status: str, word: str) -> None:
    assert power_word(status) == word
