# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The outcome of a task as the result of its module; and who hears of it meanwhile.

For the modules that declare one server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .._apply.jobs import Job, Observer
from .._apply.planning import End, Outcome
from .._client.errors import About, BadInput, ServerId, VpsError
from .._server.model import PAST_TENSE, ServerPlan
from .runner import Result, Task

_MOST_TOLD = 20  # servers in a warning
NOTHING: Mapping[str, Any] = {
    "id": None,
    "server": None,
    "actions": [],
    "drift": [],
    "diff": {"before": {}, "after": {}},
}


class TaskObserver(Observer):
    """Writes a new server's id to the system log before anything else happens: a killed run reports nothing."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def created(self, name: str, server_id: ServerId) -> None:
        self._task.module.log(f"vpsorg.cloud: server {name} has the id {server_id}")

    def began(self, jobs: Sequence[Job]) -> None:
        self._task.interrupted = lambda why: VpsError(last_words(jobs, why), changed=any(job.changed for job in jobs))

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        self._task.last_words(last_words(jobs, why))


def last_words(jobs: Sequence[Job], why: str) -> str:
    """What an interrupted task leaves behind: which servers exist, or are changed, by its hand. `why`: see
    why_interrupted.
    """
    written = [
        f"{job.name} (id {job.actions[-1]['id']}, {', '.join(_past(action['action']) for action in job.actions)})"
        for job in jobs
        if job.actions
    ]
    written += [f"{job.name} (outcome unknown)" for job in jobs if job.changed and not job.actions]
    if written:
        return f"{why}. Changed before that: {', '.join(written)}."
    return f"{why} before anything was known to be changed."


def _past(action: str) -> str:
    return PAST_TENSE["create" if action == "adopt" else action]


def passwords_warnings(
    jobs: Iterable[Job], return_password: bool, has_place: Callable[[Job], bool] = lambda _job: True
) -> list[str]:
    """That the API has shown passwords, perhaps for the only time, which are not returned: by their keys.

    `has_place`: whether the result has a place for the password of a job.
    """
    showing = [(job, job.passwords) for job in jobs if job.passwords is not None]
    unasked = [job for job, shown in showing if shown.value is not None and not return_password]
    unfit = [
        (job, keys)
        for job, shown in showing
        if (keys := shown.keys if return_password and not has_place(job) else shown.others)
    ]
    warnings = []
    if unasked:
        warnings.append(
            f"The API has shown a password for {_titles(unasked)}, perhaps for the only time. It is not returned, "
            "because return_password is not set. To get that of the next server, set return_password to true, and "
            "no_log to true on the task."
        )
    if unfit:
        told = ", ".join(sorted({key for _job, keys in unfit for key in keys})[:_MOST_TOLD])
        warnings.append(
            f"The API has shown under {told} what may be a password for {_titles([job for job, _keys in unfit])}, "
            "perhaps for the only time. It can't be returned: only password and root_password are, as plain text, of a "
            "server that the result shows."
        )
    return warnings


def _titles(jobs: Sequence[Job]) -> str:
    titles = [About(job.name, job.server_id).title for job in jobs[:_MOST_TOLD]]
    return ", ".join(titles) + (f" and {len(jobs) - _MOST_TOLD} more" if len(jobs) > _MOST_TOLD else "")


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
    result = _result_of_job(job, last_words(outcome.jobs, outcome.why) if outcome.end is End.INTERRUPTED else None)
    values = result.values
    if return_password and job.password is not None:
        values = {**values, "password": job.password}
    return result._replace(values=values, warnings=[*result.warnings, *passwords_warnings([job], return_password)])


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
