# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix as data: eight operations, every kind of fault, and what must come of each pair.

What is expected is copied from the failure table of the specification, never asked of the code under test. Each fault
meets each operation twice: once (does the operation recover?) and for ever (does it fail as it must?).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OPERATIONS = ("info", "create", "update", "delete", "start", "stop", "reboot", "inventory")
WAIT = "wait"  # a ninth beyond the eight: the reads of a task that waits for the server that it has created
MODES = ("once", "always")

# What may be expected. The judge (fault_judge.py) holds every word against the account and the history of requests.
DONE = "done"  # success, and the account is as it was asked to be
REFUSED = "refused"  # failure, and nothing has happened
UNKNOWN = "unknown"  # failure that says so: it may have happened; the request was sent once
NAMED = "named"  # failure although it may have happened; the id of the server is in the message

_D_D, _D_F, _F_F = (DONE, DONE), (DONE, REFUSED), (REFUSED, REFUSED)
_U_U, _D_N, _N_N = (UNKNOWN, UNKNOWN), (DONE, NAMED), (NAMED, NAMED)

_COLUMNS = {
    "info": 0,
    "inventory": 0,
    "create": 1,
    "update": 2,
    "delete": 3,
    "start": 4,
    "stop": 4,
    "reboot": 5,
    WAIT: 6,
}

# The rows of the failure table; in each cell what is expected when the fault comes once, and when it comes every time.
# None: the fault can't meet the operation.
TABLE: Mapping[str, tuple[tuple[str, str] | None, ...]] = {
    #                            GET    create PATCH  DELETE start/stop reboot wait
    "not sent": (_D_F, _D_F, _D_F, _D_F, _D_F, _D_F, _D_N),
    "harmless": (_D_D, _D_D, _D_D, _D_D, _D_D, _D_D, _D_D),
    "lost before the effect": (_D_F, _U_U, _D_F, _D_F, _D_F, _U_U, _D_N),
    "lost after the effect": (_D_F, _D_D, _D_D, _D_D, _D_D, _D_D, _D_N),
    # The first page is asked for again without the undocumented page_size.
    "400, 422": (_D_F, _F_F, _F_F, _F_F, _F_F, _F_F, _D_N),
    "401, 403": (_F_F, _F_F, _F_F, _F_F, _F_F, _F_F, _N_N),
    "402": (_F_F, _F_F, _F_F, _F_F, _F_F, _F_F, _D_N),
    # Of the list: a wrong api_url.
    "404": (_F_F, _F_F, _D_F, _D_F, _D_F, _D_F, _D_N),
    "other 4xx": (_F_F, _F_F, _F_F, _F_F, _F_F, _F_F, _D_N),
    "409, 423": (_D_F, _F_F, _D_F, _D_F, _D_F, _F_F, _D_N),
    "429, 503 with Retry-After": (_D_F, _D_F, _D_F, _D_F, _D_F, _D_F, _D_N),
    "3xx": (_F_F, _F_F, _F_F, _F_F, _F_F, _F_F, _D_N),
    # A look that every operation begins with.
    "broken list": (_D_F, _D_F, _D_F, _D_F, _D_F, _D_F, None),
    # 200 for a PATCH is an acceptance, so that only the read-back shows that nothing took.
    "empty object without effect": (_D_F, _U_U, _N_N, _D_F, _D_F, _U_U, _D_N),
    # A create's answer shows another id than the list: which of two servers is wanted can't be told.
    "another server's answer": (_D_F, _N_N, _D_D, _D_F, _D_D, _D_D, _D_N),
    "new server not found at once": (None, _D_D, None, None, None, None, None),
    "update without effect": (None, None, _N_N, None, None, None, None),
    "deletion without effect": (None, None, None, _N_N, None, None, None),
    "reads that lag behind": (None, _D_D, _D_N, _D_N, _D_N, _D_D, None),
}


@dataclass(frozen=True, eq=False)
class Row:
    """One fault of the matrix.

    C(target): which request it hits, see fault_cases.py. C(paged): needs a list of several pages.
    """

    name: str
    kind: str
    family: str
    params: Mapping[str, Any] = field(default_factory=dict)
    target: str = "own"
    paged: bool = False
    limited: bool = False  # ends only with the time limit, which is short then

    def expect(self, operation: str, mode: str) -> str | None:
        """What must come of it; None where the fault can't meet the operation."""
        cell = TABLE[self.family][_COLUMNS[operation]]
        return None if cell is None else cell[MODES.index(mode)]


