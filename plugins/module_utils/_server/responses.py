# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shapes of what the API says of servers, checked before anything relies on them. Pure."""

from __future__ import annotations

from typing import Any, cast

from .._client.errors import ServerId
from .._client.responses import MalformedResponse, as_id, check_description, without_depths
from .model import Server, lacking
from .status import in_our_words


def check_view(value: Any, *, server_id: ServerId | None = None) -> Server:
    """A list's item or a detail: an object whose `id` is a positive integer, or the text of one.

    A `name` or a `status` that is not a string is left out: one odd server must not cost the account all its others.
    A status is shown in the words of `status.py`.
    `server_id`: the id it must have. Raises MalformedResponse.
    """
    if not isinstance(value, dict):
        raise MalformedResponse("the response is not a server object")
    found = as_id(value.get("id"))
    if found is None:
        check_description(value, "a server")
        raise MalformedResponse("the response holds a server without a positive integer id")
    if server_id is not None and found != server_id:
        raise MalformedResponse(f"server {server_id} was asked for, but the response shows server {found}")
    odd = [key for key in ("name", "status") if not isinstance(value.get(key), str)]
    if odd or value["id"] is not found:
        value = {key: item for key, item in {**value, "id": found}.items() if key not in odd}
    status = value.get("status")
    if status is not None and (known := in_our_words(status)) != status:
        value = {**value, "status": known}
    return cast(Server, without_depths(value))


def check_server(value: Any, *, server_id: ServerId | None = None) -> Server:
    """One server of which everything is shown that identifies it, as the response to a create or an action must.

    `server_id`: the id it must have. Raises MalformedResponse.
    """
    server = check_view(value, server_id=server_id)
    if lacking(server):
        raise MalformedResponse(f"the response shows server {server['id']} without a name or a status")
    return server


def check_action(value: Any, server_id: ServerId) -> Server:
    """The response to start, stop and reboot: success, with the server under `server`.

    Returns that server. Raises MalformedResponse.
    """
    if not isinstance(value, dict) or value.get("status") != "success":
        raise MalformedResponse("the response does not say that the action was accepted")
    return check_server(value.get("server"), server_id=server_id)


def check_plan(value: Any) -> dict[str, Any]:
    """One plan that can be ordered: an object with an id. Raises MalformedResponse."""
    if not isinstance(value, dict):
        raise MalformedResponse("the response is not a plan object")
    found = as_id(value.get("id"))
    if found is None:
        check_description(value, "a plan")
        raise MalformedResponse("the response holds a plan without a positive integer id")
    return {**without_depths(value), "id": found}
