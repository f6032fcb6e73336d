# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vps_api_info finds out, from whatever an API answers; and that it tells no value of the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import Account, Call, Reply, ScriptedHttp, VirtualTime, list_item, lost, page, quickly, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient, ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server import dialect
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.dialect import Seen, judge
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.probe import MOST_REQUESTS, Findings, Probe
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.shape import shape_of, together
from helpers.facts import mentions

UUID = "00003039-0477-53a0-9217-f3259a0420b2"
THEIRS = {"uuid": UUID, "hostname": "web-0001", "status": "active", "location_name": "Frankfurt"}
ACCOUNT = {
    "account": {"email": "jane@example.com", "created_at": "2024-06-15"},
    "token": {"name": "my laptop", "permissions": ["servers:*"]},
}
NOTHING = Reply(404, {"detail": "Not found."})


def probed(clock: VirtualTime, respond: Callable[[Call], Reply], **budget: Any) -> tuple[Findings, ScriptedHttp]:
    http = ScriptedHttp(respond, clock)
    return Probe(ApiClient(http, virtual_budget(clock, limit=None, **budget))).look(), http


def api(servers: Any, **others: Reply) -> Callable[[Call], Reply]:
    """An API whose list of servers is not paged, and that has a few other paths."""

    def respond(call: Call) -> Reply:
        if call.path == "/servers/":
            return servers if isinstance(servers, Reply) else page(servers)
        return others.get(call.path.strip("/").replace("/", "_").replace("-", "_"), NOTHING)

    return respond


def paged(count: int, told: int | None = None, most: int = 20) -> Callable[[Call], Reply]:
    """An API with a list that comes in pages of at most a hundred servers."""

    def respond(call: Call) -> Reply:
        if call.path != "/servers/":
            return NOTHING
        query = dict(call.query)
        size, number = min(100, int(query.get("page_size", most))), int(query.get("page", 1))
        servers = [list_item(100 + index, name=f"web-{index}") for index in range(count)]
        part = servers[(number - 1) * size : number * size]
        return page(
            part, told if told is not None else count, next="https://x/?page=2" if part[-1:] != servers[-1:] else None
        )

    return respond


def test_an_account_as_documented(clock: VirtualTime) -> None:
    account = Account(list_item(101), list_item(102, name="web-02", status="migrating"))
    found, http = probed(clock, lambda call: Reply(200, ACCOUNT) if call.path == "/account/me/" else account(call))
    verdict = judge(found.seen)
    assert verdict.dialect == dialect.DOCUMENTED and verdict.reasons
    assert dialect.status_words(found.seen.servers) == {
        "active": {"servers": 1, "known": True},
        "migrating": {"servers": 1, "known": False},
    }
    assert found.permissions == ["servers:*"] and found.is_whole and found.paging["count"] == "right"
    assert set(http.methods()) == {"GET"} and len(http.calls) <= MOST_REQUESTS
    assert [call.path for call in http.calls if "101" in call.path] == ["/servers/101/"]


def test_an_account_as_the_clients_describe_it(clock: VirtualTime) -> None:
    found, http = probed(clock, api([THEIRS], locations=page([{"id": 1, "name": "Frankfurt"}])))
    assert judge(found.seen).dialect == dialect.CLIENTS
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
    assert judge(found.seen).dialect == expected


@pytest.mark.parametrize(
    ("respond", "expected"),
    [
        (paged(30), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(250), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(1000), {"page_size": "taken", "pages": True, "count": "unknown", "next": True}),
        (paged(3), {"page_size": "taken", "pages": True, "count": "right", "next": True}),
        (paged(1), {"page_size": "unknown", "pages": None, "count": "right", "next": True}),
        (paged(30, told=31), {"page_size": "taken", "pages": True, "count": "unknown", "next": True}),
        (paged(30, told=25), {"page_size": "taken", "pages": True, "count": "wrong", "next": True}),
        (api([list_item(1), list_item(2)]), {"page_size": "ignored", "pages": None, "count": "right", "next": False}),
        (api(page([list_item(1), list_item(2)], count=1)), {"page_size": "ignored", "count": "wrong"}),
        (api(Reply(200, [list_item(1), list_item(2)])), {"page_size": "ignored", "count": "missing"}),
        (api(Reply(200, {"results": [list_item(1)]})), {"count": "missing"}),
    ],
)
def test_paging(clock: VirtualTime, respond: Callable[[Call], Reply], expected: dict[str, Any]) -> None:
    found, http = probed(clock, respond)
    assert found.paging.items() >= expected.items() and len(http.calls) <= MOST_REQUESTS


