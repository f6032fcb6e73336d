# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UUIDs that stand for the emulator's numbers in the clients' dialect. They follow from the numbers alone, so that
tests can tell them beforehand, in any process. Needs only the standard library.
"""

from __future__ import annotations

import re
import uuid
from typing import Literal

Kind = Literal["server", "plan", "system", "system version", "ssh key", "backup", "snapshot"]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://admin.vps.org/api/v1/")
# The first group of a UUID is the number itself, from which it is found again; the rest is a hash.
_NUMBER_BITS = 32
_HASH_BITS = 128 - _NUMBER_BITS
_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def uuid_of(kind: Kind, number: int) -> str:
    """The UUID of a thing. A number of more than 32 bits has one too, but is not found by it."""
    hashed = uuid.uuid5(_NAMESPACE, f"{kind} {number}").int & ((1 << _HASH_BITS) - 1)
    return str(uuid.UUID(int=(number & ((1 << _NUMBER_BITS) - 1)) << _HASH_BITS | hashed))


def is_uuid(text: object) -> bool:
    """Whether a value is the text of a UUID."""
    return isinstance(text, str) and bool(_CANONICAL.match(text))


def number_of(kind: Kind, text: object) -> int | None:
    """The number whose UUID a value is; None where it is none, or that of something else."""
    if not isinstance(text, str) or not is_uuid(text):
        return None
    number = int(text.partition("-")[0], 16)
    return number if uuid_of(kind, number) == text.lower() else None
