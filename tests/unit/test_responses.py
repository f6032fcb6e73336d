# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing relies on a response whose shape was not checked (the rules F1 to F7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import list_item, quickly, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import responses
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.responses import (
    DEEPEST,
    MalformedResponse,
    OtherDescription,
    Page,
    is_id,
    joined,
    parse_json,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.responses import check_action, check_server

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def check_page(value: Any) -> Page[Any]:
    """A page of servers."""
    return responses.check_page(value, check_server)


# F5: ids


@pytest.mark.parametrize("value", [1, 12345, 2**63])
def test_ids(value: int) -> None:
    assert is_id(value)


@pytest.mark.parametrize("value", [0, -1, True, False, None, 1.0, "1", "12345/../12346", [], {}])
def test_no_ids(value: Any) -> None:
    assert not is_id(value)


# F6, F7: JSON


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b" \r\n[1, 2.5, null, true]\n", [1, 2.5, None, True]),
        (b'"text"', "text"),
        (b"null", None),
        (b"\xef\xbb\xbf{}", {}),
        ('{"n": "ändern 日本 😀"}'.encode(), {"n": "ändern 日本 😀"}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud83d"', "\\ud83d"),
        # Half a pair can't be written anywhere.
        (b'"web\\ud800"', "web?"),
        (b'["\\uDFFF", {"\\udc00": "x\\ud83dx"}]', ["?", {"?": "x?x"}]),
        (b'{"a": 1e2, "b": -0.0}', {"a": 100.0, "b": 0.0}),
    ],
)
def test_json(body: bytes, value: Any) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"\n  <html>", "HTML page"),
        (b"{", "not valid JSON"),
        (b"{}{}", "not valid JSON"),
        (b'{"a": NaN}', "not valid JSON"),
        (b'{"a": Infinity}', "not valid JSON"),
        (b'{"a": -Infinity}', "not valid JSON"),
        (b'{"a": 1e999}', "not valid JSON"),
        (b'{"a": -1e999}', "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b"\xff\xfe\x80", "not valid JSON"),
        (b'"\xff\xfe\x80"', "not valid JSON"),
        (b'"half a pair as bytes: \xed\xa0\x80"', "not valid JSON"),
        ('{"a": 1}'.encode("utf-16"), "not valid JSON"),
        ('"\ud800"'.encode("utf-16-le", "surrogatepass"), "not valid JSON"),
        (b"\x00\x7f\x01 this is not JSON", "not valid JSON"),
        (b"OK", "not valid JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "nested too deeply"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_no_json(body: bytes, words: str) -> None:
    with pytest.raises(MalformedResponse, match=words):
        parse_json(body)


def test_numbers_of_many_digits() -> None:
    """Python refuses to read them (where it is new enough); either way no server has such an id."""
    for body in (b'{"id": ' + b"9" * 5000 + b"}", b"9" * 100_000):
        try:
            parse_json(body)
        except MalformedResponse as problem:
            assert "not valid JSON" in str(problem)


def test_nesting_around_the_limit_never_escapes() -> None:
    """What is done with a value after reading it goes deeper into the stack than reading it."""
    for depth in [*range(100, 450, 50), *range(450, 500), *range(900, 1000, 3)]:
        for text in (b'"\\ud800"', b"1"):
            try:
                parse_json(b"[" * depth + text + b"]" * depth)
            except MalformedResponse as problem:
                assert "nested too deeply" in str(problem)


@quickly
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    try:
        value = parse_json(body)
    except MalformedResponse:
        return
    json.dumps(value, ensure_ascii=False).encode()  # whatever was accepted can be written


@quickly
@given(ANY_JSON)
def test_any_json_can_be_written_again(value: Any) -> None:
    try:
        parsed = parse_json(json.dumps(value).encode())
    except MalformedResponse:
        return
    json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()


# F1: one server


def test_server_in_all_its_views() -> None:
    for view in (server_detail(), list_item(), {"id": 1, "name": "a", "status": "starting"}):
        assert check_server(view) is view
    assert check_server(server_detail(7), server_id=7)["id"] == 7


def test_fields_beyond_the_three_may_be_anything() -> None:
    """One odd server does not take down the others."""
    assert check_server(
        {
            "id": 1,
            "name": "",
            "status": "",
            "plan": 7,
            "os": None,
            "location": [],
            "ip_address": {},
            "extra": {"a": [1]},
        }
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not a server object"),
        ([], "not a server object"),
        ("text", "not a server object"),
        (7, "not a server object"),
        ({}, "without a positive integer id"),
        ({"id": None, "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": True, "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": 0, "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": -5, "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": 1.0, "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": "12345/../12346", "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": [1], "name": "a", "status": "b"}, "without a positive integer id"),
        ({"id": 1, "status": "b"}, "server 1 without a name or a status"),
        ({"id": 1, "name": None, "status": "b"}, "server 1 without a name or a status"),
        ({"id": 1, "name": ["a"], "status": "b"}, "server 1 without a name or a status"),
        ({"id": 1, "name": "a"}, "server 1 without a name or a status"),
        ({"id": 1, "name": "a", "status": 2}, "server 1 without a name or a status"),
        ({"detail": "Not found."}, "without a positive integer id"),
    ],
)
def test_no_server(value: Any, words: str) -> None:
    with pytest.raises(MalformedResponse, match=words):
        check_server(value)


@pytest.mark.parametrize(("levels", "cut"), [(DEEPEST - 1, False), (DEEPEST, True), (900, True)])
def test_what_ansible_could_not_carry_is_cut_off(levels: int, cut: bool) -> None:
    """A result that is nested too deeply is lost as a whole, and with it a new server's id; a list, with all its other
    servers.
    """
    lists: Any = 1
    objects: Any = 1
    for _level in range(levels):
        lists, objects = [lists], {"a": objects}
    for extra in (lists, objects):
        given = {"id": 1, "name": "a", "status": "b", "plan": {"id": 2}, "extra": extra}
        other = {"id": 2, "name": "c", "status": "d"}
        shown, beside = check_page({"count": 2, "results": [given, other]}).items
        assert beside == other and {**shown, "extra": 0} == {**given, "extra": 0}
        depth, value = 0, shown["extra"]
        while isinstance(value, (list, dict)):
            depth, value = depth + 1, value[0] if isinstance(value, list) else value["a"]
        assert (depth, value) == ((DEEPEST - 1, None) if cut else (levels, 1))


def test_another_server_than_asked_for() -> None:
    with pytest.raises(MalformedResponse, match="server 7 was asked for, but the response shows server 8"):
        check_server(server_detail(8), server_id=7)


# The response to an action

SUCCESS = {"status": "success", "message": "Server is starting", "server": {"id": 7, "name": "a", "status": "starting"}}


def test_action() -> None:
    assert check_action(SUCCESS, 7) == {"id": 7, "name": "a", "status": "starting"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "success",
        {},
        {**SUCCESS, "status": "error"},
        {**SUCCESS, "status": True},
        {**SUCCESS, "server": None},
        {**SUCCESS, "server": [1]},
        {"status": "success"},
        server_detail(7),
        {**SUCCESS, "server": {"id": 8, "name": "a", "status": "starting"}},
    ],
)
def test_no_action(value: Any) -> None:
    with pytest.raises(MalformedResponse):
        check_action(value, 7)


