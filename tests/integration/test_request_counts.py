# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests tasks on single servers send, over how many connections, and when."""

from __future__ import annotations

import bisect

from fault_proxy import Fault
from helpers.facts import mentions
from helpers.script import Script, Sent

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def most_in_a_second(requests: list[Sent]) -> int:
    times = sorted(request.time for request in requests)
    return max(bisect.bisect_right(times, time + 1.0) - number for number, time in enumerate(times))


def test_a_loop_that_changes_nothing(script: Script) -> None:
    """Two requests for each item by name, one by id, and one connection for them all."""
    script.seed(20)
    names, ids = [f"web-{number:04d}" for number in range(1, 21)], list(range(12345, 12365))
    script.task("names", "vps_server", {"name": "{{ item }}", "power": "started", "plan_id": 1, "os_id": 5}, loop=names)
    script.task("ids", "vps_server", {"id": "{{ item }}", "backups_enabled": False}, loop=ids)
    script.task("power", "vps_server_power", {"id": "{{ item }}", "state": "started"}, loop=ids)
    script.task("info", "vps_server_info", {"name": "{{ item }}"}, loop=names)
    ran = script.run()
    for name, count in (("names", 40), ("ids", 20), ("power", 20), ("info", 20)):
        items = ran.items(name)
        requests = [request for item in items for request in item.requests]
        assert [item.status for item in items] == ["ok"] * 20
        assert len(requests) == count and {request.method for request in requests} == {"GET"}
        assert len({request.connection for request in requests}) == 1, name


def test_each_item_of_a_loop_has_its_own_environment(script: Script) -> None:
    """The items share a connection, but not the proxy that one of them names."""
    script.seed(1)
    script.task(
        "info",
        "vps_server_info",
        {"api_retries": 0},
        loop=["", "http://127.0.0.1:9", ""],
        environment={"http_proxy": "{{ item }}", "no_proxy": ""},
        failed_when=False,
    )
    items = script.run().items("info")
    assert ["servers" in item.result for item in items] == [True, False, True]
    assert mentions(items[1]["msg"], "could not be reached")


def test_the_shortest_pauses(script: Script) -> None:
    """At most ten requests in any second, whatever the user asks for."""
    script.configure(provision_ms=2000, address_ms=100, stop_ms=3000, delete_ms=3000)
    script.server("create", name="web-01", wait_interval=0.1, **ENOUGH)
    script.power("stop", name="web-01", state="stopped", wait_interval=0.1)
    script.server("delete", name="web-01", state="absent", wait_interval=0.1)
    ran = script.run()
    for name in ("create", "stop", "delete"):
        done = ran.ok(name, changed=True)
        assert len(done.requests) > 5 and most_in_a_second(done.requests) <= 10, name


def test_pauses_that_cannot_be_kept_or_meant(script: Script) -> None:
    """One that outlasts the time limit is a failure at once; a nonsensical one counts as none."""
    script.insert(100, "web-01")
    script.insert(101, "web-02")
    script.faults(
        Fault("status_429", path="*/servers/100/", seconds=90),
        Fault("status_429", path="*/servers/101/", form="nonsense"),
    )
    script.server("nonsense", id=101, wait_timeout=60)
    script.server("too long", id=100, wait_timeout=60)  # last: it is asked of all that the user runs
    ran = script.run()
    too_long = ran.failed("too long", 429, 90)
    assert len(too_long.sent) == 1 and too_long["api"]["waited"] == 0
    assert ran.ok("nonsense", changed=False)["api"]["retries"] == 1


def test_a_clock_of_the_api_that_is_a_day_off(script: Script) -> None:
    script.configure(provision_ms=300, address_ms=100, delete_ms=200)
    for number, skew in enumerate((86_400, -86_400)):
        script.configure(clock_skew_s=skew)
        script.triple(f"create {number}", name=f"web-{number}", **ENOUGH)
        script.triple(f"delete {number}", name=f"web-{number}", state="absent")
    ran = script.run()
    for number in range(2):
        _check, real, _again = ran.triple(f"create {number}", changed=True)
        assert real.actions == ["create"] and real["server"]["ip_address"]
        ran.triple(f"delete {number}", changed=True)
