# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server_power on many servers: by their names or by patterns, in one task."""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import COUNTS, RESULT_KEYS, FleetRan, FleetScript, names, planned
from helpers.script import AGAIN, CHECK, REAL, Done, steady

QUICK = {"wait_interval": 0.1, "settle_time": 0.3}
KEYS = {*COUNTS, "rebooted"}
BRIEF = {"id", "name", "status", "ip_address"}


class PowerScript(FleetScript):
    """A script with tasks that switch many servers."""

    def many(
        self, task: str, /, *, keywords: dict[str, Any] | None = None, check: bool = False, **options: Any
    ) -> None:
        """A task with vps_server_power, which looks often."""
        self.task(
            task,
            "vps_server_power",
            {**QUICK, **options},
            **({"check_mode": True} if check else {}),
            **(keywords or {}),
        )

    def many_triple(self, task: str, /, **options: Any) -> None:
        """Check mode, for real, again."""
        self.many(task + CHECK, check=True, **options)
        self.many(task + REAL, **options)
        self.many(task + AGAIN, **options)

    def servers(self, *statuses: str, name: str = "dev-{}", first: int = 1) -> None:
        """dev-1, dev-2, …, with the ids 1, 2, …"""
        for number, status in enumerate(statuses, first):
            self.insert(number, name.format(number), status=status)


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator: Any) -> PowerScript:
    emulator.configure(start_ms=100, stop_ms=100, reboot_ms=100)
    return PowerScript(ansible_cli, emulator)


def counted(**changes: int) -> dict[str, int]:
    """A whole summary."""
    return {**dict.fromkeys(KEYS, 0), **changes}


def check_shape(done: Done) -> None:
    """Every key of a fleet, always, and none of a single server."""
    assert set(done.result) >= RESULT_KEYS and {"id", "server", "actions"}.isdisjoint(done.result), done.result
    assert set(done["summary"]) == KEYS and done["summary"]["failed"] == len(done["errors"])
    for error in done["errors"]:
        assert set(error) == {"name", "id", "msg"} and error["name"] in error["msg"]
        assert error["id"] is None or mentions(error["msg"], error["id"])


def posts(done: Done) -> list[str]:
    return sorted(done.writes)


def triple(ran: FleetRan, name: str, plan: list[tuple[str, str]], **summary: int) -> tuple[Done, Done, Done]:
    """Check mode foretells the real run and sends GET only; the run after changes nothing."""
    check, real = ran.ok(name + CHECK, changed=bool(plan)), ran.ok(name + REAL, changed=bool(plan))
    again = ran.ok(name + AGAIN, changed=False)
    for done in (check, real, again):
        check_shape(done)
    assert check.writes == again.writes == [] and planned(again) == again["diff"] == []
    assert planned(check) == planned(real) == plan
    assert check["diff"] == real["diff"] and check["plan"] == real["plan"]
    assert check["summary"] == real["summary"] == counted(**summary)
    statuses = [[(server["id"], server["status"]) for server in done["servers"]] for done in (check, real, again)]
    assert statuses[0] == statuses[1] == statuses[2]
    return check, real, again


def refused(ran: FleetRan, name: str, *facts: object, requests: int) -> Done:
    """Before the first write, with a fleet's keys."""
    done = ran.failed(name, *facts)
    check_shape(done)
    assert done.writes == [] and len(done.sent) == requests, done.sent
    return done


def test_everything_that_fits_a_pattern_is_stopped(script: PowerScript) -> None:
    script.servers("active", "stopped", "active", "active")
    script.insert(5, "prod-1")
    script.many_triple("stop", match="dev-*", state="stopped")
    ran = script.play_both_ways()
    _check, real, again = triple(
        ran, "stop", [("stop", "dev-1"), ("stop", "dev-3"), ("stop", "dev-4")], stopped=3, unchanged=1
    )
    assert posts(real) == [f"POST /servers/{number}/stop/" for number in (1, 3, 4)]
    assert names(real) == ["dev-1", "dev-2", "dev-3", "dev-4"]
    assert {server["status"] for server in real["servers"]} == {"stopped"}
    # One list to plan, one for the run that changes nothing; then the details of those that are acted on.
    planning = real.sent[: real.sent.index(next(sent for sent in real.sent if sent.startswith("POST")))]
    assert planning[0] == "GET /servers/" and planning.count("GET /servers/") == 1
    assert sorted(planning[1:]) == [f"GET /servers/{number}/" for number in (1, 3, 4)]
    assert again.sent == ["GET /servers/"]
    assert real["msg"] == "3 stopped, 1 unchanged"
    assert [entry["before_header"] for entry in real["diff"]] == ["dev-1", "dev-3", "dev-4"]
    assert real["diff"][0]["before"] == {"power": "started"} and real["diff"][0]["after"] == {"power": "stopped"}
    assert script.stored()["prod-1"]["status"] == "active"


