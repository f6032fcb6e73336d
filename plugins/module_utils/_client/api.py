# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Requests to the API at one task's pace: whole lists in pages, reads that are tried again, writes that are sent once.

Nothing here knows what a server is. That a list has pages (page, page_size, next) is known from the vendor's own client
only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .body import may_be_of_the_api
from .budget import Budget
from .errors import ServerId, VpsError
from .exchange import ExchangeFailure, Http, Response, malformed
from .responses import (
    Item,
    MalformedResponse,
    OtherDescription,
    Page,
    Query,
    check_page,
    is_id,
    joined,
    may_show_password,
    parse_json,
)
from .retry_policy import OTHER_API_ADVICE, FailureKind, Operation, Reaction, advice_for, reaction_to, tries

if TYPE_CHECKING:
    from .passwords import ShownPasswords

PAGE_SIZE = 100  # the largest that the vendor's client asks for
MOST_PAGES = 1000

Checked = TypeVar("Checked")


class Endpoint(NamedTuple):
    """A path below `api_url`, with the id of the object that it is about, if it is about one."""

    template: str
    object_id: ServerId | None = None

    @property
    def path(self) -> str:
        """The path. Only an integer goes into it: `12345/../12346` would be another object. Raises VpsError."""
        if "{id}" not in self.template:
            return self.template
        if not is_id(self.object_id):
            raise VpsError(f"{self.object_id!r} is not an id.")
        return self.template.replace("{id}", str(self.object_id))


class ApiError(VpsError):
    """A request that failed for good: what was asked, what came, what to do."""

    failure: ExchangeFailure

    def __init__(self, method: str, endpoint: Endpoint, failure: ExchangeFailure, note: str = "") -> None:
        """`note`: sentences that take the place of the usual advice for the status."""
        self.failure = failure
        self.request = f"{method} {endpoint.path}"
        self._general_request = f"{method} {endpoint.template}"
        # Of an object that was there before, a 404 says nothing about the address.
        is_of_object = failure.kind is FailureKind.NOT_FOUND and endpoint.object_id is not None
        said_by_api = failure.response is None or may_be_of_the_api(failure.response.body)
        advice = "" if is_of_object else advice_for(failure.status, said_by_api=said_by_api)
        if failure.kind is FailureKind.OTHER_API:
            advice = OTHER_API_ADVICE
        self._explained = f"{failure.reason.rstrip('.')}. {note or advice}".rstrip()
        super().__init__(f"{self.request}: {self._explained}")

    @property
    def kind(self) -> FailureKind:
        """The kind of the failure behind it."""
        return self.failure.kind

    @property
    def denied(self) -> bool:
        """Whether the token itself was turned down (401, 403), which concerns all that the task still has to do."""
        return self.kind is FailureKind.DENIED

    def own_reason(self, general: bool) -> str:
        """See VpsError; `general`: without the id in the path."""
        return f"{self._general_request}: {self._explained}" if general else self.reason


