# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which description of the API an account speaks: the documentation's, or that of the vendor's own clients. Pure.

The documentation's fields are documented. What the clients send and read is known from vps-mcp 0.1.0 and vpsdotorg
0.1.0, which identify everything but locations by a `uuid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from .._client.responses import as_id
from .shape import keys_of, shape_of
from .status import in_our_words, is_known

DOCUMENTED, CLIENTS, UNKNOWN = "documented", "clients", "unknown"

SERVERS_PATH, DETAIL_PATH, PLANS_PATH, ACCOUNT_PATH = "/servers/", "/servers/{id}/", "/plans/", "/account/me/"
# Paths that only the clients know.
CLIENTS_PATHS = ("/locations/", "/operating-systems/", "/ssh-keys/")

_LISTED = frozenset(
    {"id", "name", "hostname", "status", "ip_address", "location", "plan", "os", "created_at", "updated_at"}
)
_DETAIL = _LISTED | {"ipv6_address", "backups_enabled", "resource_usage"}
_PLAN = frozenset({
    "id", "name", "slug", "vcpus", "memory", "storage", "bandwidth", "price_monthly", "price_hourly", "available",
    "locations", "description",
})  # fmt: skip
_ACCOUNT = frozenset({"account", "token"})

# What the token of a task has to hold one of. `servers:read`, `servers:*` and `*:*` are documented.
MAY_READ = ("servers:read", "servers:*", "*:*")
MAY_WRITE = ("servers:*", "*:*")


class Seen(NamedTuple):
    """What an account has shown. `servers`: items of the list; `others`: what the other paths answered, by path: the
    status and the JSON value of the body.
    """

    servers: Sequence[Any]
    detail: Any
    others: Mapping[str, tuple[int | None, Any]]

    def items(self, path: str) -> list[Any]:
        """The objects of a list that another path gave."""
        value = self.others.get(path, (None, None))[1]
        found = value.get("results") if isinstance(value, dict) else value
        return found if isinstance(found, list) else []

    def is_there(self, path: str) -> bool:
        """Whether a path answered as one that exists."""
        return self.others.get(path, (None, None))[0] == HTTPStatus.OK


class Verdict(NamedTuple):
    """The description that an account speaks, and why, in sentences."""

    dialect: str
    reasons: list[str]


def judge(seen: Seen) -> Verdict:
    """Which description an account speaks."""
    for what, items in (("a server", seen.servers), ("a plan", seen.items(PLANS_PATH))):
        objects = [item for item in items if isinstance(item, dict)]
        if any(as_id(item.get("id")) is not None for item in objects):
            return Verdict(DOCUMENTED, [f"The API identifies {what} by an integer id, as it is documented."])
        if any("id" not in item and isinstance(item.get("uuid"), str) for item in objects):
            return Verdict(CLIENTS, [f"The API identifies {what} by a uuid and not by an id, as the clients expect."])
    account, theirs = seen.is_there(ACCOUNT_PATH), [path for path in CLIENTS_PATHS if seen.is_there(path)]
    if account and not theirs:
        return Verdict(
            DOCUMENTED, [f"There is {ACCOUNT_PATH}, which is documented, and nothing that only clients know."]
        )
    if theirs and not account:
        return Verdict(CLIENTS, [f"There is {theirs[0]}, which only the clients know, and no {ACCOUNT_PATH}."])
    return Verdict(UNKNOWN, ["There is neither a server nor a plan by whose id the descriptions could be told apart."])


def differences(seen: Seen) -> list[str]:
    """How an account that speaks as it is documented differs from the documentation, in sentences."""
    plans = [item for item in seen.items(PLANS_PATH) if isinstance(item, dict)]
    servers = [item for item in seen.servers if isinstance(item, dict)]
    account = seen.others.get(ACCOUNT_PATH, (None, None))
    compared = (
        (f"GET {SERVERS_PATH}: a server", _shapes(servers), _LISTED),
        (f"GET {DETAIL_PATH}: the server", _shapes([seen.detail] if isinstance(seen.detail, dict) else []), _DETAIL),
        (f"GET {PLANS_PATH}: a plan", _shapes(plans), _PLAN),
        (f"GET {ACCOUNT_PATH}: the response", _shapes([account[1]] if seen.is_there(ACCOUNT_PATH) else []), _ACCOUNT),
    )
    found = [
        f"GET {path}: HTTP {status}, although it is documented."
        for path in (PLANS_PATH, ACCOUNT_PATH)
        if (status := seen.others.get(path, (None, None))[0]) not in (None, HTTPStatus.OK)
    ]
    for what, keys, documented in compared:
        if keys is None:
            continue
        if lacking := sorted(documented - keys):
            found.append(f"{what} lacks {', '.join(lacking)}.")
        if more := sorted(keys - documented):
            found.append(f"{what} has more than is documented: {', '.join(more)}.")
    return found


def _shapes(objects: Sequence[Mapping[str, Any]]) -> frozenset[str] | None:
    """The keys that all of some objects have together; None where there are no objects."""
    return frozenset().union(*(keys_of(shape_of(item, 1)) for item in objects)) if objects else None


def status_words(servers: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """For each status word of some servers, how many servers show it, and whether the collection knows it."""
    words: dict[str, dict[str, Any]] = {}
    for server in servers:
        word = server.get("status") if isinstance(server, Mapping) else None
        if isinstance(word, str):
            entry = words.setdefault(word, {"servers": 0, "known": is_known(in_our_words(word))})
            entry["servers"] += 1
    return words


def about_words(words: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What unknown status words mean for tasks, in a sentence for each."""
    return [
        f"The status {word} is unknown to the collection: a task that waits for such a server goes on waiting until it "
        "shows another status, at most until its time limit, and then fails."
        for word, entry in words.items()
        if not entry["known"]
    ]


def about_permissions(permissions: Sequence[str] | None) -> list[str]:
    """What a token with these permissions can't do, in sentences."""
    if permissions is None:
        return []
    if not set(MAY_READ) & set(permissions):
        return [f"The token can't read servers: it has none of the permissions {', '.join(MAY_READ)}."]
    if not set(MAY_WRITE) & set(permissions):
        needed = ", ".join(MAY_WRITE)
        return [f"The token can probably read servers, but not change them: it has none of the permissions {needed}."]
    return []
