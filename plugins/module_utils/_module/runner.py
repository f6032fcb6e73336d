# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What every module does around its own few lines: checks options, opens the connection, and turns every end into a result."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from . import output as _progress
from .._client.api import Api
from .._client.concurrent import wait_for_rest
from .._apply.executor import Engine, Refusal
from .._client.errors import BadInput, VpsError
from .._client.http import Http, require_requests
from .._apply.jobs import Job, Observer
from .._apply.lock import AccountLock
from .._apply.pollers import DetailLooker, Looker
from .options import check_wait_options
from .._client.budget import Pace
from .._server.plan import FIELDS, ServerPlan, Wish, ambiguity, named
from .._client.secrets import values_scrubber
from .._server.servers import Servers
from .._client.settings import Settings, read_settings
from .._server.wait import SETTLE_TIME

CONCURRENCY = 16  # details read at a time where a task has no option for it

_PAST = {
    "create": "created",
    "adopt": "created",
    "update": "updated",
    "start": "started",
    "stop": "stopped",
    "reboot": "rebooted",
    "delete": "deleted",
}
_LAST_ANSWERS = 1.0  # seconds that a cancelled task gives the answers that are on their way

# Inside the controller's process the items of a loop share this, and so a connection.
_connections: dict[Settings, Http] = {}


class Door:
    """One task: its checked options, its connection, and the way out."""

    def __init__(self, module: Any) -> None:
        """C(module): an AnsibleModule with the connection options. Raises BadInput."""
        self.module = module
        self.params: Mapping[str, Any] = module.params
        self.settings = read_settings(self.params)
        waits = "wait_timeout" in self.params
        if waits:
            check_wait_options(self.params)
        require_requests()
        self.http = _connections.setdefault(self.settings, Http(self.settings))
        self.pace = Pace(
            limit=self.params["wait_timeout"] if waits else None,
            retries=self.settings.retries,
            retry_max_delay=self.settings.retry_max_delay,
            request_timeout=self.settings.timeout,
        )
        self.api = Api(self.http, self.pace)
        self.servers = Servers(self.api, adopt_timeout=self.params.get("adopt_timeout", 0.0), wait_interval=self.params.get("wait_interval", 1.0))
        if not self.settings.validate_certs:
            module.warn("The certificate of the API is not checked (validate_certs is false): whoever sits in between can read the token.")

    def engine(self, *, looker: Looker | None = None, concurrency: int = 1, settle_time: float = SETTLE_TIME, observer: Observer | None = None) -> Engine:
        """The engine for this task, with a detail for each look unless said otherwise."""
        return Engine(
            self.servers,
            looker or DetailLooker(self.servers),
            AccountLock(self.settings),
            concurrency=concurrency,
            wait_interval=self.params["wait_interval"],
            settle_time=settle_time,
            observer=observer or LoggingObserver(self.module),
        )

    def scrub(self, text: str) -> str:
        """A text that may leave: without the token, and without what a terminal would act upon; names and status words come from the API."""
        return "".join(character if character.isprintable() else " " for character in self.http.scrub(text))

    def exit(self, **result: Any) -> NoReturn:
        """End the module with a result, in which the token is nowhere: an API that echoes it may have put it anywhere."""
        self.module.exit_json(**self._scrubbed(result))

    def fail(self, msg: str, **result: Any) -> NoReturn:
        """End the module with a failure, likewise."""
        self.module.fail_json(msg=self.scrub(msg), **self._scrubbed(result))

    def _scrubbed(self, result: Mapping[str, Any]) -> dict[str, Any]:
        if not self.api.may_have_echoed:  # then ansible-core's own masking is enough
            return dict(result)
        scrub = values_scrubber(self.settings.token)
        return {key: scrub(value) for key, value in result.items()}

    def warn(self, messages: list[str]) -> None:
        """Warnings, each once."""
        for message in dict.fromkeys(messages):
            self.module.warn(self.scrub(message))

    def find_named(self, name: str) -> tuple[dict[str, Any] | None, frozenset[int]]:
        """The detail of the one server of a name (None if there is none) and all ids of the account.

        Raises VpsError where the name is not unique, or where list and detail do not agree on it.
        """
        for look in itertools.count(1):
            listed = self.servers.list()
            matches = named(listed, name)
            problem = ambiguity(name, matches)
            if problem:
                raise VpsError(problem, name=name)
            seen = frozenset(server["id"] for server in listed)
            if not matches:
                return None, seen
            with concerning(matches[0]):
                found = self.servers.find(matches[0]["id"])
                if found is None or found["name"] == name:
                    return found, seen
                self.servers.pause_for_the_list(look, matches[0], found)
        raise AssertionError  # never reached: the looks end by an error