class ApiClient:
    """One connection to the API, at one task's pace."""

    def __init__(self, http: Http, budget: Budget) -> None:
        self._http = http
        self.budget = budget
        self.may_have_echoed = False  # whether the token may be in anything that was read
        self.pages_of_last_list = 1  # how many requests the last whole list took
        self._has_written = False

    @property
    def scrub(self) -> Callable[[str], str]:
        """Removes the token from a text."""
        return self._http.scrub

    # Reads

    def ask(self, endpoint: Endpoint, *, query: Query = ()) -> Response:
        """GET, sent once: the response with a status of success, whatever its body.

        Raises ExchangeFailure, TimeLimitReached, Cancelled.
        """
        return self._exchange("GET", endpoint, query=query)

    def read(
        self,
        endpoint: Endpoint,
        check: Callable[[Any], Checked],
        *,
        query: Query = (),
        attempts: int | None = None,
        is_needed: bool = True,
    ) -> Checked:
        """GET, as often as the failure table allows, until a whole response is there that `check` does not call
        malformed.

        `attempts`: how often it may be sent, by default as often as `api_retries` says. `is_needed`: whether the task
        can't go on without it, so that nothing more is sent if the token is turned down.
        Raises ApiError, TimeLimitReached, Cancelled.
        """
        allowed = attempts or tries(Operation.READ, self.budget.retries)
        backoff, attempt = self.budget.retry_backoff(), 0
        while True:
            try:
                return self._checked(self._exchange("GET", endpoint, query=query), check)
            except ExchangeFailure as failure:
                error = ApiError("GET", endpoint, failure, "" if self._has_written else _note_before_writes(failure))
                throttled = failure.kind is FailureKind.THROTTLED
                # "Later" is no failed try: the time limit counts. Without one, it must say when.
                if not throttled or (self.budget.limit is None and failure.retry_after is None):
                    attempt += 1
                if error.denied and is_needed:  # whatever else is read or sent at the same time would meet the same
                    self.budget.cancel(error.reason)
                if reaction_to(failure.kind, Operation.READ) is not Reaction.AGAIN or attempt >= allowed:
                    raise error from None
                self.budget.pause_before_retry(backoff, failure.retry_after, error, throttled=throttled)

    def pages(
        self,
        endpoint: Endpoint,
        check_item: Callable[[Any], Item],
        *,
        filters: Query = (),
        attempts: int | None = None,
        is_needed: bool = True,
    ) -> list[Item]:
        """Every object of a list, all pages: a whole list or an error.

        `filters`: what the API may select by. That is an optimisation only, dropped where the list contradicts itself,
        and for the caller to do again. `attempts`: how often each page may be asked for, by default as often as
        `api_retries` says. `is_needed`: see `read`. Raises ApiError, TimeLimitReached, Cancelled.
        """
        reading = _List(self, endpoint, check_item, attempts, is_needed)
        try:
            return reading.whole(filters)
        except MalformedResponse:
            # Objects come and go while pages are read.
            try:
                return reading.whole(())
            except MalformedResponse as problem:
                failure = ExchangeFailure(FailureKind.LOST, str(problem))
                note = "It was not used, because an incomplete list would be misleading."
                raise ApiError("GET", endpoint, failure, note) from None

    # Writes

    def write(
        self,
        method: str,
        endpoint: Endpoint,
        body: Mapping[str, Any] | None,
        check: Callable[[Any], Checked],
        *,
        accepted: Collection[HTTPStatus],
        take_passwords: Callable[[ShownPasswords], None] = lambda _shown: None,
    ) -> Checked:
        """A request that changes something, sent once. What follows from a failure is for the caller to decide.

        `accepted`: the statuses that are an acceptance; empty where the shape of the response decides.
        `take_passwords`: is given the passwords that the response shows, also where `check` turns it down. They are in
        nothing that is returned. Raises ExchangeFailure.
        """
        self._has_written = True
        response = self._exchange(method, endpoint, body=body)
        if accepted and response.status not in accepted:
            raise malformed(f"HTTP {response.status}, which is not a documented response", response)
        return self._checked(response, check, take_passwords)

    def _exchange(self, method: str, endpoint: Endpoint, **options: Any) -> Response:
        """One exchange at the task's pace.

        A pause that a response asks for is asked of all that the task still sends, not of this request alone.
        """
        path = endpoint.path
        sent_at = self.budget.before_request(is_write=method != "GET")
        try:
            response = self._http.exchange(method, path, **options)
        except ExchangeFailure as failure:
            if failure.response is not None:
                self._note_echo(failure.response)
            if failure.kind is FailureKind.THROTTLED:
                self.budget.throttled(sent_at, failure.retry_after)
            elif failure.retry_after:
                self.budget.hold(failure.retry_after)
            raise
        self.budget.granted(sent_at)
        self._note_echo(response)
        return response

    def _note_echo(self, response: Response) -> None:
        self.may_have_echoed = self.may_have_echoed or self._http.may_echo(response.body)

    def _checked(
        self,
        response: Response,
        check: Callable[[Any], Checked],
        take_passwords: Callable[[ShownPasswords], None] = lambda _shown: None,
    ) -> Checked:
        if response.status == HTTPStatus.NO_CONTENT and check is anything:
            return check(None)
        try:
            return _checked_body(response.body, check, take_passwords)
        except OtherDescription as problem:
            raise ExchangeFailure(FailureKind.OTHER_API, str(problem), response=response) from None
        except MalformedResponse as problem:
            from .error_words import error_words
            from .page import is_page

            phrase = error_words(response.body, self.scrub) if is_page(response.body) else str(problem)
            raise malformed(phrase, response) from None


