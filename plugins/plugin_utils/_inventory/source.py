# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory's servers, read from the API. Loaded only where something is read: a warm cache needs nothing of it."""

from __future__ import annotations

from ...module_utils._client.api import Api, ApiError
from ...module_utils._client.concurrent import run_all
from ...module_utils._client.errors import TimeLimitReached, VpsError
from ...module_utils._client.http import CertificateRejected, Http, Indeterminate, NotSent, require_requests
from ...module_utils._client.budget import Pace
from ...module_utils._client.secrets import values_scrubber
from ...module_utils._client.settings import Settings
from .selection import Query, Selection, Server

DETAILS_AT_A_TIME = 16


def fetch_servers(settings: Settings, query: Query) -> tuple[list[Server], list[int]]:
    """The selected servers, as the API tells them, and the ids of those that vanished: in the list, without a detail.

    The token is scrubbed from every text. Sends GET requests only. Raises VpsError: for a list that is not whole, a
    detail that can't be read, a missing `requests`.
    """
    require_requests()
    pace = Pace(limit=None, retries=settings.retries, retry_max_delay=settings.retry_max_delay, request_timeout=settings.timeout)
    http = Http(settings)
    api = Api(http, pace)
    servers = query.selection.of(_list(api, query.selection))
    gone: list[int] = []
    if query.details:
        servers, gone = _with_details(api, servers)
    if not api.may_have_echoed:
        return servers, gone
    # An API that echoes the token must not get it into names, variables or a cache.
    scrub = values_scrubber(settings.token)
    return [scrub(server) for server in servers], gone


def _list(api: Api, selection: Selection) -> list[Server]:
    filters = selection.for_api()
    try:
        return api.list_servers(**filters)
    except ApiError as error:
        if not filters or error.status not in (400, 422):
            raise
        # A word that the API does not know selects no server; that is for the caller to find out, not an error.
        return api.list_servers()


def _with_details(api: Api, servers: list[Server]) -> tuple[list[Server], list[int]]:
    def detail(server: Server) -> Server | None:
        try:
            return api.get_server(server["id"])
        except ApiError as error:
            if error.status == 404:
                return None  # deleted since the list was read; the list is what counts
            raise

    found = run_all(detail, servers, DETAILS_AT_A_TIME)
    merged = [{**server, **(more or {})} for server, more in zip(servers, found)]
    return merged, [server["id"] for server, more in zip(servers, found) if more is None]


def is_outage(error: VpsError) -> bool:
    """Whether the API could not be reached or had no meaningful answer, so that old data are better than none."""
    if isinstance(error, ApiError):
        failure = error.failure
        unreached = isinstance(failure, NotSent) and not isinstance(failure, CertificateRejected)
        return unreached or isinstance(failure, Indeterminate) or failure.status in (429, 503)
    return isinstance(error, TimeLimitReached)
