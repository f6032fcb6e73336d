# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API that stores a name otherwise than it was sent: at most one server comes of it, and every task fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from unit.fakes import FIELDS, NOBODY, Account, Call, Reply, VirtualTime, list_item, lost, server_detail, servers_over
from unit.test_executor_properties import FleetTask, Living

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import End
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import OtherName, create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import beside_look_alikes, plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from helpers.facts import mentions

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
UPPER = {**FIELDS, "name": "Web-01"}


def storing(store: Callable[[str], str], account: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """An account that stores names otherwise."""

    def respond(call: Call) -> Reply:
        if isinstance(call.body, Mapping) and "name" in call.body:
            call = dataclasses.replace(call, body={**call.body, "name": store(call.body["name"])})
        return account(call)

    return respond


# A task


@pytest.mark.parametrize("store", [str.lower, lambda name: name[:4]])
def test_a_server_that_is_called_otherwise_fails_with_its_id_and_both_names(
    clock: VirtualTime, store: Callable[[str], str]
) -> None:
    account = Living(clock)
    (job,) = FleetTask(clock, storing(store, account), [{"name": "Web-01", **ENOUGH}]).run().jobs
    ((number, server),) = account.servers.items()
    assert job.error is not None and job.changed and job.server_id == number
    assert [action["action"] for action in job.actions] == ["create"]
    assert mentions(job.error, number, "Web-01", server["name"])


def test_what_a_look_shows_counts_like_the_response(clock: VirtualTime) -> None:
    account = Living(clock)
    stored = storing(str.lower, account)

    def respond(call: Call) -> Reply:
        reply = stored(call)
        return Reply(201, {**reply.body, "name": "Web-01"}) if call.method == "POST" else reply

    (job,) = FleetTask(clock, respond, [{"name": "Web-01", **ENOUGH}]).run().jobs
    assert isinstance(job.error, OtherName) and job.changed and job.server_id in account.servers


def test_a_fleet_creates_no_more_once_one_is_called_otherwise(clock: VirtualTime) -> None:
    account = Living(clock)
    declared = [{"name": f"Web-{number}", **ENOUGH} for number in range(1, 6)]
    outcome = FleetTask(clock, storing(str.lower, account), declared, concurrency=1).run()
    assert len(account.servers) == 1 and all(job.error for job in outcome.jobs)
    assert [job.changed for job in outcome.jobs] == [True, False, False, False, False]


def test_a_further_run_creates_nothing(clock: VirtualTime) -> None:
    account = Living(clock)
    for _run in range(3):
        outcome = FleetTask(clock, storing(str.lower, account), [{"name": "Web-01", **ENOUGH}]).run()
    assert outcome.end is End.REFUSED and len(account.servers) == 1
    (plan,) = outcome.plan.servers
    assert plan.refusal is not None and mentions(plan.refusal, "Web-01", "web-01", *account.servers)


def test_a_race_is_noticed_in_any_spelling(clock: VirtualTime) -> None:
    account = Living(clock)

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            account.servers[50] = server_detail(50, name="WEB-01")
        return account(call)

    (job,) = FleetTask(clock, respond, [{"name": "web-01", **ENOUGH}]).run().jobs
    assert job.error is not None and mentions(job.error, 50, job.server_id) and len(account.servers) == 2
    assert not mentions(job.error, "Another controller"), "it may as well be another user of this one"


def test_something_that_comes_between_deletion_and_create_is_noticed_in_any_spelling(clock: VirtualTime) -> None:
    account = Living(clock, server_detail(7, name="web-01"))

    def respond(call: Call) -> Reply:
        if call.method == "DELETE":
            account.servers[50] = server_detail(50, name="WEB-01")
        return account(call)

    declared = [{"name": "web-01", "plan_id": 2}]
    (job,) = FleetTask(clock, respond, declared, on_immutable_change="recreate", max_delete=1).run().jobs
    assert job.error is not None and mentions(job.error, 50, "WEB-01") and list(account.servers) == [50]


# A lost response


def lost_creates(clock: VirtualTime, store: Callable[[str], str]) -> tuple[Any, Any, Account]:
    account = Account()
    account.disturb("POST", lost(), effect=True)
    return (*servers_over(storing(store, account), clock), account)


def test_a_lost_create_is_not_adopted_in_another_spelling_but_told(clock: VirtualTime) -> None:
    servers, http, account = lost_creates(clock, str.lower)
    with pytest.raises(OtherName) as caught:
        create_or_adopt(servers, UPPER, NOBODY)
    (number,) = account.servers
    assert caught.value.changed and mentions(caught.value, number, "Web-01", "web-01") and http.count("POST") == 1


def test_a_lost_create_of_quite_another_name_is_told_as_what_it_may_be(clock: VirtualTime) -> None:
    servers, http, account = lost_creates(clock, lambda name: name[:4])
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers, UPPER, NOBODY)
    (number,) = account.servers
    assert mentions(caught.value, f"Web- (id {number}") and http.count("POST") == 1


