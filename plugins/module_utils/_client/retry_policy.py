# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What an HTTP status means, and what follows from a failure: the failure table, as data.

A row is a kind of failure. Its first two columns say what it proves and whether the request may have taken effect all
the same; every other column is an operation, and a cell what to do now. `api.py` acts on the column for reads, the
rooms of `_server` on the others; nothing else in the collection decides whether a request is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

MOST_TRIES_OF_A_WRITE = 4


class Operation(Enum):
    """The columns. Start and stop can be repeated without harm; a reboot can't, and leaves no trace to look for."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SWITCH = "start or stop"
    REBOOT = "reboot"


class Proof(Enum):
    """What a failure proves."""

    NOT_SENT = "no byte of the request was handed to the network: nothing happened"
    REFUSED = "a whole response says no: nothing happened"
    INDETERMINATE = "no response, or a meaningless one: it may have happened"
    REDIRECTED = "somebody else than the API wants the request, and the token with it: never followed"


class Reaction(Enum):
    """The cells. A look is a whole, well-formed read, which is itself retried."""

    AGAIN = "send again, within the tries"
    FAIL = "fail with the API's words"
    STOP = "fail, and let nothing else of the task be sent"
    LOOK_AGAIN = "look: done, or gone, or else send again"
    LOOK_ONLY = "look: adopt what the request has brought about, or fail with an unknown outcome; never send again"
    LOOK_OR_FAIL = "look: adopt, or fail with the API's words"
    FAIL_OPEN = "fail with an unknown outcome, without a look: what is there could not be told; never send again"
    SETTLE = "look: done; in another transition: wait for its end, then once more; else fail with the API's words"


class FailureKind(Enum):
    """The rows: what became of a request."""

    UNREACHED = "name not resolved, connection refused, connect timeout"
    CERTIFICATE = "certificate not accepted"
    LOST = "reset, close or timeout after sending; or a malformed response with a documented status of success"
    REDIRECT = "3xx"
    INVALID = "400, 422"
    DENIED = "401, 403"
    NO_CREDIT = "402"
    NOT_FOUND = "404"
    GONE = "410"
    REJECTED = "405, 413, 415 and every other 4xx"
    SERVER_ERROR = "408, 425, 500, 502, 504, 503 without Retry-After, every other 5xx"
    BUSY = "409, 423"
    THROTTLED = "429, 503 with Retry-After"
    ODD_SUCCESS = "another 2xx than a documented one"
    OTHER_API = "a well-formed response of the other description of this API: objects identified by a uuid"

    @property
    def proof(self) -> Proof:
        """What a failure of this kind proves."""
        return _TABLE[self].proof

    @property
    def may_have_taken_effect(self) -> bool:
        """Whether the request may have been carried out all the same."""
        return _TABLE[self].may_have_taken_effect

    @property
    def is_absence(self) -> bool:
        """Whether the response says that there is no such thing."""
        return self in (FailureKind.NOT_FOUND, FailureKind.GONE)

    @property
    def is_outage(self) -> bool:
        """Whether the API could not be reached or had no meaningful response, so that old data are better than none."""
        return self in _OUTAGES


class _Row(NamedTuple):
    proof: Proof
    may_have_taken_effect: bool
    reactions: Mapping[Operation, Reaction]


_TABLE_TEXT = """
              PROVES         EFFECT    READ   CREATE        UPDATE      DELETE      SWITCH      REBOOT
