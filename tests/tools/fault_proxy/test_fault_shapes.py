# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that is damaged, hostile or wrong in its shape, made of the API's own answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy, ForeignHost
from helpers.raw_client import exchange
from helpers.tiny_api import TIME, TinyApi

LIST, DETAIL, START = "/api/v1/servers/", "/api/v1/servers/12345/", "/api/v1/servers/12345/start/"


def get(proxy: FaultProxy, fault: Fault, target: str = LIST, method: str = "GET", body: Any = None):
    """The answer to one request that must have met the fault."""
    proxy.set(fault)
    seen = exchange(proxy.port, method, target, body)
    assert proxy.wait_done() and proxy.met(fault) == 1
    record = proxy.history[-1]
    assert (record.fault, record.forwarded, record.status) == (fault.kind, True, seen.status)
    assert int(seen.header("Content-Length") or 0) == len(seen.body)
    return seen


def test_huge_number(proxy: FaultProxy) -> None:
    assert b'"count": ' + b"9" * 5000 in get(proxy, Fault("huge_number")).body
    assert b'"id": ' + b"9" * 6 + b"," in get(proxy, Fault("huge_number", digits=6), DETAIL).body
    with pytest.raises(ValueError, match="digits"):
        json.loads(get(proxy, Fault("huge_number")).body)


def test_nan(proxy: FaultProxy) -> None:
    assert b'"count": NaN' in get(proxy, Fault("nan_json")).body
    assert b'"id": NaN' in get(proxy, Fault("nan_json"), DETAIL).body


def test_bom(proxy: FaultProxy) -> None:
    body = get(proxy, Fault("bom_json")).body
    assert body[:3] == b"\xef\xbb\xbf" and json.loads(body[3:])["count"] == 2


@pytest.mark.parametrize("target", [LIST, DETAIL])
def test_invalid_text(proxy: FaultProxy, target: str) -> None:
    body = get(proxy, Fault("invalid_utf8"), target).body
    assert b'"web-1\xff\xfe\x80"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    value = get(proxy, Fault("lone_surrogate"), target).json
    assert (value["results"][0] if target == LIST else value)["name"] == "web-1\ud800"


def test_hostile_json_where_there_was_no_body(api: TinyApi, proxy: FaultProxy) -> None:
    for kind in ("huge_number", "nan_json", "bom_json", "invalid_utf8", "lone_surrogate"):
        seen = get(proxy, Fault(kind), f"{LIST}{api.add('x')['id']}/", "DELETE")
        assert seen.status == 200 and seen.body


@pytest.mark.parametrize("delta", [1, -1])
def test_wrong_count(proxy: FaultProxy, delta: int) -> None:
    value = get(proxy, Fault("wrong_count", delta=delta)).json
    assert (value["count"], len(value["results"])) == (2 + delta, 2)


def test_missing_and_wrong_parts_of_a_list(proxy: FaultProxy) -> None:
    assert get(proxy, Fault("missing_results")).json == {"count": 2}
    assert list(get(proxy, Fault("missing_count")).json) == ["results"]
    assert get(proxy, Fault("results_not_list")).json["results"] == {"0": None}
    assert get(proxy, Fault("results_not_list", value="none")).json["results"] == "none"
    value = get(proxy, Fault("duplicate_items")).json
    assert ([item["id"] for item in value["results"]], value["count"]) == ([12345, 12345, 12346, 12346], 2)


@pytest.mark.parametrize(
    ("kind", "expected"), [("item_without_id", None), ("item_bool_id", True), ("item_string_id", "12345/../12346")]
)
def test_bad_ids(proxy: FaultProxy, kind: str, expected: Any) -> None:
    items = get(proxy, Fault(kind, index=1)).json["results"]
    assert items[0]["id"] == 12345 and items[1].get("id") == expected and type(items[1].get("id")) is type(expected)
    assert get(proxy, Fault(kind), DETAIL).json.get("id") == expected
    assert get(proxy, Fault(kind), LIST, "POST", {"name": "new"}).json.get("id") == expected
    assert get(proxy, Fault(kind), START, "POST").json["server"].get("id") == expected


def test_next(proxy: FaultProxy) -> None:
    with ForeignHost() as foreign:
        assert get(proxy, Fault("next_loops"), LIST + "?page=1").json["next"] == f"{proxy.url}/servers/?page=1"
        assert (
            get(proxy, Fault("next_foreign", to=foreign.url), LIST + "?page=1").json["next"]
            == f"{foreign.url}{LIST}?page=1"
        )
    assert get(proxy, Fault("next_not_a_string")).json["next"] == {"page": 2}
    assert get(proxy, Fault("next_not_a_string", value=7)).json["next"] == 7


def test_wrong_id_in_detail(proxy: FaultProxy) -> None:
    assert get(proxy, Fault("wrong_id_in_detail"), DETAIL).json["id"] == 12346
    assert get(proxy, Fault("wrong_id_in_detail", delta=-5), START, "POST").json["server"]["id"] == 12340


def test_clock_skew(proxy: FaultProxy) -> None:
    later = get(proxy, Fault("clock_skew", seconds=3600), DETAIL)
    assert (later.json["created_at"], later.json["updated_at"]) == ("2025-01-10T15:30:00Z",) * 2
    assert later.header("Date") == "Fri, 10 Jan 2025 15:30:00 GMT"
    earlier = get(proxy, Fault("clock_skew", seconds=-86400))
    assert {item["created_at"] for item in earlier.json["results"]} == {TIME.replace("10T", "09T")}
    assert get(proxy, Fault("clock_skew"), DETAIL, "DELETE").header("Date") == "Fri, 10 Jan 2025 15:30:00 GMT"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("wrong_count", DETAIL),
        ("next_loops", DETAIL),
        ("wrong_id_in_detail", LIST),
        ("item_bool_id", "/api/v1/servers/99/"),
        ("duplicate_items", DETAIL),
    ],
)
def test_where_nothing_can_be_changed_the_answer_is_the_apis(proxy: FaultProxy, kind: str, target: str) -> None:
    fault = Fault(kind)
    plain = exchange(proxy.port, target=target)
    proxy.set(fault)
    assert exchange(proxy.port, target=target).json == plain.json
    assert proxy.unmet() == [fault] and proxy.history[-1].fault is None
