# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bounded pool: order, bounds, and what an error means for the rest."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.concurrent import run_all
from sandbox.isolation import COLLECTIONS

LIMIT = 10.0


@pytest.mark.parametrize("concurrency", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_items(count: int, concurrency: int) -> None:
    assert run_all(lambda number: number * number, range(count), concurrency) == [
        number * number for number in range(count)
    ]


def test_items_may_come_from_a_generator() -> None:
    assert run_all(str, (number for number in range(3)), 2) == ["0", "1", "2"]


def test_order_is_kept_where_the_first_ends_last() -> None:
    second_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_done.wait(LIMIT)
        else:
            second_done.set()
        return number

    assert run_all(work, [0, 1], 2) == [0, 1]


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_never_more_at_a_time_than_allowed(concurrency: int) -> None:
    """And as many as allowed: the barrier lets nobody through before they are all there."""
    lock, running, peak = threading.Lock(), [0], [0]
    meeting = threading.Barrier(concurrency)

    def work(_number: int) -> None:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        meeting.wait(LIMIT)
        with lock:
            running[0] -= 1

    run_all(work, range(concurrency * 3), concurrency)
    assert peak[0] == concurrency


def test_one_at_a_time_needs_no_thread() -> None:
    threads = run_all(lambda _item: threading.current_thread(), range(3), 1) + run_all(
        lambda _item: threading.current_thread(), [0], 16
    )
    assert set(threads) == {threading.main_thread()}


def test_caught_errors_take_the_place_of_results() -> None:
    def work(number: int) -> int:
        if number % 2:
            raise KeyError(number)
        return number

    for concurrency in (1, 4):
        results = run_all(work, range(6), concurrency, catch=LookupError)
        assert [repr(result) for result in results] == ["0", "KeyError(1)", "2", "KeyError(3)", "4", "KeyError(5)"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_error_leaves_what_was_not_begun(concurrency: int) -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("first")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="first"):
        run_all(work, range(5000), concurrency)
    assert 0 in begun and len(begun) < 1000


def test_an_error_lets_what_was_begun_come_to_its_end() -> None:
    """A create whose answer is on its way must not be lost with the pool."""
    begun, failed, ended = threading.Event(), threading.Event(), []

    def work(number: int) -> None:
        if number == 0:
            assert begun.wait(LIMIT)
            failed.set()
            raise ValueError("the first")
        begun.set()
        assert failed.wait(LIMIT)
        for _turn in range(20):  # give the caller's thread every chance to be too early
            time.sleep(0.001)
        ended.append(number)

    with pytest.raises(ValueError, match="the first"):
        run_all(work, [0, 1], 2)
    assert ended == [1]


def test_the_first_error_is_raised_once_others_follow() -> None:
    second_may = threading.Event()

    def work(number: int) -> None:
        if number:
            assert second_may.wait(LIMIT)
            raise KeyError("late")
        second_may.set()
        raise ValueError("early")

    with pytest.raises((ValueError, KeyError)):
        run_all(work, [0, 1], 2)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    run_all(lambda number: number, range(100), 8)
    with pytest.raises(ZeroDivisionError):
        run_all(lambda number: 1 // number, range(100), 8)
    end = time.monotonic() + LIMIT
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.001)
    assert threading.active_count() == before


HANGING = """
import signal, sys, threading
sys.path.insert(0, sys.argv[1])
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.concurrent import run_all
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.budget import Budget
def hang(number):
    if number == 1:
        print("hanging", flush=True)
    threading.Event().wait(60)
def signal_itself():
    threading.Event().wait(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
try:
    if sys.argv[2] == "signalled in another thread":
        threading.Thread(target=signal_itself, daemon=True).start()
    {what}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
HANGS = {
    "requests": "run_all(hang, [0, 1], 2)",
    "a pause": "print('hanging', flush=True); Budget(limit=None, retries=0, retry_max_delay=1, "
    "request_timeout=1).sleep(60)",
}


@pytest.mark.parametrize("how", ["signalled from outside", "signalled in another thread"])
@pytest.mark.parametrize("what", HANGS)
def test_ctrl_c_does_not_wait(what: str, how: str, tmp_path: pathlib.Path) -> None:
    """Not even where the signal does not wake the main thread, because another one got it or it came just before the
    main thread fell asleep.
    """
    script = tmp_path / "script.py"
    script.write_text(HANGING.replace("{what}", HANGS[what]))
    with subprocess.Popen(
        [sys.executable, str(script), str(COLLECTIONS), how], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "hanging\n"
            if how == "signalled from outside":
                process.send_signal(signal.SIGINT)
            output, _errors = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert output == "interrupted\n" and process.returncode == 0