# F1 to F4: lists


def test_page() -> None:
    value = {
        "count": 3,
        "next": "https://admin.vps.org/api/v1/servers/?page=2&page_size=2",
        "previous": None,
        "results": [list_item(1), list_item(2)],
    }
    page = check_page(value)
    assert (page.items, page.count) == ((list_item(1), list_item(2)), 3)
    assert page.next_query == (("page", "2"), ("page_size", "2"))


def test_page_holds_each_server_once() -> None:
    """How many pages there are is reckoned from how many servers are on the first."""
    assert [
        server["id"] for server in check_page({"count": 2, "results": [list_item(2), list_item(1), list_item(2)]}).items
    ] == [2, 1]


def test_list_without_links() -> None:
    """As documented: count and results, nothing else."""
    page = check_page({"count": 0, "results": []})
    assert (page.items, page.count, page.next_query) == ((), 0, None)


@pytest.mark.parametrize("link", [None, ""])
def test_last_page(link: Any) -> None:
    assert check_page({"count": 0, "results": [], "next": link}).next_query is None


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/steal?page=2",
        "http://10.0.0.7:8000/internal/?page=2",
        "//evil.example/?page=2",
        "?page=2",
        "ftp://x/?page=2",
        "javascript:x?page=2",
        "https://u:p@h/?page=2",
    ],
)
def test_of_a_link_only_the_query_counts(link: str) -> None:
    assert check_page({"count": 1, "results": [list_item()], "next": link}).next_query == (("page", "2"),)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [list_item()],
        "text",
        {},
        {"detail": "Sign in."},
        {"count": 0},
        {"results": []},
        {"count": 0, "results": None},
        {"count": 0, "results": {}},
        {"count": 1, "results": {"0": list_item()}},
        {"count": 0, "results": "[]"},
        {"count": None, "results": []},
        {"count": "0", "results": []},
        {"count": True, "results": [list_item()]},
        {"count": -1, "results": []},
        {"count": 0.0, "results": []},
        {"count": 1, "results": [None]},
        {"count": 1, "results": [[list_item()]]},
        {"count": 2, "results": [list_item(1), {"name": "a", "status": "b"}]},
        {"count": 0, "results": [], "next": 2},
        {"count": 0, "results": [], "next": True},
        {"count": 0, "results": [], "next": {"page": 2}},
        {"count": 0, "results": [], "next": ["?page=2"]},
        {"count": 0, "results": [], "next": "https://admin.vps.org/api/v1/servers/"},
        {"count": 0, "results": [], "next": "https://[broken/?page=2"},
        {"count": 0, "results": [], "next": "?" + "&".join(f"a{number}=1" for number in range(60))},
        {"count": 0, "results": [], "next": "?page=" + "2" * 5000},
        server_detail(),
    ],
)
def test_no_page(value: Any) -> None:
    with pytest.raises(MalformedResponse):
        check_page(value)


