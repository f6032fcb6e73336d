# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: the endpoints of the dialect that is switched on, the control interface, and what answers where
neither does.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator import api, control, openapi
from emulator.access import authorise
from emulator.backend import Backend
from emulator.clients import endpoints as clients
from emulator.errors import ApiError, error_response, json_response
from emulator.gate import Gate
from emulator.routing import PREFIX

DIALECTS: dict[str, APIRouter] = {"documented": api.router, "clients": clients.router}


def _application(router: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(router)
    app.include_router(control.router)
    return app


def description() -> dict[str, Any]:
    """The OpenAPI description of the API, in its documented dialect."""
    return openapi.describe(_application(api.router), PREFIX)


def _methods(router: APIRouter, path: str) -> list[str]:
    """The methods of the API's routes for a path."""
    return sorted({method for route in router.routes if route.path_regex.match(path) for method in route.methods})


def _not_found(request: Request, router: APIRouter, backend: Backend) -> Response:
    path = request.url.path
    if backend.switches.slash_redirect and not path.endswith("/") and _methods(router, path + "/"):
        query = f"?{request.url.query}" if request.url.query else ""
        return Response(status_code=301, headers={"Location": f"{path}/{query}"})
    return error_response(ApiError(404, "Not found."), backend.switches.error_shape)


def _method_not_allowed(request: Request, router: APIRouter, backend: Backend) -> Response:
    allowed = ", ".join(_methods(router, request.url.path))
    try:
        authorise(request, None)
        raise ApiError(405, f'Method "{request.method}" not allowed.', {"Allow": allowed})
    except ApiError as error:
        return error_response(error, backend.switches.error_shape)


def _serving(router: APIRouter, backend: Backend, described: bytes) -> FastAPI:
    """An application that serves one dialect."""
    app = _application(router)
    app.state.backend = backend

    @app.get("/openapi.json", include_in_schema=False)
    async def serve_description() -> Response:
        return Response(described, media_type="application/json")

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        if not request.url.path.startswith(f"{PREFIX}/"):
            return json_response({"detail": error.detail}, error.status_code, dict(error.headers or {}))
        return (_method_not_allowed if error.status_code == 405 else _not_found)(request, router, backend)

    return app


def build(backend: Backend) -> Gate:
    """The ASGI application around a backend. The one place where the dialect is chosen, anew for each request."""
    described = bytes(json_response(description()).body)
    applications = {name: _serving(router, backend, described) for name, router in DIALECTS.items()}

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        await applications[backend.switches.dialect](scope, receive, send)

    return Gate(chosen, backend)
