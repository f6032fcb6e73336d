# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever holds for one server holds for each of a fleet: twins, one declared by vps_server and one by vps_fleet, end
alike.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from fault_proxy import Fault
from helpers.ansible_cli import AnsibleCli
from helpers.facts import missing
from helpers.fleet import ENOUGH, FleetRan, FleetScript
from helpers.script import AGAIN, CHECK, REAL, Done

FULL = {**ENOUGH, "hostname": "full.example.com", "backups_enabled": True, "ssh_key_id": 2}
CREATES = {"method": "POST", "path": "*/servers/"}


@dataclasses.dataclass(frozen=True)
class Case:
    """What the account holds of a server, what is declared of it, and what becomes of it."""

    found: dict[str, Any] | None
    declared: dict[str, Any]
    writes: tuple[str, ...] = ()
    fails: tuple[object, ...] = ()
    """What the message of the failure mentions, beside the server's name."""
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    fault: dict[str, Any] | None = None
    """A fault that the twins' writes meet: kind and parameters; `on` is the method, `path` the end of
    the path behind the id.
    """


ACTIVE: dict[str, Any] = {"plan_id": 1, "os_id": 5, "location": "us-west"}
CASES = {
    "created": Case(None, ENOUGH, ("POST /servers/",)),
    "created with everything": Case(None, FULL, ("POST /servers/",)),
    "created without waiting": Case(None, ENOUGH, ("POST /servers/",), options={"wait": False}),
    "created and stopped": Case(None, {**ENOUGH, "power": "stopped"}, ("POST /servers/", "POST /servers/ID/stop/")),
    "nulls are not set": Case(None, {**ENOUGH, "hostname": None, "ssh_key_id": None}, ("POST /servers/",)),
    "too little to create": Case(None, {"plan_id": 1}, fails=("os_id", "location")),
    "refused by the API": Case(None, {**ENOUGH, "os_id": 99}, ("POST /servers/",), fails=(400, "os_id")),
    "refused by the list of plans": Case(None, {**ENOUGH, "plan_id": 99}, fails=("plan 99", "us-west")),
    "unchanged": Case(ACTIVE, ENOUGH),
    "unchanged with backups": Case({**ACTIVE, "backups_enabled": True}, {"backups_enabled": True}),
    "unchanged host name": Case({**ACTIVE, "hostname": "A.Example.com."}, {"hostname": "a.example.com"}),
    "host name": Case(ACTIVE, {"hostname": "new.example.com"}, ("PATCH /servers/ID/",)),
    "backups": Case(ACTIVE, {"backups_enabled": True}, ("PATCH /servers/ID/",)),
    "host name, backups and power": Case(
        {**ACTIVE, "status": "stopped"},
        {"hostname": "new.example.com", "backups_enabled": True, "power": "started"},
        ("PATCH /servers/ID/", "POST /servers/ID/start/"),
    ),
    "stopped": Case(ACTIVE, {"power": "stopped"}, ("POST /servers/ID/stop/",)),
    "started": Case({**ACTIVE, "status": "stopped"}, {"power": "started"}, ("POST /servers/ID/start/",)),
    "started without waiting": Case(
        {**ACTIVE, "status": "stopped"}, {"power": "started"}, ("POST /servers/ID/start/",), options={"wait": False}
    ),
    "started already": Case(ACTIVE, {"power": "started"}),
    "suspended cannot be started": Case({**ACTIVE, "status": "suspended"}, {"power": "started"}, fails=("suspended",)),
    "suspended is left alone": Case({**ACTIVE, "status": "suspended"}, ENOUGH),
    "on its way for ever": Case(
        {**ACTIVE, "status": "starting"}, {"power": "started"}, fails=(2, "starting"), options={"wait_timeout": 2}
    ),
    "drift": Case({**ACTIVE, "plan_id": 2}, ENOUGH, fails=("plan_id", 2, 1)),
    "drift is told": Case(
        {**ACTIVE, "plan_id": 2, "location": "eu-north"}, ENOUGH, options={"on_immutable_change": "warn"}
    ),
    "recreated": Case(
        {**ACTIVE, "os_id": 3, "hostname": "kept.example.com", "backups_enabled": True},
        ENOUGH,
        ("DELETE /servers/ID/", "POST /servers/"),
        options={"on_immutable_change": "recreate"},
    ),
    "absent": Case(ACTIVE, {}, ("DELETE /servers/ID/",), options={"state": "absent"}),
    "absent without waiting": Case(ACTIVE, {}, ("DELETE /servers/ID/",), options={"state": "absent", "wait": False}),
    "absent already": Case(None, {}, options={"state": "absent"}),
    # On the way
    "answer to the create lost": Case(None, ENOUGH, ("POST /servers/",), fault={"kind": "reset_after", "on": "POST"}),
    "answer to the create broken": Case(
        None, ENOUGH, ("POST /servers/",), fault={"kind": "truncate_body", "on": "POST"}
    ),
    "create without a trace": Case(
        None,
        ENOUGH,
        ("POST /servers/",),
        ("POST /servers/",),
        options={"adopt_timeout": 0.4},
        fault={"kind": "reset_before", "on": "POST"},
    ),
    "no credit": Case(None, ENOUGH, ("POST /servers/",), (402,), fault={"kind": "answer", "on": "POST", "status": 402}),
    "answer to the update lost": Case(
        ACTIVE, {"hostname": "new.example.com"}, ("PATCH /servers/ID/",), fault={"kind": "reset_after", "on": "PATCH"}
    ),
    "update lost": Case(
        ACTIVE,
        {"hostname": "new.example.com"},
        ("PATCH /servers/ID/",) * 2,
        fault={"kind": "reset_before", "on": "PATCH"},
    ),
    "update refused": Case(
        ACTIVE,
        {"hostname": "new.example.com"},
        ("PATCH /servers/ID/",),
        (400, "no such name"),
        fault={"kind": "answer", "on": "PATCH", "status": 400, "body": {"detail": "no such name"}},
    ),
    "answer to the delete lost": Case(
        ACTIVE, {}, ("DELETE /servers/ID/",), options={"state": "absent"}, fault={"kind": "close_after", "on": "DELETE"}
    ),
    "delete lost": Case(
        ACTIVE,
        {},
        ("DELETE /servers/ID/",) * 2,
        options={"state": "absent"},
        fault={"kind": "close_before", "on": "DELETE"},
    ),
    "delete that deletes nothing": Case(
        ACTIVE,
        {},
        ("DELETE /servers/ID/",),
        (2,),
        options={"state": "absent", "wait_timeout": 2},
        fault={"kind": "ignored_delete", "on": "DELETE"},
    ),
    "answer to the stop lost": Case(
        ACTIVE,
        {"power": "stopped"},
        ("POST /servers/ID/stop/",),
        fault={"kind": "reset_after", "on": "POST", "path": "stop/"},
    ),
    "stop lost": Case(
        ACTIVE,
        {"power": "stopped"},
        ("POST /servers/ID/stop/",) * 2,
        fault={"kind": "reset_before", "on": "POST", "path": "stop/"},
    ),
    # The last one, because it makes all tasks after it slower for some seconds.
    "create throttled": Case(
        None, ENOUGH, ("POST /servers/", "POST /servers/"), fault={"kind": "status_429", "on": "POST", "seconds": 0}
    ),
}


