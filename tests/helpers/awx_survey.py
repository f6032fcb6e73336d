# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's rules for surveys, as read in its sources (awx/api/views, awx/main/models/mixins.py of 2024-10)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from helpers.awx_jobs import PROJECT

TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (float, int),
}
WITH_CHOICES = ("multiplechoice", "multiselect")
# Answers to the survey of fleets: what a new server needs, and no wait for a port that nobody listens on.
NEW_SERVER = {"survey_plan_id": "1", "survey_os_id": "5", "survey_location": "us-west", "survey_port": "0"}


def answers(survey: str, **given: str) -> dict[str, Any]:
    """The variables of a job that is launched with a survey of the project; all other answers are empty."""
    return extra_vars(json.loads((PROJECT / "surveys" / f"{survey}.json").read_text("utf-8")), given)


def problems_of_spec(spec: Mapping[str, Any]) -> list[str]:
    """Why AWX would refuse a survey; empty if it would take it."""
    found = [f"{key} is no {kind.__name__}" for key, kind in _TOP.items() if not isinstance(spec.get(key), kind)]
    if found or not spec["spec"]:
        return found or ["no questions"]
    variables = [question.get("variable") for question in spec["spec"]]
    found += [f"{name} is asked twice" for name in set(variables) if variables.count(name) > 1]
    for question in spec["spec"]:
        found += [f"{question.get('variable')}: {problem}" for problem in _problems_of_question(question)]
    return found


_TOP = {"name": str, "description": str, "spec": list}


def _problems_of_question(question: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(key), kind):
            yield f"{key} is no {kind.__name__}"
            return
    kind = question["type"]
    if kind not in TYPES:
        yield f"there is no type {kind}"
        return
    default = question.get("default", "")
    if default != "" and not isinstance(default, TYPES[kind]):
        yield f"the default {default!r} is of another type"
    for bound in ("min", "max"):
        if question.get(bound) is not None and not isinstance(question[bound], int):
            yield f"{bound} is no integer"
    if kind in WITH_CHOICES:
        choices = _choices(question)
        defaults = default.splitlines() if isinstance(default, str) else default
        if not choices:
            yield "there are no choices"
        if kind == "multiplechoice" and len(defaults) > 1:
            yield "there are several defaults"
        yield from (f"the default {one!r} is no choice" for one in defaults if one not in choices)


def extra_vars(spec: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The extra variables of a job that is launched with these answers, as a person gives them on the screen: texts
    that are not answered are empty, and choices that are not answered have their default.

    Raises ValueError where AWX would not launch it.
    """
    unknown = set(answers) - {question["variable"] for question in spec["spec"]}
    if unknown:
        raise ValueError(f"not asked: {unknown}")
    given: dict[str, Any] = {}
    for question in spec["spec"]:
        variable = question["variable"]
        value = answers.get(variable, question.get("default", ""))
        problem = _problem_of_answer(question, value)
        if problem:
            raise ValueError(f"{variable}: {problem}")
        given[variable] = value
    return given


def _problem_of_answer(question: Mapping[str, Any], value: Any) -> str | None:
    kind = question["type"]
    if question["required"] and value == "":
        return "not answered"
    if kind == "multiselect":
        return None if isinstance(value, list) and set(value) <= set(_choices(question)) else "no such choice"
    if kind == "multiplechoice":
        return None if value in _choices(question) else "no such choice"
    if isinstance(value, bool) or not isinstance(value, TYPES[kind]):
        return "of another type"
    size = len(value) if isinstance(value, str) else value
    for bound, is_beyond in (("min", int.__lt__), ("max", int.__gt__)):
        if question.get(bound) not in (None, "") and is_beyond(size, question[bound]):
            return f"beyond {bound}"
    return None


def _choices(question: Mapping[str, Any]) -> list[str]:
    choices = question.get("choices") or []
    return [line for line in choices.splitlines() if line.strip()] if isinstance(choices, str) else list(choices)