@contextlib.contextmanager
def concerning(server: dict[str, Any]) -> Iterator[None]:
    """Let the errors of a block know the server that they are about, as it was last seen."""
    try:
        yield
    except VpsError as error:
        error.server = error.server or server
        raise


class LoggingObserver(Observer):
    """Writes a new server's id to the system log before anything else happens: a killed run reports nothing."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def created(self, name: str, server_id: int) -> None:
        self._module.log(f"vpsorg.cloud: server {name} has the id {server_id}")


def open_door(module: Any, run: Callable[[Door], None], empty: Mapping[str, Any], check: Callable[[Mapping[str, Any]], None] | None = None) -> None:
    """Run a module's own lines; whatever of the collection's errors they raise becomes a failure with the keys of C(empty).

    C(check): the module's own checks of its options, before anything else.
    """
    door: Door | None = None
    failure: VpsError | None = None
    try:
        if check is not None:
            check(module.params)
        door = Door(module)
        run(door)
    except VpsError as error:
        failure = error
    # Outside the handler, here and below: from inside it ansible-core up to 2.18 would show a traceback at -vvv.
    if failure is not None:
        report = door.pace.report() if door else {"requests": 0, "retries": 0, "waited": 0.0}
        result = {**empty, **_whom(failure, module.params, empty), "changed": failure.changed, "api": report}
        fail = door.fail if door else module.fail_json
        fail(msg=_worded(failure, result), **result)


def _whom(failure: VpsError, params: Mapping[str, Any], empty: Mapping[str, Any]) -> dict[str, Any]:
    """The server that a failure is about, as far as a result tells of one: what was declared, unless the failure knows better."""
    if isinstance(failure, BadInput):
        return {}
    known = {"name": failure.name or params.get("name")}
    if "id" in empty:
        known["id"] = failure.server_id or params.get("id")
        if failure.server:
            known.update(id=failure.server["id"], name=failure.server["name"], status=failure.server["status"], server=dict(failure.server))
    return {key: value for key, value in known.items() if value}


def _worded(failure: VpsError, result: Mapping[str, Any]) -> str:
    """The message of a failure, with the id and the last status wherever they are known."""
    text, server_id, status = str(failure), result.get("id"), result.get("status")
    if not server_id or (re.search(rf"\b{server_id}\b", text) and (not status or status in text)):
        return text
    return f"Server {result.get('name') or server_id} (id {server_id}{f', last status {status}' if status else ''}): {text}"


EMPTY_SERVER_RESULT: Mapping[str, Any] = {"id": None, "server": None, "actions": [], "drift": [], "diff": {"before": {}, "after": {}}, "api": {}}


def wish_of(params: Mapping[str, Any]) -> Wish:
    """What the options of vps_server (or an entry of a fleet) declare."""
    fields = {option: params[option] for option in FIELDS if params.get(option) is not None}
    return Wish(params.get("name"), params.get("id"), fields, params.get("power"), params.get("on_immutable_change", "fail"), params.get("wait", True))


def predicted_actions(plan: ServerPlan) -> list[dict[str, Any]]:
    """The actions of a plan that was not carried out, as a run would report them."""
    actions, server_id = [], (plan.found or {}).get("id")
    for step in plan.steps:
        if step.is_action and step.foreseen:
            name = plan.wish.name or (plan.found or {}).get("name")
            new = step.kind == "create"
            actions.append(
                {"action": step.kind, "id": None if new else server_id, "name": name, **({"fields": dict(step.fields)} if step.kind == "update" else {})}
            )
            server_id = None if new else server_id
    return actions


def carried_out(
    door: Door, engine: Engine, survey: Callable[[], Any], *, may_create: bool, refuse: Callable[[Sequence[ServerPlan]], str | None]
) -> tuple[list[Job] | None, Refusal | None]:
    """The engine's jobs once they are done, with their details; or why it has refused; or neither after a Ctrl-C. Raises VpsError.

    To be judged by the caller outside of any handler: see open_door.
    """
    try:
        jobs = engine.run(survey, may_create=may_create, check_mode=door.module.check_mode, refuse=refuse)
        if not door.module.check_mode:
            engine.read_details()
        return jobs, None
    except Refusal as refusal:
        return None, refusal
    except KeyboardInterrupt:
        return None, None
    except Exception:
        raise
    except BaseException:  # the time limit that Ansible's own keyword C(timeout) sets
        last_words(door, engine)
        raise


def end_with_one(door: Door, engine: Engine, survey: Callable[[], Any], *, may_create: bool) -> None:
    """Carry out the plan for one server and end the module with its result."""
    module = door.module
    jobs, refusal = carried_out(door, engine, survey, may_create=may_create, refuse=_refusal)
    if refusal is not None:
        _end_refused(door, refusal)
    if jobs is None:
        door.fail(last_words(door, engine), **_interrupted(door, engine))
    job = jobs[0]
    door.warn(job.warnings)
    if module.check_mode:
        _end_check_mode(door, job.plan)
    result = _one_result(door, job)
    if job.error:
        known = {"name": job.name, "status": (job.server or {}).get("status")}
        door.fail(job.error, **result, **{key: value for key, value in known.items() if value})
    door.exit(**result)


def _end_refused(door: Door, refusal: Refusal) -> NoReturn:
    plan = refusal.plans[0]
    door.warn(list(plan.warnings))
    found = dict(plan.found) if plan.found else None
    door.fail(
        str(refusal),
        changed=False,
        id=(found or {}).get("id"),
        server=found,
        actions=[],
        drift=list(plan.drift),
        diff=plan.diff,
        api=door.pace.report(),
        **({"name": found["name"], "status": found["status"]} if found else {}),
    )


def _end_check_mode(door: Door, plan: ServerPlan) -> NoReturn:
    actions = predicted_actions(plan)
    deleted = any(action["action"] == "delete" for action in actions) and not plan.creates
    server = None if deleted or plan.predicted is None else dict(plan.predicted)
    server_id = None if plan.creates else (plan.found or {}).get("id")
    result = {
        "changed": plan.changes,
        "id": server_id,
        "server": server,
        "actions": actions,
        "drift": list(plan.drift),
        "diff": plan.diff,
        "api": door.pace.report(),
    }
    if plan.found:
        known = {"name": plan.found["name"], "status": plan.found["status"]}
        if plan.foretold_failure:
            unchanged = {"changed": False, "server": dict(plan.found), "actions": []}
            door.fail(plan.foretold_failure, **{**result, **unchanged, **known})
        if plan.ends_badly:
            door.fail(plan.ends_badly, **result, **known)
    door.exit(**result)


def _one_result(door: Door, job: Job) -> dict[str, Any]:
    gone = job.gone and not job.error
    return {
        "changed": job.changed,
        "id": job.server_id,
        "server": None if gone else job.server,
        "actions": job.actions,
        "drift": list(job.plan.drift),
        "diff": job.plan.diff,
        "api": door.pace.report(),
    }


def _refusal(plans: Any) -> str | None:
    return plans[0].refusal


def last_words(door: Door, engine: Engine) -> str:
    """End a task that was cancelled: let nothing more be sent, and say which servers exist, or are changed, by its hand."""
    door.pace.cancel("The task was interrupted.")
    wait_for_rest(_LAST_ANSWERS)
    engine.end_interrupted()
    written = [f"{job.name} (id {job.actions[-1]['id']}, {', '.join(_PAST[action['action']] for action in job.actions)})" for job in engine.jobs if job.actions]
    written += [f"{job.name} (outcome unknown)" for job in engine.jobs if (job.may_have_changed or job.outcome_is_open) and not job.actions]
    if written:
        text = f"The task was interrupted. Changed until then: {', '.join(written)}."
    else:
        text = "The task was interrupted before anything was known to be changed."
    _progress.last_words(door.scrub(f"{door.module._name.rpartition('.')[2]}: {text}"))
    return text


def _interrupted(door: Door, engine: Engine) -> dict[str, Any]:
    written = [job for job in engine.jobs if job.actions]
    first = written[0] if written else None
    return {
        "changed": bool(written) or any(job.may_have_changed or job.outcome_is_open for job in engine.jobs),
        "id": first.server_id if first else None,
        "server": first.server if first else None,
        "actions": [action for job in written for action in job.actions],
        "drift": [],
        "diff": {"before": {}, "after": {}},
        "api": door.pace.report(),
    }
