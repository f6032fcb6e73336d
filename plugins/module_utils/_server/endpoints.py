# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The nine endpoints of the servers API, and that of the plans. Paths, bodies and fields are documented by VPS.org."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .._client.api import ApiClient, Endpoint, anything
from .._client.errors import ServerId
from .._client.exchange import ExchangeFailure
from .._client.responses import OTHER_DESCRIPTION, MalformedResponse, as_id, is_uuid, parse_json
from .._client.retry_policy import OTHER_API_ADVICE, FailureKind, is_success
from .model import Server
from .responses import check_action, check_plan, check_server, check_view

if TYPE_CHECKING:
    from .._client.passwords import ShownPasswords

SERVERS = Endpoint("/servers/")
PLANS = Endpoint("/plans/")
# What the vendor's own clients send with a create, and the documentation does not know.
_FIELDS_OF_CLIENTS = (r"\bplan\b", r"\bos_version\b")


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
        # By the names of the servers that were to be created: for which id, and what.
        self._shown_passwords: dict[str, tuple[ServerId | None, ShownPasswords]] = {}

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
        shown: list[ShownPasswords] = []
        try:
            server = self.client.write("POST", SERVERS, fields, check_server, accepted=(), take_passwords=shown.append)
        except ExchangeFailure as failure:
            self._keep(fields["name"], hinted_id(failure), shown)
            explained = _explained(failure)
            if explained is not failure:  # whatever else is created would meet the same
                self.client.budget.cancel(explained.reason)
            raise explained from None
        self._keep(fields["name"], server["id"], shown)
        return server

    def _keep(self, name: str, server_id: ServerId | None, shown: list[ShownPasswords]) -> None:
        for passwords in shown:
            self._shown_passwords[name] = (server_id, passwords)

    def passwords_of(self, name: str, ids: Collection[ServerId | None]) -> ShownPasswords | None:
        """What the response to the create of a server of this name has shown, perhaps for the only time; None where it
        has shown no password.

        `ids`: those for which the response may have shown them, None standing for one that shows no id. For any other,
        they are nobody's.
        """
        shown_for, shown = self._shown_passwords.get(name, (None, None))
        return shown if shown is None or shown_for in ids else shown.unassigned()

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

    def list_plans(self, *, attempts: int | None = None, is_needed: bool = True) -> list[dict[str, Any]]:
        """Every plan: `id`, `available`, `locations` and more are documented, the id is checked.

        ApiError of the kind NOT_FOUND where the API does not have this list. `attempts`: as for the list of servers.
        `is_needed`: whether the task can't go on without it.
        """
        return self.client.pages(PLANS, check_plan, attempts=attempts, is_needed=is_needed)


def _explained(failure: ExchangeFailure) -> ExchangeFailure:
    """The failure of a create, with an explanation where the API asks for the fields that only the vendor's own clients
    send, in whatever shape: on an empty account nothing else tells.
    """
    if failure.kind is not FailureKind.INVALID or not all(
        re.search(field, failure.reason) for field in _FIELDS_OF_CLIENTS
    ):
        return failure
    words = (
        f"{failure.reason.rstrip('.')}. These are the fields of {OTHER_DESCRIPTION}. Nothing was created. "
        f"{OTHER_API_ADVICE}"
    )
    return ExchangeFailure(failure.kind, words, response=failure.response)


def hinted_id(failure: ExchangeFailure) -> ServerId | None:
    """The id that the response to a create shows which makes no sense otherwise: a hint, and no proof."""
    return as_id(_object_in(failure).get("id"))


def hinted_uuid(failure: ExchangeFailure) -> str | None:
    """As `hinted_id`, the uuid that a response of the other description shows."""
    uuid = _object_in(failure).get("uuid")
    return uuid if is_uuid(uuid) else None


def _object_in(failure: ExchangeFailure) -> Mapping[str, Any]:
    if failure.response is None or not is_success(failure.response.status):
        return {}
    try:
        value = parse_json(failure.response.body)
    except MalformedResponse:
        return {}
    return value if isinstance(value, dict) else {}
