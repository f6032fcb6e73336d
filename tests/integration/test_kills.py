# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook that creates a server is killed, by every signal and at every moment; then it is run again.

There is one server.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note
from helpers.host_plays import ABOUT, HostPlays, HostTask

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
# A create's requests: the look, the create, the second look, and looks while it waits.
REQUESTS = range(1, 7)
MOMENTS = ("before its effect", "after its effect", "after its answer")
AT_A_TIME = 4
END_LIMIT = 30.0  # seconds for a killed run, its workers included, to end
VARIABLES = {"api_timeout": 2, "retries": 5, "delay": 0.1, "limit": 40}


@dataclass(frozen=True)
class Kill:
    """One kill. C(whole_group): Ctrl-C in a terminal hits every process of a run; `kill` hits the first alone, and its
    workers live on.
    """

    number: int
    request: int
    moment: str
    signal: signal.Signals
    whole_group: bool

    @property
    def name(self) -> str:
        return f"kill-{self.number:02d}"

    def fault(self) -> Fault | None:
        """What holds the run at the point."""
        kind = {"before its effect": "hang_before", "after its effect": "hang_after"}.get(self.moment)
        return Fault(kind, nth=self.request, seconds=20) if kind else None


def all_kills() -> list[Kill]:
    points = [(request, moment, sent) for request in REQUESTS for moment in MOMENTS for sent in SIGNALS]
    # 54 points; which processes are hit takes turns, out of step with the three signals.
    return [Kill(number, *point, whole_group=number % 2 == 0) for number, point in enumerate(points)]


def sample() -> list[Kill]:
    """Every signal at the moments around the create, and some others."""
    return [kill for kill in all_kills() if kill.request == 2 or kill.number % 13 == 0]


def test_there_are_enough_points() -> None:
    assert len(all_kills()) >= 40
    assert {kill.signal for kill in sample()} == set(SIGNALS)
    assert {(kill.signal, kill.whole_group) for kill in all_kills()} == {
        (sent, whole) for sent in SIGNALS for whole in (False, True)
    }


def test_sample_of_kills(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    run(sample(), emulator, ansible_cli, figures, "kills, a sample")


@pytest.mark.faults_full
def test_all_kills(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    run(all_kills(), emulator, ansible_cli, figures, "kills, all of them")


def run(kills: Sequence[Kill], emulator, cli: AnsibleCli, figures: Note, title: str) -> None:
    # Long enough for the looks of a task on a busy machine.
    emulator.configure(provision_ms=2000, address_ms=50, paging=False)
    with contextlib.ExitStack() as stack:
        proxies = {kill.name: stack.enter_context(FaultProxy(emulator.url)) for kill in kills}
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            outputs = list(pool.map(lambda kill: _killed_run(kill, proxies[kill.name], cli), kills))
        after_kill = Counter(server["name"] for server in emulator.servers())
        for proxy in proxies.values():
            proxy.clear()
        plays = HostPlays(cli, emulator.token)
        tasks = {
            name: HostTask("create", {**VARIABLES, "server_name": name, "url": proxy.url})
            for name, proxy in proxies.items()
        }
        results = plays.run(tasks)
    count = Counter(server["name"] for server in emulator.servers())
    numbers = {
        "kills": len(kills),
        "servers there after the kill": sum(after_kill.values()),
        "second runs that failed": sum(not found.ok for found in results.values()),
        "servers too many": sum(count.values()) - len(count),
        "servers missing": len(kills) - len(count),
        "tracebacks": sum("Traceback (most recent call last)" in output for output in outputs) + plays.tracebacks,
    }
    figures(title, numbers)
    assert 0 < numbers["servers there after the kill"] < len(kills), "the points must lie on both sides of the create"
    failures = {name: found.result.get("msg") for name, found in results.items() if not found.ok}
    assert not any(numbers[name] for name in list(numbers)[2:]), (
        numbers,
        failures,
        [output[-2000:] for output in outputs if "Traceback" in output],
    )


def _killed_run(kill: Kill, proxy: FaultProxy, cli: AnsibleCli) -> str:
    """Start a playbook, kill it at the point, wait until nothing of it is left, and return what it has printed."""
    fault = kill.fault()
    if fault is not None:
        proxy.set(fault)
    task = {
        "name": "Create",
        "vpsorg.cloud.vps_server": {
            "name": kill.name,
            **ABOUT,
            "wait_interval": 0.1,
            "api_timeout": 2,
            "wait_timeout": 20,
        },
    }
    playbook = cli.folder / f"{kill.name}.json"
    variables = {"vpsorg_in_process": kill.number % 5 != 0}
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}]))
    process = cli.start("ansible-playbook", str(playbook), env={"VPS_API_URL": proxy.url})
    try:
        reached = proxy.wait_until(lambda: _is_reached(kill, proxy), 60)
        assert reached, f"{kill} was never reached"
        if kill.whole_group:
            os.killpg(process.pid, kill.signal)
        else:
            process.send_signal(kill.signal)
        stdout, stderr = process.communicate(timeout=END_LIMIT)
        assert process.returncode != 0
        _wait_until_gone(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return stdout + stderr


def _is_reached(kill: Kill, proxy: FaultProxy) -> bool:
    history = proxy.history
    if len(history) < kill.request:
        return False
    record = history[kill.request - 1]
    if kill.moment == "after its answer":
        return record.done
    return record.fault is not None and (record.upstream_status is not None or kill.moment == "before its effect")


def _wait_until_gone(group: int) -> None:
    """Workers may outlive the process that was hit; what they still do comes before the second run."""
    end = time.monotonic() + END_LIMIT
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("processes of a killed run are left")


FLEET = [f"fleet-{number}" for number in range(8)]


@pytest.mark.parametrize("sent", SIGNALS, ids=lambda sent: sent.name)
def test_killed_fleet(
    sent: signal.Signals, emulator, ansible_cli: AnsibleCli, figures: Note, tmp_path: pathlib.Path
) -> None:
    """Half of the creates are through, four are under way."""
    emulator.configure(provision_ms=300, address_ms=50)
    task = {
        "name": "Fleet",
        "vpsorg.cloud.vps_fleet": {
            "servers": [{"name": name} for name in FLEET],
            "defaults": ABOUT,
            "wait_interval": 0.1,
            "concurrency": 4,
        },
    }
    playbook = tmp_path / "fleet.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    held = Fault("hang_after", "POST", "*/servers/", nth=5, times=4, seconds=20)
    with FaultProxy(emulator.url, held) as proxy:
        process = ansible_cli.start("ansible-playbook", str(playbook), env={"VPS_API_URL": proxy.url})
        try:
            assert proxy.wait_until(
                lambda: sum(record.upstream_status == 201 for record in proxy.history) == len(FLEET), 60
            )
            os.killpg(process.pid, sent)
            process.communicate(timeout=END_LIMIT)
            _wait_until_gone(process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        proxy.clear()
        result = ansible_cli.playbook(playbook, env={"VPS_API_URL": proxy.url}, rc=0).task("Fleet")
    count = Counter(server["name"] for server in emulator.servers())
    figures("killed fleets", kills=1, servers=len(FLEET), **{"servers too many": sum(count.values()) - len(FLEET)})
    assert count == Counter(FLEET)
    assert (result["changed"], result["summary"]["unchanged"]) == (False, len(FLEET))
