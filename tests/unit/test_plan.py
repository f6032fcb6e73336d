# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired and existing make a plan: what is created, changed, deleted, left alone or refused.

Power: see test_plan_power.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import list_item, server_detail
from unit.steps import steps_of

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import About
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import ambiguity, named
from helpers.facts import mentions

WHOLE = {"plan_id": 1, "os_id": 5, "location": "us-west"}
EVERYTHING = {**WHOLE, "hostname": "web01.example.com", "backups_enabled": False, "ssh_key_id": 3}


def present(existing: dict[str, Any] | None, name: str | None = "web-01", **options: Any) -> ServerPlan:
    keywords = {
        key: options.pop(key) for key in ("server_id", "power", "on_immutable_change", "wait") if key in options
    }
    return plan_present(DesiredServer(name, fields=options, **keywords), existing)


# Nothing there: create


def test_create() -> None:
    plan = present(None, **EVERYTHING)
    assert steps_of(plan) == ["create", "wait active with an address"]
    assert plan.steps[0].fields == {"name": "web-01", **EVERYTHING}
    assert plan.creates and plan.changes and not plan.recreates and plan.refusal is None
    assert plan.diff == {
        "before_header": "web-01",
        "after_header": "web-01",
        "before": {},
        "after": {"name": "web-01", **EVERYTHING},
    }


def test_what_is_not_declared_is_not_sent() -> None:
    assert present(None, **WHOLE).steps[0].fields == {"name": "web-01", **WHOLE}


def test_predicted_server_has_every_key_of_a_real_one() -> None:
    predicted = present(None, **EVERYTHING, wait=False).predicted
    assert predicted is not None and predicted.keys() == server_detail().keys()
    assert (
        predicted["plan"].keys() == server_detail()["plan"].keys()
        and predicted["os"].keys() == server_detail()["os"].keys()
    )
    known = {
        "name": "web-01",
        "hostname": "web01.example.com",
        "status": "provisioning",
        "location": "us-west",
        "backups_enabled": False,
    }
    assert {key: value for key, value in predicted.items() if value is not None and key not in ("plan", "os")} == known
    assert (predicted["plan"]["id"], predicted["os"]["id"]) == (1, 5)


@pytest.mark.parametrize(
    ("options", "steps", "status"),
    [
        ({}, ["create", "wait active with an address"], "active"),
        ({"wait": False}, ["create"], "provisioning"),
        ({"power": "started"}, ["create", "wait active with an address"], "active"),
        ({"power": "started", "wait": False}, ["create"], "provisioning"),
        ({"power": "stopped"}, ["create", "wait active with an address", "stop", "wait stopped"], "stopped"),
        # It starts by itself, and only then can it be stopped.
        ({"power": "stopped", "wait": False}, ["create", "wait active with an address", "stop"], "stopping"),
    ],
)
def test_create_and_then_power(options: dict[str, Any], steps: list[str], status: str) -> None:
    plan = present(None, **WHOLE, **options)
    assert steps_of(plan) == steps and plan.predicted is not None and plan.predicted["status"] == status


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["plan_id"], "requires plan_id."),
        (["os_id", "location"], "requires os_id and location."),
        (["plan_id", "os_id", "location"], "requires plan_id, os_id and location."),
    ],
)
def test_a_create_needs_three_fields(missing: list[str], words: str) -> None:
    plan = present(None, **{key: value for key, value in EVERYTHING.items() if key not in missing})
    assert plan.refusal is not None and plan.refusal.about == About("web-01") and words in str(plan.refusal)
    assert plan.steps == () and not plan.changes


def test_an_id_that_is_not_there_is_refused_and_not_created() -> None:
    plan = present(None, server_id=12345, **WHOLE)
    assert plan.refusal is not None and plan.refusal.about == About(server_id=12345) and plan.steps == ()


# There and as declared


@pytest.mark.parametrize(
    "existing",
    [
        server_detail(),
        list_item(backups_enabled=False),
        server_detail(hostname="WEB01.Example.COM."),
        server_detail(status="stopped"),
        server_detail(extra={"a": 1}),
    ],
)
def test_nothing_to_do(existing: dict[str, Any]) -> None:
    fields = {key: value for key, value in EVERYTHING.items() if key in existing or key != "backups_enabled"}
    plan = present(existing, **fields)
    assert (plan.steps, plan.changes, plan.drift, plan.warnings, plan.refusal) == ((), False, (), (), None)
    assert plan.diff["before"] == plan.diff["after"]
    assert plan.predicted == existing


