# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of a server's fields: what each row says, and that a new field is one row and nothing else."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from unit.fakes import Account, Call, Reply, VirtualTime, list_item, lost, server_detail, servers_over
from unit.steps import steps_of
from unit.test_executor_properties import FleetTask, Living

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply import creates
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._server import fields
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import appeared_since, create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.fields import FIELDS, MISSING, Field, field_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import is_needed_in_full, plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from helpers.documents import GUIDES, blocks
from helpers.facts import mentions

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def options_where(quality: str) -> list[str]:
    return [field.option for field in FIELDS if getattr(field, quality)]


def test_what_is_documented_of_the_fields() -> None:
    assert options_where("required_to_create") == ["name", "plan_id", "os_id", "location"]
    assert options_where("mutable") == ["name", "hostname", "backups_enabled"]
    assert options_where("immutable") == ["plan_id", "os_id", "location"]
    assert [field.option for field in FIELDS if not field.shown_at] == ["ssh_key_id"]
    assert [field.option for field in FIELDS if not field.in_lists] == ["backups_enabled"]
    assert {field.option: field.unset for field in FIELDS if field.unset is not None} == {"backups_enabled": False}


def test_options_are_the_fields_and_what_is_to_be_done() -> None:
    options = fields.declaration_options()
    assert {option: spec["type"] for option, spec in options.items()} == {
        "name": "str",
        "plan_id": "int",
        "os_id": "int",
        "location": "str",
        "hostname": "str",
        "ssh_key_id": "int",
        "backups_enabled": "bool",
        "power": "str",
        "on_immutable_change": "str",
        "recreate_unproven": "bool",
    }
    assert not any(spec.get("required") or "default" in spec for spec in list(options.values())[: len(FIELDS)])


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [
        ("name", "web_01", "web\n01"),
        ("plan_id", 1, 0),
        ("os_id", 5, -5),
        ("location", "us-west", " us-west"),
        ("hostname", "web01.example.com", "web..example.com"),
        ("ssh_key_id", 3, 0),
    ],
)
def test_each_field_knows_what_no_api_could_take(option: str, good: Any, bad: Any) -> None:
    """What exactly is refused: see test_options.py."""
    fields.check_fields({option: good})
    fields.check_fields({option: None})
    with pytest.raises(BadInput, match=f"^servers\\[0\\]: {option} "):
        fields.check_fields({option: bad}, "servers[0]: ")


def test_missing_fields_of_a_create_are_named_but_for_the_name() -> None:
    assert fields.missing_to_create({}) == ["plan_id", "os_id", "location"]
    assert fields.missing_to_create({"os_id": 5, "hostname": "web01.example.com"}) == ["plan_id", "location"]


def test_a_value_is_put_where_a_view_shows_it() -> None:
    view = server_detail()
    for number, field in enumerate(field for field in FIELDS if field.shown_at):
        field.put_into(view, number)
        assert field.value_in(view) == number
    assert view["plan"]["id"] == 1 and view["plan"]["vcpus"] == server_detail()["plan"]["vcpus"]


def test_what_did_not_take_and_what_a_create_is_told_apart_by() -> None:
    asked = {"name": "web-01", **ENOUGH, "backups_enabled": True}
    assert fields.not_taken(server_detail(), asked) == ["backups_enabled"]
    assert fields.not_taken(list_item(plan_id=2), asked) == ["plan_id", "backups_enabled"], "not shown is not proven"
    assert fields.is_as_asked(server_detail(), asked), "backups may have been switched off since"
    assert not fields.is_as_asked(server_detail(plan_id=2), asked)


def test_a_view_shows_every_field_where_the_table_says() -> None:
    detail, item = server_detail(), list_item()
    shown = {field.option: field.value_in(detail) for field in FIELDS}
    assert shown == {
        "name": "web-01",
        "plan_id": 1,
        "os_id": 5,
        "location": "us-west",
        "hostname": "web01.example.com",
        "ssh_key_id": MISSING,
        "backups_enabled": False,
    }
    assert all(field.value_in(item) == (shown[field.option] if field.in_lists else MISSING) for field in FIELDS)


