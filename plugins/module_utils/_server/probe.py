# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Asks an account what its API is like: a few GET requests, to which any response is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from .._client.api import PAGE_SIZE, ApiClient, ApiError, Endpoint
from .._client.errors import TimeLimitReached
from .._client.exchange import ExchangeFailure, Response
from .._client.page import is_page
from .._client.responses import (
    MalformedResponse,
    Page,
    Query,
    as_id,
    check_page,
    is_integer,
    is_uuid,
    joined,
    parse_json,
)
from .._client.retry_policy import FailureKind, Operation, Reaction, reaction_to, tries
from .described import ACCOUNT_PATH, CLIENTS_PATHS, DETAIL_PATH, PLANS_PATH, SERVERS_PATH
from .dialect import NOT_ASKED, REFUSALS_OF_A_QUERY, Answer, Findings

MOST_REQUESTS = 12
# That are sent whatever becomes of the others: the list, a detail, and every other path once.
_CERTAIN = 2 + len((PLANS_PATH, ACCOUNT_PATH, *CLIENTS_PATHS))
_TRIES = 2
_FIRST_TRIES = 3  # of the first request, on which everything depends
_MOST_PAGES = 3  # of a list that comes in pages
_SERVERS = Endpoint(SERVERS_PATH)
_NO_RESPONSE: Mapping[FailureKind, str] = {
    FailureKind.UNREACHED: "no response: the API could not be reached",
    FailureKind.CERTIFICATE: "no response: the certificate was not accepted",
}


class _List(NamedTuple):
    """What there is to say of the list of servers: the parts of Findings."""

    servers: Sequence[Any]
    paging: dict[str, Any]
    problem: str | None = None
    page_size: Answer = NOT_ASKED


