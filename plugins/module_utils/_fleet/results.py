# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The outcome of a task on many servers as the result of its module.

A result is printed, registered, and becomes an event of AWX, which drops what is too long. So a failure returns what
failed and what was changed, and the option `returned` says how much of a success.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .._apply.jobs import Job
from .._apply.planning import End, Outcome, TaskPlan
from .._client.errors import VpsError
from .._module.runner import Result
from .._server.model import ServerPlan
from .text import failures_in_sentences, plan_sentence, result_sentence
from .values import (
    COUNTED_OF_DECLARATIONS,
    brief,
    brief_plan_entries,
    diffs,
    drifts,
    errors,
    plan_entries,
    summary,
    summary_of_jobs,
    summary_of_plans,
)

_LENGTH_OF_REST = 1_000
_NOTHING: Mapping[str, Any] = {"servers": [], "plan": [], "drift": []}


def result_of(
    outcome: Outcome,
    declared: int,
    *,
    returned: str = "all",
    diff_mode: bool = True,
    counted: Collection[str] = COUNTED_OF_DECLARATIONS,
    return_password: bool = False,
) -> Result:
    """The result of a task on many servers.

    `declared`: how many of the plan's servers the task declares; what follows them is purged. `returned`: one of
    RETURNED, whose servers the result of a success holds; those of "all" are whole. `diff_mode`: whether to return
    `diff`. `counted`: the keys of `summary`. `return_password`: whether `servers` holds the passwords that the API has
    shown for servers that this task has created.
    """
    if outcome.end is End.REFUSED:
        result = _result_of_refusal(outcome.plan)
    elif outcome.end is End.PREDICTED:
        result = _result_of_prediction(outcome.plan, declared, returned)
    else:
        interruption = None
        if outcome.end is End.INTERRUPTED:
            from .._module.observer import last_words

            interruption = last_words(outcome.jobs, outcome.why)
        result = _result_of_jobs(outcome.jobs, declared, returned, interruption, return_password)
        if any(job.passwords for job in outcome.jobs):
            from .._module.shown_passwords import passwords_warnings

            warnings = passwords_warnings(outcome.jobs, return_password, has_place=lambda job: job.server is not None)
            result = result._replace(warnings=[*result.warnings, *warnings])
    values = {**result.values, "summary": _only(counted, result.values["summary"])}
    if not diff_mode:
        del values["diff"]
    if returned != "all":
        values["servers"] = [brief(server) for server in values["servers"]]
        if outcome.jobs:
            values["plan"] = brief_plan_entries(values["plan"])
    return result._replace(values=values, warnings=[*outcome.plan.warnings, *result.warnings])


def _only(counted: Collection[str], counts: Mapping[str, int]) -> dict[str, int]:
    return {word: count for word, count in counts.items() if word in counted}


def _planned(plans: Sequence[ServerPlan]) -> dict[str, Any]:
    return {"plan": plan_entries(plans), "drift": drifts(plans), "diff": diffs(plans)}


def _warnings(plans: Sequence[ServerPlan]) -> list[str]:
    return [warning for plan in plans for warning in plan.warnings]


def _result_of_refusal(plan: TaskPlan) -> Result:
    refusals = [server.refusal for server in plan.servers if server.refusal]
    whole = [*refusals, *([plan.refusal] if plan.refusal else [])]
    # The task as a whole is refused because of what it would delete.
    concerned = [server for server in plan.servers if server.refusal or (plan.refusal and server.deletes)]
    values = {
        "changed": False,
        # Those to be purged have an id in what is desired.
        "servers": [
            dict(server.existing)
            for server in concerned
            if server.existing is not None and server.desired.server_id is None
        ],
        "summary": {**summary([]), "failed": len(refusals)},
        "errors": errors(refusals),
        **_planned(concerned),
    }
    return Result(values, f"Nothing was done. {failures_in_sentences(whole)}", _warnings(concerned))


