# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nine endpoints of servers, and the list of plans."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from emulator import catalogue, lifecycle, validation, views
from emulator.access import authorise, require_json
from emulator.backend import READ, WRITE, Backend
from emulator.description import OPERATIONS
from emulator.errors import ApiError, error_response, json_response
from emulator.settings import Switches
from emulator.store import MILLISECOND, Filter, Version

PREFIX = "/api/v1"
DOCUMENTED_FILTERS = ("active", "stopped", "suspended")
# Beyond it no page is ever there, and SQLite's integers would end.
MAX_PAGE = 1 << 40
_ID = re.compile(r"[0-9]{1,18}\Z")


class PlainRoute(APIRoute):
    """A route whose endpoint takes the request and gives the answer: nothing is injected or validated, which keeps it
    fast.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        endpoint = self.endpoint

        async def handler(request: Request) -> Response:
            try:
                return await endpoint(request)
            except ApiError as error:
                return error_response(error, request.app.state.backend.switches.error_shape)

        return handler


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
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    known = {"status", "location", *(("page", "page_size") if switches.paging else ())}
    if switches.strict_query and (unknown := sorted(set(query) - known)):
        raise ApiError(400, {name: ["Unknown query parameter."] for name in unknown})
    limits = _filter(query, switches)
    moment = backend.store.now() - max(switches.stale_ms, switches.list_stale_ms) * MILLISECOND
    descending = switches.order == "desc"
    if not switches.paging:
        count, texts = backend.store.page(moment, limits, descending, -1, 0)
        return _raw_json(f'{{"count":{count},"results":[{",".join(texts)}]}}')
    page, size = _page_number(query), _page_size(query, switches)
    count, texts = backend.store.page(moment, limits, descending, size, (page - 1) * size)
    if page > 1 and not texts:
        raise ApiError(404, "Invalid page.")
    following = _page_url(request, switches, query, page + 1) if page * size < count else None
    previous = _page_url(request, switches, query, page - 1) if page > 1 else None
    links = f'"next":{views.render(following)},"previous":{views.render(previous)}'
    return _raw_json(f'{{"count":{count},{links},"results":[{",".join(texts)}]}}')


def _raw_json(text: str) -> Response:
    return Response(text, media_type="application/json")


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


def _page_number(query: dict[str, str]) -> int:
    text = query.get("page", "1")
    if not _ID.match(text) or not 0 < int(text) < MAX_PAGE:
        raise ApiError(404, "Invalid page.")
    return int(text)


def _page_size(query: dict[str, str], switches: Switches) -> int:
    text = query.get("page_size")
    if text is None:
        return min(switches.page_size, switches.max_page_size)
    digits = text.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise ApiError(400, {"page_size": ["A valid positive integer is required."]})
    return min(int(digits[:9]), switches.max_page_size)


def _page_url(request: Request, switches: Switches, query: dict[str, str], page: int) -> str:
    base = switches.next_host or request.headers.get("host", "127.0.0.1")
    if "://" not in base:
        base = f"http://{base}"
    others = {name: value for name, value in query.items() if name != "page"}
    parameters = urlencode({**others, **({"page": page} if page > 1 else {})})
    return f"{base}{PREFIX}/servers/" + (f"?{parameters}" if parameters else "")


@_route("POST", "/servers/")
async def create_server(request: Request) -> Response:
    """A new server."""
    backend = authorise(request, WRITE)
    body = _body(request, backend)
    fields = validation.check(body, validation.CREATE_CHECKS, validation.REQUIRED_TO_CREATE, backend.switches)
    document = lifecycle.create(backend.store, backend.switches, fields)
    shown = {**document, "name": fields["name"]} if backend.switches.created_name == "sent" else document
    return json_response(views.created(shown), 201)


def _body(request: Request, backend: Backend) -> dict[str, Any]:
    require_json(request, backend, has_body=True)
    return validation.parse(request.scope["vps.exchange"].body)


@_route("GET", "/servers/{server_id}/")
async def get_server(request: Request) -> Response:
    """The detail of a server."""
    backend = authorise(request, READ)
    server = _server_id(request)
    version = backend.store.at(server, backend.store.now() - backend.switches.stale_ms * MILLISECOND)
    if version is None:
        raise ApiError(404, lifecycle.NOT_FOUND)
    return json_response(views.detail(version.document, version.live_usage))


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
    fields = validation.check(_body(request, backend), validation.UPDATE_CHECKS, required, backend.switches)
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
    return json_response(views.detail(version.document, version.live_usage))


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
    if not backend.switches.plans:
        raise ApiError(404, lifecycle.NOT_FOUND)
    location = dict(parse_qsl(request.scope["query_string"].decode("latin-1"))).get("location")
    plans = [catalogue.listed_plan(number) for number in catalogue.PLANS]
    offered = [plan for plan in plans if location is None or location in plan["locations"]]
    return json_response({"count": len(offered), "results": offered})
