# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vps_api_info finds out, from whatever an API answers; and that it tells no value of the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.fakes import (
    TOKEN,
    Account,
    Call,
    Reply,
    ScriptedHttp,
    VirtualTime,
    list_item,
    lost,
    page,
    unreached,
    virtual_budget,
)
from unit.probing import ACCOUNT, NOTHING, THEIRS, UUID, api, probed

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient, ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.probe import MOST_REQUESTS, Probe
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.report import report
from helpers.facts import mentions


def paged(count: int, told: int | None = None, cursor: bool = False, links: bool = True) -> Callable[[Call], Reply]:
    """An API with a list that comes in pages of 20 servers, or as many as page_size says, at most a hundred. Its `next`
    leads by numbers, or by a cursor (then it knows no numbers).
    """

    def respond(call: Call) -> Reply:
        if call.path != "/servers/":
            return NOTHING
        query = dict(call.query)
        size = min(100, int(query.get("page_size", 20)))
        start = int(query.get("cursor", 0)) if cursor else (int(query.get("page", 1)) - 1) * size
        servers = [list_item(100 + index, name=f"web-{index}") for index in range(count)]
        where = f"cursor={start + size}" if cursor else f"page={start // size + 2}"
        link = f"https://x/?{where}&page_size={size}" if links and start + size < count else None
        return page(servers[start : start + size], told if told is not None else count, next=link)

    return respond


def test_an_account_as_documented(clock: VirtualTime) -> None:
    account = Account(list_item(101), list_item(102, name="web-02", status="migrating"))
    found, http = probed(clock, lambda call: Reply(200, ACCOUNT) if call.path == "/account/me/" else account(call))
    shown = report(found)
    assert shown["dialect"] == "documented" and shown["reasons"]
    assert shown["status_words"] == {
        "active": {"servers": 1, "known": True},
        "migrating": {"servers": 1, "known": False},
    }
    assert shown["permissions"] == ["servers:*"] and shown["paging"]["count"] == "right"
    assert set(http.methods()) == {"GET"} and len(http.calls) <= MOST_REQUESTS
    assert [call.path for call in http.calls if "101" in call.path] == ["/servers/101/"]


def test_an_account_as_the_clients_describe_it(clock: VirtualTime) -> None:
    found, http = probed(clock, api([THEIRS], locations=page([{"id": 1, "name": "Frankfurt"}])))
    assert report(found)["dialect"] == "clients"
    assert f"/servers/{UUID}/" in [call.path for call in http.calls]
    assert "/servers/{uuid}/" in found.endpoints and UUID not in json.dumps(found.endpoints)


@pytest.mark.parametrize("uuid", ["../x", "a/b", "%2e%2e", "x?y", "", UUID + "/", UUID + "\n"])
def test_nothing_but_a_uuid_goes_into_a_path(clock: VirtualTime, uuid: str) -> None:
    _found, http = probed(clock, api([{**THEIRS, "uuid": uuid}]))
    assert [call.path for call in http.calls if call.path.startswith("/servers/") and call.path != "/servers/"] == []


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({}, "unknown"),
        ({"plans": page([{"id": 1}])}, "documented"),
        ({"plans": page([{"uuid": UUID}])}, "clients"),
        ({"plans": Reply(200, [{"uuid": UUID}])}, "clients"),
        ({"account_me": Reply(200, ACCOUNT)}, "documented"),
        ({"locations": page([])}, "clients"),
        ({"operating_systems": page([])}, "clients"),
        ({"account_me": Reply(200, ACCOUNT), "ssh_keys": page([])}, "unknown"),
    ],
)
def test_an_account_without_servers(clock: VirtualTime, others: dict[str, Reply], expected: str) -> None:
    found, _http = probed(clock, api([], **others))
    assert report(found)["dialect"] == expected