def test_the_look_before_a_further_try_finds_another_spelling(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", Reply(429, {"detail": "Slow down."}))

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            account.servers[50] = server_detail(50, name="web-01")
        return account(call)

    servers, http = servers_over(respond, clock)
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers, UPPER, NOBODY)
    assert mentions(caught.value, 50) and http.count("POST") == 1


# A plan


def absent(name: str, alike: list[Any]) -> ServerPlan:
    return beside_look_alikes(plan_absent(DesiredServer(name), None), alike)


@pytest.mark.parametrize("there", ["web-01", "WEB-01", " Web-01 "])
@pytest.mark.parametrize("fields", [ENOUGH, {}])
def test_no_server_is_created_beside_another_spelling(there: str, fields: dict[str, Any]) -> None:
    alike: Any = [list_item(7, name=there)]
    plan = beside_look_alikes(plan_present(DesiredServer("Web-01", fields=fields), None), alike)
    assert plan.steps == () and not plan.changes and mentions(plan.refusal, "Web-01", "id 7")


def test_a_server_that_is_there_is_managed_beside_another_spelling_but_not_recreated() -> None:
    alike: Any = [list_item(6, name="WEB-01"), list_item(7)]
    existing: Any = server_detail(7)
    update = plan_present(DesiredServer("web-01", fields={"backups_enabled": True}), existing)
    assert beside_look_alikes(update, alike) is update
    anew = plan_present(DesiredServer("web-01", fields={"plan_id": 2}, on_immutable_change="recreate"), existing)
    assert anew.recreates and beside_look_alikes(anew, alike[1:]) is anew
    refused = beside_look_alikes(anew, alike)
    assert refused.steps == () and mentions(refused.refusal, "WEB-01", "id 6")


def test_a_server_in_another_spelling_is_not_deleted_but_told() -> None:
    plan = absent("web-01", [list_item(7, name="Web-01")])
    assert plan.steps == () and plan.refusal is None
    (warning,) = plan.warnings
    assert mentions(warning, "web-01", "Web-01 (id 7)")


def test_a_server_without_a_status_is_neither_absent_nor_created_again() -> None:
    odd = {key: value for key, value in list_item(7).items() if key != "status"}
    created: Any = plan_present(DesiredServer("web-01", fields=ENOUGH), None)
    for plan in (absent("web-01", [odd]), beside_look_alikes(created, [odd])):  # type: ignore[list-item]
        assert plan.steps == () and mentions(plan.refusal, "web-01 (id 7)", "status")


@pytest.mark.parametrize("name", ["web_01", "web02.example.com", "wéb"])
def test_a_name_that_no_create_takes_can_be_managed_where_it_exists(name: str) -> None:
    existing: Any = server_detail(7, name=name, status="stopped")
    plan = plan_present(DesiredServer(name, fields={"backups_enabled": True}, power="started"), existing)
    assert [step.kind for step in plan.steps if step.is_action] == ["update", "start"] and plan.refusal is None
    by_id = DesiredServer(name, 7, {"backups_enabled": True})
    assert plan_present(by_id, existing).steps[0].fields == {"backups_enabled": True}
    for desired, found in (
        (DesiredServer(name, fields=ENOUGH), None),
        (DesiredServer(name, 7), server_detail(7)),
        (DesiredServer(name, fields={"plan_id": 2}, on_immutable_change="recreate"), existing),
    ):
        refused = plan_present(desired, found)  # type: ignore[arg-type]
        assert refused.steps == () and mentions(refused.refusal, name, "letters, digits and hyphens")


# Where no spelling tells that two names mean one server


def test_a_name_that_is_cut_costs_one_server_too(clock: VirtualTime) -> None:
    account = Living(clock)
    declared = [{"name": "Web-01", **ENOUGH}, {"name": "db-01", **ENOUGH}]
    respond = storing(lambda name: name[:4] if name.startswith("Web") else name, account)
    FleetTask(clock, respond, declared, concurrency=1).run()
    (number,) = account.servers
    for _run in range(3):
        outcome = FleetTask(clock, respond, declared).run()
        assert outcome.end is End.REFUSED and list(account.servers) == [number]
        refusals = [plan.refusal for plan in outcome.plan.servers]
        assert mentions(refusals[0], "Web-01", number) and refusals[1] is None
    del account.servers[number]
    outcome = FleetTask(clock, account, declared).run()
    assert outcome.end is End.APPLIED and len(account.servers) == 2, "what is gone is in nobody's way"
