# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet's plan: what exists beside what is declared, and what is refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, Call, Reply, VirtualTime, list_item, page, scripted_api, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.planner import FleetPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.text import failures_in_sentences, plan_sentence
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.values import drifts, plan_entries
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from helpers.facts import mentions

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


class Listed(Account):
    """An account whose list shows what lists show."""

    def __call__(self, call: Call) -> Reply:
        if call.path == "/servers/" and call.method == "GET":
            return page([list_item(number, **_fields(server)) for number, server in self.servers.items()])
        return super().__call__(call)


def _fields(server: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in server.items() if key not in ("id", "plan", "os")}
    return {**shown, "plan_id": server["plan"]["id"], "os_id": server["os"]["id"]}


class Planned:
    """The plan of a fleet over an account."""

    def __init__(self, clock: VirtualTime, account: Account, *servers: dict[str, Any], **options: Any) -> None:
        params = {
            "servers": list(servers),
            "defaults": {},
            "state": "present",
            "purge": False,
            "purge_match": None,
            "max_delete": 0,
            "concurrency": 4,
            "on_immutable_change": "fail",
            "wait": True,
            **options,
        }
        api, self.http = scripted_api(account, clock)
        servers = Servers(api.client, adopt_timeout=1.0, wait_interval=1.0)
        self.plan = FleetPlanner(servers, read_declaration(params)).plan()
        self.plans = self.plan.servers
        self.seen = self.plan.seen

    @property
    def refusal(self) -> str | None:
        """Why the whole task must not begin."""
        reasons = [server.refusal for server in self.plans if server.refusal]
        reasons += [self.plan.refusal] if self.plan.refusal else []
        assert self.plan.is_refused is bool(reasons)
        return failures_in_sentences(reasons) if reasons else None

    @property
    def asked(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.http.calls]

    @property
    def entries(self) -> list[tuple[Any, ...]]:
        return [(entry["action"], entry["name"], entry["id"]) for entry in plan_entries(self.plans)]


@pytest.fixture
def plan(clock: VirtualTime):
    return lambda account, *servers, **options: Planned(clock, account, *servers, **options)


def test_the_list_is_enough_to_know_that_nothing_is_to_do(plan) -> None:
    account = Listed(*(server_detail(number, name=f"web-{number}") for number in range(1, 31)))
    planned = plan(
        account, *({"name": f"web-{number}", "hostname": "web01.example.com", **ENOUGH} for number in range(1, 31))
    )
    assert planned.asked == ["GET /servers/"]
    assert planned.entries == [] and planned.refusal is None
    assert planned.seen == frozenset(range(1, 31))
    assert plan_sentence(planned.plans) == "Plan: 30 unchanged"


def test_details_are_read_only_of_those_that_declare_what_the_list_lacks(plan) -> None:
    account = Listed(*(server_detail(number, name=f"web-{number}") for number in range(1, 5)))
    planned = plan(
        account,
        {"name": "web-1", "backups_enabled": False},
        {"name": "web-2"},
        {"name": "web-3", "backups_enabled": True},
        {"name": "new", "backups_enabled": True, **ENOUGH},
    )
    first, *details, last = planned.asked
    assert (first, last) == ("GET /servers/", "GET /plans/") and sorted(details) == [
        "GET /servers/1/",
        "GET /servers/3/",
    ]
    assert planned.entries == [("update", "web-3", 3), ("create", "new", None)]


def test_a_look_that_the_plans_have_outdated_is_taken_again(plan) -> None:
    """Another controller may have created the server while the API put off the request for the plans."""
    account = Listed()
    original = account._carry_out

    def put_off(call: Call) -> Reply:
        if call.path == "/plans/" and not account.servers:
            account.servers[7] = server_detail(7, name="new")
            return Reply(429, {}, {"Retry-After": "8"})
        return original(call)

    account._carry_out = put_off
    planned = plan(account, {"name": "new", **ENOUGH})
    assert planned.asked == ["GET /servers/", "GET /plans/", "GET /plans/", "GET /servers/"]
    assert planned.entries == [] and planned.seen == {7}


