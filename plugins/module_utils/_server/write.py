# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The one loop of all writes: send, and where the outcome is not clear, leave the operation to look before it is sent
again.

    with Write(client, Operation.DELETE, "DELETE", endpoint) as write:
        for attempt in write.attempts():
            with attempt:
                ...send, and return if it succeeded
            ...what to make of attempt.kind and attempt.reaction: return, raise, or go on to the next attempt
        raise write.given_up()

What is final by the failure table is raised by the attempt itself, and so is what a pause would take too long for. The
operation shows only its own decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType

from .._client.api import ApiClient, ApiError, Endpoint
from .._client.errors import NOBODY, About, Doubt, VpsError
from .._client.exchange import ExchangeFailure
from .._client.retry_policy import FailureKind, Operation, Reaction, reaction_to, tries


class Attempt:
    """One sending of a write. A context manager that takes up a failure of the exchange; then `failure` tells of it."""

    failure: ExchangeFailure
    kind: FailureKind
    reaction: Reaction

    def __init__(self, write: Write, number: int) -> None:
        self._write = write
        self.number = number
        self.paused = False
        self.confirms_doubt = False

    @property
    def throttled(self) -> bool:
        """Whether the API said "later", which is no failed try: the time limit counts."""
        return self.kind is FailureKind.THROTTLED

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, ExchangeFailure):
            return False
        self.failure, self.kind = error, error.kind
        self.reaction = self._write.take_up(self)
        return True

    def error(self, note: str = "") -> ApiError:
        """The error for a request that is not sent again. `note`: sentences that take the place of the usual advice."""
        return self._write.error(self.failure, note)


class Write:
    """One write, which may take several requests. A context manager: no error leaves it that does not tell whom it
    concerns, what may be changed, and which earlier request is in doubt.
    """

    def __init__(
        self,
        client: ApiClient,
        operation: Operation,
        method: str,
        endpoint: Endpoint,
        about: About = NOBODY,
        *,
        confirms: Callable[[ExchangeFailure], bool] = lambda _failure: False,
    ) -> None:
        """`confirms`: whether a failure shows that an earlier request, which was in doubt, has taken effect."""
        self._client = client
        self._confirms = confirms
        self._operation = operation
        self._method = method
        self._endpoint = endpoint
        self._about = about
        self._allowed = tries(operation, client.budget.retries)
        self._backoff = client.budget.retry_backoff()
        self._last = Attempt(self, 0)  # none yet
        self.changed = False
        self.doubt: Doubt | None = None

    def __enter__(self) -> Write:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, VpsError):
            error.about = error.about.completed_by(self._about)
            error.changed = error.changed or self.changed
            error.doubt = error.doubt or self.doubt

    @property
    def in_doubt(self) -> bool:
        """Whether an earlier request may have taken effect."""
        return self.doubt is not None

    def attempts(self) -> Iterator[Attempt]:
        """As many as the tries allow, with a pause before each but the first; those that were told to come later don't
        count.
        """
        number = 1
        while number <= self._allowed:
            self._last = Attempt(self, number)
            yield self._last
            number += 0 if self._last.throttled else 1
            if number <= self._allowed and not self._last.paused:
                self._pause(self._last)

    def given_up(self) -> ApiError:
        """The error when no try is left."""
        if self._last.number == 1 or self._operation is Operation.CREATE:
            return self._last.error()
        return self._last.error(f"It was tried {self._last.number} times; the server is unchanged.")

    def settled(self) -> None:
        """A look has shown that no request so far took effect, and none can any more."""
        self.changed, self.doubt = False, None

    def error(self, failure: ExchangeFailure, note: str = "") -> ApiError:
        """See Attempt."""
        return ApiError(self._method, self._endpoint, failure, note)

    def take_up(self, attempt: Attempt) -> Reaction:
        """Note what a failure means, and pause where nothing may come before that. Raises what is final."""
        attempt.confirms_doubt = self.in_doubt and self._confirms(attempt.failure)
        if attempt.kind.may_have_taken_effect:
            self.changed, self.doubt = True, Doubt(attempt.error())
        reaction = reaction_to(attempt.kind, self._operation)
        if attempt.confirms_doubt:
            return reaction
        if reaction is Reaction.STOP:
            self._client.budget.cancel(attempt.error().own_reason(general=True))
        if reaction in (Reaction.FAIL, Reaction.STOP):
            raise attempt.error() from None
        # No pause may lie between a look and a create. The one that a 429 asks for is kept by every request.
        looks_after_pause = self._operation is Operation.CREATE and reaction is Reaction.LOOK_AGAIN
        if attempt.throttled or looks_after_pause:
            if attempt.number >= self._allowed and not attempt.throttled:
                raise self.given_up() from None
            self._pause(attempt)
            attempt.paused = True
        return reaction

    def _pause(self, attempt: Attempt) -> None:
        self._client.budget.pause_before_retry(
            self._backoff, attempt.failure.retry_after, attempt.error(), throttled=attempt.throttled
        )
