# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proxy remembers: one record for every request, and the API's past answers that stale reads are made of."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from typing import Any

from .http1 import Answer, Request

RECORDS_LIMIT = 100_000
ANSWERS_LIMIT = 2_000
ANSWER_SIZE_LIMIT = 8 * 1024 * 1024
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Record:
    """One request. It never holds the token: only whether an Authorization header was there.

    A connection that was reset before anything was read has a record of its own, with an empty method.
    ``bytes_sent`` counts every byte of the answer that the client's kernel took, the head included.
    """

    seq: int
    connection: int
    time: float
    method: str
    path: str
    query: str
    body: bytes = field(repr=False)
    authorization: bool
    fault: str | None = None
    forwarded: bool = False
    upstream_status: int | None = None
    status: int | None = None
    bytes_sent: int = 0
    client_left: bool = False
    error: str | None = None
    ended: float | None = None

    @property
    def done(self) -> bool:
        """Whether the proxy is through with the request."""
        return self.ended is not None

    def as_dict(self) -> dict[str, Any]:
        """The record for JSON: the body as text."""
        return {**asdict(self), "body": self.body.decode("utf-8", "backslashreplace")}


class Memory:
    """The upstream's answers to reads, before and since the last write, and the ids it gave out."""

    def __init__(self) -> None:
        self.writes = 0
        self.last_write = 0.0
        self.new_ids: dict[int, int] = {}
        self._answers: OrderedDict[str, list[tuple[int, Answer]]] = OrderedDict()

    def note(self, request: Request, answer: Answer, writes_before: int) -> None:
        """Remember an upstream answer. ``writes_before``: the number of writes when the request set out."""
        if not 200 <= answer.status < 300:
            return
        if request.method in WRITES:
            self.writes += 1
            self.last_write = time.monotonic()
            if request.method == "POST" and answer.status == 201:
                self._note_created(answer)
        elif request.method == "GET" and len(answer.body) <= ANSWER_SIZE_LIMIT:
            kept = [pair for pair in self._answers.pop(request.target, []) if pair[0] != writes_before]
            self._answers[request.target] = [*kept[-1:], (writes_before, answer)]
            if len(self._answers) > ANSWERS_LIMIT:
                self._answers.popitem(last=False)

    def before_last_write(self, request: Request) -> Answer | None:
        """The newest answer to the same read from before the last write."""
        older = [answer for writes, answer in self._answers.get(request.target, []) if writes < self.writes]
        return older[-1] if older else None

    def _note_created(self, answer: Answer) -> None:
        try:
            value = answer.json()
        except ValueError:
            return
        if isinstance(value, dict) and isinstance(value.get("id"), int):
            self.new_ids[value["id"]] = self.new_ids.get(value["id"], 0)
