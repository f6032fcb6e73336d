# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outermost layer: every request to the API is read whole, numbered, delayed and written down here."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.backend import Backend
from emulator.errors import ApiError, error_response

MAX_BODY = 1 << 20
NOT_OF_THE_API = ("/_emulator/", "/openapi.json")


class Exchange:
    """One request on its way through: its body, and the token once it is known."""

    __slots__ = ("body", "token")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.token: str | None = None


class Gate:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, backend: Backend) -> None:
        self.app = app
        self.backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.backend.last_request = time.monotonic()
        if scope["type"] != "http" or scope["path"].startswith(NOT_OF_THE_API):
            await self.app(scope, receive, send)
            return
        backend, log = self.backend, self.backend.log
        arrival, number = time.time(), log.arrived()
        body = await _read(receive)
        exchange = scope["vps.exchange"] = Exchange(body or b"")
        half = backend.switches.latency_ms / 2000
        logged = False

        def write_down(status: int) -> None:
            nonlocal logged
            if not logged:
                logged = True
                log.answered(number, arrival, scope, status, exchange.token, exchange.body)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                if half:
                    await asyncio.sleep(half)
                write_down(message["status"])
                date = formatdate(time.time() + backend.switches.clock_skew_s, usegmt=True)
                message["headers"] = [*message["headers"], (b"date", date.encode())]
            await send(message)

        try:
            if body is None:
                too_large = error_response(ApiError(413, "Request body is too large."), backend.switches.error_shape)
                await too_large(scope, receive, sending)
                return
            if half:
                await asyncio.sleep(half)
            await self.app(scope, receive, sending)
        finally:
            write_down(0)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large.

    What came before the client left counts as whole: the API then acts on it or not.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message: dict[str, Any] = dict(await receive())
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
