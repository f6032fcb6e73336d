# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the endpoints of both dialects share: the base path, the handling of errors, the reading of bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from emulator import validation
from emulator.access import require_json
from emulator.backend import Backend
from emulator.errors import ApiError, error_response

PREFIX = "/api/v1"


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


def read_body(request: Request, backend: Backend) -> dict[str, Any]:
    """The object in a request's body; ApiError 415 or 400 where there is none."""
    require_json(request, backend, has_body=True)
    return validation.parse(request.scope["vps.exchange"].body)
