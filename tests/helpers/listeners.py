# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something that answers on a port of loopback addresses, in the place of servers."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
from collections.abc import Iterable, Iterator

_STARTUP = pathlib.Path(__file__).resolve().parent / "startup"


def servers_at(network: str) -> dict[str, str]:
    """The environment in which commands find the servers at 203.0.113.1 and 2001:db8::1 and so on at `network`.1 and so
    on, such as 127.0.6.1: there `listeners` can answer, but no loopback address counts as a server's.
    """
    return {"PYTHONPATH": str(_STARTUP), "VPSORG_TEST_SERVERS_AT": network}


@contextlib.contextmanager
def listeners(addresses: Iterable[str], *, port: int = 0, says: bytes = b"") -> Iterator[int]:
    """Answer on one port of each of these addresses, in threads that end with the context; the port.

    `port`: 0 for a free one; `says`: what every connection is greeted with.
    """
    sockets: list[socket.socket] = []

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                with contextlib.suppress(OSError), connection:
                    connection.sendall(says)

    with contextlib.ExitStack() as stack:
        for address in addresses:
            listener = stack.enter_context(socket.create_server((address, port), backlog=64))
            port = listener.getsockname()[1]
            sockets.append(listener)
            threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield port
        finally:
            for listener in sockets:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