@pytest.mark.parametrize(
    ("respond", "expected"),
    [
        (paged(30), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(250), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(1000), {"page_size": "taken", "pages": True, "count": "unknown", "next": True}),
        (paged(3), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(1), {"page_size": "unknown", "pages": None, "count": "right", "next": True}),
        (paged(30, told=31), {"page_size": "taken", "pages": True, "count": "wrong", "next": True}),
        (paged(150, links=False), {"pages": True, "count": "wrong"}),
        (paged(250, cursor=True), {"page_size": "taken", "pages": True, "count": "right"}),
        (paged(1000, cursor=True), {"count": "unknown"}),
        (paged(30, told=25), {"page_size": "taken", "pages": True, "count": "wrong", "next": True}),
        (api([list_item(1), list_item(2)]), {"page_size": "ignored", "pages": None, "count": "right", "next": False}),
        (api(page([list_item(1), list_item(2)], count=1)), {"page_size": "ignored", "count": "wrong"}),
        (api(Reply(200, [list_item(1), list_item(2)])), {"page_size": "ignored", "count": "missing"}),
        (api(Reply(200, {"results": [list_item(1)]})), {"count": "missing"}),
        (api(page([list_item(1), list_item(1)])), {"count": "wrong"}),
        (api(page([list_item(1)], next="nonsense")), {"count": "unknown"}),
        (api(page([list_item(1)], count=2, next="/?page=2")), {"count": "wrong"}),  # the same page again
    ],
)
def test_paging(clock: VirtualTime, respond: Callable[[Call], Reply], expected: dict[str, Any]) -> None:
    found, http = probed(clock, respond)
    assert found.paging.items() >= expected.items() and len(http.calls) <= MOST_REQUESTS


def test_the_pages_are_those_that_a_task_reads(clock: VirtualTime) -> None:
    _found, http = probed(clock, paged(150, cursor=True))
    queries = [dict(call.query) for call in http.calls if call.path == "/servers/"]
    assert queries == [{}, {"page_size": "1"}, {"page_size": "100"}, {"page_size": "100", "cursor": "100"}]


def test_pages_that_form_a_loop(clock: VirtualTime) -> None:
    """Every page names itself as the next one: no task can read such a list, and the same is not asked for twice."""
    same = {"count": 5, "results": [list_item(1), list_item(2)], "next": "https://api.example/servers/?page=2"}
    whole = api([])
    found, http = probed(clock, lambda call: Reply(200, same) if call.path == "/servers/" else whole(call))
    assert found.paging["count"] == "wrong" and found.list_problem
    assert sum(("page", "2") in call.query for call in http.calls) == 1


@pytest.mark.parametrize(
    ("status", "fate", "can_be_managed"),
    [
        (400, "rejected", True),
        (422, "rejected", True),
        (429, "unknown", True),
        (503, "unknown", True),
        (404, "unknown", False),
    ],
)
def test_a_page_size_that_is_refused(clock: VirtualTime, status: int, fate: str, can_be_managed: bool) -> None:
    whole = api([list_item(1), list_item(2)])
    found, _http = probed(clock, lambda call: Reply(status, {"page_size": ["no"]}) if call.query else whole(call))
    assert found.paging["page_size"] == fate and found.paging["count"] == "right"
    shown = report(found)
    assert ("can manage" in shown["msg"]) is can_be_managed
    assert any("page_size" in reason for reason in shown["reasons"]) is (fate != "rejected")


def test_the_largest_page_size_may_be_too_large(clock: VirtualTime) -> None:
    """A task goes on without it, and so does this."""
    whole = paged(30)
    found, _http = probed(clock, lambda call: Reply(400) if ("page_size", "100") in call.query else whole(call))
    assert found.paging["count"] == "right" and len(found.servers) == 30


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>sign in</html>"),
        Reply(200, b""),
        Reply(200, b"not json"),
        Reply(200, "a text"),
        Reply(200, 5),
        Reply(200, None),
        Reply(200, {"results": None}),
        Reply(200, {"results": [None, 5, "x", []], "count": "4"}),
        Reply(403, {"detail": "no"}),
        Reply(404, {"detail": "no"}),
        Reply(302, b"", {"Location": "https://elsewhere.example/"}),
        Reply(500, b""),
        Reply(429, b""),
        Reply(503, b"", {"Retry-After": "5"}),
    ],
)
def test_it_succeeds_whatever_the_api_answers(clock: VirtualTime, reply: Reply) -> None:
    found, http = probed(clock, lambda _call: reply)
    assert report(found)["dialect"] == "unknown" and len(http.calls) <= MOST_REQUESTS
    assert {entry["status"] for entry in found.endpoints.values()} == {reply.status}


