# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nine endpoints: what is sent, what is tried again, and how a list becomes whole."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from unit.fakes import FIELDS, Call, Reply, VirtualTime, list_item, lost, page, scripted_api, server_detail, unreached

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, TimeLimitReached, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.details import details_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.endpoints import action_on
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from helpers.facts import mentions


def in_turn(*outcomes: Reply | Exception) -> Callable[[Call], Reply]:
    """One outcome after the other, the last one for ever."""
    left = list(outcomes)

    def respond(_call: Call) -> Reply:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return respond


# What is sent


def test_requests(clock: VirtualTime) -> None:
    action = Reply(200, {"status": "success", "server": {"id": 101, "name": "web-01", "status": "starting"}})
    replies = {"PATCH": Reply(200, {}), "DELETE": Reply(204)}

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            return action if call.path.count("/") == 4 else Reply(201, server_detail())
        return replies.get(call.method) or (Reply(200, server_detail()) if "101" in call.path else page([]))

    api, http = scripted_api(respond, clock)
    api.list_servers()
    api.list_servers(status="active", location="us-west")
    api.get_server(101)
    api.create_server(FIELDS)
    api.update_server(101, {"name": "new"})
    api.delete_server(101)
    assert api.act(101, "start")["status"] == "starting"
    assert [(call.method, call.path, dict(call.query), call.body) for call in http.calls] == [
        ("GET", "/servers/", {"page_size": "100"}, None),
        ("GET", "/servers/", {"page_size": "100", "status": "active", "location": "us-west"}, None),
        ("GET", "/servers/101/", {}, None),
        ("POST", "/servers/", {}, FIELDS),
        ("PATCH", "/servers/101/", {}, {"name": "new"}),
        ("DELETE", "/servers/101/", {}, None),
        ("POST", "/servers/101/start/", {}, None),
    ]
    assert api.client.budget.report()["requests"] == 7


@pytest.mark.parametrize("server_id", ["12345/../12346", "1", 0, -1, True, None, 1.0])
def test_only_an_integer_goes_into_a_path(clock: VirtualTime, server_id: Any) -> None:
    api, http = scripted_api(in_turn(Reply(200)), clock)
    for work in (
        api.get_server,
        api.delete_server,
        lambda number: api.act(number, "stop"),
        lambda number: api.update_server(number, {}),
    ):
        with pytest.raises(VpsError, match="is not an id"):
            work(server_id)
    assert http.calls == []
    assert action_on(7, "stop").path == "/servers/7/stop/"


# Reads are tried again


@pytest.mark.parametrize(
    "trouble",
    [
        lost(),
        unreached(),
        Reply(500),
        Reply(502, b"<html>"),
        Reply(503),
        Reply(504),
        Reply(408),
        Reply(425),
        Reply(409),
        Reply(423),
        Reply(429),
        Reply(202),
        Reply(200),
        Reply(200, b"<html>"),
        Reply(200, b"{"),
        Reply(200, []),
        Reply(200, {}),
        Reply(200, {"detail": "?"}),
        Reply(204),
        Reply(201),
    ],
    ids=lambda trouble: str(trouble)[:60],
)
def test_reads_are_tried_again(clock: VirtualTime, trouble: Reply | Exception) -> None:
    api, http = scripted_api(in_turn(trouble, trouble, Reply(200, server_detail())), clock)
    assert api.get_server(101) == server_detail()
    assert len(http.calls) == 3 and len(clock.sleeps) == 2 and api.client.budget.report()["retries"] == 2
    api, http = scripted_api(in_turn(trouble, page([list_item()])), clock)
    assert api.list_servers() == [list_item()] and len(http.calls) == 2


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_reads_end_with_the_tries(clock: VirtualTime, retries: int) -> None:
    api, http = scripted_api(in_turn(Reply(500, {"detail": "Oops."})), clock, retries=retries)
    with pytest.raises(ApiError, match=r"^GET /servers/101/: HTTP 500: Oops\.$") as caught:
        api.get_server(101)
    assert len(http.calls) == 1 + retries and caught.value.failure.status == 500
    api, http = scripted_api(in_turn(lost()), clock, retries=retries)
    with pytest.raises(ApiError):
        api.get_server(101, attempts=2)
    assert len(http.calls) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 415, 418, 422, 301, 302, 307])
