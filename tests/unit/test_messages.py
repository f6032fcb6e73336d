# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How messages are collected from code and tasks, and how entries of the page are read."""

from __future__ import annotations

import pathlib

import pytest

from helpers.messages import entries, is_specific, messages_of_python, messages_of_tasks, text_constants
from sandbox.isolation import REPOSITORY

FILE = REPOSITORY / "plugins" / "modules" / "example.py"


def collected(source: str, **constants: str) -> list[str]:
    return [message.text for message in messages_of_python(source, FILE, constants)]


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('raise BadInput("No name.")', ["No name."]),
        ('raise BadInput(f"{name!r} is odd: {why}.")', ["… is odd: …."]),
        ('raise BadInput("one half " f"and {another}")', ["one half and …"]),
        ('raise UnknownOutcome(words, about=About(None), cause=VpsError("No luck."))', ["No luck."]),
        ('module.warn("Take care.")', ["Take care."]),
        ('display.warning(f"{path}: {error}")', []),
        ('words = "It goes through a variable."\nraise VpsError(words)', ["It goes through a variable."]),
        ('job.warnings += [f"Server {name} was odd."]', ["Server … was odd."]),
        ("return f\"{name} {'is empty as well' if empty else why}\"", ["is empty as well"]),
        ('return "%s is too long" % name', ["… is too long"]),
        ('return f"{a}{b} is much too long"', ["… is much too long"]),
        ('return f"{INTERRUPTED} before {what}."', ["The task was interrupted before …."]),
    ],
)
def test_texts_of_code(source: str, texts: list[str]) -> None:
    assert collected(source, INTERRUPTED="The task was interrupted") == texts


@pytest.mark.parametrize(
    "source",
    [
        '"""A module that does many things."""',
        'def f():\n    """Say what it is about."""',
        'DOCUMENTATION = r"""What a module does for you."""',
        're.compile("some words in a pattern")',
        'name = "two words"',
        'raise KeyError("vpsorg.cloud.vps")',
        'log("not one")',
    ],
)
def test_what_is_no_message(source: str) -> None:
    assert collected(source) == []


def test_place_of_a_message() -> None:
    source = 'class A:\n    def b(self):\n        raise VpsError("It is gone.")\n'
    (message,) = messages_of_python(source, FILE, {})
    assert str(message) == "plugins/modules/example.py:3: `It is gone.`"
    assert message.place == "plugins/modules/example.py::A.b"


def test_constants_with_one_meaning() -> None:
    assert text_constants(['A = "a"\nB = "b"\nc = "c"', 'A = "another"\nD = 1']) == {"B": "b"}


TASKS = """
- name: A block
  block:
    - name: Check
      ansible.builtin.assert:
        that: ports | length > 0
        fail_msg: >-
          There must be
          a port, got {{ ports }}.
    - name: Fail
      ansible.builtin.fail:
        msg: "{{ 'nothing answers on it' if silent else 'ok' }} within {{ time }} s at all."
- name: Show
  ansible.builtin.debug:
    msg: This is not a failure.
"""


def test_texts_of_tasks() -> None:
    found = messages_of_tasks(TASKS, pathlib.Path(REPOSITORY, "roles", "example", "tasks", "main.yml"))
    assert [(message.line, message.text) for message in found] == [
        (7, "There must be a port, got …."),
        (12, "… within … s at all."),
        (12, "nothing answers on it"),
    ]


def test_entries_of_a_page() -> None:
    page = (
        "Page\n====\n\nText.\n\nOne\n---\n\n- | ``a …``\n  | ``b``\n\n  Because of\n  this.\n\n- ``c``\n\n  That.\n\n"
    )
    page += "Two\n---\n\n- ``d``\n\n  So.\n"
    assert [(entry.section, entry.patterns, entry.explanation, entry.line) for entry in entries(page)] == [
        ("One", ("a …", "b"), "Because of this.", 9),
        ("One", ("c",), "That.", 15),
        ("Two", ("d",), "So.", 22),
    ]


@pytest.mark.parametrize(
    "item", ["- a\n\n  Text.\n", "- `a`\n\n  Text.\n", "- ``a``\n  Text.\n", "- ``a``\n", "- ``a``\n\n"]
)
def test_items_of_another_form(item: str) -> None:
    with pytest.raises(ValueError, match="line 4: not an entry"):
        entries(f"One\n---\n\n{item}")


def test_patterns_that_say_enough() -> None:
    texts = ["Unknown option …. See the documentation."]
    assert [is_specific(pattern, texts) for pattern in ("See the documentation", "Unknown option", "option …", "")] == [
        True,
        True,
        False,
        False,
    ]