def _result_of_prediction(plan_of_task: TaskPlan, declared: int, returned: str) -> Result:
    plans, sentence = plan_of_task.servers, plan_sentence(plan_of_task.servers, plan_of_task.cost)
    bad_ends = [plan.foreseen_failure for plan in plans if plan.foreseen_failure]
    values = {
        "changed": any(plan.changes and plan.predicted_failure is None for plan in plans),
        "servers": [
            dict(plan.existing if plan.predicted_failure and plan.existing else plan.predicted)
            for plan in plans[:declared]
            if plan.predicted is not None and _is_returned(_concerns(plan), bool(bad_ends), returned)
        ],
        "summary": summary_of_plans(plans),
        "errors": errors(bad_ends),
        "msg": sentence,
        **_planned([plan for plan in plans if _concerns(plan) or not bad_ends]),
    }
    failure = f"{sentence}. {failures_in_sentences(bad_ends)}" if bad_ends else None
    return Result(values, failure, _warnings(plans))


def _result_of_jobs(
    jobs: Sequence[Job], declared: int, returned: str, interruption: str | None, return_password: bool
) -> Result:
    failures = [job.error for job in jobs if job.error]
    has_failed = bool(failures) or interruption is not None
    counts = summary_of_jobs(jobs)
    values = {
        "changed": any(job.changed for job in jobs),
        "servers": [
            {**job.server, "password": job.password} if return_password and job.password is not None else job.server
            for job in jobs[:declared]
            if job.server is not None and not _is_deleted(job) and _is_returned(_concerns(job), has_failed, returned)
        ],
        "summary": counts,
        "errors": errors(failures),
        "msg": result_sentence(counts),
        **_planned([job.plan for job in jobs if _concerns(job) or not has_failed]),
    }
    failure = f"{result_sentence(counts)}. {failures_in_sentences(failures)}" if failures else None
    return Result(values, interruption or failure, [warning for job in jobs for warning in job.warnings])


def _concerns(plan_or_job: ServerPlan | Job) -> bool:
    """Whether a server failed or was changed, or would be."""
    if isinstance(plan_or_job, Job):
        return plan_or_job.changed or plan_or_job.error is not None
    return plan_or_job.changes or plan_or_job.foreseen_failure is not None


def _is_deleted(job: Job) -> bool:
    return job.gone and not job.error


def _is_returned(concerned: bool, has_failed: bool, returned: str) -> bool:
    """Whether `servers` holds a server."""
    return concerned if has_failed else returned == "all" or (concerned and returned == "changed")


def warned_of_size(result: Result, options: Mapping[str, Any]) -> Result:
    """The result, with a warning where ansible-runner, and so AWX, would drop it from its event for its length.

    `options`: those of the module, which ansible-core returns too.
    """
    if "AWX_ISOLATED_DATA_DIR" not in os.environ:  # set by ansible-runner
        return result
    warnings = list(result.warnings)
    # Measured as ansible-runner does, which then makes the result `{}`; `api` and the like are not there yet.
    length = len(str({**result.values, "options": options, "warnings": warnings})) + _LENGTH_OF_REST
    most = _longest_event()
    if length <= most:
        return result
    advice = (
        "set returned to changed or none"
        if options.get("returned") == "all"
        else "declare the servers in several tasks"
    )
    warnings.append(
        f"The result of this task has about {length:,} characters. ansible-runner and AWX leave results of more than "
        f"{most:,} characters out of the task's event, with all IDs and errors: {advice}."
    )
    return result._replace(warnings=warnings)


def _longest_event() -> int:
    """The characters that ansible-runner lets an event's result have."""
    try:
        return int(os.environ.get("MAX_EVENT_RES") or 700_000)
    except ValueError:
        return 700_000


def values_of_error(error: VpsError, counted: Collection[str] = COUNTED_OF_DECLARATIONS) -> dict[str, Any]:
    """The keys of the result where a task failed before it had a plan: the account, or one of its servers, could not be
    read whole, and nothing was written. `counted`: the keys of `summary`.
    """
    failures = [error] if error.about.server_id is not None else []
    counts = _only(counted, {**summary([]), "failed": len(failures)})
    return {**_NOTHING, "summary": counts, "errors": errors(failures)}