def test_a_page_size_that_is_refused(clock: VirtualTime) -> None:
    whole = api([list_item(1), list_item(2)])
    found, _http = probed(clock, lambda call: Reply(400, {"page_size": ["no"]}) if call.query else whole(call))
    assert found.paging["page_size"] == "rejected" and found.paging["count"] == "right"


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
    assert judge(found.seen).dialect == "unknown" and len(http.calls) <= MOST_REQUESTS
    assert {entry["status"] for entry in found.endpoints.values()} == {reply.status}


def test_it_fails_only_where_nothing_can_be_asked(clock: VirtualTime) -> None:
    def nobody(_call: Call) -> Reply:
        raise lost()

    with pytest.raises(ApiError, match="GET /servers/"):
        probed(clock, nobody)
    with pytest.raises(ApiError) as caught:
        probed(clock, lambda _call: Reply(401, {"detail": "Invalid token."}))
    assert mentions(caught.value, 401, "VPS_API_TOKEN")


def test_one_path_without_a_response(clock: VirtualTime) -> None:
    def respond(call: Call) -> Reply:
        if call.path == "/plans/":
            raise lost()
        return api([list_item(1)])(call)

    found, _http = probed(clock, respond)
    assert found.endpoints["/plans/"]["status"] is None and judge(found.seen).dialect == "documented"


def test_differences_from_the_documentation() -> None:
    odd = {key: value for key, value in {**list_item(1), "tags": []}.items() if key != "hostname"}
    seen = Seen(
        [odd, list_item(2)], None, {"/plans/": (200, page([{"id": 1, "gpu": 1}]).body), "/account/me/": (404, None)}
    )
    text = "\n".join(dialect.differences(seen))
    assert mentions(text, "/account/me/: HTTP 404", "a server", "tags", "a plan", "gpu", "slug")
    assert "hostname" not in text, "another server has it"


@pytest.mark.parametrize(
    ("permissions", "facts"),
    [(None, ()), (["*:*"], ()), (["servers:*"], ()), (["servers:read"], ("change",)), (["dns:*"], ("read servers",))],
)
def test_what_a_token_lacks(permissions: list[str] | None, facts: tuple[str, ...]) -> None:
    sentences = dialect.about_permissions(permissions)
    assert bool(sentences) is bool(facts) and mentions(" ".join(sentences), *facts)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (
            {"id": 1, "name": "x", "size": 1.5, "on": True, "none": None},
            {"id": "int", "name": "str", "size": "float", "on": "bool", "none": "null"},
        ),
        ([], []),
        ([{"id": 1}, {"id": None}], [{"id": "int or null"}]),
        ([{"id": 1}, {"id": 2, "more": "x"}], [{"id": "int", "more": "missing or str"}]),
        ([{"plan": {"id": 1}}, {"plan": None}, {}], [{"plan": {"id": "int"}}]),
        ([1, "x", None], ["int or null or str"]),
        ([[1], {"a": 1}], ["list or object"]),
        ({"web-01.example.com": 1, "203.0.113.1": 2, "fine": 3}, {"fine": "int", "other keys": "…"}),
    ],
)
def test_shapes(value: Any, shape: Any) -> None:
    assert shape_of(value) == shape


WORDS = {"int", "float", "str", "bool", "null", "missing", "list", "object", "…"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab_1.", max_size=5), inner, max_size=4),
    max_leaves=25,
)


@quickly
@given(st.lists(JSON, max_size=4))
def test_no_value_is_in_a_shape(values: list[Any]) -> None:
    def check(shape: Any) -> None:
        if isinstance(shape, dict):
            for part in shape.values():
                check(part)
        elif isinstance(shape, list):
            assert len(shape) <= 1
            for part in shape:
                check(part)
        else:
            assert set(shape.split(" or ")) <= WORDS

    check(together(shape_of(value) for value in values) if values else [])
