# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manners: pauses that the API asks for are kept, and it is not asked more often than it takes."""

from __future__ import annotations

import contextlib
import pathlib
from collections import deque
from collections.abc import Sequence
from typing import Any

from fault_proxy import Fault, FaultProxy, Record, storm
from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note
from helpers.host_plays import HostPlays, HostTask

STARTUP = str(pathlib.Path(__file__).resolve().parent.parent / "helpers" / "startup")
OPERATIONS = ("create", "update", "delete", "start", "stop", "reboot", "info", "fleet")
# Of a fleet of six: what the other threads were about to send when one of them was told to wait.
UNDER_WAY = 5
ASKING: dict[str, tuple[str, dict[str, Any]]] = {
    "429, in seconds": ("status_429", {"seconds": 1}),
    "429, as a date": ("status_429", {"seconds": 2, "form": "date"}),
    "429, as a date of a clock that is a day ahead": (
        "status_429",
        {"seconds": 2, "form": "date", "clock_skew": 86400},
    ),
    "503, in seconds": ("status_503", {"seconds": 1}),
    "503, as a date of a clock that is a day behind": (
        "status_503",
        {"seconds": 2, "form": "date", "clock_skew": -86400},
    ),
}
SCALE = 40.0
PROVISIONING = 300.0  # seconds: the longest that is documented
MOST_REQUESTS = 70
MOST_IN_A_SECOND = 10


def _task(operation: str, host: str, url: str, **more: Any) -> HostTask:
    variables = {"url": url, "api_timeout": 5, "retries": 5, "delay": 30, "limit": 60, "details": True, **more}
    what = (
        {"servers": [{"name": f"{host}-{one}"} for one in "abcdef"]} if operation == "fleet" else {"server_name": host}
    )
    return HostTask(operation, {**variables, **what})


def _insert(emulator, operation: str, host: str) -> None:
    if operation not in ("create", "fleet"):
        emulator.insert(name=host, status="stopped" if operation == "start" else "active")


def test_retry_after_is_kept(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    emulator.configure(provision_ms=200, address_ms=20, start_ms=100, stop_ms=100, reboot_ms=2500, paging=False)
    tasks, proxies = {}, {}
    with contextlib.ExitStack() as stack:
        for operation in OPERATIONS:
            for number, (kind, params) in enumerate(ASKING.values()):
                # Each of the first three requests takes its turn in being told so.
                host = f"{operation}-{number}"
                _insert(emulator, operation, host)
                proxy = stack.enter_context(
                    FaultProxy(emulator.url, Fault(kind, nth=1 + (number + OPERATIONS.index(operation)) % 3, **params))
                )
                proxies[host] = (proxy, params["seconds"])
                tasks[host] = _task(operation, host, proxy.url)
        results = HostPlays(ansible_cli, emulator.token).run(tasks, forks=20)
        histories = {host: (proxy.history, seconds) for host, (proxy, seconds) in proxies.items()}
    asked, broken = 0, []
    for host, (history, seconds) in histories.items():
        for told in (record for record in history if record.fault in ("status_429", "status_503")):
            asked += 1
            # The pause begins when the client has the answer: after it has asked, and perhaps before the proxy, on a
            # busy machine, takes note that it has answered.
            early = [record for record in history if told.ended < record.time < told.time + seconds]
            if len(early) > (UNDER_WAY if host.startswith("fleet") else 0):
                broken.append((host, [record.time - told.time for record in early]))
    figures("Retry-After", {"asked for": asked, "kept": asked - len(broken)})
    # A reading task whose second request is never made meets nothing.
    assert asked >= len(tasks) - len(ASKING)
    assert not broken
    assert all(found.ok for found in results.values()), {
        host: found.result["msg"] for host, found in results.items() if not found.ok
    }


def test_requests_for_a_provisioning_of_five_minutes(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    """With the default pauses, on a clock that runs faster."""
    emulator.configure(provision_ms=int(PROVISIONING / SCALE * 1000), address_ms=0)
    env = {"PYTHONPATH": STARTUP, "VPSORG_TEST_CLOCK_SCALE": str(SCALE)}
    with FaultProxy(emulator.url) as one, FaultProxy(emulator.url) as many:
        waiting = {"interval": 2, "limit": 600, "api_timeout": 30 * SCALE}
        tasks = {"one": _task("create", "one", one.url, **waiting), "many": _task("fleet", "many", many.url, **waiting)}
        results = HostPlays(ansible_cli, emulator.token).run(tasks, env=env)
        requests = {"vps_server": len(one.history), "vps_fleet of 6": len(many.history)}
    figures("requests for a provisioning of 5 minutes", requests)
    assert all(found.ok for found in results.values()), results
    # Fewer than that would mean that the clock was not the one that was meant.
    assert all(15 <= count <= MOST_REQUESTS for count in requests.values()), requests


def test_requests_in_any_second(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    """A task on one server with the default pauses, with and without faults; seconds of a clock that runs faster."""
    scale = 5.0
    emulator.configure(provision_ms=400, address_ms=20, start_ms=100, stop_ms=100, reboot_ms=100, paging=False)
    tasks, proxies = {}, {}
    lost = Fault("reset_before", "POST", "*/servers/", times=None)
    ways: list[list[Fault]] = [
        [],
        [storm(1, 1 / 3)],
        [storm(2, 1 / 3)],
        [Fault("answer", status=500, times=None)],
        [Fault("refuse", seconds=60)],
    ]
    with contextlib.ExitStack() as stack:
        for operation in (name for name in OPERATIONS if name != "fleet"):
            for number, rules in enumerate([*ways, [lost]] if operation == "create" else ways):
                host = f"{operation}-{number}"
                _insert(emulator, operation, host)
                proxies[host] = stack.enter_context(
                    FaultProxy(emulator.url, *[Fault.from_dict(_as_dict(rule)) for rule in rules])
                )
                tasks[host] = _task(operation, host, proxies[host].url, interval=2, adopt_timeout=30)
        HostPlays(ansible_cli, emulator.token).run(
            tasks, forks=8, env={"PYTHONPATH": STARTUP, "VPSORG_TEST_CLOCK_SCALE": str(scale)}
        )
        peaks = {host: _most_within(proxy.history, 1.0 / scale) for host, proxy in proxies.items()}
        requests = sum(len(proxy.history) for proxy in proxies.values())
    busiest = max(peaks, key=lambda host: peaks[host])
    figures(
        "requests of a task in any second",
        {"tasks": len(tasks), "requests": requests, "in the busiest second": peaks[busiest]},
    )
    assert peaks[busiest] <= MOST_IN_A_SECOND, (busiest, peaks[busiest])


def _as_dict(fault: Fault) -> dict[str, Any]:
    where = {"kind": fault.kind, "method": fault.method, "path": fault.path, "nth": fault.nth, "times": fault.times}
    return {**where, **fault.params}


def _most_within(history: Sequence[Record], seconds: float) -> int:
    window: deque[float] = deque()
    most = 0
    for record in history:
        window.append(record.time)
        while record.time - window[0] >= seconds:
            window.popleft()
        most = max(most, len(window))
    return most
