# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of a server's fields: what each row says, and that a new field is one row and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, VirtualTime, list_item, server_detail, servers_over
from unit.steps import steps_of

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply import creates
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._server import fields, model, plan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.fields import FIELDS, MISSING, Field, field_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
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
        ("location", "US-West", "us-west", False),
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


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that docs/architecture.md shows, and nothing else."""
    for room in (fields, model, plan, creates):
        monkeypatch.setattr(room, "FIELDS", (*FIELDS, TAGS))


def tagged(*words: str, **more: Any) -> dict[str, Any]:
    return {**server_detail(101, **more), "tags": list(words)}


def test_a_new_field_is_an_option_of_servers_and_of_fleets(tags: None) -> None:
    assert fields.declaration_options()["tags"] == {"type": "list", "elements": "str"}
    params = {
        "servers": [{"name": "a", "tags": ["x", 1]}, {"name": "b"}],
        "defaults": {"tags": ["y"]},
        "state": "present",
    }
    params |= {
        "purge": False,
        "purge_match": None,
        "max_delete": 0,
        "concurrency": 1,
        "on_immutable_change": "fail",
        "wait": True,
    }
    assert [desired.fields for desired in read_declaration(params).desired] == [{"tags": ["x", "1"]}, {"tags": ["y"]}]
    with pytest.raises(BadInput, match="tags must be a list"):
        read_declaration({**params, "servers": [{"name": "a", "tags": {"x": 1}}]})
    assert DesiredServer.of({"name": "a", "tags": ["x"]}).fields == {"tags": ["x"]}


def test_a_new_field_is_compared_and_changed(tags: None, clock: VirtualTime) -> None:
    unchanged = plan.plan_present(DesiredServer("web-01", fields={"tags": ["x"]}), tagged("x"))
    assert not unchanged.changes and unchanged.before["tags"] == ["x"]
    changed = plan.plan_present(DesiredServer("web-01", fields={"tags": ["x", "y"]}), tagged("x"))
    assert steps_of(changed) == ["update"] and changed.steps[0].fields == {"tags": ["x", "y"]}
    assert changed.diff["before"]["tags"] == ["x"] and changed.diff["after"]["tags"] == ["x", "y"]
    servers, http = servers_over(Account(tagged("x")), clock)
    assert update(servers, 101, changed.steps[0].fields)["tags"] == ["x", "y"]
    assert [call.body for call in http.calls if call.method == "PATCH"] == [{"tags": ["x", "y"]}]


def test_a_new_field_is_created_and_survives_a_recreation(tags: None, clock: VirtualTime) -> None:
    created = plan.plan_present(DesiredServer("web-01", fields={**ENOUGH, "tags": ["x"]}), None)
    assert created.create_fields == {"name": "web-01", **ENOUGH, "tags": ["x"]} and created.predicted["tags"] == ["x"]
    servers, _http = servers_over(Account(), clock)
    assert create_or_adopt(servers, created.create_fields, frozenset())[0]["tags"] == ["x"]
    wanted = DesiredServer("web-01", fields={"plan_id": 2}, on_immutable_change="recreate")
    assert plan.plan_present(wanted, tagged("kept")).create_fields["tags"] == ["kept"]
    assert plan.plan_absent(DesiredServer("web-01"), tagged("x")).before["tags"] == ["x"]


def test_a_new_field_that_can_not_be_changed_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (fields, model, plan, creates):
        monkeypatch.setattr(room, "FIELDS", (*FIELDS, TAGS._replace(mutable=False)))
    drifted = plan.plan_present(DesiredServer("web-01", fields={"tags": ["y"]}), tagged("x"))
    assert drifted.refusal is not None and drifted.drift == ({"field": "tags", "have": ["x"], "want": ["y"]},)


def test_what_was_created_is_compared_with_what_was_requested(tags: None) -> None:
    requested = {"name": "web-01", **ENOUGH, "ssh_key_id": 3, "tags": ["x"]}
    assert creates._differences(requested, tagged("x")) == []
    (warning,) = creates._differences(requested, tagged("y", name="Web-01", plan_id=2))
    assert (
        mentions(warning, 101, "plan_id is 2", "tags is ['y']", "Declare it as Web-01") and "ssh_key_id" not in warning
    )
