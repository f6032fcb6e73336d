# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: the nine endpoints, the control interface, and what answers where neither does."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from emulator import api, control, openapi
from emulator.access import authorise
from emulator.backend import Backend
from emulator.errors import ApiError, error_response, json_response
from emulator.gate import Gate


def _application() -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(api.router)
    app.include_router(control.router)
    return app


def description() -> dict[str, Any]:
    """The OpenAPI description of the API."""
    return openapi.describe(_application(), api.PREFIX)


def _methods(path: str) -> list[str]:
    """The methods of the API's routes for a path."""
    return sorted({method for route in api.router.routes if route.path_regex.match(path) for method in route.methods})


def _not_found(request: Request, backend: Backend) -> Response:
    path = request.url.path
    if backend.switches.slash_redirect and not path.endswith("/") and _methods(path + "/"):
        query = f"?{request.url.query}" if request.url.query else ""
        return Response(status_code=301, headers={"Location": f"{path}/{query}"})
    return error_response(ApiError(404, "Not found."), backend.switches.error_shape)


def _method_not_allowed(request: Request, backend: Backend) -> Response:
    try:
        authorise(request, None)
        raise ApiError(405, f'Method "{request.method}" not allowed.', {"Allow": ", ".join(_methods(request.url.path))})
    except ApiError as error:
        return error_response(error, backend.switches.error_shape)


def build(backend: Backend) -> Gate:
    """The ASGI application around a backend."""
    app = _application()
    app.state.backend = backend
    described = json_response(description()).body

    @app.get("/openapi.json", include_in_schema=False)
    async def serve_description() -> Response:
        return Response(described, media_type="application/json")

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        if not request.url.path.startswith(f"{api.PREFIX}/"):
            return json_response({"detail": error.detail}, error.status_code, dict(error.headers or {}))
        return (_method_not_allowed if error.status_code == 405 else _not_found)(request, backend)

    return Gate(app, backend)