UNREACHED     NOT_SENT       none      AGAIN  LOOK_AGAIN    AGAIN       AGAIN       AGAIN       AGAIN
CERTIFICATE   NOT_SENT       none      FAIL   FAIL          FAIL        FAIL        FAIL        FAIL
LOST          INDETERMINATE  possible  AGAIN  LOOK_ONLY     LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN  LOOK_ONLY
REDIRECT      REDIRECTED     none      FAIL   FAIL          FAIL        FAIL        FAIL        FAIL
INVALID       REFUSED        none      FAIL   FAIL          FAIL        FAIL        SETTLE      SETTLE
DENIED        REFUSED        none      STOP   STOP          STOP        STOP        STOP        STOP
NO_CREDIT     REFUSED        none      FAIL   FAIL          FAIL        FAIL        FAIL        FAIL
NOT_FOUND     REFUSED        none      FAIL   FAIL          LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN
GONE          REFUSED        none      FAIL   FAIL          FAIL        FAIL        FAIL        FAIL
REJECTED      REFUSED        none      FAIL   FAIL          FAIL        FAIL        FAIL        FAIL
SERVER_ERROR  INDETERMINATE  possible  AGAIN  LOOK_ONLY     LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN  LOOK_ONLY
BUSY          INDETERMINATE  none      AGAIN  LOOK_OR_FAIL  LOOK_AGAIN  LOOK_AGAIN  SETTLE      LOOK_OR_FAIL
THROTTLED     REFUSED        none      AGAIN  LOOK_AGAIN    AGAIN       LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN
ODD_SUCCESS   INDETERMINATE  possible  AGAIN  LOOK_ONLY     LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN  LOOK_ONLY
OTHER_API     INDETERMINATE  possible  FAIL   FAIL_OPEN     LOOK_AGAIN  LOOK_AGAIN  LOOK_AGAIN  LOOK_ONLY
"""
# BUSY proves nothing about the server, which another request is changing; but this request took no effect.


def _read_table(text: str) -> dict[FailureKind, _Row]:
    header, *lines = text.strip("\n").splitlines()
    operations = [Operation[word] for word in header.split()[2:]]
    rows = {}
    for kind, proof, effect, *cells in (line.split() for line in lines):
        reactions = {operation: Reaction[cell] for operation, cell in zip(operations, cells)}
        rows[FailureKind[kind]] = _Row(Proof[proof], effect == "possible", reactions)
    return rows


_TABLE = _read_table(_TABLE_TEXT)
_OUTAGES = frozenset({
    FailureKind.UNREACHED, FailureKind.LOST, FailureKind.SERVER_ERROR, FailureKind.BUSY, FailureKind.THROTTLED,
    FailureKind.ODD_SUCCESS,
})  # fmt: skip

# Which statuses the API answers with is documented for 200, 201, 204, 400, 401, 402 and 404 only; the others are HTTP's
# own.
_KINDS: Mapping[int, FailureKind] = {
    HTTPStatus.OK: FailureKind.LOST,
    HTTPStatus.CREATED: FailureKind.LOST,
    HTTPStatus.NO_CONTENT: FailureKind.LOST,
    HTTPStatus.BAD_REQUEST: FailureKind.INVALID,
    HTTPStatus.UNPROCESSABLE_ENTITY: FailureKind.INVALID,
    HTTPStatus.UNAUTHORIZED: FailureKind.DENIED,
    HTTPStatus.FORBIDDEN: FailureKind.DENIED,
    HTTPStatus.PAYMENT_REQUIRED: FailureKind.NO_CREDIT,
    HTTPStatus.NOT_FOUND: FailureKind.NOT_FOUND,
    HTTPStatus.GONE: FailureKind.GONE,
    HTTPStatus.REQUEST_TIMEOUT: FailureKind.SERVER_ERROR,
    HTTPStatus.TOO_EARLY: FailureKind.SERVER_ERROR,
    HTTPStatus.CONFLICT: FailureKind.BUSY,
    HTTPStatus.LOCKED: FailureKind.BUSY,
    HTTPStatus.TOO_MANY_REQUESTS: FailureKind.THROTTLED,
}
_ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "The token is not accepted: check api_token or VPS_API_TOKEN.",
    HTTPStatus.FORBIDDEN: "The token lacks a permission that this requires.",
    HTTPStatus.PAYMENT_REQUIRED: "The account does not have enough credit; nothing was created.",
    HTTPStatus.NOT_FOUND: "The API knows no such address: check api_url.",
}
OTHER_API_ADVICE = (
    "This collection can't manage such an account. The module vpsorg.cloud.vps_api_info tells what the account speaks."
)
_FROM_ELSEWHERE = (
    "The API answers in JSON, so something on the way to it has probably said this, such as a proxy or a firewall: "
    "check api_url and the proxy settings."
)


def is_success(status: int) -> bool:
    """Whether a status is a 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def kind_of_status(status: int, retry_after: float | None) -> FailureKind:
    """Which row a whole response belongs to that is no success, or that has a status of success and makes no sense.

    `retry_after`: seconds that the response asks to wait; None where it asks for nothing.
    """
    if status in _KINDS:
        return _KINDS[status]
    if status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after is not None:
        return FailureKind.THROTTLED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return FailureKind.SERVER_ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return FailureKind.REJECTED
    return FailureKind.REDIRECT if status >= HTTPStatus.MULTIPLE_CHOICES else FailureKind.ODD_SUCCESS


def advice_for(status: int | None, *, said_by_api: bool = True) -> str:
    """What to tell a user who meets this status; empty where the API's own words are all there is to say.

    `said_by_api`: False where the body can't be the API's.
    """
    if not said_by_api and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
        return _FROM_ELSEWHERE
    return _ADVICE.get(status, "") if status is not None else ""


def reaction_to(kind: FailureKind, operation: Operation) -> Reaction:
    """What to do after a failure: a cell of the table."""
    return _TABLE[kind].reactions[operation]


def tries(operation: Operation, retries: int) -> int:
    """How often a request may be sent, the first time included: `api_retries` repetitions, of a write at most three."""
    return 1 + retries if operation is Operation.READ else min(1 + retries, MOST_TRIES_OF_A_WRITE)
