# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the endpoints share: the store, the switches, the tokens and the log of requests."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.keys import Keys
from emulator.settings import Switches
from emulator.store import Store

READ, WRITE = "servers:read", "servers:write"
EVERYTHING = ("*:*",)
DEFAULT_TOKEN = "vps_demo_token"


@dataclass(frozen=True)
class Token:
    """A bearer token without its text: how the log calls it, and its permission strings."""

    id: str
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Whether one of the strings grants a permission such as servers:read."""
        scope = permission.partition(":")[0]
        return not self.permissions.isdisjoint((permission, f"{scope}:*", "*:*"))


class Tokens:
    """The tokens that are accepted, kept by digest only."""

    def __init__(self) -> None:
        self._by_digest: dict[bytes, Token] = {}

    def add(self, text: str, permissions: tuple[str, ...] = EVERYTHING) -> Token:
        """Accept a token; one that is accepted already gets the permissions and keeps its id."""
        digest = hashlib.sha256(text.encode()).digest()
        known = self._by_digest.get(digest)
        token = Token(known.id if known else f"token-{len(self._by_digest) + 1}", frozenset(permissions))
        self._by_digest[digest] = token
        return token

    def find(self, authorization: str | None) -> Token | None:
        """The token of an Authorization header; None where it is missing, of another scheme, or not accepted."""
        scheme, _separator, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._by_digest.get(hashlib.sha256(text.strip().encode("utf-8", "surrogateescape")).digest())


class RateLimit:
    """Counts the requests of each token in the last second."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def exceeded(self, token: str, limit: int) -> bool:
        """Whether one more request is one too many; counts it if it is not. limit 0: never."""
        if limit <= 0:
            return False
        times, now = self._times.setdefault(token, deque()), time.monotonic()
        while times and now - times[0] >= 1.0:
            times.popleft()
        if len(times) >= limit:
            return True
        times.append(now)
        return False


class RequestLog:
    """Every request, kept in the database so that a restart does not lose it."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS requests (number INTEGER PRIMARY KEY, time REAL, answered REAL, method TEXT, "
            "path TEXT,"
            " query TEXT, status INTEGER, token TEXT, body TEXT)"
        )
        self._connection.execute("CREATE TABLE IF NOT EXISTS last_request (number INTEGER)")
        last = self._connection.execute(
            "SELECT MAX(number) FROM (SELECT number FROM requests UNION ALL SELECT number FROM last_request)"
        ).fetchone()[0]
        self._numbers = itertools.count((last or 0) + 1)
        self.in_flight = self.peak_in_flight = 0

    def arrived(self) -> int:
        """The number of a request that has arrived; the numbers rise and none comes twice."""
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        return next(self._numbers)

    def answered(
        self, number: int, arrival: float, scope: Mapping[str, Any], status: int, token: str | None, body: bytes
    ) -> None:
        """Write down a request, just before its answer is sent; status 0: the client left before."""
        self.in_flight -= 1
        path = scope.get("raw_path") or scope["path"].encode()
        values = (path.partition(b"?")[0].decode("latin-1"), scope["query_string"].decode("latin-1"))
        text = body[:65536].decode("utf-8", "replace") if body else None
        self._connection.execute(
            "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, arrival, time.time(), scope["method"], *values, status, token, text),
        )

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The requests in the order of their arrival. body: the JSON value, or the text where it is not JSON."""
        rows = self._connection.execute(
            "SELECT number, time, answered, method, path, query, status, token, body FROM requests WHERE number > ? "
            "ORDER BY number",
            (after,),
        )
        names = ("number", "time", "answered", "method", "path", "query", "status", "token", "body")
        return [{**dict(zip(names, row, strict=True)), "body": _json_or_text(row[8])} for row in rows]

    def clear(self) -> None:
        """Forget the requests; the numbers go on rising."""
        self._connection.execute("DELETE FROM last_request")
        self._connection.execute("INSERT INTO last_request SELECT MAX(number) FROM requests")
        self._connection.execute("DELETE FROM requests")
        self.peak_in_flight = self.in_flight

    def statistics(self) -> dict[str, int]:
        """How many requests there were, how many of them wrote, and the peaks."""
        rows = self._connection.execute("SELECT time, method FROM requests ORDER BY time").fetchall()
        window: deque[float] = deque()
        peak = 0
        for moment, _method in rows:
            window.append(moment)
            while moment - window[0] >= 1.0:
                window.popleft()
            peak = max(peak, len(window))
        writes = sum(method not in ("GET", "HEAD", "OPTIONS") for _moment, method in rows)
        return {"requests": len(rows), "writes": writes, "peak_per_second": peak, "peak_in_flight": self.peak_in_flight}


def _json_or_text(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class Backend:
    """Everything that an answer depends on."""

    def __init__(self, store: Store, switches: Switches, tokens: Tokens) -> None:
        self.store = store
        self.first_switches = switches
        self.switches = switches
        self.tokens = tokens
        self.keys = Keys(store.connection)
        self.log = RequestLog(store)
        self.rate_limit = RateLimit()
        self.last_request = time.monotonic()

    def reset(self, switches: Switches | None = None) -> None:
        """As just started with an empty database, with the switches given or else the first ones; tokens stay."""
        self.store.reset()
        self.keys.reset()
        self.switches = switches or self.first_switches
        self.log.clear()
        self.rate_limit = RateLimit()