def test_named_servers_are_started_in_their_order(script: PowerScript) -> None:
    script.servers("stopped", "active", "stopped", "stopped")
    script.many_triple("start", names=["dev-3", "dev-2", "dev-1", "dev-3"], state="started", concurrency=2)
    ran = script.play()
    _check, real, _again = triple(ran, "start", [("start", "dev-3"), ("start", "dev-1")], started=2, unchanged=1)
    assert names(real) == ["dev-3", "dev-2", "dev-1"] and posts(real) == [
        "POST /servers/1/start/",
        "POST /servers/3/start/",
    ]
    assert ["ipv6_address" in server for server in real["servers"]] == [True, False, True], "details of those acted on"
    assert script.stored()["dev-4"]["status"] == "stopped"


def test_each_is_rebooted_once(script: PowerScript) -> None:
    script.servers("active", "active", "active")
    script.many("check", check=True, match="dev-*", state="rebooted")
    script.many("real", match="dev-*", state="rebooted")
    script.many("names", names="dev-1, dev-2", state="rebooted")
    ran = script.play()
    plan = [("reboot", f"dev-{number}") for number in (1, 2, 3)]
    check, real = ran.ok("check", changed=True), ran.ok("real", changed=True)
    for done in (check, real):
        check_shape(done)
        assert planned(done) == plan and done["summary"] == counted(rebooted=3)
        assert [server["status"] for server in done["servers"]] == ["active"] * 3
    assert check.writes == [] and posts(real) == [f"POST /servers/{number}/reboot/" for number in (1, 2, 3)]
    assert check["msg"] == "Plan: 3 to reboot, 0 unchanged" and real["msg"] == "3 rebooted"
    assert posts(ran.ok("names", changed=True)) == ["POST /servers/1/reboot/", "POST /servers/2/reboot/"]
    reboots = [request for request in script.emulator.requests() if request["path"].endswith("/reboot/")]
    assert len(reboots) == 5


def test_a_stopped_server_is_not_rebooted_and_the_others_are(script: PowerScript) -> None:
    """The API's own refusal concerns one server."""
    script.servers("active", "stopped", "active")
    script.many("check", check=True, match="dev-*", state="rebooted")
    script.many("real", match="dev-*", state="rebooted")
    ran = script.play()
    check, real = ran.failed("check", "dev-2", 2, changed=True), ran.failed("real", "dev-2", 2, changed=True)
    for done in (check, real):
        check_shape(done)
        assert [error["id"] for error in done["errors"]] == [2]
        assert done["summary"] == counted(rebooted=2, failed=1)
        assert [server["status"] for server in done["servers"]] == ["active", "stopped", "active"]
    assert check["plan"] == real["plan"] and check["diff"] == real["diff"]
    assert mentions(real["errors"][0]["msg"], 400, "Server is not running.")
    assert posts(real) == [f"POST /servers/{number}/reboot/" for number in (1, 2, 3)]


@pytest.mark.parametrize("lost", ["reset_before", "reset_after"])
def test_a_reboot_whose_response_is_lost_is_not_sent_again(script: PowerScript, lost: str) -> None:
    script.configure(reboot_ms=0)
    script.servers("active", "active")
    script.many("reboot", match="dev-*", state="rebooted")
    ran = script.play(Fault(lost, method="POST", path="*/servers/1/reboot/"))
    done = ran.failed("reboot", "dev-1", 1, changed=True)
    check_shape(done)
    assert done["summary"] == counted(rebooted=1, failed=1)
    assert posts(done) == ["POST /servers/1/reboot/", "POST /servers/2/reboot/"]


