# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds of time and memory, through the real commands, whatever the network and the API do."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.figures import Note
from helpers.host_plays import HostPlays, HostTask
from sandbox.programs import core_bin

MIB = 1024 * 1024
LIMIT, REQUEST_TIMEOUT, GRACE = 2.0, 1.0, 1.0
# For a busy machine: a worker's start and end are in what is measured. A task that ignores its limit takes ten seconds.
SLACK = 4.0
OPERATIONS = ("create", "update", "delete", "start", "stop", "reboot", "fleet")
STALL = {"size": 20, "interval": 60.0, "seconds": 120.0}  # the answer begins, and never goes on
SLOW: dict[str, tuple[str, dict[str, Any]]] = {
    "hang": ("hang_before", {}),
    "hang after the effect": ("hang_after", {}),
    "stall in the head": ("drip_headers", STALL),
    "stall in the body": ("drip_body", STALL),
    "drip of the head": ("drip_headers", {}),
    "drip of the body": ("drip_body", {}),
    "endless 100 Continue": ("endless_100_continue", {}),
    "429 for ever": ("status_429", {}),
    "429 with a long pause": ("status_429", {"seconds": 600}),
    "429 without a word": ("status_429", {"form": "absent"}),
    "503 for ever": ("status_503", {}),
    "404 for ever": ("answer", {"status": 404, "body": {"detail": "Not found."}}),
}
# The first request that is slow: the look, which is the same for all, the write, or the wait after it.
FIRST = {**dict.fromkeys(OPERATIONS, (2, 4)), "create": (1, 2, 4), "fleet": (1, 2, 4)}


