# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Passwords in responses: taken out before anything else sees them. Pure.

The documentation shows none. The vendor's own client reads `password` from a server, "shown once after creation".
"""

from __future__ import annotations

import re
from typing import Any

from .responses import DEEPEST
from .secrets import MASK

# In a text that is not read as JSON, such as half an error: the key, what separates it, and the value.
_IN_TEXT = re.compile(r"""(password["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&}\]]+)""", re.IGNORECASE)

# A page, its list, and a server in it, of which nothing deeper is kept anyway.
_DEEPEST = DEEPEST + 5


def is_password_key(key: str) -> bool:
    """Whether a key of an object holds a password: `password`, `root_password`, and whatever else ends so."""
    return key.casefold().endswith("password")


def may_show_password(body: bytes) -> bool:
    """Whether a JSON text may hold such a key. It is quick, and False is certain: a key stands there as it is, unless
    letters of it are escaped.
    """
    return b'password"' in body.lower() or b"\\u00" in body


def without_passwords(value: Any) -> tuple[Any, str | None]:
    """A JSON value without the passwords in it, and the one among them that is meant for its user: the outermost, of
    several `password` before the others; None where there is none.

    The value itself is returned where it holds none.
    """
    found: list[tuple[int, bool, str]] = []
    rest = _without(value, 0, found)
    return rest, min(found)[2] if found else None


def _without(value: Any, depth: int, found: list[tuple[int, bool, str]]) -> Any:
    if depth > _DEEPEST and isinstance(value, (dict, list)):
        return None
    if isinstance(value, list):
        items = [_without(item, depth + 1, found) for item in value]
        return items if any(new is not old for new, old in zip(items, value)) else value
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        if not is_password_key(key):
            kept[key] = _without(item, depth + 1, found)
        elif isinstance(item, str) and item:
            found.append((depth, key.casefold() != "password", item))
    if len(kept) == len(value) and all(kept[key] is value[key] for key in kept):
        return value
    return kept


def mask_passwords(text: str) -> str:
    """A text that is not JSON, with the values behind such keys masked."""
    return _IN_TEXT.sub(rf"\1{MASK}", text) if "password" in text.casefold() else text
