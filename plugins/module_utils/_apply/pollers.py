# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How servers that are waited for are looked at: one by one, or all by one list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from .._client.api import ApiError
from .._server.servers import Servers


class Looker(Protocol):
    """How waiting servers are looked at: one detail, or one list for all."""

    gives_details: bool

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """The views of these servers; None for one that is proven absent; nothing for one of which a look can't tell. Raises ApiError, VpsError."""


class DetailLooker:
    """Looks at servers one by one: for a task on one server."""

    gives_details = True

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """See Looker. A 404 counts only together with a whole list that lacks the id."""
        views: dict[int, dict[str, Any] | None] = {}
        for server_id in ids:
            try:
                views[server_id] = self._servers.api.get_server(server_id, attempts=1)
            except ApiError as error:
                if error.status != 404:
                    raise
                if all(server["id"] != server_id for server in self._servers.api.list_servers(attempts=1)):
                    views[server_id] = None
        return views


class ListLooker:
    """Looks at all servers by one list: for a fleet."""

    gives_details = False

    def __init__(self, servers: Servers, concurrency: int) -> None:
        self._servers = servers
        self._concurrency = concurrency

    def look(self, ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
        """See Looker. One that the list lacks is proven absent only if its detail is a 404 too."""
        listed = {server["id"]: server for server in self._servers.api.list_servers(attempts=1)}
        views: dict[int, dict[str, Any] | None] = {server_id: listed[server_id] for server_id in ids if server_id in listed}
        missing = [server_id for server_id in ids if server_id not in listed]
        for server_id, detail in self._servers.api.get_servers(missing, self._concurrency).items():
            if isinstance(detail, ApiError) and detail.status == 404:
                views[server_id] = None
            elif isinstance(detail, dict):
                views[server_id] = detail
        return views