def test_what_is_final_is_asked_once(clock: VirtualTime, status: int) -> None:
    api, http = scripted_api(in_turn(Reply(status, {"detail": "No."})), clock)
    with pytest.raises(ApiError) as caught:
        api.get_server(101)
    assert len(http.calls) == 1 and clock.sleeps == [] and caught.value.failure.status == status
    assert caught.value.denied is (status in (401, 403)) and (caught.value.kind is FailureKind.NO_CREDIT) is (
        status == 402
    )


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "check api_token or VPS_API_TOKEN"),
        (403, "lacks a permission"),
        (402, "not have enough credit"),
        (404, "check api_url"),
        (302, "check api_url"),
    ],
)
def test_final_errors_say_what_to_do(clock: VirtualTime, status: int, advice: str) -> None:
    api, _http = scripted_api(in_turn(Reply(status, {"detail": "Because of that."})), clock)
    with pytest.raises(ApiError) as caught:
        api.list_servers()
    assert advice in str(caught.value) and str(caught.value).startswith("GET /servers/: ")
    assert status == 302 or "Because of that." in str(caught.value)


def test_retry_after_is_kept_between_tries(clock: VirtualTime) -> None:
    api, http = scripted_api(in_turn(Reply(429, headers={"Retry-After": "7"}), page([])), clock)
    api.list_servers()
    assert 7.0 <= http.calls[1].time - http.calls[0].time <= 7.0 * 1.25, "the jitter is a quarter at most"


def test_retry_after_beyond_the_limit_fails_at_once(clock: VirtualTime) -> None:
    api, http = scripted_api(in_turn(Reply(429, {"detail": "Slow down."}, {"Retry-After": "61"})), clock, limit=60.0)
    with pytest.raises(TimeLimitReached, match=r"The API asks to wait 61 s .* HTTP 429: Slow down\."):
        api.list_servers()
    assert len(http.calls) == 1 and clock.sleeps == []


def test_tries_end_with_the_time(clock: VirtualTime) -> None:
    api, _http = scripted_api(in_turn(lost()), clock, limit=1.5, retries=50)
    with pytest.raises(
        TimeLimitReached, match=r"The time limit of 1\.5 s was reached\. GET /servers/101/: the response was lost\."
    ):
        api.get_server(101)
    assert clock.now <= 1001.75


def test_that_nothing_was_written_is_said_only_where_it_is_true(clock: VirtualTime) -> None:
    """The other description may show itself after a write, too."""
    theirs = page([{"uuid": "00003039-0477-53a0-9217-f3259a0420b2", "hostname": "web-01"}])
    for earlier, is_said in (([], True), ([Reply(200, server_detail(7))], False)):
        api, http = scripted_api(in_turn(*earlier, theirs), clock)
        if earlier:
            api.update_server(7, {"hostname": "a.example.com"})
        with pytest.raises(ApiError) as caught:
            api.list_servers()
        assert caught.value.kind is FailureKind.OTHER_API and len(http.calls) == len(earlier) + 1
        assert mentions(caught.value, "uuid", "vps_api_info")
        assert ("Nothing was written" in str(caught.value)) is is_said


def test_another_servers_detail_is_no_answer(clock: VirtualTime) -> None:
    api, _http = scripted_api(in_turn(Reply(200, server_detail(102)), Reply(200, server_detail(101))), clock)
    assert api.get_server(101)["id"] == 101


# Many details


