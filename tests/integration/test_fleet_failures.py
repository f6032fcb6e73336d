# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_fleet when something goes wrong: one server's failure is its own, what concerns the account concerns all, and
nothing is created twice.
"""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault, storm
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, times
from helpers.fleet import ENOUGH, FleetScript, check_shape, counts, names
from helpers.script import AGAIN, REAL, Done

CREATE = {"method": "POST", "path": "*/servers/"}


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def errors(done: Done) -> dict[str, dict[str, Any]]:
    check_shape(done)
    return {error["name"]: error for error in done["errors"]}


def web(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": f"web-{number}", **ENOUGH, **fields} for number in numbers]


def test_one_servers_failure_is_its_own(script: FleetScript) -> None:
    script.configure(provision_ms=100, address_ms=0)
    script.insert(1, "kept", hostname="old.example.com")
    script.insert(2, "stuck", hostname="old.example.com")
    script.insert(3, "heavy")
    script.insert(4, "light")
    fleet = [
        *web(1),
        {"name": "refused", **ENOUGH, "os_id": 99},
        {"name": "kept", "hostname": "new.example.com"},
        {"name": "stuck", "hostname": "new.example.com"},
        {"name": "heavy", "power": "stopped"},
        {"name": "light", "power": "stopped"},
        *web(2),
    ]
    script.fleet("fleet", *fleet, api_retries=0)
    script.fleet("again", *fleet, api_retries=0)
    ran = script.play(
        Fault("answer", method="PATCH", path="*/servers/2/", status=500, body={"detail": "out of order"}),
        Fault("answer", method="POST", path="*/servers/3/stop/", status=410, body={"detail": "Server is locked."}),
    )
    done = ran.failed("fleet", changed=True)
    failed = errors(done)
    assert set(failed) == {"refused", "stuck", "heavy"}
    assert failed["refused"]["id"] is None and mentions(failed["refused"]["msg"], 400, "os_id")
    assert failed["stuck"]["id"] == 2 and mentions(failed["stuck"]["msg"], 2, 500, "out of order")
    assert failed["heavy"]["id"] == 3 and mentions(failed["heavy"]["msg"], 3, 410, "Server is locked.")
    assert all(error["msg"] in done["msg"] for error in done["errors"])
    assert names(done) == ["web-1", "kept", "stuck", "heavy", "light", "web-2"]
    assert done["summary"] == counts(created=2, updated=1, stopped=1, failed=3)
    again = ran.failed("again", changed=True)
    assert set(errors(again)) == {"refused"} and again["summary"] == counts(updated=1, stopped=1, unchanged=4, failed=1)


def test_no_credit_stops_creates_and_nothing_else(script: FleetScript) -> None:
    """Not even a deletion that a create could not make up for."""
    script.configure(provision_ms=100, address_ms=0)
    script.insert(1, "kept", hostname="old.example.com")
    script.insert(2, "old-1")
    script.insert(3, "other-plan", plan_id=3)
    script.credits(40)
    fleet = [*web(1, 2, 3, 4, 5), {"name": "kept", "hostname": "new.example.com"}, {"name": "other-plan", **ENOUGH}]
    options = {
        "concurrency": 1,
        "purge": True,
        "purge_match": "old-*",
        "max_delete": 2,
        "on_immutable_change": "recreate",
    }
    script.fleet("fleet", *fleet, **options)
    script.credits(1000)
    script.fleet("credit again", *fleet, **options)
    ran = script.play()
    done = ran.failed("fleet", 402, "Insufficient credits.", changed=True)
    assert done["summary"] == counts(created=2, updated=1, deleted=1, failed=4)
    failed = errors(done)
    assert list(failed) == ["web-3", "web-4", "web-5", "other-plan"]
    # Also what was not even asked for is told why.
    assert all(mentions(error["msg"], 402, "Insufficient credits.") for error in failed.values())
    assert (
        failed["web-5"]["id"] is None and failed["other-plan"]["id"] == 3 and times(failed["other-plan"]["msg"], 3) == 1
    )
    # Two creates went through, the third was refused, and no more were tried.
    assert [request.status for request in done.requests if request.method == "POST"] == [201, 201, 402]
    assert sorted(request for request in done.writes if not request.startswith("POST")) == [
        "DELETE /servers/2/",
        "PATCH /servers/1/",
    ]
    again = ran.ok("credit again", changed=True)
    assert again["summary"] == counts(created=3, recreated=1, unchanged=3)
    assert script.stored()


def test_what_was_deleted_for_a_recreation_that_failed_is_said(script: FleetScript) -> None:
    script.configure(delete_ms=50, provision_ms=50, address_ms=0)
    script.insert(1, "web-1", plan_id=3)
    script.insert(2, "web-2", plan_id=3)
    script.credits(20)
    script.fleet("recreate", *web(1, 2), on_immutable_change="recreate", max_delete=2, concurrency=1)
    ran = script.play()
    done = ran.failed("recreate", 402, "Insufficient credits.", changed=True)
    assert done["summary"] == counts(recreated=1, deleted=1, failed=1)
    failed = errors(done)["web-2"]
    assert failed["id"] is None and mentions(failed["msg"], 2), "the id of the one that was to be replaced"
    assert names(done) == ["web-1"] and list(script.stored()) == ["web-1"]


def test_a_rejected_token_stops_everything(script: FleetScript) -> None:
    script.insert(1, "kept", hostname="old.example.com")
    script.insert(2, "old-1")
    script.fleet(
        "fleet",
        *web(1, 2, 3, 4, 5),
        {"name": "kept", "hostname": "new.example.com"},
        concurrency=1,
        purge=True,
        purge_match="old-*",
        max_delete=1,
    )
    ran = script.play(Fault("answer", **CREATE, nth=3, times=None, status=401, body={"detail": "Invalid token."}))
    done = ran.failed("fleet", "web-1", 12345, "web-2", 12346, "provisioning", changed=True)
    failed = errors(done)
    assert done["summary"] == counts(created=2, failed=7)
    assert list(failed) == ["web-1", "web-2", "web-3", "web-4", "web-5", "kept", "old-1"]
    assert times(done["msg"], "Invalid token.") == times(done["msg"], "VPS_API_TOKEN") == 1, "once for all of them"
    assert len(ran.paths("POST")) == 3 and ran.paths("PATCH") == ran.paths("DELETE") == []
    # What was created is not lost.
    assert {server["name"] for server in script.emulator.servers()} >= {"web-1", "web-2"}
    for server in script.emulator.servers():
        if server["name"].startswith("web-"):
            assert failed[server["name"]]["id"] == server["id"]


def test_a_rejected_token_ends_the_wait_of_all(script: FleetScript) -> None:
    script.configure(provision_ms=60_000)
    script.fleet("fleet", *web(1, 2, 3))
    ran = script.play(
        Fault(
            "answer", method="GET", path="*/servers/", nth=5, times=None, status=401, body={"detail": "Invalid token."}
        )
    )
    done = ran.failed("fleet", 401, "Invalid token.", changed=True)
    assert done["summary"] == counts(created=3, failed=3)
    assert all(mentions(error["msg"], error["id"], "provisioning") for error in errors(done).values())
    assert ran.paths("GET").count("/servers/") == 5


def test_too_many_requests_slow_all_threads(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0, latency_ms=200)
    script.fleet("fleet", *web(*range(24)), concurrency=6, wait=False)
    limited = Fault("status_429", **CREATE, nth=7, seconds=1)
    ran = script.play(limited)
    done = ran.ok("fleet", changed=True)
    assert done["summary"] == counts(created=24) and done["api"]["retries"] == 1
    history = ran.history
    answer = next(record for record in history if record.fault == "status_429")
    # What was on its way already, one request of each of the other threads at most, is let through.
    later = [record.time - answer.ended for record in history if record.time > answer.ended]
    assert (
        len([seconds for seconds in later if seconds < 0.95]) <= 5
        and len([seconds for seconds in later if seconds >= 0.95]) >= 12
    )
    assert script.stored()


def test_a_rate_limit_is_kept_until_all_is_done(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0, rate_limit=12)
    script.fleet("fleet", *web(*range(20)), concurrency=16, wait=False)
    ran = script.play()
    assert ran.ok("fleet", changed=True)["summary"] == counts(created=20)
    assert len(script.stored()) == 20


def test_lost_answers_to_creates_lead_to_adoption(script: FleetScript) -> None:
    script.configure(provision_ms=200, address_ms=0)
    script.fleet("fleet", *web(*range(1, 10)), adopt_timeout=2)
    script.fleet("again", *web(*range(1, 10)))
    kinds: list[dict[str, Any]] = [
        {"kind": "reset_after"},
        {"kind": "close_after"},
        {"kind": "truncate_body"},
        {"kind": "html_200"},
        {"kind": "garbage"},
        {"kind": "answer", "status": 500, "forward": True},
    ]
    faults = [Fault(**CREATE, body_has=f'"web-{number}"', **kind) for number, kind in enumerate(kinds, 1)]
    ran = script.play(*faults)
    done = ran.ok("fleet", changed=True)
    assert done["summary"] == counts(created=3, adopted=6)
    assert len(ran.paths("POST")) == 9
    again = ran.ok("again", changed=False)
    assert [server["id"] for server in again["servers"]] == [server["id"] for server in done["servers"]]
    assert sorted(script.stored()) == [f"web-{number}" for number in range(1, 10)]


def test_a_create_without_a_trace_is_not_sent_again(script: FleetScript) -> None:
    """Its outcome is unknown, which is said; the others are carried through, and the next run brings it about."""
    script.configure(provision_ms=50, address_ms=0)
    script.fleet("fleet", *web(1, 2, 3), adopt_timeout=0.4)
    script.fleet("again", *web(1, 2, 3))
    ran = script.play(Fault("reset_before", **CREATE, body_has='"web-2"'))
    done = ran.failed("fleet", "web-2", "POST /servers/", changed=True)
    assert done["summary"] == counts(created=2, failed=1) and errors(done)["web-2"]["id"] is None
    assert list(errors(done)) == ["web-2"] and names(done) == ["web-1", "web-3"]
    assert ran.ok("again", changed=True)["summary"] == counts(created=1, unchanged=2)
    assert sorted(script.stored()) == ["web-1", "web-2", "web-3"] and len(ran.paths("POST")) == 4


def test_creates_that_were_not_sent_are_sent_again(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0)
    # One after the other: another that is under way when the port is shut has an unknown outcome.
    script.fleet("fleet", *web(*range(6)), concurrency=1)
    ran = script.play(
        Fault("refuse", **CREATE, nth=4, seconds=0.1), complete=False, env={"VPS_API_RETRY_MAX_DELAY": "1"}
    )
    assert ran.ok("fleet", changed=True)["summary"] == counts(created=6)
    assert sorted(script.stored()) == [f"web-{number}" for number in range(6)]


@pytest.mark.parametrize("rival_is_older", [False, True])
def test_a_race_is_found_by_one_look_after_the_last_create(script: FleetScript, rival_is_older: bool) -> None:
    script.configure(provision_ms=0, address_ms=0)
    script.insert(100, "old")

    def race(record: Any) -> None:
        if record.method == "POST" and b'"web-2"' in record.body:
            script.emulator.insert(name="web-2", **({"id": 50} if rival_is_older else {}))

    script.fleet("fleet", *web(1, 2, 3), concurrency=1)
    script.on_record = race
    ran = script.play()
    ids = sorted(server["id"] for server in script.emulator.servers() if server["name"] == "web-2")
    assert len(ids) == 2
    if rival_is_older:
        done = ran.failed("fleet", "web-2", *ids, changed=True)
        assert (
            done["summary"] == counts(created=3, failed=1)
            and list(errors(done)) == ["web-2"]
            and errors(done)["web-2"]["id"] == ids[1]
        )
    else:
        done = ran.ok("fleet", changed=True)
        assert [text for text in done["warnings"] if mentions(text, "web-2", *ids)]
    assert ran.paths("GET").count("/servers/") == 3 and ran.paths("DELETE") == []


def test_the_time_limit_names_every_server(script: FleetScript) -> None:
    script.configure(provision_ms=60_000)
    script.insert(1, "there", hostname="old.example.com")
    script.fleet("fleet", *web(1, 2), {"name": "there", "hostname": "new.example.com"}, wait_timeout=4.5)
    ran = script.play()
    done = ran.failed("fleet", 4.5, changed=True)
    assert done["summary"] == counts(created=2, updated=1, failed=2)
    for name, error in errors(done).items():
        # The title is the form that every failure of a server has.
        assert error["msg"].startswith(f"Server {name} (id {error['id']}, last status provisioning): ")
        assert mentions(error["msg"], 4.5) and times(error["msg"], error["id"]) == 1
    assert [server["status"] for server in done["servers"]] == ["provisioning", "provisioning", "active"]


def test_servers_that_come_up_broken_fail_at_once(script: FleetScript) -> None:
    script.configure(provision_ms=100, provision_ends_in="error")
    script.insert(1, "there", hostname="old.example.com")
    script.fleet("fleet", *web(1, 2), {"name": "there", "hostname": "new.example.com"})
    ran = script.play()
    done = ran.failed("fleet", changed=True)
    assert done["summary"] == counts(created=2, updated=1, failed=2) and done["api"]["waited"] < 30, (
        "long before the time limit"
    )
    assert all(mentions(error["msg"], error["id"], "error") for error in errors(done).values())
    assert [server["status"] for server in done["servers"]] == ["error", "error", "active"]


def test_details_that_cannot_be_read_afterwards_are_a_warning(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0)
    script.fleet("fleet", *web(1, 2), api_retries=0)
    ran = script.play(Fault("answer", method="GET", path="*/servers/*/", status=500))
    done = ran.ok("fleet", changed=True)
    (unread,) = [server for server in done["servers"] if "ipv6_address" not in server]
    assert [
        text
        for text in done["warnings"]
        if mentions(text, unread["name"], unread["id"], f"GET /servers/{unread['id']}/", 500)
    ]
    assert names(done) == ["web-1", "web-2"]


def test_a_list_that_is_not_whole_is_no_ground_to_create(script: FleetScript) -> None:
    script.seed(3, name="web-{n}")
    script.fleet("fleet", *web(1, 2, 3), api_retries=1)
    ran = script.play(Fault("wrong_count", method="GET", path="*/servers/", delta=5, times=None))
    ran.failed("fleet", "GET /servers/", 3 + 5, 3)
    assert ran.paths("POST") == []


def test_a_storm_ends_with_every_server_once(script: FleetScript) -> None:
    script.configure(provision_ms=50, address_ms=0, start_ms=50, stop_ms=50)
    script.insert(1, "old-1")
    script.insert(2, "kept", hostname="old.example.com")
    fleet = [*web(*range(1, 9)), *web(9, power="stopped"), {"name": "kept", "hostname": "new.example.com"}]
    runs = 6
    for number in range(runs):
        script.fleet(
            f"run {number}",
            *fleet,
            adopt_timeout=1,
            wait_timeout=60,
            purge=True,
            purge_match="old-*",
            max_delete=1,
            api_retries=3,
        )
    # By chance, the rate that a task keeps to after many refusals is low.
    ran = script.play(storm(7, 0.33), timeout=250)
    for number in range(runs):
        done = ran[f"run {number}"]
        assert "MODULE FAILURE" not in done["msg"]
        if not done.failed:
            break
    else:
        raise AssertionError(f"not converged: {done['msg']}")
    assert sorted(script.stored()) == ["kept", *(f"web-{number}" for number in range(1, 10))]
    state = {server["name"]: (server["status"], server["hostname"]) for server in script.emulator.servers()}
    assert state["web-9"][0] == "stopped" and state["kept"][1] == "new.example.com"


def test_what_the_api_would_not_create_is_not_deleted_either(script: FleetScript) -> None:
    """Of the servers that are to be recreated alike, one goes first. A mistake costs one server, not all of them."""
    script.configure(delete_ms=20, provision_ms=20, address_ms=0)
    for number in range(1, 7):
        script.insert(number, f"web-{number}")
    script.insert(10, "other")
    fleet = [*web(*range(1, 7), os_id=99), {"name": "other", **ENOUGH, "plan_id": 2}]
    anew = {"on_immutable_change": "recreate", "max_delete": 7}
    for check in (True, False):
        script.fleet(f"unproven, check {check}", *fleet, **anew, check=check)
    script.fleet("fleet", *fleet, **anew, recreate_unproven=True)
    ran = script.play()
    for check in (True, False):
        refused = ran.failed(f"unproven, check {check}", "web-1", "os_id 99", "recreate_unproven")
        assert refused.writes == [] and refused["summary"] == counts(failed=6)
    done = ran.failed("fleet", changed=True)
    assert done["summary"] == counts(recreated=1, deleted=1, failed=6)
    assert sorted(done.writes) == ["DELETE /servers/1/", "DELETE /servers/10/", "POST /servers/", "POST /servers/"]
    failed = errors(done)
    assert failed["web-1"]["id"] is None and mentions(failed["web-1"]["msg"], 1), (
        "the id of the one that was to be replaced"
    )
    # Why the others were left alone: what the API has said to the first.
    assert all(
        failed[f"web-{number}"]["id"] == number and mentions(failed[f"web-{number}"]["msg"], number, 400, "os_id")
        for number in range(2, 7)
    )
    assert sorted(script.stored()) == ["other", *(f"web-{number}" for number in range(2, 7))]


def test_recreated_alike_one_goes_first(script: FleetScript) -> None:
    script.configure(delete_ms=20, provision_ms=300, address_ms=0)
    for number in range(1, 5):
        script.insert(number, f"web-{number}")
    script.fleet_triple("fleet", *web(*range(1, 5), plan_id=2), on_immutable_change="recreate", max_delete=4)
    ran = script.play()
    done = ran.ok("fleet" + REAL, changed=True)
    assert done["summary"] == counts(recreated=4)
    assert done.writes[:2] == ["DELETE /servers/1/", "POST /servers/"] and len(done.writes) == 8
    ran.ok("fleet" + AGAIN, changed=False)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_pause_beyond_the_limit_is_asked_once_of_all(script: FleetScript, state: str) -> None:
    if state == "absent":
        for number in range(20):
            script.insert(number + 1, f"web-{number}")
    script.fleet("fleet", *web(*range(20)), state=state, concurrency=2, wait_timeout=60)
    method = "POST" if state == "present" else "DELETE"
    ran = script.play(Fault("status_429", method=method, times=None, seconds=3600))
    done = ran.failed("fleet", 3600, changed=False)
    assert done["summary"] == counts(failed=20)
    assert 1 <= len(done.writes) <= 2, "one for each thread at the most"
