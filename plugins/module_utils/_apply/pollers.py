# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How servers that are waited for are looked at: one by one, or all by one list, whichever takes fewer requests.

Each look is tried once: the next one comes anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from .._client.api import ApiError
from .._client.concurrent import run_all
from .._client.errors import ServerId, VpsError
from .._client.retry_policy import FailureKind
from .._server.addresses import may_have_unseen_address
from .._server.details import is_not_found
from .._server.model import Server, lacking
from .._server.servers import Servers
from .._server.status import ACTIVE


class Poller(Protocol):
    """One way to look at servers. `gives_details`: whether all views of the last look are details."""

    gives_details: bool

    def look(
        self, ids: Iterable[ServerId], needing_address: Collection[ServerId] = ()
    ) -> dict[ServerId, Server | None]:
        """The views of these servers; None for one that is proven absent; nothing for one of which a look can't tell:
        without a status, say.

        `needing_address`: those of them that are waited for until they have an address, so that the views must show it.
        Raises ApiError, VpsError.
        """


class DetailPoller:
    """Looks at servers one by one: for a task on one server."""

    gives_details = True

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def look(
        self,
        ids: Iterable[ServerId],
        needing_address: Collection[ServerId] = (),  # noqa: ARG002  # a detail shows every address
    ) -> dict[ServerId, Server | None]:
        """See Poller. A 404 counts only together with a whole list that lacks the id."""
        views: dict[ServerId, Server | None] = {}
        for server_id in ids:
            try:
                view = self._servers.api.get_server(server_id, attempts=1)
                if not lacking(view):
                    views[server_id] = view
            except ApiError as error:
                if error.kind is not FailureKind.NOT_FOUND:
                    raise
                if self._servers.is_unlisted(server_id, attempts=1):
                    views[server_id] = None
        return views


class ListPoller:
    """Looks at all servers by one list: for a fleet. Those that are few in a large account are looked at one by one."""

    gives_details = False

    def __init__(self, servers: Servers, concurrency: int) -> None:
        self._servers = servers
        self._concurrency = concurrency

    def look(
        self, ids: Iterable[ServerId], needing_address: Collection[ServerId] = ()
    ) -> dict[ServerId, Server | None]:
        """See Poller. One that the list lacks is proven absent only if its detail is a 404 too.

        A list does not show IPv6 addresses: of an active server that needs one and shows none, the detail is read too.
        """
        ids = list(ids)
        self.gives_details = len(ids) < self._servers.requests_for_a_list
        return self._look_at_each(ids) if self.gives_details else self._look_at_list(ids, needing_address)

    def _look_at_each(self, ids: Sequence[ServerId]) -> dict[ServerId, Server | None]:
        details = self._details(ids)
        problems = {server_id: detail for server_id, detail in details.items() if isinstance(detail, VpsError)}
        views: dict[ServerId, Server | None] = {
            server_id: detail
            for server_id, detail in details.items()
            if not isinstance(detail, VpsError) and not lacking(detail)
        }
        if problems:
            others = [problem for problem in problems.values() if not is_not_found(problem)]
            if len(others) == len(details):
                raise others[0]
            # What the details don't tell, a list may.
            self.gives_details = False
            listed = {server["id"]: server for server in self._servers.list(attempts=1)}
            for server_id, problem in problems.items():
                if server_id in listed and not lacking(listed[server_id]):
                    views[server_id] = listed[server_id]
                elif server_id not in listed and is_not_found(problem):
                    views[server_id] = None
        return views

    def _look_at_list(
        self, ids: Sequence[ServerId], needing_address: Collection[ServerId]
    ) -> dict[ServerId, Server | None]:
        listed = {server["id"]: server for server in self._servers.list(attempts=1)}
        views: dict[ServerId, Server | None] = {
            server_id: listed[server_id] for server_id in ids if server_id in listed and not lacking(listed[server_id])
        }
        missing = [server_id for server_id in ids if server_id not in listed]
        unseen = [server_id for server_id in needing_address if _is_unseen(listed.get(server_id))]
        for server_id, detail in self._details([*missing, *unseen]).items():
            if not isinstance(detail, VpsError):
                if not lacking(detail):
                    views[server_id] = detail
            elif is_not_found(detail) and server_id not in listed:
                views[server_id] = None
        return views

    def _details(self, ids: Sequence[ServerId]) -> dict[ServerId, Server | VpsError]:
        details = run_all(
            lambda server_id: self._servers.api.get_server(server_id, attempts=1),
            ids,
            self._concurrency,
            catch=VpsError,
        )
        return dict(zip(ids, details))


def _is_unseen(listed: Server | None) -> bool:
    """Whether a server that a list shows as active may have an address that the list lacks."""
    return listed is not None and listed.get("status") == ACTIVE and may_have_unseen_address(listed)