def test_many_details_at_once(clock: VirtualTime) -> None:
    def respond(call: Call) -> Reply:
        if call.path == "/servers/":
            return page([list_item(101), list_item(104)])
        number = int(call.path.split("/")[2])
        return Reply(404, {"detail": "Not found."}) if number == 103 else Reply(200, server_detail(number))

    api, http = scripted_api(respond, clock)
    details = details_of(Servers(api.client, adopt_timeout=1.0, wait_interval=1.0), [104, 101, 103, 101], 4)
    assert list(details) == [104, 101, 103], "in the order asked for"
    paths = [call.path for call in http.calls]
    assert sorted(paths[:3]) == ["/servers/101/", "/servers/103/", "/servers/104/"], "each once"
    assert paths[3:] == ["/servers/"], "a 404 means a list, which lacks the id"
    assert details[103] is None
    assert {number: detail["id"] for number, detail in details.items() if isinstance(detail, dict)} == {
        104: 104,
        101: 101,
    }


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_rejected_token_ends_reading_many_details(clock: VirtualTime, status: int, concurrency: int) -> None:
    api, http = scripted_api(in_turn(Reply(status, {"detail": "No."})), clock)
    details = details_of(Servers(api.client, adopt_timeout=1.0, wait_interval=1.0), range(1, 101), concurrency)
    assert len(http.calls) <= concurrency
    assert len(details) == 100 and all(
        isinstance(error, VpsError) and "HTTP 40" in str(error) for error in details.values()
    )
    with pytest.raises(Cancelled):
        api.list_servers()


# Writes are sent once


WRITES: dict[str, Callable[[Any], Any]] = {
    "create": lambda api: api.create_server(FIELDS),
    "update": lambda api: api.update_server(101, {"name": "x"}),
    "delete": lambda api: api.delete_server(101),
    "start": lambda api: api.act(101, "start"),
    "stop": lambda api: api.act(101, "stop"),
    "reboot": lambda api: api.act(101, "reboot"),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "trouble",
    [lost(), unreached(), Reply(500), Reply(429, headers={"Retry-After": "1"}), Reply(404), Reply(302)],
    ids=lambda trouble: str(trouble)[:40],
)
def test_writes_are_sent_once(clock: VirtualTime, write: str, trouble: Reply | Exception) -> None:
    api, http = scripted_api(in_turn(trouble), clock)
    with pytest.raises(VpsError):
        WRITES[write](api)
    assert len(http.calls) == 1 and clock.sleeps == []


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>Sign in</html>"), Reply(200), Reply(200, b"{"), Reply(202), Reply(206, {}), Reply(206, [1])],
    ids=str,
)
def test_a_success_that_says_nothing_is_no_proof(clock: VirtualTime, write: str, reply: Reply) -> None:
    api, _http = scripted_api(in_turn(reply), clock)
    with pytest.raises(ExchangeFailure) as caught:
        WRITES[write](api)
    assert caught.value.proof is Proof.INDETERMINATE and caught.value.kind.may_have_taken_effect


@pytest.mark.parametrize("body", [{}, [1], "text", 7, server_detail()])
def test_what_a_patch_answers_is_not_relied_on(clock: VirtualTime, body: Any) -> None:
    """It is documented nowhere: any JSON will do."""
    api, http = scripted_api(in_turn(Reply(200, body)), clock)
    api.update_server(101, {"name": "x"})
    assert len(http.calls) == 1


@pytest.mark.parametrize("status", [200, 201, 202])
def test_of_a_created_server_the_shape_decides(clock: VirtualTime, status: int) -> None:
    api, _http = scripted_api(in_turn(Reply(status, server_detail())), clock)
    assert api.create_server(FIELDS)["id"] == 101


def test_only_204_is_a_deletion(clock: VirtualTime) -> None:
    api, _http = scripted_api(in_turn(Reply(200, {"detail": "ok"})), clock)
    with pytest.raises(ExchangeFailure, match="HTTP 200, which is not a documented response") as caught:
        api.delete_server(101)
    assert caught.value.proof is Proof.INDETERMINATE


def test_an_action_must_be_accepted_for_the_server_that_was_asked_for(clock: VirtualTime) -> None:
    other = {"status": "success", "server": {"id": 102, "name": "x", "status": "starting"}}
    api, _http = scripted_api(in_turn(Reply(200, other)), clock)
    with pytest.raises(ExchangeFailure, match="server 101 was asked for, but the response shows server 102") as caught:
        api.act(101, "start")
    assert caught.value.proof is Proof.INDETERMINATE


