# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A fleet's plan: what the account holds beside what is declared, what is not allowed, and how it reads."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from .._client.api import ApiError
from .._client.errors import VpsError
from .._apply.jobs import Survey
from .._server.plan import FIELDS, MISSING, ServerPlan, Wish, ambiguity, plan_absent, plan_present, value_of
from .._server.servers import Servers

_NOTHING_DONE = "Nothing was done."
_MOST_REFUSALS_SHOWN = 5
_COUNTED = ("created", "adopted", "updated", "started", "stopped", "recreated", "deleted", "unchanged", "failed")
_PAST = {"create": "created", "adopt": "adopted", "update": "updated", "start": "started", "stop": "stopped", "delete": "deleted"}
_MARKS = {"create": "+", "update": "~", "start": ">", "stop": ".", "delete": "-"}


class Fleet:
    """The declared fleet beside the account."""

    def __init__(self, servers: Servers, wishes: Sequence[Wish], params: Mapping[str, Any]) -> None:
        self._servers = servers
        self._wishes = wishes
        self._absent = params["state"] == "absent"
        self._purge_match = params["purge_match"] if params["purge"] else None
        self._max_delete = params["max_delete"]
        self._concurrency = params["concurrency"]
        self._wait = params["wait"]

    def survey(self) -> Survey:
        """One whole list, the details that it takes to compare, and a plan for every declared server, in order; then those to be purged."""
        for look in itertools.count(1):
            survey, renamed = self._survey()
            if renamed is None:
                return survey
            self._servers.pause_for_the_list(look, *renamed)
        raise AssertionError  # never reached: the looks end by an error

    def _survey(self) -> tuple[Survey, tuple[Mapping[str, Any], Mapping[str, Any]] | None]:
        """A survey; or a server whose detail has another name than the list, in both views."""
        listed = self._servers.list()
        by_name: dict[str, list[dict[str, Any]]] = {}
        for server in sorted(listed, key=lambda server: server["id"]):
            by_name.setdefault(server["name"], []).append(server)
        plans = [self._plan(wish, by_name.get(wish.name or "", [])) for wish in self._wishes]
        if self._purge_match:
            plans += self._purged(listed)
        detailed = self._with_details(plans)
        for before, after in zip(plans, detailed):
            if before.found is not None and after.found is not None and before.found["name"] != after.found["name"]:
                return Survey([]), (before.found, after.found)
        return Survey(detailed, frozenset(server["id"] for server in listed)), None

    def _plan(self, wish: Wish, matches: list[dict[str, Any]]) -> ServerPlan:
        problem = ambiguity(
            wish.name or "", matches, "A fleet knows its servers by their names: rename or delete by id those that are not wanted, with vps_server."
        )
        if problem:
            return ServerPlan(wish, None, refusal=problem)
        found = matches[0] if matches else None
        return plan_absent(wish, found) if self._absent else plan_present(wish, found)

    def _with_details(self, plans: Sequence[ServerPlan]) -> list[ServerPlan]:
        """Plans made again with the detail, where the list's view lacks something that they depend on, and where they act on a server.

        A list may lag behind a rename, and what is done to the server of another name can't be undone.
        """
        plans = list(plans)
        acting = set() if self.refusal(plans) else {number for number, plan in enumerate(plans) if any(step.is_action for step in plan.steps)}
        needing = {plan.found["id"]: number for number, plan in enumerate(plans) if plan.found is not None and (number in acting or _needs_detail(plan))}
        for server_id, detail in self._servers.api.get_servers(needing, self._concurrency).items():
            number = needing[server_id]
            if isinstance(detail, ApiError) and detail.status == 404:
                plans[number] = self._again(plans[number], self._servers.find(server_id))
            elif isinstance(detail, VpsError):
                detail.server = plans[number].found
                raise detail
            else:
                plans[number] = self._again(plans[number], detail)
        return plans

    def _again(self, plan: ServerPlan, found: Mapping[str, Any] | None) -> ServerPlan:
        if self._absent or plan.wish.server_id is not None:
            return plan_absent(plan.wish, found, plan.steps[0].reason)
        return plan_present(plan.wish, found)

    def _purged(self, listed: Sequence[dict[str, Any]]) -> list[ServerPlan]:
        declared = {wish.name for wish in self._wishes}
        matching = [server for server in listed if fnmatch.fnmatchcase(server["name"], self._purge_match or "") and server["name"] not in declared]
        reason = f"matches {self._purge_match} and is not declared"
        return [
            plan_absent(Wish(server["name"], server["id"], wait=self._wait), server, reason) for server in sorted(matching, key=lambda server: server["id"])
        ]

    def refusal(self, plans: Sequence[ServerPlan]) -> str | None:
        """Why the whole task must not begin, or None."""
        refused = [plan.refusal.replace(f" {_NOTHING_DONE}", "") for plan in plans if plan.refusal]
        if len(refused) > _MOST_REFUSALS_SHOWN:
            refused[_MOST_REFUSALS_SHOWN:] = [f"And {len(refused) - _MOST_REFUSALS_SHOWN} more, see errors."]
        deleting = [plan for plan in plans if plan.recreates or (plan.wish.server_id is not None and plan.changes)]
        if not self._absent and len(deleting) > self._max_delete:
            names = ", ".join(f"{plan.found['name']} (id {plan.found['id']})" for plan in deleting[:20] if plan.found)
            more = f" and {len(deleting) - 20} more" if len(deleting) > 20 else ""
            verb = "deletion is" if len(deleting) == 1 else "deletions are"
            advice = f"Set max_delete to {len(deleting)} if that is what you want."
            refused.append(f"{len(deleting)} {verb} needed, and max_delete allows {self._max_delete}: {names}{more}. {advice}")
        return f"{_NOTHING_DONE} {' '.join(refused)}" if refused else None