@pytest.mark.parametrize(("view", "option"), [({}, "plan_id"), ({"os": 7}, "os_id"), ({"plan": {}}, "plan_id")])
def test_missing_is_not_null(view: dict[str, Any], option: str) -> None:
    assert field_of(option).value_in(view) is MISSING
    assert field_of("hostname").value_in({"hostname": None}) is None


@pytest.mark.parametrize(
    ("option", "have", "want", "expected"),
    [
        ("hostname", "A.example.COM.", "a.Example.com", True),
        ("hostname", "a.example.com", "b.example.com", False),
        ("hostname", None, "a.example.com", False),
        ("hostname", 7, "7", False),
        ("name", "a", "A", False),
        ("plan_id", 1, 1, True),
        ("plan_id", True, 1, False),
        ("plan_id", 1.0, 1, False),
        ("backups_enabled", 0, False, False),
        ("backups_enabled", False, False, True),
        ("location", "us-west", "us-west", True),
        ("location", "US-West", "us-west", True),
        ("location", "us-east", "us-west", False),
        ("location", None, "None", False),
        ("hostname", "b\u00fccher.example", "xn--bcher-kva.example", True),
        ("hostname", " a.example.com ", "a.example.com", True),
    ],
)
def test_values_are_compared_as_the_field_says(option: str, have: Any, want: Any, expected: bool) -> None:
    assert field_of(option).equal(have, want) is expected


@pytest.mark.parametrize(
    ("option", "shown", "taken"),
    [
        ("plan_id", 1, True),
        ("plan_id", True, False),
        ("plan_id", "1", False),
        ("location", "us-west", True),
        ("location", "", False),
        ("hostname", "web01.example.com", True),
        ("hostname", "web01", False),
        ("hostname", "", False),
        ("hostname", None, False),
        ("backups_enabled", False, True),
        ("backups_enabled", None, False),
    ],
)
def test_what_a_create_surely_takes(option: str, shown: Any, taken: bool) -> None:
    assert bool(field_of(option).create_takes(shown)) is taken


def test_creates_that_differ_in_what_is_individual_only_are_alike() -> None:
    one, two = {"name": "a", "hostname": "a.example.com", **ENOUGH}, {"name": "b", **ENOUGH}
    assert fields.shared_part(one) == fields.shared_part(two)
    for option in ("plan_id", "os_id", "location", "ssh_key_id", "backups_enabled"):
        assert fields.shared_part({**one, option: 99}) != fields.shared_part(one)


# A field that does not exist yet


TAGS = Field(
    "tags", "list", ("tags",), elements="str", mutable=True, create_takes=lambda value: isinstance(value, list)
)
COLLECTION = "ansible_collections.vpsorg.cloud."