def test_it_fails_only_where_nothing_can_be_asked(clock: VirtualTime) -> None:
    for failure, requests in ((lost(), 3), (unreached(), 3), (ExchangeFailure(FailureKind.CERTIFICATE, "no"), 1)):
        account = Account()
        account.disturb("GET", *[failure] * MOST_REQUESTS)
        with pytest.raises(ApiError, match="GET /servers/"):
            probed(clock, account)
        assert MOST_REQUESTS - len(account.disturbances) == requests, failure
    with pytest.raises(ApiError) as caught:
        probed(clock, lambda _call: Reply(401, {"detail": "Invalid token."}))
    assert mentions(caught.value, 401, "VPS_API_TOKEN")


def test_one_path_without_a_response(clock: VirtualTime) -> None:
    def respond(call: Call) -> Reply:
        if call.path == "/plans/":
            raise unreached()
        return api([list_item(1)])(call)

    found, _http = probed(clock, respond)
    assert found.endpoints["/plans/"]["status"] is None and report(found)["dialect"] == "documented"
    assert "127.0.0.1" not in json.dumps(found.endpoints), "the host is nobody's business"


@pytest.mark.parametrize(
    "reply", [Reply(429, b"", {"Retry-After": "7"}), Reply(429, b""), Reply(500, b""), Reply(503, b"")]
)
def test_a_path_that_says_later_is_asked_once_more(clock: VirtualTime, reply: Reply) -> None:
    met: set[str] = set()

    def respond(call: Call) -> Reply:
        if call.path in ("/plans/", "/account/me/", "/servers/101/") and call.path not in met:
            met.add(call.path)
            return reply
        return {"/plans/": page([{"id": 1}]), "/account/me/": Reply(200, ACCOUNT)}.get(call.path) or Account(
            list_item(101)
        )(call)

    found, http = probed(clock, respond)
    assert met and {found.endpoints[path]["status"] for path in ("/plans/", "/account/me/", "/servers/{id}/")} == {200}
    assert len(http.calls) <= MOST_REQUESTS
    times = [call.time for call in http.calls if call.path == "/plans/"]
    assert len(times) == 2 and (not reply.headers or times[1] - times[0] >= 7)


def test_nothing_is_asked_again_where_the_user_says_so(clock: VirtualTime) -> None:
    """But for what is only put off."""
    for status, requests in ((503, 6), (429, 11)):
        _found, http = probed(
            clock, lambda call, status=status: page([]) if call.path == "/servers/" else Reply(status), retries=0
        )
        assert len(http.calls) == requests


def test_every_path_is_asked_even_if_all_say_later(clock: VirtualTime) -> None:
    whole = paged(250)
    found, http = probed(clock, lambda call: whole(call) if call.path == "/servers/" else Reply(503, b""))
    assert len(http.calls) == MOST_REQUESTS
    asked = {call.path for call in http.calls}
    assert asked == {
        "/servers/",
        "/servers/100/",
        "/plans/",
        "/account/me/",
        "/locations/",
        "/operating-systems/",
        "/ssh-keys/",
    }
    assert {entry["status"] for path, entry in found.endpoints.items() if path != "/servers/"} == {503}


def test_an_api_that_asks_to_wait_for_too_long(clock: VirtualTime) -> None:
    found, http = probed(clock, lambda _call: Reply(429, b"", {"Retry-After": "5000"}))
    assert len(http.calls) == 1 and clock.sleeps == []
    shown = report(found)
    assert mentions(shown["msg"], 429, "later") and "not asked" in shown["endpoints"]["/plans/"]["shape"]


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("path", ["/servers/101/", "/plans/"])
def test_an_echo_of_the_token_is_noticed_in_whatever_comes(clock: VirtualTime, status: int, path: str) -> None:
    """What is returned is then freed of it as a whole, keys too."""
    whole = api([list_item(101)])
    http = ScriptedHttp(lambda call: Reply(status, {TOKEN: "x"}) if call.path == path else whole(call), clock)
    client = ApiClient(http, virtual_budget(clock, limit=None))
    Probe(client).look()
    assert client.may_have_echoed
