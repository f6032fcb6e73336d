# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A job: one server's plan under way, and what has come of it. An observer: who is told what happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from .._client.errors import About, ServerId, VpsError
from .._server.model import Server, ServerPlan, Step

if TYPE_CHECKING:
    from .._client.passwords import ShownPasswords
    from .._server.wait import Wait


@dataclass(eq=False)  # each is itself; and this file is quicker to import
class Job:
    """One server's plan under way, and what has come of it."""

    plan: ServerPlan
    steps: deque[Step]
    server_id: ServerId | None
    server: Server | None
    actions: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: VpsError | None = None
    may_have_changed: bool = False
    outcome_is_open: bool = False  # whether a create is under way
    wait: Wait | None = None
    passwords: ShownPasswords | None = None  # by the response to this run's create
    gone: bool = False
    is_detail: bool = False  # whether `server` is a detail that was read after the last write

    @classmethod
    def of(cls, plan: ServerPlan) -> Job:
        """A job that has not begun."""
        existing = cast(Server, dict(plan.existing)) if plan.existing is not None else None
        return cls(plan, deque(plan.steps), plan.existing_id, existing, warnings=list(plan.warnings))

    @property
    def name(self) -> str | None:
        """The server's name as far as it is known."""
        return (self.server.get("name") if self.server else None) or self.plan.desired.name

    @property
    def status(self) -> str | None:
        """The last status that was seen; of a server that was deleted, only one that was seen since."""
        seen_in_wait = self.wait.last_status if self.wait else ""
        return seen_in_wait or (self.server.get("status") if self.server and not self.gone else None)

    @property
    def about(self) -> About:
        """The server, for errors."""
        return About(self.name, self.server_id, self.status, self.server)

    @property
    def password(self) -> str | None:
        """The password of the server, where this run has created it and the API has shown one."""
        return self.passwords.value if self.passwords else None

    @property
    def changed(self) -> bool:
        """Whether the account was, or may have been, changed for this server."""
        return bool(self.actions) or self.may_have_changed or self.outcome_is_open

    @property
    def is_open(self) -> bool:
        """Whether there is anything left to do."""
        return self.error is None and bool(self.steps)

    def next_is(self, *kinds: str) -> bool:
        """Whether the next step is one of these."""
        return self.is_open and self.steps[0].kind in kinds

    def done(self, action: str, fields: Mapping[str, Any] | None = None) -> None:
        """Note an action. `fields`: what was sent, where that is worth telling."""
        self.actions.append(
            {"action": action, "id": self.server_id, "name": self.name, **({"fields": dict(fields)} if fields else {})}
        )

    def fail(self, error: VpsError) -> None:
        """End the job. The id is reported from the moment it is known, with name and last status: a lost id is a
        running bill.
        """
        if self.server_id is None:
            self.server_id = error.about.server_id
        if error.about.view is not None and error.about.server_id == self.server_id:
            self.server = cast(Server, error.about.view)  # what the failed operation has seen last
        self.error = error.concerning(self.about)
        if self.gone and self.plan.recreates:
            self.error.replaced = self.plan.existing_id
        self.may_have_changed = self.may_have_changed or error.changed

    def fail_if_it_ends_badly(self) -> None:
        """At the end: fail where the server is not as declared, although nothing went wrong."""
        if self.plan.ends_badly and self.error is None:
            self.fail(self.plan.ends_badly)


class Observer:
    """Is told what happens. The default says nothing."""

    def began(self, jobs: Sequence[Job]) -> None:
        """The plan is being carried out."""

    def created(self, name: str, server_id: ServerId) -> None:
        """An id became known. What is written down here survives a killed run."""

    def happened(self, job: Job, what: str) -> None:
        """A server changed its state, as far as this run knows."""

    def waiting(self) -> None:
        """A look is over, and some servers are still waited for."""

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        """The task ends before its time, and perhaps nobody reads its result. `why`: see why_interrupted."""
