# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is deleted for a server that could not be created: what proves a plan, a system and a location."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, Reply, VirtualTime, list_item, page, server_detail, servers_over

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import proven_creates
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.proof import Proofs
from helpers.facts import mentions

EVERYWHERE = ["us-west", "us-east"]
CATALOGUE: tuple[dict[str, Any], ...] = (
    {"id": 1, "available": True, "locations": EVERYWHERE},
    {"id": 2, "available": True, "locations": EVERYWHERE},
    {"id": 3, "available": False, "locations": EVERYWHERE},
    {"id": 4, "available": True, "locations": ["us-east"]},
    {"id": 5},
)


def recreation(unproven: bool = False, **fields: Any) -> ServerPlan:
    desired = DesiredServer(
        "web-01", fields=fields, on_immutable_change="recreate", recreate_unproven=unproven, wait=False
    )
    plan = plan_present(desired, server_detail(101))
    assert plan.recreates
    return plan


def judged(plan: ServerPlan, *others: Any, catalogue: Any = CATALOGUE) -> ServerPlan:
    return Proofs(catalogue, [list_item(101), *others]).of(plan)


@pytest.mark.parametrize(
    "fields",
    [
        {"plan_id": 2},
        {"location": "us-east"},
        {"plan_id": 4, "location": "us-east"},
        {"plan_id": 2, "os_id": 5, "location": "us-west"},
        {"plan_id": 5},  # of which the list does not say where: there is a server at that location
    ],
)
def test_what_the_list_of_plans_shows_is_proven(fields: dict[str, Any]) -> None:
    plan = recreation(**fields)
    assert judged(plan) == plan


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"plan_id": 9}, ("plan 9",)),
        ({"plan_id": 3}, ("plan 3", "available")),
        ({"plan_id": 4}, ("plan 4", "us-west", "us-east")),
        ({"location": "eu-north"}, ("plan 1", "eu-north", "us-west")),
    ],
)
@pytest.mark.parametrize("unproven", [False, True])
def test_what_the_list_of_plans_speaks_against_is_refused_whatever_is_allowed(
    fields: dict[str, Any], facts: tuple[str, ...], unproven: bool
) -> None:
    others = (list_item(102, plan_id=9, location="eu-north"), list_item(103, plan_id=3), list_item(104, plan_id=4))
    plan = judged(recreation(unproven, **fields), *others)
    assert plan.steps == () and not plan.changes and mentions(plan.refusal, 101, *facts)


@pytest.mark.parametrize(
    ("catalogue", "fields"),
    [(CATALOGUE, {"os_id": 6}), (None, {"plan_id": 2}), (None, {"location": "us-east"}), (None, {"os_id": 6})],
)
def test_what_nothing_proves_is_refused_unless_it_is_allowed(catalogue: Any, fields: dict[str, Any]) -> None:
    ((option, value),) = fields.items()
    plan = judged(recreation(**fields), catalogue=catalogue)
    assert plan.steps == () and mentions(plan.refusal, 101, option, value, "recreate_unproven")
    allowed = recreation(True, **fields)
    assert judged(allowed, catalogue=catalogue) == allowed
    # Another server of the account that has the value is a proof, too.
    other = list_item(102, **({"plan_id": 1} | fields))
    plan = recreation(**fields)
    assert judged(plan, other, catalogue=catalogue) == plan


def test_all_that_nothing_proves_is_named() -> None:
    plan = judged(recreation(plan_id=2, os_id=6, location="us-east"), catalogue=None)
    assert mentions(plan.refusal, "plan_id 2", "os_id 6", "location us-east")


def test_a_location_is_sent_as_it_is_proven() -> None:
    """As the list of plans spells it; as a server spells it, where there is no such list."""
    for catalogue, others in ((CATALOGUE, ()), (None, (list_item(102, location="us-east"),))):
        plan = judged(recreation(location="US-East"), *others, catalogue=catalogue)
        assert plan.create_fields is not None and plan.create_fields["location"] == "us-east"
        assert plan.after["location"] == "us-east" and plan.predicted and plan.predicted["location"] == "us-east"


