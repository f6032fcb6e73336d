# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a fleet's plan, its progress and its failures read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._apply.jobs import Job
from .._client.errors import VpsError
from .._server.model import ServerPlan
from .._server.status import STOPPED
from .values import plan_entries, summary_of_plans

_MOST_REASONS = 5
_MOST_SERVERS_OF_A_REASON = 10
_MARKS = {"create": "+", "update": "~", "start": ">", "stop": ".", "reboot": "*", "delete": "-"}
_PLANNED = (
    ("created", "create"),
    ("recreated", "recreate"),
    ("updated", "update"),
    ("started", "start"),
    ("stopped", "stop"),
    ("rebooted", "reboot"),
    ("deleted", "delete"),
)


def plan_sentence(plans: Sequence[ServerPlan], cost: Mapping[str, Any] | None = None) -> str:
    """The counts of a plan: `Plan: 3 to create, 1 to update, 2 to delete, 94 unchanged`.

    `cost`: see cost_of; then what it would cost follows: `; 0.021 more per hour, 15 more per month`.
    """
    counts = summary_of_plans(plans)
    parts = [f"{counts[past]} to {word}" for past, word in _PLANNED if counts[past]]
    parts.append(f"{counts['unchanged']} unchanged")
    parts += [f"{counts['failed']} broken"] if counts["failed"] else []
    return f"Plan: {', '.join(parts)}{_cost_phrase(cost) if cost else ''}"


def _cost_phrase(cost: Mapping[str, Any]) -> str:
    """What a plan costs, by the prices of the list of plans; empty where it costs nothing more or less."""
    phrases = [
        f"{_amount(abs(cost[key]))} {'more' if cost[key] > 0 else 'less'} per {unit}"
        for key, unit in (("hourly", "hour"), ("monthly", "month"))
        if cost[key]
    ]
    unpriced = cost["unpriced"]
    if unpriced:
        more = (
            f" and {len(unpriced) - _MOST_SERVERS_OF_A_REASON} more"
            if len(unpriced) > _MOST_SERVERS_OF_A_REASON
            else ""
        )
        phrases.append(f"without a known price: {', '.join(unpriced[:_MOST_SERVERS_OF_A_REASON])}{more}")
    return f"; {', '.join(phrases)}" if phrases else ""


def _amount(price: float) -> str:
    """An amount of money, to the hundredth part of a cent, without zeros at its end."""
    return f"{price:.4f}".rstrip("0").rstrip(".")


def plan_lines(plans: Sequence[ServerPlan]) -> list[str]:
    """A plan as a person reads it: one line for every action."""
    entries = plan_entries(plans)
    width = max((len(str(entry["name"])) for entry in entries), default=0)
    lines = []
    for entry in entries:
        title = f"{entry['name']:<{width}}"
        known = f"id {entry['id']}, " if entry["id"] else ""
        fields = ", ".join(f"{option}: {value}" for option, value in entry["fields"].items())
        lines.append(
            f"  {_MARKS[entry['action']]} {entry['action']:<6} {title}  "
            f"{known}{entry['reason']}{f' ({fields})' if fields else ''}"
        )
    return lines


def result_sentence(counts: Mapping[str, int]) -> str:
    """The counts of a run."""
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    return ", ".join(parts) if parts else "0 unchanged"


def failures_in_sentences(failures: Iterable[VpsError]) -> str:
    """What failed, with the servers that failed for one reason in one sentence."""
    errors_in_general = [(error, error.explanation(general=True)) for error in failures]
    equal = Counter(reason for _error, reason in errors_in_general)
    by_reason: dict[str, list[VpsError]] = {}
    for error, reason in errors_in_general:
        # What the API says may hold the name or the id of the server. Where it is equal without, it is one reason.
        by_reason.setdefault(reason if equal[reason] > 1 else _without_names(reason, error), []).append(error)
    sentences = [_sentence(reason, together) for reason, together in list(by_reason.items())[:_MOST_REASONS]]
    if len(by_reason) > _MOST_REASONS:
        sentences.append(f"And {sum(map(len, list(by_reason.values())[_MOST_REASONS:]))} more, see errors.")
    return " ".join(sentences)


def _without_names(reason: str, error: VpsError) -> str:
    """A reason in which the server is called `{name}` and `{id}`."""
    for known, placeholder in ((error.about.name, "{name}"), (error.about.server_id, "{id}")):
        if known:
            reason = re.sub(rf"(?<![\w-]){re.escape(str(known))}(?![\w-])", placeholder, reason)
    return reason


def _sentence(reason: str, errors: Sequence[VpsError]) -> str:
    if len(errors) == 1:
        return str(errors[0])
    titles = [error.about.title for error in errors if error.about.title]
    more = f" and {len(titles) - _MOST_SERVERS_OF_A_REASON} more" if len(titles) > _MOST_SERVERS_OF_A_REASON else ""
    return f"Servers {', '.join(titles[:_MOST_SERVERS_OF_A_REASON])}{more}: {reason}"


def standing(jobs: Sequence[Job]) -> str:
    """How all jobs stand: `12 of 40 ready, 25 provisioning, 3 starting`, `1 of 3 stopped` where servers are to be
    stopped, and `1 of 2 gone` where they are deleted.
    """
    if not jobs:
        return "reading the account"
    parts = []
    for word in ("ready", "stopped", "gone"):
        those = [job for job in jobs if _arrival(job.plan) == word]
        if those:
            parts.append(f"{sum(1 for job in those if not job.steps and job.error is None)} of {len(those)} {word}")
    others = Counter(_stage(job) for job in jobs if job.is_open)
    failed = sum(1 for job in jobs if job.error is not None)
    return ", ".join(
        [
            *parts,
            *(f"{count} {stage}" for stage, count in others.most_common()),
            *([f"{failed} failed"] if failed else []),
        ]
    )


def _arrival(plan: ServerPlan) -> str:
    """What a server is when its plan has been carried out."""
    if _is_leaving(plan):
        return "gone"
    return "stopped" if plan.predicted is not None and plan.predicted.get("status") == STOPPED else "ready"


def _is_leaving(plan: ServerPlan) -> bool:
    """Whether there is to be no such server in the end."""
    return not plan.creates and (plan.deletes or plan.existing is None)


def _stage(job: Job) -> str:
    if job.gone:
        return "being deleted"
    step = job.steps[0]
    return job.status if job.status and step.kind == "wait" else f"to {step.kind}"
