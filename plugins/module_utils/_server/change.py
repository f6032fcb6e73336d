# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Update and delete a server, each to a proven end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .._client.budget import poll_backoff
from .._client.errors import About, ServerId, VpsError
from .._client.exchange import ExchangeFailure
from .._client.retry_policy import FailureKind, Operation, Reaction
from .endpoints import one_server
from .fields import MISSING, field_of, not_taken
from .model import Server
from .servers import Servers
from .write import Write

READ_BACK_TIME = 10.0  # seconds in which a read may still show a server as it was before an accepted PATCH
_LONGEST_FIRST_PAUSE = 1.0  # seconds, between the first two of these reads


def update(servers: Servers, server_id: ServerId, changes: Mapping[str, Any]) -> Server:
    """PATCH what differs, and read it back.

    Returns the detail. A field that did not take is a failure that names it.
    """
    with Write(servers.client, Operation.UPDATE, "PATCH", one_server(server_id), About(server_id=server_id)) as write:
        lost = False
        for attempt in write.attempts():
            with attempt:
                servers.api.update_server(server_id, changes)
                write.changed = True
                return _read_back(servers, server_id, changes)
            if attempt.reaction is Reaction.LOOK_AGAIN:
                server = servers.still_there(server_id, attempt.error())
                if not not_taken(server, changes):
                    return server
                lost = lost or attempt.kind is FailureKind.LOST
                if not lost:  # what was answered is over; a request whose response was lost may still be on its way
                    write.settled()
        raise write.given_up()


def _read_back(servers: Servers, server_id: ServerId, changes: Mapping[str, Any]) -> Server:
    ends, backoff = time.monotonic() + READ_BACK_TIME, poll_backoff(min(servers.wait_interval, _LONGEST_FIRST_PAUSE))
    while True:
        server = servers.still_there(server_id)
        options = not_taken(server, changes)
        if not options:
            return server
        if time.monotonic() >= ends or servers.budget.is_over():
            fields = ", ".join(
                f"{option} (declared {changes[option]!r}, but the API shows {_shown(server, option)})"
                for option in options
            )
            raise VpsError(
                f"The API accepted the update, but this did not take: {fields}.", about=About.of(server), changed=True
            )
        servers.budget.sleep_within(backoff.next())


def delete(servers: Servers, server_id: ServerId, *, waits: bool = True) -> bool:
    """DELETE a server. Returns whether it was this that deleted it (False: it was gone already).

    Lingering in reads is for the caller to wait for; `waits`: whether it does, so that a 409 may well mean a deletion
    under way.
    """

    def confirms(failure: ExchangeFailure) -> bool:
        return failure.kind.is_absence or (waits and failure.status == HTTPStatus.CONFLICT)

    with Write(
        servers.client, Operation.DELETE, "DELETE", one_server(server_id), About(server_id=server_id), confirms=confirms
    ) as write:
        for attempt in write.attempts():
            with attempt:
                servers.api.delete_server(server_id)
                return True
            if attempt.confirms_doubt:
                return True
            # Only what may have happened makes this task the one that deleted it.
            if attempt.reaction is Reaction.LOOK_AGAIN and servers.find(server_id) is None:
                return write.in_doubt
        raise write.given_up()


def _shown(server: Server, option: str) -> str:
    value = field_of(option).value_in(server)
    return "nothing" if value is MISSING else repr(value)
