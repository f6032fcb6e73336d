# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory keeps in a cache, and under which key: the API's data, never the token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from ansible.plugins.inventory import get_cache_plugin

from ...module_utils._client.responses import parse_json
from ...module_utils._client.settings import Settings
from ...module_utils._server.responses import check_view
from .selection import Found, Query, Selection, Server, Words

_FORMAT = 3  # up to 2, passwords that the API showed were kept


def cache_key(base: str, path: str, settings: Settings, query: Query) -> str:
    """The key for what one file shows of one account.

    It depends on everything that decides which servers there are and what is known of them. `base` is Ansible's own
    key, which depends on the plugin and the file's path only.
    """
    facts = [path, settings.api_url, settings.token, asdict(query)]
    return f"{base}_{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:20]}"


def to_cache(found: Found) -> dict[str, Any]:
    """What is cached: the API's data as one text, which no cache plugin looks into, converts or copies bit by bit."""
    data = {"servers": found.servers, "words": asdict(found.words)}
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return {"format": _FORMAT, "digest": _digest(text), "data": text}


def from_cache(cached: Any, selection: Selection) -> Found | None:
    """The selected servers in a cached value, or None for what `to_cache` did not write.

    They are checked like a response of the API.
    """
    if not isinstance(cached, Mapping) or cached.get("format") != _FORMAT or not isinstance(cached.get("data"), str):
        return None
    try:
        if cached.get("digest") != _digest(cached["data"]):
            return None
        data = parse_json(cached["data"].encode())
        if not isinstance(data, dict) or not isinstance(data.get("servers"), list):
            return None
        servers = [cast(Server, check_view(server)) for server in data["servers"]]
        words = Words(**{name: tuple(map(str, words)) for name, words in data["words"].items()})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Found(selection.of(servers), words)


def cached_servers(store: Mapping[str, Any], key: str, selection: Selection) -> Found | None:
    """The selected servers under a key of a cache; None where they are absent, expired, damaged or unreadable."""
    try:
        return from_cache(store[key], selection)
    except Exception:  # pylint: disable=broad-exception-caught
        return None  # whatever a cache plugin raises, the API has what is needed


def without_limit(plugin: Any) -> Any:
    """The cache of an inventory plugin, in which nothing expires."""
    given = {"_uri": "cache_connection", "_prefix": "cache_prefix"}
    options = {name: plugin.get_option(option) for name, option in given.items()}
    return get_cache_plugin(
        plugin.get_option("cache_plugin"),
        _timeout=0,
        **{name: value for name, value in options.items() if value is not None},
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
