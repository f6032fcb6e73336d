# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the AWX project, run as AWX runs jobs, with the answers of surveys."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from helpers.awx_jobs import PROJECT, ExecutionNode, Job, execution_node
from helpers.awx_survey import NEW_SERVER, answers
from helpers.facts import mentions

NAMES = ("vps_job_changed", "vps_job_plan", "vps_job_summary", "vps_job_ids", "vps_job_addresses")
QUICK = {"fleet_wait_interval": 0.1}
# An inventory in whose variables everything about localhost is otherwise than these playbooks need it; and privilege
# escalation is enabled in the job template.
STRANGE: dict[str, Any] = {
    "become": True,
    "inventory": {
        "localhost": {
            "ansible_connection": "ssh",
            "ansible_host": "192.0.2.1",
            "ansible_become": True,
            "ansible_become_method": "sudo",
            "ansible_python_interpreter": "/nowhere/python",
        },
        "web-01": {"ansible_host": "192.0.2.2"},
    },
}


@pytest.fixture
def node(tmp_path: pathlib.Path, emulator: Any) -> Iterator[ExecutionNode]:
    emulator.configure(provision_ms=50, address_ms=0, reboot_ms=100)
    with execution_node(tmp_path / "node", emulator) as node:
        yield node


def writes(emulator: Any) -> list[str]:
    return [request["method"] for request in emulator.requests() if request["method"] != "GET"]


def successful(job: Job) -> Job:
    assert job.status == "successful", f"{job.output}\n{job.errors}"
    assert tuple(job.artifacts) in (NAMES, ()), "always all of them"
    return job


def failed(job: Job, *facts: object) -> Job:
    """The job has failed, and the last message of a task says why."""
    assert job.status == "failed", job.output
    assert job.failures and mentions(job.failures[-1], *facts), f"{facts}\n{job.failures}\n{job.output}"
    return job


def test_fleet_from_a_survey(node: ExecutionNode, emulator: Any) -> None:
    """Check, Run, Run; the nodes of a workflow after each; and what is seen while a job runs."""
    given = answers("fleet", survey_names=" web-%02d ", survey_count="2", **NEW_SERVER)
    options: dict[str, Any] = {"trusted": QUICK, **STRANGE}
    check = successful(node.run("playbooks/fleet.yml", given, job_type="check", **options))
    assert (
        writes(emulator) == []
        and "Plan: 2 to create, 0 unchanged; 0.014 more per hour, 10 more per month" in check.lines
    )
    assert check.artifacts["vps_job_changed"] is True
    reason = "no server has this name (plan_id: 1, os_id: 5, location: us-west)"
    assert check.artifacts["vps_job_plan"] == [f"create {name}: {reason}" for name in ("web-01", "web-02")]
    assert check.artifacts["vps_job_summary"]["created"] == 2
    assert check.artifacts["vps_job_ids"] == check.artifacts["vps_job_addresses"] == {}

    # The artifacts of earlier nodes are extra variables, which are stronger than all others.
    stale = {**check.artifacts, "vps_job_ids": {"old": 1}}
    emulator.configure(provision_ms=600_000)
    running = node.start("playbooks/fleet.yml", {**given, **stale}, **options)
    running.wait_until(lambda lines: sum(line.endswith(": created") for line in lines) == 2)
    ids = {server["name"]: server["id"] for server in emulator.servers()}
    for name, server_id in ids.items():
        assert f"vps_fleet: {name} (id {server_id}): created" in lines_so_far(running)
        emulator.change(server_id, status="active", ip_address=f"203.0.113.{server_id % 200}")
    ran = successful(running.end())
    assert ran.artifacts["vps_job_changed"] is True and ran.artifacts["vps_job_ids"] == ids
    assert ran.artifacts["vps_job_addresses"] == {server["name"]: server["ip_address"] for server in emulator.servers()}

    sent = len(writes(emulator))
    again = successful(node.run("playbooks/fleet.yml", {**given, **stale}, **options))
    assert len(writes(emulator)) == sent
    assert (again.artifacts["vps_job_changed"], again.artifacts["vps_job_plan"]) == (False, [])
    assert again.artifacts["vps_job_summary"]["unchanged"] == 2 and again.artifacts["vps_job_ids"] == ids


