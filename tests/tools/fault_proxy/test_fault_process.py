# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy as a process of its own: rules file, history, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers.processes import is_running
from helpers.raw_client import TOKEN, exchange
from helpers.tiny_api import TinyApi
from sandbox.isolation import REPOSITORY

FAULT_PROXY = REPOSITORY / "tools" / "fault_proxy"


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(FAULT_PROXY), *arguments], stdout=subprocess.PIPE, text=True)


def test_rules_history_and_summary(api: TinyApi, tmp_path: Path) -> None:
    rules, history = tmp_path / "rules.json", tmp_path / "history.jsonl"
    rules.write_text(
        json.dumps([{"kind": "answer", "status": 418, "method": "GET"}, {"kind": "reset_before", "method": "DELETE"}])
    )
    with start(
        "--upstream", api.url, "--rules", str(rules), "--history", str(history), "--exit-with-parent"
    ) as process:
        hello = json.loads(process.stdout.readline())
        assert hello["url"] == f"http://127.0.0.1:{hello['port']}/api/v1" and hello["pid"] == process.pid
        assert [exchange(hello["port"]).status for _turn in range(2)] == [418, 200]
        process.send_signal(signal.SIGTERM)
        summary = json.loads(process.stdout.readline())
        assert process.wait(5) == 0
    assert summary == {
        "requests": 2,
        "connections": 2,
        "met": [{"kind": "answer", "met": 1}, {"kind": "reset_before", "met": 0}],
    }
    records = [json.loads(line) for line in history.read_text().splitlines()]
    assert [(record["fault"], record["status"], record["authorization"]) for record in records] == [
        ("answer", 418, True),
        (None, 200, True),
    ]
    assert TOKEN not in history.read_text()


def test_ends_when_idle(api: TinyApi) -> None:
    with start("--upstream", api.url, "--idle-limit", "0.1") as process:
        assert process.wait(10) == 0


def test_ends_with_its_parent(api: TinyApi) -> None:
    script = (
        "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, "
        "text=True).stdout.readline())"
    )
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        script,
        sys.executable,
        str(FAULT_PROXY),
        "--upstream",
        api.url,
        "--exit-with-parent",
    ]
    hello = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout)
    end = time.monotonic() + 10
    while is_running(hello["pid"]) and time.monotonic() < end:
        os.sched_yield()
    assert not is_running(hello["pid"])


def test_list_and_usage() -> None:
    listed = subprocess.run(
        [sys.executable, str(FAULT_PROXY), "--list"], capture_output=True, text=True, check=True
    ).stdout
    assert "reset_after" in listed and "gzip_bomb" in listed
    assert subprocess.run([sys.executable, str(FAULT_PROXY)], capture_output=True, check=False).returncode == 2