def test_only_a_name_declares_nothing_else() -> None:
    assert present(server_detail(plan_id=2, os_id=3, location="eu-north", backups_enabled=True)).steps == ()


def test_ssh_key_is_never_compared() -> None:
    """No answer shows it: it counts at creation only."""
    plan = present(server_detail(), ssh_key_id=99)
    assert plan.steps == () and "ssh_key_id" not in plan.diff["before"]


def test_resource_usage_is_no_difference() -> None:
    """It differs on every read."""
    plan = present(server_detail(resource_usage={"cpu_percent": 99.0}), **EVERYTHING)
    assert plan.steps == () and "resource_usage" not in plan.diff["before"]


@pytest.mark.parametrize(
    ("existing", "options", "steps"),
    [
        (server_detail(status="provisioning", ip_address=None), {}, ["wait active with an address"]),
        (server_detail(status="provisioning", ip_address=None), {"wait": False}, []),
        (server_detail(ip_address=None, ipv6_address=None), {}, []),
        (list_item(ip_address=None), {}, []),
        (server_detail(ip_address="0.0.0.0", ipv6_address=None), {"power": "started"}, []),
        (server_detail(status="starting"), {}, []),
        (server_detail(status="stopping"), {}, []),
        (server_detail(status="suspended"), {}, []),
        (server_detail(status="error"), {}, []),
        (server_detail(status="migrating"), {}, []),
    ],
)
def test_a_server_that_is_still_being_made_is_waited_for(
    existing: dict[str, Any], options: dict[str, Any], steps: list[str]
) -> None:
    """One match is the server, in whatever status; power that is not declared is left alone."""
    plan = present(existing, **WHOLE, **options)
    assert steps_of(plan) == steps and not plan.changes


# There and different in what can be changed


@pytest.mark.parametrize(
    ("existing", "fields", "sent"),
    [
        (server_detail(), {"hostname": "new.example.com"}, {"hostname": "new.example.com"}),
        (server_detail(hostname=None), {"hostname": "new.example.com"}, {"hostname": "new.example.com"}),
        (server_detail(hostname=""), {"hostname": "new.example.com"}, {"hostname": "new.example.com"}),
        (server_detail(), {"backups_enabled": True}, {"backups_enabled": True}),
        (server_detail(backups_enabled=True), {"backups_enabled": False}, {"backups_enabled": False}),
        (server_detail(backups_enabled=None), {"backups_enabled": False}, {"backups_enabled": False}),
        (server_detail(backups_enabled=1), {"backups_enabled": True}, {"backups_enabled": True}),
        (
            server_detail(),
            {"hostname": "new.example.com", "backups_enabled": True},
            {"hostname": "new.example.com", "backups_enabled": True},
        ),
        (server_detail(), {"hostname": "web01.example.com", "backups_enabled": True}, {"backups_enabled": True}),
    ],
)
def test_update_sends_only_what_differs(existing: dict[str, Any], fields: dict[str, Any], sent: dict[str, Any]) -> None:
    plan = present(existing, **WHOLE, **fields)
    assert steps_of(plan) == ["update"] and plan.steps[0].fields == sent and plan.changes
    assert plan.predicted == {**existing, **sent}
    changed = {key for key, value in plan.diff["after"].items() if repr(plan.diff["before"][key]) != repr(value)}
    assert changed == sent.keys()


def test_rename_by_id() -> None:
    plan = present(server_detail(name="old-name"), name="web-01", server_id=101)
    assert steps_of(plan) == ["update"] and plan.steps[0].fields == {"name": "web-01"}
    assert plan.diff["before"] == {"name": "old-name"} and plan.diff["after"] == {"name": "web-01"}


def test_names_are_compared_exactly() -> None:
    assert present(server_detail(name="WEB-01"), name="web-01", server_id=101).steps[0].fields == {"name": "web-01"}


def test_a_field_that_a_view_lacks_is_not_set_on_every_run() -> None:
    """A list item has no backups_enabled: seeing a difference there would be wrong."""
    plan = present(list_item(), **WHOLE, backups_enabled=True)
    assert plan.steps == ()
    assert plan.warnings == (
        "Server web-01 (id 101): the API does not show backups_enabled, so it can't be compared and was not set.",
    )


def test_update_and_power_together() -> None:
    plan = present(server_detail(status="stopped"), backups_enabled=True, power="started")
    assert steps_of(plan) == ["update", "start", "wait active"]
    assert plan.diff["before"] == {"name": "web-01", "backups_enabled": False, "power": "stopped"}
    assert plan.diff["after"] == {"name": "web-01", "backups_enabled": True, "power": "started"}