def lines_so_far(running: Any) -> list[str]:
    return running.wait_until(lambda _lines: True)


def test_a_workflow_branches_on_whether_there_is_anything_to_do(node: ExecutionNode, emulator: Any) -> None:
    hostile = "create {{ lookup('env', 'HOME') }}: no server has this name"
    something = successful(node.run("playbooks/changes.yml", {"vps_job_changed": True, "vps_job_plan": [hostile]}))
    assert something.result("Show the plan")["msg"] == [hostile]
    nothing = failed(node.run("playbooks/changes.yml", {"vps_job_changed": False, "vps_job_plan": []}))
    assert nothing.failures == [nothing.failures[0]] and nothing.failures[0].startswith("Nothing to do: ")
    failed(node.run("playbooks/changes.yml"), "fleet.yml", "Check", "vps_job_changed")
    assert not emulator.requests()


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Callable[[Mapping[str, Any]], pathlib.Path]:
    """A copy of the project, with a file `fleets/shop.yml` that declares a fleet."""

    def make(fleet: Mapping[str, Any]) -> pathlib.Path:
        folder = tmp_path / "project"
        shutil.copytree(PROJECT, folder)
        (folder / "fleets").mkdir()
        (folder / "fleets" / "shop.yml").write_text(yaml.safe_dump(dict(fleet)))
        return folder

    return make


def test_fleet_from_a_file_of_the_project(node: ExecutionNode, emulator: Any, project: Any) -> None:
    """What is not answered comes from the file; an answer is stronger, but does not lift the protection of the
    databases. A job that fails half-way says in its artifacts what it has done.
    """
    declared = {
        "fleet_servers": [{"name": "web-01"}, {"name": "db-01", "plan_id": 2}],
        "fleet_defaults": {"plan_id": 1, "os_id": 5, "location": "us-west"},
        "fleet_protect": ["db-*"],
        "fleet_port": 0,
        "fleet_concurrency": 1,
    }
    folder = project(declared)
    # The database's plan costs more than what is left.
    emulator.configure(provision_ms=0)
    emulator.credits = 30
    given = answers("fleet", fleet_file="fleets/shop.yml")
    half = node.run("playbooks/fleet.yml", given, project=folder, trusted=QUICK)
    failed(half, "db-01", 402)
    ids = {server["name"]: server["id"] for server in emulator.servers()}
    assert set(ids) == {"web-01"} and half.artifacts["vps_job_ids"] == ids
    assert half.artifacts["vps_job_changed"] is True
    assert (half.artifacts["vps_job_summary"]["created"], half.artifacts["vps_job_summary"]["failed"]) == (1, 1)

    emulator.insert(name="db-01", plan_id=2)
    answered = {**given, "survey_state": "absent", "survey_protect": "nothing-*"}
    refused = node.run("playbooks/fleet.yml", answered, project=folder)
    failed(refused, "db-01", "db-*")
    assert refused.artifacts["vps_job_changed"] is False and len(emulator.servers()) == 2
    (folder / "fleets" / "shop.yml").write_text(yaml.safe_dump({**declared, "fleet_protect": []}))
    gone = successful(node.run("playbooks/fleet.yml", answered, project=folder))
    assert emulator.servers() == [] and gone.artifacts["vps_job_summary"]["deleted"] == 2
    assert gone.artifacts["vps_job_ids"] == {}


