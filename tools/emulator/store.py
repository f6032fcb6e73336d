# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state, in one SQLite file: every server is a timeline of versions, and a read looks at one moment of it.

A change of state that takes time is written at once, as a version that begins later. So nothing runs in the
background, a restart loses nothing, and a read that lags behind is the same read of an earlier moment.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from emulator import catalogue, views
from emulator.listing import FOREVER, Listings

MILLISECOND = 1_000
SECOND = 1_000_000
# Versions that ended longer ago than any read looks back (settings.MAX_STALE_MS) are dropped.
KEPT = 120 * SECOND
DEFAULT_CREDITS = 1_000_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    server INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    status TEXT, location TEXT, name TEXT,
    live_usage INTEGER NOT NULL, listed TEXT NOT NULL, document TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS moments ON versions (server, since, until, status, location);
CREATE TABLE IF NOT EXISTS account (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Version(NamedTuple):
    """A server as it is from one moment until another (microseconds since 1970)."""

    server: int
    since: int
    until: int
    live_usage: bool
    document: dict[str, Any]


class Filter(NamedTuple):
    """What a list is limited to; None: not limited."""

    status: str | None = None
    location: str | None = None
    caseless: bool = False


def iso(moment: int, skew_s: int = 0) -> str:
    """A moment as the API writes times: whole seconds, UTC, Z."""
    return datetime.fromtimestamp(moment // SECOND + skew_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _column(value: Any) -> str | None:
    """A field's value for a column: SQLite takes no lone surrogates, and only texts are compared."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else None


def _version(row: tuple[Any, ...]) -> Version:
    return Version(row[0], row[1], row[2], bool(row[3]), json.loads(row[4]))


class Store:
    """Servers and the account. One process, one thread."""

    def __init__(self, file: Path | str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None, cached_statements=256, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        # A crash of the process loses nothing; only a crash of the machine could.
        self.connection.execute("PRAGMA synchronous=OFF")
        # 64 MiB: room for tens of thousands of servers.
        self.connection.execute("PRAGMA cache_size=-65536")
        self.connection.executescript(SCHEMA)
        self._last_moment = 0
        self._depth = 0
        self._listings = Listings(self.connection)

    def close(self) -> None:
        """Write everything into the one file and let go of it."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()

    def now(self) -> int:
        """This moment, later than every moment given before."""
        self._last_moment = max(self._last_moment + 1, time.time_ns() // 1_000)
        return self._last_moment

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything or nothing; may be nested."""
        self._listings.forget()
        if self._depth == 0:
            self.connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self.connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self.connection.execute("COMMIT")

    # Reading

    def at(self, server: int, moment: int) -> Version | None:
        """A server at a moment; None where it is not there."""
        row = self.connection.execute(
            "SELECT server, since, until, live_usage, document FROM versions WHERE server = ? AND since <= ? AND "
            "until > ?",
            (server, moment, moment),
        ).fetchone()
        return _version(row) if row else None

    def page(self, moment: int, limits: Filter, descending: bool, size: int, offset: int) -> tuple[int, list[str]]:
        """How many servers there are at a moment, and the documented texts of one page of them, by id."""
        count, rows = self._page("listed", moment, limits, descending, size, offset)
        return count, [row[0] for row in rows]

    def page_of_versions(self, moment: int, descending: bool, size: int, offset: int) -> tuple[int, list[Version]]:
        """How many servers there are at a moment, and one page of them, by id."""
        columns = "server, since, until, live_usage, document"
        count, rows = self._page(columns, moment, Filter(), descending, size, offset)
        return count, [_version(row) for row in rows]

    def _page(
        self, columns: str, moment: int, limits: Filter, descending: bool, size: int, offset: int
    ) -> tuple[int, sqlite3.Cursor]:
        condition, wanted_values = "", []
        for column, wanted in (("status", limits.status), ("location", limits.location)):
            if wanted is not None:
                condition += f" AND {column} = ?" + (" COLLATE NOCASE" if limits.caseless else "")
                wanted_values.append(_column(wanted))
        direction = "DESC" if descending else "ASC"
        listing = self._listings.at(moment, condition, tuple(wanted_values), descending)
        if listing is not None:
            page = listing.rows[offset:] if size < 0 else listing.rows[offset : offset + size]
            rows = self.connection.execute(
                f"SELECT {columns} FROM versions WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY server "
                f"{direction}",
                (json.dumps(page.tolist()),),
            )
            return len(listing.rows), rows
        where, values = f"since <= ? AND until > ?{condition}", [moment, moment, *wanted_values]
        count = self.connection.execute(
            f"SELECT COUNT(*) FROM versions INDEXED BY moments WHERE {where}", values
        ).fetchone()[0]
        # The inner query walks the narrow index only; the wide rows are read for one page.
        rows = self.connection.execute(
            f"SELECT {columns} FROM versions WHERE rowid IN (SELECT rowid FROM versions INDEXED BY moments WHERE "
            f"{where} ORDER BY server {direction} LIMIT ? OFFSET ?) ORDER BY server {direction}",
            (*values, size, offset),
        )
        return count, rows

    def everything(self) -> list[Version]:
        """Every server at this moment, whole, by id."""
        moment = self.now()
        rows = self.connection.execute(
            "SELECT server, since, until, live_usage, document FROM versions WHERE since <= ? AND until > ? ORDER BY "
            "server",
            (moment, moment),
        )
        return [_version(row) for row in rows]

    def is_ending(self, server: int) -> bool:
        """Whether a server is deleted, perhaps at a later moment."""
        last = self.connection.execute("SELECT MAX(until) FROM versions WHERE server = ?", (server,)).fetchone()[0]
        return last is not None and last < FOREVER

    def name_taken(self, name: str, other_than: int | None = None) -> bool:
        """Whether a server that is not deleted has a name."""
        row = self.connection.execute(
            "SELECT 1 FROM versions WHERE name = ? AND until = ? AND server IS NOT ? LIMIT 1",
            (_column(name), FOREVER, other_than),
        ).fetchone()
        return row is not None

    # Writing

    def next_id(self, reuse: bool = False) -> int:
        """The id for a new server. reuse: one more than the highest of those that are there, else than of all that ever
        were.
        """
        if reuse:
            highest = (
                self.connection.execute("SELECT MAX(server) FROM versions WHERE until > ?", (self.now(),)).fetchone()[0]
                or 0
            )
        else:
            highest = self._number("last_id", 0)
        return max(highest + 1, catalogue.FIRST_ID)

    def insert(self, servers: Iterable[tuple[int, dict[str, Any], bool]], since: int) -> list[int]:
        """Add servers, each with its id, its document and whether its usage is made up."""
        rows, ids, moment = [], [], self.now()
        for server, document, live_usage in servers:
            ids.append(server)
            rows.append((server, since, FOREVER, *self._columns(document), live_usage, *self._texts(document)))
        with self.transaction():
            # An id that is given again has no past.
            self.connection.executemany(
                "DELETE FROM versions WHERE server = ? AND until <= ?", [(server, moment) for server in ids]
            )
            self.connection.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if ids:
                self._set_number("last_id", max(self._number("last_id", 0), *ids))
        return ids

    def amend(
        self, server: int, at: int, fields: dict[str, Any], omit: Iterable[str] = (), updated: str | None = None
    ) -> None:
        """Change fields from a moment on: in the version of that moment, which is split, and in every later one.

        updated: the time of the update, which a later version does not take: it has a later one of its own.
        """
        with self.transaction():
            self.connection.execute("DELETE FROM versions WHERE server = ? AND until < ?", (server, self.now() - KEPT))
            rows = self.connection.execute(
                "SELECT rowid, since, until, live_usage, document FROM versions WHERE server = ? AND until > ? ORDER "
                "BY since",
                (server, at),
            ).fetchall()
            for rowid, since, until, live_usage, text in rows:
                document = json.loads(text)
                document.update(fields)
                if updated is not None and since <= at:
                    document["updated_at"] = updated
                for field in omit:
                    document.pop(field, None)
                usage = live_usage and "resource_usage" not in {*fields, *omit}
                if since < at:
                    self.connection.execute("UPDATE versions SET until = ? WHERE rowid = ?", (at, rowid))
                else:
                    self.connection.execute("DELETE FROM versions WHERE rowid = ?", (rowid,))
                self.connection.execute(
                    "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (server, max(since, at), until, *self._columns(document), usage, *self._texts(document)),
                )

    def end(self, server: int, at: int) -> None:
        """Delete a server from a moment on."""
        with self.transaction():
            self.connection.execute("DELETE FROM versions WHERE server = ? AND since >= ?", (server, at))
            self.connection.execute("UPDATE versions SET until = ? WHERE server = ? AND until > ?", (at, server, at))

    def reset(self) -> None:
        """No servers, and the credits of the beginning."""
        with self.transaction():
            self.connection.execute("DELETE FROM versions")
            self.connection.execute("DELETE FROM account")

    @property
    def credits(self) -> int:
        """What the account has left for creates."""
        return self._number("credits", DEFAULT_CREDITS)

    @credits.setter
    def credits(self, value: int) -> None:
        self._set_number("credits", value)

    def _number(self, key: str, default: int) -> int:
        row = self.connection.execute("SELECT value FROM account WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def _set_number(self, key: str, value: int) -> None:
        self.connection.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (key, value))

    @staticmethod
    def _columns(document: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
        return _column(document.get("status")), _column(document.get("location")), _column(document.get("name"))

    @staticmethod
    def _texts(document: dict[str, Any]) -> tuple[str, str]:
        return views.render(views.list_item(document)), views.stored(document)
