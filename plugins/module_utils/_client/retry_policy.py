# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What follows from a failure: the failure table, as data.

A row says what a failure proves, a column what was being done, a cell what to do now. _api.py acts on the column for
reads, _servers.py on the others; nothing else in the collection decides whether a request is sent again.
"""

from __future__ import annotations

from enum import Enum

from .http import CertificateRejected, ExchangeFailure, Foreign, NotSent


class Operation(Enum):
    """The columns. Start and stop can be repeated without harm; a reboot can't, and leaves no trace to look for."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SWITCH = "start or stop"
    REBOOT = "reboot"


class Row(Enum):
    """The rows: what became of a request."""

    UNREACHED = "name not resolved, connection refused, connect time-out"
    CERTIFICATE = "certificate not accepted"
    LOST = "reset, close or time-out after sending; or a broken or meaningless answer below 400"
    REDIRECT = "3xx"
    INVALID = "400, 422"
    DENIED = "401, 403"
    NO_CREDIT = "402"
    NOT_FOUND = "404"
    REJECTED = "405, 410, 413, 415 and every other 4xx"
    SERVER_ERROR = "408, 425, 500, 502, 504, 503 without Retry-After, every other 5xx"
    BUSY = "409, 423"
    THROTTLED = "429, 503 with Retry-After"
    ODD_SUCCESS = "another 2xx than the documented one"


class Move(Enum):
    """The cells. A look is a whole, well-formed read, which is itself tried again."""

    AGAIN = "send again, within the tries"
    FAIL = "fail with the API's words"
    STOP = "fail, and let nothing else of the task be sent"
    LOOK_AGAIN = "look: done, or gone, or else send again"
    LOOK_ONLY = "look: adopt what the request has brought about, or fail with an unknown outcome; never send again"
    LOOK_OR_FAIL = "look: adopt, or fail with the API's words"
    SETTLE = "look: done; in another transition: wait for its end, then once more; else fail with the API's words"


_TABLE_TEXT = """
              READ          CREATE        UPDATE        DELETE        SWITCH        REBOOT
UNREACHED     AGAIN         LOOK_AGAIN    AGAIN         AGAIN         AGAIN         AGAIN
CERTIFICATE   FAIL          FAIL          FAIL          FAIL          FAIL          FAIL
LOST          AGAIN         LOOK_ONLY     LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN    LOOK_ONLY
REDIRECT      FAIL          FAIL          FAIL          FAIL          FAIL          FAIL
INVALID       FAIL          FAIL          FAIL          FAIL          SETTLE        SETTLE
DENIED        STOP          STOP          STOP          STOP          STOP          STOP
NO_CREDIT     FAIL          FAIL          FAIL          FAIL          FAIL          FAIL
NOT_FOUND     FAIL          FAIL          LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN
REJECTED      FAIL          FAIL          FAIL          FAIL          FAIL          FAIL
SERVER_ERROR  AGAIN         LOOK_ONLY     LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN    LOOK_ONLY
BUSY          AGAIN         LOOK_OR_FAIL  LOOK_AGAIN    LOOK_AGAIN    SETTLE        LOOK_OR_FAIL
THROTTLED     AGAIN         LOOK_AGAIN    AGAIN         LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN
ODD_SUCCESS   AGAIN         LOOK_ONLY     LOOK_AGAIN    LOOK_AGAIN    LOOK_AGAIN    LOOK_ONLY
"""


def _read_table(text: str) -> dict[tuple[Row, Operation], Move]:
    header, *lines = text.strip("\n").splitlines()
    columns = [Operation[word] for word in header.split()]
    cells = [line.split() for line in lines]
    return {(Row[row], column): Move[word] for row, *words in cells for column, word in zip(columns, words)}


_TABLE = _read_table(_TABLE_TEXT)

_ROW_OF_STATUS = {
    400: Row.INVALID,
    422: Row.INVALID,
    401: Row.DENIED,
    403: Row.DENIED,
    402: Row.NO_CREDIT,
    404: Row.NOT_FOUND,
    408: Row.SERVER_ERROR,
    425: Row.SERVER_ERROR,
    409: Row.BUSY,
    423: Row.BUSY,
    429: Row.THROTTLED,
}

MOST_TRIES_OF_A_WRITE = 4


def row_of(failure: ExchangeFailure) -> Row:
    """Which row of the table a failure belongs to."""
    if isinstance(failure, CertificateRejected):
        return Row.CERTIFICATE
    if isinstance(failure, NotSent):
        return Row.UNREACHED
    if isinstance(failure, Foreign):
        return Row.REDIRECT
    status = failure.status
    if status is None:
        return Row.LOST
    if status in _ROW_OF_STATUS:
        return _ROW_OF_STATUS[status]
    if status == 503 and failure.retry_after is not None:
        return Row.THROTTLED
    if 400 <= status < 500:
        return Row.REJECTED
    if status >= 500:
        return Row.SERVER_ERROR
    return Row.ODD_SUCCESS if status not in (200, 201, 204) else Row.LOST


def move(operation: Operation, failure: ExchangeFailure) -> Move:
    """What to do after a failure."""
    return _TABLE[row_of(failure), operation]


def tries(operation: Operation, retries: int) -> int:
    """How often a request may be sent, the first time included: C(api_retries) repetitions, of a write at most three."""
    return 1 + retries if operation is Operation.READ else min(1 + retries, MOST_TRIES_OF_A_WRITE)
