# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: timelines of versions, and that reads stay cheap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import lifecycle
from emulator.settings import Switches
from emulator.store import FOREVER, SECOND, Filter, Store, iso


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    store = Store(tmp_path / "state.sqlite")
    yield store
    store.close()


def timeline(store: Store, server: int) -> list[tuple[int, int, str | None]]:
    """When each version of a server begins and ends, and its status."""
    return store.connection.execute(
        "SELECT since, until, status FROM versions WHERE server = ? ORDER BY since", (server,)
    ).fetchall()


def test_an_amendment_splits_the_version_of_its_moment_and_reaches_the_later_ones(store: Store) -> None:
    now = store.now()
    store.insert([(1, {"status": "a", "name": "x"}, False)], since=now)
    store.amend(1, now + 100, {"status": "b"})
    store.amend(1, now + 50, {"name": "y"})
    assert timeline(store, 1) == [(now, now + 50, "a"), (now + 50, now + 100, "a"), (now + 100, FOREVER, "b")]
    versions = [store.at(1, moment) for moment in (now, now + 49, now + 50, now + 100)]
    assert [version and version.document["name"] for version in versions] == ["x", "x", "y", "y"]
    store.amend(1, now + 50, {"extra": 1})
    assert len(timeline(store, 1)) == 3
    store.end(1, now + 70)
    assert timeline(store, 1) == [(now, now + 50, "a"), (now + 50, now + 70, "a")]
    assert store.is_ending(1) and store.at(1, now + 70) is None


def test_what_no_read_reaches_any_more_is_dropped(store: Store) -> None:
    long_ago = store.now() - 3600 * SECOND
    store.insert([(1, {"status": "a"}, False)], since=long_ago)
    for step in range(5):
        store.amend(1, long_ago + step + 1, {"status": str(step)})
    assert len(timeline(store, 1)) <= 3


NEW = {"name": "before", "plan_id": 1, "os_id": 5, "location": "us-west"}


def test_an_update_while_provisioning_survives_its_end(store: Store) -> None:
    switches = Switches(provision_ms=60_000, address_ms=60_000)
    server = lifecycle.create(store, switches, NEW)["id"]
    lifecycle.update(store, switches, server, {"name": "after"})
    now = store.now()
    states = [store.at(server, now + seconds * SECOND) for seconds in (0, 60, 120)]
    shown = [
        state and (state.document["name"], state.document["status"], state.document["ip_address"]) for state in states
    ]
    assert shown == [("after", "provisioning", None), ("after", "active", None), ("after", "active", "203.0.113.10")]


def test_a_stop_before_the_address_is_there_does_not_lose_it(store: Store) -> None:
    switches = Switches(provision_ms=0, address_ms=60_000, stop_ms=30_000)
    server = lifecycle.create(store, switches, NEW)["id"]
    lifecycle.act(store, switches, server, "stop")
    now = store.now()
    states = [store.at(server, now + seconds * SECOND) for seconds in (0, 30, 60)]
    shown = [state and (state.document["status"], state.document["ip_address"]) for state in states]
    assert shown == [("stopping", None), ("stopped", None), ("stopped", "203.0.113.10")]
    updated = [state.document["updated_at"] for state in states if state]
    assert updated == sorted(updated) and updated[0] < updated[1] < updated[2]


def test_a_failure_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.insert([(1, {}, False)], since=store.now())
        with store.transaction():
            store.credits = 5
        raise ZeroDivisionError
    assert store.everything() == [] and store.credits != 5
    store.credits = 7
    assert store.credits == 7


def test_moments_rise(store: Store) -> None:
    moments = [store.now() for _count in range(1000)]
    assert moments == sorted(set(moments))


def test_times_are_whole_seconds_in_utc() -> None:
    assert iso(1_736_519_400 * SECOND + 999_999) == "2025-01-10T14:30:00Z"
    assert iso(1_736_519_400 * SECOND, skew_s=-1) == "2025-01-10T14:29:59Z"


@pytest.mark.parametrize("limits", [Filter(), Filter("active"), Filter("active", "us-west")])
def test_counting_and_turning_pages_never_reads_the_wide_rows(store: Store, limits: Filter) -> None:
    lifecycle.seed(store, Switches(), [lifecycle.Inserted({})] * 50)
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    count, texts = store.page(store.now(), limits, False, 10, 20)
    store.connection.set_trace_callback(None)
    assert (count, len(texts)) == (50, 10)
    counting, paging = statements
    for statement in (counting, paging):
        plan = [row[3] for row in store.connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert any("USING COVERING INDEX moments" in step for step in plan), plan
    plan = [row[3] for row in store.connection.execute(f"EXPLAIN QUERY PLAN {paging}")]
    # The wide rows are looked up one by one, for those of the page only.
    assert plan[0] == "SEARCH versions USING INTEGER PRIMARY KEY (rowid=?)"


def test_a_list_asked_for_again_is_neither_counted_nor_walked_again(store: Store) -> None:
    lifecycle.seed(store, Switches(), [lifecycle.Inserted({})] * 50)
    for _time in range(2):
        store.page(store.now(), Filter(), False, 10, 0)
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    count, texts = store.page(store.now(), Filter(), False, 10, 40)
    store.connection.set_trace_callback(None)
    assert (count, len(texts)) == (50, 10)
    (statement,) = statements
    plan = [row[3] for row in store.connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert not any("moments" in step for step in plan), plan


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limits", [Filter(), Filter("active"), Filter("ACTIVE", "us-west", caseless=True)])
def test_a_remembered_list_is_that_of_its_moment(
    store: Store, tmp_path: Path, limits: Filter, descending: bool
) -> None:
    """Read again and again at moments before and after versions begin and end, with writes in between."""
    now = store.now()
    servers = [(number, {"id": number, "status": "active", "location": "us-west"}, False) for number in range(1, 11)]
    store.insert(servers, since=now)
    writes = (
        lambda: store.amend(3, now + 100, {"status": "stopped"}),
        lambda: store.end(4, now + 200),
        lambda: store.insert([(11, {"id": 11, "status": "active", "location": "us-west"}, False)], since=now + 300),
    )
    for write in writes:
        write()
        for moment in (now, now + 99, now + 100, now + 199, now + 200, now + 299, now + 300, now + 150, now):
            afresh = Store(tmp_path / "state.sqlite")
            expected = afresh.page(moment, limits, descending, 4, 2)
            afresh.close()
            assert [store.page(moment, limits, descending, 4, 2) for _time in range(3)] == [expected] * 3
