# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The details of many servers at once."""

from __future__ import annotations

from collections.abc import Iterable

from .._client.api import ApiError
from .._client.concurrent import run_all
from .._client.errors import About, ServerId, VpsError
from .._client.retry_policy import FailureKind
from .model import Server
from .servers import Servers


def details_of(
    servers: Servers, server_ids: Iterable[ServerId], concurrency: int
) -> dict[ServerId, Server | VpsError | None]:
    """Many details, `concurrency` at a time: for each id the detail, None where it is proven that there is none (see
    `Servers.find`), or what went wrong.
    """
    ids = list(dict.fromkeys(server_ids))
    details: dict[ServerId, Server | VpsError | None] = dict(
        zip(ids, run_all(servers.api.get_server, ids, concurrency, catch=VpsError))
    )
    absent = [server_id for server_id, detail in details.items() if is_not_found(detail)]
    if absent:
        details.update(_found_or_unlisted(servers, absent))
    return details


def is_not_found(detail: Server | VpsError | None) -> bool:
    """Whether a request for a detail has met a 404, which alone proves nothing."""
    return isinstance(detail, ApiError) and detail.kind is FailureKind.NOT_FOUND


def _found_or_unlisted(servers: Servers, server_ids: Iterable[ServerId]) -> dict[ServerId, Server | VpsError | None]:
    """For servers whose details were just a 404: one list is the proof for all of them."""
    try:
        listed = {server["id"] for server in servers.list()}
    except VpsError as error:
        return dict.fromkeys(server_ids, error)
    return {server_id: _find_or_error(servers, server_id) if server_id in listed else None for server_id in server_ids}


def _find_or_error(servers: Servers, server_id: ServerId) -> Server | VpsError | None:
    try:
        return servers.find(server_id)
    except VpsError as error:
        return error


def existing_details(servers: Servers, listed: Iterable[Server], concurrency: int) -> dict[ServerId, Server | None]:
    """The details of servers that a list has shown; None where one has vanished since.

    Raises VpsError that names the server.
    """
    views = {server["id"]: server for server in listed}
    details: dict[ServerId, Server | None] = {}
    for server_id, detail in details_of(servers, views, concurrency).items():
        if isinstance(detail, VpsError):
            raise detail.concerning(About.of(views[server_id]))
        details[server_id] = detail
    return details
