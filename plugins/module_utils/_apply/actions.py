# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The phase of a task in which servers are changed, deleted, started, stopped and rebooted."""

from __future__ import annotations

from collections.abc import Sequence

from .._client.api import ApiError
from .._client.concurrent import run_all
from .._client.errors import VpsError
from .._server.change import delete, update
from .._server.model import Step
from .._server.power import ACTION_TARGET, reboot, switch
from .._server.servers import Servers
from .jobs import Job, Observer
from .ledger import CreateLedger

_UNDER_WAY = {"update": "updated", "delete": "deleted", "start": "starting", "stop": "stopping", "reboot": "rebooting"}


class Actions:
    """Carries out the next step of jobs where that is an action other than a create.

    Where the token itself is turned down, it raises ApiError.
    """

    def __init__(self, servers: Servers, ledger: CreateLedger, observer: Observer, concurrency: int) -> None:
        self._servers = servers
        self._ledger = ledger
        self._observer = observer
        self._concurrency = concurrency

    def all_of(self, jobs: Sequence[Job]) -> None:
        """One action for each job, `concurrency` at a time."""
        run_all(self._act, jobs, self._concurrency)

    def _act(self, job: Job) -> None:
        step = job.steps[0]
        objection = self._objection_to(job, step)
        if objection is not None:
            job.fail(objection)
            return
        try:
            acted = self._perform(job, step)
        except VpsError as error:
            job.fail(error)
            if isinstance(error, ApiError) and error.denied:
                raise
            return
        job.steps.popleft()
        if acted:
            job.is_detail = step.kind == "update"
            job.done(step.kind, step.fields)
            self._observer.happened(job, _UNDER_WAY[step.kind])

    def _objection_to(self, job: Job, step: Step) -> VpsError | None:
        """Why a server must not be deleted: what can't be created anew has to stay."""
        fields = job.plan.create_fields
        return self._ledger.against_recreation(fields) if step.kind == "delete" and fields is not None else None

    def _perform(self, job: Job, step: Step) -> bool:
        """Returns whether anything was done."""
        server_id = job.server_id
        if server_id is None:
            raise VpsError("The server's id is not known.")
        if step.kind == "update":
            job.server = update(self._servers, server_id, step.fields)
            return True
        if step.kind == "delete":
            acted = delete(self._servers, server_id, waits=len(job.steps) > 1 and job.steps[1].kind == "wait")
            job.gone = True
            return acted
        if step.kind == "reboot":
            return reboot(self._servers, server_id)
        # The wait before may have ended where the action is no longer needed.
        if job.server is not None and job.server["status"] == ACTION_TARGET[step.kind]:
            return False
        return switch(self._servers, server_id, step.kind)