# There and different in what can't be changed

DRIFTED = server_detail(plan_id=2, os_id=3, location="eu-north", hostname="kept.example.com", backups_enabled=True)
DRIFT = (
    {"field": "plan_id", "have": 2, "want": 1},
    {"field": "os_id", "have": 3, "want": 5},
    {"field": "location", "have": "eu-north", "want": "us-west"},
)


def test_drift_is_refused_by_default() -> None:
    plan = present(DRIFTED, **WHOLE, power="stopped")
    assert plan.drift == DRIFT and plan.steps == () and not plan.changes
    assert plan.refusal is not None and plan.refusal.about.server_id == 101
    assert mentions(plan.refusal, "plan_id is 2, declared 1, os_id is 3, declared 5,", "on_immutable_change")


def test_drift_with_warn_leaves_it_and_changes_the_rest() -> None:
    plan = present(DRIFTED, **WHOLE, backups_enabled=False, on_immutable_change="warn")
    assert plan.drift == DRIFT and plan.refusal is None
    assert steps_of(plan) == ["update"] and plan.steps[0].fields == {"backups_enabled": False}
    assert (
        len(plan.warnings) == 1
        and "It was left as it is" in plan.warnings[0]
        and "plan_id is 2, declared 1" in plan.warnings[0]
    )
    assert plan.diff["after"]["plan_id"] == 2, "the diff predicts what will be, not what was declared"


def test_drift_with_recreate() -> None:
    plan = present(DRIFTED, **WHOLE, on_immutable_change="recreate")
    assert steps_of(plan) == ["delete", "wait gone", "create", "wait active with an address"]
    assert plan.recreates and plan.creates and plan.changes and plan.drift == DRIFT and plan.refusal is None
    assert plan.steps[2].fields == {
        "name": "web-01",
        **WHOLE,
        "hostname": "kept.example.com",
        "backups_enabled": True,
    }, "what is not declared is kept"
    assert plan.predicted is not None and plan.predicted["id"] is None


def test_recreate_waits_until_it_is_gone_in_any_case() -> None:
    """Two servers of one name would be ambiguous to the next run."""
    assert steps_of(present(DRIFTED, **WHOLE, on_immutable_change="recreate", wait=False)) == [
        "delete",
        "wait gone",
        "create",
    ]


def test_recreate_takes_what_is_not_declared_from_what_exists() -> None:
    plan = present(DRIFTED, plan_id=1, on_immutable_change="recreate")
    assert plan.steps[2].fields == {
        "name": "web-01",
        "plan_id": 1,
        "os_id": 3,
        "location": "eu-north",
        "hostname": "kept.example.com",
        "backups_enabled": True,
    }


@pytest.mark.parametrize("hostname", [None, "", "web-01", "single-label", 7, ["x"]])
def test_recreate_never_sends_a_hostname_that_a_create_refuses(hostname: Any) -> None:
    """Some APIs show a default that they would not take: the server would be deleted, and its successor refused."""
    plan = present({**DRIFTED, "hostname": hostname}, **WHOLE, on_immutable_change="recreate")
    assert "hostname" not in plan.steps[2].fields


@pytest.mark.parametrize("backups", [None, 1, "yes"])
def test_recreate_never_sends_backups_that_are_no_boolean(backups: Any) -> None:
    plan = present({**DRIFTED, "backups_enabled": backups}, **WHOLE, on_immutable_change="recreate")
    assert "backups_enabled" not in plan.steps[2].fields


@pytest.mark.parametrize(
    "changes",
    [
        {"os": None},
        {"os": {"id": "five"}},
        {"os": {"id": True}},
        {"os": {}},
        {"location": None},
        {"location": ""},
        {"location": 7},
    ],
)
def test_recreate_is_refused_where_the_successor_could_not_be_created(changes: dict[str, Any]) -> None:
    plan = present({**DRIFTED, **changes}, plan_id=1, on_immutable_change="recreate")
    field = "os_id" if "os" in changes else "location"
    assert plan.refusal is not None and mentions(plan.refusal, 101, field) and plan.steps == ()


def test_recreate_by_id_keeps_the_name_and_warns_of_the_new_id() -> None:
    plan = present(DRIFTED, name=None, server_id=101, plan_id=1, on_immutable_change="recreate")
    assert plan.steps[2].fields["name"] == "web-01" and plan.desired.name == "web-01"
    assert any("gets a new id" in warning for warning in plan.warnings)