def test_what_is_kept_at_a_recreation_is_read_before(plan) -> None:
    """An unset option is no wish to lose the backups."""
    account = Listed(server_detail(1, name="web-1", backups_enabled=True, hostname="kept.example.com"))
    planned = plan(account, {"name": "web-1", "plan_id": 2}, on_immutable_change="recreate", max_delete=1)
    assert planned.asked == ["GET /servers/", "GET /servers/1/", "GET /plans/"]
    create = planned.plans[0].steps[2]
    assert create.fields == {
        "name": "web-1",
        "plan_id": 2,
        "os_id": 5,
        "location": "us-west",
        "hostname": "kept.example.com",
        "backups_enabled": True,
    }


def test_a_server_that_vanishes_between_list_and_detail_is_planned_anew(plan) -> None:
    account = Listed(server_detail(1, name="web-1"))
    original = account._carry_out

    def vanish(call: Call) -> Reply:
        if call.path == "/servers/1/":
            account.servers.clear()
        return original(call)

    account._carry_out = vanish
    planned = plan(account, {"name": "web-1", "backups_enabled": True, **ENOUGH})
    assert planned.entries == [("create", "web-1", None)]


def test_plans_come_in_the_order_declared_and_then_those_to_be_purged(plan) -> None:
    account = Listed(
        server_detail(5, name="web-5"),
        server_detail(3, name="web-3"),
        server_detail(4, name="web-3"),
        server_detail(9, name="db-1"),
        server_detail(1, name="b"),
    )
    planned = plan(
        account,
        {"name": "c", **ENOUGH},
        {"name": "b"},
        {"name": "a", **ENOUGH},
        purge=True,
        purge_match="web-*",
        max_delete=3,
    )
    assert [planned.desired.name for planned in planned.plans] == ["c", "b", "a", "web-3", "web-3", "web-5"]
    assert planned.entries == [
        ("create", "c", None),
        ("create", "a", None),
        ("delete", "web-3", 3),
        ("delete", "web-3", 4),
        ("delete", "web-5", 5),
    ]
    assert planned.refusal is None


def test_purge_patterns_are_case_sensitive_and_match_whole_names(plan) -> None:
    account = Listed(
        server_detail(1, name="web-1"),
        server_detail(2, name="WEB-2"),
        server_detail(3, name="old-web-3"),
        server_detail(4, name="web-1x"),
    )
    planned = plan(account, purge=True, purge_match="web-?", max_delete=9)
    assert planned.entries == [("delete", "web-1", 1)]


def test_two_servers_of_a_declared_name_refuse_the_whole(plan) -> None:
    account = Listed(server_detail(7, name="web-1"), server_detail(4, name="web-1"))
    for state in ("present", "absent"):
        planned = plan(account, {"name": "new", **ENOUGH}, {"name": "web-1"}, state=state)
        assert planned.refusal is not None
        assert planned.refusal.startswith("Server web-1: There are 2 servers with this name: ids 4, 7.")


def test_all_refusals_are_told_together(plan) -> None:
    account = Listed(server_detail(1, name="web-1", plan_id=2), server_detail(2, name="web-2"))
    planned = plan(account, {"name": "web-1", **ENOUGH}, {"name": "new"}, purge=True, purge_match="web-*")
    for words in (
        "plan_id is 2, declared 1",
        "Server new: There is no server with this name",
        "1 deletion is needed, and max_delete allows 0: web-2 (id 2)",
    ):
        assert words in (planned.refusal or "")


@pytest.mark.parametrize(("allowed", "is_refused"), [(0, True), (2, True), (3, False), (4, False)])
def test_max_delete_counts_purged_and_recreated_servers(plan, allowed: int, is_refused: bool) -> None:
    account = Listed(
        server_detail(1, name="web-1", plan_id=2),
        server_detail(2, name="web-2"),
        server_detail(3, name="web-3"),
        server_detail(4, name="db"),
    )
    planned = plan(
        account,
        {"name": "web-1", **ENOUGH},
        {"name": "db"},
        purge=True,
        purge_match="web-*",
        max_delete=allowed,
        on_immutable_change="recreate",
    )
    refusal = planned.refusal or ""
    assert bool(refusal) is is_refused
    if is_refused:
        assert f"3 deletions are needed, and max_delete allows {allowed}: " in refusal
        assert "web-1 (id 1), web-2 (id 2), web-3 (id 3). Set max_delete to 3" in refusal


