# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The errors of this collection: everything that goes wrong ends as one of these, never as a library's traceback."""

from __future__ import annotations

from typing import Any


class VpsError(Exception):
    """Something the user has to know. C(str(error)) is one clear sentence or more, without the token.

    server_id: the id of the server concerned, where one is known: a lost id is a running bill.
    name: the server's name, where one is known.
    changed: whether the account was, or may have been, changed before the failure.
    server: the last view of the server concerned, where there is one.
    """

    def __init__(
        self, message: str, *, server_id: int | None = None, name: str | None = None, changed: bool = False, server: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.server_id = server_id
        self.name = name
        self.changed = changed
        self.server = server


class BadInput(VpsError):
    """What the user declared can't be right. Raised before any request is sent."""


class TimeLimitReached(VpsError):
    """The task's time limit is over, or a pause that the API asks for would outlast it."""


class Cancelled(VpsError):
    """Another part of the same task has ended everything (a rejected token, Ctrl-C)."""
