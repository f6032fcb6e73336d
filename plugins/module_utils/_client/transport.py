# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What `requests` lacks: for one exchange, a deadline for the whole of it and proof of whether anything was sent; TLS
contexts that connections share; and a pool of connections.

Importing this file imports `requests`, which costs 150-250 ms: see exchange.py, which does so late.
"""

from __future__ import annotations

import functools
import http.client
import http.cookiejar
import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs
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


# TLS settings: to parse a whole bundle of authorities takes some 25 ms of CPU, which urllib3 spends on each connection.

_contexts: dict[tuple[Any, ...], tuple[Any, ssl.SSLContext]] = {}
_contexts_lock = threading.Lock()


def _shared_context(verify_mode: ssl.VerifyMode, ca_file: str | None, ca_folder: str | None) -> ssl.SSLContext:
    """This process's one TLS context for a setting, as urllib3 itself makes it; a new one once the file or folder of
    authorities has changed.

    Raises urllib3's SSLError for a file without authorities, as urllib3 does.
    """
    setting = (verify_mode, ca_file, ca_folder)
    state = [_state_of(path) for path in (ca_file, ca_folder) if path]
    with _contexts_lock:
        known_state, context = _contexts.get(setting, (None, None))
        if context is None or known_state != state:
            context = create_urllib3_context(cert_reqs=verify_mode)
            if ca_file or ca_folder:
                try:
                    context.load_verify_locations(ca_file, ca_folder)
                except OSError as exc:
                    raise urllib3.exceptions.SSLError(exc) from exc
            # urllib3 sets this for each connection. OpenSSL would free the old value while another thread copies it.
            context.set_alpn_protocols(["http/1.1"])
            context.set_alpn_protocols = _leave_as_it_is  # type: ignore[method-assign, assignment]
            _contexts[setting] = (state, context)
    return context


def _take_shared_context(connection: Any) -> None:
    """Done before a connection of urllib3 is made, or made anew after the server has closed it."""
    # A proxy that is reached over TLS is left to urllib3: it verifies two hosts by these attributes.
    if getattr(getattr(connection, "proxy", None), "scheme", None) == "https":
        return
    if connection.ca_certs or connection.ca_cert_dir:
        connection.authorities = (connection.ca_certs, connection.ca_cert_dir)
        connection.ca_certs = connection.ca_cert_dir = None  # or they would be loaded into the context once more
    verify_mode = resolve_cert_reqs(connection.cert_reqs)
    if verify_mode == ssl.CERT_NONE or any(connection.authorities):
        connection.ssl_context = _shared_context(verify_mode, *connection.authorities)


def _state_of(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _leave_as_it_is(_protocols: Iterable[str]) -> None:
    """Stands in for `set_alpn_protocols` of a context that others use at the same time."""


def _watched_connection(base: type, exchange: Exchange) -> type:
    """A connection class that keeps the deadline and notes the moment of sending."""

    class WatchedConnection(base):  # type: ignore[misc]  # which of the two classes it is is known only here
        # A partial of its own would be taken for a method: Python 3.13 warns, later ones do it.
        response_class = staticmethod(functools.partial(_DeadlineResponse, exchange=exchange))

        authorities: tuple[str | None, str | None] = (None, None)  # file, folder

        def connect(self) -> None:
            if base is HTTPSConnection:
                _take_shared_context(self)
            super().connect()

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


def _new_session(exchange: Exchange) -> requests.Session:
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


class Connection:
    """A session with its one connection, and the exchange under way on it. `last_used` is in monotonic seconds."""

    def __init__(self, session: requests.Session, exchange: Exchange) -> None:
        self.session = session
        self.exchange = exchange
        self.last_used = 0.0

    def send(self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str], **how: Any) -> Any:
        """The response, whose body is not read yet. `how`: as of `requests.Session.send`.

        The headers are all that is sent: merging them with a session's, which adds nothing here, takes `requests` a
        tenth of a request's time.
        """
        request = requests.Request(method, url, data=data, headers=dict(headers)).prepare()
        return self.session.send(request, stream=True, allow_redirects=False, **how)


class Connections:
    """The connections of one client: as many as carry an exchange at the same time, used by whichever thread comes.

    Safe for threads.
    """

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes`: how many may come in one exchange."""
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._idle: list[Connection] = []  # the one used last is at the end
        self._process = os.getpid()

    def take(self, longest_idle: float | None = None) -> Connection:
        """A connection for one exchange: the idle one that was used last, unless it has been idle for more than
        `longest_idle` seconds; else a new one.
        """
        unused = None
        with self._lock:
            if self._process != os.getpid():  # the connections are those of the process that forked this one
                self._process, self._idle = os.getpid(), []
            if self._idle:
                unused = self._idle.pop()
        if unused is not None:
            if longest_idle is None or time.monotonic() - unused.last_used <= longest_idle:
                return unused
            unused.session.close()
        exchange = Exchange(self._most_bytes)
        return Connection(_new_session(exchange), exchange)

    def give_back(self, connection: Connection) -> None:
        """A connection whose response was read to its end can carry the next exchange."""
        connection.last_used = time.monotonic()
        with self._lock:
            self._idle.append(connection)

    def discard(self, connection: Connection) -> None:
        """Close a connection whose exchange failed, and all that are idle: what broke it may have broken them, and the
        next try should not find out one by one.
        """
        with self._lock:
            idle, self._idle = self._idle, []
        for each in (connection, *idle):
            each.session.close()
