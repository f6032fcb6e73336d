# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on 127.0.0.1 whose asyncio loop runs in a thread of its own, and which leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .http1 import HEAD_LIMIT

T = TypeVar("T")
ServerT = TypeVar("ServerT", bound="BackgroundServer")
HOST = "127.0.0.1"
CLOSE_LIMIT = 5.0
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27


class BackgroundServer:
    """Accepts connections in a background thread; every connection is one task that calls :meth:`serve`."""

    def __init__(self, port: int = 0, name: str = "server") -> None:
        """Listen at once. ``port`` 0 picks a free one. OSError if the port is taken."""
        self.connections = 0
        self._changed = threading.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()
        self._server: asyncio.Server | None = None
        self._closed = self._dropping = False
        # Keeps the port ours while the listening socket is closed on purpose; it never listens itself.
        self._holder = self._bind(port)
        self.port: int = self._holder.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"{name}-{self.port}", daemon=True)
        self._thread.start()
        try:
            self._await(self._listen())
        except BaseException:
            self.close()
            raise

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        """Serve one connection, the ``number``-th."""
        raise NotImplementedError

    async def shutdown(self) -> None:
        """Called in the loop once all connections have ended."""

    def __enter__(self: ServerT) -> ServerT:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection, the loop and the thread. May be called again."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(Exception):
            self._await(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_LIMIT)
        if not self._thread.is_alive():
            self._loop.close()
        self._holder.close()

    def wait_until(self, condition: Callable[[], Any], limit: float = 10.0) -> bool:
        """Wait for at most ``limit`` seconds until the condition holds; it is looked at after every change in here."""
        end = time.monotonic() + limit
        with self._changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.25))
        return True

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop's thread, where all state lives, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CLOSE_LIMIT)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    @staticmethod
    def _bind(port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((HOST, port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def _listen(self) -> None:
        sock = self._bind(self.port)
        try:
            self._server = await asyncio.start_server(self._accept, sock=sock, limit=HEAD_LIMIT, backlog=512)
        except BaseException:
            sock.close()
            raise

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server, self._dropping = None, False

    def _drop_attempts(self, drop: bool) -> None:
        """Drop (or no longer drop) connection attempts in the kernel, so that a client's connect gets no
        answer at all.
        """
        if not sys.platform.startswith("linux") or self._server is None or drop == self._dropping:
            return
        self._dropping = drop
        sock = self._server.sockets[0]
        if drop:
            instruction = ctypes.create_string_buffer(
                struct.pack("HBBI", 0x06, 0, 0, 0)
            )  # return 0: no byte of the packet is kept
            sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(instruction)))
        else:
            sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._transports.add(writer.transport)
        task = self._loop.create_task(self._guard(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        try:
            await self.serve(reader, writer, number)
        except (ConnectionError, TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()
            self._notify()

    async def _stop(self) -> None:
        self._stop_listening()
        for _turn in range(5):  # a connection that is being accepted becomes a task of ours first
            await asyncio.sleep(0)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for transport in list(self._transports):  # a client that does not read would keep a closing one for ever
            transport.abort()
        await self.shutdown()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for _turn in range(3):  # transports close their sockets in the loop's next turns
            await asyncio.sleep(0)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
