# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and their pages, in the style of Django REST Framework. The parameters are those of the vendor's client."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from emulator import views
from emulator.errors import ApiError
from emulator.settings import Switches

PARAMETERS = ("page", "page_size")
# Beyond it no page is ever there, and SQLite's integers would end.
MAX_PAGE = 1 << 40
_PAGE = re.compile(r"[0-9]{1,18}\Z")


class Asked(NamedTuple):
    """The page that a request asks for: its number, from 1, and its size."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before it."""
        return (self.page - 1) * self.size


# Not a page: all that there is.
EVERYTHING = Asked(1, -1)


def query_of(request: Request) -> dict[str, str]:
    """The parameters of a request; of one that is given twice, the last."""
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))


def asked(query: dict[str, str], switches: Switches) -> Asked:
    """The page asked for; ApiError 404 or 400 where the parameters name none."""
    text = query.get("page", "1")
    if not _PAGE.match(text) or not 0 < int(text) < MAX_PAGE:
        raise ApiError(404, "Invalid page.")
    return Asked(int(text), _size(query, switches))


def _size(query: dict[str, str], switches: Switches) -> int:
    text = query.get("page_size")
    if text is None:
        return min(switches.page_size, switches.max_page_size)
    digits = text.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise ApiError(400, {"page_size": ["A valid positive integer is required."]})
    return min(int(digits[:9]), switches.max_page_size)


def raw_json(text: str) -> Response:
    """An answer that is JSON text already."""
    return Response(text, media_type="application/json")


def page_answer(request: Request, switches: Switches, wanted: Asked, count: int, items: list[str]) -> Response:
    """One page of `count` items, given as JSON texts. ApiError 404 where it is beyond the last."""
    if wanted.page > 1 and not items:
        raise ApiError(404, "Invalid page.")
    following = _url(request, switches, wanted.page + 1) if wanted.page * wanted.size < count else None
    previous = _url(request, switches, wanted.page - 1) if wanted.page > 1 else None
    links = f'"next":{views.render(following)},"previous":{views.render(previous)}'
    return raw_json(f'{{"count":{count},{links},"results":[{",".join(items)}]}}')


def page_of(request: Request, switches: Switches, values: list[Any]) -> Response:
    """The page of a list that a request asks for."""
    wanted = asked(query_of(request), switches)
    shown = values[wanted.offset : wanted.offset + wanted.size]
    return page_answer(request, switches, wanted, len(values), [views.render(value) for value in shown])


def _url(request: Request, switches: Switches, page: int) -> str:
    base = switches.next_host or request.headers.get("host", "127.0.0.1")
    if "://" not in base:
        base = f"http://{base}"
    others = {name: value for name, value in query_of(request).items() if name != "page"}
    parameters = urlencode({**others, **({"page": page} if page > 1 else {})})
    return f"{base}{request.url.path}" + (f"?{parameters}" if parameters else "")
