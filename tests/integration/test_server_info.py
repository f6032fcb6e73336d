# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server_info reads servers: whole lists, exact filters, as few requests as there can be."""

from __future__ import annotations

from fault_proxy import Fault
from helpers.script import Done, Script

LIST = "GET /servers/"
DETAIL_ONLY = {"backups_enabled", "ipv6_address", "resource_usage"}


def ids(done: Done) -> list[int]:
    return [server["id"] for server in done["servers"]]


def test_filters(script: Script) -> None:
    """Each alone and combined by and; exact, whatever the API makes of its own filters."""
    script.insert(100, "web-01", status="active", location="us-west")
    script.insert(101, "web-02", status="stopped", location="us-west")
    script.insert(102, "web-02", status="active", location="us-east")
    script.insert(103, "WEB-01", status="provisioning", location="us-east", ip_address=None)
    script.insert(104, "web-04", status="quarantined", location="eu-north")
    cases = {
        "all": ({}, [100, 101, 102, 103, 104], ""),
        "name": ({"name": "web-02"}, [101, 102], ""),
        "case": ({"name": "WEB-01"}, [103], ""),
        "status": ({"status": "active"}, [100, 102], "status=active"),
        "stopped": ({"status": "stopped"}, [101], "status=stopped"),
        "location": ({"location": "us-east"}, [102, 103], ""),
        "status and location": ({"status": "active", "location": "us-east"}, [102], "status=active"),
        "all three": (
            {"name": "web-02", "status": "stopped", "location": "us-west"},
            [101],
            "status=stopped",
        ),
        "three that exclude": (
            {"name": "web-01", "status": "stopped", "location": "us-west"},
            [],
            "status=stopped",
        ),
        # Only three words are documented for the API's filter: the rest is compared here.
        "undocumented": ({"status": "provisioning"}, [103], ""),
        "unknown": ({"status": "quarantined"}, [104], ""),
        "never heard of": ({"status": "exploded", "location": "us-west"}, [], ""),
        "capitals": ({"status": "Active"}, [], ""),
        "nowhere": ({"location": "mars"}, [], ""),
    }
    for api in ("exact", "caseless", "ignored"):
        script.configure(filters=api)
        for name, (options, _ids, _query) in cases.items():
            script.info(f"{name} {api}", check=api == "caseless", **options)
    ran = script.run()
    for api in ("exact", "caseless", "ignored"):
        for name, (_options, expected, query) in cases.items():
            done = ran.ok(f"{name} {api}", changed=False)
            assert ids(done) == expected, f"{name} {api}"
            assert done.requests[0].query == "page_size=100" + (f"&{query}" if query else "")
            assert set(done.sent) == {LIST}
            assert all(DETAIL_ONLY.isdisjoint(server) for server in done["servers"])
            if api == "exact":
                assert len(done.sent) == 1 and done["api"] == {"requests": 1, "retries": 0, "waited": 0.0}


def test_by_id_and_details(script: Script) -> None:
    script.insert(100, "web-01", location="us-west")
    script.insert(101, "web-02", status="stopped", location="us-east", backups_enabled=True)
    cases = {
        "id": ({"id": 100}, [100], ["GET /servers/100/"]),
        "id and all": (
            {"id": 101, "name": "web-02", "status": "stopped", "location": "us-east"},
            [101],
            ["GET /servers/101/"],
        ),
        "id with details": ({"id": 100, "details": True}, [100], ["GET /servers/100/"]),
        "id and another name": ({"id": 100, "name": "web-02"}, [], ["GET /servers/100/"]),
        "id and another status": ({"id": 100, "status": "stopped"}, [], ["GET /servers/100/", LIST]),
        "no such id": ({"id": 4711}, [], ["GET /servers/4711/", LIST]),
        "details": ({"details": True}, [100, 101], [LIST, "GET /servers/100/", "GET /servers/101/"]),
        "details of one": ({"name": "web-02", "details": True}, [101], [LIST, "GET /servers/101/"]),
        "details of none": ({"name": "web-03", "details": True}, [], [LIST]),
    }
    for name, (options, _ids, _sent) in cases.items():
        script.info(name, **options)
    ran = script.run()
    for name, (_options, expected, sent) in cases.items():
        done = ran.ok(name, changed=False)
        assert ids(done) == expected and sorted(done.sent) == sorted(sent), name
        assert all(set(server) >= DETAIL_ONLY and server["plan"]["bandwidth"] for server in done["servers"])
    assert ran["details of one"]["servers"][0]["backups_enabled"] is True


