# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""In and out of a module: options checked, connection ready, and every end turned into a result at one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

from .._client.api import ApiClient
from .._client.budget import Budget
from .._client.errors import BadInput, VpsError, why_interrupted
from .._client.exchange import Http, require_requests
from .._client.secrets import values_scrubber
from .._client.settings import Settings, read_settings
from .._client.shared_pace import SharedPace
from .._server.servers import Servers
from . import output
from .input import VpsModule
from .options import check_wait_options

_NO_REQUESTS: Mapping[str, float] = {"requests": 0, "retries": 0, "waited": 0.0}

# Inside the controller's process the items of a loop share this, and so a connection.
_connections: dict[Settings, Http] = {}

Declared = TypeVar("Declared")


class Result(NamedTuple):
    """What a module returns, but for `api`. `failure`: its message, None where it has not failed."""

    values: Mapping[str, Any]
    failure: str | None = None
    warnings: Iterable[str] = ()


class Task:
    """One task: its checked options, its connection, and the way out."""

    def __init__(self, module: VpsModule) -> None:
        """`module`: one with the connection options. Raises BadInput."""
        self.module = module
        self.params: Mapping[str, Any] = module.params
        try:
            self.settings = read_settings(self.params)
        except BadInput as problem:
            raise _with_origin(problem, module) from None
        waits = "wait_timeout" in self.params
        if waits:
            check_wait_options(self.params)
        require_requests()
        self.budget = Budget(
            limit=self.params["wait_timeout"] if waits else None,
            retries=self.settings.retries,
            retry_max_delay=self.settings.retry_max_delay,
            request_timeout=self.settings.timeout,
            pace=SharedPace(self.settings),
        )
        http = _connections.setdefault(self.settings, Http(self.settings))
        http.forget_environment()
        self.client = ApiClient(http, self.budget)
        self.servers = Servers(
            self.client,
            adopt_timeout=self.params.get("adopt_timeout", 0.0),
            wait_interval=self.params.get("wait_interval", 1.0),
        )
        self._has_said_last_words = False
        # The error of an interruption, of why_interrupted. Once there are jobs, it knows what they have changed.
        self.interrupted: Callable[[str], VpsError] = lambda why: VpsError(f"{why} before anything was changed.")
        if not self.settings.validate_certs:
            module.warn(
                "The certificate of the API is not checked (validate_certs is false): anyone who can intercept "
                "the connection can read the token."
            )

    @property
    def check_mode(self) -> bool:
        """Whether nothing may be written."""
        return bool(self.module.check_mode)

    @property
    def diff_mode(self) -> bool:
        """Whether to return what changes in detail."""
        return bool(self.module._diff)

    def scrub(self, text: str) -> str:
        """A text that may leave: without the token, and without what a terminal would act upon; names and status words
        come from the API.
        """
        return "".join(character if character.isprintable() else " " for character in self.client.scrub(text))

    def last_words(self, text: str) -> None:
        """Say what an interrupted task leaves behind: perhaps nobody reads its result any more.

        Only the first call counts.
        """
        if not self._has_said_last_words:
            self._has_said_last_words = True
            output.last_words(self.scrub(f"{self.module._name.rpartition('.')[2]}: {text}"))

    def end(self, result: Result) -> NoReturn:
        """End the module: the one place. The token is nowhere in what leaves: an API that echoes it may have put it
        anywhere.

        Never to be called from inside an exception handler: there ansible-core up to 2.18 would show a traceback at
        -vvv.
        """
        for warning in dict.fromkeys((*self.servers.warnings(), *result.warnings)):
            self.module.warn(self.scrub(warning))
        values = {**result.values, "api": self.budget.report()}
        if self.client.may_have_echoed:  # else ansible-core's own masking is enough
            scrub = values_scrubber(self.settings.token)
            values = {key: scrub(value) for key, value in values.items()}
        if result.failure is not None:
            self.module.fail_json(**{**values, "msg": self.scrub(result.failure)})
        self.module.exit_json(**values)


def _with_origin(problem: BadInput, module: VpsModule) -> BadInput:
    """A problem of a connection option, with the environment variable that its value comes from."""
    option = problem.reason.partition(" ")[0]
    variable = module.origin_of(option)
    return BadInput(f"{problem.reason} The value of {option} comes from {variable}.") if variable else problem


def run_module(
    module: VpsModule,
    read: Callable[[Mapping[str, Any]], Declared],
    run: Callable[[Task, Declared], None],
    values_of: Callable[[VpsError], Mapping[str, Any]] = lambda _error: {},
) -> None:
    """Read what is declared, open the task, and run it; whatever of the collection's errors comes up becomes a failure.

    `read`: the module's own checks of its options, before anything else; may raise BadInput. `run`: ends by `task.end`.
    `values_of`: the keys of the result that a failure has.
    """
    task: Task | None = None
    error: VpsError | None = None
    try:
        if module.input_error is not None:
            raise module.input_error
        declared = read(module.params)
        task = Task(module)
        run(task, declared)
    except VpsError as problem:
        error = problem
    except KeyboardInterrupt as interrupt:
        why = why_interrupted(interrupt)
        if task is None:
            error = VpsError(f"{why} before anything was changed.")
        else:
            error = task.interrupted(why)
            task.last_words(str(error))
    if error is None:
        return
    values = {**values_of(error), "changed": error.changed}
    if task is not None:
        task.end(Result(values, failure=str(error)))
    module.fail_json(msg=str(error), **values, api=dict(_NO_REQUESTS))
