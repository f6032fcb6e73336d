# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vps_fleet shows while it runs, in check mode, and when it is cancelled."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript

ENDED_WITHIN = 20.0  # seconds; "a second or two" on a machine that does nothing else


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def progress(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("vps_fleet: ")]


def test_a_line_when_a_server_changes_its_state(script: FleetScript) -> None:
    script.configure(provision_ms=150, address_ms=0, stop_ms=150, delete_ms=150)
    script.insert(1, "old", plan_id=1)
    script.insert(2, "there", plan_id=1, hostname="old.example.com")
    servers = [
        {"name": "web-1", **ENOUGH},
        {"name": "web-2", "power": "stopped", **ENOUGH},
        {"name": "there", "hostname": "new.example.com"},
    ]
    script.fleet("fleet", *servers, concurrency=1, purge=True, purge_match="old", max_delete=1)
    script.fleet("nothing", *servers)
    ran = script.play()
    ran.ok("fleet", changed=True)
    lines = progress(ran.outcome.stdout)
    stored = script.stored()
    first, second = stored["web-1"], stored["web-2"]
    written: list[tuple[str, int, str]] = [
        ("web-1", first["id"], "created"),
        ("web-2", second["id"], "created"),
        ("there", 2, "updated"),
        ("old", 1, "deleted"),
    ]
    assert [line for line, facts in zip(lines[:4], written, strict=True) if not mentions(line, *facts)] == [], lines
    became = [
        ("web-1", first["id"], first["ip_address"]),
        ("old", 1, "gone"),
        *(("web-2", second["id"], what) for what in (second["ip_address"], "stopping", "stopped")),
    ]
    assert [facts for facts in became if not any(mentions(line, *facts) for line in lines)] == [], lines
    # The second task, with nothing to do, has said nothing.
    assert ran.outcome.stdout.index(lines[-1]) < ran.outcome.stdout.index("TASK [nothing]")


# Plan 3 costs more than plan 1, and a server of plan 1 is deleted while another one is created.
LESS = "; 0.048 less per hour, 35 less per month"


def test_check_mode_prints_the_plan_as_a_person_reads_it(script: FleetScript) -> None:
    script.insert(1, "web-1", plan_id=1, hostname="old.example.com")
    script.insert(2, "web-2", plan_id=3, os_id=5, location="us-west", hostname="kept.example.com")
    script.insert(3, "old-web", plan_id=1)
    script.insert(4, "web-4", status="stopped")
    script.fleet(
        "fleet",
        {"name": "web-1", "hostname": "new.example.com"},
        {"name": "web-2", **ENOUGH},
        {"name": "web-4", "power": "started"},
        {"name": "a-longer-name", **ENOUGH},
        check=True,
        purge=True,
        purge_match="old-*",
        max_delete=2,
        on_immutable_change="recreate",
    )
    ran = script.play(play={"diff": True})
    lines = ran.outcome.stdout.splitlines()
    start = lines.index("  ~ update web-1          id 1, hostname differs (hostname: new.example.com)")
    kept = "hostname: kept.example.com, backups_enabled: False"
    assert lines[start : start + 7] == [
        "  ~ update web-1          id 1, hostname differs (hostname: new.example.com)",
        "  - delete web-2          id 2, recreated: plan_id is 3, declared 1",
        f"  + create web-2          recreated (plan_id: 1, os_id: 5, location: us-west, {kept})",
        "  > start  web-4          id 4, status is stopped",
        "  + create a-longer-name  no server has this name (plan_id: 1, os_id: 5, location: us-west)",
        "  - delete old-web        id 3, matches old-* and is not declared",
        "Plan: 1 to create, 1 to recreate, 1 to update, 1 to start, 1 to delete, 0 unchanged" + LESS,
    ]
    assert progress(ran.outcome.stdout) == []
    # With --diff, what changes of each server.
    rest = "\n".join(lines[start + 7 :])
    assert [
        name for name in ("web-1", "web-2", "web-4", "a-longer-name", "old-web") if f"--- before: {name}" not in rest
    ] == []
    assert '-    "hostname": "old.example.com",' in rest and '+    "hostname": "new.example.com",' in rest
    assert ran.ok("fleet", changed=True)["msg"] == lines[start + 6]


def test_no_line_shows_the_token_that_an_api_echoes(script: FleetScript) -> None:
    """Names and status words come from the API. Every command of the tests fails where its output holds the token."""
    script.insert(1, "web-1", status=script.emulator.token)
    script.fleet("fleet", {"name": "web-1", "power": "started"}, check=True)
    ran = script.play()
    assert [line for line in ran.outcome.stdout.splitlines() if line.startswith("  > start  web-1")]
    assert ran.ok("fleet", changed=True)["plan"][0]["action"] == "start"


def test_no_log_is_quiet(script: FleetScript) -> None:
    script.configure(provision_ms=50, address_ms=0)
    script.fleet("check", {"name": "secret-name", **ENOUGH}, check=True, keywords={"no_log": True})
    script.fleet("real", {"name": "secret-name", **ENOUGH}, keywords={"no_log": True})
    ran = script.play(complete=False)
    assert "secret-name" not in ran.outcome.output and "Plan:" not in ran.outcome.output
    assert list(script.stored()) == ["secret-name"]


