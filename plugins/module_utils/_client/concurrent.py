# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A bounded pool of threads that a Ctrl-C ends at once.

The standard executor joins its threads at exit, and so would hold a cancelled job until the last request has timed out.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar, overload

DEFAULT_CONCURRENCY = 16  # servers, details or pages worked on at a time, where nobody says otherwise
MOST_CONCURRENCY = 32
_THREAD_NAME = "vpsorg.cloud"
# Seconds after which a wait lets Python look for signals: one that comes just before the main thread falls asleep, or
# that the system gives to another thread, does not wake it.
_SIGNALS_WAIT = 0.25

Item = TypeVar("Item")
Result = TypeVar("Result")
Caught = TypeVar("Caught", bound=Exception)


@overload
def run_all(function: Callable[[Item], Result], items: Iterable[Item], concurrency: int) -> list[Result]:
    """Every exception is raised."""


@overload
def run_all(
    function: Callable[[Item], Result], items: Iterable[Item], concurrency: int, *, catch: type[Caught]
) -> list[Result | Caught]:
    """An exception of the type `catch` takes the place of its result."""


def run_all(
    function: Callable[[Item], Result], items: Iterable[Item], concurrency: int, *, catch: type[Exception] | None = None
) -> list[Result | Exception] | list[Result]:
    """`function` of every item, in the items' order, at most `concurrency` at a time.

    An exception of the type `catch` takes the place of its result. Any other is raised (the first one): what was not
    begun is left, what was begun is brought to its end, so that no response on its way is lost. Only a Ctrl-C leaves
    that behind.
    """
    work = list(items)
    if len(work) == 1 or concurrency <= 1:
        return [_guarded(function, item, catch) for item in work]
    todo: queue.SimpleQueue[tuple[int, Item] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, list[Result | Exception], BaseException | None]] = queue.SimpleQueue()
    ended = threading.Event()

    def worker() -> None:
        while (entry := todo.get()) is not None and not ended.is_set():
            number, item = entry
            try:
                done.put((number, [_guarded(function, item, catch)], None))
            except BaseException as exc:  # pylint: disable=broad-exception-caught  # handed to the caller's thread
                ended.set()  # at once, so that no worker begins anything before the caller's thread has heard of it
                done.put((number, [], exc))

    threads = [
        threading.Thread(target=worker, name=_THREAD_NAME, daemon=True)
        for _number in range(min(concurrency, len(work)))
    ]
    for entry in enumerate(work):
        todo.put(entry)
    results: dict[int, Result | Exception] = {}
    try:
        for thread in threads:
            todo.put(None)
            thread.start()
        for _count in work:
            number, result, error = _next(done)
            if error is not None:
                ended.set()
                for thread in threads:
                    while thread.is_alive():
                        thread.join(_SIGNALS_WAIT)
                raise error
            results[number] = result[0]
    finally:
        ended.set()
    return [results[number] for number in range(len(work))]


def wait_for(event: threading.Event, seconds: float) -> bool:
    """`event.wait(seconds)`, in which a Ctrl-C is never lost. Whether the event came."""
    ends = time.monotonic() + seconds
    while not event.wait(max(0.0, min(_SIGNALS_WAIT, ends - time.monotonic()))):
        if time.monotonic() >= ends:
            return False
    return True


def wait_for_rest(seconds: float) -> None:
    """After a Ctrl-C: wait, at most `seconds`, for what had been begun, so that the responses on their way still come
    in.
    """
    ends = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == _THREAD_NAME:
            thread.join(max(0.0, ends - time.monotonic()))


def _next(results: queue.SimpleQueue[Item]) -> Item:
    """`results.get()`, in which a Ctrl-C is never lost."""
    while True:
        try:
            return results.get(timeout=_SIGNALS_WAIT)
        except queue.Empty:
            continue


def _guarded(function: Callable[[Item], Result], item: Item, catch: type[Exception] | None) -> Result | Exception:
    try:
        return function(item)
    except Exception as exc:
        if catch is None or not isinstance(exc, catch):
            raise
        return exc
