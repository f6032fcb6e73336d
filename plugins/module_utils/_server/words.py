# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The values of an account that vps_api_info shows: status words, and permissions of the token. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .described import MAY_WRITE
from .dialect import Answer
from .status import in_our_words, is_known

_MOST_WORDS = 20
_MOST_PERMISSIONS = 50
# What a status and a permission look like. Another text may be anything.
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,29}")
_PERMISSION = re.compile(r"(?:[a-z_]{1,30}|\*):(?:[a-z_]{1,30}|\*)")
_OTHERS = "other"
_FOR_SERVERS = ("servers", "*")


def status_words(servers: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """For each status word of some servers, how many servers show it, and whether the collection knows it. Texts that
    are no words, and those that are too many, count together.
    """
    words: dict[str, dict[str, Any]] = {}
    for server in servers:
        word = server.get("status") if isinstance(server, Mapping) else None
        if not isinstance(word, str):
            continue
        if not _WORD.fullmatch(word) or (word not in words and len(words) >= _MOST_WORDS):
            word = _OTHERS
        entry = words.setdefault(word, {"servers": 0, "known": is_known(in_our_words(word))})
        entry["servers"] += 1
    return words


def about_words(words: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What unknown status words mean for tasks, in a sentence or two."""
    unknown = [word for word, entry in words.items() if not entry["known"]]
    if not unknown:
        return []
    waiting = "A task that waits for a server goes on waiting while it shows one of them, until the time limit."
    return [f"The collection does not know these statuses: {', '.join(unknown)}. {waiting}"]


def permissions_of(account: Answer) -> list[str] | None:
    """The permissions of the token, where the account says them (documented: `token.permissions`). What does not look
    like one is counted only.
    """
    token = account.value.get("token") if account.is_ok and isinstance(account.value, Mapping) else None
    permissions = token.get("permissions") if isinstance(token, Mapping) else None
    if not isinstance(permissions, list):
        return None
    shown = [text for text in permissions if isinstance(text, str) and _PERMISSION.fullmatch(text)][:_MOST_PERMISSIONS]
    rest = len(permissions) - len(shown)
    return [*shown, f"{rest} other{'s' if rest > 1 else ''}"] if rest else shown


def about_permissions(permissions: Sequence[str] | None) -> list[str]:
    """What a token with these permissions can't do, in sentences. What is not known of them is no reason to say so."""
    if permissions is None or any(_PERMISSION.fullmatch(text) is None for text in permissions):
        return []
    for_servers = {
        action for who, _colon, action in (text.partition(":") for text in permissions) if who in _FOR_SERVERS
    }
    if for_servers != {"read"}:
        return []
    needed = ", ".join(MAY_WRITE)
    return [f"The token can probably read servers, but not change them: it has none of the permissions {needed}."]
