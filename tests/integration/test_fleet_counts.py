# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a fleet that stand for many servers, plain names, and names that nothing may delete."""

from __future__ import annotations

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.fleet import ENOUGH, FleetScript, counts, names, planned, refused, triple

WEB = {"name": "web-%02d", "count": 3}


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def test_one_entry_for_many_servers(script: FleetScript) -> None:
    """Grown, shrunk by purge, and deleted by the same entry; the number as text, as a survey gives it."""
    web = {**WEB, "hostname": "web%d.example.com"}
    created = [("create", f"web-{number:02d}") for number in (1, 2, 3)]
    # One at a time, so that ids, by which deletions are ordered, follow the numbers.
    script.fleet_triple("three", web, {"name": "db-01"}, defaults=ENOUGH, concurrency=1)
    script.fleet_triple("four", {**web, "count": "4"}, {"name": "db-01"}, defaults=ENOUGH)
    purge = {"purge": True, "purge_match": "web-*", "max_delete": 4}
    script.fleet_triple("one", {**web, "count": 1}, {"name": "db-01"}, defaults=ENOUGH, **purge)
    script.fleet_triple("none", {**web, "count": 0}, defaults=ENOUGH, **purge)
    ran = script.play()
    _check, real, _again = triple(ran, "three", [*created, ("create", "db-01")], created=4)
    assert names(real) == ["web-01", "web-02", "web-03", "db-01"]
    assert [server["hostname"] for server in real["servers"][:3]] == [f"web{n}.example.com" for n in (1, 2, 3)]
    triple(ran, "four", [("create", "web-04")], created=1, unchanged=4)
    triple(ran, "one", [("delete", f"web-{number:02d}") for number in (2, 3, 4)], deleted=3, unchanged=2)
    triple(ran, "none", [("delete", "web-01")], deleted=1)
    assert list(script.stored()) == ["db-01"]


def test_plain_names_are_enough_to_delete(script: FleetScript) -> None:
    for number, name in enumerate(("web-01", "web-02", "web-03", "db-01", "kept"), 100):
        script.insert(number, name, location="us-west", plan_id=1, os_id=5)
    script.fleet_twice("plain name", "kept", {"name": "web-01"})
    script.fleet_triple("deleted", "db-01", WEB, "never-there", state="absent")
    ran = script.play_both_ways()
    refused(ran, "plain name", "servers[0]", "kept", "state: absent", "name", requests=0)
    deleted = [("delete", "db-01"), *(("delete", f"web-{number:02d}") for number in (1, 2, 3))]
    triple(ran, "deleted", deleted, deleted=4, unchanged=1)
    assert list(script.stored()) == ["kept"]


def test_counts_that_can_not_be_meant(script: FleetScript) -> None:
    cases = {
        "no count": ({"name": "web-%02d"}, ("servers[0]", "%02d", "count")),
        "no directive": ({"name": "web", "count": 2}, ("servers[0]", "count", "web-%02d")),
        "not a number": ({"name": "web-%s", "count": 2}, ("servers[0]", "%d", "web-%s")),
        "many": ({**WEB, "count": "many"}, ("count", "integer", "many")),
        "too many": ({**WEB, "count": 100_000}, ("count", 1000, 100_000)),
        "negative": ({**WEB, "count": -1}, ("count", 0, -1)),
    }
    for name, (entry, _facts) in cases.items():
        script.fleet_twice(name, {**entry, **ENOUGH})
    script.fleet_twice("clash", WEB, {"name": "web-02"}, defaults=ENOUGH)
    script.fleet_twice("in defaults", {"name": "web-01"}, defaults={**ENOUGH, "count": 3})
    ran = script.play()
    for name, (_entry, facts) in cases.items():
        refused(ran, name, *facts, requests=0)
    refused(ran, "clash", "servers[0]", "servers[1]", "web-02", requests=0)
    refused(ran, "in defaults", "defaults", "count", requests=0)


def test_what_is_protected_is_not_deleted(script: FleetScript) -> None:
    """Whatever would delete it: nothing is written at all, and check mode says the same."""
    script.insert(100, "db-01", location="us-west", plan_id=3, os_id=5)
    script.insert(101, "DB-02", location="us-west", plan_id=1, os_id=5)
    script.insert(102, "web-01", location="us-west", plan_id=1, os_id=5)
    protect = {"protect": ["db-*", "cache-*"], "max_delete": 9}
    recreate = {"on_immutable_change": "recreate"}
    script.fleet_twice("named", "web-01", "db-01", state="absent", **protect)
    script.fleet_twice("purged", {"name": "new", **ENOUGH}, purge=True, purge_match="*0[12]", **protect)
    script.fleet_twice("recreated", {"name": "db-01"}, {"name": "new"}, defaults=ENOUGH, **recreate, **protect)
    script.fleet_twice("recreated by its own", {"name": "db-01", **recreate, **ENOUGH}, **protect)
    script.fleet_twice("no pattern", {"name": "db-01"}, protect=["db-*", " "])
    script.fleet_triple(
        "others", {"name": "db-01", "hostname": "db.example.com"}, purge=True, purge_match="web-*", **protect
    )
    script.fleet_triple("not there", "cache-01", state="absent", **protect)
    ran = script.play_both_ways()
    for name in ("named", "recreated", "recreated by its own"):
        done = refused(ran, name, "db-01", 100, "db-*", "protect", requests=1)
        assert [(error["name"], error["id"]) for error in done["errors"]] == [("db-01", 100)]
        assert done["summary"] == counts(failed=1)
    done = refused(ran, "purged", "db-01", 100, "DB-02", 101, "db-*", requests=1)
    assert sorted(error["id"] for error in done["errors"]) == [100, 101]
    refused(ran, "no pattern", "protect", "empty", requests=0)
    triple(ran, "others", [("update", "db-01"), ("delete", "web-01")], updated=1, deleted=1)
    assert planned(ran.ok("not there: real", changed=False)) == []
    assert sorted(script.stored()) == ["DB-02", "db-01"]
