# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that a response shows is in nothing that is made of the response."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.error_words import error_words
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.passwords import (
    ShownPasswords,
    keys_in_text,
    without_passwords,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.responses import may_show_password

KEYS = ["password", "root_password", "vnc_password", "rootPassword", "PASSWORD", "Password"]
SECRET = "hunter2-Xy"
ORDINARY = st.text("abcdefg_", max_size=8).filter(lambda key: not key.endswith("password"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ORDINARY, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "wrap",
    [lambda value: value, lambda value: {"server": value}, lambda value: {"results": [{"id": 1}, {"access": value}]}],
    ids=["top", "nested", "in a list"],
)
def test_it_is_taken_out_and_found(key: str, wrap: Any) -> None:
    response = wrap({"id": 12345, key: SECRET, "name": "web-01"})
    assert may_show_password(json.dumps(response).encode())
    rest, shown = without_passwords(response)
    assert shown is not None and shown.keys == (key,)
    assert shown.value == (None if key == "vnc_password" else SECRET)
    assert rest == wrap({"id": 12345, "name": "web-01"})


def test_a_key_whose_letters_are_escaped() -> None:
    assert may_show_password(rb'{"p\u0061ssword": "x"}') and may_show_password(rb'{"passwor\u0064": "x"}')


def shown(value: str | None, *keys: str) -> ShownPasswords:
    """`keys`: all of them, that of the value first."""
    return ShownPasswords(None, "", keys) if value is None else ShownPasswords(value, keys[0], keys[1:])


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            {"vnc_password": "1", "password": "2", "root_password": "3"},
            shown("2", "password", "vnc_password", "root_password"),
        ),
        ({"server": {"password": "1"}, "root_password": "2"}, shown("2", "root_password", "password")),
        ({"a": {"b": {"password": "1"}}, "c": {"root_password": "2"}}, shown("2", "root_password", "password")),
        ({"password": "1", "root_password": "1"}, shown("1", "password")),
        ({"password": "1", "Root-Password": "2"}, shown("1", "password", "Root-Password")),
        ({"password": 12345678}, shown("12345678", "password")),
        ({"root_password": {"value": "1"}}, shown(None, "root_password")),
        ({"password": ["1"]}, shown(None, "password")),
        ({"vnc_password": "1"}, shown(None, "vnc_password")),
        ({"vnc_password": 1, "password": {}}, shown(None, "vnc_password")),
        ({"user_password": "1", "root_password": [1]}, shown(None, "user_password", "root_password")),
        ({"x" * 100 + "_password": "1"}, shown(None, "x" * 31 + "_password")),
        *(({"password": nothing}, None) for nothing in (None, "", {}, [], True, False)),
        ({"password_set": True, "passwords": 3}, None),
    ],
)
def test_which_one_is_meant(response: Any, expected: ShownPasswords | None) -> None:
    """Whatever its type, it is in nothing that is left."""
    rest, found = without_passwords(response)
    assert found == expected
    assert not [key for key in rest if key.casefold().endswith("password")]


def test_those_of_nobody_are_told_by_their_keys() -> None:
    assert shown("1", "password", "vnc_password").unassigned() == shown(None, "password", "vnc_password")


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b'{"id": 1, "password": "x"', ("password",)),
        (b'{"usage": NaN, "root_password": 12, "vnc_password" : {"a": 1}}', ("root_password", "vnc_password")),
        (b'{"password": null, "root_password": "", "x_password": false, broken', None),
        (b"password", None),
        (b'"password" * 9', None),
        (b'"' * 1_000_000, None),
        (b'"password' * 100_000, None),
    ],
)
def test_keys_in_what_is_no_json(body: bytes, keys: tuple[str, ...] | None) -> None:
    assert keys_in_text(body) == (shown(None, *keys) if keys else None)


@given(JSON)
def test_a_response_without_any_is_left_as_it_is(value: Any) -> None:
    before = copy.deepcopy(value)
    rest, password = without_passwords(value)
    assert rest is value and value == before and password is None


@given(JSON, st.sampled_from(KEYS))
def test_wherever_it_stands(value: Any, key: str) -> None:
    holder = {"values": [value, {key: SECRET}], "more": {key.upper(): {"x": SECRET}}}
    rest, _password = without_passwords(holder)
    assert SECRET not in json.dumps(rest)
    assert rest["values"][0] == value


def test_what_is_nested_too_deeply_holds_none() -> None:
    deep: Any = {"password": SECRET}
    for _level in range(5000):
        deep = {"deeper": deep}
    rest, _password = without_passwords({"id": 1, "deep": deep})
    assert rest["id"] == 1


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"detail": "no", "password": SECRET}),
        json.dumps({"server": {"root_password": SECRET}, "detail": "no"}),
        f'{{"detail": "no", "password": "{SECRET}", broken',
        f"no: root_password={SECRET}&x=1",
        f"no; 'password': '{SECRET}'",
        f'{{"detail": "no", "password": "{SECRET}',
        json.dumps({"detail": "no", "password": SECRET, "filler": "x" * 70_000}),
    ],
)
def test_the_words_of_an_error(body: str) -> None:
    words = error_words(body.encode())
    assert SECRET not in words and "no" in words
