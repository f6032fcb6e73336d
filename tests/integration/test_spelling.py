# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference of spelling can destroy: nothing. Servers that come of one, run after run: at most one."""

from __future__ import annotations

import pathlib

import pytest

from helpers.facts import mentions
from helpers.script import Script

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
ANEW = {"on_immutable_change": "recreate"}


def test_a_spelling_recreates_nothing(script: Script) -> None:
    """A location in other letters is no difference, and what nothing proves is not deleted for."""
    script.insert(100, "web-01")
    script.insert(101, "web-02", plan={"id": "1", "name": "Standard VPS"}, os={"id": "5"})
    script.triple("location", name="web-01", location="US-West", **ANEW)
    script.triple("ids as texts", name="web-02", plan_id=1, os_id=5, **ANEW)
    for what, wrong in {
        "unknown location": {"location": "us-wset"},
        "not offered there": {"plan_id": 3, "location": "eu-north"},
        "unknown plan": {"plan_id": 9},
        "unknown system": {"os_id": 99},
    }.items():
        script.twice(what, name="web-01", **wrong, **ANEW)
        script.twice(f"{what} by id", id=100, **wrong, **ANEW)
    ran = script.run(both_ways=True)
    for what in ("location", "ids as texts"):
        for done in ran.triple(what, changed=False):
            assert done["drift"] == [] and "warnings" not in done.result
            assert all("plans" not in request for request in done.sent)
    for what, facts in {
        "unknown location": ("us-wset", "us-west"),
        "not offered there": ("eu-north", 3),
        "unknown plan": (9,),
        "unknown system": ("os_id 99", "recreate_unproven"),
    }.items():
        for name in (what, f"{what} by id"):
            done = ran.both_fail(name, "web-01", 100, *facts)
            assert done.writes == [] and done["changed"] is False and done["id"] == 100
    assert sorted(server["id"] for server in script.emulator.servers()) == [100, 101]


def test_without_a_list_of_plans_other_servers_are_proof(script: Script) -> None:
    script.configure(plans=False, provision_ms=20, address_ms=0)
    script.insert(100, "web-01")
    script.insert(101, "web-02", location="us-east")
    script.insert(102, "db-01", plan_id=2)
    script.twice("unproven", name="web-01", plan_id=3, **ANEW)
    script.triple("proven", name="web-01", plan_id=2, location="US-East", **ANEW)
    script.triple("allowed", name="web-02", plan_id=3, recreate_unproven=True, **ANEW)
    ran = script.run()
    assert ran.both_fail("unproven", "plan_id 3", "recreate_unproven").writes == []
    _check, real, _again = ran.triple("proven", changed=True)
    assert real.writes == ["DELETE /servers/100/", "POST /servers/"] and real["server"]["location"] == "us-east"
    _check, real, _again = ran.triple("allowed", changed=True)
    assert real["server"]["plan"]["id"] == 3


@pytest.mark.parametrize("answered", ["stored", "sent"])
@pytest.mark.parametrize(("how", "stored"), [("lowercase", "web-server-01"), ("cut", "Web-server-0")])
def test_an_api_that_stores_names_otherwise_costs_one_server_at_most(
    script: Script, tmp_path: pathlib.Path, how: str, stored: str, answered: str
) -> None:
    script.configure(stored_names=how, created_name=answered, provision_ms=20, address_ms=0)
    for run in (1, 2, 3):
        script.server(f"run {run}", name="Web-server-01", **ENOUGH)
    script.server("check", check=True, name="Web-server-01", **ENOUGH)
    ran = script.run(play={"vars": {"vpsorg_lock_dir": str(tmp_path / "locks")}})
    first = ran.failed("run 1", "Web-server-01", stored, 12345, changed=True)
    assert first["id"] == 12345 and first.actions == ["create"] and first["server"]["name"] == stored
    for name in ("run 2", "run 3", "check"):
        done = ran.failed(name, "Web-server-01", 12345)
        assert done.writes == [] and done["changed"] is False
    assert len(script.emulator.servers()) == 1


def test_other_spellings_are_told(script: Script) -> None:
    script.insert(100, "Web-01")
    script.triple("absent", name="web-01", state="absent")
    script.power("power", name="web-01", state="stopped")
    script.triple("rename", id=100, name="web-01")
    ran = script.run()
    for done in ran.triple("absent", changed=False):
        assert mentions(done["warnings"][0], "Web-01", 100)
    ran.failed("power", "Web-01", 100)
    _check, real, _again = ran.triple("rename", changed=True)
    assert real.body == {"name": "web-01"}


def test_a_rename_that_is_stored_otherwise_fails(script: Script) -> None:
    script.configure(stored_names="lowercase")
    script.insert(100, "old")
    script.server("rename", id=100, name="New")
    ran = script.run()
    assert mentions(ran.failed("rename", 100, changed=True)["msg"], "New", "new")


def test_a_server_that_breaks_the_rule_for_names_can_be_managed(script: Script) -> None:
    """The rule is that of creates. What the inventory shows can be looked up, switched and deleted."""
    for number, name in ((100, "web_01"), (101, "web02.example.com")):
        script.insert(number, name, backups_enabled=False)
        script.info(f"info {number}", name=name)
        script.triple(f"present {number}", name=name, backups_enabled=True)
        script.power(f"power {number}", name=name, state="stopped")
    script.triple("absent", name="web_01", state="absent")
    script.task("fleet", "vps_fleet", {"servers": [{"name": "web02.example.com"}], "state": "absent"})
    ran = script.run()
    for number, name in ((100, "web_01"), (101, "web02.example.com")):
        assert [server["id"] for server in ran.ok(f"info {number}")["servers"]] == [number], name
        ran.triple(f"present {number}", changed=True, id=number)
        ran.ok(f"power {number}", changed=True)
    ran.triple("absent", changed=True)
    assert ran.ok("fleet", changed=True)["summary"]["deleted"] == 1 and script.emulator.servers() == []