def test_recreate_without_drift_does_nothing() -> None:
    assert present(server_detail(), **WHOLE, on_immutable_change="recreate").steps == ()


@pytest.mark.parametrize("part", [{"plan": None}, {"plan": {}}, {"plan": {"id": None}}, {"plan": 1}, {"plan": [1]}])
def test_what_can_not_be_compared_is_no_drift(part: dict[str, Any]) -> None:
    for choice in ("fail", "warn", "recreate"):
        plan = present(server_detail(**part), **WHOLE, on_immutable_change=choice)
        assert plan.drift == () and plan.steps == () and plan.refusal is None
        assert plan.warnings == ("Server web-01 (id 101): the API does not show plan_id, so it can't be compared.",)


@pytest.mark.parametrize("have", [True, 1.0, "one", "1.0", "-1"])
@pytest.mark.parametrize("choice", ["fail", "warn", "recreate"])
def test_another_type_can_not_be_compared(have: Any, choice: str) -> None:
    """And least of all is it a reason to delete a server."""
    plan = present(server_detail(plan={"id": have}), **WHOLE, on_immutable_change=choice)
    assert plan.drift == () and plan.steps == () and plan.refusal is None
    assert plan.warnings == ("Server web-01 (id 101): the API does not show plan_id, so it can't be compared.",)


@pytest.mark.parametrize("status", ["error", "failed", "deleted"])
def test_a_server_that_ended_badly_is_not_called_done(status: str) -> None:
    existing = server_detail(status=status)
    plan = present(existing, **WHOLE)
    assert plan.steps == () and plan.refusal is None and plan.ends_badly and plan.ends_badly.about.status == status
    for lenient in (present(existing, **WHOLE, wait=False), present(server_detail(status="suspended"), **WHOLE)):
        assert (
            lenient.ends_badly is None
            and lenient.steps == ()
            and "No action changes this status" in lenient.warnings[0]
        )


# Absent


def test_absent_and_gone() -> None:
    plan = plan_absent(DesiredServer("web-01"), None)
    assert (plan.steps, plan.changes, plan.refusal, plan.diff["before"], plan.diff["after"]) == (
        (),
        False,
        None,
        {},
        {},
    )


@pytest.mark.parametrize("status", ["active", "stopped", "provisioning", "stopping", "suspended", "error", "migrating"])
def test_absent_deletes_in_any_status(status: str) -> None:
    plan = plan_absent(DesiredServer("web-01"), server_detail(status=status))
    assert steps_of(plan) == ["delete", "wait gone"] and plan.changes and plan.predicted is None
    assert steps_of(plan_absent(DesiredServer("web-01", wait=False), server_detail(status=status))) == ["delete"]


def test_absent_shows_what_is_lost() -> None:
    power = {
        "id": 101,
        "name": "web-01",
        "plan_id": 1,
        "os_id": 5,
        "location": "us-west",
        "hostname": "web01.example.com",
        "power": "started",
    }
    assert plan_absent(DesiredServer("web-01"), list_item()).diff["before"] == power


def test_absent_by_id_and_another_name_deletes_nothing() -> None:
    plan = plan_absent(DesiredServer("web-01", server_id=101), server_detail(name="database"))
    assert plan.steps == () and plan.refusal is not None and mentions(plan.refusal, "database", "web-01")
    assert steps_of(plan_absent(DesiredServer("web-01", server_id=101), server_detail())) == ["delete", "wait gone"]
    assert steps_of(plan_absent(DesiredServer(None, server_id=101), server_detail())) == ["delete", "wait gone"]


# Names


def test_named_is_exact_and_ordered() -> None:
    servers = [
        list_item(3),
        list_item(1),
        list_item(2, name="web-010"),
        list_item(4, name="Web-01"),
        list_item(5, name=" web-01"),
    ]
    assert [server["id"] for server in named(servers, "web-01")] == [1, 3]
    assert named(servers, "web") == [] and named(servers, "*") == []


def test_ambiguity() -> None:
    assert ambiguity("web-01", []) is None and ambiguity("web-01", [list_item()]) is None
    problem = ambiguity("web-01", [list_item(7), list_item(9)], "Say which.")
    assert problem is not None and problem.about == About("web-01") and mentions(problem, "ids 7, 9", "Say which.")
    assert mentions(ambiguity("web-01", [list_item(7), list_item(9)]), "Specify the id")
