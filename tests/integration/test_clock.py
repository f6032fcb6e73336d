# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks: the controller's steps by a day while a task waits, the API's is an hour off.

No wait ends too early or too late.
"""

from __future__ import annotations

import contextlib
import pathlib

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.figures import Note
from helpers.host_plays import HostPlays, HostTask

STARTUP = str(pathlib.Path(__file__).resolve().parent.parent / "helpers" / "startup")
DAY, HOUR = 86_400, 3_600
ARRIVES_MS = 2_500  # a second and a half after the step
SHORT_LIMIT = 2.5
SLACK = 2.0
OPERATIONS = ("create", "start", "stop", "reboot", "fleet")


@pytest.mark.parametrize(
    ("step", "skew"),
    [(DAY, -HOUR), (-DAY, HOUR)],
    ids=["a day ahead, the API an hour behind", "a day back, the API an hour ahead"],
)
def test_clocks_that_jump(
    step: int, skew: int, emulator, ansible_cli: AnsibleCli, figures: Note, tmp_path: pathlib.Path
) -> None:
    emulator.configure(
        provision_ms=ARRIVES_MS,
        address_ms=0,
        start_ms=ARRIVES_MS,
        stop_ms=ARRIVES_MS,
        reboot_ms=ARRIVES_MS,
        clock_skew_s=skew,
        paging=False,
    )
    steps = tmp_path / "steps"
    tasks: dict[str, HostTask] = {}
    with contextlib.ExitStack() as stack:
        # Every answer's times and Date are off; and one asks for a pause by its own clock.
        proxy = stack.enter_context(FaultProxy(emulator.url, Fault("clock_skew", seconds=skew)))
        for operation in OPERATIONS:
            for in_process in (True, False) if operation == "create" else (True,):
                asked = Fault("status_429", nth=2, form="date", seconds=1, clock_skew=skew)
                throttled = stack.enter_context(FaultProxy(proxy.url, asked))
                for kind, url, limit in (("arrives", throttled.url, 30), ("limit", proxy.url, SHORT_LIMIT)):
                    host = f"{operation}-{kind}-{'worker' if in_process else 'module'}"
                    name = (
                        {"server_name": host}
                        if operation != "fleet"
                        else {"servers": [{"name": f"{host}-{one}"} for one in "ab"]}
                    )
                    if operation not in ("create", "fleet"):
                        emulator.insert(name=host, status="stopped" if operation == "start" else "active")
                    variables = {
                        "url": url,
                        "api_timeout": 5,
                        "retries": 5,
                        "delay": 0.1,
                        "limit": limit,
                        "vpsorg_in_process": in_process,
                    }
                    tasks[host] = HostTask(operation, {**variables, **name})
        slow = {host: task for host, task in tasks.items() if "limit" in host}
        quick = {host: task for host, task in tasks.items() if host not in slow}
        plays = HostPlays(ansible_cli, emulator.token)
        env = {"PYTHONPATH": STARTUP, "VPSORG_TEST_CLOCK_STEP": str(step), "VPSORG_TEST_CLOCK_STEPS": str(steps)}
        results = plays.run(quick, env=env, forks=10)
        never = dict.fromkeys(("provision_ms", "start_ms", "stop_ms", "reboot_ms"), 600000)
        emulator.configure(**never)
        results.update(plays.run(slow, env=env, forks=10))
    told = len(set(steps.read_text().split()))
    failed = {host: results[host].result["msg"] for host in quick if not results[host].ok}
    wrong = {
        host: results[host].seconds
        for host in slow
        if results[host].ok or not results[host].seconds + 0.05 >= SHORT_LIMIT
    }
    late = {host: results[host].seconds for host in slow if results[host].seconds > SHORT_LIMIT + 5 + 1 + SLACK}
    figures(
        "clocks that jump",
        {
            "tasks": len(tasks),
            "steps seen": told,
            "wrong time-outs": len(failed) + len(wrong) + len(late),
            "tracebacks": plays.tracebacks,
        },
    )
    assert told >= len(tasks), "not every task has seen the step"
    assert not failed
    assert not wrong
    assert not late
    assert all(mentions(results[host].result["msg"], SHORT_LIMIT) for host in slow), [
        results[host].result["msg"] for host in slow
    ]