def test_what_the_server_has_is_sent_as_it_is_shown() -> None:
    """A location in another spelling is no difference, neither one to delete for nor one to send."""
    plan = recreation(plan_id=2, location="US-West")
    assert plan.drift == ({"field": "plan_id", "have": 1, "want": 2},)
    assert plan.create_fields is not None and plan.create_fields["location"] == "us-west"
    unchanged = DesiredServer("web-01", fields={"location": "US-West"}, on_immutable_change="recreate")
    assert plan_present(unchanged, server_detail(101)).steps == ()


def test_ids_that_are_texts_are_numbers() -> None:
    existing: Any = server_detail(101, plan={"id": "1"}, os={"id": "5"})
    desired = DesiredServer("web-01", fields={"plan_id": 1, "os_id": 5}, on_immutable_change="recreate")
    plan = plan_present(desired, existing)
    assert plan.steps == () and plan.warnings == () and plan.drift == ()
    changed = plan_present(DesiredServer("web-01", fields={"plan_id": 2}, on_immutable_change="recreate"), existing)
    assert changed.drift == ({"field": "plan_id", "have": 1, "want": 2},)
    assert changed.create_fields is not None and changed.create_fields["os_id"] == 5


def test_the_list_of_plans_is_asked_for_once_and_only_for_a_create(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(), clock)
    update = plan_present(DesiredServer("web-01", fields={"backups_enabled": True}), server_detail(101))
    assert proven_creates(servers, [update], []) == [update] and http.calls == []
    plans = [update, recreation(plan_id=2), recreation(plan_id=3)]
    assert proven_creates(servers, plans, [list_item(101)]) == plans
    assert [call.path for call in http.calls] == ["/plans/"]
    assert proven_creates(servers, [creation()], []) == [creation()], "and remembered"
    assert [call.path for call in http.calls] == ["/plans/"]


def test_an_account_need_not_have_the_list_but_it_must_not_fail(clock: VirtualTime) -> None:
    account = Account()
    account.plans = None
    servers, _http = servers_over(account, clock)
    (plan,) = proven_creates(servers, [recreation(plan_id=2)], [list_item(101)])
    assert plan.refusal and mentions(plan.refusal, "plan_id 2")
    servers, _http = servers_over(lambda _call: Reply(500, {}), clock, retries=0)
    with pytest.raises(VpsError) as caught:
        proven_creates(servers, [recreation(plan_id=2)], [list_item(101)])
    assert mentions(caught.value, "GET /plans/") and not caught.value.changed


def creation(**fields: Any) -> ServerPlan:
    return plan_present(DesiredServer("new", fields={"plan_id": 1, "os_id": 5, "location": "us-west", **fields}), None)


@pytest.mark.parametrize(
    ("fields", "facts", "instead"),
    [
        ({"plan_id": 9}, ("plan 9", "us-west"), "1, 2, 5"),
        ({"plan_id": 3}, ("plan 3", "not available", "us-west"), "1, 2, 5"),
        ({"plan_id": 4}, ("plan 4", "us-east"), "1, 2, 5"),
        ({"plan_id": 4, "location": "eu-north"}, ("plan 4", "eu-north"), "5."),
    ],
)
def test_a_create_that_the_list_speaks_against_is_refused(
    fields: dict[str, Any], facts: tuple[str, ...], instead: str
) -> None:
    plan = judged(creation(**fields))
    assert plan.steps == () and mentions(plan.refusal, "new", *facts, instead, "Nothing was created")


def test_a_create_needs_no_more_proof_than_that() -> None:
    """An operating system and a location that no server has are for the API to judge."""
    for catalogue, fields in (
        (CATALOGUE, {"os_id": 77}),
        (CATALOGUE, {"location": "US-EAST"}),
        (CATALOGUE, {"plan_id": 5, "location": "mars"}),
        (None, {"plan_id": 99}),
    ):
        assert judged(creation(**fields), catalogue=catalogue) == creation(**fields)