# Lists in pages


class Paged:
    """An account in pages, as Django REST Framework counts them; may be cut, moved or lie."""

    def __init__(self, count: int, size: int = 100, style: str = "page") -> None:
        self.numbers, self.size, self.style = list(range(1, count + 1)), size, style
        self.lock = threading.Lock()
        self.seen: list[dict[str, str]] = []
        self.edit: Callable[[dict[str, str], dict[str, Any]], Any] = lambda _query, value: value

    def __call__(self, call: Call) -> Reply:
        query = dict(call.query)
        self.seen.append(query)
        size = min(self.size, int(query.get("page_size", 20)))
        number = int(query.get(self.style, 1 if self.style == "page" else 0))
        start = (number - 1) * size if self.style == "page" else number
        items = [list_item(found) for found in self.numbers[start : start + size]]
        if not items and start:
            return Reply(404, {"detail": "Invalid page."})
        more = start + size < len(self.numbers)
        following = number + 1 if self.style == "page" else start + size
        link = f"http://10.0.0.9:8000/internal/servers/?{self.style}={following}&page_size={size}" if more else None
        value = {"count": len(self.numbers), "next": link, "previous": None, "results": items}
        edited = self.edit(query, value)
        return edited if isinstance(edited, Reply) else Reply(200, edited)


@pytest.mark.parametrize("style", ["page", "offset", "cursor"])
@pytest.mark.parametrize(("count", "size"), [(0, 100), (1, 100), (100, 100), (101, 100), (1200, 100), (45, 20), (7, 1)])
def test_all_pages(clock: VirtualTime, count: int, size: int, style: str) -> None:
    account = Paged(count, size, style)
    api, http = scripted_api(account, clock)
    assert [server["id"] for server in api.list_servers()] == list(range(1, count + 1))
    assert len(http.calls) == max(1, math.ceil(count / size)), "no page twice, none too many"


def test_pages_without_page_size(clock: VirtualTime) -> None:
    """An API that is strict about its query is asked without what is not documented."""
    account = Paged(45, 20)
    api, http = scripted_api(
        lambda call: Reply(400, {"page_size": ["Unknown."]}) if ("page_size", "100") in call.query else account(call),
        clock,
    )
    assert len(api.list_servers()) == 45 and len(http.calls) == 4


def test_a_filter_is_kept_on_every_page(clock: VirtualTime) -> None:
    account = Paged(250)
    api, _http = scripted_api(account, clock)
    api.list_servers(status="active", location="us-west")
    assert (
        all((query["status"], query["location"]) == ("active", "us-west") for query in account.seen)
        and len(account.seen) == 3
    )


def test_a_list_that_changes_while_it_is_read_is_read_again(clock: VirtualTime) -> None:
    account = Paged(300)

    def grow_once(query: dict[str, str], value: dict[str, Any]) -> dict[str, Any]:
        if query.get("page") == "2" and len(account.numbers) == 300:
            account.numbers.append(301)
            return {**value, "count": 301}
        return value

    account.edit = grow_once
    api, _http = scripted_api(account, clock)
    assert len(api.list_servers()) == 301


def test_a_list_that_shrinks_while_it_is_read_is_read_again(clock: VirtualTime) -> None:
    """The last page is gone when it is asked for: that is no wrong address."""
    account = Paged(101)

    def shrink_once(query: dict[str, str], value: dict[str, Any]) -> dict[str, Any]:
        account.numbers = account.numbers[:100]
        return value

    account.edit = shrink_once
    api, http = scripted_api(account, clock)
    assert len(api.list_servers()) == 100 and len(http.calls) == 3


def test_a_filtered_list_that_is_not_whole_is_filtered_here(clock: VirtualTime) -> None:
    def respond(call: Call) -> Reply:
        servers = [list_item(1), list_item(2, status="stopped"), list_item(3, location="us-east")]
        return page(servers[:1], count=2) if dict(call.query).get("status") else page(servers)

    api, _http = scripted_api(respond, clock)
    assert [server["id"] for server in api.list_servers(status="active", location="us-west")] == [1]