def _needs_detail(plan: ServerPlan) -> bool:
    found = plan.found or {}
    if plan.recreates:
        return value_of(found, "backups_enabled") is MISSING
    return any(value_of(found, option) is MISSING for option in FIELDS if option in plan.wish.fields and option != "ssh_key_id")


def plan_entries(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value C(plan): every action foreseen, in the order declared."""
    entries = []
    for plan in plans:
        name, server_id = plan.wish.name, (plan.found or {}).get("id")
        for step in plan.steps:
            if step.is_action and step.foreseen:
                server_id = None if step.kind == "create" else server_id
                fields = {option: value for option, value in step.fields.items() if option != "name"}
                entries.append({"action": step.kind, "name": name, "id": server_id, "fields": fields, "reason": step.reason})
    return entries


def diffs(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value C(diff): what changes, server by server."""
    return [plan.diff for plan in plans if plan.changes]


def drifts(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value C(drift)."""
    return [{"name": plan.wish.name, "id": (plan.found or {}).get("id"), **entry} for plan in plans for entry in plan.drift]


def summary(servers: Sequence[tuple[Sequence[str], bool]]) -> dict[str, int]:
    """Counts. For every server: its actions in order, and whether it failed."""
    counts = dict.fromkeys(_COUNTED, 0)
    for actions, failed in servers:
        remaining = list(actions)
        if "delete" in remaining and ("create" in remaining or "adopt" in remaining):
            counts["recreated"] += 1
            remaining = [action for action in remaining if action not in ("delete", "create", "adopt")]
        for action in remaining:
            counts[_PAST[action]] += 1
        counts["failed"] += failed
        counts["unchanged"] += not failed and not actions
    return counts


def plan_sentence(plans: Sequence[ServerPlan]) -> str:
    """The counts of a plan: C(Plan: 3 to create, 1 to update, 2 to delete, 94 unchanged)."""
    counts = summary([([step.kind for step in plan.steps if step.is_action and step.foreseen], bool(plan.ends_badly)) for plan in plans])
    words = (("created", "create"), ("recreated", "recreate"), ("updated", "update"), ("started", "start"), ("stopped", "stop"), ("deleted", "delete"))
    parts = [f"{counts[past]} to {word}" for past, word in words if counts[past]]
    parts.append(f"{counts['unchanged']} unchanged")
    parts += [f"{counts['failed']} broken"] if counts["failed"] else []
    return f"Plan: {', '.join(parts)}"


def plan_lines(plans: Sequence[ServerPlan]) -> list[str]:
    """A plan as a person reads it: one line for every action."""
    entries = plan_entries(plans)
    width = max((len(str(entry["name"])) for entry in entries), default=0)
    lines = []
    for entry in entries:
        title = f"{entry['name']:<{width}}"
        known = f"id {entry['id']}, " if entry["id"] else ""
        fields = ", ".join(f"{option}: {value}" for option, value in entry["fields"].items())
        lines.append(f"  {_MARKS[entry['action']]} {entry['action']:<6} {title}  {known}{entry['reason']}{f' ({fields})' if fields else ''}")
    return lines


def result_sentence(counts: Mapping[str, int]) -> str:
    """The counts of a run."""
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    return ", ".join(parts) if parts else "0 unchanged"
