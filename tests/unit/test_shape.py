# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a response shows names of fields and types, and no value of the account, also where a key is one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import list_item, quickly

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.shape import shape_of, together

UUID = "a0003039-0477-53a0-9217-f3259a0420b2"


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (
            {"id": 1, "name": "x", "size": 1.5, "on": True, "none": None},
            {"id": "int", "name": "str", "size": "float", "on": "bool", "none": "null"},
        ),
        ([], []),
        ([{"id": 1}, {"id": None}], [{"id": "int or null"}]),
        ([{"id": 1}, {"id": 2, "more": "x"}], [{"id": "int", "more": "missing or str"}]),
        ([{"plan": {"id": 1}}, {"plan": None}, {}], [{"plan": {"id": "int"}}]),
        ([{"os": {"id": 1}}, {"os": 7}], [{"os": "int or object"}]),
        ([1, "x", None], ["int or null or str"]),
        ([[1], {"a": 1}], ["list or object"]),
        ({"fine": 1, "also_fine": 2, "ipv4": 3}, {"fine": "int", "also_fine": "int", "ipv4": "int"}),
    ],
)
def test_shapes(value: Any, shape: Any) -> None:
    assert shape_of(value, has_fields=True) == shape


HIDDEN = {"other keys": "…"}


@pytest.mark.parametrize(
    "key", ["web-01", "customer-acme", UUID, "web01.example.com", "203.0.113.1", "web01", "a" * 41]
)
def test_a_key_that_is_rather_a_value_is_not_shown(key: str) -> None:
    assert shape_of({key: 1}, has_fields=True) == HIDDEN


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"webshop": {"id": 1}}, HIDDEN),  # servers by name
        ({"detail": {"webshop": "no"}}, {"detail": HIDDEN}),
        ({"results": {"webshop": {"id": 1}}}, {"results": HIDDEN}),
        ({"results": [{"id": 1, "gpu": 1}]}, {"results": [{"id": "int", "gpu": "int"}]}),
        ({"results": [{"labels": {"acme": 1, "name": "x"}}]}, {"results": [{"labels": {"name": "str", **HIDDEN}}]}),
        ({"results": [{"plan": {"gpu": 1}}]}, {"results": [{"plan": {"gpu": "int"}}]}),
        ({"results": [{"id": 1}, {"id": 2}, {"id": 3, "acme": 1}]}, {"results": [{"id": "int", **HIDDEN}]}),
        (
            {"results": [{"id": 1}, {"id": 2}, {"hostname": "x"}]},
            {"results": [{"id": "int or missing", "hostname": "missing or str"}]},
        ),
    ],
)
def test_an_unknown_name_is_shown_only_where_objects_have_fields(value: Any, shape: Any) -> None:
    assert shape_of(value) == shape


def test_labels_of_many_servers_neither_show_nor_cost_anything() -> None:
    servers = [{**list_item(number), "labels": {f"customer{letters(number)}": 1}} for number in range(1, 6000)]
    flat = [{**list_item(number), f"customer{letters(number)}": 1} for number in range(1, 6000)]
    for items in (servers, flat):
        shape = shape_of({"count": 6000, "results": items})
        assert "customer" not in json.dumps(shape) and len(json.dumps(shape)) < 1000
    assert len(shape_of({f"field{letters(number)}": 1 for number in range(6000)}, has_fields=True)) < 100


def letters(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))


WORDS = {"int", "float", "str", "bool", "null", "missing", "list", "object", "…"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab_1.", max_size=5), inner, max_size=4),
    max_leaves=25,
)


@quickly
@given(st.lists(JSON, max_size=4))
def test_no_value_is_in_a_shape(values: list[Any]) -> None:
    def check(shape: Any) -> None:
        if isinstance(shape, dict):
            for part in shape.values():
                check(part)
        elif isinstance(shape, list):
            assert len(shape) <= 1
            for part in shape:
                check(part)
        else:
            assert set(shape.split(" or ")) <= WORDS

    for has_fields in (True, False):
        check(together(shape_of(value, has_fields=has_fields) for value in values) if values else [])
