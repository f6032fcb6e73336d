# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The return values of a task on many servers, key by key. Data; the sentences are in `text.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._apply.jobs import Job
from .._client.errors import VpsError
from .._server.model import PAST_TENSE, ServerPlan

COUNTED = (
    "created",
    "adopted",
    "updated",
    "started",
    "stopped",
    "rebooted",
    "recreated",
    "deleted",
    "unchanged",
    "failed",
)
# A declaration can't ask for a reboot.
COUNTED_OF_DECLARATIONS = tuple(word for word in COUNTED if word != "rebooted")
_BRIEF_ENTRY = ("action", "name", "id")
_BRIEF_SERVER = ("id", "name", "status", "ip_address")


def plan_entries(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value `plan`: every action foreseen, in the order declared."""
    return [
        {
            "action": step.kind,
            "name": plan.desired.name,
            "id": server_id,
            "fields": {option: value for option, value in step.fields.items() if option != "name"},
            "reason": step.reason,
        }
        for plan in plans
        for step, server_id in plan.foreseen_actions()
    ]


def brief_plan_entries(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a plan that was carried out, for a result that has to be short."""
    return [{key: entry[key] for key in _BRIEF_ENTRY} for entry in entries]


def brief(server: Mapping[str, Any]) -> dict[str, Any]:
    """A view of a server for a result that has to be short: which it is, and how to reach it."""
    return {
        **{key: server.get(key) for key in _BRIEF_SERVER},
        **({"password": server["password"]} if "password" in server else {}),
    }


def diffs(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value `diff`: what changes, server by server."""
    return [plan.diff for plan in plans if plan.changes]


def drifts(plans: Sequence[ServerPlan]) -> list[dict[str, Any]]:
    """The return value `drift`."""
    return [{"name": plan.desired.name, "id": plan.existing_id, **entry} for plan in plans for entry in plan.drift]


def errors(failures: Iterable[VpsError]) -> list[dict[str, Any]]:
    """The return value `errors`."""
    return [{"name": error.about.name, "id": error.about.server_id, "msg": str(error)} for error in failures]


def summary(servers: Iterable[tuple[Sequence[str], bool]]) -> dict[str, int]:
    """The counts of the return value `summary`. For every server: its actions in order, and whether it failed."""
    counts = dict.fromkeys(COUNTED, 0)
    for actions, failed in servers:
        remaining = list(actions)
        if "delete" in remaining and ("create" in remaining or "adopt" in remaining):
            counts["recreated"] += 1
            remaining = [action for action in remaining if action not in ("delete", "create", "adopt")]
        for action in remaining:
            counts[PAST_TENSE[action]] += 1
        counts["failed"] += failed
        counts["unchanged"] += not failed and not actions
    return counts


def summary_of_plans(plans: Sequence[ServerPlan]) -> dict[str, int]:
    """What would be done. What the API will refuse is no action."""
    return summary(
        (
            [step.kind for step, _server_id in plan.foreseen_actions()] if plan.predicted_failure is None else [],
            plan.foreseen_failure is not None,
        )
        for plan in plans
    )


def summary_of_jobs(jobs: Sequence[Job]) -> dict[str, int]:
    """What was done."""
    return summary(([action["action"] for action in job.actions], job.error is not None) for job in jobs)
