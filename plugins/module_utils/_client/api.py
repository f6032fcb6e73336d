# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The nine endpoints of the servers API. Reads are tried again here; writes are sent once, and what follows is for _servers.py to decide.

Paths, bodies and fields are documented by VPS.org; paging (page, page_size, next) is known from the vendor's own client only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import retry_policy as _policy
from . import responses as _shapes
from .concurrent import run_all
from .errors import VpsError
from .http import Answer, ExchangeFailure, Http, Indeterminate, Refused
from .budget import Pace
from .retry_policy import Move, Operation

PAGE_SIZE = 100  # the largest that the vendor's client asks for
MOST_PAGES = 1000
PAGES_AT_A_TIME = 16
SERVERS = "/servers/"

_ADVICE = {
    401: "The token is not accepted: check api_token or VPS_API_TOKEN.",
    403: "The token lacks a permission that this needs.",
    402: "The account has not enough credit; nothing was created.",
    404: "The API knows no such address: check api_url.",
}


class ApiError(VpsError):
    """A request that failed for good. C(failure) is the exchange behind it; C(denied) and C(no_credit) concern more than one server."""

    def __init__(self, message: str, failure: ExchangeFailure) -> None:
        super().__init__(message)
        self.failure = failure

    @property
    def status(self) -> int | None:
        return self.failure.status

    @property
    def denied(self) -> bool:
        """Whether the token itself was turned down (401, 403)."""
        return _policy.row_of(self.failure) is _policy.Row.DENIED

    @property
    def no_credit(self) -> bool:
        """Whether the account lacks credit (402)."""
        return _policy.row_of(self.failure) is _policy.Row.NO_CREDIT


def final(method: str, path: str, failure: ExchangeFailure, note: str = "") -> ApiError:
    """The error for a request that is not tried again: what was asked, what came, what to do."""
    advice = "" if note else _ADVICE.get(failure.status or 0, "")
    return ApiError(" ".join(part for part in (f"{method} {path}: {failure}.", note, advice) if part).replace("..", "."), failure)


