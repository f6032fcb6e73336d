# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another host, to which nothing of the API's may ever go: counts what arrives, and whether the token came with it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from .background import HOST, BackgroundServer
from .http1 import ProtocolError, find, json_answer, read_request


@dataclass(frozen=True)
class ForeignRecord:
    """A request that reached the foreign host."""

    time: float
    method: str
    path: str
    query: str
    authorization: bool
    body: bytes


class ForeignHost(BackgroundServer):
    """A recorder on 127.0.0.1 that answers everything with ``status`` and the JSON of ``answer``."""

    def __init__(self, answer: Any = None, status: int = 200, port: int = 0) -> None:
        """Listen at once. ``answer`` None: an empty list, which looks like success to a careless client."""
        self.answer = {"count": 0, "results": []} if answer is None else answer
        self.status = status
        self._requests: list[ForeignRecord] = []
        super().__init__(port, "foreign-host")
        self.url = f"http://{HOST}:{self.port}"

    @property
    def requests(self) -> list[ForeignRecord]:
        """The requests so far."""
        return self._requests[:]

    @property
    def count(self) -> int:
        return len(self._requests)

    @property
    def with_authorization(self) -> int:
        """How many requests carried an Authorization header."""
        return sum(record.authorization for record in self._requests)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        try:
            while request := await read_request(reader, writer):
                carried = find(request.headers, "authorization") is not None
                self._requests.append(
                    ForeignRecord(time.monotonic(), request.method, request.path, request.query, carried, request.body)
                )
                writer.write(json_answer(self.status, self.answer).encode(request.keep_alive))
                await writer.drain()
                self._notify()
                if not request.keep_alive:
                    return
        except (ProtocolError, asyncio.IncompleteReadError):
            return
