# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a wait is over: each goal with each view of a server, and stale reads (the rules B3 to B8)."""

from __future__ import annotations

import pytest
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import Goal
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.wait import SETTLE_TIME, STALE_GRACE, State, Wait
from helpers.facts import mentions

TRANSITIONS = ["provisioning", "starting", "stopping", "rebooting", "restoring"]
TERMINAL = ["suspended", "error", "failed", "deleted"]
STATUSES = ["active", "stopped", *TRANSITIONS, *TERMINAL, "migrating"]
DONE = {
    Goal.READY: {"active"},
    Goal.ACTIVE: {"active"},
    Goal.STOPPED: {"stopped"},
    Goal.SETTLED: {"active", "stopped"},
    Goal.REBOOTED: set(),
    Goal.GONE: set(),
}


def view(status: str, address: str | None = "203.0.113.10", **fields: object) -> dict[str, object]:
    return server_detail(status=status, ip_address=address, **{"ipv6_address": None, **fields})


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("goal", Goal)
def test_every_goal_with_every_status(goal: Goal, status: str) -> None:
    """Only the status that was asked for ends a wait well; four words end it badly, at once; everything
    else goes on.
    """
    wait = Wait(goal, started=0.0)
    state = wait.see(view(status), 1.0)
    if status in DONE[goal]:
        assert state is State.DONE
    elif status in TERMINAL and goal is not Goal.GONE:
        assert state is State.FAILED and wait.problem == "it ended in a status that does not change by waiting"
    else:
        assert state is State.GOING and not wait.problem
    assert wait.last_status == status


def test_an_unknown_word_is_waited_on_and_named() -> None:
    wait = Wait(Goal.ACTIVE, started=0.0)
    assert wait.see(view("migrating"), 1.0) is State.GOING and wait.unknown_status == "migrating"
    assert wait.last_status == "migrating" and wait.standing() == "this status is unknown to the collection"
    assert wait.see(view("starting"), 2.0) is State.GOING
    assert wait.last_status == "starting" and wait.standing() == ""
    assert wait.see(view("active"), 3.0) is State.DONE


# B7: the address


def test_active_without_an_address_is_not_ready() -> None:
    wait = Wait(Goal.READY, started=0.0)
    for address in (None, ""):
        assert wait.see(view("active", address), 1.0) is State.GOING
        assert wait.last_status == "active" and wait.standing() == "it has no address"
    assert wait.see(view("active"), 2.0) is State.DONE


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "169.254.1.1", "255.255.255.255", "2001:db8::/64", "web"])
def test_what_is_no_address_is_named(address: str) -> None:
    wait = Wait(Goal.READY, started=0.0)
    assert wait.see(view("active", address), 1.0) is State.GOING
    assert mentions(wait.standing(), "it has no address", f"ip_address '{address}'")
    assert wait.see(view("active", None), 2.0) is State.GOING and wait.standing() == "it has no address"


@pytest.mark.parametrize("address", ["2001:0db8::1", "2001:db8::1/64"])
def test_an_ipv6_address_is_one(address: str) -> None:
    for fields in ({"ipv6_address": address}, {"address": address}):
        assert Wait(Goal.READY, started=0.0).see(view("active", **{"address": None, **fields}), 1.0) is State.DONE


def test_an_address_is_only_asked_for_where_it_was_promised() -> None:
    assert Wait(Goal.ACTIVE, started=0.0).see(view("active", None), 1.0) is State.DONE
    assert Wait(Goal.READY, started=0.0).see({"id": 1, "name": "a", "status": "active"}, 1.0) is State.GOING


# B5: absent


@pytest.mark.parametrize("goal", [goal for goal in Goal if goal is not Goal.GONE])
def test_a_new_server_may_be_missing_from_reads_for_a_while(goal: Goal) -> None:
    wait = Wait(goal, started=100.0, fresh=True)
    assert wait.see(None, 100.0) is State.GOING
    assert wait.see(None, 100.0 + STALE_GRACE - 0.001) is State.GOING
    assert wait.standing() == "its status was never seen, and the last look did not find it"
    assert wait.standing("provisioning") == "the last look did not find it"
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
    assert [wait.see(view(status), 1.0) for status in ("active", "active", "stopping", "stopped")] == [
        State.GOING
    ] * 3 + [State.DONE]
    wait = Wait(Goal.ACTIVE, started=0.0, fresh=True)
    assert [wait.see(view(status), 1.0) for status in ("stopped", "starting", "active")] == [
        State.GOING,
        State.GOING,
        State.DONE,
    ]


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
    assert [wait.see(view("active"), 100.0 + SETTLE_TIME - 0.1) for _count in range(5)] == [State.GOING] * 5, (
        "reads alone do not count"
    )
    assert wait.see(view("active"), 100.0 + SETTLE_TIME) is State.DONE
    assert SETTLE_TIME == 10.0


def test_the_settle_time_can_be_chosen() -> None:
    wait = Wait(Goal.REBOOTED, started=0.0, settle_time=0.5)
    assert [wait.see(view("active"), moment) for moment in (0.1, 0.4, 0.5)] == [State.GOING, State.GOING, State.DONE]


def test_a_reboot_that_ends_stopped_goes_on_until_the_limit() -> None:
    wait = Wait(Goal.REBOOTED, started=0.0)
    assert [wait.see(view(status), 50.0) for status in ("rebooting", "stopped", "stopped")] == [State.GOING] * 3