class Twins:
    """One case, declared through both doors."""

    def __init__(self, number: int, name: str, case: Case) -> None:
        self.name, self.case = name, case
        self.servers = {"one": f"one-{number:02d}", "fleet": f"fleet-{number:02d}"}
        self.ids = {"one": 1000 + 2 * number, "fleet": 1001 + 2 * number}

    def faults(self) -> list[Fault]:
        fault = dict(self.case.fault or {})
        if not fault:
            return []
        kind, method, path = fault.pop("kind"), fault.pop("on"), fault.pop("path", "")
        if self.case.found is None:
            return [Fault(kind, **CREATES, body_has=f'"{name}"', **fault) for name in self.servers.values()]
        return [
            Fault(kind, method=method, path=f"*/servers/{server_id}/{path}", **fault) for server_id in self.ids.values()
        ]

    def declare(self, script: FleetScript) -> None:
        case = self.case
        for door, name in self.servers.items():
            if case.found is not None:
                script.insert(self.ids[door], name, **{"hostname": "old.example.com", **case.found})
            modes = [CHECK, REAL] if case.fault or case.fails else [CHECK, REAL, AGAIN]
            for mode in modes:
                task, check = f"{self.name}, {door}{mode}", mode == CHECK
                if door == "one":
                    script.server(task, check, **{"name": name, "wait_interval": 0.1, **case.declared, **case.options})
                else:
                    script.fleet(
                        task, {"name": name, **case.declared}, check=check, **{"max_delete": 1, **case.options}
                    )

    def plain(self, door: str, done: Done, value: Any) -> Any:
        """A value without what tells the twins apart."""
        text = json.dumps(value).replace(self.servers[door], "NAME")
        found = [server["id"] for server in _servers(done) if server["id"]] + [self.ids[door]]
        for server_id in found:
            text = re.sub(rf"\b{server_id}\b", '"ID"' if isinstance(value, (dict, list)) else "ID", text)
        return json.loads(text) if isinstance(value, (dict, list)) else text

    def outcome(self, door: str, mode: str, ran: FleetRan) -> dict[str, Any]:
        """What became of the server, as both doors tell it."""
        done = ran[f"{self.name}, {door}{mode}"]
        server = [_steady(one) for one in _servers(done)]
        unsteady = {"id"} if self.case.options.get("wait", True) else {"id", "status", "has_address"}
        diffs = done["diff"] if door == "fleet" else [done["diff"]]
        return {
            "failed": done.failed,
            "changed": done["changed"],
            "writes": [re.sub(r"/\d+/", "/ID/", write) for write in done.writes],
            "bodies": self.plain(door, done, [request.body for request in done.requests if request.method != "GET"]),
            "drift": [{key: entry[key] for key in ("field", "have", "want")} for entry in done["drift"]],
            "diff": [
                _without_ids(self.plain(door, done, diff))
                for diff in diffs
                if diff["before"] != diff["after"] and done["changed"] and not done.failed
            ],
            "server": [
                {key: value for key, value in self.plain(door, done, one).items() if key not in unsteady}
                for one in server
            ],
        }


