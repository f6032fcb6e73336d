# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Barriers, delays, reads that lag behind, writes that do nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fault_proxy import Fault, FaultProxy, storm
from helpers.raw_client import exchange
from helpers.tiny_api import TinyApi

LIST, DETAIL = "/api/v1/servers/", "/api/v1/servers/12345/"


def create(proxy: FaultProxy, name: str = "new") -> int:
    return exchange(proxy.port, "POST", LIST, {"name": name}).json["id"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_barrier_makes_requests_meet(api: TinyApi, proxy: FaultProxy, when: str) -> None:
    fault = Fault("barrier", "POST", "*/servers/", parties=3, when=when)
    proxy.set(fault)
    effects = 0 if when == "before" else 2
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(create, proxy, f"new-{number}") for number in range(2)]
        assert proxy.wait_until(lambda: len(proxy.history) == 2 and len(api.calls) == effects)
        assert exchange(proxy.port).status == 200, "others pass"
        assert not any(future.done() for future in waiting)
        third = pool.submit(create, proxy, "new-3")
        assert len({future.result(5) for future in (*waiting, third)}) == 3
    assert proxy.met(fault) == 3
    assert create(proxy) and proxy.met(fault) == 3, "one meeting only"


def test_barrier_without_the_others_is_not_met(proxy: FaultProxy) -> None:
    fault = Fault("barrier", parties=2, limit=0.05)
    proxy.set(fault)
    assert exchange(proxy.port).status == 200
    assert proxy.unmet() == [fault]
    record = proxy.history[0]
    assert record.fault is None and "limit" in record.error and record.ended - record.time >= 0.05
    fault.params["limit"] = 20.0
    with ThreadPoolExecutor(2) as pool:
        assert [seen.status for seen in pool.map(lambda _number: exchange(proxy.port), range(2))] == [200, 200]
    assert proxy.met(fault) == 2, "a later meeting still counts"


@pytest.mark.parametrize("when", ["before", "after"])
def test_delay(proxy: FaultProxy, when: str) -> None:
    fault = Fault("delay", seconds=0.1, when=when)
    proxy.set(fault)
    start = time.monotonic()
    assert exchange(proxy.port).status == 200
    assert 0.1 <= time.monotonic() - start < 10 and proxy.met(fault) == 1


def test_stale_list_after_a_create(proxy: FaultProxy) -> None:
    fault = Fault("stale_list", path="*/servers/", times=2)
    proxy.set(fault)
    assert exchange(proxy.port).json["count"] == 2
    assert exchange(proxy.port).json["count"] == 2 and proxy.met(fault) == 0, "nothing written: nothing stale"
    create(proxy)
    assert [exchange(proxy.port).json["count"] for _turn in range(3)] == [2, 2, 3]
    assert proxy.met(fault) == 2
    assert [(record.fault, record.forwarded) for record in proxy.history[3:5]] == [("stale_list", False)] * 2


def test_stale_detail_for_some_time(proxy: FaultProxy) -> None:
    fault = Fault("stale_list", path="*/servers/*/", times=None, seconds=0.4)
    proxy.set(fault)
    exchange(proxy.port, target=DETAIL)
    exchange(proxy.port, "PATCH", DETAIL, {"name": "renamed"})
    start = time.monotonic()
    names = []
    while time.monotonic() - start < 5 and names[-1:] != ["renamed"]:
        names.append(exchange(proxy.port, target=DETAIL).json["name"])
    assert names[0] == "web-1" and names[-1] == "renamed" and time.monotonic() - start >= 0.3
    assert proxy.met(fault) == len(names) - 1


def test_stale_after_two_writes_shows_the_first(proxy: FaultProxy) -> None:
    for name in ("one", "two"):
        exchange(proxy.port, "PATCH", DETAIL, {"name": name})
        exchange(proxy.port, target=DETAIL)
    proxy.set(Fault("stale_list"))
    assert [exchange(proxy.port, target=DETAIL).json["name"] for _turn in range(2)] == ["one", "two"]


def test_not_found_after_create(proxy: FaultProxy) -> None:
    fault = Fault("not_found_after_create", details=2)
    proxy.set(fault)
    number = create(proxy)
    target = f"{LIST}{number}/"
    assert exchange(proxy.port, target=DETAIL).status == 200, "an old id is found"
    assert [exchange(proxy.port, target=target).status for _turn in range(3)] == [404, 404, 200]
    assert proxy.met(fault) == 2
    other = create(proxy)
    assert [exchange(proxy.port, target=f"{LIST}{other}/").status for _turn in range(3)] == [404, 404, 200], (
        "each new id for itself"
    )


def test_ignored_patch(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("ignored_patch")
    proxy.set(fault)
    seen = exchange(proxy.port, "PATCH", DETAIL, {"name": "renamed"})
    assert (seen.status, seen.json["name"], api.servers[12345]["name"]) == (200, "web-1", "web-1")
    assert (
        proxy.met(fault) == 1 and not proxy.history[0].forwarded and [method for method, _path in api.calls] == ["GET"]
    )
    proxy.set(Fault("ignored_patch", echo=True))
    assert exchange(proxy.port, "PATCH", DETAIL, {"name": "renamed"}).json["name"] == "renamed"
    assert api.servers[12345]["name"] == "web-1"


def test_ignored_delete(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("ignored_delete")
    proxy.set(fault)
    seen = exchange(proxy.port, "DELETE", DETAIL)
    assert (seen.status, seen.body, proxy.met(fault), api.calls) == (204, b"", 1, [])
    assert not proxy.history[0].forwarded


def test_storm_of_what_needs_a_past(proxy: FaultProxy) -> None:
    proxy.set(storm(1, 1.0, ["not_found_after_create", "stale_list"]))
    assert exchange(proxy.port).status == 200, "neither is possible yet"
    number = create(proxy)
    assert exchange(proxy.port, target=f"{LIST}{number}/").status == 404
    assert exchange(proxy.port).json["count"] == 2


def test_wait_met(proxy: FaultProxy) -> None:
    fault = Fault("answer", nth=2)
    proxy.set(fault)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(proxy.wait_met, fault)
        exchange(proxy.port)
        exchange(proxy.port)
        assert waiting.result(5)
    assert not proxy.wait_met(fault, count=2, limit=0.05)