LIES: dict[str, Callable[[dict[str, str], dict[str, Any]], Any]] = {
    "one more": lambda _query, value: {**value, "count": value["count"] + 1},
    "one less": lambda _query, value: {**value, "count": value["count"] - 1},
    "one more on the last page": lambda query, value: {**value, "count": value["count"] + (query.get("page") == "3")},
    "no link": lambda _query, value: {**value, "next": None},
    "a page repeated": lambda query, value: (
        {**value, "results": [list_item(number) for number in range(1, 101)]} if query.get("page") == "2" else value
    ),
    "itself": lambda query, value: {**value, "next": f"?page={query.get('page', 1)}&page_size=100"},
    "a page that is gone": lambda query, value: Reply(404) if query.get("page") == "3" else value,
    "a page that is empty": lambda query, value: {**value, "results": []} if query.get("page") == "2" else value,
    "a million pages": lambda _query, value: {**value, "count": 100_000_000},
    "a number without bounds": lambda _query, value: {**value, "count": 10**300},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_list_is_whole_or_an_error(clock: VirtualTime, lie: str) -> None:
    account = Paged(250)
    account.edit = LIES[lie]
    api, http = scripted_api(account, clock)
    with pytest.raises(ApiError, match="an incomplete list would be misleading") as caught:
        api.list_servers()
    assert len(http.calls) <= 8, "it was tried once more, not for ever"
    assert caught.value.failure.status is None


def test_pages_in_a_circle(clock: VirtualTime) -> None:
    account = Paged(250, style="cursor")
    account.edit = lambda query, value: {**value, "next": "?cursor=0"} if query.get("cursor") == "100" else value
    api, http = scripted_api(account, clock)
    with pytest.raises(ApiError, match=r"form a loop|incomplete"):
        api.list_servers()
    assert len(http.calls) <= 12


def test_pages_for_ever(clock: VirtualTime) -> None:
    """Each page has a next one, and never enough is there."""
    numbers = iter(range(1, 10**6))
    api, http = scripted_api(
        lambda _call: Reply(
            200, {"count": 10**6, "next": f"?cursor={next(numbers)}", "results": [list_item(next(numbers))]}
        ),
        clock,
    )
    with pytest.raises(ApiError, match="form a loop or never end"):
        api.list_servers()
    assert len(http.calls) == 2000, "a thousand pages, and once more"


def test_a_complete_list_with_one_link_too_many_is_complete(clock: VirtualTime) -> None:
    api, http = scripted_api(in_turn(page([list_item()], next="https://evil.example/?page=2")), clock)
    assert api.list_servers() == [list_item()] and len(http.calls) == 1


def test_a_page_that_fails_fails_the_list(clock: VirtualTime) -> None:
    account = Paged(500)
    account.edit = lambda query, value: Reply(500) if query.get("page") == "3" else value
    api, http = scripted_api(account, clock, retries=1)
    with pytest.raises(ApiError, match="HTTP 500"):
        api.list_servers()
    assert sum(dict(call.query).get("page") == "3" for call in http.calls) == 2


def test_errors_carry_the_exchange_behind_them(clock: VirtualTime) -> None:
    api, _http = scripted_api(in_turn(Reply(402, {"detail": "Insufficient credits."})), clock)
    with pytest.raises(ApiError) as caught:
        api.get_server(101)
    assert caught.value.failure.proof is Proof.REFUSED and caught.value.kind is FailureKind.NO_CREDIT
    assert not caught.value.denied


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("body", "by_api"),
    [({"detail": "No."}, True), (None, True), (b"<title>Blocked</title>", False), (b"Blocked by policy", False)],
)
def test_the_token_is_blamed_for_what_the_api_says_only(
    clock: VirtualTime, status: int, body: Any, by_api: bool
) -> None:
    api, _http = scripted_api(in_turn(Reply(status, body)), clock)
    with pytest.raises(ApiError) as caught:
        api.list_servers()
    assert caught.value.denied
    assert ("token" in str(caught.value)) is by_api and ("proxy settings" in str(caught.value)) is not by_api