def add_row(monkeypatch: pytest.MonkeyPatch, row: Field) -> None:
    """Let everything that reads the table find one row more in it. Nothing else is touched."""
    for name, module in list(sys.modules.items()):
        if name.startswith(COLLECTION) and vars(module).get("FIELDS") is FIELDS:
            monkeypatch.setattr(module, "FIELDS", (*FIELDS, row))


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that docs/docsite/rst/architecture.rst shows."""
    add_row(monkeypatch, TAGS)


def test_the_row_is_the_one_that_is_documented() -> None:
    (documented,) = [
        match
        for block in blocks(GUIDES / "architecture.rst")
        if (match := re.search(r"^(Field\(.+\)),$", block.text, re.MULTILINE))
    ]
    row = eval(documented[1], {"Field": Field})
    assert row._replace(create_takes=TAGS.create_takes) == TAGS
    assert row.create_takes(["x"]) and not row.create_takes(None)


def tagged(*words: str, **more: Any) -> dict[str, Any]:
    return {**server_detail(101, **more), "tags": list(words)}


def fleet(*servers: dict[str, Any], **defaults: Any) -> list[Mapping[str, Any]]:
    """The fields that a fleet of these servers declares."""
    params = {
        "servers": list(servers),
        "defaults": defaults,
        "state": "present",
        "purge": False,
        "purge_match": None,
        "max_delete": 0,
        "concurrency": 1,
        "on_immutable_change": "fail",
        "wait": True,
    }
    return [desired.fields for desired in read_declaration(params).desired]


def test_a_new_field_is_an_option_of_a_server(tags: None) -> None:
    assert fields.declaration_options()["tags"] == {"type": "list", "elements": "str"}
    validated = ArgumentSpecValidator(fields.declaration_options()).validate({"name": "a", "tags": ["x", "1"]})
    assert not validated.error_messages
    assert DesiredServer.of(validated.validated_parameters).fields == {"tags": ["x", "1"]}


def test_a_new_field_is_one_of_the_servers_of_a_fleet(tags: None) -> None:
    servers = [
        {"name": "a", "tags": ["x", "1"]},
        {"name": "b"},
        {"name": "c", "tags": []},
        {"name": "d", "tags": "x,y"},
    ]
    assert fleet(*servers, tags=["z"]) == [{"tags": ["x", "1"]}, {"tags": ["z"]}, {"tags": []}, {"tags": ["x", "y"]}]


@pytest.mark.parametrize("value", [{"x": 1}, True, [["x"]], [{"x": 1}], [True]])
def test_a_new_field_of_a_fleet_is_checked_by_its_type(tags: None, value: Any) -> None:
    with pytest.raises(BadInput, match=r"^servers\[0\] \(a\): tags must be a list of strings, got "):
        fleet({"name": "a", "tags": value})


def test_a_field_of_dictionaries_is_checked_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    add_row(monkeypatch, Field("labels", "dict", ("labels",), mutable=True))
    assert fleet({"name": "a", "labels": {"x": 1}}, labels="y=2") == [{"labels": {"x": 1}}]
    assert fleet({"name": "a"}, labels="y=2") == [{"labels": {"y": "2"}}]
    with pytest.raises(BadInput, match="labels must be a dictionary, got"):
        fleet({"name": "a", "labels": ["x"]})


def test_a_new_field_is_compared_and_changed(tags: None, clock: VirtualTime) -> None:
    unchanged = plan_present(DesiredServer("web-01", fields={"tags": ["x"]}), tagged("x"))
    assert not unchanged.changes and unchanged.before["tags"] == ["x"]
    changed = plan_present(DesiredServer("web-01", fields={"tags": ["x", "y"]}), tagged("x"))
    assert steps_of(changed) == ["update"] and changed.steps[0].fields == {"tags": ["x", "y"]}
    assert changed.diff["before"]["tags"] == ["x"] and changed.diff["after"]["tags"] == ["x", "y"]
    servers, http = servers_over(Account(tagged("x")), clock)
    assert update(servers, 101, changed.steps[0].fields)["tags"] == ["x", "y"]
    assert [call.body for call in http.calls if call.method == "PATCH"] == [{"tags": ["x", "y"]}]


def test_a_new_field_that_does_not_take_is_named(tags: None, clock: VirtualTime) -> None:
    account = Account(tagged("x"))
    account.disturb("PATCH", Reply(200, tagged("x")))
    servers, _http = servers_over(account, clock)
    with pytest.raises(VpsError, match="did not take") as caught:
        update(servers, 101, {"tags": ["y"]})
    assert mentions(caught.value, "tags", "['y']", "['x']")


def test_a_new_field_is_created_and_survives_a_recreation(tags: None, clock: VirtualTime) -> None:
    created = plan_present(DesiredServer("web-01", fields={**ENOUGH, "tags": ["x"]}), None)
    assert created.create_fields == {"name": "web-01", **ENOUGH, "tags": ["x"]} and created.predicted["tags"] == ["x"]
    servers, _http = servers_over(Account(), clock)
    assert create_or_adopt(servers, created.create_fields, frozenset())[0]["tags"] == ["x"]
    wanted = DesiredServer("web-01", fields={"plan_id": 2}, on_immutable_change="recreate")
    assert plan_present(wanted, tagged("kept")).create_fields["tags"] == ["kept"]
    assert "tags" not in plan_present(wanted, {**tagged(), "tags": None}).create_fields, "surely taken is a list only"
    assert plan_absent(DesiredServer("web-01"), tagged("x")).before["tags"] == ["x"]


def test_a_new_field_that_lists_lack_is_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    add_row(monkeypatch, TAGS._replace(in_lists=False))
    assert is_needed_in_full(plan_present(DesiredServer("web-01", fields={"tags": ["x"]}), list_item()))
    assert not is_needed_in_full(plan_present(DesiredServer("web-01"), list_item()))
    assert "tags" not in plan_absent(DesiredServer("web-01"), tagged("x")).before


def test_a_new_field_that_can_not_be_changed_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    add_row(monkeypatch, TAGS._replace(mutable=False))
    drifted = plan_present(DesiredServer("web-01", fields={"tags": ["y"]}), tagged("x"))
    assert drifted.refusal is not None and drifted.drift == ({"field": "tags", "have": ["x"], "want": ["y"]},)


@pytest.mark.parametrize(("mutable", "is_ours"), [(True, True), (False, False)])
def test_a_new_field_tells_servers_apart_where_it_can_not_be_changed(
    monkeypatch: pytest.MonkeyPatch, mutable: bool, is_ours: bool
) -> None:
    """What can be changed may have been changed since: it proves nothing against a server that has just appeared."""
    add_row(monkeypatch, TAGS._replace(mutable=mutable))
    asked = {"name": "web-01", **ENOUGH, "tags": ["x"]}
    assert appeared_since([tagged("x")], asked, frozenset()) == tagged("x")
    if is_ours:
        assert appeared_since([tagged("y")], asked, frozenset()) == tagged("y")
    else:
        with pytest.raises(VpsError, match="ids 101"):
            appeared_since([tagged("y")], asked, frozenset())


def test_a_new_field_makes_creates_unlike_unless_it_is_individual(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        add_row(patch, TAGS)
        assert fields.shared_part({**ENOUGH, "tags": ["x"]}) != fields.shared_part({**ENOUGH, "tags": ["y"]})
    add_row(monkeypatch, TAGS._replace(is_individual=True))
    assert fields.shared_part({**ENOUGH, "tags": ["x"]}) == fields.shared_part({**ENOUGH, "tags": ["y"]})


def test_a_server_with_a_new_field_through_its_life(tags: None, clock: VirtualTime) -> None:
    """Created though the response was lost, left alone, changed, and recreated with what is not declared kept."""
    account = Living(clock)

    def shown() -> list[Any]:
        return [server["tags"] for server in account.servers.values()]

    account.disturb("POST", lost(), effect=True)
    for declared, expected, kept in (
        ({"tags": ["x"]}, ["adopt"], [["x"]]),
        ({"tags": ["x"]}, [], [["x"]]),
        ({"tags": ["x", "y"]}, ["update"], [["x", "y"]]),
        ({"plan_id": 2}, ["delete", "create"], [["x", "y"]]),
        ({"plan_id": 2, "tags": []}, ["update"], [[]]),
        ({"plan_id": 2, "tags": []}, [], [[]]),
    ):
        (job,) = FleetTask(clock, account, [{"name": "web-01", **declared}]).run().jobs
        assert [action["action"] for action in job.actions] == expected
        assert job.error is None and not job.warnings and shown() == kept
        diff = job.plan.diff
        assert ("tags" not in declared) or diff["after"]["tags"] == declared["tags"]


def test_a_create_that_shows_a_new_field_otherwise_is_warned_of(tags: None, clock: VirtualTime) -> None:
    account = Living(clock)

    def otherwise(call: Call) -> Reply:
        return account(dataclasses.replace(call, body={**call.body, "tags": ["z"]}) if call.method == "POST" else call)

    (job,) = FleetTask(clock, otherwise, [{"name": "web-01", "tags": ["x"]}]).run().jobs
    assert any(mentions(warning, "web-01", "tags", "['z']", "['x']") for warning in job.warnings)


def test_what_was_created_is_compared_with_what_was_requested(tags: None) -> None:
    requested = {"name": "web-01", **ENOUGH, "ssh_key_id": 3, "tags": ["x"]}
    assert creates._differences(requested, tagged("x")) == []
    (warning,) = creates._differences(requested, tagged("y", plan_id=2))
    assert mentions(warning, 101, "plan_id is 2", "tags is ['y']") and "ssh_key_id" not in warning
