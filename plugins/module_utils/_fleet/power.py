# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A power state for many servers: which are meant, by their names or by patterns, and the plan for them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._apply.planning import TaskPlan
from .._client.errors import About, BadInput, VpsError
from .._module.options import words_of
from .._server.fields import check_fields
from .._server.model import DesiredServer, Server, ServerPlan, lacking
from .._server.plan_power import plan_power
from .._server.servers import LaggingList, Servers, ambiguity, check_whole, spelled_like
from .patterns import too_wide

_ADVICE_FOR_NAMESAKES = (
    "Give the id of the one you mean in a task of its own, or use match, which takes every server that fits."
)


@dataclass(frozen=True)
class PowerOfMany:
    """A power state, and whose it is to be: of the servers with these names, or of those whose names fit one of these
    patterns. One of the two is empty.
    """

    state: str
    names: tuple[str, ...]
    patterns: tuple[str, ...]
    concurrency: int
    wait: bool


def read_power_of_many(params: Mapping[str, Any]) -> PowerOfMany:
    """What `names` or `match`, `state`, `concurrency` and `wait` declare. Raises BadInput."""
    names, patterns = (words_of(option, params[option] or ()) for option in ("names", "match"))
    for name in names:
        check_fields({"name": name}, "names: ")
    if params["state"] != "started":
        for pattern in patterns:
            if problem := too_wide(pattern):
                raise BadInput(
                    f"match {pattern!r} {problem}. That is allowed only with state: started. Give a pattern such as "
                    "web-*, or the servers' names."
                )
    return PowerOfMany(
        params["state"],
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(patterns)),
        params["concurrency"],
        params["wait"],
    )


class PowerPlanner:
    """Plans for the power state of many servers."""

    may_create = False

    def __init__(self, servers: Servers, declared: PowerOfMany) -> None:
        self._servers = servers
        self._declared = declared

    def plan(self) -> TaskPlan:
        """One whole list, and a plan for each server that is meant: in the order of the names, or of their ids.

        Of those that are to be acted on, the detail is read too: a list may lag behind a rename.
        """
        lagging = LaggingList(self._servers.budget)
        while True:
            listed = self._servers.list()
            plans = list(self._plans_by(listed))
            warnings = self._warnings(listed)
            if any(plan.refusal for plan in plans):
                return TaskPlan(tuple(plans), warnings=warnings)
            acted_on = [plan.existing for plan in plans if plan.existing is not None and plan.writes]
            details = self._details(acted_on)
            renamed = _renamed_since(acted_on, details)
            if renamed is None:
                planned = (self._planned_again(plan, details) for plan in plans)
                return TaskPlan(tuple(plan for plan in planned if plan is not None), warnings=warnings)
            lagging.pause(*renamed)

    def _details(self, acted_on: Sequence[Server]) -> Mapping[int, Server | None]:
        if not acted_on:
            return {}
        from .._server.details import existing_details

        return existing_details(self._servers, acted_on, self._declared.concurrency)

    def _plans_by(self, listed: Sequence[Server]) -> Iterator[ServerPlan]:
        """The plans as far as a list tells. A server without a name or a status is not among them."""
        by_name: dict[str, list[Server]] = {}
        whole = sorted((server for server in listed if not lacking(server)), key=lambda server: server["id"])
        for server in whole:
            by_name.setdefault(server["name"], []).append(server)
            if self._fits(server):
                yield self._plan(server)
        for name in self._declared.names:
            namesakes = by_name.get(name, [])
            problem = ambiguity(name, namesakes, _ADVICE_FOR_NAMESAKES) if namesakes else _not_there(name, listed)
            yield self._refused(name, problem) if problem else self._plan(namesakes[0])

    def _fits(self, server: Server) -> bool:
        return any(fnmatch.fnmatchcase(server["name"], pattern) for pattern in self._declared.patterns)

    def _plan(self, existing: Server) -> ServerPlan:
        desired = DesiredServer(existing["name"], wait=self._declared.wait)
        return plan_power(desired, self._declared.state, existing)

    @staticmethod
    def _refused(name: str, why: VpsError) -> ServerPlan:
        return ServerPlan(DesiredServer(name), None, refusal=why)

    def _planned_again(self, plan: ServerPlan, details: Mapping[int, Server | None]) -> ServerPlan | None:
        """The plan by the server's detail, where that was read.

        None where the server has vanished since the list was read, and only a pattern had meant it.
        """
        if plan.existing is None or plan.existing["id"] not in details:
            return plan
        detail = details[plan.existing["id"]]
        if detail is not None:
            return self._plan(detail)
        name = plan.existing["name"]
        return self._refused(name, _not_there(name, ())) if self._declared.names else None

    def _warnings(self, listed: Sequence[Server]) -> tuple[str, ...]:
        names = [server["name"] for server in listed if not lacking(server)]
        fitting_none = [pattern for pattern in self._declared.patterns if not fnmatch.filter(names, pattern)]
        if not fitting_none:
            return ()
        return (f"No server of the account has a name that matches {', '.join(fitting_none)}.",)


def _not_there(name: str, listed: Sequence[Server]) -> VpsError:
    """The refusal where no server that can be acted on has a name."""
    alike = spelled_like(listed, name)
    for server in alike:
        if server["name"] == name:
            try:
                check_whole(server)
            except VpsError as problem:
                return problem
    if not alike:
        return VpsError("There is no server with this name.", about=About(name))
    there = ", ".join(About(server["name"], server["id"]).title for server in alike)
    words = f"There is no server with this name, but one whose name differs only in its spelling: {there}."
    return VpsError(f"{words} Write the name as it is there.", about=About(name))


def _renamed_since(listed: Sequence[Server], details: Mapping[int, Server | None]) -> tuple[Server, Server] | None:
    """A server whose detail has another name than the list, in both views.

    Raises VpsError for one that can't be acted on.
    """
    for server in listed:
        detail = details[server["id"]]
        if detail is not None and check_whole(detail)["name"] != server["name"]:
            return server, detail
    return None
