# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The errors of this collection: everything that goes wrong ends as one of these, never as a library's traceback.

    VpsError
    ├── BadInput            what was declared can't be right; raised before any request
    ├── TimeLimitReached    the task's time limit
    ├── Cancelled           another part of the same task has ended everything
    ├── UnknownOutcome      a write that may have taken effect and must not be sent again
    ├── ExchangeFailure     one request (exchange.py): not sent, refused, indeterminate or redirected
    └── ApiError            a request that failed for good (api.py)

An error is data: whom it is about, the reason, what is in doubt, what was changed. `str(error)` is the one place where
that becomes a message, and nothing takes a message apart again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# Documented as a positive integer. It may become a text one day: nothing calculates with it, and its order means
# nothing.
ServerId = int


class About(NamedTuple):
    """The server that an error is about, as far as it is known. `view`: the last view of it."""

    name: str | None = None
    server_id: ServerId | None = None
    status: str | None = None
    view: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, server: Mapping[str, Any]) -> About:
        """What a view of a server shows."""
        return cls(server.get("name"), server["id"], server.get("status"), server)

    def completed_by(self, other: About) -> About:
        """This, with what only `other` knows."""
        return About(
            self.name if self.name is not None else other.name,
            self.server_id if self.server_id is not None else other.server_id,
            self.status if self.status is not None else other.status,
            self.view if self.view is not None else other.view,
        )

    @property
    def title(self) -> str:
        """`web-01 (id 12345, last status stopped)`; empty where neither a name nor an id is known."""
        if self.name is None and self.server_id is None:
            return ""
        known = [f"id {self.server_id}"] if self.server_id is not None and self.name is not None else []
        known += [f"last status {self.status}"] if self.status else []
        label = str(self.server_id) if self.name is None else self.name
        return f"{label} ({', '.join(known)})" if known else label


NOBODY = About()


def why_interrupted(end: BaseException) -> str:
    """What ends a task before its time, as the beginning of a sentence: the text of the exception, which that of a
    Ctrl-C does not have.
    """
    return str(end) or "The task was interrupted"


class VpsError(Exception):
    """Something the user has to know. No part of it holds the token."""

    failure: VpsError | None = None  # the one exchange behind it, where there is one
    says_that_it_is_in_doubt = False  # by its reason

    def __init__(
        self,
        reason: str,
        *,
        about: About = NOBODY,
        changed: bool = False,
        cause: VpsError | None = None,
        replaced: ServerId | None = None,
        general_reason: str | None = None,
    ) -> None:
        """`reason`: one sentence or more that leave out whom they are about. `general_reason`: the same without ids,
        where it has any, so that it is equal for all servers that failed for this reason.

        `changed`: whether the account was, or may have been, changed before the failure. `cause`: an earlier error that
        explains this one. `replaced`: the id of the server that was deleted to make room for this one.
        """
        super().__init__(reason)
        self.reason = reason
        self.general_reason = general_reason
        self.about = about
        self.changed = changed
        self.doubt: Doubt | None = None
        self.cause = cause
        self.replaced = replaced

    def __str__(self) -> str:
        title = self.about.title
        return f"Server {title}: {self.explanation()}" if title else self.explanation()

    def explanation(self, *, general: bool = False) -> str:
        """The message without whom it is about.

        `general`: so that it is equal for all servers that failed for one reason.
        """
        told_already = self.doubt is not None and self.doubt.is_behind(self)
        parts = [
            self.doubt.sentence(general) if self.doubt is not None and not told_already else "",
            self.own_reason(general),
        ]
        parts.append(_NOT_KNOWN if told_already and not self.says_that_it_is_in_doubt else "")
        parts.append(self.cause.explanation(general=general) if self.cause is not None else "")
        if self.replaced is not None:
            parts.append(
                f"The server that it was to replace ({'its id is in errors' if general else f'id {self.replaced}'}) "
                "was deleted."
            )
        return " ".join(part for part in parts if part)

    def own_reason(self, general: bool) -> str:
        """The reason alone; `general` as in `explanation`."""
        return self.general_reason if general and self.general_reason is not None else self.reason

    def concerning(self, about: About) -> VpsError:
        """A copy of this error, about a server of which more is known: one error may be met by many servers."""
        copy = self.__class__.__new__(self.__class__)
        copy.args = self.args
        copy.__dict__.update(self.__dict__)
        copy.about = about.completed_by(self.about)
        return copy


_NOT_KNOWN = "It is not known whether it took effect."


class Doubt(NamedTuple):
    """A request whose outcome is not known.

    `failure`: what it met instead of a clear response, as the error of that request.
    """

    failure: VpsError

    def is_behind(self, error: VpsError) -> bool:
        """Whether an error is about this very request, so that its words say what happened."""
        return error.failure is not None and error.failure is self.failure.failure

    def sentence(self, general: bool) -> str:
        """What happened, and that its effect is not known."""
        return f"{self.failure.own_reason(general)} {_NOT_KNOWN}"


@contextlib.contextmanager
def error_context(about: About) -> Iterator[None]:
    """Let the errors of a block know the server that they are about, as far as they don't know it themselves."""
    try:
        yield
    except VpsError as error:
        error.about = error.about.completed_by(about)
        raise


class BadInput(VpsError):
    """What the user declared can't be right. Raised before any request is sent."""


class TimeLimitReached(VpsError):
    """The task's time limit is reached, or a pause that the API asks for would outlast it."""


class Cancelled(VpsError):
    """Another part of the same task has ended everything (a rejected token, Ctrl-C)."""


class UnknownOutcome(VpsError):
    """A write that may or may not have taken effect, and that must not be sent again."""

    says_that_it_is_in_doubt = True

    def __init__(self, reason: str, *, about: About, cause: VpsError) -> None:
        """`cause`: the error of the request."""
        super().__init__(reason, about=about, changed=True, cause=cause)
        self.failure = cause.failure
