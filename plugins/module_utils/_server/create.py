# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Create a server, or adopt the one that a create with a lost response has brought about.

There is no second, billed server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._client.api import ApiError
from .._client.budget import Backoff
from .._client.errors import NOBODY, About, Cancelled, ServerId, TimeLimitReached, UnknownOutcome, VpsError
from .._client.exchange import ExchangeFailure
from .._client.retry_policy import FailureKind, Operation, Reaction
from .endpoints import SERVERS, hinted_id, hinted_uuid
from .fields import is_as_asked
from .model import Server, lacking
from .servers import Servers, spelled_like
from .write import Attempt, Write

FEWEST_ADOPTION_LOOKS = 4
_MOST_STRANGERS = 5  # named in a message
_LOOK_ATTEMPTS = 2  # of one look inside a window that looks again anyway


class OtherName(VpsError):
    """The API has created a server under another name than was asked for.

    A run that looks for the name would not find it, and would create, and bill, one more.
    """

    def __init__(self, name: str, server: Server) -> None:
        words = (
            f"It was to be called {name}, but the API calls it {server['name']}. Declare it by that name: a run that "
            f"looks for {name} would not find it."
        )
        super().__init__(words, about=About.of(server), changed=True)


def create_or_adopt(servers: Servers, fields: Mapping[str, Any], seen: frozenset[ServerId]) -> tuple[Server, str]:
    """Create a server with `fields`, its name among them. Returns it and the action: `create`, or `adopt` where the
    response was lost.

    `seen`: the ids that a whole list held just before, under the account's lock. At most one request is sent whose
    refusal is not proven: a second one would be a second bill. Raises VpsError.
    """
    with Write(servers.client, Operation.CREATE, "POST", SERVERS, About(fields["name"])) as write:
        for attempt in write.attempts():
            with attempt:
                server = servers.api.create_server(fields)
                if server["id"] in seen:
                    raise ExchangeFailure(
                        FailureKind.LOST, f"the response shows server {server['id']}, which was there before"
                    )
                return server, "create"
            if attempt.reaction is Reaction.FAIL_OPEN:
                raise _unmanageable(servers, attempt)
            if attempt.reaction in (Reaction.LOOK_ONLY, Reaction.LOOK_OR_FAIL):
                return _Adoption(servers, fields, seen, attempt).server(), "adopt"
            # The attempt has paused: no pause may lie between this look and the next create.
            appeared = appeared_since(servers.list(), fields, seen)
            if appeared is not None:
                return appeared, "adopt"
        raise write.given_up()


def appeared_since(listed: list[Server], fields: Mapping[str, Any], seen: frozenset[ServerId]) -> Server | None:
    """The one new server of the name that was asked for, if it is as asked for. Raises VpsError where it can't be told
    which one is, or where its name is spelled otherwise.

    `created_at` proves nothing: clocks differ.
    """
    candidates = [
        server for server in spelled_like(listed, fields["name"]) if server["id"] not in seen and not lacking(server)
    ]
    if len(candidates) == 1 and is_as_asked(candidates[0], fields):
        return _by_its_name(fields["name"], candidates[0])
    if not candidates:
        return None
    ids = ", ".join(str(server["id"]) for server in candidates)
    words = "While it was being created, something else also created a server with this name"
    advice = "It is impossible to tell which one is wanted: handle them by id."
    raise VpsError(
        f"{words}: ids {ids}. {advice}",
        about=About(fields["name"], candidates[0]["id"]),
        changed=True,
        general_reason=f"{words}; the ids are in errors. {advice}",
    )