class _Questions:
    """The requests, and how many there may be."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._spare = MOST_REQUESTS - _CERTAIN

    def first(self) -> Answer:
        """What the list of servers gives. Raises VpsError where nothing can be asked."""
        try:
            return _answer(self._asked(_SERVERS, (), _FIRST_TRIES))
        except ExchangeFailure as failure:
            if failure.response is None or failure.status == HTTPStatus.UNAUTHORIZED:
                raise ApiError("GET", _SERVERS, failure) from None
            return _answer(failure.response)

    def answer(self, endpoint: Endpoint, query: Query = ()) -> Answer:
        """What became of a request."""
        try:
            return _answer(self._asked(endpoint, query, _TRIES))
        except ExchangeFailure as failure:
            if failure.response is not None:
                return _answer(failure.response)
            # Not in its own words, which name the host.
            return Answer(None, instead=_NO_RESPONSE.get(failure.kind, "no response: it was lost"))
        except TimeLimitReached:
            return Answer(None, instead="not asked: the API asks to wait for too long")

    def _asked(self, endpoint: Endpoint, query: Query, most_tries: int) -> Response:
        """A response with a status of success; sent again where the failure table and `api_retries` say so, as long as
        that is not at the cost of what is certain.

        Raises ExchangeFailure, TimeLimitReached, Cancelled.
        """
        backoff = self._client.budget.retry_backoff()
        attempt = 0
        while True:
            try:
                return self._client.ask(endpoint, query=query)
            except ExchangeFailure as caught:
                failure = caught
            attempt += 1
            is_throttled = failure.kind is FailureKind.THROTTLED
            # "Later" is not counted by `api_retries`.
            allowed = (
                most_tries if is_throttled else min(most_tries, tries(Operation.READ, self._client.budget.retries))
            )
            if attempt >= allowed or not self._spare or reaction_to(failure.kind, Operation.READ) is not Reaction.AGAIN:
                raise failure
            self._spare -= 1
            try:
                self._client.budget.pause_before_retry(
                    backoff,
                    failure.retry_after,
                    ApiError("GET", endpoint, failure),
                    throttled=is_throttled,
                )
            except TimeLimitReached:  # this failure says all there is to say now
                raise failure from None

    def spare_answer(self, query: Query) -> Answer:
        """What the list gives to a query, as long as more may be asked than what is certain."""
        if not self._spare:
            return NOT_ASKED
        self._spare -= 1
        return self.answer(_SERVERS, query)


class Probe:
    """One look at an account."""

    def __init__(self, client: ApiClient) -> None:
        self._questions = _Questions(client)
        self._endpoints: dict[str, dict[str, Any]] = {}

    def look(self) -> Findings:
        """Ask all there is to ask. Raises VpsError only where nothing can be asked: no response, or the token is not
        accepted.
        """
        first = self._questions.first()
        self._note(SERVERS_PATH, first)
        listed = self._list(first)
        return Findings(
            first,
            listed.servers,
            listed.problem,
            listed.page_size,
            self._detail(listed.servers),
            {path: self._noted(path, Endpoint(path)) for path in (PLANS_PATH, ACCOUNT_PATH, *CLIENTS_PATHS)},
            listed.paging,
            self._endpoints,
        )

    # The list of servers

    def _list(self, first: Answer) -> _List:
        """The list as a task reads it: with the largest `page_size`, and then along its `next`."""
        items = first.items
        paging: dict[str, Any] = {
            "page_size": "unknown",
            "pages": None,
            "count": "missing" if first.is_ok and _count(first) is None else "unknown",
            "next": isinstance(first.value, dict) and "next" in first.value,
        }
        if items is None:
            return _List((), paging)
        page_size = self._questions.spare_answer((("page_size", "1"),)) if len(items) > 1 else NOT_ASKED
        paging["page_size"] = _fate_of_page_size(page_size, len(items))
        is_taken = paging["page_size"] == "taken"
        try:
            page = _page_of(first.value)
            paging["pages"] = True if is_taken or page.next_query or page.count > len(page.items) else None
            pages, is_whole = self._pages(page, is_taken)
        except MalformedResponse as problem:
            return _List(items, paging, str(problem), page_size)
        try:
            servers = [tagged["item"] for tagged in joined(pages)]
        except MalformedResponse as problem:
            servers = list({tagged["id"]: tagged["item"] for page in pages for tagged in page.items}.values())
            if not is_whole:
                return _List(servers, paging, None, page_size)
            return _List(servers, {**paging, "count": "wrong"}, str(problem), page_size)
        return _List(servers, {**paging, "count": "right"}, None, page_size)

    def _pages(self, first: Page[dict[str, Any]], page_size_is_taken: bool) -> tuple[list[Page[dict[str, Any]]], bool]:
        """The pages of the list, and whether there are no more of them. Raises MalformedResponse."""
        pages = [first]
        if page_size_is_taken and first.count > len(first.items):
            answer = self._questions.spare_answer((("page_size", str(PAGE_SIZE)),))
            if answer.is_ok:
                pages = [_page_of(answer.value)]
            elif answer.status not in REFUSALS_OF_A_QUERY:  # then a task goes on without it
                return pages, False
        seen: set[Query] = set()
        while sum(len(page.items) for page in pages) < pages[0].count:
            query = pages[-1].next_query
            if query is None or query in seen:
                break
            seen.add(query)
            page = self._page(query) if len(pages) < _MOST_PAGES else None
            if page is None:
                return pages, False
            pages.append(page)
        return pages, True

    def _page(self, query: Query) -> Page[dict[str, Any]] | None:
        """A page of the list; None where it could not be asked for. Raises MalformedResponse."""
        answer = self._questions.spare_answer(query)
        if answer.is_ok:
            return _page_of(answer.value)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise MalformedResponse("the next page that the list names is not there")
        return None

    # Everything else

    def _detail(self, servers: Sequence[Any]) -> tuple[int, Answer] | None:
        """The detail of one server that has an id, with that id. One that has a uuid is asked for, too."""
        for server in servers:
            if not isinstance(server, Mapping):
                continue
            number = as_id(server.get("id"))
            if number is not None:
                return number, self._noted(DETAIL_PATH, Endpoint(DETAIL_PATH, number), is_object=True)
            for uuid in (server.get("uuid"), server.get("id")):
                # Nothing but a uuid goes into a path: `x/../y` would be another object.
                if is_uuid(uuid):
                    self._noted("/servers/{uuid}/", Endpoint(f"{SERVERS_PATH}{uuid}/"), is_object=True)
                    return None
        return None

    def _noted(self, path: str, endpoint: Endpoint, *, is_object: bool = False) -> Answer:
        answer = self._questions.answer(endpoint)
        self._note(path, answer, is_object=is_object)
        return answer

    def _note(self, path: str, answer: Answer, *, is_object: bool = False) -> None:
        self._endpoints[path] = {"status": answer.status, "shape": answer.shape(is_object=is_object)}


def _answer(response: Response) -> Answer:
    if is_page(response.body):
        return Answer(response.status, instead="an HTML page")
    if not response.body.strip():
        return Answer(response.status, instead="an empty response")
    try:
        return Answer(response.status, parse_json(response.body))
    except MalformedResponse:
        return Answer(response.status, instead="something else than JSON")


def _page_of(value: Any) -> Page[dict[str, Any]]:
    """A page as tasks check it, but for its items: these are kept as they are, under `item`, with something that tells
    them apart under `id`. Raises MalformedResponse.
    """
    return check_page(value, lambda item: {"id": _identity_of(item), "item": item})


def _identity_of(item: Any) -> Any:
    if isinstance(item, Mapping):
        number = as_id(item.get("id"))
        for identity in (number, item.get("id"), item.get("uuid")):
            if isinstance(identity, (int, str)):
                return identity
    return object()


def _count(answer: Answer) -> int | None:
    count = answer.value.get("count") if isinstance(answer.value, Mapping) else None
    return count if is_integer(count) and count >= 0 else None


def _fate_of_page_size(answer: Answer, usual: int) -> str:
    if answer.status in REFUSALS_OF_A_QUERY:
        return "rejected"
    shown = len(answer.items or ())
    return "unknown" if not shown else "taken" if shown < usual else "ignored"
