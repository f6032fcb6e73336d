# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and details: whole or an error, however many pages, and absent only with proof.

Lost answers: see test_losses.py.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from client.support import LIST, ONE, sent, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.details import details_of
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy, ForeignHost
from helpers.facts import mentions


def ids(servers: list[dict[str, Any]]) -> list[int]:
    return [server["id"] for server in servers]


# Pages


def test_an_empty_account(proxy: FaultProxy) -> None:
    assert servers_at(proxy.url).list() == []
    assert [record.query for record in proxy.history] == ["page_size=100"]


def test_a_list_without_paging(emulator: Emulator, proxy: FaultProxy) -> None:
    """As documented: count and results, no links."""
    emulator.configure(paging=False)
    expected = emulator.seed(250)
    assert ids(servers_at(proxy.url).list()) == expected and len(proxy.history) == 1


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_twelve_pages_are_read_in_two_round_trips(emulator: Emulator, proxy: FaultProxy, order: str) -> None:
    emulator.configure(order=order)
    expected = emulator.seed(1200)
    all_at_once = Fault("barrier", "GET", LIST, query="page=", parties=11)
    proxy.set(all_at_once)
    found = ids(servers_at(proxy.url, timeout=20.0).list())
    assert found == (expected if order == "asc" else expected[::-1])
    assert proxy.met(all_at_once) == 11, "all but the first at the same time"
    queries = sorted(
        (dict(parse_qsl(record.query)) for record in proxy.history), key=lambda query: int(query.get("page", 1))
    )
    assert queries == [{"page_size": "100"}, *({"page": str(number), "page_size": "100"} for number in range(2, 13))]