def _servers(done: Done) -> list[dict[str, Any]]:
    servers = done.result.get("servers")
    return servers if servers is not None else [done["server"]] if done["server"] else []


def _steady(server: dict[str, Any]) -> dict[str, Any]:
    """Without what changes by itself, and what the list's view lacks: a fleet reads no detail that it does not need."""
    plan = {key: value for key, value in (server.get("plan") or {}).items() if key != "bandwidth"}
    lacking = ("ip_address", "ipv6_address", "backups_enabled", "resource_usage", "created_at", "updated_at")
    return {
        **{key: value for key, value in server.items() if key not in lacking},
        "plan": plan,
        "has_address": bool(server["ip_address"]),
    }


def _without_ids(diff: dict[str, Any]) -> dict[str, Any]:
    return {side: {key: value for key, value in diff[side].items() if key != "id"} for side in ("before", "after")}


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def test_one_server_and_a_fleet_of_one(script: FleetScript) -> None:
    script.configure(provision_ms=40, address_ms=20, start_ms=40, stop_ms=40, delete_ms=0)
    twins = [Twins(number, name, case) for number, (name, case) in enumerate(CASES.items())]
    for pair in twins:
        pair.declare(script)
    ran = script.play(*[fault for pair in twins for fault in pair.faults()], timeout=240)

    for pair in twins:
        case = pair.case
        one, fleet = pair.outcome("one", REAL, ran), pair.outcome("fleet", REAL, ran)
        assert one == fleet, pair.name
        assert tuple(one["writes"]) == case.writes, pair.name
        assert one["failed"] is bool(case.fails), pair.name
        foreseen, in_fleet = pair.outcome("one", CHECK, ran), pair.outcome("fleet", CHECK, ran)
        assert {**foreseen, "server": None} == {**in_fleet, "server": None}, f"{pair.name}, check mode"
        assert foreseen["writes"] == []
        for door in pair.servers:
            done = ran[f"{pair.name}, {door}{REAL}"]
            if case.fails:
                assert missing(done["msg"], pair.servers[door], *case.fails) == [], (
                    f"{pair.name}, {door}: {done['msg']}"
                )
            elif not case.fault:
                assert (
                    pair.outcome(door, AGAIN, ran)["writes"] == []
                    and ran[f"{pair.name}, {door}{AGAIN}"]["changed"] is False
                ), pair.name
    for door in ("one", "fleet"):
        assert ran[f"create without a trace, {door}{REAL}"]["changed"] is True, "it may have been created"
        assert ran[f"no credit, {door}{REAL}"]["changed"] is False
    assert len({server["name"] for server in script.emulator.servers()}) == len(script.emulator.servers())
