# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator behind a port of its own, with or without TLS, so that the two differ in TLS only."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import ssl
import threading
from types import TracebackType

import certifi
import trustme

CHUNK = 1 << 16
START_LIMIT = 30.0  # seconds


class Authority:
    """A certificate authority, in a bundle with those that every system knows.

    The bundle is as long as a real one on purpose: reading it is a good part of what TLS costs.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        authority = trustme.CA()
        self.bundle = folder / "authorities.pem"
        self.bundle.write_bytes(pathlib.Path(certifi.where()).read_bytes() + b"\n" + authority.cert_pem.bytes())
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)


class Forwarder:
    """Forwards connections to a port of this machine, in a thread of its own, for as long as its context lasts.

    Its CPU is this process's: none of it is counted with a command that is measured.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._upstream = port
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._transfers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The api_url of what is behind it."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{port}/api/v1"

    def __enter__(self) -> Forwarder:
        self._thread.start()
        starting = asyncio.start_server(self._connected, "127.0.0.1", 0, limit=CHUNK, ssl=self._tls, backlog=1024)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(START_LIMIT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(START_LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_LIMIT)
        self._loop.close()

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        for transfer in self._transfers:
            transfer.cancel()
        await asyncio.gather(*self._transfers, return_exceptions=True)

    async def _connected(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        transfer = asyncio.current_task()
        assert transfer is not None
        self._transfers.add(transfer)
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream, limit=CHUNK)
            await asyncio.gather(_copy(client, to_server), _copy(server, to_client))
        except (OSError, asyncio.CancelledError):
            pass  # one side has left, or the measurement is over
        finally:
            self._transfers.discard(transfer)
            to_client.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
