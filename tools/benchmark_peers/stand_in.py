# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP server that stands in for another provider's API, as far as a task without changes and an inventory ask
for it. It keeps a log of its requests.

Its answers are made of parts that were written as JSON before the first request, so that its own time hardly counts.
"""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

TOKEN = "stand-in-token"


def dump(value: Any) -> bytes:
    """A value as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def dump_list(name: str, written: Sequence[bytes], **more: Any) -> bytes:
    """An object whose first member is a list of objects that have been written already."""
    rest = b"".join(b"," + dump(key) + b":" + dump(value) for key, value in more.items())
    return b"{" + dump(name) + b":[" + b",".join(written) + b"]" + rest + b"}"


class Account(Protocol):
    """One account, as a provider's API shows it."""

    prefix: str

    def answer(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """The JSON body for GET prefix + path, or None where nothing is."""

    def error(self, status: int) -> bytes:
        """The JSON body that comes with 401, 404 or 405."""


class StandIn:
    """The server, in threads of this process, on a free port of 127.0.0.1, for as long as its context lasts."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._log: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stand_in = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of the API, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.account.prefix}"

    def requests(self) -> list[str]:
        """Method and target of every request, in the order of their arrival."""
        return list(self._log)

    def clear_requests(self) -> None:
        """Forget the requests until now."""
        self._log.clear()

    def respond(self, method: str, target: str, authorization: str | None) -> tuple[int, bytes]:
        """Log a request, and return its status and body."""
        self._log.append(f"{method} {target}")
        parts = urllib.parse.urlsplit(target)
        if authorization != f"Bearer {TOKEN}":
            status = 401
        elif method != "GET":
            status = 405
        else:
            query = dict(urllib.parse.parse_qsl(parts.query))
            body = None
            if parts.path.startswith(self.account.prefix + "/"):
                body = self.account.answer(parts.path.removeprefix(self.account.prefix), query)
            if body is not None:
                return 200, body
            status = 404
        return status, self.account.error(status)


class _Server(http.server.ThreadingHTTPServer):
    stand_in: StandIn


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    # Connections are kept, and a small packet does not wait for the acknowledgment of the last.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = self.server.stand_in.respond(self.command, self.path, self.headers.get("Authorization"))
        head = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to standard error."""
