# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that runs inside the controller's process gives what it gives as a separate one: every way to end, every
kind of argument.
"""

from __future__ import annotations

import json
import re
from typing import Any

from helpers.ansible_cli import TaskResult
from helpers.script import Script, steady

PROBE = "ansible.legacy.vpsorg_probe"


def results_both_ways(script: Script, *args: str, **options: Any) -> list[tuple[TaskResult, TaskResult]]:
    """The results of the script's tasks, inside and outside, which ran where they should."""
    here = script.run_once(True, True, args, {}, options)
    apart = script.run_once(False, True, args, {}, options)
    pairs = list(zip(here.outcome.results, apart.outcome.results, strict=True))
    for inside, outside in pairs:
        assert inside.result.pop("inside", True) and not outside.result.pop("inside", False), inside.task
        assert (inside.task, inside.kind, inside.status) == (outside.task, outside.kind, outside.status)
    return pairs


def test_arguments(script: Script) -> None:
    """Types, defaults, aliases, nested options, templates, texts of every kind, and what comes from elsewhere."""
    cases: dict[str, dict[str, Any]] = {
        "nothing": {},
        "types": {"text": 17, "number": "18"},
        "alias": {"called": "by an alias"},
        "nested": {"items": [{"key": "a"}, {"key": 2}]},
        "nested, wrong": {"items": [{"key": "a", "lock": "b"}]},
        "nested, missing": {"items": [{}]},
        "together": {"text": "alone"},
        "exclusive": {"choice": "one", "items": [{"key": "a"}]},
        "unknown": {"colour": "red"},
        "texts": {"text": "ünïcödé \u2028 \U0001f600 \\ \" ' {{ '{{' }} \x7f", "number": 1},
        "template": {"text": "{{ [1, {'two': none}] | to_json }}", "number": "{{ 1 + 1 }}"},
        "magic": {"text": "{{ inventory_hostname }} {{ ansible_check_mode }} {{ ansible_version.major }}", "number": 1},
        "secret": {"secret": "hush-hush", "text": "the secret is hush-hush", "number": 1},
        "short secret": {"secret": "1", "text": "1", "number": 1},
    }
    for name, options in cases.items():
        script.task(name, PROBE, options)
    script.task("not logged", PROBE, {"text": "hidden-text", "number": 1}, no_log=True)
    script.task("not logged failure", PROBE, {"end": "fail"}, no_log=True)
    script.task(
        "from the environment", PROBE, {}, environment={"PROBE_SECRET": "hush-hush", "PROBE_GIVEN": "{{ 6 * 7 }}"}
    )
    script.task("environment gone", PROBE, {})
    script.task("environment of odd types", PROBE, {}, environment=[{"PROBE_GIVEN": True}, {"PROBE_SECRET": None}, {}])
    script.cli.secrets += ["hidden-text"]
    pairs = results_both_ways(script)
    for inside, outside in pairs:
        assert inside.result == outside.result, inside.task
    found = {inside.task: inside.result for inside, _outside in pairs}
    assert found["from the environment"]["given"]["PROBE_GIVEN"] == "42"
    assert (
        found["environment gone"]["given"]["PROBE_GIVEN"] is None
        and found["environment gone"]["params"]["secret"] is None
    )
    assert "hush-hush" not in json.dumps(found)
    assert found["texts"]["text"] == "ünïcödé \u2028 \U0001f600 \\ \" ' {{ \x7f"


def test_every_way_to_end(script: Script) -> None:
    ends = ("exit", "fail", "warn", "noise")
    for end in ends:
        script.task(end, PROBE, {"end": end}, environment={"PROBE_SECRET": "{{ ['hush', 'hush'] | join('-') }}"})
    script.task("check", PROBE, {"end": "warn"}, check_mode=True)
    script.task("difference", PROBE, {}, diff=True)
    script.task("deprecated option", PROBE, {"old": "value"})
    script.task(
        "loop",
        PROBE,
        {"text": "{{ item }}", "number": 1},
        loop=["a", "b", "c"],
        loop_control={"label": "item {{ item }}"},
    )
    script.task("loop with failures", PROBE, {"end": "{{ item }}"}, loop=["exit", "fail", "exit"])
    script.task("until", PROBE, {}, register="answer", until="answer.text is none", retries=2, delay=0)
    script.task("until never", PROBE, {}, register="answer", until="answer.text == 'x'", retries=1, delay=0)
    script.task("condition", PROBE, {}, register="answer", failed_when="answer.text is none", changed_when=True)
    script.task("not a failure", PROBE, {"end": "fail"}, failed_when=False)
    script.task("skipped", PROBE, {}, when="false")
    script.cli.secrets += ["hush-hush"]
    pairs = results_both_ways(script, allow_deprecation=True)
    for inside, outside in pairs:
        assert steady(inside.result) == steady(outside.result), inside.task
    found = {inside.task: inside.result for inside, _outside in pairs if inside.kind == "task"}
    assert found["fail"]["detail"]["secret"] != "hush-hush" and found["fail"]["changed"] is True
    assert len(found["warn"]["warnings"]) == 2 and len(found["warn"]["deprecations"]) == 1
    assert len(found["deprecated option"]["deprecations"]) == 1
    assert "warnings" not in found["exit"] and "deprecations" not in found["exit"]


def test_modules_that_break(script: Script) -> None:
    """What Ansible makes of a module that ends without a result. Only the places in tracebacks differ."""
    ends = ("raise", "exit_code", "silence")
    for end in ends:
        script.task(end, PROBE, {"end": end})
    script.task("fine again", PROBE, {})
    pairs = results_both_ways(script, allow_traceback=True)
    for inside, outside in pairs:
        assert set(inside.result) == set(outside.result), inside.task
        for key in set(inside.result) - {"exception", "module_stderr"}:
            assert _placeless(inside.result[key]) == _placeless(outside.result[key]), f"{inside.task}: {key}"
    raised = pairs[0][0].result
    assert "raised on purpose" in json.dumps(raised)


def _placeless(value: Any) -> Any:
    return re.sub(r'File ".*', "", value) if isinstance(value, str) else value


def test_the_time_limit_of_a_task(script: Script) -> None:
    script.task("slow", PROBE, {"end": "sleep"}, timeout=2)
    script.task("fine again", PROBE, {}, environment={"PROBE_GIVEN": "x"})
    script.task("environment gone", PROBE, {})
    pairs = results_both_ways(script)
    frames = [result.result.get("timedout", {}).pop("frame", None) for result in pairs[0]]
    assert bool(frames[0]) is bool(frames[1])  # ansible-core 2.18 tells where the task was, which can't be the same
    for inside, outside in pairs:
        assert steady(inside.result) == steady(outside.result), inside.task
    assert "2" in pairs[0][0].result["msg"] and pairs[0][0].status == "ignored"