def test_an_api_that_grants_small_pages(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.configure(max_page_size=7)
    expected = emulator.seed(45)
    assert ids(servers_at(proxy.url).list()) == expected and len(proxy.history) == 7


def test_an_api_that_refuses_page_size(emulator: Emulator, proxy: FaultProxy) -> None:
    expected = emulator.seed(45)
    fault = Fault(
        "answer", "GET", LIST, query="page_size=100", times=None, status=400, body={"page_size": ["Unexpected."]}
    )
    proxy.set(fault)
    assert ids(servers_at(proxy.url).list()) == expected
    assert proxy.met(fault) == 1 and [record.query for record in proxy.history][1] == ""


@pytest.mark.parametrize("next_host", ["inner.example:8000", "http://10.0.0.7"])
def test_links_that_name_an_inner_host(emulator: Emulator, proxy: FaultProxy, next_host: str) -> None:
    """As behind a reverse proxy that does not tell its name."""
    emulator.configure(next_host=next_host, page_size=20, max_page_size=20)
    expected = emulator.seed(45)
    assert ids(servers_at(proxy.url).list()) == expected


def test_links_to_another_host_are_never_followed(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.configure(max_page_size=20)
    expected = emulator.seed(45)
    with ForeignHost() as foreign:
        fault = Fault("next_foreign", "GET", LIST, times=None, to=foreign.url)
        proxy.set(fault)
        servers = servers_at(proxy.url)
        try:
            assert ids(servers.list()) == expected
        except ApiError as error:
            assert mentions(error, "GET /servers/") and error.failure.status is None
        assert proxy.met(fault) >= 1 and foreign.count == 0


def test_filters_reach_every_page(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.configure(max_page_size=10)
    emulator.seed(60, status=["active", "stopped"], location=["us-west", "us-east", "eu-north"])
    found = servers_at(proxy.url).api.list_servers(status="active", location="us-west")
    assert len(found) == 10 and {(server["status"], server["location"]) for server in found} == {("active", "us-west")}
    assert all("status=active" in record.query and "location=us-west" in record.query for record in proxy.history)


# Whole or an error

NOT_WHOLE = {
    "one more than there are": ("wrong_count", {"delta": 1}),
    "one less than there are": ("wrong_count", {"delta": -1}),
    "every item twice": ("duplicate_items", {}),
    "a next page that is this one": ("next_loops", {}),
}
COUNTS = {
    # What the list claims to hold and what it holds, of 30 servers in pages of 20.
    "one more than there are": (31, 30),
    "one less than there are": (29, 30),
    "a next page that is this one": (30, 20),
}
BROKEN = {
    "no results": ("missing_results", {}),
    "no count": ("missing_count", {}),
    "results that are no list": ("results_not_list", {}),
    "results that are null": ("results_not_list", {"value": None}),
    "an item without id": ("item_without_id", {"index": 3}),
    "an item whose id is true": ("item_bool_id", {}),
    "an item whose id is a path": ("item_string_id", {}),
    "a link that is an object": ("next_not_a_string", {}),
    "a count of 5000 digits": ("huge_number", {}),
    "a count that is NaN": ("nan_json", {}),
    "bytes that are no text": ("invalid_utf8", {}),
    "a depth of 200,000": ("deep_json", {}),
}


@pytest.mark.parametrize("case", [*NOT_WHOLE, *BROKEN])
def test_what_is_wrong_once_is_asked_for_once_more(emulator: Emulator, proxy: FaultProxy, case: str) -> None:
    expected = emulator.seed(30)
    kind, params = {**NOT_WHOLE, **BROKEN}[case]
    fault = Fault(kind, "GET", LIST, times=1, **params)
    proxy.set(fault)
    assert ids(servers_at(proxy.url).list()) == expected
    assert proxy.met(fault) == 1 and len(proxy.history) <= 3


@pytest.mark.parametrize("case", NOT_WHOLE)
def test_a_list_that_never_becomes_whole_is_an_error(emulator: Emulator, proxy: FaultProxy, case: str) -> None:
    emulator.configure(max_page_size=20)
    emulator.seed(30)
    kind, params = NOT_WHOLE[case]
    fault = Fault(kind, "GET", LIST, times=None, **params)
    proxy.set(fault)
    if case == "every item twice":
        # The items are deduplicated, and then the count is right.
        assert len(servers_at(proxy.url).list()) == 30
        return
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url).list()
    assert mentions(caught.value, "GET /servers/", *COUNTS[case])
    assert proxy.met(fault) == len(proxy.history) <= 6


@pytest.mark.parametrize("case", BROKEN)
def test_a_list_that_stays_broken_is_an_error(emulator: Emulator, proxy: FaultProxy, case: str) -> None:
    emulator.seed(30)
    kind, params = BROKEN[case]
    fault = Fault(kind, "GET", LIST, times=None, **params)
    proxy.set(fault)
    servers = servers_at(proxy.url, retries=2)
    with pytest.raises(ApiError) as caught:
        servers.list()
    assert mentions(caught.value, "GET /servers/") and caught.value.failure.status == 200
    assert proxy.met(fault) == len(proxy.history) == 3


@pytest.mark.parametrize("kind", ["bom_json", "wrong_content_type", "lone_surrogate", "clock_skew"])
def test_a_list_that_is_only_odd_is_a_list(emulator: Emulator, proxy: FaultProxy, kind: str) -> None:
    expected = emulator.seed(3)
    fault = Fault(kind, "GET", LIST)
    proxy.set(fault)
    found = servers_at(proxy.url).list()
    assert ids(found) == expected and proxy.met(fault) == 1 and len(proxy.history) == 1
    for server in found:
        server["name"].encode()


def test_a_sign_in_page_is_called_one(proxy: FaultProxy) -> None:
    proxy.set(Fault("html_200", "GET", LIST, times=None))
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=1).list()
    assert mentions(caught.value, "GET /servers/", "HTML", "api_url")


# Details


@pytest.mark.parametrize(
    "kind",
    [
        "wrong_id_in_detail",
        "item_without_id",
        "item_bool_id",
        "item_string_id",
        "huge_number",
        "nan_json",
        "invalid_utf8",
        "deep_json",
    ],
)
def test_a_detail_of_the_wrong_shape_is_asked_for_again(emulator: Emulator, proxy: FaultProxy, kind: str) -> None:
    server_id = emulator.insert(name="web-01")
    fault = Fault(kind, "GET", ONE)
    proxy.set(fault)
    found = servers_at(proxy.url).find(server_id)
    assert found is not None and found["id"] == server_id and proxy.met(fault) == 1 and len(proxy.history) == 2
    proxy.set(Fault(kind, "GET", ONE, times=None))
    with pytest.raises(ApiError, match=f"GET /servers/{server_id}/"):
        servers_at(proxy.url, retries=1).find(server_id)


def test_odd_servers_do_not_take_down_the_others(emulator: Emulator, proxy: FaultProxy) -> None:
    expected = [
        emulator.insert(name="plain"),
        emulator.insert(name="", status="", hostname=7, plan=None, os="x", location=[], ip_address={}),
        emulator.insert(name="../x\n{{ y }}", status="ünknown", extra={"a": [1, None]}, ansible_host="x"),
        emulator.insert(complete=False, id=20_000, name="bare", status="active"),
    ]
    servers = servers_at(proxy.url)
    assert ids(servers.list()) == expected
    details = details_of(servers, expected, 4)
    assert [detail["name"] if isinstance(detail, dict) else detail for detail in details.values()] == [
        "plain",
        "",
        "../x\n{{ y }}",
        "bare",
    ]


def test_many_details_at_once(emulator: Emulator, proxy: FaultProxy) -> None:
    expected = emulator.seed(20)
    gone = expected[7]
    emulator.remove(gone)
    delay = Fault("delay", "GET", ONE, seconds=0.05)
    proxy.set(delay)
    details = details_of(servers_at(proxy.url, timeout=10.0), expected, 20)
    assert list(details) == expected and [number for number in expected if details[number] is None] == [gone]
    assert len({record.connection for record in proxy.history}) > 1
    assert proxy.met(delay) == 20, "what is not there was looked for in a list, too"


# Absent


def test_absent_needs_a_detail_and_a_list(emulator: Emulator, proxy: FaultProxy) -> None:
    server_id = emulator.insert()
    emulator.remove(server_id)
    assert servers_at(proxy.url).find(server_id) is None
    assert sent(proxy, "GET") == [f"/servers/{server_id}/", "/servers/"]


@pytest.mark.parametrize("path", ["/api/v2", "/api", "", "/api/v1/v1"])
def test_with_a_wrong_base_path_nothing_is_absent(emulator: Emulator, proxy: FaultProxy, path: str) -> None:
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.origin + path).find(emulator.insert())
    assert mentions(caught.value, "GET /servers/", 404, "api_url")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_list_is_no_proof_of_absence(emulator: Emulator, proxy: FaultProxy, case: str) -> None:
    emulator.seed(5)
    kind, params = BROKEN[case]
    proxy.set(Fault(kind, "GET", LIST, times=None, **params))
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=1).find(99_999)
    assert mentions(caught.value, "GET /servers/") and caught.value.failure.status == 200


def test_a_404_that_the_list_contradicts_is_asked_again(emulator: Emulator, proxy: FaultProxy) -> None:
    server_id = emulator.insert(name="web-01")
    fault = Fault("answer", "GET", ONE, times=2, status=404, body={"detail": "Not found."})
    proxy.set(fault)
    found = servers_at(proxy.url).find(server_id)
    assert found is not None and found["name"] == "web-01" and proxy.met(fault) == 2


def test_a_rejected_token_ends_the_other_pages_too(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.seed(600)
    denied = Fault("answer", "GET", LIST, query="page=2", status=401, body={"detail": "Invalid token."})
    failing = Fault("answer", "GET", LIST, query="page=", times=None, status=503)
    proxy.set(denied, failing)
    with pytest.raises(VpsError) as caught:
        servers_at(proxy.url, retries=20, retry_max_delay=0.3).list()
    assert mentions(caught.value, 401, "Invalid token.")
    assert proxy.met(denied) == 1 and len(proxy.history) < 1 + 5 * 3
