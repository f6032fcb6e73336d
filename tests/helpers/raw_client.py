# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that sees every byte: raw sockets, so that what arrives is judged and not what a library makes of it."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

TOKEN = "vps_probe-0123456789"
LIMIT = 10.0


@dataclass
class Seen:
    """What came over the wire, and how it ended: ``closed``, ``reset`` or ``silent`` (nothing more within the
    patience).
    """

    data: bytes
    end: str

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _colon, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=LIMIT)


def request_bytes(method: str, target: str, body: Any = None, close: bool = True) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    connection = "Connection: close\r\n" if close else ""
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n{connection}Content-Length: "
        f"{len(data)}\r\n\r\n"
    )
    return head.encode() + data


def read_all(sock: socket.socket, patience: float = LIMIT) -> Seen:
    """Read until the other side ends it, or says nothing for ``patience`` seconds."""
    sock.settimeout(patience)
    data = bytearray()
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionResetError:
        return Seen(bytes(data), "reset")
    except TimeoutError:
        return Seen(bytes(data), "silent")
    return Seen(bytes(data), "closed")


def exchange(
    port: int, method: str = "GET", target: str = "/api/v1/servers/", body: Any = None, patience: float = LIMIT
) -> Seen:
    """One request on a connection of its own."""
    try:
        with connect(port) as sock:
            sock.sendall(request_bytes(method, target, body))
            return read_all(sock, patience)
    except (ConnectionResetError, BrokenPipeError):
        return Seen(b"", "reset")


def leave_with_reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
