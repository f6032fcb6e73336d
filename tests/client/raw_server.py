# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on 127.0.0.1 that says exactly what a test wants, byte by byte, in plain text or behind TLS."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

LIMIT = 20.0  # seconds that one connection may take


class RawServer:
    """Reads the head of each request (and its body), and sends what `talk` gives for it, piece by piece.

    `talk` gets the head as text. Where it gives None, the connection is closed without a word; after the pieces it
    stays open for a next request unless `close` is set. `greeting` is sent, and the connection closed, before anything
    is read. `requests` are the heads seen, `connections` and `closed` count connections, `sent` the bytes of all
    answers.
    """

    def __init__(
        self,
        talk: Callable[[str], Iterable[bytes] | None],
        *,
        tls: ssl.SSLContext | None = None,
        close: bool = False,
        greeting: bytes = b"",
    ) -> None:
        self.requests: list[str] = []
        self.connections = 0
        self.sent = 0
        self.closed = 0
        self._talk, self._tls, self._close, self._greeting = talk, tls, close, greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/api/v1"
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(LIMIT)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if self._tls:
                wrapped = self._tls.wrap_socket(connection, server_side=True)
                self._open.add(wrapped)
                with contextlib.closing(wrapped):
                    self._converse(wrapped)
            elif self._greeting:
                connection.sendall(self._greeting)
            else:
                self._converse(connection)
        self.closed += 1

    def _converse(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        while not self._ended.is_set():
            lines = list(itertools.takewhile(lambda line: line not in (b"\r\n", b""), iter(stream.readline, None)))
            if not lines:
                return
            text = b"".join(lines).decode("latin-1")
            length = next(
                (int(line.split(":")[1]) for line in text.lower().splitlines() if line.startswith("content-length:")), 0
            )
            stream.read(length)
            self.requests.append(text)
            pieces = self._talk(text)
            if pieces is None:
                return
            for piece in pieces:
                if self._ended.is_set():
                    return
                connection.sendall(piece)
                self.sent += len(piece)
            if self._close:
                return


def answer(value: Any, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer with a JSON body; `headers` are lines that end in CRLF."""
    body = json.dumps(value).encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
        + body
    )


EMPTY = {"count": 0, "results": []}