def test_power(node: ExecutionNode, emulator: Any) -> None:
    ids = {name: emulator.insert(name=name) for name in ("web-01", "web-02", "db-01")}
    given = answers("power", power_state="stopped", power_names="web-01, web-02")
    check = successful(node.run("playbooks/power.yml", given, job_type="check", verbosity=3, **STRANGE))
    assert writes(emulator) == [] and check.artifacts["vps_job_changed"] is True
    ran = successful(node.run("playbooks/power.yml", given, **STRANGE))
    assert sorted(writes(emulator)) == ["POST", "POST"]
    for artifacts in (check.artifacts, ran.artifacts):
        assert [entry.partition(":")[0] for entry in artifacts["vps_job_plan"]] == [
            f"stop {name} (id {ids[name]})" for name in ("web-01", "web-02")
        ]
        assert artifacts["vps_job_summary"]["stopped"] == 2
        assert artifacts["vps_job_ids"] == {name: ids[name] for name in ("web-01", "web-02")}
    again = successful(node.run("playbooks/power.yml", answers("power", power_state="stopped", power_match="web-*")))
    assert again.artifacts["vps_job_changed"] is False and len(writes(emulator)) == 2


def test_rolling_reboot(node: ExecutionNode, emulator: Any) -> None:
    ids = {f"web-{number:02d}": emulator.insert(name=f"web-{number:02d}") for number in range(1, 4)}
    given = answers("rolling_reboot", rolling_reboot_match="web-*", rolling_reboot_serial="2", rolling_reboot_port="0")
    quick = {"rolling_reboot_settle_time": 0, "rolling_reboot_wait_interval": 1}
    options: dict[str, Any] = {"trusted": quick, **STRANGE}
    check = successful(node.run("playbooks/rolling_reboot.yml", given, job_type="check", **options))
    assert writes(emulator) == []
    ran = successful(node.run("playbooks/rolling_reboot.yml", given, **options))
    for artifacts in (check.artifacts, ran.artifacts):
        assert artifacts["vps_job_changed"] is True and artifacts["vps_job_ids"] == ids
        assert artifacts["vps_job_plan"] == [f"reboot {name} (id {server_id})" for name, server_id in ids.items()]
        assert artifacts["vps_job_summary"] == {"rebooted": 3, "failed": 0, "unchanged": 0}
    # The first of three batches does not come back.
    emulator.configure(reboot_ends_in="error")
    broken = node.run("playbooks/rolling_reboot.yml", {**given, "rolling_reboot_serial": "1"}, **options)
    failed(broken, "web-01", "error", "web-02", "web-03")
    assert broken.artifacts["vps_job_summary"] == {"rebooted": 0, "failed": 1, "unchanged": 2}
    assert broken.artifacts["vps_job_plan"] == [f"reboot web-01 (id {ids['web-01']})"]


def test_report(node: ExecutionNode, emulator: Any) -> None:
    first = emulator.insert(name="web-01", ip_address="203.0.113.7", location="us-west")
    second = emulator.insert(name="{{ 7 * 7 }}", status="stopped", ip_address=None)
    job = successful(node.run("playbooks/report.yml", **STRANGE))
    head, *rows, total = job.result("Show them")["msg"]
    assert head.split() == ["name", "id", "status", "address", "plan", "location"]
    by_name = {row.split("  ")[0]: row for row in rows}
    assert mentions(by_name["web-01"], first, "active", "203.0.113.7", "us-west")
    assert mentions(by_name["{{ 7 * 7 }}"], second, "stopped")
    assert mentions(total, "2 servers", "1 active", "1 stopped")
    assert job.artifacts == {
        "vps_job_changed": False,
        "vps_job_plan": [],
        "vps_job_summary": {"active": 1, "stopped": 1},
        "vps_job_ids": {"web-01": first, "{{ 7 * 7 }}": second},
        "vps_job_addresses": {"web-01": "203.0.113.7"},
    }
    stopped = successful(node.run("playbooks/report.yml", {"report_status": "stopped", "report_names": ""}))
    assert stopped.artifacts["vps_job_ids"] == {"{{ 7 * 7 }}": second}
