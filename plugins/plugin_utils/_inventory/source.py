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
from ...module_utils._server.model import with_detail
from .selection import Found, Query, Selection, Server, Words


def fetch_servers(settings: Settings, query: Query) -> tuple[Found, list[ServerId]]:
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
    found = _list(api, query.selection)
    servers, gone = _with_details(api, found.servers, query)
    if not client.may_have_echoed:
        return Found(servers, found.words), gone
    # An API that echoes the token must not get it into names, variables or a cache.
    scrub = values_scrubber(settings.token)
    words = Words(*(tuple(map(scrub, words)) for words in (found.words.status, found.words.locations)))
    return Found([scrub(server) for server in servers], words), gone


def _list(api: ServersApi, selection: Selection) -> Found:
    """The selected servers by a list. Where the API was asked for one status only, and a word was not among what it
    gave, the whole list tells whether any server has it.
    """
    status = selection.status_for_api()
    listed = _listed(api, status)
    if not selection.status and not selection.locations:
        return Found(selection.of(listed))
    words = Words.of(listed)
    if status is not None and any(selection.missing_words(words)):
        listed = _listed(api, None)
        words = Words.of(listed)
    return Found(selection.of(listed), words)


def _listed(api: ServersApi, status: str | None) -> list[Server]:
    try:
        return cast("list[Server]", api.list_servers(status=status))
    except ApiError as error:
        if status is None or error.kind is not FailureKind.INVALID:
            raise
        # A word that the API does not know selects no server; that is for the caller to find out, not an error.
        return cast("list[Server]", api.list_servers())


def _with_details(api: ServersApi, servers: list[Server], query: Query) -> tuple[list[Server], list[ServerId]]:
    """The servers with the details that the query asks for, and the ids of those that have none any more."""

    def detail(server: Server) -> Server | None:
        try:
            return cast(Server, api.get_server(server["id"]))
        except ApiError as error:
            if error.kind is FailureKind.NOT_FOUND:
                return None  # deleted since the list was read; the list is what counts
            raise

    needing = [server for server in servers if query.needs_detail(server)]
    if not needing:
        return servers, []
    found = dict(zip((server["id"] for server in needing), run_all(detail, needing, DEFAULT_CONCURRENCY)))
    merged = [with_detail(server, found.get(server["id"]) or {}) for server in servers]
    return merged, [server_id for server_id, more in found.items() if more is None]


def is_outage(error: VpsError) -> bool:
    """Whether the API could not be reached or had no meaningful response, so that old data are better than none."""
    return error.kind.is_outage if isinstance(error, ApiError) else isinstance(error, TimeLimitReached)
