# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy on 127.0.0.1 that knows CONNECT only, and keeps every byte that a client sends through it."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time

LIMIT = 20.0


class ConnectProxy:
    """`heads` are the CONNECT requests, `seen` all that clients sent.

    `reply` instead of a tunnel: an answer of its own; `drip`: in drips. `tls`: how clients reach it.
    """

    def __init__(self, reply: bytes = b"", drip: float = 0.0, *, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self.seen = bytearray()
        self._reply, self._drip, self._tls = reply, drip, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> ConnectProxy:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(LIMIT)

    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            client.settimeout(LIMIT)
            self._sockets.append(client)
            self._run(self._serve, client)

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(plain):
            client = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._sockets.append(client)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                piece = client.recv(1)
                if not piece:
                    return
                head += piece
            self.seen += head
            self.heads.append(head.decode("latin-1"))
            if self._reply or self._drip:
                self._answer(client)
                return
            host, _colon, port = self.heads[-1].split(" ")[1].rpartition(":")
            with contextlib.closing(socket.create_connection((host, int(port)), timeout=LIMIT)) as upstream:
                self._sockets.append(upstream)
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                if isinstance(client, ssl.SSLSocket):
                    self._relay_in_turn(client, upstream)
                else:
                    self._run(self._relay, upstream, client, None)
                    self._relay(client, upstream, self.seen)

    def _answer(self, client: socket.socket) -> None:
        if not self._drip:
            client.sendall(self._reply)
            return
        end = time.monotonic() + LIMIT
        while not self._ended.wait(self._drip) and time.monotonic() < end:
            client.sendall(b"H")

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket, seen: bytearray | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if seen is not None:
                    seen += data
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    @staticmethod
    def _relay_in_turn(client: ssl.SSLSocket, upstream: socket.socket) -> None:
        """In one thread: OpenSSL does not let two use one connection."""
        while True:
            ready = [client] if client.pending() else select.select([client, upstream], [], [], LIMIT)[0]
            for source, target in ((client, upstream), (upstream, client)):
                if source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    target.sendall(data)
            if not ready:
                return
