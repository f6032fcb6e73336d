# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Just enough HTTP/1.1 for a proxy: requests and answers are read whole, within bounds, and written again."""

from __future__ import annotations

import asyncio
import http
import json
from dataclasses import dataclass, field
from typing import Any

HEAD_LIMIT = 256 * 1024
REQUEST_BODY_LIMIT = 8 * 1024 * 1024
ANSWER_BODY_LIMIT = 256 * 1024 * 1024
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect"}
)

Headers = list[tuple[str, str]]


class ProtocolError(Exception):
    """What arrived is not HTTP/1.1, or is beyond the bounds."""


def find(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, whatever its case."""
    name = name.lower()
    return next((value for key, value in headers if key.lower() == name), None)


def without(headers: Headers, *names: str) -> Headers:
    """Return the headers without those named (in lower case)."""
    return [(key, value) for key, value in headers if key.lower() not in names]


@dataclass
class Request:
    """One request, whole."""

    method: str
    target: str
    version: str
    headers: Headers
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def keep_alive(self) -> bool:
        wish = (find(self.headers, "connection") or "").lower()
        return "close" not in wish and (self.version == "HTTP/1.1" or "keep-alive" in wish)

    def encode(self) -> bytes:
        """The request as it goes upstream: own framing, everything else as the client sent it."""
        headers = [
            pair for pair in self.headers if pair[0].lower() not in HOP_BY_HOP and pair[0].lower() != "content-length"
        ]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(self.body))))
        return _head(f"{self.method} {self.target} HTTP/1.1", headers) + self.body


@dataclass
class Answer:
    """One answer, whole."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    reason: str | None = None

    def head(self, keep_alive: bool, length: int | None = None) -> bytes:
        """The head with its framing; ``length`` overrides Content-Length."""
        headers = [
            pair for pair in self.headers if pair[0].lower() not in HOP_BY_HOP and pair[0].lower() != "content-length"
        ]
        if self.status != 204 and self.status >= 200:
            headers.append(("Content-Length", str(len(self.body) if length is None else length)))
        headers.append(("Connection", "keep-alive" if keep_alive else "close"))
        return _head(f"HTTP/1.1 {self.status} {phrase(self.status) if self.reason is None else self.reason}", headers)

    def encode(self, keep_alive: bool) -> bytes:
        return self.head(keep_alive) + (b"" if self.status == 204 else self.body)

    def json(self) -> Any:
        """The body as JSON; ValueError if it is none."""
        return json.loads(self.body)

    def with_json(self, value: Any) -> Answer:
        """The same answer around another body."""
        return Answer(self.status, list(self.headers), json.dumps(value).encode(), self.reason)


def phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def json_answer(status: int, value: Any, headers: Headers | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, [("Content-Type", "application/json"), *(headers or [])], json.dumps(value).encode())


def _head(first: str, headers: Headers) -> bytes:
    return "\r\n".join([first, *(f"{key}: {value}" for key, value in headers), "", ""]).encode("latin-1", "replace")


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Read one request, or None if the client closed before one began."""
    head = await _read_head(reader)
    if head is None:
        return None
    first, headers = head
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ProtocolError("not a request line")
    if (find(headers, "expect") or "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_body(reader, headers, REQUEST_BODY_LIMIT, until_close=False)
    return Request(parts[0], parts[1], parts[2], headers, body)


async def read_answer(reader: asyncio.StreamReader, method: str) -> tuple[Answer, bool]:
    """Read one answer to a request of ``method``; also tell whether the connection may carry another exchange."""
    status = 100
    while status < 200:
        head = await _read_head(reader)
        if head is None:
            raise ProtocolError("closed without an answer")
        first, headers = head
        version, _space, rest = first.partition(" ")
        code, _space, reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not code.isdigit():
            raise ProtocolError("not a status line")
        status = int(code)
    bodiless = method == "HEAD" or status in (204, 304)
    framed = bodiless or find(headers, "content-length") is not None or find(headers, "transfer-encoding") is not None
    body = b"" if bodiless else await _read_body(reader, headers, ANSWER_BODY_LIMIT, until_close=True)
    wish = (find(headers, "connection") or "").lower()
    reusable = framed and "close" not in wish and (version == "HTTP/1.1" or "keep-alive" in wish)
    return Answer(status, headers, body, reason), reusable


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, Headers] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ProtocolError("closed within a head") from None
        return None
    except asyncio.LimitOverrunError:
        raise ProtocolError("head too long") from None
    lines = raw[:-4].decode("latin-1").split("\r\n")
    headers: Headers = []
    for line in lines[1:]:
        key, colon, value = line.partition(":")
        if not colon:
            raise ProtocolError("not a header line")
        headers.append((key, value.strip()))
    return lines[0], headers


async def _read_body(reader: asyncio.StreamReader, headers: Headers, limit: int, until_close: bool) -> bytes:
    try:
        if "chunked" in (find(headers, "transfer-encoding") or "").lower():
            return await _read_chunks(reader, limit)
        length = find(headers, "content-length")
        if length is not None:
            if not length.isdigit() or int(length) > limit:
                raise ProtocolError("Content-Length is nonsense or beyond the limit")
            return await reader.readexactly(int(length))
        if not until_close:
            return b""
        body = bytearray()
        while piece := await reader.read(65536):
            body += piece
            if len(body) > limit:
                raise ProtocolError("body beyond the limit")
        return bytes(body)
    except asyncio.IncompleteReadError:
        raise ProtocolError("closed within a body") from None


async def _read_chunks(reader: asyncio.StreamReader, limit: int) -> bytes:
    body = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise ProtocolError("not a chunk size") from None
        if size < 0 or len(body) + size > limit:
            raise ProtocolError("body beyond the limit")
        if size == 0:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
            return bytes(body)
        body += (await reader.readexactly(size + 2))[:-2]