def test_one_servers_failure_is_its_own(script: PowerScript) -> None:
    script.servers("active", "active", "active", "stopped")
    script.many("stop", match=["dev-*"], state="stopped")
    script.many("again", match=["dev-*"], state="stopped")
    ran = script.play(
        Fault("answer", method="POST", path="*/servers/2/stop/", status=410, body={"detail": "Server is locked."})
    )
    done = ran.failed("stop", "dev-2", 2, 410, "Server is locked.", changed=True)
    check_shape(done)
    assert [(error["name"], error["id"]) for error in done["errors"]] == [("dev-2", 2)]
    assert done["summary"] == counted(stopped=2, unchanged=1, failed=1)
    assert names(done) == ["dev-1", "dev-2", "dev-3"], "what failed and what was changed"
    assert ran.ok("again", changed=True)["summary"] == counted(stopped=1, unchanged=3)


def test_the_time_limit_names_every_server(script: PowerScript) -> None:
    script.configure(stop_ms=600_000)
    script.servers("active", "active", "stopped")
    script.many("stop", match="dev-*", state="stopped", wait_timeout=3.5)
    ran = script.play()
    done = ran.failed("stop", "dev-1", "dev-2", "stopping", 3.5, changed=True)
    check_shape(done)
    assert [error["id"] for error in done["errors"]] == [1, 2]
    assert done["summary"] == counted(stopped=2, unchanged=1, failed=2)


def test_transitions_and_no_waiting(script: PowerScript) -> None:
    """Those on their way are waited for, unless nobody waits; in another transition, its end comes first."""
    script.configure(start_ms=600_000)
    script.servers("starting", "stopped")
    script.many("no wait", match="dev-*", state="started", wait=False)
    ran = script.play()
    done = ran.ok("no wait", changed=True)
    assert done["summary"] == counted(started=1, unchanged=1) and posts(done) == ["POST /servers/2/start/"]
    assert [server["status"] for server in done["servers"]] == ["starting", "starting"] and done["api"]["waited"] == 0


def test_those_on_their_way_are_waited_for(script: PowerScript) -> None:
    script.servers("active", "active")
    script.other_client("POST", "/servers/1/stop/")
    script.many("stop", match="dev-*", state="stopped")
    script.other_client("POST", "/servers/2/start/")
    script.many("stop a starting one", match="dev-*", state="stopped")
    ran = script.play()
    for name in ("stop", "stop a starting one"):
        done = ran.ok(name, changed=True)
        assert posts(done) == ["POST /servers/2/stop/"] and {server["status"] for server in done["servers"]} == {
            "stopped"
        }


def test_what_no_action_changes_refuses_the_whole_plan(script: PowerScript) -> None:
    script.servers("active", "suspended", "active")
    script.many("check", check=True, match="dev-*", state="stopped")
    script.many("real", match="dev-*", state="stopped")
    ran = script.play()
    check, real = (refused(ran, name, "dev-2", 2, "suspended", requests=1) for name in ("check", "real"))
    assert steady(check.result) == steady(real.result)
    assert [error["id"] for error in real["errors"]] == [2] and names(real) == ["dev-2"]


def test_names_that_are_not_there(script: PowerScript) -> None:
    script.servers("active", "stopped")
    script.insert(3, "Web-1")
    script.insert(4, "twin")
    script.insert(5, "twin", status="stopped")
    script.many("unknown", names=["dev-1", "nobody", "nowhere"], state="stopped")
    script.many("spelled otherwise", names=["dev-1", "web-1"], state="stopped")
    script.many("not unique", names=["dev-1", "twin"], state="stopped")
    script.many("both twins", match="twin", state="stopped")
    ran = script.play()
    unknown = refused(ran, "unknown", "nobody", "nowhere", requests=1)
    assert [(error["name"], error["id"]) for error in unknown["errors"]] == [("nobody", None), ("nowhere", None)]
    refused(ran, "spelled otherwise", "web-1", "Web-1", 3, requests=1)
    refused(ran, "not unique", "twin", 4, 5, "match", requests=1)
    # A pattern means every server that fits, each by its id.
    both = ran.ok("both twins", changed=True)
    assert both["summary"] == counted(stopped=1, unchanged=1) and posts(both) == ["POST /servers/4/stop/"]
    assert [server["id"] for server in both["servers"]] == [4, 5]


