# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters and the lookup that the roles use."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.vpsorg.cloud.plugins.filter.fleet_names import fleet_names
from ansible_collections.vpsorg.cloud.plugins.filter.inventory_hosts import inventory_hosts
from ansible_collections.vpsorg.cloud.plugins.filter.named_like import named_like
from ansible_collections.vpsorg.cloud.plugins.filter.role_variable import role_variable
from helpers.facts import missing


@pytest.mark.parametrize(
    ("value", "type_", "rules", "expected"),
    [
        ("22", "int", {}, 22),
        (22, "int", {"minimum": 22, "maximum": 22}, 22),
        ("2.5", "seconds", {"above": 0}, 2.5),
        ("600", "seconds", {}, 600),
        ("yes", "bool", {}, True),
        (False, "bool", {"default": True}, False),
        ("fail", "str", {"choices": ["fail", "warn"]}, "fail"),
        (3, "str", {}, "3"),
        ("a, b,,c ", "list", {}, ["a", "b", "c"]),
        (["a,b"], "list", {}, ["a,b"]),
        ({"a": 1}, "dict", {}, {"a": 1}),
    ],
)
def test_a_variable_that_is_set(value: Any, type_: str, rules: dict[str, Any], expected: Any) -> None:
    found = role_variable(value, "x", type_, **rules)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize("type_", ["str", "int", "seconds", "bool", "list", "dict"])
def test_a_variable_that_is_not_set(value: Any, type_: str) -> None:
    assert role_variable(value, "x", type_, default="whatever") == "whatever"
    assert role_variable(value, "x", type_) == ([] if type_ == "list" else None)


@pytest.mark.parametrize(
    ("value", "type_", "rules", "facts"),
    [
        ("ssh", "int", {"minimum": 0, "maximum": 65535}, ["an integer", 0, 65535, "ssh"]),
        (True, "int", {}, ["an integer"]),
        (2.5, "int", {}, ["an integer"]),
        (-1, "int", {"minimum": 0}, ["0 or more", -1]),
        (0, "seconds", {"above": 0}, ["seconds above 0"]),
        ("inf", "seconds", {}, ["seconds"]),
        ("nan", "seconds", {}, ["seconds"]),
        (True, "seconds", {}, ["seconds"]),
        ("x", "bool", {}, ["true or false"]),
        ("x", "str", {"choices": ["fail", "warn"]}, ["fail, warn", "x"]),
        (["x"], "str", {"choices": ["fail"]}, ["fail"]),
        ({"a": 1}, "str", {}, ["a string"]),
        ([1], "list", {}, ["a list of strings"]),
        ({"a": 1}, "list", {}, ["a list of strings"]),
        ("a=b", "dict", {}, ["a dictionary"]),
        ("x", "text", {}, ["type"]),
    ],
)
def test_a_variable_that_cannot_be_meant(value: Any, type_: str, rules: dict[str, Any], facts: list[object]) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        role_variable(value, "its_name", type_, **rules)
    assert missing(caught.value, *facts, *([] if type_ == "text" else ["its_name"])) == []


def test_names_of_a_fleet() -> None:
    assert fleet_names([{"name": "web-%02d", "count": 2}, "db", {"name": "x", "plan_id": "any"}]) == [
        "web-01", "web-02", "db", "x",
    ]  # fmt: skip
    assert fleet_names("a, b") == ["a", "b"] and fleet_names([]) == []


@pytest.mark.parametrize(
    "servers", ["", None, {"name": "x"}, [{}], [{"name": None}], [{"name": 83}], [83], ["a-%d"], "a,,b"]
)
def test_no_names_of_a_fleet(servers: Any) -> None:
    with pytest.raises(AnsibleFilterError):
        fleet_names(servers)


def test_one_of_several_patterns() -> None:
    servers = [{"id": 1, "name": "web-1"}, {"id": 2, "name": "db-1"}, {"id": 3, "name": "x"}, {"id": 4}]
    assert [server["id"] for server in named_like(servers, ["db-*", "web-*"])] == [1, 2]
    for wrong in ([], [""], [1], 5):
        with pytest.raises(AnsibleFilterError):
            named_like(servers, wrong)


@pytest.mark.parametrize("groups", ["web", {"web": 5}, [""], [None], {"": "*"}, 5])
def test_groups_that_cannot_be_meant(groups: Any) -> None:
    with pytest.raises(AnsibleError):
        inventory_hosts([{"id": 1, "name": "web-1"}], groups=groups)
