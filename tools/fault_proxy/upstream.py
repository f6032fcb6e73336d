# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the API behind the proxy: kept-alive connections, one exchange at a time on each."""

from __future__ import annotations

import asyncio
import time

from .http1 import HEAD_LIMIT, Answer, ProtocolError, Request, read_answer

IDLE_LIMIT = 1.5
ANSWER_LIMIT = 120.0
POOL_LIMIT = 64

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class UpstreamError(Exception):
    """No whole answer came from upstream."""


class Upstream:
    """Sends requests to one host and port. Used in one loop only."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: list[tuple[float, Streams]] = []

    async def exchange(self, request: Request) -> Answer:
        """Send a request, once, and read the whole answer. UpstreamError if none came."""
        streams = self._take()
        try:
            if streams is None:
                streams = await asyncio.open_connection(self._host, self._port, limit=HEAD_LIMIT)
            reader, writer = streams
            writer.write(request.encode())
            await writer.drain()
            answer, reusable = await asyncio.wait_for(read_answer(reader, request.method), ANSWER_LIMIT)
        except (OSError, ProtocolError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            if streams is not None:
                streams[1].transport.abort()
            raise UpstreamError(f"{type(error).__name__}: {error}") from error
        except asyncio.CancelledError:
            if streams is not None:
                streams[1].transport.abort()
            raise
        if reusable and len(self._idle) < POOL_LIMIT:
            self._idle.append((time.monotonic(), streams))
        else:
            writer.close()
        return answer

    def close(self) -> None:
        """Drop the idle connections."""
        for _since, (_reader, writer) in self._idle:
            writer.transport.abort()
        self._idle.clear()

    def _take(self) -> Streams | None:
        # A write must never be sent twice, so a connection that the upstream may be about to close is not used again.
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < IDLE_LIMIT and not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.transport.abort()
        return None