class Api:
    """The servers API through one connection, at one task's pace."""

    def __init__(self, http: Http, pace: Pace) -> None:
        self._http = http
        self.pace = pace
        self.may_have_echoed = False  # whether the token may be in anything that was read

    @property
    def scrub(self) -> Callable[[str], str]:
        """Removes the token from a text."""
        return self._http.scrub

    # Reads

    def list_servers(self, *, status: str | None = None, location: str | None = None, attempts: int | None = None) -> list[dict[str, Any]]:
        """Every server of the account (or of one status, of one location), all pages: a whole list or an error.

        C(attempts): how often each page may be asked for, by default as often as api_retries says.
        Items lack backups_enabled, ipv6_address, resource_usage and plan.bandwidth (documented).
        Raises ApiError, TimeLimitReached, Cancelled.
        """
        filters = tuple((key, value) for key, value in (("status", status), ("location", location)) if value)
        try:
            return self._whole_list(filters, attempts)
        except _NotWhole:
            # Servers come and go while pages are read, and a filter is only an optimisation: once more, without it.
            try:
                servers = self._whole_list((), attempts)
            except _NotWhole as problem:
                raise final("GET", SERVERS, Indeterminate(str(problem)), "Nothing was done with it, because a list that is not whole would mislead.") from None
        wanted = dict(filters)
        return [server for server in servers if all(server.get(key) == value for key, value in wanted.items())]

    def get_server(self, server_id: int, *, attempts: int | None = None, timeout: float | None = None) -> dict[str, Any]:
        """A server's detail. Raises ApiError (status 404 where there is none), TimeLimitReached, Cancelled.

        C(attempts): how often it may be sent, by default as often as api_retries says. C(timeout): seconds for each.
        """
        return self._read(server_path(server_id), (), lambda value: _shapes.check_server(value, server_id=server_id), attempts=attempts, timeout=timeout)

    def get_servers(self, server_ids: Iterable[int], concurrency: int) -> dict[int, dict[str, Any] | VpsError]:
        """Many details, C(concurrency) at a time; in place of a detail, the error that it met."""

        ids = list(dict.fromkeys(server_ids))
        return dict(zip(ids, run_all(self.get_server, ids, concurrency, catch=VpsError)))

    def _whole_list(self, filters: tuple[tuple[str, str], ...], attempts: int | None) -> list[dict[str, Any]]:
        first = self._first_page(filters, attempts)
        pages = [first]
        seen: set[tuple[tuple[str, str], ...]] = set()
        try:
            numbered = _numbered_pages(first)
            if numbered:
                seen.update(numbered)
                pages += run_all(lambda query: self._later_page(query, attempts), [_with(query, filters) for query in numbered], PAGES_AT_A_TIME)
            while (query := pages[-1].next_query) is not None:
                if sum(len(page.servers) for page in pages) >= first.count:
                    break  # complete; a link beyond the end is looked at by nobody
                if query in seen or len(pages) >= MOST_PAGES:
                    raise _shapes.Broken("the list of servers has pages that lead in a circle or never end")
                seen.add(query)
                pages.append(self._later_page(_with(query, filters), attempts))
            return _shapes.joined(pages)
        except _shapes.Broken as problem:
            raise _NotWhole(str(problem)) from None

    def _first_page(self, filters: tuple[tuple[str, str], ...], attempts: int | None) -> _shapes.Page:
        try:
            return self._page((("page_size", str(PAGE_SIZE)), *filters), attempts)
        except ApiError as error:
            # page_size is not documented: an API that is strict about its query is asked without it.
            if isinstance(error.failure, Refused) and error.status in (400, 422):
                return self._page(filters, attempts)
            raise

    def _later_page(self, query: tuple[tuple[str, str], ...], attempts: int | None) -> _shapes.Page:
        try:
            return self._page(query, attempts)
        except ApiError as error:
            if error.status == 404:  # no wrong address: the page before was there
                raise _shapes.Broken("a page of the list of servers was gone when it was asked for") from None
            raise

    def _page(self, query: tuple[tuple[str, str], ...], attempts: int | None) -> _shapes.Page:
        return self._read(SERVERS, query, _shapes.check_page, attempts=attempts)

    def _read(
        self, path: str, query: Iterable[tuple[str, str]], check: Callable[[Any], Any], *, attempts: int | None = None, timeout: float | None = None
    ) -> Any:
        """GET, as often as the table allows, until a whole, well-formed answer is there."""
        allowed = attempts or _policy.tries(Operation.READ, self.pace.retries)
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._exchange("GET", path, query=tuple(query), timeout=timeout)
                return _checked(answer, check)
            except ExchangeFailure as failure:
                error = final("GET", path, failure)
                if error.denied:  # whatever else is read or sent at the same time would meet the same
                    self.pace.cancel(str(error))
                if _policy.move(Operation.READ, failure) is not Move.AGAIN or attempt >= allowed:
                    raise error from None
                self.pause(attempt, failure, str(error))

    # Writes: sent once

    def create_server(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """POST /servers/: the new server. Raises ExchangeFailure."""
        return self._write("POST", SERVERS, fields, _shapes.check_server, expected=())

    def update_server(self, server_id: int, changes: Mapping[str, Any]) -> None:
        """PATCH with only what differs. What it answers is documented nowhere and not relied on. Raises ExchangeFailure."""
        self._write("PATCH", server_path(server_id), changes, _anything, expected=(200,))  # JSON at least: a sign-in page is no acceptance

    def delete_server(self, server_id: int) -> None:
        """DELETE: only 204 is an acceptance. Raises ExchangeFailure."""
        self._write("DELETE", server_path(server_id), None, _anything, expected=(204,))

    def act(self, server_id: int, action: str) -> dict[str, Any]:
        """POST start, stop or reboot: id, name and status as the answer shows them. Raises ExchangeFailure."""
        return self._write("POST", action_path(server_id, action), None, lambda value: _shapes.check_action(value, server_id), expected=(200,))

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None, check: Callable[[Any], Any], *, expected: tuple[int, ...]) -> Any:
        """C(expected): the statuses that are an acceptance; empty where the shape of the answer decides."""
        answer = self._exchange(method, path, body=body)
        if expected and answer.status not in expected:
            raise Indeterminate(f"HTTP {answer.status}, which is not a documented answer", answer=answer)
        return None if answer.status == 204 and expected else _checked(answer, check)

    def _exchange(self, method: str, path: str, **options: Any) -> Answer:
        """One exchange at the task's pace. The pause that an answer asks for is asked of all that the task still sends, not of this request alone."""
        self.pace.before_request()
        try:
            answer = self._http.exchange(method, path, **options)
            self.may_have_echoed = self.may_have_echoed or self._http.may_echo(answer.body)
            return answer
        except ExchangeFailure as failure:
            if failure.retry_after:
                self.pace.hold(failure.retry_after)
            raise

    def pause(self, attempt: int, failure: ExchangeFailure, why: str) -> None:
        """Pause before the next try, or raise TimeLimitReached with the last failure in its text."""
        self.pace.pause_before_retry(attempt, failure.retry_after, why)


class _NotWhole(Exception):
    """A list that contradicts itself."""


def server_path(server_id: int) -> str:
    """C(/servers/ID/). Only an integer goes into a path: C("12345/../12346") would be another server."""
    if not _shapes.is_id(server_id):
        raise VpsError(f"{server_id!r} is not a server's id")
    return f"{SERVERS}{server_id}/"


def action_path(server_id: int, action: str) -> str:
    """C(/servers/ID/ACTION/)."""
    return f"{server_path(server_id)}{action}/"


def _anything(value: Any) -> Any:
    return value


def _checked(answer: Answer, check: Callable[[Any], Any]) -> Any:
    try:
        return check(_shapes.parse_json(answer.body))
    except _shapes.Broken as problem:
        raise Indeterminate(str(problem), answer=answer) from None


def _numbered_pages(first: _shapes.Page) -> list[tuple[tuple[str, str], ...]]:
    """The queries of all pages after the first, where C(next) counts pages: they can then be asked for at once. Otherwise empty."""
    if first.next_query is None or not first.servers:
        return []
    if dict(first.next_query).get("page") != "2":
        return []
    pages = -(-first.count // len(first.servers))
    if pages > MOST_PAGES:
        raise _shapes.Broken(f"the list of servers claims to have {pages} pages")
    return [tuple((key, str(number) if key == "page" else value) for key, value in first.next_query) for number in range(2, pages + 1)]


def _with(query: tuple[tuple[str, str], ...], filters: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """A next link's query with this list's own filters, which a link may have lost."""
    own = dict(filters)
    return (*((key, value) for key, value in query if key not in own), *filters)
