# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a fleet is, in a line."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest
from unit.fakes import list_item

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job, Observer
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet import progress
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.progress import FleetProgress
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.text import standing
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_power import plan_power
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import Goal
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.wait import Wait

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def created(status: str | None = None, **changes: Any) -> Job:
    """A server to create; with a status, one that was created and is waited for."""
    job = Job.of(plan_present(DesiredServer("web", None, ENOUGH), None))
    if status:
        job.steps.popleft()
        job.server, job.server_id = list_item(status="provisioning"), 101
        job.wait = Wait(Goal.READY, 0.0, last_status=status)
    for name, value in changes.items():
        setattr(job, name, value)
    return job


def unchanged() -> Job:
    return Job.of(plan_present(DesiredServer("web-01", None, {}), list_item()))


def deleted(gone: bool) -> Job:
    job = Job.of(plan_absent(DesiredServer("web", None), list_item()))
    if gone:
        job.steps, job.gone = deque(), True
    return job


def test_standing_counts_what_is_ready_and_where_the_others_are() -> None:
    jobs = (
        [created("active", steps=deque()) for _count in range(2)]
        + [unchanged()]
        + [created("provisioning") for _count in range(5)]
        + [created("starting")]
    )
    assert standing(jobs) == "3 of 9 ready, 5 provisioning, 1 starting"


def test_standing_tells_what_has_not_begun_and_what_failed() -> None:
    assert (
        standing([created(), created(), created("provisioning", error=VpsError("No."))])
        == "0 of 3 ready, 2 to create, 1 failed"
    )


def test_standing_of_servers_that_leave() -> None:
    never_there = Job.of(plan_absent(DesiredServer("web", None), None))
    going = deleted(False)
    going.steps.popleft()
    going.gone = True
    assert standing([deleted(True), deleted(False), never_there, going]) == "2 of 4 gone, 1 to delete, 1 being deleted"
    assert standing([unchanged(), deleted(True)]) == "1 of 1 ready, 1 of 1 gone"


def test_standing_of_servers_that_are_to_be_stopped() -> None:
    """They are never called ready; and so are not those that stay stopped."""
    stays = Job.of(plan_present(DesiredServer("web-01", None, {}), list_item(status="stopped")))
    to_stop = Job.of(plan_power(DesiredServer("web-01", None, {}), "stopped", list_item()))
    assert standing([stays, to_stop]) == "1 of 2 stopped, 1 to stop"
    assert standing([unchanged(), stays]) == "1 of 1 ready, 1 of 1 stopped"


def test_what_a_look_repeats_is_shown_once() -> None:
    lines: list[str] = []
    with FleetProgress(Observer(), lines.append) as fleet_progress:
        jobs = [created("provisioning"), created("provisioning")]
        for job, what in [(jobs[0], "starting"), (jobs[1], "starting"), (jobs[0], "starting"), (jobs[0], "active")]:
            fleet_progress.happened(job, what)
    assert [line.split(": ")[-1] for line in lines] == ["starting", "starting", "active"]


def test_standing_before_anything_is_known() -> None:
    assert standing([]) == "reading the account"


class Recorder(Observer):
    """Who is told of ids and of the end."""

    def __init__(self) -> None:
        self.ids: list[tuple[str, int]] = []
        self.ends: list[int] = []

    def created(self, name: str, server_id: int) -> None:
        self.ids.append((name, server_id))

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        self.ends.append(len(jobs))


def test_a_summary_comes_by_itself_while_nothing_else_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress._TICK < 10, "the documentation promises one every 10 s"
    monkeypatch.setattr(progress, "_TICK", 0.01)
    lines: list[str] = []
    enough = threading.Event()

    def show(line: str) -> None:
        lines.append(line)
        if len(lines) >= 3:
            enough.set()

    fleet_progress = FleetProgress(Observer(), show)
    fleet_progress.began([created("provisioning")])
    with fleet_progress:
        assert enough.wait(10)
    assert set(lines) == {"vps_fleet: 0 of 1 ready, 1 provisioning"}


def test_what_happens_is_shown_and_the_rest_is_handed_on() -> None:
    lines: list[str] = []
    told = Recorder()
    with FleetProgress(told, lines.append) as observer:
        observer.created("web", 101)
        observer.happened(created("provisioning"), "created")
        observer.interrupted([created("provisioning")], "The task was interrupted")
    assert lines == ["vps_fleet: web-01 (id 101): created"]
    assert told.ids == [("web", 101)] and told.ends == [1]


def test_nobody_looks_nobody_is_told() -> None:
    """As in a module of its own, or with no_log; the ids are handed on all the same."""
    before = set(threading.enumerate())
    told = Recorder()
    with FleetProgress(told, None) as observer:
        assert set(threading.enumerate()) <= before
        observer.happened(created("provisioning"), "created")
        observer.created("web", 101)
    assert told.ids == [("web", 101)]
