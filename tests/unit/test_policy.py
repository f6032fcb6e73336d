# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure table, once more and cell by cell, in words of its own: what each failure of each operation must lead to."""

from __future__ import annotations

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.http import (
    Answer,
    CertificateRejected,
    ExchangeFailure,
    Foreign,
    Indeterminate,
    NotSent,
    Refused,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import Move, Operation, Row, move, row_of, tries

NAMES = {
    "again": Move.AGAIN,
    "fail": Move.FAIL,
    "stop": Move.STOP,
    "look, again": Move.LOOK_AGAIN,
    "look, never again": Move.LOOK_ONLY,
    "look, or fail": Move.LOOK_OR_FAIL,
    "settle": Move.SETTLE,
}
COLUMNS = {
    "GET": Operation.READ,
    "create": Operation.CREATE,
    "PATCH": Operation.UPDATE,
    "DELETE": Operation.DELETE,
    "switch": Operation.SWITCH,
    "reboot": Operation.REBOOT,
}
LOST = {"GET": "again", "create": "look, never again", "PATCH": "look, again", "DELETE": "look, again", "switch": "look, again", "reboot": "look, never again"}
NEVER = dict.fromkeys(COLUMNS, "fail")
TABLE = {
    "not reached": dict.fromkeys(COLUMNS, "again") | {"create": "look, again"},
    "certificate": NEVER,
    "lost": LOST,
    "broken 200": LOST,
    "broken 201": LOST,
    "redirect": NEVER,
    "400": {"GET": "fail", "create": "fail", "PATCH": "fail", "DELETE": "fail", "switch": "settle", "reboot": "settle"},
    "401": dict.fromkeys(COLUMNS, "stop"),
    "402": NEVER,
    "404": {"GET": "fail", "create": "fail", "PATCH": "look, again", "DELETE": "look, again", "switch": "look, again", "reboot": "look, again"},
    "405": NEVER,
    "500": LOST,
    "409": {"GET": "again", "create": "look, or fail", "PATCH": "look, again", "DELETE": "look, again", "switch": "settle", "reboot": "look, or fail"},
    "429": {"GET": "again", "create": "look, again", "PATCH": "again", "DELETE": "look, again", "switch": "look, again", "reboot": "look, again"},
    "202": LOST,
}
# Other statuses that share a row.
LIKE = {
    "400": [400, 422],
    "401": [401, 403],
    "402": [402],
    "404": [404],
    "405": [405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 424, 426, 428, 431, 451, 499],
    "500": [408, 425, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599, 600, 999],
    "409": [409, 423],
    "429": [429],
    "202": [202, 203, 205, 206, 226, 299],
    "broken 200": [200, 204],
    "broken 201": [201],
}


def answer(status: int, retry_after: float | None = None) -> Answer:
    return Answer(status, {}, b"", retry_after)


def failures(row: str) -> list[ExchangeFailure]:
    """Every failure that belongs to a row of the table above."""
    special: dict[str, list[ExchangeFailure]] = {
        "not reached": [NotSent("refused")],
        "certificate": [CertificateRejected("no")],
        "lost": [Indeterminate("reset")],
        "redirect": [Foreign("elsewhere", answer=answer(status)) for status in (300, 301, 302, 303, 304, 307, 308)],
    }
    if row in special:
        return special[row]
    refused = row in ("400", "401", "402", "404", "405", "429")
    kind: type[ExchangeFailure] = Refused if refused else Indeterminate
    found = [kind("no", answer=answer(status)) for status in LIKE[row]]
    if row == "429":
        found += [Refused("slow down", answer=answer(429, 3.0)), Refused("slow down", answer=answer(503, 3.0)), Refused("slow down", answer=answer(503, 0.0))]
    return found


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", TABLE)
def test_every_cell(row: str, column: str) -> None:
    for failure in failures(row):
        assert move(COLUMNS[column], failure) is NAMES[TABLE[row][column]], f"{failure.status}"


def test_the_table_has_every_row_of_the_policy() -> None:
    assert {row_of(failure) for row in TABLE for failure in failures(row)} == set(Row)
    assert set(COLUMNS.values()) == set(Operation)


@pytest.mark.parametrize("row", TABLE)
def test_what_creates_and_reboots_must_never_do(row: str) -> None:
    """The two rules that money and uptime hang on, stated without the table: no second one unless the first is proven not to have happened."""
    for failure in failures(row):
        proven = isinstance(failure, NotSent | Refused | Foreign)
        for operation in (Operation.CREATE, Operation.REBOOT):
            if not proven:
                assert move(operation, failure) in (Move.LOOK_ONLY, Move.LOOK_OR_FAIL)
            assert operation is Operation.REBOOT or move(operation, failure) is not Move.AGAIN, "a create looks before each sending"


def test_a_rejected_token_stops_everything() -> None:
    for operation in Operation:
        for failure in failures("401"):
            assert move(operation, failure) is Move.STOP


@pytest.mark.parametrize(("retries", "reads", "writes"), [(0, 1, 1), (1, 2, 2), (3, 4, 4), (5, 6, 4), (50, 51, 4)])
def test_tries(retries: int, reads: int, writes: int) -> None:
    assert tries(Operation.READ, retries) == reads
    assert {tries(operation, retries) for operation in Operation if operation is not Operation.READ} == {writes}
