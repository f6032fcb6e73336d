# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Asks an account what its API is like: a few GET requests, to which any response is a finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from .._client.api import PAGE_SIZE, ApiClient, ApiError, Endpoint
from .._client.errors import VpsError
from .._client.exchange import ExchangeFailure, Response
from .._client.page import is_page
from .._client.responses import MalformedResponse, Query, as_id, is_integer, parse_json
from .._client.retry_policy import FailureKind, kind_of_status
from .dialect import ACCOUNT_PATH, CLIENTS_PATHS, DETAIL_PATH, PLANS_PATH, SERVERS_PATH, Seen
from .shape import Shape, shape_of

MOST_REQUESTS = 12
_TRIES = 3  # of the first request, on which everything depends
_MOST_PAGES = 3  # of a list that comes in pages
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Answer(NamedTuple):
    """What became of one request. `status`: None where no response came; `value`: the JSON value of the body;
    `instead`: what came in its place, in words.
    """

    status: int | None
    value: Any = None
    instead: str = ""

    @property
    def shape(self) -> Shape:
        """Keys and types of the body, or the words for what is none."""
        return self.instead or shape_of(self.value)

    @property
    def is_ok(self) -> bool:
        """Whether it is a success with a JSON body."""
        return self.status == HTTPStatus.OK and not self.instead


class Findings(NamedTuple):
    """All that was found. `paging`: as the module vps_api_info documents it; `is_whole`: whether all servers were
    seen.
    """

    seen: Seen
    endpoints: dict[str, dict[str, Any]]
    paging: dict[str, Any]
    permissions: list[str] | None
    is_whole: bool


