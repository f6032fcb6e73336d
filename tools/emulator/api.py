# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented endpoints: the nine of servers, the list of plans, and the account."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from emulator import catalogue, lifecycle, paging, validation, views
from emulator.access import authorise
from emulator.backend import READ, WRITE
from emulator.description import OPERATIONS
from emulator.errors import ApiError, json_response
from emulator.routing import PREFIX, PlainRoute, read_body
from emulator.settings import Switches
from emulator.store import MILLISECOND, Filter, Version

DOCUMENTED_FILTERS = ("active", "stopped", "suspended")
_ID = re.compile(r"[0-9]{1,18}\Z")

router = APIRouter(prefix=PREFIX, route_class=PlainRoute, redirect_slashes=False)


def _route(method: str, path: str) -> Callable[[Any], Any]:
    """Register an endpoint with what the description says of it."""

    def register(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        operation = OPERATIONS[endpoint.__name__]
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            operation_id=endpoint.__name__,
            summary=operation.summary,
            description=operation.description,
            status_code=operation.success,
            responses=operation.responses(),
            openapi_extra=operation.extra(),
            tags=[operation.tag],
            response_model=None,
        )
        return endpoint

    return register


def _server_id(request: Request) -> int:
    text = request.path_params["server_id"]
    if not _ID.match(text):
        raise ApiError(404, lifecycle.NOT_FOUND)
    return int(text)


@_route("GET", "/servers/")
async def list_servers(request: Request) -> Response:
    """A page of the servers, or all."""
    backend = authorise(request, READ)
    switches = backend.switches
    query = paging.query_of(request)
    known = {"status", "location", *(paging.PARAMETERS if switches.paging else ())}
    if switches.strict_query and (unknown := sorted(set(query) - known)):
        raise ApiError(400, {name: ["Unknown query parameter."] for name in unknown})
    limits = _filter(query, switches)
    moment = backend.store.now() - max(switches.stale_ms, switches.list_stale_ms) * MILLISECOND
    descending = switches.order == "desc"
    if not switches.paging:
        count, texts = backend.store.page(moment, limits, descending, -1, 0)
        return paging.raw_json(f'{{"count":{count},"results":[{",".join(texts)}]}}')
    wanted = paging.asked(query, switches)
    count, texts = backend.store.page(moment, limits, descending, wanted.size, wanted.offset)
    return paging.page_answer(request, switches, wanted, count, texts)


def _filter(query: dict[str, str], switches: Switches) -> Filter:
    if switches.filters == "ignored":
        return Filter()
    status, caseless = query.get("status"), switches.filters == "caseless"
    documented = (status.lower() if caseless and status else status) in (None, *DOCUMENTED_FILTERS)
    if not documented and switches.undocumented_status == "reject":
        raise ApiError(400, {"status": [f"Select a valid choice. {status} is not one of the available choices."]})
    if not documented and switches.undocumented_status == "ignore":
        status = None
    return Filter(status, query.get("location") or None, caseless)


@_route("POST", "/servers/")
async def create_server(request: Request) -> Response:
    """A new server."""
    backend = authorise(request, WRITE)
    body = read_body(request, backend)
    fields = validation.check(body, validation.CREATE_CHECKS, validation.REQUIRED_TO_CREATE, backend.switches)
    document = lifecycle.create(backend.store, backend.switches, fields)
    shown = {**document, "name": fields["name"]} if backend.switches.created_name == "sent" else document
    view = views.created(shown)
    if backend.switches.password_shown != "never":
        view = views.with_password(view, document, backend.switches.password_key)
    return json_response(view, 201)


@_route("GET", "/servers/{server_id}/")
async def get_server(request: Request) -> Response:
    """The detail of a server."""
    backend = authorise(request, READ)
    server = _server_id(request)
    version = backend.store.at(server, backend.store.now() - backend.switches.stale_ms * MILLISECOND)
    if version is None:
        raise ApiError(404, lifecycle.NOT_FOUND)
    return json_response(_detail(version, backend.switches))


def _detail(version: Version, switches: Switches) -> dict[str, Any]:
    view = views.detail(version.document, version.live_usage)
    if switches.password_shown == "detail":
        view = views.with_password(view, version.document, switches.password_key)
    return view


@_route("PUT", "/servers/{server_id}/")
async def replace_server(request: Request) -> Response:
    """Every changeable field of a server."""
    return _update(request, validation.REQUIRED_TO_REPLACE)


@_route("PATCH", "/servers/{server_id}/")
async def update_server(request: Request) -> Response:
    """Some changeable fields of a server."""
    return _update(request, ())


def _update(request: Request, required: tuple[str, ...]) -> Response:
    backend = authorise(request, WRITE)
    server = _server_id(request)
    lifecycle.living(backend.store, server)
    fields = validation.check(read_body(request, backend), validation.UPDATE_CHECKS, required, backend.switches)
    return _update_answer(lifecycle.update(backend.store, backend.switches, server, fields), backend.switches)


def _update_answer(version: Version, switches: Switches) -> Response:
    if switches.patch_answer == "no_content":
        return Response(status_code=204)
    if switches.patch_answer == "no_body":
        return Response(status_code=200)
    if switches.patch_answer == "empty_object":
        return json_response({})
    if switches.patch_answer == "list_item":
        return json_response(views.list_item(version.document))
    return json_response(_detail(version, switches))


@_route("DELETE", "/servers/{server_id}/")
async def delete_server(request: Request) -> Response:
    """The end of a server."""
    backend = authorise(request, WRITE)
    lifecycle.delete(backend.store, backend.switches, _server_id(request))
    return Response(status_code=204)


@_route("POST", "/servers/{server_id}/start/")
async def start_server(request: Request) -> Response:
    """Power on."""
    return _act(request, "start")


@_route("POST", "/servers/{server_id}/stop/")
async def stop_server(request: Request) -> Response:
    """Graceful power off."""
    return _act(request, "stop")


@_route("POST", "/servers/{server_id}/reboot/")
async def reboot_server(request: Request) -> Response:
    """Graceful restart."""
    return _act(request, "reboot")


def _act(request: Request, name: str) -> Response:
    backend = authorise(request, WRITE)
    document = lifecycle.act(backend.store, backend.switches, _server_id(request), name)
    action = lifecycle.ACTIONS[name]
    return json_response(views.action_answer(document, action.becomes, action.message))


@_route("GET", "/plans/")
async def list_plans(request: Request) -> Response:
    """Every plan, or those of one location."""
    backend = authorise(request, READ)
    switches = backend.switches
    if not switches.plans:
        raise ApiError(404, lifecycle.NOT_FOUND)
    location = paging.query_of(request).get("location") or None
    numbers = [number for number in catalogue.PLANS if location is None or location in catalogue.plan_locations(number)]
    offered = [views.listed_plan(catalogue.listed_plan(number), switches) for number in numbers]
    if switches.plans_paging:
        return paging.page_of(request, switches, offered)
    return json_response({"count": len(offered), "results": offered})


@_route("GET", "/account/me/")
async def get_account(request: Request) -> Response:
    """The account, and the token of the request."""
    backend = authorise(request, None)
    if not backend.switches.has_account:
        raise ApiError(404, lifecycle.NOT_FOUND)
    token = backend.tokens.find(request.headers.get("authorization"))
    assert token is not None
    return json_response(views.account(catalogue.ACCOUNT, token.id, sorted(token.permissions), backend.switches))