def test_max_delete_does_not_limit_what_is_named(plan) -> None:
    account = Listed(server_detail(1, name="web-1"), server_detail(2, name="web-2"))
    planned = plan(account, {"name": "web-1"}, {"name": "web-2"}, {"name": "never-there"}, state="absent")
    assert planned.refusal is None and planned.entries == [("delete", "web-1", 1), ("delete", "web-2", 2)]
    assert plan_sentence(planned.plans) == "Plan: 2 to delete, 1 unchanged"


def test_a_long_list_of_deletions_is_shortened(plan) -> None:
    account = Listed(*(server_detail(number, name=f"web-{number}") for number in range(1, 31)))
    refusal = plan(account, purge=True, purge_match="web-*", max_delete=5).refusal
    assert "30 deletions are needed" in refusal and "web-20 (id 20) and 10 more" in refusal and "web-21" not in refusal


def test_drift_that_is_left_is_no_refusal(plan) -> None:
    account = Listed(server_detail(1, name="web-1", plan_id=3, location="eu-north"))
    planned = plan(account, {"name": "web-1", **ENOUGH}, on_immutable_change="warn")
    assert planned.refusal is None and planned.entries == []
    assert [entry["field"] for entry in drifts(planned.plans)] == ["plan_id", "location"]
    assert mentions(planned.plans[0].warnings[0], "web-1 (id 1)", "plan_id is 3, declared 1")


def test_what_is_protected_is_not_deleted(plan) -> None:
    """Neither because it is purged, nor recreated, nor named; whatever max_delete allows, in whatever letter case."""
    account = Listed(
        server_detail(1, name="DB-1"),
        server_detail(2, name="web-2"),
        server_detail(3, name="db-3", plan_id=3),
        server_detail(4, name="cache-4"),
    )
    protect = ["cache-?", "db-*"]
    purging = plan(account, {"name": "db-3"}, purge=True, purge_match="*-[0-9]", max_delete=9, protect=protect)
    recreating = plan(
        account, {"name": "db-3", **ENOUGH}, on_immutable_change="recreate", max_delete=9, protect=protect
    )
    naming = plan(account, {"name": "web-2"}, {"name": "DB-1"}, state="absent", protect=protect)
    for planned, protected in (
        (purging, {"DB-1": (1, "db-*"), "cache-4": (4, "cache-?")}),
        (recreating, {"db-3": (3, "db-*")}),
        (naming, {"DB-1": (1, "db-*")}),
    ):
        refusals = {server.existing["name"]: server.refusal for server in planned.plans if server.refusal}
        assert refusals.keys() == protected.keys()
        for name, (server_id, pattern) in protected.items():
            assert mentions(str(refusals[name]), name, server_id, pattern)
        assert planned.refusal is not None
        assert not any(server.deletes for server in planned.plans if server.refusal)
        assert planned.asked == ["GET /servers/"], "a list is enough to refuse"


def test_protection_forbids_nothing_but_deletion(plan) -> None:
    account = Listed(server_detail(1, name="db-1", plan_id=3), server_detail(2, name="web-2"))
    options = {"purge": True, "purge_match": "web-*", "max_delete": 1, "on_immutable_change": "warn"}
    planned = plan(account, {"name": "db-1", "hostname": "db.example.com", **ENOUGH}, protect=["db-*"], **options)
    assert planned.refusal is None
    assert planned.entries == [("update", "db-1", 1), ("delete", "web-2", 2)]
    planned = plan(account, {"name": "db-9"}, state="absent", protect=["db-*"])
    assert planned.refusal is None and planned.entries == []


@pytest.mark.parametrize("more", [{}, {"backups_enabled": True}], ids=["the list is enough", "a detail is read"])
def test_nothing_is_recreated_beside_a_look_alike(plan, more: dict[str, Any]) -> None:
    """Also once it is planned again with what only its detail shows: it would be deleted, and not be created anew."""
    account = Listed(server_detail(1, name="web-01"), server_detail(2, name="WEB-01"))
    entry = {"name": "web-01", **ENOUGH, "plan_id": 2, **more}
    planned = plan(account, entry, on_immutable_change="recreate", max_delete=5)
    assert mentions(planned.refusal or "", "WEB-01", "id 2") and planned.entries == []