@pytest.mark.parametrize("locations", [[{"code": "us-west"}], [1, 2], ["us-west", None], "us-west", None])
def test_locations_that_are_no_codes_say_nothing(locations: Any) -> None:
    assert judged(creation(), catalogue=[{"id": 1, "locations": locations}]) == creation()


def test_locations_that_the_list_calls_otherwise_than_servers_do_are_for_the_api_to_judge() -> None:
    """Unless a server is deleted for it. Where no server is at the location either, the list is all there is."""
    catalogue = [{"id": number, "locations": ["US West"]} for number in (1, 2)]
    assert judged(creation(), catalogue=catalogue) == creation()
    assert mentions(judged(creation(location="us-esat"), catalogue=catalogue).refusal, "us-esat", "US West")
    assert judged(recreation(plan_id=2), catalogue=catalogue).steps == ()
    assert judged(creation(plan_id=1), catalogue=[*catalogue, {"id": 3, "locations": ["us-west"]}]).steps == ()


def test_names_of_plans_are_told() -> None:
    named = [
        {"id": 1, "name": "Starter VPS"},
        {"id": 7, "name": {"en": "Nano"}},
        {"id": 2, "name": "Standard VPS", "locations": ["us-east"]},
    ]
    plan = judged(creation(plan_id=9), catalogue=named)
    assert mentions(plan.refusal, "1 (Starter VPS), 7.") and "Standard" not in str(plan.refusal)


@pytest.mark.parametrize(
    "reply", [Reply(500, {}), Reply(403, {"detail": "no"}), Reply(200, b"<html>"), Reply(405, {})], ids=str
)
def test_a_list_that_cannot_be_read_does_not_keep_from_creating(clock: VirtualTime, reply: Reply) -> None:
    servers, http = servers_over(lambda _call: reply, clock)
    assert proven_creates(servers, [creation()], []) == [creation()]
    assert mentions(" ".join(servers.warnings()), "GET /plans/") and len(http.calls) <= 2
    servers.budget.check_cancelled()  # nothing else is held up


@pytest.mark.parametrize("reply", [Reply(401, {}), Reply(500, {}), page([{"uuid": "x"}])], ids=str)
def test_what_is_only_told_ends_nothing(clock: VirtualTime, reply: Reply) -> None:
    servers, http = servers_over(lambda _call: reply, clock)
    assert servers.catalogue.plans_to_price() is None and servers.catalogue.plans_to_price() is None
    assert mentions(" ".join(servers.warnings()), "GET /plans/") and len(http.calls) <= 2
    servers.budget.check_cancelled()


def test_whether_the_plans_have_taken_so_long_that_a_look_is_out_of_date(clock: VirtualTime) -> None:
    account = Account()
    servers, _http = servers_over(account, clock)
    assert servers.catalogue.plans(is_needed=False) and not servers.catalogue.outdates_looks()
    account.disturb("GET", Reply(429, {}, {"Retry-After": "8"}))
    servers, _http = servers_over(account, clock)
    assert servers.catalogue.plans(is_needed=False)
    assert servers.catalogue.outdates_looks() and not servers.catalogue.outdates_looks(), "it is told once"


@pytest.mark.parametrize("reply", [Reply(401, {"detail": "no"}), page([{"uuid": "x"}])], ids=str)
def test_what_ends_a_create_before_it_is_sent(clock: VirtualTime, reply: Reply) -> None:
    servers, http = servers_over(lambda _call: reply, clock)
    with pytest.raises(VpsError):
        proven_creates(servers, [creation()], [])
    assert len(http.calls) == 1


def test_an_empty_list_says_nothing(clock: VirtualTime) -> None:
    servers, _http = servers_over(lambda _call: page([]), clock)
    assert proven_creates(servers, [creation()], []) == [creation()] and not servers.warnings()
