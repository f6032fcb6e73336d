# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What `requests` lacks for one exchange: a deadline for the whole of it, and proof of whether anything was sent.

Importing this file imports `requests`, which costs 150-250 ms: see exchange.py, which does so late.
"""

from __future__ import annotations

import functools
import http.client
import http.cookiejar
import io
import socket
import time
from typing import Any

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    # Keeps this file importable; exchange.require_requests tells users what is missing.
    HTTPAdapter = object  # type: ignore[assignment, misc]
else:
    # The collection warns itself, where users see it.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


# Bytes that the kernel takes in advance. Left to itself it takes several MiB of a response that is then found to be too
# large.
_RECEIVE_BUFFER = 256 * 1024


class ResponseTooLarge(OSError):
    """More came than any response may have, heads and framing included: a body's own limit does not count those."""


class Exchange:
    """The exchange under way on one session: its deadline (monotonic seconds) and whether its first byte was handed to
    the network.
    """

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes`: how many may come in one exchange."""
        self.deadline = 0.0
        self.sent = False
        self._most_bytes = self._left = most_bytes

    def begin(self, timeout: float) -> None:
        """Start the next exchange, which may take `timeout` seconds from now to its last byte."""
        self.deadline = time.monotonic() + timeout
        self.sent = False
        self._left = self._most_bytes

    def remaining(self) -> float:
        """Seconds left; raises TimeoutError when none is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole request is over")
        return left

    def received(self, count: int) -> None:
        """Count what came; raises ResponseTooLarge."""
        self._left -= count
        if self._left < 0:
            raise ResponseTooLarge("the response is too large")


class _DeadlineReader(io.RawIOBase):
    """Reads a socket with what is left of the exchange's time and bytes: a socket's own time-out starts anew with every
    byte that drips in.
    """

    def __init__(self, raw: Any, sock: Any, exchange: Exchange) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._exchange.remaining())
        count: int | None = self._raw.readinto(buffer)
        self._exchange.received(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, exchange: Exchange, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # The raw file is kept: it holds the socket open for a body that outlives its connection object.
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, exchange))


def _watched_connection(base: type, exchange: Exchange) -> type:
    """A connection class that keeps the deadline and notes the moment of sending."""

    class WatchedConnection(base):  # type: ignore[misc]  # which of the two classes it is is known only here
        # A partial of its own would be taken for a method: Python 3.13 warns, later ones do it.
        response_class = staticmethod(functools.partial(_DeadlineResponse, exchange=exchange))

        def endheaders(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            exchange.sent = True
            super().endheaders(*args, **kwargs)

    return WatchedConnection


class _WatchedAdapter(HTTPAdapter):
    def __init__(self, exchange: Exchange) -> None:
        self._pools = {
            scheme: type(
                f"Watched{pool.__name__}", (pool,), {"ConnectionCls": _watched_connection(connection, exchange)}
            )
            for scheme, pool, connection in (
                ("http", HTTPConnectionPool, HTTPConnection),
                ("https", HTTPSConnectionPool, HTTPSConnection),
            )
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, socket_options=_socket_options())
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs, socket_options=_socket_options())
        manager.pool_classes_by_scheme = self._pools
        return manager


def _socket_options() -> list[tuple[int, int, int]]:
    return [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)]


def new_session(exchange: Exchange) -> requests.Session:
    """A session that takes nothing from the environment (a netrc entry would replace the token), keeps no cookies and
    one connection.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = _WatchedAdapter(exchange)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
