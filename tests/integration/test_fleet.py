# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_fleet declares: what is planned, sent and returned, how many requests it takes, and what is
refused as a whole.
"""

from __future__ import annotations

import pytest

from fault_proxy import Fault, Record
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, times
from helpers.fleet import ENOUGH, FleetScript, check_shape, counts, names, planned, refused, triple
from helpers.script import AGAIN, CHECK, REAL

FIRST = 12345


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def test_creates_what_is_missing(script: FleetScript) -> None:
    script.configure(provision_ms=300, address_ms=100)
    script.insert(7, "there", location="us-west", plan_id=1, os_id=5)
    fleet = (
        {"name": "web-02"},
        {"name": "there"},
        {"name": "web-01", "hostname": "web01.example.com", "backups_enabled": True, "ssh_key_id": 3},
        {"name": "db-01", "plan_id": 2, "power": "stopped"},
        {"name": "web-03", "power": "started", "hostname": None},
    )
    script.fleet_triple("fleet", *fleet, defaults=ENOUGH)
    script.configure(provision_ms=600_000)
    script.fleet("without waiting", {"name": "later", **ENOUGH}, wait=False)
    ran = script.play()

    plan = [("create", "web-02"), ("create", "web-01"), ("create", "db-01"), ("stop", "db-01"), ("create", "web-03")]
    check, real, again = triple(ran, "fleet", plan, created=4, stopped=1, unchanged=1)
    assert mentions(check["msg"], 4, 1) and mentions(again["msg"], 5)
    # The sentence that every run ends with is a form that users rely on.
    assert real["msg"] == "4 created, 1 stopped, 1 unchanged"
    assert names(real) == ["web-02", "there", "web-01", "db-01", "web-03"]
    statuses = [(server["status"], bool(server["ip_address"])) for server in real["servers"]]
    assert statuses == [("active", True)] * 3 + [("stopped", True), ("active", True)]
    assert [server["status"] for server in check["servers"]] == ["active"] * 3 + ["stopped", "active"]
    assert [server["id"] for server in check["servers"]] == [None, 7, None, None, None]
    # The detail where the task wrote it, the list's view elsewhere.
    assert ["ipv6_address" in server for server in real["servers"]] == [True, False, True, True, True]
    assert all("message" not in server and "ssh_key_id" not in server for server in real["servers"])
    bodies = {
        request.body["name"]: request.body
        for request in real.requests
        if request.path == "/servers/" and request.method == "POST"
    }
    assert bodies["web-01"] == {
        "name": "web-01",
        "hostname": "web01.example.com",
        "backups_enabled": True,
        "ssh_key_id": 3,
        **ENOUGH,
    }
    assert bodies["web-03"] == {"name": "web-03", **ENOUGH}
    assert bodies["db-01"] == {"name": "db-01", **ENOUGH, "plan_id": 2}
    assert again.sent == ["GET /servers/", f"GET /servers/{script.stored()['web-01']['id']}/"]
    late = ran.ok("without waiting", changed=True)
    assert late["servers"][0]["status"] == "provisioning" and late["servers"][0]["ip_address"] is None


def test_changes_in_place_power_and_deletes(script: FleetScript) -> None:
    script.configure(start_ms=200, stop_ms=200, delete_ms=200)
    for number in range(1, 10):
        status = "stopped" if number in (3, 5) else "active"
        script.insert(
            number,
            f"web-{number}",
            status=status,
            plan_id=1,
            os_id=5,
            location="us-west",
            hostname=f"web-{number}.example.com",
        )
    fleet = (
        {"name": "web-1"},
        {"name": "web-2", "hostname": "changed.example.com"},
        {"name": "web-3", "power": "started"},
        {"name": "web-4", "power": "stopped", "backups_enabled": True},
        {"name": "web-5", "power": "stopped"},
        {"name": "web-6", "hostname": "WEB-6.example.com."},
    )
    script.fleet_triple("changed", *fleet, defaults=ENOUGH, purge=True, purge_match="web-*", max_delete=3)
    ran = script.play()
    deletions = [("delete", "web-7"), ("delete", "web-8"), ("delete", "web-9")]
    plan = [("update", "web-2"), ("start", "web-3"), ("update", "web-4"), ("stop", "web-4"), *deletions]
    check, real, again = triple(ran, "changed", plan, updated=2, started=1, stopped=1, deleted=3, unchanged=3)
    assert mentions(check["msg"], 1, 2, 3)
    assert sorted(real.writes) == [
        "DELETE /servers/7/",
        "DELETE /servers/8/",
        "DELETE /servers/9/",
        "PATCH /servers/2/",
        "PATCH /servers/4/",
        "POST /servers/3/start/",
        "POST /servers/4/stop/",
    ]
    assert [request.body for request in real.requests if request.method == "PATCH" and "/2/" in request.path] == [
        {"hostname": "changed.example.com"}
    ]
    assert [server["status"] for server in real["servers"]] == [
        "active",
        "active",
        "active",
        "stopped",
        "stopped",
        "active",
    ]
    by_name = {diff["before_header"]: (diff["before"], diff["after"]) for diff in real["diff"]}
    assert sorted(by_name) == ["web-2", "web-3", "web-4", "web-7", "web-8", "web-9"]
    assert (
        by_name["web-2"][0]["hostname"] == "web-2.example.com"
        and by_name["web-2"][1]["hostname"] == "changed.example.com"
    )
    assert by_name["web-7"][0]["id"] == 7 and by_name["web-7"][1] == {}
    assert names(real) == [f"web-{number}" for number in range(1, 7)]
    # Deletions are waited for until list and detail agree; the run after takes a list and the one detail with backups.
    assert again.sent == ["GET /servers/", "GET /servers/4/"]
    assert len(script.stored()) == 6


def test_absent_deletes_exactly_what_is_named(script: FleetScript) -> None:
    script.seed(6, name="web-{n}")
    script.fleet_triple(
        "gone",
        {"name": "web-2"},
        {"name": "never-there"},
        {"name": "web-5", "plan_id": 9},
        state="absent",
        defaults={"os_id": 3},
    )
    ran = script.play()
    _check, real, again = triple(ran, "gone", [("delete", "web-2"), ("delete", "web-5")], deleted=2, unchanged=1)
    assert real["servers"] == [] and again["summary"] == counts(unchanged=3)
    assert sorted(script.stored()) == ["web-1", "web-3", "web-4", "web-6"]


def test_immutable_changes(script: FleetScript) -> None:
    """Refused as a whole, left and told, or recreated: keeping what was not declared, as far as max_delete allows."""
    script.configure(provision_ms=50, address_ms=0, delete_ms=100)
    script.insert(
        101, "web-1", plan_id=2, os_id=5, location="us-west", hostname="kept.example.com", backups_enabled=True
    )
    script.insert(102, "web-2", plan_id=1, os_id=5, location="us-west")
    fleet = (
        {"name": "web-1", **ENOUGH},
        {"name": "web-2", "hostname": "changed.example.com", **ENOUGH},
        {"name": "new", **ENOUGH},
    )
    script.fleet_twice("fail", *fleet)
    script.fleet_twice("too many", *fleet, on_immutable_change="recreate")
    script.fleet_triple("warn", *fleet, on_immutable_change="warn")
    script.fleet_triple("recreate", *fleet, on_immutable_change="recreate", max_delete=1)
    ran = script.play()
    failed = refused(ran, "fail", "web-1", 101, "plan_id", 2, 1, "on_immutable_change", requests=1)
    assert failed["errors"][0]["id"] == 101 and failed["drift"] == [
        {"name": "web-1", "id": 101, "field": "plan_id", "have": 2, "want": 1}
    ]
    assert failed["msg"].count("Nothing was done") == 1, "said once, by the plan and the fleet together"
    too_many = refused(ran, "too many", "web-1", 101, "max_delete", 0, 1, requests=2)
    assert not mentions(too_many["msg"], "web-2") and not mentions(too_many["msg"], "new")
    for name in ("warn: check", "warn: real", "warn: again"):
        done = ran.ok(name)
        assert done["drift"] == [{"name": "web-1", "id": 101, "field": "plan_id", "have": 2, "want": 1}]
        assert [warning for warning in done["warnings"] if mentions(warning, "web-1", 101, "plan_id", 2, 1)]
    triple(ran, "warn", [("update", "web-2"), ("create", "new")], updated=1, created=1, unchanged=1)
    _check, real, _again = triple(ran, "recreate", [("delete", "web-1"), ("create", "web-1")], recreated=1, unchanged=2)
    assert real.writes == ["DELETE /servers/101/", "POST /servers/"]
    body = next(request.body for request in real.requests if request.method == "POST")
    assert body == {"name": "web-1", "hostname": "kept.example.com", "backups_enabled": True, **ENOUGH}
    assert real["servers"][0]["id"] == script.stored()["web-1"]["id"] > 102


def test_immutable_changes_server_by_server(script: FleetScript) -> None:
    """What a server says goes before the defaults, and they before the task."""
    script.configure(provision_ms=50, address_ms=0)
    for number in range(1, 4):
        script.insert(100 + number, f"web-{number}", plan_id=2, os_id=5, location="us-west")
    own = {"name": "web-3", "on_immutable_change": "recreate"}
    servers = ({"name": "web-1"}, {"name": "web-2", "on_immutable_change": None}, own)
    script.fleet_twice(
        "fail",
        {"name": "web-1", "on_immutable_change": "fail"},
        {"name": "web-2"},
        defaults=ENOUGH,
        on_immutable_change="warn",
    )
    script.fleet_triple("mixed", *servers, defaults={**ENOUGH, "on_immutable_change": "warn"}, max_delete=1)
    script.fleet("wrong", {"name": "web-1", "on_immutable_change": "ignore"}, defaults={"on_immutable_change": 1})
    ran = script.play()
    failed = refused(ran, "fail", "web-1", 101, requests=1)
    assert [error["name"] for error in failed["errors"]] == ["web-1"]
    _check, real, again = (
        ran.ok("mixed" + CHECK, changed=True),
        ran.ok("mixed" + REAL, changed=True),
        ran.ok("mixed" + AGAIN, changed=False),
    )
    assert real.writes == ["DELETE /servers/103/", "POST /servers/"] and real["summary"] == counts(
        recreated=1, unchanged=2
    )
    assert [entry["name"] for entry in again["drift"]] == ["web-1", "web-2"]
    wrong = ran.failed(
        "wrong", "servers[0]", "web-1", "on_immutable_change", "fail", "warn", "recreate", "ignore", "defaults"
    )
    assert wrong.sent == [] and times(wrong["msg"], "on_immutable_change") == 2


def test_a_detail_that_cannot_be_read_is_told_of_its_server(script: FleetScript) -> None:
    script.insert(1, "web-1")
    script.insert(2, "web-2")
    fleet = ({"name": "web-1"}, {"name": "web-2", "backups_enabled": True})
    script.fleet_twice("fleet", *fleet, api_retries=0)
    ran = script.play(Fault("answer", method="GET", path="*/servers/2/", status=500, times=None))
    for name in ("fleet" + CHECK, "fleet" + REAL):
        done = ran.failed(name, "web-2", "GET /servers/2/", 500)
        check_shape(done)
        assert times(done["msg"], 2) == times(done["msg"], "active") == 1 and done.writes == []
        assert [(error["name"], error["id"]) for error in done["errors"]] == [("web-2", 2)] and done[
            "summary"
        ] == counts(failed=1)


def test_in_the_controllers_process_and_as_a_module(script: FleetScript) -> None:
    """The same results and writes. One server at a time, so that both ways get the same ids."""
    script.configure(provision_ms=50, address_ms=0)
    script.insert(1, "web-1", status="stopped")
    script.insert(2, "old")
    fleet = (
        {"name": "new", "power": "stopped", **ENOUGH},
        {"name": "web-1", "power": "started", "hostname": "changed.example.com"},
        {"name": "no", "os_id": 99},
    )
    script.fleet(
        "check",
        *fleet,
        defaults=ENOUGH,
        check=True,
        concurrency=1,
        purge=True,
        purge_match="old",
        max_delete=1,
        on_immutable_change="warn",
    )
    script.fleet(
        "real",
        *fleet,
        defaults=ENOUGH,
        concurrency=1,
        purge=True,
        purge_match="old",
        max_delete=1,
        on_immutable_change="warn",
    )
    script.fleet("refused", *fleet, {"name": "bad", "plan_id": "x"})
    ran = script.play_both_ways()
    real = ran.failed("real", "no", "os_id", changed=True)
    assert [error["name"] for error in real["errors"]] == ["no"] and real["summary"] == counts(
        created=1, updated=1, started=1, stopped=1, deleted=1, failed=1
    )
    ran.failed("refused", "servers[3]", "bad", "plan_id")


def test_refused_before_any_request(script: FleetScript) -> None:
    script.fleet_twice(
        "same name", {"name": "web-1", **ENOUGH}, {"name": "web-2", **ENOUGH}, {"name": "web-1", **ENOUGH}
    )
    script.fleet_twice(
        "no integer",
        *({"name": f"web-{number}", **ENOUGH} for number in (1, 2, 3)),
        {"name": "web-04", "plan_id": "two"},
    )
    script.fleet_twice("nameless", {"plan_id": 1})
    script.fleet_twice("unknown", {"name": "web-1", "size": "big"}, defaults={"region": "us"})
    script.fleet_twice("purge all", {"name": "web-1"}, purge=True, purge_match="*", max_delete=1)
    script.fleet_twice("purge without", {"name": "web-1"}, purge=True, max_delete=1)
    script.fleet_twice("crowd", {"name": "web-1"}, concurrency=33)
    script.fleet_twice("no limit", {"name": "web-1"}, wait_timeout=0)
    ran = script.play()
    facts: dict[str, tuple[object, ...]] = {
        "same name": ("servers[0]", "servers[2]", "web-1"),
        "no integer": ("servers[3]", "web-04", "plan_id", "two"),
        "nameless": ("servers[0]", "name"),
        "unknown": ("servers[0]", "web-1", "size", "defaults", "region"),
        "purge all": ("purge_match", "'*'"),
        "purge without": ("purge", "purge_match"),
        "crowd": ("concurrency", 32, 33),
        "no limit": ("wait_timeout", 0),
    }
    for name, expected in facts.items():
        refused(ran, name, *expected, requests=0)


def test_refused_before_the_first_write(script: FleetScript) -> None:
    """Whatever else could be done is not done either."""
    script.insert(4, "twin")
    script.insert(3, "twin")
    script.insert(5, "ill", status="suspended")
    script.seed(3, name="old-{n}", first=6)
    new = {"name": "new", **ENOUGH}
    script.fleet_twice("twins", new, {"name": "twin"})
    script.fleet_twice("twins absent", {"name": "old-6"}, {"name": "twin"}, state="absent")
    script.fleet_twice("incomplete", new, {"name": "half", "plan_id": 1})
    script.fleet_twice("suspended", new, {"name": "ill", "power": "started"})
    script.fleet_twice("purge", new, purge=True, purge_match="old-*", max_delete=2)
    script.fleet_twice("everything", new, {"name": "twin"}, {"name": "half"}, purge=True, purge_match="old-*")
    ran = script.play()
    refused(ran, "twins", "twin", 2, 3, 4, requests=1)
    refused(ran, "twins absent", "twin", 2, 3, 4, requests=1)
    incomplete = refused(ran, "incomplete", "half", "os_id", "location", requests=1)
    assert not mentions(incomplete["msg"], "plan_id"), "it is given"
    refused(ran, "suspended", "ill", 5, "suspended", requests=1)
    refused(ran, "purge", "max_delete", 2, 3, "old-6", "old-7", "old-8", requests=1)
    both = refused(
        ran, "everything", "twin", 3, 4, "half", "plan_id", "os_id", "location", "max_delete", "old-6", requests=1
    )
    assert both["changed"] is False
    assert [error["name"] for error in both["errors"]] == ["twin", "half"]
    assert mentions(both["errors"][0]["msg"], 3, 4)
    assert len(script.emulator.servers()) == 6


def test_requests_of_a_fleet_with_nothing_to_do(script: FleetScript) -> None:
    """100 servers: 1 request. 1,000 in pages of 100: 10 requests, the first and then all others at once."""
    script.seed(100, name="web-{n:03d}", plan_id=[1], os_id=[5], location=["us-west"])
    script.fleet("hundred", *({"name": f"web-{number:03d}"} for number in range(1, 101)), defaults=ENOUGH)
    script.control(
        "POST",
        "/_emulator/seed",
        {"count": 900, "first": 101, "name": "web-{n:03d}", "plan_id": [1], "os_id": [5], "location": ["us-west"]},
    )
    script.fleet("thousand", *({"name": f"web-{number:03d}"} for number in range(1, 1001)), defaults=ENOUGH)
    # The nine have to be there together before any of them is let through.
    ran = script.play(Fault("barrier", method="GET", query="page=", parties=9))
    hundred, thousand = ran.ok("hundred", changed=False), ran.ok("thousand", changed=False)
    assert hundred.sent == ["GET /servers/"] and hundred["api"] == {"requests": 1, "retries": 0, "waited": 0.0}
    assert hundred["summary"] == counts(unchanged=100) and len(hundred["servers"]) == 100
    assert thousand.sent == ["GET /servers/"] * 10 and thousand["summary"] == counts(unchanged=1000)
    assert [server["name"] for server in thousand["servers"]][::333] == ["web-001", "web-334", "web-667", "web-1000"]
    first, *others = ran.history[-10:]
    assert first.ended <= min(record.time for record in others)
    assert max(record.time for record in others) < min(record.ended for record in others)


def test_requests_of_creates(script: FleetScript) -> None:
    """One look, the list of plans, the creates, one look for races, the looks of the wait for all together, and the
    details of the result.
    """
    script.configure(provision_ms=0, address_ms=0)
    count = 20
    script.fleet("create", *({"name": f"web-{number:02d}", **ENOUGH} for number in range(count)), concurrency=5)
    script.configure(provision_ms=100_000)
    script.fleet("no wait", *({"name": f"db-{number:02d}", **ENOUGH} for number in range(count)), wait=False)
    ran = script.play()
    done = ran.ok("create", changed=True)
    looks = ["GET /servers/", "GET /plans/"]
    assert done.sent[: count + 4] == [*looks, *["POST /servers/"] * count, "GET /servers/", "GET /servers/"]
    assert sorted(done.sent[count + 4 :]) == [f"GET /servers/{FIRST + number}/" for number in range(count)]
    done = ran.ok("no wait", changed=True)
    assert (
        done.sent[: count + 3] == [*looks, *["POST /servers/"] * count, "GET /servers/"]
        and len(done.sent) == 2 * count + 3
    )


def test_concurrency_bounds_what_is_under_way(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0)
    script.fleet(
        "create", *({"name": f"web-{number:02d}", **ENOUGH} for number in range(18)), concurrency=6, wait=False
    )
    # The first six have to be there before any of them is let through.
    ran = script.play(Fault("barrier", method="POST", parties=6))
    ran.ok("create", changed=True)
    creates = [record for record in ran.history if record.method == "POST"]
    moments = sorted([(record.time, 1) for record in creates] + [(record.ended, -1) for record in creates])
    under_way = most = 0
    for _moment, step in moments:
        under_way += step
        most = max(most, under_way)
    assert most == 6


def test_waits_of_all_servers_share_their_looks(script: FleetScript) -> None:
    """Servers that are still being made by somebody else are waited for too; a status that lasts is not."""
    for number in range(1, 11):
        script.insert(number, f"web-{number}", status="provisioning", ip_address=None, ipv6_address=None)
    script.insert(11, "ill", status="suspended")
    looks = 0

    def live(record: Record) -> None:
        nonlocal looks
        looks += record.path.endswith("/servers/")
        if looks == 3:
            for number in range(1, 6):
                script.emulator.change(number, status="active", ip_address=f"203.0.113.{number}")
            script.emulator.change(6, status="active")  # the address comes later
        elif looks == 5:
            for number in range(6, 11):
                script.emulator.change(number, status="active", ip_address=f"203.0.113.{number}")

    script.on_record = live
    script.fleet("wait", *({"name": f"web-{number}"} for number in range(1, 11)))
    script.fleet("left alone", {"name": "ill"}, {"name": "web-1"})
    ran = script.play()
    waited = ran.ok("wait", changed=False)
    # Of the one that is active and shows no address, the detail could show one.
    assert waited.sent == [
        *["GET /servers/"] * 4,
        "GET /servers/6/",
        "GET /servers/",
        "GET /servers/6/",
        "GET /servers/",
    ]
    assert [(server["status"], server["ip_address"]) for server in waited["servers"]] == [
        ("active", f"203.0.113.{number}") for number in range(1, 11)
    ]
    assert ran.ok("left alone", changed=False).sent == ["GET /servers/"]


def test_the_plan_is_the_same_whatever_the_order_of_answers(script: FleetScript) -> None:
    """Results come in the order declared, also where creates overtake each other."""
    script.configure(provision_ms=50, address_ms=0)
    order = [7, 3, 9, 1, 8, 2, 6, 4, 5]
    script.fleet("create", *({"name": f"web-{number}", **ENOUGH} for number in order))
    ran = script.play()
    done = ran.ok("create", changed=True)
    check_shape(done)
    assert names(done) == [f"web-{number}" for number in order]
    assert planned(done) == [("create", f"web-{number}") for number in order]
    assert {server["name"]: server["id"] for server in done["servers"]} == {
        name: server["id"] for name, server in script.stored().items()
    }