def _rows() -> Iterator[Row]:
    def many(family: str, *entries: Any, **common: Any) -> Iterator[Row]:
        for entry in entries:
            kind, params = (entry, {}) if isinstance(entry, str) else entry
            words = [str(value) for value in params.values() if not isinstance(value, (dict, list))]
            yield Row(" ".join([kind, *words]), kind, family, params, **common)

    def answers(family: str, *statuses: int, forward: bool = False) -> Iterator[Row]:
        for status in statuses:
            name = f"answer {status}{' after the effect' if forward else ''}"
            yield Row(
                name,
                "answer",
                family,
                {"status": status, "body": {"detail": f"An answer {status}."}, "forward": forward},
            )

    yield from many("not sent", "refuse", "connect_timeout", target="connection")
    yield from many("not sent", "reset_on_accept", target="any")  # met by the look that comes first
    yield from many(
        "harmless",
        "delay",
        "wrong_content_type",
        ("wrong_content_type", {"content_type": None}),
        "bom_json",
        "lone_surrogate",
    )
    yield from many("harmless", ("clock_skew", {"seconds": 3600}), ("clock_skew", {"seconds": -3600}))
    yield from many("lost before the effect", "reset_before", "close_before", "hang_before")
    for kind in ("garbage", "html_200", "empty_body_200", "deep_json"):
        yield Row(f"{kind} without effect", kind, "lost before the effect", {"forward": False})
        yield Row(kind, kind, "lost after the effect")
    yield from answers("lost before the effect", 202, 408, 425, 500, 502, 504, 520)
    yield from many(
        "lost before the effect", *(("status_503", {"form": form}) for form in ("absent", "nonsense", "negative"))
    )
    yield from many(
        "lost after the effect",
        "reset_after",
        "close_after",
        "hang_after",
        "close_mid_body",
        "truncate_body",
        "drip_body",
        "drip_headers",
    )
    yield from many(
        "lost after the effect", "header_flood", ("header_flood", {"mode": "huge"}), ("gzip_bomb", {"mib": 64})
    )
    yield from many(
        "lost after the effect", "endless_body", ("endless_body", {"mode": "length"}), "endless_100_continue"
    )
    yield from many("lost after the effect", "huge_number", "nan_json", "invalid_utf8")
    yield from answers("lost after the effect", 202, 409, 500, 502, 504, forward=True)
    yield from answers("400, 422", 400, 422)
    yield from answers("401, 403", 401, 403)
    yield from many("401, 403", "echo_token")
    yield from many("400, 422", ("echo_token", {"status": 400}))
    yield from answers("402", 402)
    yield from answers("404", 404)
    yield from answers("other 4xx", 405, 410, 413, 415, 418)
    yield from answers("409, 423", 409, 423)
    throttled = "429, 503 with Retry-After"
    yield from many(
        throttled, *(("status_429", {"form": form}) for form in ("seconds", "nonsense", "negative", "absent"))
    )
    yield from many(
        throttled,
        ("status_429", {"form": "date", "clock_skew": 86400}),
        "status_503",
        ("status_503", {"form": "date", "clock_skew": -86400}),
    )
    yield from many("3xx", *(("redirect", {"status": status}) for status in (301, 302, 303, 307, 308)))
    yield from many("broken list", "wrong_count", "missing_results", "missing_count", "results_not_list", target="list")
    yield from many(
        "broken list", "item_without_id", "item_bool_id", "item_string_id", "next_not_a_string", target="list"
    )
    yield from many("broken list", "next_loops", target="list", paged=True)
    yield from many("harmless", "next_foreign", target="list", paged=True)
    yield from many("harmless", "duplicate_items", target="list")
    yield Row(
        "empty object without effect",
        "answer",
        "empty object without effect",
        {"status": 200, "body": {}},
        limited=True,
    )
    yield from many("another server's answer", "wrong_id_in_detail", target="server")
    yield from many("new server not found at once", "not_found_after_create", target="any")
    yield from many("update without effect", "ignored_patch", ("ignored_patch", {"echo": True}), limited=True)
    yield from many("deletion without effect", "ignored_delete", limited=True)
    yield from many("reads that lag behind", "stale_list", target="any", limited=True)


ROWS: tuple[Row, ...] = tuple(_rows())


@dataclass(frozen=True, eq=False)
class Case:
    """One cell of the matrix. C(number): of the case in the whole matrix, from 1."""

    number: int
    operation: str
    row: Row
    mode: str
    expect: str

    @property
    def name(self) -> str:
        """The name of the case's own server, and of the case's host in the play."""
        return f"case-{self.number:04d}"

    @property
    def label(self) -> str:
        return f"{self.operation} x {self.row.name} ({self.mode})"


def all_cases() -> list[Case]:
    """Every cell: operation by operation, row by row, once and always."""
    cases: list[Case] = []
    for operation in (*OPERATIONS, WAIT):
        for row in ROWS:
            if operation == WAIT and row.target in ("list", "any"):
                continue  # met by the look before the create, as with the operation itself
            for mode in MODES:
                expect = row.expect(operation, mode)
                if expect is not None:
                    cases.append(Case(len(cases) + 1, operation, row, mode, expect))
    return cases


def sample() -> list[Case]:
    """Every fault once, with the operations taking turns; and every family for ever with one operation."""
    cases = all_cases()
    chosen: dict[int, Case] = {}
    for number, row in enumerate(ROWS):
        fitting = [case for case in cases if case.row is row and case.mode == "once"]
        case = fitting[number % len(fitting)]
        chosen[case.number] = case
    for number, family in enumerate(TABLE):
        fitting = [case for case in cases if case.row.family == family and case.mode == "always"]
        case = fitting[(number * 7) % len(fitting)]
        chosen[case.number] = case
    return [chosen[number] for number in sorted(chosen)]
