# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers a list consists of, remembered: without it, each page would count and walk the whole account again."""

from __future__ import annotations

import sqlite3
from array import array
from typing import NamedTuple

FOREVER = 1 << 62


class Listing(NamedTuple):
    """The rows of a list in its order, and the moments for which it holds: from `since` until before `until`."""

    rows: array[int]
    since: int
    until: int


class Listings:
    """The listing last asked for, by the condition that its servers meet.

    Walking the table for a listing is worth it only where several pages follow, so that a list is remembered when it is
    asked for a second time without a write in between.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._asked: tuple[str, tuple[object, ...], bool] | None = None
        self._listing: Listing | None = None

    def forget(self) -> None:
        """To be called with every write."""
        self._asked = self._listing = None

    def at(self, moment: int, condition: str, values: tuple[object, ...], descending: bool) -> Listing | None:
        """The listing of a moment, or None where it is asked for the first time.

        condition: what is asked of a version beyond being of that moment, as SQL with its values.
        """
        asked = (condition, values, descending)
        if asked != self._asked:
            self._asked, self._listing = asked, None
            return None
        if self._listing is None or not self._listing.since <= moment < self._listing.until:
            self._listing = self._read(moment, condition, values, descending)
        return self._listing

    def _read(self, moment: int, condition: str, values: tuple[object, ...], descending: bool) -> Listing:
        rows = self._connection.execute(
            f"SELECT rowid FROM versions INDEXED BY moments WHERE since <= ? AND until > ?{condition} ORDER BY server "
            f"{'DESC' if descending else 'ASC'}",
            (moment, moment, *values),
        )
        listed = array("q", (row[0] for row in rows))
        # Nothing changes between the last beginning or end before the moment, and the first one after it.
        since, until = self._connection.execute(
            "SELECT MAX(MAX(CASE WHEN since <= :moment THEN since ELSE 0 END), "
            "MAX(CASE WHEN until <= :moment THEN until ELSE 0 END)), "
            "MIN(MIN(CASE WHEN since > :moment THEN since ELSE :forever END), "
            "MIN(CASE WHEN until > :moment THEN until ELSE :forever END)) FROM versions INDEXED BY moments",
            {"moment": moment, "forever": FOREVER},
        ).fetchone()
        return Listing(listed, since or 0, until or FOREVER)
