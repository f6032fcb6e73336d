# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask, how often, and in what form."""

from __future__ import annotations

import time
from email.utils import formatdate

from starlette.requests import Request

from emulator.backend import Backend
from emulator.errors import ApiError

CHALLENGE = {"WWW-Authenticate": "Bearer"}


def authorise(request: Request, permission: str | None) -> Backend:
    """The backend, for a request whose token is accepted and has a permission (None: any), within the rate limit.

    ApiError 401, 403, 429, or 415 for a request without a Content-Type where the switch content_type asks for it.
    """
    backend: Backend = request.app.state.backend
    header = request.headers.get("authorization")
    token = backend.tokens.find(header)
    if token is None:
        if header is None:
            raise ApiError(401, "Authentication credentials were not provided.", CHALLENGE)
        request.scope["vps.exchange"].token = "unknown"
        raise ApiError(401, "Invalid token.", CHALLENGE)
    request.scope["vps.exchange"].token = token.id
    if permission is not None and not token.may(permission):
        raise ApiError(403, "You do not have permission to perform this action.")
    if backend.rate_limit.exceeded(token.id, backend.switches.rate_limit):
        raise ApiError(429, "Request was throttled. Expected available in 1 second.", _retry_after(backend))
    require_json(request, backend, has_body=False)
    return backend


def _retry_after(backend: Backend) -> dict[str, str]:
    if backend.switches.retry_after == "none":
        return {}
    if backend.switches.retry_after == "seconds":
        return {"Retry-After": "1"}
    # By the API's own clock; rounded up, so that the wait is never too short.
    return {"Retry-After": formatdate(time.time() + 2 + backend.switches.clock_skew_s, usegmt=True)}


def require_json(request: Request, backend: Backend, has_body: bool) -> None:
    """ApiError 415 for a request whose Content-Type is not JSON, where the switch content_type asks for it."""
    wanted = backend.switches.content_type
    if wanted == "never" or (wanted == "bodies" and not has_body):
        return
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, f'Unsupported media type "{content_type}" in request.')