def _unmanageable(servers: Servers, attempt: Attempt, problem: ApiError | None = None) -> VpsError:
    """The error of a create that an API of the other description has accepted: no list that can be read will show the
    server. Lets nothing more be sent, because everything else would meet the same.

    `problem`: the look that shows which API it is, where the response to the create does not. Before the create, the
    account showed no such server.
    """
    cause = attempt.error()
    cause.cause = problem
    servers.budget.cancel((problem or cause).own_reason(general=True))
    words = (
        "A server was probably created, and is billed, but this collection can't find it. Look for it in the control "
        "panel, and delete it there if it is not wanted."
    )
    uuid = hinted_uuid(attempt.failure)
    error = UnknownOutcome(words, about=NOBODY, cause=cause)
    if uuid is not None:
        error.reason, error.general_reason = f"{words} Its uuid is {uuid}.", f"{words} Its uuid is in errors."
    return error


def _by_its_name(name: str, server: Server) -> Server:
    if server["name"] != name:
        raise OtherName(name, server)
    return server


class _Adoption:
    """The window after a create whose response was lost, in which the server is looked for."""

    def __init__(
        self, servers: Servers, fields: Mapping[str, Any], seen: frozenset[ServerId], attempt: Attempt
    ) -> None:
        self._servers = servers
        self._fields = fields
        self._seen = seen
        self._attempt = attempt
        # The id that a broken response has shown. It counts only if a look finds what was asked for behind it.
        self._hint = hinted_id(attempt.failure)
        if self._hint in seen:
            self._hint = None
        self._strangers: list[Server] = []  # new, as asked for, and of quite another name, or of none

    def server(self) -> Server:
        """The server. Raises VpsError: an unknown outcome, or the API's refusal where the failure was one."""
        budget, window = self._servers.budget, self._servers.adopt_timeout
        ends, looks = time.monotonic() + window, 0
        shortest = window / 8
        backoff = Backoff(min(0.5, shortest), 2.0, max(window / 5, 0.5))
        last_problem: VpsError | None = None
        try:
            while True:
                try:
                    server = self._look()
                    if server is not None:
                        return server
                    last_problem = None
                except ApiError as error:
                    if error.denied:
                        raise
                    if error.kind is FailureKind.OTHER_API:
                        raise _unmanageable(self._servers, self._attempt, error) from None
                    last_problem = error
                looks += 1
                left = ends - time.monotonic()
                if (left <= 0 and looks >= FEWEST_ADOPTION_LOOKS) or budget.is_over():
                    break
                budget.sleep_within(min(backoff.next(), max(left, shortest)))
        except (ApiError, TimeLimitReached, Cancelled) as error:
            raise self._unknown_outcome(error) from None
        if self._attempt.reaction is Reaction.LOOK_OR_FAIL:
            raise self._attempt.error()
        raise self._unknown_outcome(last_problem)

    def _look(self) -> Server | None:
        listed = self._servers.list(attempts=_LOOK_ATTEMPTS)
        appeared = appeared_since(listed, self._fields, self._seen)
        self._strangers = [
            server for server in listed if server["id"] not in self._seen and is_as_asked(server, self._fields)
        ]
        if appeared is not None or self._hint is None:
            return appeared
        try:
            behind = self._servers.api.get_server(self._hint, attempts=_LOOK_ATTEMPTS)
        except ApiError as error:
            if error.denied:
                raise
            return None  # it may still be the one
        if lacking(behind):
            return None  # it may still be the one, too
        if spelled_like([behind], self._fields["name"]) and is_as_asked(behind, self._fields):
            return _by_its_name(self._fields["name"], behind)
        self._hint = None
        return None

    def _unknown_outcome(self, last_problem: VpsError | None) -> VpsError:
        words = (
            "Creating it has an unknown outcome. The server could not be found, but may still appear. No second "
            "request was sent, because it could create a second, billed server. Run the task again: if the server has "
            "appeared by then, it is adopted."
        )
        if self._strangers:
            titles = ", ".join(About.of(server).title for server in self._strangers[:_MOST_STRANGERS])
            words += f" What has appeared meanwhile, and is as it was asked for but for the name: {titles}."
        cause = self._attempt.error()
        cause.cause = last_problem
        return UnknownOutcome(words, about=About(self._fields["name"], self._hint), cause=cause)
