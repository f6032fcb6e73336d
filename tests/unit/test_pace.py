# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate that a task learns from "later", against the limits that APIs have; and how tasks share it."""

from __future__ import annotations

import math
import os
import pathlib
from collections import deque
from typing import Any

import pytest
from unit.fakes import VirtualTime, settings

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import shared_pace
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.pace import Pace
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.shared_pace import SharedPace


class SlidingWindow:
    """At most so many requests in any second; asks to wait one."""

    def __init__(self, limit: int, seconds: float = 1.0) -> None:
        self.limit, self.seconds = limit, seconds
        self.times: deque[float] = deque()

    def refuses(self, now: float) -> float | None:
        while self.times and now - self.times[0] >= self.seconds:
            self.times.popleft()
        if len(self.times) >= self.limit:
            return float(math.ceil(self.seconds - (now - self.times[0])))
        self.times.append(now)
        return None


class FixedWindow(SlidingWindow):
    """At most so many requests in each minute of the clock; asks to wait for the next one."""

    def refuses(self, now: float) -> float | None:
        window = now // self.seconds
        if self.times and self.times[0] // self.seconds != window:
            self.times.clear()
        if len(self.times) >= self.limit:
            return float(math.ceil((window + 1) * self.seconds - now))
        self.times.append(now)
        return None


def sent(paces: list[Pace], api: SlidingWindow, wanted: int, *, threads: int = 16) -> tuple[int, int, float]:
    """How many requests were granted and refused, and the seconds that it took, with `threads` requests under way at
    once that each take 20 ms, in turn by the tasks that have the paces.
    """
    now, granted, refused = 1000.0, 0, 0
    idle = threads
    under_way: deque[tuple[float, float, Pace]] = deque()
    turn = 0
    while granted < wanted:
        pace = paces[turn % len(paces)]
        held = pace.held_for(now)
        if idle and not held:
            turn += 1
            moment = pace.turn(now, is_write=True)
            idle -= 1
            under_way.append((moment + 0.02, moment, pace))
            continue
        under_way = deque(sorted(under_way, key=lambda entry: entry[0]))
        if not under_way or (held and under_way[0][0] > now + held):
            now += held
            continue
        done, moment, of = under_way.popleft()
        now = max(now, done)
        idle += 1
        pause = api.refuses(moment)
        if pause is None:
            granted += 1
            of.granted(now, moment)
        else:
            refused += 1
            of.refused(now, moment, pause)
    return granted, refused, now - 1000.0


@pytest.mark.parametrize(
    ("api", "per_second"),
    [
        (SlidingWindow(1), 1.0),
        (SlidingWindow(5), 5.0),
        (SlidingWindow(50), 50.0),
        (FixedWindow(100, 60.0), 100 / 60),
        (FixedWindow(1000, 60.0), 1000 / 60),
    ],
    ids=["1/s", "5/s", "50/s", "100/min", "1000/min"],
)
def test_a_limit_is_learned_without_hammering(api: SlidingWindow, per_second: float) -> None:
    granted, refused, seconds = sent([Pace()], api, 400)
    assert refused <= 0.3 * granted
    assert seconds <= 4.0 * granted / per_second, "a good part of what is granted is used"


def test_writes_without_a_limit_are_slowed_for_a_moment_only() -> None:
    _granted, refused, seconds = sent([Pace()], SlidingWindow(10**9), 1000)
    assert refused == 0
    assert seconds <= 1000 / 16 * 0.02 + 0.3


def test_writes_begin_at_sixty_a_second() -> None:
    pace = Pace()
    turns = [pace.turn(1000.0, is_write=True) for _count in range(61)]
    assert turns[0] == 1000.0 and turns[-1] == pytest.approx(1001.0)


def test_reads_are_not_slowed_at_first() -> None:
    pace = Pace()
    assert {pace.turn(1000.0, is_write=False) for _count in range(100)} == {1000.0}


def test_requests_that_were_under_way_together_are_one_refusal() -> None:
    def gap(refusals: int) -> float:
        pace = Pace()
        for _count in range(10):
            pace.granted(1000.0, 999.9)
        for _count in range(refusals):
            pace.refused(1000.1, 1000.0, 1.0)
        assert pace.refusals == 1
        first, second = (pace.turn(2000.0, is_write=False) for _count in range(2))
        return second - first

    assert gap(10) == gap(1) > 0


# Sharing


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(shared_pace, "own_folders", lambda: (str(tmp_path / "own"),))
    return tmp_path / "own"


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    clock = VirtualTime()
    monkeypatch.setattr(shared_pace, "time", clock)
    return clock


def refuse(shared: SharedPace, now: float, pause: float = 5.0) -> None:
    with shared.up_to_date(is_refusal=True) as pace:
        pace.refused(now, now, pause)