def test_an_empty_account_and_one_without_pages(script: Script) -> None:
    script.info("empty")
    script.info("empty details", details=True)
    script.configure(paging=False)
    script.seed(30)
    script.info("no pages")
    script.configure(strict_query=True)
    script.info("strict")
    ran = script.run()
    assert ran.ok("empty")["servers"] == ran.ok("empty details")["servers"] == []
    assert len(ran.ok("no pages")["servers"]) == len(ran.ok("strict")["servers"]) == 30
    assert ran["no pages"].sent == [LIST]
    # What the query may hold is documented nowhere: page_size is given up where it is refused.
    assert [request.query for request in ran["strict"].requests] == ["page_size=100", ""]


def test_paging(script: Script) -> None:
    """250 servers: three pages of 100, or as many as the API makes of it; every server once, in order."""
    script.seed(250, status=["active", "stopped"])
    script.info("hundreds")
    script.info("filtered", status="stopped")
    script.info("one by name", name="web-0250")
    script.configure(max_page_size=20)
    script.info("twenties")
    script.configure(next_host="inner.example.net", order="desc")
    script.info("foreign links")
    script.configure(max_page_size=100, next_host="", order="asc")
    script.info("details", details=True, location="us-west")
    ran = script.run()
    everything = list(range(12345, 12345 + 250))
    done = ran.ok("hundreds")
    assert ids(done) == everything and len(done.sent) == 3
    assert sorted(request.query for request in done.requests) == [
        "page_size=100",
        "page_size=100&page=2",
        "page_size=100&page=3",
    ]
    assert ids(ran.ok("filtered")) == everything[1::2] and len(ran["filtered"].sent) == 2
    assert ids(ran.ok("one by name")) == everything[-1:]
    assert ids(ran.ok("twenties")) == everything and len(ran["twenties"].sent) == 13
    assert ids(ran.ok("foreign links")) == everything[::-1]
    details = ran.ok("details")
    assert ids(details) == everything[::5] and len(details.sent) == 3 + 50
    assert all("resource_usage" in server for server in details["servers"])


def test_a_detail_that_is_not_there(script: Script) -> None:
    """One 404 proves nothing; a server that has vanished since the list was read is none of the account's any more."""
    for number in range(3):
        script.insert(100 + number, f"web-{number}")
    script.faults(
        Fault("answer", path="*/servers/101/", status=404, body={"detail": "Not found."}),
        # A list that is as old as the deletion.
        Fault("stale_list", path="*/servers/"),
    )
    script.info("one 404", details=True)
    script.server("deleted", id=102, state="absent", wait=False)
    script.info("vanished", details=True)
    ran = script.run()
    assert ids(ran.ok("one 404")) == [100, 101, 102]
    ran.ok("deleted", changed=True)
    vanished = ran.ok("vanished")
    assert ids(vanished) == [100, 101]
    assert vanished.sent.count("GET /servers/102/") == 1 and vanished.sent[-1] == LIST


def test_odd_servers(script: Script) -> None:
    """What is odd in one server neither hides it nor the others."""
    script.insert(
        100, "web-01", hostname=None, plan=None, os={}, extra={"nested": [None, "{{ 1 + 1 }}"]}, ip_address=""
    )
    script.insert(101, "{{ 6 * 7 }}", status="{% raw %}", omit=("location", "plan"))
    script.insert(102, "", hostname="{{ lookup('env', 'HOME') }}", status="")
    script.info("all")
    script.info("details", details=True)
    script.info("location", location="us-west")
    ran = script.run()
    for name in ("all", "details"):
        first, second, third = ran.ok(name)["servers"]
        assert first["extra"] == {"nested": [None, "{{ 1 + 1 }}"]} and first["plan"] is None
        assert third["hostname"] == "{{ lookup('env', 'HOME') }}" and third["name"] == third["status"] == ""
        assert second["name"] == "{{ 6 * 7 }}" and "plan" not in second
    assert ids(ran.ok("location")) == [100, 102]
