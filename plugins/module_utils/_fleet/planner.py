# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Plans for a fleet: what the account holds beside what is declared, and what is not allowed."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

from .._apply.planning import TaskPlan, proven_creates
from .._client.errors import VpsError
from .._server.fields import spelling_of
from .._server.model import DesiredServer, Server, ServerPlan, lacking
from .._server.plan import beside_look_alikes, is_needed_in_full, plan_present
from .._server.servers import LaggingList, Servers, ambiguity, check_whole, named
from .declaration import FleetDeclaration

_MOST_DELETIONS_NAMED = 20
_ADVICE_FOR_NAMESAKES = (
    "A fleet identifies its servers by name: with vps_server, rename the unwanted ones or delete them by id."
)
_BySpelling = Mapping[str, Sequence[Server]]  # the servers whose names differ in spelling only, by what they share


class FleetPlanner:
    """Plans for the declared fleet."""

    def __init__(self, servers: Servers, declaration: FleetDeclaration, *, priced: bool = False) -> None:
        """`priced`: whether to look up what the plan would cost."""
        self._servers = servers
        self._declaration = declaration
        self._priced = priced
        self.may_create = not declaration.absent

    def plan(self) -> TaskPlan:
        """One whole list, the details that it takes to compare, and a plan for every declared server, in order; then
        those to be purged.
        """
        lagging = LaggingList(self._servers.budget)
        while True:
            listed = self._servers.list()
            by_spelling = _by_spelling(listed)
            plans = self._with_details(self._plans_by(listed, by_spelling), by_spelling)
            renamed = _renamed_since({server["id"]: server for server in listed}, plans)
            if renamed is None:
                objection = self._objection(plans)
                if objection is None and not any(plan.refusal for plan in plans):
                    plans = list(proven_creates(self._servers, plans, listed))
                    if self._servers.has_outdated_looks():
                        continue
                seen = frozenset(server["id"] for server in listed)
                plan = TaskPlan(tuple(plans), objection, seen)
                return plan._replace(cost=self._cost(plan)) if self._priced and not plan.is_refused else plan
            lagging.pause(*renamed)

    def _cost(self, plan: TaskPlan) -> Mapping[str, Any] | None:
        """What a plan would cost; None where the API has no list of plans. Sends a GET request only where something is
        created or deleted.
        """
        from .cost import cost_of

        if not any(server.creates or server.deletes for server in plan.servers):
            return cost_of(plan.servers, [])
        plans = self._servers.catalogue.plans_to_price()
        return cost_of(plan.servers, plans) if plans is not None else None

    def _plans_by(self, listed: Sequence[Server], by_spelling: _BySpelling) -> list[ServerPlan]:
        """The plans as far as a list tells."""
        plans = [self._plan(desired, _alike(desired, by_spelling)) for desired in self._declaration.desired]
        if self._declaration.purge_match is not None:
            plans += self._purged(listed, self._declaration.purge_match)
        return plans

    def _plan(self, desired: DesiredServer, alike: Sequence[Server]) -> ServerPlan:
        """`alike`: the servers of the name in any spelling."""
        namesakes = named(alike, desired.name or "")
        problem = ambiguity(desired.name or "", namesakes, _ADVICE_FOR_NAMESAKES)
        if problem:
            return ServerPlan(desired, None, refusal=problem)
        return self._plan_declared(desired, namesakes[0] if namesakes else None, alike)

    def _plan_declared(self, desired: DesiredServer, existing: Server | None, alike: Sequence[Server]) -> ServerPlan:
        plan = _plan_absent(desired, existing) if self._declaration.absent else plan_present(desired, existing)
        return self._unless_protected(beside_look_alikes(plan, alike))

    def _purged(self, listed: Sequence[Server], pattern: str) -> list[ServerPlan]:
        declared = {desired.name for desired in self._declaration.desired}
        matching = [
            server
            for server in listed
            if not lacking(server) and fnmatch.fnmatchcase(server["name"], pattern) and server["name"] not in declared
        ]
        reason = f"matches {pattern} and is not declared"
        return [
            self._unless_protected(
                _plan_absent(DesiredServer(server["name"], server["id"], wait=self._declaration.wait), server, reason)
            )
            for server in sorted(matching, key=lambda server: server["id"])
        ]

    def _with_details(self, plans: Sequence[ServerPlan], by_spelling: _BySpelling) -> list[ServerPlan]:
        """Plans made again with the detail, where the list's view lacks something that they depend on, and where they
        act on a server.

        A list may lag behind a rename, and what is done to the server of another name can't be undone.
        """
        plans = list(plans)
        is_refused = self._objection(plans) is not None or any(plan.refusal for plan in plans)
        needing = {
            plan.existing["id"]: (number, plan.existing)
            for number, plan in enumerate(plans)
            if plan.existing is not None and ((plan.writes and not is_refused) or is_needed_in_full(plan))
        }
        if not needing:
            return plans
        from .._server.details import existing_details

        listed = (existing for _number, existing in needing.values())
        details = existing_details(self._servers, listed, self._declaration.concurrency)
        for server_id, detail in details.items():
            if detail is not None:
                check_whole(detail)
            number, _existing = needing[server_id]
            plans[number] = self._planned_again(plans[number], detail, by_spelling)
        return plans

    def _planned_again(self, plan: ServerPlan, existing: Server | None, by_spelling: _BySpelling) -> ServerPlan:
        if plan.desired.server_id is not None:  # to be purged
            return self._unless_protected(_plan_absent(plan.desired, existing, plan.steps[0].reason))
        # The list may still show the server itself, of which the detail says that it is gone.
        others = [server for server in _alike(plan.desired, by_spelling) if server["id"] != plan.existing_id]
        return self._plan_declared(plan.desired, existing, others)

    def _unless_protected(self, plan: ServerPlan) -> ServerPlan:
        """A plan that deletes no protected server.

        Letter case does not count: what a difference of spelling leaves unprotected can't be brought back.
        """
        if plan.existing is None or not plan.deletes:
            return plan
        names = {name.lower() for name in (plan.existing.get("name"), plan.desired.name) if name}
        pattern = next((given for given in self._declaration.protect if fnmatch.filter(names, given.lower())), None)
        if pattern is None:
            return plan
        words = f"It would have to be deleted, and protect does not allow that: its name matches {pattern}."
        return plan._replace(steps=(), refusal=VpsError(words, about=plan.about))

    def _objection(self, plans: Sequence[ServerPlan]) -> VpsError | None:
        """Why the task as a whole must not begin, beside the refusals of single servers."""
        declaration = self._declaration
        deleting = [plan for plan in plans if plan.recreates or (plan.desired.server_id is not None and plan.changes)]
        if declaration.absent or len(deleting) <= declaration.max_delete:
            return None
        titles = [f"{plan.existing['name']} (id {plan.existing['id']})" for plan in deleting if plan.existing]
        more = f" and {len(titles) - _MOST_DELETIONS_NAMED} more" if len(titles) > _MOST_DELETIONS_NAMED else ""
        return VpsError(
            f"{len(deleting)} {'deletion is' if len(deleting) == 1 else 'deletions are'} needed, and max_delete allows "
            f"{declaration.max_delete}: {', '.join(titles[:_MOST_DELETIONS_NAMED])}{more}. Set max_delete to "
            f"{len(deleting)} if that is what you want."
        )


def _plan_absent(desired: DesiredServer, existing: Server | None, reason: str = "declared absent") -> ServerPlan:
    from .._server.plan_life import plan_absent

    return plan_absent(desired, existing, reason)


def _by_spelling(listed: Sequence[Server]) -> _BySpelling:
    found: dict[str, list[Server]] = {}
    for server in sorted(listed, key=lambda server: server["id"]):
        if "name" in server:
            found.setdefault(spelling_of(server["name"]), []).append(server)
    return found


def _alike(desired: DesiredServer, by_spelling: _BySpelling) -> Sequence[Server]:
    """The servers of the declared name in any spelling."""
    return by_spelling.get(spelling_of(desired.name or ""), ())


def _renamed_since(listed: Mapping[int, Server], plans: Sequence[ServerPlan]) -> tuple[Server, Server] | None:
    """A server whose detail has another name than the list, in both views."""
    for plan in plans:
        if plan.existing is not None and listed[plan.existing["id"]]["name"] != plan.existing["name"]:
            return listed[plan.existing["id"]], plan.existing
    return None