def test_a_pattern_that_fits_none_is_a_warning(script: PowerScript) -> None:
    script.servers("active")
    script.many("none", match="Dev-*,nobody-[0-9]", state="stopped")
    script.many("one of two", match=["dev-1", "nobody-*"], state="stopped")
    ran = script.play_both_ways()
    none = ran.ok("none", changed=False)
    check_shape(none)
    assert none["servers"] == none["plan"] == [] and none["summary"] == counted() and none.sent == ["GET /servers/"]
    assert mentions(none["warnings"][0], "Dev-*", "nobody-[0-9]") and len(none["warnings"]) == 1
    some = ran.ok("one of two", changed=True)
    assert mentions(some["warnings"][0], "nobody-*") and not mentions(some["warnings"][0], "dev-1")


def test_everything_can_only_be_started(script: PowerScript) -> None:
    script.servers("stopped", "active")
    for state in ("stopped", "rebooted"):
        for pattern in ("*", "????", "[a-z]*"):
            script.many(f"{pattern} {state}", match=["dev-1", pattern], state=state)
    script.many_triple("all", match="*", state="started")
    ran = script.play()
    for state in ("stopped", "rebooted"):
        for pattern in ("*", "????", "[a-z]*"):
            refused(ran, f"{pattern} {state}", pattern, "state: started", requests=0)
    triple(ran, "all", [("start", "dev-1")], started=1, unchanged=1)


OF_MANY: dict[str, tuple[dict[str, Any], tuple[object, ...]]] = {
    "empty names": ({"names": []}, ("names", "empty")),
    "empty match": ({"match": []}, ("match", "empty")),
    "names as an empty text": ({"names": ""}, ("names", "empty")),
    "names of a failed lookup": ({"names": None}, ("names", "null")),
    "match of a failed lookup": ({"match": "{{ found }}"}, ("match", "empty")),
    "an empty name": ({"names": ["dev-1", ""]}, ("names", "empty")),
    "an empty pattern": ({"match": "dev-*,,"}, ("match", "empty")),
    "a control character": ({"names": ["dev-1\n2"]}, ("names", "control character")),
    "a number": ({"names": [83]}, ("names", 83, "Put it in quotes")),
    "a number as a pattern": ({"match": 83}, ("match", 83, "Put it in quotes")),
    "a dictionary": ({"names": {"dev-1": 1}}, ("names", "list")),
    "null among names": ({"names": ["dev-1", None]}, ("names", "string")),
    "name and names": ({"name": "dev-1", "names": ["dev-2"]}, ("name", "names")),
    "id and match": ({"id": 1, "match": "dev-*"}, ("id", "match")),
    "names and match": ({"names": ["dev-1"], "match": "dev-*"}, ("names", "match")),
    "concurrency": ({"match": "dev-*", "concurrency": 33}, ("concurrency", 32, 33)),
    "settle time": ({"match": "dev-*", "settle_time": 0}, ("settle_time", 0)),
    "returned": ({"match": "dev-*", "returned": "some"}, ("returned", "some")),
    "wait timeout": ({"match": "dev-*", "wait_timeout": -1}, ("wait_timeout", -1)),
}
NOT_OURS = ("returned",)  # refused by Ansible itself, which knows no keys of ours


def test_bad_input_is_refused_before_any_request(script: PowerScript) -> None:
    script.servers("active", "active")
    for name, (options, _facts) in OF_MANY.items():
        script.many(name, state="stopped", **options)
    script.many("nothing", state="stopped")
    script.many("empty names of one", names=[], name="", state="stopped")
    script.many("one, with the others omitted", name="dev-1", names="{{ omit }}", match="{{ omit }}", state="started")
    script.many("many, with empty name and id", names="dev-1", name="", id=None, state="started")
    ran = script.play(variables={"found": ""}, complete=False)
    for name, (_options, facts) in OF_MANY.items():
        if name in NOT_OURS:
            assert ran.failed(name, *facts)
        else:
            assert refused(ran, name, *facts, requests=0)["servers"] == []
    assert ran.failed("nothing", "name", "id", "names", "match", "required")["server"] is None
    refused(ran, "empty names of one", "names", "empty", requests=0)
    assert ran.ok("one, with the others omitted", changed=False)["server"]["name"] == "dev-1"
    assert names(ran.ok("many, with empty name and id", changed=False)) == ["dev-1"]


