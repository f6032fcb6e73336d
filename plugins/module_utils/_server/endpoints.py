# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The nine endpoints of the servers API, and that of the plans. Paths, bodies and fields are documented by VPS.org."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .._client.api import ApiClient, Endpoint, anything
from .._client.errors import ServerId
from .model import Server
from .responses import check_action, check_plan, check_server, check_view

SERVERS = Endpoint("/servers/")
PLANS = Endpoint("/plans/")


def one_server(server_id: ServerId) -> Endpoint:
    """`/servers/ID/`."""
    return Endpoint("/servers/{id}/", server_id)


def action_on(server_id: ServerId, action: str) -> Endpoint:
    """`/servers/ID/ACTION/`."""
    return Endpoint(f"/servers/{{id}}/{action}/", server_id)


class ServersApi:
    """The endpoints, through one task's client. Reads are retried and raise ApiError, TimeLimitReached or Cancelled;
    writes are sent once.

    Where a write fails it raises ExchangeFailure, and what follows is decided in `write.py`.
    """

    def __init__(self, client: ApiClient) -> None:
        self.client = client

    def list_servers(
        self, *, status: str | None = None, location: str | None = None, attempts: int | None = None
    ) -> list[Server]:
        """Every server of the account (or of one status, of one location), all pages: a whole list or an error.

        `attempts`: how often each page may be asked for, by default as often as `api_retries` says.
        Items lack backups_enabled, ipv6_address, resource_usage and plan.bandwidth (documented).
        """
        filters = tuple((key, value) for key, value in (("status", status), ("location", location)) if value)
        servers = self.client.pages(SERVERS, check_view, filters=filters, attempts=attempts)
        wanted = dict(filters)
        return [server for server in servers if all(server.get(key) == value for key, value in wanted.items())]

    def get_server(self, server_id: ServerId, *, attempts: int | None = None) -> Server:
        """A server's detail; ApiError of the kind NOT_FOUND where there is none. `attempts`: as for the list."""
        return self.client.read(
            one_server(server_id), lambda value: check_view(value, server_id=server_id), attempts=attempts
        )

    def create_server(self, fields: Mapping[str, Any]) -> Server:
        """POST /servers/: the new server."""
        return self.client.write("POST", SERVERS, fields, check_server, accepted=())

    def update_server(self, server_id: ServerId, changes: Mapping[str, Any]) -> None:
        """PATCH with only what differs. What the response shows is documented nowhere and not relied on."""
        self.client.write("PATCH", one_server(server_id), changes, anything, accepted=(HTTPStatus.OK,))

    def delete_server(self, server_id: ServerId) -> None:
        """DELETE: only 204 is an acceptance."""
        self.client.write("DELETE", one_server(server_id), None, anything, accepted=(HTTPStatus.NO_CONTENT,))

    def act(self, server_id: ServerId, action: str) -> Server:
        """POST start, stop or reboot: id, name and status as the response shows them."""
        endpoint = action_on(server_id, action)
        return self.client.write(
            "POST", endpoint, None, lambda value: check_action(value, server_id), accepted=(HTTPStatus.OK,)
        )

    def list_plans(self) -> list[dict[str, Any]]:
        """Every plan that can be ordered: `id`, `available`, `locations` and more are documented, the id is checked.

        ApiError of the kind NOT_FOUND where the API does not have this list.
        """
        return self.client.pages(PLANS, check_plan)
