# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request in the proxy: the ways a fault can treat it and its client."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .background import reset
from .history import Memory, Record
from .http1 import Answer, Request, json_answer
from .upstream import Upstream

if TYPE_CHECKING:
    from .rules import Hit

SEND_LIMIT = 120.0
_SEND_BUFFER = 64 * 1024


class NotApplicable(Exception):
    """The fault cannot be carried out on this answer; the client gets the answer as it is."""


class Exchange:
    """A request, its client's connection, its record, and the way upstream."""

    def __init__(
        self,
        request: Request,
        record: Record,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: Upstream,
        memory: Memory,
        origin: str,
    ) -> None:
        self.request, self.record, self.memory, self.origin = request, record, memory, origin
        self.reader, self.writer = streams
        self.upstream = upstream
        self.hit: Hit | None = None
        self.answer: Answer | None = None
        self.keep_alive = request.keep_alive

    @property
    def url(self) -> str:
        """The request's own URL, as the client sees it."""
        return self.origin + self.request.target

    async def forward(self) -> Answer:
        """Let the request have its effect, and return the upstream's answer."""
        self.record.forwarded = True
        writes = self.memory.writes
        answer = await self.upstream.exchange(self.request)
        self.record.upstream_status = answer.status
        self.memory.note(self.request, answer, writes)
        self.answer = answer
        return answer

    async def read_detail(self) -> Answer:
        """Ask upstream for the request's path with GET, for faults that answer a write without carrying it out."""
        headers = [pair for pair in self.request.headers if pair[0].lower() not in ("content-length", "content-type")]
        return await self.upstream.exchange(Request("GET", self.request.path, "HTTP/1.1", headers))

    async def send(self, answer: Answer) -> None:
        """Send an answer, whole; the connection lives on if the client wants so."""
        self.record.status = answer.status
        data = answer.encode(self.keep_alive) if self.request.method != "HEAD" else answer.head(self.keep_alive)
        await self.send_bytes(data)

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, and count them."""
        try:
            self.writer.write(data)
            if self.writer.transport.get_write_buffer_size():
                await asyncio.wait_for(self.writer.drain(), SEND_LIMIT)
            self.record.bytes_sent += len(data)
        except ConnectionError:
            self.left()
        except asyncio.TimeoutError:
            self.reset()

    async def stream(self, chunks: Iterable[bytes], seconds: float, interval: float = 0.0) -> None:
        """Send chunk after chunk, one each ``interval`` seconds, until the client leaves or ``seconds`` have passed;
        then close.

        Only little is kept in buffers, so that ``bytes_sent`` tells what the client's kernel has taken; where the
        client leaves in the midst, it may be short by up to 256 KiB (what was under way), or too high by what the
        client's kernel held unread.
        """
        self.keep_alive = False
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER
        )  # from now on the kernel does not let it grow
        self.writer.transport.set_write_buffer_limits(high=0)
        end = time.monotonic() + seconds
        before, written = self.record.bytes_sent, 0
        try:
            for chunk in chunks:
                if self.reader.at_eof() or self.writer.is_closing():
                    break
                if time.monotonic() >= end:
                    return
                self.writer.write(chunk)
                await asyncio.wait_for(self.writer.drain(), max(end - time.monotonic(), 0.001))
                written += len(chunk)
                self.record.bytes_sent = before + written - _unacknowledged(sock.fileno())
                await asyncio.sleep(interval)
            else:
                self.record.bytes_sent = before + written
                return
        except asyncio.TimeoutError:  # the client does not read, but stays
            self.reset()
            return
        except ConnectionError:
            pass
        self.left()

    async def hang(self, seconds: float) -> None:
        """Send nothing until the client leaves, at most ``seconds``; then close."""
        self.keep_alive = False
        end = time.monotonic() + seconds
        try:
            while left := max(end - time.monotonic(), 0):
                if not await asyncio.wait_for(self.reader.read(4096), left):
                    self.left()
                    return
        except asyncio.TimeoutError:
            pass
        except ConnectionError:
            self.left()

    def reset(self) -> None:
        """Reset the connection."""
        self.keep_alive = False
        reset(self.writer)

    def close(self) -> None:
        """Close the connection in the ordinary way once what was sent is out."""
        self.keep_alive = False
        self.writer.close()

    def left(self) -> None:
        """Note that the client went away."""
        self.keep_alive = False
        self.record.client_left = True

    async def bad_gateway(self, error: Exception) -> None:
        """Tell the client (and the record) that upstream did not answer: a broken test set-up, not a fault."""
        self.record.error = str(error)
        await self.send(json_answer(502, {"detail": f"fault proxy: {error}"}))


def _unacknowledged(descriptor: int) -> int:
    """Bytes in the kernel's send buffer that the peer has not taken. ConnectionResetError if the socket is gone."""
    if descriptor < 0:
        raise ConnectionResetError
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0\0\0\0"))[0]