def test_odd_servers_are_left_out(script: PowerScript) -> None:
    script.servers("active", "active")
    script.insert(3, "dev-3", omit=("status",))
    script.insert(4, None)  # type: ignore[arg-type]
    script.many("by pattern", match="dev-*", state="stopped")
    script.many("by name", names=["dev-1", "dev-3"], state="started")
    ran = script.play()
    done = ran.ok("by pattern", changed=True)
    assert names(done) == ["dev-1", "dev-2"] and len(done["warnings"]) == 1 and mentions(done["warnings"][0], 3, 4)
    refused(ran, "by name", "dev-3", 3, "status", requests=1)


def test_a_look_that_fails_returns_the_keys_of_many(script: PowerScript) -> None:
    script.servers("active", "active")
    script.many("list", match="dev-*", state="stopped", api_retries=0)
    script.many("detail", match="dev-*", state="stopped", api_retries=0)
    ran = script.play(
        Fault("answer", method="GET", path="*/servers/", status=500),
        Fault("answer", method="GET", path="*/servers/2/", status=500),
    )
    check_shape(ran.failed("list", 500))
    detail = ran.failed("detail", "dev-2", 2, 500)
    check_shape(detail)
    assert [error["id"] for error in detail["errors"]] == [2]
    assert ran.paths("POST") == []


def test_a_rejected_token_stops_everything(script: PowerScript) -> None:
    script.servers(*["active"] * 5)
    script.many("stop", match="dev-*", state="stopped", concurrency=1)
    ran = script.play(
        Fault("answer", method="POST", nth=2, times=None, status=403, body={"detail": "No permission."}),
    )
    done = ran.failed("stop", 403, "No permission.", changed=True)
    check_shape(done)
    assert len(done["errors"]) == 5 and len(ran.paths("POST")) == 2


def test_returned_and_diff(script: PowerScript) -> None:
    script.servers("active", "stopped")
    for returned in ("none", "changed", "all"):
        script.many(f"check {returned}", check=True, match="dev-*", state="stopped", returned=returned)
    script.many("real", match="dev-*", state="stopped", returned="changed")
    ran = script.play(play={"diff": False})
    for returned, shown in (("none", []), ("changed", ["dev-1"]), ("all", ["dev-1", "dev-2"])):
        done = ran.ok(f"check {returned}", changed=True)
        assert names(done) == shown and "diff" not in done.result and set(done["plan"][0]) > {"reason", "fields"}
    real = ran.ok("real", changed=True)
    assert [set(server) for server in real["servers"]] == [BRIEF]
    assert real["plan"] == [{"action": "stop", "name": "dev-1", "id": 1}] and "diff" not in real.result


def test_what_is_shown(script: PowerScript) -> None:
    """The plan in check mode, and a line for each change of state."""
    script.servers("active", "stopped", "active")
    script.many("check", check=True, match="dev-*", state="stopped")
    script.many("reboot: check", check=True, names=["dev-1"], state="rebooted")
    script.many("real", match="dev-*", state="stopped")
    ran = script.play()
    lines = ran.outcome.stdout.splitlines()
    for line in (
        "  . stop   dev-1  id 1, status is active",
        "  . stop   dev-3  id 3, status is active",
        "Plan: 2 to stop, 1 unchanged",
        "  * reboot dev-1  id 1, requested",
        "vps_server_power: dev-1 (id 1): stopping",
        "vps_server_power: dev-3 (id 3): stopped",
    ):
        assert line in lines, ran.outcome.stdout


def test_a_task_that_times_out_tells_what_it_has_done(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.configure(stop_ms=600_000)
    for number in (1, 2):
        emulator.insert(id=number, name=f"dev-{number}", status="active")
    task = {
        "name": "stop",
        "vpsorg.cloud.vps_server_power": {"match": "dev-*", "state": "stopped"},
        "timeout": 6,
        "ignore_errors": True,
    }
    done = ansible_cli.tasks([task], rc=0).task("stop")
    assert done["changed"] is True and done["summary"]["stopped"] == 2 and set(done["summary"]) == KEYS
    assert mentions(done["msg"], "dev-1", 1, "dev-2", 2, "stopped")
