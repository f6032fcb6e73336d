# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The outcome of a task on many servers as the result of its module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._apply.jobs import Job
from .._apply.planning import End, Outcome, TaskPlan
from .._client.errors import VpsError
from .._module.results import last_words
from .._module.runner import Result
from .._server.model import ServerPlan
from .text import failures_in_sentences, plan_sentence, result_sentence
from .values import diffs, drifts, errors, plan_entries, summary, summary_of_jobs, summary_of_plans

_NOTHING: Mapping[str, Any] = {"servers": [], "plan": [], "summary": summary([]), "errors": [], "drift": [], "diff": []}


def result_of(outcome: Outcome, declared: int) -> Result:
    """The result of a task on many servers.

    `declared`: how many of the plan's servers the task declares; what follows them is purged.
    """
    if outcome.end is End.REFUSED:
        return _result_of_refusal(outcome.plan)
    if outcome.end is End.PREDICTED:
        return _result_of_prediction(outcome.plan.servers, declared)
    return _result_of_jobs(outcome.jobs, declared, last_words(outcome.jobs) if outcome.end is End.INTERRUPTED else None)


def _planned(plans: Sequence[ServerPlan]) -> dict[str, Any]:
    return {"plan": plan_entries(plans), "drift": drifts(plans), "diff": diffs(plans)}


def _warnings(plans: Sequence[ServerPlan]) -> list[str]:
    return [warning for plan in plans for warning in plan.warnings]


def _result_of_refusal(plan: TaskPlan) -> Result:
    refusals = [server.refusal for server in plan.servers if server.refusal]
    whole = [*refusals, *([plan.refusal] if plan.refusal else [])]
    values = {
        "changed": False,
        # Those to be purged have an id in what is desired.
        "servers": [
            dict(server.existing)
            for server in plan.servers
            if server.existing is not None and server.desired.server_id is None
        ],
        "summary": {**summary([]), "failed": len(refusals)},
        "errors": errors(refusals),
        **_planned(plan.servers),
    }
    return Result(values, f"Nothing was done. {failures_in_sentences(whole)}", _warnings(plan.servers))


def _result_of_prediction(plans: Sequence[ServerPlan], declared: int) -> Result:
    bad_ends = [plan.ends_badly for plan in plans if plan.ends_badly]
    values = {
        "changed": any(plan.changes for plan in plans),
        "servers": [dict(plan.predicted) for plan in plans[:declared] if plan.predicted is not None],
        "summary": summary_of_plans(plans),
        "errors": errors(bad_ends),
        "msg": plan_sentence(plans),
        **_planned(plans),
    }
    failure = f"{plan_sentence(plans)}. {failures_in_sentences(bad_ends)}" if bad_ends else None
    return Result(values, failure, _warnings(plans))


def _result_of_jobs(jobs: Sequence[Job], declared: int, interruption: str | None) -> Result:
    failures = [job.error for job in jobs if job.error]
    counts = summary_of_jobs(jobs)
    values = {
        "changed": any(job.changed for job in jobs),
        "servers": [
            job.server for job in jobs[:declared] if job.server is not None and not (job.gone and not job.error)
        ],
        "summary": counts,
        "errors": errors(failures),
        "msg": result_sentence(counts),
        **_planned([job.plan for job in jobs]),
    }
    failure = f"{result_sentence(counts)}. {failures_in_sentences(failures)}" if failures else None
    return Result(values, interruption or failure, [warning for job in jobs for warning in job.warnings])


def values_of_error(error: VpsError) -> dict[str, Any]:
    """The keys of the result where a task failed before it had a plan: the account, or one of its servers, could not be
    read whole, and nothing was written.
    """
    if error.about.server_id is None:
        return dict(_NOTHING)
    return {**_NOTHING, "summary": {**summary([]), "failed": 1}, "errors": errors([error])}
