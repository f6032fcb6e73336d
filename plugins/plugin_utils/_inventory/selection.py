# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which servers become hosts, and what is read of them. The cache's key follows from what stands here. Pure."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...module_utils._server.addresses import may_have_unseen_address
from ...module_utils._server.model import lacking
from ...module_utils._server.status import ACTIVE, FILTERABLE
from .._text import printable

# A view of a server, checked: an integer `id`, texts as `name` and `status` unless it lacks them, any other fields.
Server = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """Which servers become hosts, by options of the same names. An empty tuple selects all."""

    status: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def status_for_api(self) -> str | None:
        """What to ask the API for: one status that it documents as a filter.

        An optimisation only: what counts is `keeps`. A location is not asked for, because letter case does not count.
        """
        return self.status[0] if len(self.status) == 1 and self.status[0] in FILTERABLE else None

    def of(self, servers: list[Server]) -> list[Server]:
        """The selected ones of some servers, in their order."""
        return servers if self == type(self)() else [server for server in servers if self.keeps(server)]

    def keeps(self, server: Server) -> bool:
        """Whether a server is selected, by what the server itself says: a filter of the API may be ignored or fuzzy.

        One without a name or a status is not selected by either, nor left out by a pattern on names.
        """
        name = server.get("name")
        if (self.status or self.include) and lacking(server):
            return False
        return (
            (not self.status or server.get("status") in self.status)
            and (not self.locations or _without_case(server.get("location")) in self._places)
            and (not self.include or _matches(name, self.include))
            and not (self.exclude and _matches(name, self.exclude) and not lacking(server))
        )

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(map(_without_case, self.locations))

    def missing_words(self, words: Words) -> tuple[list[str], list[str]]:
        """The words of `status` and of `locations` that no server has."""
        places = frozenset(map(_without_case, words.locations))
        return (
            [word for word in self.status if word not in words.status],
            [word for word in self.locations if _without_case(word) not in places],
        )


def _matches(name: Any, patterns: tuple[str, ...]) -> bool:
    return isinstance(name, str) and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _without_case(word: Any) -> Any:
    return word.lower() if isinstance(word, str) else word


@dataclass(frozen=True)
class Words:
    """The words that servers have, where a selection goes by them: those of the whole account, or at least all that the
    selection names.
    """

    status: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @classmethod
    def of(cls, servers: list[Server]) -> Words:
        """The words of some servers, in order."""
        status, locations = (
            tuple(sorted({server[field] for server in servers if isinstance(server.get(field), str)}))
            for field in ("status", "location")
        )
        return cls(status, locations)


@dataclass(frozen=True)
class Found:
    """The selected servers, and the words by which they could have been selected."""

    servers: list[Server]
    words: Words = Words()

    def unknown_words(self, selection: Selection) -> list[str]:
        """A warning for each word of a selection that no server of the account has: most likely it is misspelt."""
        there_are = (self.words.status, self.words.locations)
        return [
            f"{option}: no server of the account has {printable(word)}. "
            + (f"There are: {', '.join(map(printable, have))}." if have else "The account has no servers.")
            for option, words, have in zip(("status", "locations"), selection.missing_words(self.words), there_are)
            for word in words
        ]


@dataclass(frozen=True)
class Query:
    """What is read from the account. Whatever decides that is a field here, so that it is in the cache's key."""

    selection: Selection
    details: bool  # whether each server's detail is read, too
    # Whether that of an active server is read that shows no address: lists lack the IPv6 address.
    ipv6: bool = False

    def needs_detail(self, server: Server) -> bool:
        """Whether the detail of a server that a list has shown is read too."""
        return self.details or (self.ipv6 and server.get("status") == ACTIVE and may_have_unseen_address(server))