class Probe:
    """One look at an account."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._left = MOST_REQUESTS
        self._endpoints: dict[str, dict[str, Any]] = {}

    def look(self) -> Findings:
        """Ask all there is to ask. Raises VpsError only where nothing can be asked: no response, or the token is not
        accepted.
        """
        first = self._first()
        self._note(SERVERS_PATH, first)
        items, paging, is_whole = self._list(first)
        detail = self._detail(items)
        others = {path: self._other(path) for path in (PLANS_PATH, ACCOUNT_PATH, *CLIENTS_PATHS)}
        seen = Seen(
            items,
            detail.value if detail is not None else None,
            {path: (answer.status, answer.value) for path, answer in others.items()},
        )
        return Findings(seen, self._endpoints, paging, _permissions(others[ACCOUNT_PATH]), is_whole)

    # The list of servers

    def _first(self) -> Answer:
        endpoint = Endpoint(SERVERS_PATH)
        backoff = self._client.budget.retry_backoff()
        tries = 0
        while True:
            tries += 1
            failure: ExchangeFailure
            try:
                response = self._asked(endpoint)
            except ExchangeFailure as lost:
                failure = lost
            else:
                kind = kind_of_status(response.status, response.retry_after)
                failure = ExchangeFailure(kind, f"HTTP {response.status}", response=response)
                if response.status == HTTPStatus.UNAUTHORIZED:
                    raise ApiError("GET", endpoint, failure)
                if kind not in (FailureKind.SERVER_ERROR, FailureKind.THROTTLED):
                    return _answer(response)
                if tries >= _TRIES:
                    return _answer(response)
            error = ApiError("GET", endpoint, failure)
            if tries >= _TRIES:
                raise error from None
            self._client.budget.pause_before_retry(
                backoff, failure.retry_after, error, throttled=failure.kind is FailureKind.THROTTLED
            )

    def _list(self, first: Answer) -> tuple[list[Any], dict[str, Any], bool]:
        """The servers that could be seen, what there is to say of pages, and whether these are all servers."""
        items, count = _items(first), _count(first)
        paging: dict[str, Any] = {
            "page_size": "unknown",
            "pages": None,
            "count": "unknown" if count is not None else "missing",
            "next": isinstance(first.value, dict) and "next" in first.value,
        }
        if not first.is_ok or len(items) < 2:
            whole = first.is_ok and count == len(items)
            paging["count"] = "right" if whole else paging["count"]
            return items, paging, whole
        paging["page_size"] = self._page_size(len(items))
        comes_in_pages = bool(count is not None and count > len(items)) or paging["page_size"] == "taken"
        paging["pages"] = True if comes_in_pages else None
        if count is None or count <= len(items):
            paging["count"] = paging["count"] if count is None else "right" if count == len(items) else "wrong"
            return items, paging, count == len(items)
        items, count_is_right = self._pages(items, count, paging["page_size"] == "taken")
        if count_is_right is not None:
            paging["count"] = "right" if count_is_right else "wrong"
        return items, paging, bool(count_is_right)

    def _page_size(self, usual: int) -> str:
        answer = self._ask(Endpoint(SERVERS_PATH), (("page_size", "1"),))
        if answer is None or answer.status is None:
            return "unknown"
        if not answer.is_ok:
            return "rejected"
        return "taken" if len(_items(answer)) < usual else "ignored"

    def _pages(self, first: list[Any], count: int, page_size_is_taken: bool) -> tuple[list[Any], bool | None]:
        """More servers of a list that comes in pages, and whether its count is right: None where there are too many
        pages to tell.
        """
        query: Query = (("page_size", str(PAGE_SIZE)),) if page_size_is_taken else ()
        items = [] if page_size_is_taken else list(first)
        for page in range(1 if page_size_is_taken else 2, _MOST_PAGES + 1):
            answer = self._ask(Endpoint(SERVERS_PATH), (*query, *((("page", str(page)),) if page > 1 else ())))
            more = _items(answer) if answer is not None and answer.is_ok else []
            if not more:
                break
            items += more
            if len(items) >= count:
                return items, len(items) == count
        return items or first, None

    # Everything else

    def _detail(self, items: list[Any]) -> Answer | None:
        """The detail of one server, by whatever it is identified."""
        for item in items:
            if not isinstance(item, dict):
                continue
            number, uuid = as_id(item.get("id")), item.get("uuid")
            if number is not None:
                return self._noted(DETAIL_PATH, Endpoint(DETAIL_PATH, number))
            # Nothing but a uuid goes into a path: `x/../y` would be another object.
            if isinstance(uuid, str) and _UUID.fullmatch(uuid):
                return self._noted("/servers/{uuid}/", Endpoint(f"{SERVERS_PATH}{uuid}/"))
        return None

    def _other(self, path: str) -> Answer:
        return self._noted(path, Endpoint(path)) or Answer(None, instead="not asked")

    def _noted(self, path: str, endpoint: Endpoint) -> Answer | None:
        answer = self._ask(endpoint)
        if answer is not None:
            self._note(path, answer)
        return answer

    def _note(self, path: str, answer: Answer) -> None:
        self._endpoints[path] = {"status": answer.status, "shape": answer.shape}

    def _ask(self, endpoint: Endpoint, query: Query = ()) -> Answer | None:
        """What became of a request; None where no more may be sent."""
        if not self._left:
            return None
        try:
            return _answer(self._asked(endpoint, query))
        except ExchangeFailure as failure:
            return Answer(None, instead=f"no response: {failure.reason}")
        except VpsError as error:  # a pause that the API asks for is too long
            return Answer(None, instead=f"not asked: {error.reason}")

    def _asked(self, endpoint: Endpoint, query: Query = ()) -> Response:
        self._left -= 1
        return self._client.ask(endpoint, query=query)


def _answer(response: Response) -> Answer:
    if is_page(response.body):
        return Answer(response.status, instead="an HTML page")
    if not response.body.strip():
        return Answer(response.status, instead="empty")
    try:
        value = parse_json(response.body)
    except MalformedResponse:
        return Answer(response.status, instead="not JSON")
    return Answer(response.status, value)


def _items(answer: Answer) -> list[Any]:
    """The objects of a list, which may be a plain array."""
    value = answer.value.get("results") if isinstance(answer.value, dict) else answer.value
    return value if isinstance(value, list) else []


def _count(answer: Answer) -> int | None:
    count = answer.value.get("count") if isinstance(answer.value, Mapping) else None
    return count if is_integer(count) else None


def _permissions(account: Answer) -> list[str] | None:
    """The permissions of the token, where the account says them (documented: `token.permissions`)."""
    token = account.value.get("token") if account.is_ok and isinstance(account.value, Mapping) else None
    permissions = token.get("permissions") if isinstance(token, Mapping) else None
    return [str(text) for text in permissions] if isinstance(permissions, list) else None
