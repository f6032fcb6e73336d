# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure table, once more and cell by cell, in words of its own: what each failure of each
operation must lead to.
"""

from __future__ import annotations

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure, Response, malformed
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import (
    FailureKind,
    Operation,
    Proof,
    Reaction,
    advice_for,
    is_success,
    kind_of_status,
    reaction_to,
    tries,
)

NAMES = {
    "again": Reaction.AGAIN,
    "fail": Reaction.FAIL,
    "stop": Reaction.STOP,
    "look, again": Reaction.LOOK_AGAIN,
    "look, never again": Reaction.LOOK_ONLY,
    "look, or fail": Reaction.LOOK_OR_FAIL,
    "settle": Reaction.SETTLE,
    "fail, unknown": Reaction.FAIL_OPEN,
}
COLUMNS = {
    "GET": Operation.READ,
    "create": Operation.CREATE,
    "PATCH": Operation.UPDATE,
    "DELETE": Operation.DELETE,
    "switch": Operation.SWITCH,
    "reboot": Operation.REBOOT,
}
LOST = {
    "GET": "again",
    "create": "look, never again",
    "PATCH": "look, again",
    "DELETE": "look, again",
    "switch": "look, again",
    "reboot": "look, never again",
}
NEVER = dict.fromkeys(COLUMNS, "fail")
TABLE = {
    "not reached": dict.fromkeys(COLUMNS, "again") | {"create": "look, again"},
    "certificate": NEVER,
    "lost": LOST,
    "malformed 200": LOST,
    "malformed 201": LOST,
    "redirect": NEVER,
    "400": {"GET": "fail", "create": "fail", "PATCH": "fail", "DELETE": "fail", "switch": "settle", "reboot": "settle"},
    "401": dict.fromkeys(COLUMNS, "stop"),
    "402": NEVER,
    "404": {
        "GET": "fail",
        "create": "fail",
        "PATCH": "look, again",
        "DELETE": "look, again",
        "switch": "look, again",
        "reboot": "look, again",
    },
    "405": NEVER,
    "410": NEVER,
    "500": LOST,
    "409": {
        "GET": "again",
        "create": "look, or fail",
        "PATCH": "look, again",
        "DELETE": "look, again",
        "switch": "settle",
        "reboot": "look, or fail",
    },
    "429": {
        "GET": "again",
        "create": "look, again",
        "PATCH": "again",
        "DELETE": "look, again",
        "switch": "look, again",
        "reboot": "look, again",
    },
    "202": LOST,
    "other description": LOST | {"GET": "fail", "create": "fail, unknown"},
}
# Other statuses that share a row.
LIKE = {
    "400": [400, 422],
    "401": [401, 403],
    "402": [402],
    "404": [404],
    "405": [405, 406, 407, 411, 412, 413, 414, 415, 416, 417, 418, 421, 424, 426, 428, 431, 451, 499],
    "410": [410],
    "500": [408, 425, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599, 600, 999],
    "409": [409, 423],
    "429": [429],
    "202": [202, 203, 205, 206, 226, 299],
    "malformed 200": [200, 204],
    "malformed 201": [201],
}


# What each row proves, and whether the request may have taken effect all the same.
PROVES = {
    "not reached": (Proof.NOT_SENT, False),
    "certificate": (Proof.NOT_SENT, False),
    "lost": (Proof.INDETERMINATE, True),
    "malformed 200": (Proof.INDETERMINATE, True),
    "malformed 201": (Proof.INDETERMINATE, True),
    "redirect": (Proof.REDIRECTED, False),
    "400": (Proof.REFUSED, False),
    "401": (Proof.REFUSED, False),
    "402": (Proof.REFUSED, False),
    "404": (Proof.REFUSED, False),
    "405": (Proof.REFUSED, False),
    "410": (Proof.REFUSED, False),
    "500": (Proof.INDETERMINATE, True),
    "409": (Proof.INDETERMINATE, False),
    "429": (Proof.REFUSED, False),
    "202": (Proof.INDETERMINATE, True),
    "other description": (Proof.INDETERMINATE, True),
}
OUTAGES = {"not reached", "lost", "malformed 200", "malformed 201", "500", "409", "429", "202"}


def refusal(status: int, retry_after: float | None = None) -> ExchangeFailure:
    """A whole response that is no success."""
    return ExchangeFailure(kind_of_status(status, retry_after), "no", response=Response(status, {}, b"", retry_after))


def failures(row: str) -> list[ExchangeFailure]:
    """Every failure that belongs to a row of the table above."""
    special: dict[str, list[ExchangeFailure]] = {
        "not reached": [ExchangeFailure(FailureKind.UNREACHED, "refused")],
        "certificate": [ExchangeFailure(FailureKind.CERTIFICATE, "no")],
        "lost": [ExchangeFailure(FailureKind.LOST, "reset")],
        "other description": [ExchangeFailure(FailureKind.OTHER_API, "a uuid", response=Response(200, {}, b""))],
        "redirect": [refusal(status) for status in (300, 301, 302, 303, 304, 307, 308)],
        "429": [refusal(429), refusal(429, 3.0), refusal(503, 3.0), refusal(503, 0.0)],
    }
    if row in special:
        return special[row]
    if row in ("malformed 200", "malformed 201", "202"):
        return [malformed("makes no sense", Response(status, {}, b"")) for status in LIKE[row]]
    return [refusal(status) for status in LIKE[row]]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", TABLE)
def test_every_cell(row: str, column: str) -> None:
    for failure in failures(row):
        assert reaction_to(failure.kind, COLUMNS[column]) is NAMES[TABLE[row][column]], f"{failure.status}"


@pytest.mark.parametrize("row", TABLE)
def test_what_each_row_proves(row: str) -> None:
    for failure in failures(row):
        assert (failure.proof, failure.kind.may_have_taken_effect) == PROVES[row], f"{failure.status}"
        assert failure.kind.is_absence is (row in ("404", "410")) and failure.kind.is_outage is (row in OUTAGES)


def test_the_table_has_every_row_of_the_policy() -> None:
    assert {failure.kind for row in TABLE for failure in failures(row)} == set(FailureKind)
    assert set(COLUMNS.values()) == set(Operation) and set(PROVES) == set(TABLE)


@pytest.mark.parametrize("row", TABLE)
def test_what_creates_and_reboots_must_never_do(row: str) -> None:
    """The two rules that money and uptime hang on, stated without the table: no second one unless the first is proven
    not to have happened.
    """
    for failure in failures(row):
        for operation in (Operation.CREATE, Operation.REBOOT):
            reaction = reaction_to(failure.kind, operation)
            if failure.proof is Proof.INDETERMINATE:
                assert reaction in (Reaction.LOOK_ONLY, Reaction.LOOK_OR_FAIL, Reaction.FAIL_OPEN)
            assert operation is Operation.REBOOT or reaction is not Reaction.AGAIN, "a create looks before each sending"


def test_nothing_that_is_proven_not_to_have_happened_is_in_doubt() -> None:
    for kind in FailureKind:
        assert kind.proof is Proof.INDETERMINATE or not kind.may_have_taken_effect


def test_a_rejected_token_stops_everything() -> None:
    for operation in Operation:
        for failure in failures("401"):
            assert reaction_to(failure.kind, operation) is Reaction.STOP


@pytest.mark.parametrize("status", [100, 102, 199])
def test_an_interim_status_proves_nothing(status: int) -> None:
    kind = kind_of_status(status, None)
    assert kind.proof is Proof.INDETERMINATE and kind.may_have_taken_effect and not is_success(status)


def test_what_is_a_success() -> None:
    assert [status for status in range(100, 1000) if is_success(status)] == list(range(200, 300))


def test_advice_is_for_what_the_user_can_mend() -> None:
    assert all(advice_for(status) for status in (401, 402, 403, 404))
    for status in (401, 403):
        assert "proxy" in advice_for(status, said_by_api=False) and "token" not in advice_for(status, said_by_api=False)
    assert not any(advice_for(status) for status in (None, 200, 302, 400, 409, 422, 429, 500, 503))


@pytest.mark.parametrize(("retries", "reads", "writes"), [(0, 1, 1), (1, 2, 2), (3, 4, 4), (5, 6, 4), (50, 51, 4)])
def test_tries(retries: int, reads: int, writes: int) -> None:
    assert tries(Operation.READ, retries) == reads
    assert {tries(operation, retries) for operation in Operation if operation is not Operation.READ} == {writes}