def test_a_task_ends_within_its_limit(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    """Time limit + one request's time + 1 s, from every moment on."""
    # A life so slow that every wait goes on to the limit.
    emulator.configure(
        provision_ms=600_000, start_ms=600_000, stop_ms=600_000, reboot_ms=600_000, delete_ms=600_000, paging=False
    )
    tasks, proxies = {}, {}
    with contextlib.ExitStack() as stack:
        for operation in OPERATIONS:
            for number, (name, (kind, params)) in enumerate(SLOW.items()):
                for first in FIRST[operation]:
                    host = f"{operation}-{number}-{first}"
                    if operation not in ("create", "fleet"):
                        emulator.insert(name=host, status="stopped" if operation == "start" else "active")
                    fault = Fault(kind, nth=first, times=None, **params)
                    proxies[host] = (stack.enter_context(FaultProxy(emulator.url, fault)), fault, name)
                    variables = {
                        "url": proxies[host][0].url,
                        "api_timeout": REQUEST_TIMEOUT,
                        "retries": 5,
                        "delay": 0.2,
                        "limit": LIMIT,
                    }
                    what = (
                        {"servers": [{"name": f"{host}-{one}"} for one in "ab"]}
                        if operation == "fleet"
                        else {"server_name": host}
                    )
                    tasks[host] = HostTask(operation, {**variables, **what, "adopt_timeout": 30})
        plays = HostPlays(ansible_cli, emulator.token)
        results = plays.run(tasks, forks=24)
        unmet = [host for host, (proxy, fault, _name) in proxies.items() if not proxy.met(fault)]
    slowest = max(results, key=lambda host: results[host].seconds)
    bound = LIMIT + REQUEST_TIMEOUT + GRACE
    late = {host: found.seconds for host, found in results.items() if found.seconds > bound + SLACK}
    done = [host for host, found in results.items() if found.ok]
    figures(
        f"time limit of {LIMIT:g} s, requests of {REQUEST_TIMEOUT:g} s",
        {
            "tasks": len(tasks),
            "faults met": len(tasks) - len(unmet),
            "later than the promise": len(late),
            "tracebacks": plays.tracebacks,
        },
        **{"s for the slowest": results[slowest].seconds, "s promised": bound},
    )
    assert not late, {
        host: (seconds, proxies[host][2], results[host].result.get("msg")) for host, seconds in late.items()
    }
    assert not plays.tracebacks
    # None of them can have come to its end.
    assert not done, [(host, results[host].result) for host in done]


def test_without_a_limit_the_tries_bound_the_time(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    """Reading modules wait for nothing: a task ends after its tries. Only "later", with a time, is no try: see
    test_rate_limits.
    """
    tries, pause = 3, 0.2
    with contextlib.ExitStack() as stack:
        proxies = {
            f"info-{number}": stack.enter_context(FaultProxy(emulator.url, Fault(kind, times=None, **params)))
            for number, (kind, params) in enumerate(SLOW.values())
            if kind not in ("status_429", "status_503") or params.get("form") == "absent"
        }
        variables = {"api_timeout": REQUEST_TIMEOUT, "retries": tries - 1, "delay": pause, "details": False}
        results = HostPlays(ansible_cli, emulator.token).run(
            {host: HostTask("info", {**variables, "url": proxy.url}) for host, proxy in proxies.items()}
        )
    slowest = max(found.seconds for found in results.values())
    bound = tries * REQUEST_TIMEOUT + (tries - 1) * 1.1 + GRACE
    figures("time of reads without a limit", {"tasks": len(results), "s for the slowest": slowest, "s promised": bound})
    assert slowest < bound + SLACK
    assert not any(found.ok for found in results.values())


# Memory

BODY_LIMIT = 32 * MIB
GREATEST_MEMORY = 150 * MIB
GREAT: dict[str, tuple[str, dict[str, Any]]] = {
    "4 GiB, chunked": ("endless_body", {"mode": "chunked", "size": 4096 * MIB}),
    "4 GiB, announced": ("endless_body", {"mode": "length", "size": 4096 * MIB}),
    "gzip of 1 GiB": ("gzip_bomb", {"mib": 1024}),
}
READ = {"vpsorg.cloud.vps_server_info": {"api_retries": 0, "api_timeout": 60}}
CREATE = {
    "vpsorg.cloud.vps_server": {
        "plan_id": 1,
        "os_id": 5,
        "location": "us-west",
        "api_timeout": 60,
        "wait_interval": 0.1,
        "adopt_timeout": 1,
    }
}


RUNS: dict[str, tuple[bool | None, dict[str, Any] | None, dict[str, Any]]] = {
    # Whether in the controller's worker, the task (None: an inventory), and which of its requests is met.
    "read as a module": (False, READ, {}),
    "read in the worker": (True, READ, {}),
    "create in the worker": (True, CREATE, {"method": "POST"}),
    "inventory": (None, None, {}),
}


def test_peak_memory(emulator, ansible_cli: AnsibleCli, figures: Note) -> None:
    """Of the greatest of all processes of a run: the module's own, the controller's worker, ansible-inventory."""
    cases = [(run, great) for run in RUNS for great in (None, *GREAT)]
    with ThreadPoolExecutor(3) as pool:
        measured = dict(zip(cases, pool.map(lambda case: _measured(emulator, ansible_cli, *case), cases), strict=True))
    above = {(run, great): measured[run, great][0] - measured[run, None][0] for run, great in cases if great}
    taken = max(bytes_taken for _peak, bytes_taken in measured.values())
    numbers = {
        "runs": len(above),
        "MiB above idle at most": max(above.values()) // MIB,
        "MiB from the wire at most": taken // MIB,
    }
    figures("memory with answers of 4 GiB, and with a gzip bomb of 1 GiB", numbers)
    assert max(above.values()) < GREATEST_MEMORY, {case: size // MIB for case, size in above.items()}
    assert min(above.values()) < 8 * MIB < max(above.values()), (
        "one that announces its size is not read at all, others up to the limit"
    )
    assert BODY_LIMIT <= taken <= BODY_LIMIT + MIB


def _measured(emulator, cli: AnsibleCli, run: str, great: str | None) -> tuple[int, int]:
    """Peak memory, and the bytes that one answer has sent."""
    in_process, task, where = RUNS[run]
    folder = cli.folder / re.sub("[^A-Za-z0-9]+", "-", f"{run} {great}")
    folder.mkdir()
    if "vpsorg.cloud.vps_server" in (task or {}):
        task = {module: {**options, "name": folder.name.lower()} for module, options in (task or {}).items()}
    command = _command(folder, in_process, task)
    fault = Fault(GREAT[great][0], **where, **GREAT[great][1]) if great else None
    with FaultProxy(emulator.url, *([fault] if fault else [])) as proxy:
        peak = _peak(cli, folder, command, {"VPS_API_URL": proxy.url, "VPS_API_RETRIES": "0"})
        assert fault is None or proxy.met(fault) == 1
        return peak, max(record.bytes_sent for record in proxy.history)


def _command(folder: pathlib.Path, in_process: bool | None, task: dict[str, Any] | None) -> list[str]:
    if task is None:
        source = folder / "great.vps.yml"
        source.write_text("plugin: vpsorg.cloud.vps\napi_timeout: 60\n")
        return ["ansible-inventory", "--list", "--inventory", str(source)]
    playbook = folder / "great.json"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"vpsorg_in_process": in_process},
        "tasks": [{**task, "ignore_errors": True}],
    }
    playbook.write_text(json.dumps([play]))
    return ["ansible-playbook", str(playbook)]


# A process begins with the peak of the one that started it, so the command gets a small one for a parent.
MEASURE = """
import resource, subprocess, sys
nowhere = subprocess.DEVNULL
code = subprocess.run(sys.argv[2:], stdin=nowhere, stdout=nowhere, stderr=nowhere, timeout=120).returncode
with open(sys.argv[1], "w") as stream:
    stream.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(code)
"""


def _peak(cli: AnsibleCli, folder: pathlib.Path, command: list[str], env: dict[str, str]) -> int:
    """Bytes of the greatest process among a command and all that it has waited for."""
    told = folder / "peak"
    cli.run("python", "-S", "-c", MEASURE, str(told), str(core_bin() / command[0]), *command[1:], env=env, timeout=140)
    return int(told.read_text())
