# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the API and the shapes in which their bodies come (the documentation names no shape)."""

from __future__ import annotations

import html
from typing import Any

from starlette.responses import Response

from emulator.views import render

NON_FIELD = "non_field_errors"


class ApiError(Exception):
    """An answer that is an error: a status, and either one text or texts by field."""

    def __init__(self, status: int, problem: str | dict[str, list[str]], headers: dict[str, str] | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.headers = headers or {}


def _one_text(problem: str | dict[str, list[str]]) -> str:
    if isinstance(problem, str):
        return problem
    return " ".join(f"{field}: {' '.join(texts)}" for field, texts in problem.items())


def _bytes(text: str) -> bytes:
    # A text of the request may hold a lone surrogate, which UTF-8 cannot.
    return text.encode("utf-8", "backslashreplace")


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(render(value), status, headers, media_type="application/json")


def error_response(error: ApiError, shape: str) -> Response:
    """The answer for an error, in one of the shapes of the switch error_shape."""
    text = _one_text(error.problem)
    if shape == "text":
        return Response(_bytes(text), error.status, error.headers, media_type="text/plain")
    if shape == "html":
        page = (
            "<!doctype "
            f"html>\n<html><head><title>{error.status}</title></head><body><h1>{html.escape(text)}</h1></body></html>\n"
        )
        return Response(_bytes(page), error.status, error.headers, media_type="text/html")
    if shape == "message":
        return json_response({"message": text}, error.status, error.headers)
    if shape == "detail" or isinstance(error.problem, str):
        return json_response({"detail": text}, error.status, error.headers)
    return json_response(error.problem, error.status, error.headers)
