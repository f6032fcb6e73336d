# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an expression reads, and when its result may be remembered."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.expressions import (
    MISSING,
    Unkeyable,
    analyse,
    key_of,
    read,
)

OWN = frozenset({"vps_name", "vps_plan", "vps_list", "ansible_host"})


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("vps_name", {("vps_name",)}),
        (" vps_plan.name ", {("vps_plan", "name")}),
        ("vps_plan['name']", {("vps_plan", "name")}),
        ("vps_plan.name | lower ~ '-' ~ vps_name", {("vps_plan", "name"), ("vps_name",)}),
        ("vps_plan.memory // 1024 >= 8 and vps_name is match('web')", {("vps_plan", "memory"), ("vps_name",)}),
        ("vps_list[0]", {("vps_list",)}),
        ("vps_plan['items']", {("vps_plan",)}),
        ("vps_name in ['a', 'b']", {("vps_name",)}),
        ("vps_plan.name | default(vps_name, true)", {("vps_plan", "name"), ("vps_name",)}),
        ("vps_name | ansible.builtin.regex_replace('^a', 'b')", {("vps_name",)}),
        ("'constant'", set()),
    ],
)
def test_what_is_read(expression: str, paths: set[tuple[str, ...]]) -> None:
    reads = analyse(expression, OWN)
    assert reads is not None and set(reads.paths) == paths


@pytest.mark.parametrize("expression", ["vps_name", "vps_plan.name", "vps_plan['name']"])
def test_plain_paths(expression: str) -> None:
    reads = analyse(expression, OWN)
    assert reads is not None and reads.is_plain


@pytest.mark.parametrize(
    "expression",
    [
        "now()",
        "lookup('env', 'HOME')",
        "q('env', 'HOME')",
        "vps_name | random",
        "vps_list | shuffle",
        "vps_name | password_hash",
        "vps_name.upper()",
        "vps_plan.items",
        "vps_plan.items()",
        "vps_plan.keys",
        "vps_plan.get",
        "vps_plan.__class__",
        "inventory_hostname",
        "group_names",
        "vars['vps_name']",
        "other",
        "vps_name ~ other",
        "hostvars",
        "omit",
        "vps_name | map('upper')",
        "vps_name is custom",
        "vps_name | community.general.dict",
        "vps_name }} {{ now()",
        "{{ vps_name }}",
        "vps_name %} x",
        "'\\\\' ~ vps_name",
        "vps_name |",
        "",
        "1 +",
        None,
        5,
        True,
        ["vps_name"],
        {"a": 1},
        "vps_list | map(attribute=vps_name) | list",
        "(vps_name, [now()])",
    ],
)
def test_what_is_left_to_ansible(expression: Any) -> None:
    assert analyse(expression, OWN) is None


def test_templates() -> None:
    reads = analyse("group_{{ vps_name }}", OWN, template=True)
    assert reads is not None and reads.paths == (("vps_name",),) and not reads.is_plain
    assert analyse("{% set x = 1 %}{{ x }}", OWN, template=True) is None
    assert analyse("{{ now() }}", OWN, template=True) is None


def test_reading() -> None:
    variables = {"a": {"b": {"c": 1}}, "n": None}
    assert read(variables, ("a", "b", "c")) == (1, 3)
    assert read(variables, ("a", "b", "x")) == ({"c": 1}, 2)
    assert read(variables, ("n", "x")) == (None, 1)
    assert read(variables, ("x", "y")) == (MISSING, 0)


def keys(*values: Any, path: tuple[str, ...] = ("v",)) -> list[Any]:
    return [key_of({"v": value}, [path]) for value in values]


def test_keys_keep_the_type() -> None:
    assert (
        len(
            set(
                keys(
                    True,
                    1,
                    1.0,
                    "1",
                    None,
                    [1],
                    [True],
                    {"a": 1},
                    {"a": 1.0},
                    {"a": True},
                    [],
                    {},
                    "",
                    0,
                    0.0,
                    -0.0,
                    False,
                )
            )
        )
        == 17
    )
    assert len({key_of({}, [("v",)]), *keys(None, "missing", ["missing"])}) == 4


def test_keys_tell_how_far_a_path_leads() -> None:
    assert len({*keys({"b": None}, None, {}, {"b": {}}, "text", path=("v", "b")), key_of({}, [("v", "b")])}) == 6


def test_equal_values_have_one_key() -> None:
    assert len(set(keys({"a": [1, "x"]}, {"a": [1, "x"]}))) == 1


class Text(str):
    """As Ansible's vaulted and unsafe texts: not what it looks like."""


@pytest.mark.parametrize("value", ["{{ now() }}", "#jinja2: x", Text("a"), object(), {"a": ["{"]}, {1, 2}, (1, 2)])
def test_what_has_no_key(value: Any) -> None:
    with pytest.raises(Unkeyable):
        key_of({"v": value}, [("v",)])
