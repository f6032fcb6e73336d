# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job is ended while it creates a fleet: its output names the servers that exist by then, and the next job adopts
them.

AWX cancels a job by an interrupt to the worker, which kills the process group of ansible-playbook up to 5 s later. A
time limit of the job template does the same. Whoever stops the container sends SIGTERM.
"""

from __future__ import annotations

import os
import pathlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.awx_jobs import ExecutionNode, RunningJob, execution_node
from helpers.awx_survey import NEW_SERVER, answers
from helpers.facts import mentions

SERVERS = 80  # too many to be created before the end comes
ENDS: dict[str, tuple[Callable[[RunningJob], None], str]] = {
    "canceled": (lambda job: job.signal(signal.SIGINT), "canceled"),
    "terminated": (lambda job: os.killpg(job.playbook_pid, signal.SIGTERM), "failed"),
}


@pytest.fixture
def node(tmp_path: pathlib.Path, emulator: Any) -> Iterator[ExecutionNode]:
    with execution_node(tmp_path / "node", emulator) as node:
        yield node


@pytest.mark.parametrize("how", ENDS)
def test_the_output_names_what_exists(node: ExecutionNode, emulator: Any, how: str) -> None:
    emulator.configure(provision_ms=0, address_ms=0, latency_ms=300)
    given = answers("fleet", survey_names="web-%02d", survey_count=str(SERVERS), **NEW_SERVER)
    trusted = {"fleet_wait_interval": 0.1, "fleet_concurrency": 2}
    running = node.start("playbooks/fleet.yml", given, trusted=trusted)
    running.wait_until(lambda lines: sum(line.endswith(": created") for line in lines) >= 3)
    end, status = ENDS[how]
    end(running)
    job = running.end()
    assert job.status == status
    existing = {server["id"]: server["name"] for server in emulator.servers()}
    assert 3 <= len(existing) < SERVERS
    named = {server_id for server_id in existing if mentions(job.output, f"(id {server_id}")}
    assert len(named) >= 3, job.output
    # Once ansible-playbook is dead, ansible-runner reads only what is there at this moment, and last words may come too
    # late. Then the output lacks no more than what was on its way.
    for last in [line for line in job.lines if "The task was interrupted" in line]:
        for server_id, name in existing.items():
            # On a busy machine, a response may come too late for the last words.
            assert mentions(last, f"{name} (id {server_id}, created)") or f"{name} (outcome unknown)" in last, (
                job.output
            )

    emulator.configure(latency_ms=0)
    again = node.run("playbooks/fleet.yml", given, trusted={**trusted, "fleet_concurrency": 16})
    assert again.status == "successful", again.output
    # What was on its way when the job ended may have come into being after that.
    unchanged = again.artifacts["vps_job_summary"]["unchanged"]
    assert len(existing) <= unchanged < SERVERS
    assert again.artifacts["vps_job_summary"]["created"] == SERVERS - unchanged
    assert set(Counter(server["name"] for server in emulator.servers()).values()) == {1}