def _note_before_writes(failure: ExchangeFailure) -> str:
    return f"Nothing was written. {OTHER_API_ADVICE}" if failure.kind is FailureKind.OTHER_API else ""


def _checked_body(
    body: bytes, check: Callable[[Any], Checked], take_passwords: Callable[[ShownPasswords], None]
) -> Checked:
    """What a check makes of the JSON value of a body, in which there is no password. Raises MalformedResponse."""
    try:
        value = parse_json(body)
    except MalformedResponse:
        from .page import is_page
        from .passwords import keys_in_text

        if not is_page(body) and (shown := keys_in_text(body)) is not None:
            take_passwords(shown)
        raise
    if not may_show_password(body):
        return check(value)
    from .passwords import without_passwords

    value, shown = without_passwords(value)
    if shown is not None:
        take_passwords(shown)
    return check(value)


def anything(value: Any) -> None:
    """A check that takes every JSON value, for responses that nothing relies on: a sign-in page is none."""


class _List:
    """One list that is read. Its methods raise MalformedResponse where it contradicts itself."""

    def __init__(
        self,
        client: ApiClient,
        endpoint: Endpoint,
        check_item: Callable[[Any], Any],
        attempts: int | None,
        is_needed: bool,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._check_item = check_item
        self._attempts = attempts
        self._is_needed = is_needed

    def whole(self, filters: Query) -> list[Any]:
        """All its objects."""
        first = self._first_page(filters)
        pages = [first]
        seen: set[Query] = set()
        numbered = _numbered_pages(first)
        if numbered:
            from .concurrent import DEFAULT_CONCURRENCY, run_all

            seen.update(numbered)
            pages += run_all(self._later_page, [_with(query, filters) for query in numbered], DEFAULT_CONCURRENCY)
        while (query := pages[-1].next_query) is not None:
            if sum(len(page.items) for page in pages) >= first.count:
                break  # complete; a link beyond the end is looked at by nobody
            if query in seen or len(pages) >= MOST_PAGES:
                raise MalformedResponse("the list's pages form a loop or never end")
            seen.add(query)
            pages.append(self._later_page(_with(query, filters)))
        self._client.pages_of_last_list = len(pages)
        return joined(pages)

    def _first_page(self, filters: Query) -> Page[Any]:
        try:
            return self._page((("page_size", str(PAGE_SIZE)), *filters))
        except ApiError as error:
            # page_size is not documented: an API that is strict about its query is asked without it.
            if error.kind is FailureKind.INVALID:
                return self._page(filters)
            raise

    def _later_page(self, query: Query) -> Page[Any]:
        try:
            return self._page(query)
        except ApiError as error:
            if error.kind is FailureKind.NOT_FOUND:  # no wrong address: the page before was there
                raise MalformedResponse("a page of the list was gone when it was requested") from None
            raise

    def _page(self, query: Query) -> Page[Any]:
        return self._client.read(
            self._endpoint,
            lambda value: check_page(value, self._check_item),
            query=query,
            attempts=self._attempts,
            is_needed=self._is_needed,
        )


def _numbered_pages(first: Page[Any]) -> list[Query]:
    """The queries of all pages after the first, where `next` counts pages: they can then be asked for at once.

    Otherwise empty.
    """
    if first.next_query is None or not first.items:
        return []
    if dict(first.next_query).get("page") != "2":
        return []
    pages = -(-first.count // len(first.items))
    if pages > MOST_PAGES:
        raise MalformedResponse(f"the list claims to have {pages} pages")
    return [
        tuple((key, str(number) if key == "page" else value) for key, value in first.next_query)
        for number in range(2, pages + 1)
    ]


def _with(query: Query, filters: Query) -> Query:
    """A next link's query with this list's own filters, which a link may have lost."""
    own = dict(filters)
    return (*((key, value) for key, value in query if key not in own), *filters)
