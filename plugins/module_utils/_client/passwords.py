# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Passwords in responses: taken out before anything else sees them. Pure.

The documentation shows none. The vendor's own client reads `password` from a server, "shown once after creation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .responses import DEEPEST

_KEY_IN_JSON = re.compile(r'"(\w{0,40}password)"\s*:\s*(?!null|true|false|""|\s)', re.IGNORECASE)
_LONGEST_KEY = 40  # characters that are told

# A page, its list, and a server in it, of which nothing deeper is kept anyway.
_DEEPEST = DEEPEST + 5


def is_password_key(key: str) -> bool:
    """Whether a key of an object holds a password: `password`, `root_password`, and whatever else ends so."""
    return key.casefold().endswith("password")


class ShownPasswords(NamedTuple):
    """The passwords that a response shows. `value`: the one that a user logs in with, None where none is certain to be
    that; `key`: its key. `others`: the keys of all others.
    """

    value: str | None
    key: str
    others: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all of them."""
        return self.others if self.value is None else (self.key, *self.others)

    def unassigned(self) -> ShownPasswords:
        """The same, where it is not known for which server they are."""
        return ShownPasswords(None, "", self.keys)


class _Found(NamedTuple):
    depth: int
    key: str
    text: str | None  # None where it is no plain value


def without_passwords(value: Any) -> tuple[Any, ShownPasswords | None]:
    """A JSON value without the passwords in it, and what they were; None where there are none.

    The value itself is returned where it holds no such key. Null, false, true, and what is empty are no passwords.
    """
    found: list[_Found] = []
    rest = _without(value, 0, found)
    return rest, _shown(found) if found else None


def keys_in_text(body: bytes) -> ShownPasswords | None:
    """The keys of passwords in what was to be JSON and can't be read as such; None where there are none."""
    keys = [match[1] for match in _KEY_IN_JSON.finditer(body.decode("utf-8", "replace"))]
    return _shown(_Found(0, key, None) for key in keys) if keys else None


def _shown(found: Iterable[_Found]) -> ShownPasswords:
    """The outermost is meant, of several `password` before `root_password`."""
    every = list(found)
    logins = [
        (one.depth, rank, number)
        for number, one in enumerate(every)
        if one.text is not None and (rank := _login_rank(one.key)) is not None
    ]
    meant = every[min(logins)[2]] if logins else None
    others = dict.fromkeys(
        one.key[-_LONGEST_KEY:] for one in every if meant is None or (one.text is None or one.text != meant.text)
    )
    if meant is None:
        return ShownPasswords(None, "", tuple(others))
    return ShownPasswords(meant.text, meant.key[-_LONGEST_KEY:], tuple(others))


def _login_rank(key: str) -> int | None:
    """None where a password of this key is not the one to log in with, such as that of a console."""
    word = key.casefold().replace("_", "").replace("-", "")
    return 0 if word == "password" else 1 if word.endswith("rootpassword") else None


def _without(value: Any, depth: int, found: list[_Found]) -> Any:
    if depth > _DEEPEST and isinstance(value, (dict, list)):
        return None
    if isinstance(value, list):
        items = [_without(item, depth + 1, found) for item in value]
        return items if any(new is not old for new, old in zip(items, value)) else value
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        if not isinstance(key, str) or not is_password_key(key):  # not all objects come from JSON
            kept[key] = _without(item, depth + 1, found)
        elif not isinstance(item, bool) and (item or item == 0):
            text = item if isinstance(item, str) else None if isinstance(item, (dict, list)) else json.dumps(item)
            found.append(_Found(depth, key, text))
    if len(kept) == len(value) and all(kept[key] is value[key] for key in kept):
        return value
    return kept
