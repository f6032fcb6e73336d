# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The outcome of a task on one server as the result of its module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._apply.jobs import Job
from .._apply.planning import End, Outcome
from .._client.errors import About, BadInput, VpsError
from .._server.model import ServerPlan
from .runner import Result

NOTHING: Mapping[str, Any] = {
    "id": None,
    "server": None,
    "actions": [],
    "drift": [],
    "diff": {"before": {}, "after": {}},
}


def result_of(outcome: Outcome, *, return_password: bool = False) -> Result:
    """The result of a task on one server.

    `return_password`: whether it holds the password that the API has shown for a server that this task has created.
    """
    (plan,) = outcome.plan.servers
    if outcome.end is End.REFUSED:
        return _result_of_refusal(plan)
    if outcome.end is End.PREDICTED:
        return _result_of_prediction(plan)
    (job,) = outcome.jobs
    result = _result_of_job(job, _interruption(outcome))
    if job.passwords is None:
        return result
    from .shown_passwords import passwords_warnings

    values = result.values
    if return_password and job.password is not None:
        values = {**values, "password": job.password}
    return result._replace(values=values, warnings=[*result.warnings, *passwords_warnings([job], return_password)])


def _interruption(outcome: Outcome) -> str | None:
    if outcome.end is not End.INTERRUPTED:
        return None
    from .observer import last_words

    return last_words(outcome.jobs, outcome.why)


def values_of_error(error: VpsError, params: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the result where a task on one server failed before it had a plan: what was declared, unless the
    error knows better.
    """
    if isinstance(error, BadInput):
        return dict(NOTHING)
    about = error.about = error.about.completed_by(About(params.get("name"), params.get("id")))
    return {**NOTHING, "id": about.server_id, "server": dict(about.view) if about.view else None, **_known(about)}


def _known(about: About) -> dict[str, Any]:
    """What a failure returns beside the usual keys, where it is known."""
    return {key: value for key, value in (("name", about.name), ("status", about.status)) if value}


def _planned(plan: ServerPlan) -> dict[str, Any]:
    return {"drift": list(plan.drift), "diff": plan.diff}


def _result_of_refusal(plan: ServerPlan) -> Result:
    server = dict(plan.existing) if plan.existing else None
    values = {"changed": False, "id": plan.existing_id, "server": server, "actions": [], **_planned(plan)}
    return Result({**values, **(_known(plan.about) if plan.existing else {})}, str(plan.refusal), plan.warnings)


def _result_of_prediction(plan: ServerPlan) -> Result:
    if plan.predicted_failure is not None:
        return _result_of_refusal(plan)._replace(failure=str(plan.predicted_failure))
    actions = [
        {
            "action": step.kind,
            "id": server_id,
            "name": plan.name,
            **({"fields": dict(step.fields)} if step.kind == "update" else {}),
        }
        for step, server_id in plan.foreseen_actions()
    ]
    disappears = plan.deletes and not plan.creates
    values = {
        "changed": plan.changes,
        "id": None if plan.creates else plan.existing_id,
        "server": None if disappears or plan.predicted is None else dict(plan.predicted),
        "actions": actions,
        **_planned(plan),
    }
    if plan.ends_badly is not None:
        return Result({**values, **_known(plan.about)}, str(plan.ends_badly), plan.warnings)
    return Result(values, None, plan.warnings)


def _result_of_job(job: Job, interruption: str | None) -> Result:
    values = {
        "changed": job.changed,
        "id": job.server_id,
        "server": None if job.gone and not job.error else job.server,
        "actions": job.actions,
        **_planned(job.plan),
    }
    failure = interruption or (str(job.error) if job.error else None)
    if failure is not None:
        values.update(_known(About(job.name, job.server_id, job.server.get("status") if job.server else None)))
    return Result(values, failure, job.warnings)
