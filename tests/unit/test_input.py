# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives a module: what counts as not set, and what is refused before Ansible converts it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._module.input import is_unset, problem_as_given

TEXT = {"type": "str"}
TEXTS = {"type": "list", "elements": "str"}
ENTRIES = {"type": "list", "elements": "raw"}
CHOICE = {"type": "str", "choices": ["present", "absent"]}


def test_null_and_the_empty_string_are_not_set() -> None:
    assert is_unset(None) and is_unset("")
    assert not any(is_unset(value) for value in (0, False, [], {}, " ", "0"))


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        ("0123", TEXT),
        ("bücher", TEXT),
        ("yes", TEXT),
        (True, CHOICE),
        ("1", {"type": "int"}),
        (["web-*", "[a-z]*"], TEXTS),
        ("web-*,db-*", TEXTS),
        ("[wd]*-01", TEXTS),
        ("[0-9]", {"type": "str"}),
        ([], ENTRIES),
        ([1, "a", {}, None], ENTRIES),
        ({}, {"type": "dict"}),
        ('{"plan_id": 1}', {"type": "dict"}),
    ],
)
def test_what_is_left_to_ansible(value: Any, spec: dict[str, Any]) -> None:
    assert problem_as_given(value, spec) == ""


@pytest.mark.parametrize(
    ("value", "spec", "words"),
    [
        (83, TEXT, "must be a string, got the number 83. Put it in quotes"),
        (0, TEXT, "must be a string, got the number 0. Put"),
        (1.5, TEXT, "must be a string, got the number 1.5. Put"),
        (False, TEXT, "must be a string, got the boolean false. Put"),
        (["web-01"], TEXT, "must be a string, got \"['web-01']\""),
        ({"bücher": 1}, {}, "must be a string, got \"{'bücher': 1}\""),
        (83, TEXTS, "must be a string, got the number 83. Put"),
        (["a", 83], TEXTS, "must be a string, got the number 83. Put"),
        (["a", None], TEXTS, "must be a string, got 'None'"),
        ('["a", "b"]', TEXTS, "must be a list, got a string that holds JSON. Convert it with the filter from_json"),
        ('[{"name": "a"}]', ENTRIES, "must be a list, got a string that holds JSON. Convert it with the filter"),
        (" [{'name': 'a'}]", ENTRIES, "must be a list, got a string that holds JSON"),
        ('{"name": "a"}', ENTRIES, "must be a list, got a string that holds JSON"),
        ("web-01, web-02", ENTRIES, "must be a list, got the string 'web-01, web-02'"),
        ({"name": "a"}, ENTRIES, "must be a list, got a dictionary"),
        ({"name": "a"}, TEXTS, "must be a list, got a dictionary"),
        (5, ENTRIES, "must be a list, got 5"),
        ('[{"plan_id": 1}]', {"type": "dict"}, "must be a dictionary, got a string that holds a list in JSON"),
        ([{"plan_id": 1}], {"type": "dict"}, "must be a dictionary, got a list"),
    ],
)
def test_what_is_refused(value: Any, spec: dict[str, Any], words: str) -> None:
    assert problem_as_given(value, spec).startswith(words)
