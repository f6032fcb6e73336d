# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives a module: what counts as not set, and what is refused before Ansible converts it."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.vpsorg.cloud.plugins.module_utils._module.input import is_unset, problem_as_given
from helpers.examples import names_of

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


@pytest.mark.parametrize("name", names_of("modules"))
def test_linting_a_task_does_not_run_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ansible-lint validates the options of a task: with a class of its own in the place of AnsibleModule, which may
    have been imported long before.
    """

    class Validated(BaseException):
        pass

    class LintModule(basic.AnsibleModule):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            raise Validated

    given = {"vps_fleet": {"servers": []}, "vps_server_power": {"name": "web-01", "state": "started"}}.get(name, {})
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": given})
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", arguments.encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic, "AnsibleModule", LintModule)
    module = importlib.import_module(f"ansible_collections.vpsorg.cloud.plugins.modules.{name}")
    with pytest.raises(Validated):
        module.main()