UUID = "00003039-0477-53a0-9217-f3259a0420b2"


@pytest.mark.parametrize(
    "item",
    [{"uuid": UUID}, {"uuid": "web"}, {"id": None, "uuid": UUID}, {"id": "web", "uuid": UUID}],
    ids=str,
)
@pytest.mark.parametrize(
    "wrap", [lambda item: {"count": 1, "results": [item]}, lambda item: {"results": [item]}, lambda item: [item]]
)
def test_objects_of_the_other_description_are_known_in_whatever_they_come(wrap: Any, item: dict[str, Any]) -> None:
    with pytest.raises(OtherDescription):
        check_page(wrap({**item, "hostname": "web-01", "status": "active"}))


@pytest.mark.parametrize("item", [{"id": 1, "uuid": UUID}, {"id": "1", "uuid": UUID}])
def test_a_uuid_beside_an_id_is_none_of_it(item: dict[str, Any]) -> None:
    assert check_page({"count": 1, "results": [{**list_item(), **item}]}).items[0]["uuid"] == UUID


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": "web-01"}, {"id": UUID}, {"id": 0, "uuid": 1}])
def test_neither_description(item: dict[str, Any]) -> None:
    with pytest.raises(MalformedResponse) as caught:
        check_page({"count": 1, "results": [item]})
    assert not isinstance(caught.value, OtherDescription)


def pages(*numbers: list[int], count: int | None = None) -> list[Page[Any]]:
    total = count if count is not None else len({number for part in numbers for number in part})
    return [Page(tuple(list_item(number) for number in part), total, None) for part in numbers]


def test_joined() -> None:
    assert [server["id"] for server in joined(pages([3, 1], [2]))] == [3, 1, 2], "the API's order is kept"
    assert joined(pages([])) == []


def test_joined_counts_each_id_once() -> None:
    assert [server["id"] for server in joined(pages([1, 2], [2, 3]))] == [1, 2, 3], (
        "a server that slipped onto the next page"
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (pages([1, 2], count=3), "a count of 3, but contains 2"),
        (pages([1, 2], count=1), "a count of 1, but contains 2"),
        (pages([], count=5), "a count of 5, but contains 0"),
        (pages([1, 1], count=2), "a count of 2, but contains 1"),
        (pages([1, 2], count=3) + pages([3], count=4), "a count of 3 or 4, but contains 3"),
    ],
)
def test_a_list_is_whole_or_an_error(parts: list[Page[Any]], words: str) -> None:
    with pytest.raises(MalformedResponse, match=words):
        joined(parts)


@quickly
@given(ANY_JSON)
@pytest.mark.parametrize("check", [check_server, check_page, lambda value: check_action(value, 7)])
def test_any_value_is_checked_or_malformed(check: Callable[[Any], Any], value: Any) -> None:
    try:
        check(value)
    except MalformedResponse as problem:
        assert str(problem)
