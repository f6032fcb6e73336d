# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shapes of what the API says of servers, checked before anything relies on them. Pure."""

from __future__ import annotations

from typing import Any, cast

from .._client.errors import ServerId
from .._client.responses import MalformedResponse, is_id, without_depths
from .model import Server


def check_server(value: Any, *, server_id: ServerId | None = None) -> Server:
    """One server, in any of its views: an object with a positive integer `id`, a string `name` and a string `status`.

    `server_id`: the id it must have. Raises MalformedResponse.
    """
    if not isinstance(value, dict):
        raise MalformedResponse("the response is not a server object")
    if not is_id(value.get("id")):
        raise MalformedResponse("the response holds a server without a positive integer id")
    if not isinstance(value.get("name"), str) or not isinstance(value.get("status"), str):
        raise MalformedResponse(f"the response shows server {value['id']} without a name or a status")
    if server_id is not None and value["id"] != server_id:
        raise MalformedResponse(f"server {server_id} was asked for, but the response shows server {value['id']}")
    return cast(Server, without_depths(value))


def check_action(value: Any, server_id: ServerId) -> Server:
    """The response to start, stop and reboot: success, with the server under `server`.

    Returns that server. Raises MalformedResponse.
    """
    if not isinstance(value, dict) or value.get("status") != "success":
        raise MalformedResponse("the response does not say that the action was accepted")
    return check_server(value.get("server"), server_id=server_id)
