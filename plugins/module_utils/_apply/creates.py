# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The phase of a task in which servers are created: under the account's lock, and looked at once more for another
controller's race.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._client.api import ApiError
from .._client.budget import Backoff
from .._client.concurrent import run_all
from .._client.errors import About, ServerId, VpsError
from .._server.create import OtherName, create_or_adopt
from .._server.fields import FIELDS, MISSING, spelling_of
from .._server.model import PAST_TENSE, Server, lacking
from .._server.servers import Servers, spelled_like
from .jobs import Job, Observer
from .ledger import CreateLedger
from .lock import AccountLock

# The first in seconds, growth, the longest in seconds, where lists lag behind the creates.
_SECOND_LOOK_PAUSES = (0.5, 2.0, 5.0)
_OTHERS = "another controller, user, or program"  # which one can't be told
_SECOND_LOOK_TIME = 60.0  # seconds, at most: as long as a missing server may be a stale read


class Creates:
    """Creates the servers of jobs whose next step is a create.

    Where the token itself is turned down, its methods raise ApiError.
    """

    def __init__(
        self, servers: Servers, lock: AccountLock, ledger: CreateLedger, observer: Observer, concurrency: int
    ) -> None:
        self._servers = servers
        self._lock = lock
        self._ledger = ledger
        self._observer = observer
        self._concurrency = concurrency

    def after_deletions(self, jobs: list[Job]) -> None:
        """Take the lock, and create what came due later: the successors of recreated servers, which are gone by now."""
        self._lock.acquire(self._servers.budget)
        try:
            listed = self._servers.list()
        except ApiError as error:
            for job in jobs:
                job.fail(error)
            if error.denied:
                raise
            return
        replaced = {job.plan.existing_id for job in jobs}
        for job in jobs:
            alike = spelled_like(listed, job.steps[0].fields["name"])
            others = [server for server in alike if server["id"] not in replaced]
            if others:
                titles = ", ".join(About.of(server).title for server in others)
                words = "Something else has created a server with this name in the meantime"
                job.fail(
                    VpsError(
                        f"{words}: {titles}. No server was created.",
                        general_reason=f"{words}; the ids are in errors. No server was created.",
                    )
                )
        self.all_of([job for job in jobs if job.is_open], _ids(listed))

    def all_of(self, jobs: list[Job], seen: frozenset[ServerId]) -> None:
        """Under the lock: create, then look whether something else did so too.

        `seen`: the ids in the list just read.
        """
        run_all(lambda job: self._create(job, seen), jobs, self._concurrency)
        self._look_for_races([job for job in jobs if job.actions and job.error is None], seen)

    def _create(self, job: Job, seen: frozenset[ServerId]) -> None:
        objection = self._ledger.against_create()
        if objection is not None:
            job.fail(objection)
            return
        fields = job.steps[0].fields
        job.outcome_is_open = True
        try:
            server, action = create_or_adopt(self._servers, fields, seen)
        except VpsError as error:
            job.outcome_is_open = False
            self._ledger.failed(fields, error)
            job.fail(error)
            job.passwords = self._servers.api.passwords_of(fields["name"], (job.server_id,))
            if isinstance(error, ApiError) and error.denied:
                raise
            return
        self._ledger.accepted(fields)
        job.steps.popleft()
        job.is_detail = job.gone = False
        server.pop("message", None)  # type: ignore[typeddict-item]  # documented beside the fields of the server
        job.server_id, job.server = server["id"], server
        # A response without an id was about the only new server of that name.
        job.passwords = self._servers.api.passwords_of(fields["name"], (server["id"], None))
        job.actions.append({"action": action, "id": server["id"], "name": fields["name"]})
        job.outcome_is_open = False
        self._observer.created(fields["name"], server["id"])
        self._observer.happened(job, PAST_TENSE[action])
        job.warnings += _differences(fields, server)
        self._check_name(job, fields["name"], server)

    def _check_name(self, job: Job, name: str, server: Server) -> None:
        if server["name"] != name:
            error = OtherName(name, server)
            self._lock.remember(name, server["id"])
            self._ledger.failed(job.plan.create_fields or {}, error)
            job.fail(error)

    def _look_for_races(self, jobs: list[Job], seen: frozenset[ServerId]) -> None:
        """Another server of the same name that was not there before means that something else raced, such as another
        controller: the lowest id wins, and nothing is deleted.
        """
        if not jobs:
            return
        try:
            listed = self._list_with({job.server_id for job in jobs if job.server_id is not None})
        except VpsError as error:
            for job in jobs:
                job.warnings.append(_unchecked(job, error.explanation()))
            if isinstance(error, ApiError) and not error.denied:
                return
            raise
        shown = {server["id"]: server for server in listed}
        by_spelling: dict[str, list[ServerId]] = {}
        for server in listed:
            if server["id"] not in seen and "name" in server:
                by_spelling.setdefault(spelling_of(server["name"]), []).append(server["id"])
        for job in jobs:
            name = job.actions[-1]["name"]
            itself = shown.get(job.server_id or 0)
            if itself is None:
                job.warnings.append(_unchecked(job, "the list of servers does not show it yet."))
            self._judge_race(job, sorted(set(by_spelling.get(spelling_of(name), ())) - {job.server_id or 0}))
            if itself is not None and not lacking(itself) and job.error is None:
                self._check_name(job, name, itself)

    def _list_with(self, ids: set[ServerId]) -> list[Server]:
        """A list that shows these servers; the last one, where none does in time."""
        budget, backoff = self._servers.budget, Backoff(*_SECOND_LOOK_PAUSES)
        ends = time.monotonic() + _SECOND_LOOK_TIME
        listed = self._servers.list()
        while not ids <= _ids(listed) and time.monotonic() < ends and not budget.is_over():
            budget.sleep_within(backoff.next())
            listed = self._servers.list()
        return listed

    @staticmethod
    def _judge_race(job: Job, rivals: Sequence[ServerId]) -> None:
        if not rivals or job.server_id is None:
            return
        ids = ", ".join(map(str, rivals))
        if job.server_id < min(rivals):
            job.warnings.append(
                f"Something else ({_OTHERS}) has created a server named {job.name} at the same time: its id is {ids}, "
                f"this one's is {job.server_id}. The lowest id stays; delete the other by its id."
            )
            return
        words = f"Something else ({_OTHERS}) has created a server with this name at the same time"
        advice = "stays; nothing was deleted: delete this one by its id if it is not wanted."
        job.fail(
            VpsError(
                f"{words}: its id is {ids}. The lowest id ({min(rivals)}) {advice}",
                general_reason=f"{words}; the ids are in errors. The one with the lowest id {advice}",
            )
        )


def _ids(servers: Sequence[Server]) -> frozenset[ServerId]:
    return frozenset(server["id"] for server in servers)


def _unchecked(job: Job, why: str) -> str:
    return (
        f"Whether something else has created a server named {job.name} at the same time as this one (id "
        f"{job.server_id}) could not be checked: {why}"
    )


def _differences(fields: Mapping[str, Any], server: Server) -> list[str]:
    """What the response to a create shows otherwise than it was asked for, but for the name."""
    shown = {field: field.value_in(server) for field in FIELDS if field.option in fields and field.option != "name"}
    differing = [
        f"{field.option} is {have}, but {fields[field.option]} was requested"
        for field, have in shown.items()
        if have is not MISSING and not field.equal(have, fields[field.option])
    ]
    if not differing:
        return []
    return [f"Server {fields['name']} (id {server['id']}) differs from what was requested: {', '.join(differing)}."]
