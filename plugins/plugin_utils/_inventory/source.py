# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory's servers, read from the API. Loaded only where something is read: a warm cache needs nothing of it."""

from __future__ import annotations

from typing import cast

from ...module_utils._client.api import ApiClient, ApiError
from ...module_utils._client.budget import Budget
from ...module_utils._client.concurrent import DEFAULT_CONCURRENCY, run_all
from ...module_utils._client.errors import ServerId, TimeLimitReached, VpsError
from ...module_utils._client.exchange import Http, require_requests
from ...module_utils._client.retry_policy import FailureKind
from ...module_utils._client.secrets import values_scrubber
from ...module_utils._client.settings import Settings
from ...module_utils._client.shared_pace import SharedPace
from ...module_utils._server.endpoints import ServersApi
from .selection import Query, Selection, Server


def fetch_servers(settings: Settings, query: Query) -> tuple[list[Server], list[ServerId]]:
    """The selected servers, as the API shows them, and the ids of those that vanished: in the list, without a detail.

    The token is scrubbed from every text. Sends GET requests only. Raises VpsError: for a list that is not whole, a
    detail that can't be read, a missing `requests`.
    """
    require_requests()
    budget = Budget(
        limit=None,
        retries=settings.retries,
        retry_max_delay=settings.retry_max_delay,
        request_timeout=settings.timeout,
        pace=SharedPace(settings),
    )
    client = ApiClient(Http(settings), budget)
    api = ServersApi(client)
    servers = query.selection.of(_list(api, query.selection))
    gone: list[ServerId] = []
    if query.details:
        servers, gone = _with_details(api, servers)
    if not client.may_have_echoed:
        return servers, gone
    # An API that echoes the token must not get it into names, variables or a cache.
    scrub = values_scrubber(settings.token)
    return [scrub(server) for server in servers], gone


def _list(api: ServersApi, selection: Selection) -> list[Server]:
    filters = selection.for_api()
    try:
        return cast("list[Server]", api.list_servers(**filters))
    except ApiError as error:
        if not filters or error.kind is not FailureKind.INVALID:
            raise
        # A word that the API does not know selects no server; that is for the caller to find out, not an error.
        return cast("list[Server]", api.list_servers())


def _with_details(api: ServersApi, servers: list[Server]) -> tuple[list[Server], list[ServerId]]:
    def detail(server: Server) -> Server | None:
        try:
            return cast(Server, api.get_server(server["id"]))
        except ApiError as error:
            if error.kind is FailureKind.NOT_FOUND:
                return None  # deleted since the list was read; the list is what counts
            raise

    found = run_all(detail, servers, DEFAULT_CONCURRENCY)
    merged = [{**server, **(more or {})} for server, more in zip(servers, found)]
    return merged, [server["id"] for server, more in zip(servers, found) if more is None]


def is_outage(error: VpsError) -> bool:
    """Whether the API could not be reached or had no meaningful response, so that old data are better than none."""
    return error.kind.is_outage if isinstance(error, ApiError) else isinstance(error, TimeLimitReached)
