# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people get wrong in AWX's screens: each job fails with one sentence that says what to do, in its output, and
before anything was written.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.awx_jobs import EMPTY_FIELDS, ExecutionNode, execution_node
from helpers.awx_survey import answers
from helpers.facts import mentions

NEW = {"survey_names": "web-01", "survey_plan_id": "1", "survey_os_id": "5", "survey_location": "us-west"}
WITHOUT_LOCALHOST = {"web-01": {"ansible_host": "192.0.2.2"}}


@pytest.fixture
def node(tmp_path: pathlib.Path, emulator: Any) -> Iterator[ExecutionNode]:
    with execution_node(tmp_path / "node", emulator) as node:
        yield node


# What is wrong: the playbook, the answers, and what the message mentions.
WRONG: dict[str, tuple[str, dict[str, str], list[object]]] = {
    "a plan that is no number": ("fleet", {**NEW, "survey_plan_id": "small"}, ["plan_id", "an integer", "small"]),
    "a limit of deletions that is no number": (
        "fleet",
        {**NEW, "survey_max_delete": "some"},
        ["fleet_max_delete", "an integer", "some"],
    ),
    "a count of several names": (
        "fleet",
        {**NEW, "survey_names": "a,b", "survey_count": "3"},
        ["survey_count", "survey_names", "web-%02d"],
    ),
    "no names": ("fleet", {**NEW, "survey_names": " , "}, ["survey_names", "fleet_file"]),
    "a file that is not there": ("fleet", {"fleet_file": "fleets/nothing.yml"}, ["fleet_file", "fleets/nothing.yml"]),
    "a file outside of the project": ("fleet", {"fleet_file": "../env/extravars"}, ["fleet_file", "../env/extravars"]),
    "no servers to start": ("power", {"power_state": "started"}, ["power_names", "power_match"]),
    "a server to stop that is not there": (
        "power",
        {"power_state": "stopped", "power_names": "web-99"},
        ["web-99"],
    ),
    "servers at a time that are no number": (
        "power",
        {"power_state": "started", "power_names": "web-01", "power_concurrency": "all"},
        ["power_concurrency", "an integer", "all"],
    ),
    "no servers to reboot": ("rolling_reboot", {}, ["rolling_reboot_names", "rolling_reboot_match"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_answers(node: ExecutionNode, emulator: Any, wrong: str) -> None:
    playbook, given, facts = WRONG[wrong]
    job = node.run(f"playbooks/{playbook}.yml", answers(playbook, **given))
    assert job.status == "failed" and len(job.failures) == 1, job.output
    assert mentions(job.failures[0], *facts), job.failures[0]
    assert [request for request in emulator.requests() if request["method"] != "GET"] == []
    assert job.artifacts["vps_job_changed"] is False and job.artifacts["vps_job_plan"] == []


def test_a_plan_that_does_not_exist(node: ExecutionNode, emulator: Any) -> None:
    """Only the API knows."""
    job = node.run("playbooks/fleet.yml", answers("fleet", **{**NEW, "survey_plan_id": "99"}))
    assert job.status == "failed" and mentions(job.failures[-1], "web-01", "plan 99"), job.output
    assert emulator.servers() == [] and job.artifacts["vps_job_summary"]["failed"] == 1


def test_a_credential_without_a_token(node: ExecutionNode, emulator: Any) -> None:
    job = node.run("playbooks/report.yml", credential={**EMPTY_FIELDS, "VPS_API_TOKEN": ""})
    assert job.status == "failed" and mentions(job.failures[-1], "VPS.org", "API token", "job template")
    assert not emulator.requests()


@pytest.mark.parametrize(
    ("limit", "inventory"),
    [("web*", WITHOUT_LOCALHOST), ("web*", {"localhost": {}, **WITHOUT_LOCALHOST}), ("web*", {})],
    ids=["implicit localhost", "localhost in the inventory", "an empty inventory"],
)
def test_a_limit_that_leaves_out_localhost(node: ExecutionNode, emulator: Any, limit: str, inventory: Any) -> None:
    """Ansible skips the play and is content, so AWX would call the job successful."""
    job = node.run("playbooks/fleet.yml", answers("fleet", **NEW), limit=limit, inventory=inventory)
    assert job.status == "failed" and not emulator.requests(), job.output
    assert mentions(job.output, "localhost", f"({limit})", "Limit"), job.output
    if inventory:
        assert len(job.failures) == 1 and mentions(job.failures[0], "localhost", f"({limit})", "Limit")


@pytest.mark.parametrize("options", [{"inventory": WITHOUT_LOCALHOST}, {"inventory": {}, "limit": "localhost"}])
def test_localhost_need_not_be_in_the_inventory(node: ExecutionNode, emulator: Any, options: dict[str, Any]) -> None:
    assert node.run("playbooks/report.yml", **options).status == "successful"
    assert len(emulator.requests()) == 1


def test_answers_are_never_templates(node: ExecutionNode, emulator: Any, tmp_path: pathlib.Path) -> None:
    """Who may only launch a job must not be able to run code on the execution node."""
    code = "{{ lookup('pipe', 'touch %s') }}" % (tmp_path / "run")
    given = {"survey_names": f"web-%02d{code}", "survey_count": code, "survey_plan_id": code, "survey_protect": code}
    assert node.run("playbooks/fleet.yml", answers("fleet", **given)).status == "failed"
    assert node.run("playbooks/fleet.yml", answers("fleet", fleet_file=code)).status == "failed"
    assert node.run("playbooks/power.yml", answers("power", power_names=code)).status == "failed"
    assert (
        node.run("playbooks/rolling_reboot.yml", answers("rolling_reboot", rolling_reboot_names=code)).status
        == "failed"
    )
    assert not (tmp_path / "run").exists()
    assert [request for request in emulator.requests() if request["method"] != "GET"] == []


def test_an_answer_is_not_lost_to_an_extra_variable(node: ExecutionNode, emulator: Any) -> None:
    """Nothing is stronger than extra variables of the job template under the role's own names."""
    trusted = {"fleet_defaults": {"plan_id": 2, "os_id": 5, "location": "us-west"}, "fleet_port": 0}
    job = node.run("playbooks/fleet.yml", answers("fleet", **NEW), trusted=trusted)
    assert job.status == "failed" and mentions(job.failures[-1], "fleet_defaults", "extra variables"), job.output
    assert not mentions(job.failures[-1], "fleet_port") and not emulator.requests()
    unasked = answers("fleet", survey_names="web-01")
    assert node.run("playbooks/fleet.yml", unasked, trusted=trusted, job_type="check").status == "successful"
