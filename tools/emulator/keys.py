# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH keys of the account. Only the clients' dialect shows them; the documented one has their numbers alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import sqlite3
from typing import NamedTuple

from emulator import catalogue


class Key(NamedTuple):
    """A public key, its name, and when it was added (ISO 8601)."""

    number: int
    name: str
    public_key: str
    created_at: str


def blob_of(public_key: str) -> bytes | None:
    """The decoded part of a public key as OpenSSH writes it (type, base64, comment); None where it is none."""
    parts = public_key.split()
    if len(parts) < 2 or not parts[0].startswith(("ssh-", "ecdsa-", "sk-")):
        return None
    try:
        return base64.b64decode(parts[1], validate=True) or None
    except (binascii.Error, ValueError):
        return None


def fingerprint(public_key: str) -> str:
    """The fingerprint of a public key, as `ssh-keygen -l` shows it."""
    digest = hashlib.sha256(blob_of(public_key) or b"").digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class Keys:
    """The keys, in the emulator's database: at first those of the catalogue."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ssh_keys'").fetchone()
        connection.execute(
            # AUTOINCREMENT: no number comes twice.
            "CREATE TABLE IF NOT EXISTS ssh_keys (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, "
            "public_key TEXT, created_at TEXT)"
        )
        if not there:
            self.reset()

    def all(self) -> list[Key]:
        """Every key, by number."""
        rows = self._connection.execute("SELECT number, name, public_key, created_at FROM ssh_keys ORDER BY number")
        return [Key(*row) for row in rows]

    def add(self, name: str, public_key: str, created_at: str) -> Key:
        """Keep a key."""
        cursor = self._connection.execute(
            "INSERT INTO ssh_keys (name, public_key, created_at) VALUES (?, ?, ?)", (name, public_key, created_at)
        )
        return Key(cursor.lastrowid or 0, name, public_key, created_at)

    def remove(self, number: int) -> bool:
        """Forget a key; whether it was there."""
        return self._connection.execute("DELETE FROM ssh_keys WHERE number = ?", (number,)).rowcount > 0

    def reset(self) -> None:
        """The keys of the beginning."""
        self._connection.execute("DELETE FROM ssh_keys")
        self._connection.execute("DELETE FROM sqlite_sequence WHERE name = 'ssh_keys'")
        for number in catalogue.SSH_KEYS:
            blob = base64.b64encode(hashlib.sha256(f"key {number}".encode()).digest()).decode()
            self.add(f"key-{number}", f"ssh-ed25519 {blob}", "2025-01-10T14:30:00Z")