def held(shared: SharedPace, now: float) -> bool:
    with shared.up_to_date() as pace:
        return pace.held_for(now) > 0


def test_nothing_is_shared_before_a_refusal(folder: pathlib.Path, time: VirtualTime) -> None:
    with SharedPace(settings()).up_to_date() as pace:
        pace.granted(time.now, time.now)
    assert not folder.exists()


def test_a_pause_that_one_task_was_asked_for_holds_the_others(folder: pathlib.Path, time: VirtualTime) -> None:
    one, other = SharedPace(settings()), SharedPace(settings(api_url="https://127.0.0.1:9/api/v1/"))
    refuse(one, time.now)
    assert held(other, time.now)
    assert not held(SharedPace(settings(token="vps_of_somebody_else")), time.now)
    assert not held(SharedPace(settings(api_url="https://127.0.0.1:8/api/v1")), time.now)
    assert not held(SharedPace(), time.now)
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())] == ["0o700", "0o600"]
    assert all(settings().token not in path.read_text() for path in folder.iterdir())


def test_turns_are_given_once(folder: pathlib.Path, time: VirtualTime) -> None:
    tasks = [SharedPace(settings()) for _count in range(3)]
    for task in tasks:
        for _count in range(5):
            with task.up_to_date() as pace:
                pace.granted(time.now, time.now - 1)
    refuse(tasks[0], time.now)
    time.advance(30.0)
    turns = []
    for _round in range(2):
        for task in tasks:
            with task.up_to_date() as pace:
                turns.append(pace.turn(time.now, is_write=False))
    assert len(set(turns)) == 6 and turns == sorted(turns)


def test_what_is_old_or_from_before_a_restart_counts_for_nothing(folder: pathlib.Path, time: VirtualTime) -> None:
    refuse(SharedPace(settings()), time.now, pause=3600.0)
    time.advance(121.0)
    assert not held(SharedPace(settings()), time.now)
    time.advance(-1000.0)
    assert not held(SharedPace(settings()), time.now)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"rate": "much"}', "[" * 100_000, "\0" * 70_000, '{"refused_at": 1e999}']
)
def test_anything_else_in_the_file_counts_for_nothing(folder: pathlib.Path, time: VirtualTime, content: str) -> None:
    refuse(SharedPace(settings()), time.now)
    (file,) = folder.iterdir()
    file.write_text(content)
    assert not held(SharedPace(settings()), time.now)
    refuse(SharedPace(settings()), time.now)
    assert held(SharedPace(settings()), time.now)


@pytest.mark.parametrize("kind", ["link", "directory", "file in its place"])
def test_where_no_file_can_be_made_each_task_has_its_own_pace(
    folder: pathlib.Path, time: VirtualTime, kind: str, tmp_path: pathlib.Path
) -> None:
    refuse(SharedPace(settings()), time.now)
    (file,) = folder.iterdir()
    file.unlink()
    if kind == "link":
        (tmp_path / "elsewhere").write_text("kept")
        file.symlink_to(tmp_path / "elsewhere")
    elif kind == "directory":
        file.mkdir()
    else:
        os.rmdir(folder)
        folder.write_text("")
    task = SharedPace(settings())
    refuse(task, time.now)
    assert held(task, time.now) and not held(SharedPace(settings()), time.now)
    assert kind != "link" or (tmp_path / "elsewhere").read_text() == "kept"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened to share a pace, from now on."""
    paths: list[str] = []
    really_open = os.open

    def note(path: str, *args: Any, **options: Any) -> int:
        paths.append(path)
        return really_open(path, *args, **options)

    monkeypatch.setattr(shared_pace.os, "open", note)
    return paths


def test_without_a_refusal_nothing_is_opened(folder: pathlib.Path, time: VirtualTime, opened: list[str]) -> None:
    shared = SharedPace(settings())
    assert not any(held(shared, time.now) for _count in range(100))
    assert opened == []


def test_a_refusal_from_long_ago_is_read_once(folder: pathlib.Path, time: VirtualTime, opened: list[str]) -> None:
    refuse(SharedPace(settings()), time.now)
    time.advance(121.0)
    opened.clear()
    shared = SharedPace(settings())
    assert not any(held(shared, time.now) for _count in range(100))
    assert len(opened) == 1


def test_a_refusal_of_another_task_is_noticed_at_once(folder: pathlib.Path, time: VirtualTime) -> None:
    """Whether there was a file of an earlier one or not."""
    for _turn in range(2):
        shared = SharedPace(settings())
        assert not held(shared, time.now)
        refuse(SharedPace(settings()), time.now)
        assert held(shared, time.now)
        time.advance(200.0)
