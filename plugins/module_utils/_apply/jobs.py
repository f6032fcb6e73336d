# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A job: one server's plan under way, and what has come of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .._client.errors import VpsError
from .._server.plan import ServerPlan, Step
from .._server.wait import Wait


@dataclass
class Job:
    """One server's plan under way, and what has come of it."""

    plan: ServerPlan
    steps: deque[Step]
    server_id: int | None
    server: dict[str, Any] | None
    actions: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    may_have_changed: bool = False
    outcome_is_open: bool = False  # whether a create is under way
    wait: Wait | None = None
    gone: bool = False
    is_detail: bool = False  # whether C(server) is a detail that was read after the last write

    @property
    def name(self) -> str | None:
        """The server's name as far as it is known."""
        return (self.server or {}).get("name") or self.plan.wish.name

    @property
    def changed(self) -> bool:
        """Whether the account was, or may have been, changed for this server."""
        return bool(self.actions) or self.may_have_changed

    @property
    def is_open(self) -> bool:
        """Whether there is anything left to do."""
        return self.error is None and bool(self.steps)

    def next_is(self, *kinds: str) -> bool:
        """Whether the next step is one of these."""
        return self.is_open and self.steps[0].kind in kinds


@dataclass
class Survey:
    """What was declared, laid beside what a look at the account has found. C(seen): the ids in the list; None where no list was read."""

    plans: list[ServerPlan]
    seen: frozenset[int] | None = None


class Observer:
    """Is told what happens. The default says nothing."""

    def happened(self, job: Job, what: str) -> None:
        """A server changed its state, as far as this run knows."""

    def waiting(self) -> None:
        """A look is over, and some servers are still waited for."""

    def created(self, name: str, server_id: int) -> None:
        """An id became known. What is written down here survives a killed run."""


def new_job(plan: ServerPlan) -> Job:
    found = dict(plan.found) if plan.found is not None else None
    return Job(plan, deque(plan.steps), found["id"] if found else None, found, warnings=list(plan.warnings))


def fail(job: Job, error: VpsError) -> None:
    """The id is reported from the moment it is known, with name and last status, in the text too: a lost id is a running bill."""
    if job.server_id is None and error.server_id is not None:
        job.server_id = error.server_id
    status = job.wait.last_status if job.wait and job.wait.last_status else (job.server or {}).get("status")
    known = ", ".join(part for part in (f"id {job.server_id}" if job.server_id else "", f"last status {status}" if status and not job.gone else "") if part)
    label = job.name or f"id {job.server_id}"
    text, own_title, title = str(error), f"Server {label} (id {job.server_id})", f"Server {label}{f' ({known})' if known else ''}"
    if not text.startswith(own_title):
        job.error = f"{title}: {text}"
    else:  # the error says itself whom it concerns
        job.error = text if status and str(status) in text else title + text.removeprefix(own_title)
    if job.gone and job.plan.recreates and job.plan.found:
        job.error += f" The server that it was to replace (id {job.plan.found['id']}) was deleted."
    job.may_have_changed = job.may_have_changed or error.changed