def test_a_module_of_its_own_shows_nothing(script: FleetScript) -> None:
    script.configure(provision_ms=0, address_ms=0)
    script.fleet("real", {"name": "web-1", **ENOUGH})
    ran = script.play(in_process=False)
    assert ran.ok("real", changed=True) and progress(ran.outcome.output) == []


# Cancelled


class Running:
    """A playbook on its way, whose output is read as it comes."""

    def __init__(self, cli: AnsibleCli, servers: list[dict[str, Any]], **options: Any) -> None:
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"vpsorg.cloud.vps_fleet": {"servers": servers, "defaults": ENOUGH, "wait_interval": 0.2, **options}}
            ],
        }
        self.playbook = cli.folder / "cancelled.yml"
        self.playbook.write_text(yaml.safe_dump([play]))
        self.process = cli.start(
            "ansible-playbook", str(self.playbook), env={"PYTHONUNBUFFERED": "1"}, stderr=subprocess.STDOUT
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def wait_for(self, condition: Callable[[list[str]], Any], limit: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.lines), limit), "\n".join(self.lines)

    def is_alive(self) -> bool:
        """Whether anything that belongs to the playbook is left: its workers are in sessions of their own."""
        needle = os.fsencode(str(self.playbook))
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if needle in (folder / "cmdline").read_bytes() and state != "Z":
                    return True
            except OSError:
                continue
        return False

    def end(self, send: Callable[[int], None]) -> str:
        """Send a signal, and wait until nothing is left; all that was printed."""
        began = time.monotonic()
        send(self.process.pid)
        while self.is_alive():
            assert time.monotonic() - began < ENDED_WITHIN, "\n".join(self.lines)
            threading.Event().wait(0.02)
        self.process.wait(10)
        self._reader.join(10)
        return "\n".join(self.lines)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


SIGNALS: dict[str, Callable[[int], None]] = {
    "SIGINT to the process group": lambda pid: os.killpg(pid, signal.SIGINT),
    "SIGINT to ansible-playbook": lambda pid: os.kill(pid, signal.SIGINT),
    "SIGTERM to ansible-playbook": lambda pid: os.kill(pid, signal.SIGTERM),
    "SIGKILL to ansible-playbook": lambda pid: os.kill(pid, signal.SIGKILL),
}


@pytest.fixture
def run(ansible_cli: AnsibleCli) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*servers: dict[str, Any], **options: Any) -> Running:
        started.append(Running(ansible_cli, list(servers), **options))
        return started[-1]

    yield start
    for running in started:
        running.kill()


def said(output: str) -> dict[str, int]:
    """The servers that the last words name as created, with their ids."""
    (words,) = [line for line in output.splitlines() if re.search(r"\(id \d+, created\)", line)]
    return {name: int(server_id) for name, server_id in re.findall(r"([\w-]+) \(id (\d+), created\)", words)}


@pytest.mark.parametrize("how", SIGNALS)
def test_cancelled_while_waiting(how: str, run: Callable[..., Running], emulator, script: FleetScript) -> None:
    """It ends, says which servers exist by its hand, and the next run goes on with them."""
    emulator.configure(provision_ms=600_000)
    emulator.insert(id=1, name="old")
    running = run({"name": "web-1"}, {"name": "web-2"}, {"name": "web-3"}, purge=True, purge_match="old", max_delete=1)
    running.wait_for(lambda lines: len([line for line in lines if line.endswith((": created", ": gone"))]) == 4)
    output = running.end(SIGNALS[how])
    stored = {server["name"]: server["id"] for server in emulator.servers()}
    assert said(output) == stored and sorted(stored) == ["web-1", "web-2", "web-3"]
    assert "old (id 1, deleted)" in output
    asked = len(emulator.requests())
    emulator.configure(provision_ms=0)
    for server_id in stored.values():
        emulator.change(server_id, status="active", ip_address="203.0.113.9")
    outcome = script.cli.tasks(
        [
            {
                "name": "again",
                "vpsorg.cloud.vps_fleet": {"servers": [{"name": name} for name in stored], "defaults": ENOUGH},
            }
        ],
        rc=0,
    )
    assert outcome.task("again")["changed"] is False
    assert len(emulator.requests()) == asked + 1  # the cancelled run has not gone on in secret


def test_cancelled_while_creating(run: Callable[..., Running], emulator) -> None:
    """The answers that are on their way are waited for: every id is said."""
    emulator.configure(provision_ms=600_000, latency_ms=200)
    running = run(*({"name": f"web-{number}"} for number in range(90)), concurrency=3)
    running.wait_for(lambda lines: len([line for line in lines if line.endswith(": created")]) >= 4)
    output = running.end(SIGNALS["SIGINT to the process group"])
    stored = {server["name"]: server["id"] for server in emulator.servers()}
    assert 4 <= len(stored) < 90 and said(output) == stored


def test_a_summary_at_least_every_ten_seconds_and_an_early_end(run: Callable[..., Running], emulator) -> None:
    emulator.configure(provision_ms=600_000)
    emulator.insert(id=1, name="there")
    running = run({"name": "there"}, {"name": "web-1"}, {"name": "web-2"})
    running.wait_for(lambda lines: any(line.endswith(": created") for line in lines))
    running.wait_for(
        lambda lines: any(mentions(line, 1, 3, 2, "provisioning") for line in progress("\n".join(lines))), limit=60
    )
    running.end(SIGNALS["SIGINT to the process group"])
