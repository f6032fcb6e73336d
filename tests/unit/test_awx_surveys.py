# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surveys of the AWX project: AWX takes them, and every question is one that the playbook answers to."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml

from helpers.awx_survey import extra_vars, problems_of_spec
from sandbox.isolation import REPOSITORY

PROJECT = REPOSITORY / "extensions" / "awx" / "project"
SURVEYS = {path.stem: json.loads(path.read_text("utf-8")) for path in (PROJECT / "surveys").glob("*.json")}
# As AWX tells a playbook from another file of a project.
PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)


def questions(name: str) -> list[dict[str, Any]]:
    return SURVEYS[name]["spec"]


def code_of(name: str) -> str:
    """Everything that may use the variables of a playbook."""
    folder = PROJECT / "playbooks"
    paths = [folder / f"{name}.yml", *(folder / "tasks").glob("*.yml")]
    return "\n".join(path.read_text("utf-8") for path in paths)


def role_variables(name: str) -> set[str]:
    path = REPOSITORY / "roles" / name / "defaults" / "main.yml"
    return set(yaml.safe_load(path.read_text("utf-8"))) if path.exists() else set()


def test_there_is_one_for_each_playbook_that_needs_answers() -> None:
    assert set(SURVEYS) == {"fleet", "power", "rolling_reboot"}


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_takes_it(name: str) -> None:
    assert problems_of_spec(SURVEYS[name]) == []
    assert all(question["question_name"] and question["question_description"] for question in questions(name))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "number"}, "no type"),
        ({"required": "yes"}, "required"),
        ({"default": 5}, "another type"),
        ({"default": None}, "another type"),
        ({"min": "0"}, "min"),
        ({"variable": "power_match"}, "twice"),
        ({"type": "multiplechoice", "choices": ""}, "no choices"),
        ({"type": "multiplechoice", "choices": ["a"], "default": "b"}, "no choice"),
    ],
)
def test_the_rules_have_teeth(change: dict[str, Any], problem: str) -> None:
    survey = copy.deepcopy(SURVEYS["power"])
    next(question for question in survey["spec"] if question["variable"] == "power_names").update(change)
    assert [found for found in problems_of_spec(survey) if problem in found]


@pytest.mark.parametrize("name", SURVEYS)
def test_every_answer_is_used(name: str) -> None:
    code, of_the_role = code_of(name), role_variables(name)
    asked = {question["variable"] for question in questions(name)}
    assert {variable for variable in asked if not re.search(rf"\b{variable}\b", code)} <= of_the_role
    assert set(re.findall(r"\bsurvey_[a-z_]+\b", code)) - {"survey_names"} <= {
        question["variable"] for question in questions("fleet")
    }


@pytest.mark.parametrize("name", SURVEYS)
def test_nothing_needs_an_answer_that_some_versions_of_awx_refuse(name: str) -> None:
    """An optional number that is not answered was refused, and so is a choice; a text with a minimum length is never
    optional. So all answers are texts of any length, and every choice has a default.
    """
    for question in questions(name):
        assert question["type"] in ("text", "textarea", "multiplechoice") and not question["min"]
        assert question["required"] == (question["default"] != ""), question["variable"]
    assert extra_vars(SURVEYS[name], {})


@pytest.mark.parametrize("name", SURVEYS)
def test_no_secret_is_asked(name: str) -> None:
    words = json.dumps(SURVEYS[name]).lower()
    assert not [word for word in ("password", "token", "secret") if word in words]


def test_awx_suggests_the_playbooks_and_nothing_else() -> None:
    """What it suggests on the screen of a job template: YAML with plays, outside of folders for tasks and roles."""
    suggested = {
        path.relative_to(PROJECT).as_posix()
        for path in PROJECT.rglob("*.yml")
        if not {"tasks", "roles", "group_vars", "host_vars"} & set(path.parts)
        and any(PLAYBOOK.match(line) for line in path.read_text("utf-8").splitlines())
    }
    assert suggested == {f"playbooks/{name}.yml" for name in ("fleet", "power", "rolling_reboot", "report", "changes")}
