# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which servers become hosts, and what is read of them. The cache's key follows from what stands here. Pure."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any, TypedDict

from ...module_utils._server.model import lacking
from ...module_utils._server.status import FILTERABLE

# A view of a server, checked: an integer `id`, texts as `name` and `status` unless it lacks them, any other fields.
Server = dict[str, Any]


class ApiFilters(TypedDict, total=False):
    """What the API can select by itself: arguments of `ServersApi.list_servers`."""

    status: str
    location: str


@dataclass(frozen=True)
class Selection:
    """Which servers become hosts, by options of the same names. An empty tuple selects all."""

    status: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def for_api(self) -> ApiFilters:
        """What to ask the API for: one status that it documents as a filter, one location.

        An optimisation only: what counts is `keeps`.
        """
        filters: ApiFilters = {}
        if len(self.status) == 1 and self.status[0] in FILTERABLE:
            filters["status"] = self.status[0]
        if len(self.locations) == 1:
            filters["location"] = self.locations[0]
        return filters

    def of(self, servers: list[Server]) -> list[Server]:
        """The selected ones of some servers, in their order."""
        return servers if self == type(self)() else [server for server in servers if self.keeps(server)]

    def keeps(self, server: Server) -> bool:
        """Whether a server is selected, by what the server itself says: a filter of the API may be ignored or fuzzy.

        One without a name or a status is not selected by either, nor left out by a pattern on names.
        """
        if lacking(server):
            return not (self.status or self.include) and (
                not self.locations or server.get("location") in self.locations
            )
        name = server["name"]
        return (
            (not self.status or server["status"] in self.status)
            and (not self.locations or server.get("location") in self.locations)
            and (not self.include or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.include))
            and not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exclude)
        )


@dataclass(frozen=True)
class Query:
    """What is read from the account. Whatever decides that is a field here, so that it is in the cache's key."""

    selection: Selection
    details: bool  # whether each server's detail is read, too
