# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which request meets which fault: patterns, counters, storms, rules files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fault_proxy import KINDS, Fault, FaultProxy, load_rules, storm, storm_draw
from fault_proxy.carry_out import HANDLERS
from fault_proxy.http1 import Request
from helpers.raw_client import exchange
from helpers.tiny_api import TinyApi

LIST, DETAIL, START = "/api/v1/servers/", "/api/v1/servers/12345/", "/api/v1/servers/12345/start/"


def test_every_kind_is_described_carried_out_and_tested() -> None:
    connection = {name for name, kind in KINDS.items() if kind.stage == "connection"}
    assert set(HANDLERS) | connection | {"storm"} == set(KINDS) and len(KINDS) > 45
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in KINDS if not re.search(rf"[\"']{name}[\"']", tests)] == []
    assert [kind.name for kind in KINDS.values() if not kind.about or "\n" in kind.about] == []


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("*", [LIST, DETAIL, START]),
        ("*/servers/", [LIST]),
        ("*/servers/*/", [DETAIL]),
        ("*/servers/*/start/", [START]),
        ("*/servers/**", [LIST, DETAIL, START]),
        ("/api/v1/servers/1234?/", [DETAIL]),
        ("/servers/", []),
        ("*/servers", []),
        ("*.ervers/", []),
    ],
)
def test_path_pattern(pattern: str, hit: list[str]) -> None:
    fault = Fault("reset_before", path=pattern)
    assert [
        path for path in (LIST, DETAIL, START) if fault.matches(Request("GET", path + "?page=1", "HTTP/1.1", []))
    ] == hit


def test_method_query_and_body() -> None:
    request = Request("POST", LIST + "?page=2", "HTTP/1.1", [], b'{"name": "web-1"}')
    assert Fault("reset_before", "POST").matches(request) and not Fault("reset_before", "GET").matches(request)
    assert Fault("reset_before", query="page=2").matches(request) and not Fault("reset_before", query="page=3").matches(
        request
    )
    assert Fault("reset_before", body_has='"web-1"').matches(request) and not Fault(
        "reset_before", body_has='"web-2"'
    ).matches(request)
    assert not Fault("ignored_delete").matches(request), "a kind for DELETE only"


def test_what_is_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault of this kind"):
        Fault("explode")
    with pytest.raises(TypeError, match="has no parameter second; it has: seconds"):
        Fault("hang_before", second=1)
    with pytest.raises(ValueError, match="from 1"):
        Fault("hang_before", nth=0)
    with pytest.raises(ValueError, match="a storm cannot use refuse"):
        storm(1, 0.5, ["refuse"])


def test_nth_and_times(proxy: FaultProxy) -> None:
    fault = Fault("answer", "GET", "*/servers/", nth=2, times=2, status=418)
    other = Fault("answer", "GET", "*/servers/*/", status=419)
    proxy.set(fault, other)
    assert [exchange(proxy.port).status for _turn in range(5)] == [200, 418, 418, 200, 200]
    assert (proxy.met(fault), proxy.met(other), proxy.unmet()) == (2, 0, [other])


def test_the_first_rule_that_is_due_wins_and_all_count(proxy: FaultProxy) -> None:
    first, second = Fault("answer", times=1, status=418), Fault("answer", nth=2, times=None, status=419)
    proxy.set(first, second)
    assert [exchange(proxy.port).status for _turn in range(3)] == [418, 419, 419]
    assert (proxy.met(first), proxy.met(second)) == (1, 2)


def test_rules_are_replaced_at_run_time(proxy: FaultProxy) -> None:
    fault = Fault("answer", times=None, status=418)
    assert exchange(proxy.port).status == 200
    proxy.set(fault)
    assert exchange(proxy.port).status == 418
    proxy.clear()
    assert exchange(proxy.port).status == 200
    assert proxy.met(fault) == 1 and proxy.unmet() == []
    proxy.set(fault)
    assert proxy.met(fault) == 0
    with pytest.raises(KeyError):
        proxy.met(Fault("answer"))


def test_what_cannot_be_rewritten_is_not_met(proxy: FaultProxy) -> None:
    fault = Fault("wrong_count", "GET")
    proxy.set(fault)
    assert exchange(proxy.port, target=DETAIL).json["id"] == 12345
    assert proxy.met(fault) == 0 and proxy.history[0].fault is None
    assert exchange(proxy.port).json["count"] == 3
    assert proxy.met(fault) == 1 and proxy.unmet() == []


def test_storm_is_a_pure_draw() -> None:
    draws = [storm_draw(7, 0.33, 12, number, "GET", LIST) for number in range(3000)]
    assert draws == [storm_draw(7, 0.33, 12, number, "GET", LIST) for number in range(3000)]
    assert draws != [storm_draw(8, 0.33, 12, number, "GET", LIST) for number in range(3000)]
    assert 0.30 < sum(draw is not None for draw in draws) / len(draws) < 0.36
    assert {draw for draw in draws if draw is not None} == set(range(12))
    assert {storm_draw(7, share, 1, number, "GET", LIST) for share in (0.0,) for number in range(100)} == {None}
    assert {storm_draw(7, 1.0, 1, number, "GET", LIST) for number in range(100)} == {0}


def test_storm_breaks_the_same_requests_again(proxy: FaultProxy) -> None:
    def run(seed: int) -> list[str | None]:
        rule = storm(
            seed, 0.5, ["reset_before", "html_200", {"kind": "answer", "status": 418}, Fault("ignored_delete")]
        )
        proxy.set(rule)
        start = len(proxy.history)
        for _turn in range(40):
            exchange(proxy.port)
        assert proxy.wait_done()
        kinds = [record.fault for record in proxy.history[start:]]
        assert proxy.met(rule) == sum(kind is not None for kind in kinds)
        return kinds

    first = run(3)
    assert first == run(3) != run(4)
    assert set(first) == {None, "reset_before", "html_200", "answer"}, "never a kind that is not for the method"


def test_default_storm(proxy: FaultProxy, api: TinyApi) -> None:
    proxy.set(Fault("storm", seed=1, share=1.0))
    for _turn in range(60):
        exchange(proxy.port)
    assert len({record.fault for record in proxy.history}) > 8 and None not in {
        record.fault for record in proxy.history
    }


def test_rules_file(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(
        json.dumps(
            [{"kind": "status_429", "path": "*/servers/", "times": None, "seconds": 3}, {"kind": "storm", "seed": 1}]
        )
    )
    limit, weather = load_rules(file)
    assert (limit.kind, limit.times, limit.params["seconds"], limit.params["form"]) == (
        "status_429",
        None,
        3,
        "seconds",
    )
    assert weather.params["share"] == 0.33
    file.write_text("{}")
    with pytest.raises(ValueError, match="list"):
        load_rules(file)
