# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that the vendor's clients call, but for domains, DNS, and deployments. None is in the OpenAPI
description. Which permission each needs is in the clients' README.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from emulator import api, catalogue, lifecycle, paging, views
from emulator.access import authorise
from emulator.backend import READ, WRITE, Backend
from emulator.clients import bodies
from emulator.clients import catalogue as clients_catalogue
from emulator.clients import views as clients_views
from emulator.errors import ApiError, json_response
from emulator.routing import PREFIX, PlainRoute, read_body
from emulator.settings import Switches
from emulator.store import MILLISECOND, Version, iso
from emulator.uuids import Kind, number_of, uuid_of

READ_KEYS, WRITE_KEYS = "ssh_keys:read", "ssh_keys:write"

router = APIRouter(prefix=PREFIX, route_class=PlainRoute, redirect_slashes=False, include_in_schema=False)


def _number(kind: Kind, request: Request) -> int:
    number = number_of(kind, request.path_params["uuid"])
    if number is None:
        raise ApiError(404, lifecycle.NOT_FOUND)
    return number


def _list(request: Request, switches: Switches, values: list[Any]) -> Response:
    """A list: paged, or bare where lists are not paged (the clients read both)."""
    return paging.page_of(request, switches, values) if switches.paging else json_response(values)


# Servers


@router.get("/servers/")
async def list_servers(request: Request) -> Response:
    """A page of the servers, or all. The clients send no filters."""
    backend = authorise(request, READ)
    switches = backend.switches
    query = paging.query_of(request)
    known = set(paging.PARAMETERS if switches.paging else ())
    if switches.strict_query and (unknown := sorted(set(query) - known)):
        raise ApiError(400, {name: ["Unknown query parameter."] for name in unknown})
    moment = backend.store.now() - max(switches.stale_ms, switches.list_stale_ms) * MILLISECOND
    descending = switches.order == "desc"
    wanted = paging.asked(query, switches) if switches.paging else paging.EVERYTHING
    count, versions = backend.store.page_of_versions(moment, descending, wanted.size, wanted.offset)
    items = [views.render(clients_views.list_item(version, switches)) for version in versions]
    if not switches.paging:
        return paging.raw_json(f"[{','.join(items)}]")
    return paging.page_answer(request, switches, wanted, count, items)


@router.post("/servers/")
async def create_server(request: Request) -> Response:
    """A new server, with its password."""
    backend = authorise(request, WRITE)
    switches = backend.switches
    fields = bodies.create(read_body(request, backend), switches, backend.keys)
    document = lifecycle.create(backend.store, switches, fields)
    shown = {**document, "name": fields["name"]} if switches.created_name == "sent" else document
    version = Version(document["id"], 0, 0, False, shown)
    return json_response(clients_views.detail(version, switches, switches.password_shown != "never"), 201)


@router.get("/servers/{uuid}/")
async def get_server(request: Request) -> Response:
    """The detail of a server."""
    backend = authorise(request, READ)
    switches = backend.switches
    version = backend.store.at(_number("server", request), backend.store.now() - switches.stale_ms * MILLISECOND)
    if version is None:
        raise ApiError(404, lifecycle.NOT_FOUND)
    return json_response(clients_views.detail(version, switches, switches.password_shown == "detail"))


@router.delete("/servers/{uuid}/")
async def delete_server(request: Request) -> Response:
    """The end of a server."""
    backend = authorise(request, WRITE)
    lifecycle.delete(backend.store, backend.switches, _number("server", request))
    return Response(status_code=204)


@router.post("/servers/{uuid}/power/")
async def switch_power(request: Request) -> Response:
    """Start, stop, or restart. The clients read nothing of the answer."""
    backend = authorise(request, WRITE)
    server = _number("server", request)
    lifecycle.living(backend.store, server)
    action = bodies.power(read_body(request, backend), backend.switches)
    lifecycle.act(backend.store, backend.switches, server, action)
    return json_response({"detail": lifecycle.ACTIONS[action].message})


@router.post("/servers/{uuid}/backup/")
async def back_up(request: Request) -> Response:
    """A backup, which nothing lists."""
    return _copy(request, authorise(request, WRITE), "backup", {})


@router.post("/servers/{uuid}/snapshot/")
async def take_snapshot(request: Request) -> Response:
    """A snapshot, which nothing lists. Its label is optional, and so is the body."""
    backend = authorise(request, WRITE)
    body = read_body(request, backend) if request.scope["vps.exchange"].body else {}
    return _copy(request, backend, "snapshot", {"label": body.get("label", "")})


def _copy(request: Request, backend: Backend, kind: Kind, fields: dict[str, Any]) -> Response:
    """The answer to the request for a backup or a snapshot (assumed: the clients print what comes)."""
    server = _number("server", request)
    lifecycle.living(backend.store, server)
    now = iso(backend.store.now(), backend.switches.clock_skew_s)
    return json_response({"uuid": uuid_of(kind, server), **fields, "status": "pending", "created_at": now}, 201)


@router.post("/servers/{uuid}/resize/")
async def resize_server(request: Request) -> Response:
    """Another plan, at once (assumed: the clients only say that the server may be restarted)."""
    backend = authorise(request, WRITE)
    server = _number("server", request)
    lifecycle.living(backend.store, server)
    plan = bodies.resize(read_body(request, backend), backend.switches)
    lifecycle.resize(backend.store, backend.switches, server, plan)
    return json_response({"detail": "Server is being resized."})


# What servers are made of


@router.get("/plans/")
async def list_plans(request: Request) -> Response:
    """The plans."""
    switches = authorise(request, READ).switches
    if not switches.plans:
        raise ApiError(404, lifecycle.NOT_FOUND)
    return _list(request, switches, [clients_catalogue.plan(number, switches) for number in catalogue.PLANS])


@router.get("/locations/")
async def list_locations(request: Request) -> Response:
    """The locations."""
    switches = authorise(request, READ).switches
    return _list(request, switches, [clients_catalogue.location(code) for code in clients_catalogue.LOCATIONS])


@router.get("/operating-systems/")
async def list_operating_systems(request: Request) -> Response:
    """The operating systems with their versions."""
    switches = authorise(request, READ).switches
    systems = range(len(clients_catalogue.SYSTEMS))
    return _list(request, switches, [clients_catalogue.operating_system(index) for index in systems])


# The account

# Unknown to the clients: there only if the switch account says so.
router.get("/account/me/")(api.get_account)


@router.get("/ssh-keys/")
async def list_ssh_keys(request: Request) -> Response:
    """The SSH keys."""
    backend = authorise(request, READ_KEYS)
    return _list(request, backend.switches, [clients_catalogue.ssh_key(key) for key in backend.keys.all()])


@router.post("/ssh-keys/")
async def add_ssh_key(request: Request) -> Response:
    """A new SSH key."""
    backend = authorise(request, WRITE_KEYS)
    name, public_key = bodies.ssh_key(read_body(request, backend), backend.switches)
    key = backend.keys.add(name, public_key, iso(backend.store.now(), backend.switches.clock_skew_s))
    return json_response(clients_catalogue.ssh_key(key), 201)


@router.delete("/ssh-keys/{uuid}/")
async def delete_ssh_key(request: Request) -> Response:
    """The end of an SSH key."""
    backend: Backend = authorise(request, WRITE_KEYS)
    if not backend.keys.remove(_number("ssh key", request)):
        raise ApiError(404, lifecycle.NOT_FOUND)
    return Response(status_code=204)
