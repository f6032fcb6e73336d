# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process: its command line, its end, and what survives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from emulator.handle import Emulator, EmulatorError
from emulator.settings import Switches
from helpers.api_client import Client, until
from helpers.processes import is_running
from sandbox.isolation import REPOSITORY

FOLDER = REPOSITORY / "tools" / "emulator"
SLOW = 60_000


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, str(FOLDER), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """A process that is ready, and its first line."""
    command = [sys.executable, str(FOLDER), "--port", "0", "--stop-after", "60", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline()


@pytest.mark.parametrize("kill", [False, True])
def test_the_state_survives_a_restart(tmp_path: Path, kill: bool) -> None:
    with Emulator(db=tmp_path / "state.sqlite", credits=100, token="vps_own") as emulator:
        emulator.seed(3)
        client = Client(emulator)
        emulator.configure(provision_ms=SLOW, order="desc")
        slow = client.create("slow")["id"]
        emulator.configure(provision_ms=0, address_ms=0)
        client.ask("DELETE", "/servers/12345/")
        emulator.add_token("vps_late")
        before, log, url = emulator.servers(), emulator.requests(), emulator.url
        emulator.restart(kill=kill)
        assert emulator.url == url
        assert emulator.servers() == before and emulator.requests() == log
        assert emulator.credits == 80
        assert emulator.settings()["order"] == "desc"
        again = Client(emulator, "vps_late")
        assert again.ids() == [slow, 12347, 12346]
        assert again.detail(slow)["status"] == "provisioning"
        assert emulator.requests()[-1]["number"] == log[-1]["number"] + 2
        assert again.create()["id"] == slow + 1
    assert (tmp_path / "state.sqlite").is_file()


def test_a_temporary_state_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process, line = started("--seed", "3")
    assert "/api/v1" in line and len(list(tmp_path.iterdir())) == 1
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_quietly_on_a_signal_while_it_answers(number: signal.Signals) -> None:
    process, line = started("--latency-ms", "60000")
    url = line.split()[3]
    ask = f"import urllib.request as u; u.urlopen('{url}/servers/')"
    with subprocess.Popen([sys.executable, "-c", ask], stderr=subprocess.DEVNULL) as asking:
        statistics = url.replace("/api/v1", "/_emulator/statistics")
        until(lambda: requests.get(statistics, timeout=10, proxies={"http": ""}).json()["peak_in_flight"] == 1)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        asking.wait(20)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_the_line_that_tells_that_it_is_ready() -> None:
    process, line = started("--token", "vps_a=servers:read,servers:write", "--token", "vps_b", "--seed", "2")
    url = line.split()[3]
    assert line == f"VPS.org API emulator: {url} (token: vps_a)\n" and url.endswith("/api/v1")
    headers = {"Authorization": "Bearer vps_b"}
    answer = requests.get(f"{url}/servers/", headers=headers, timeout=10, proxies={"http": ""})
    assert answer.json()["count"] == 2
    process.terminate()
    assert process.communicate(timeout=20) == ("", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_only_a_loopback_address_is_listened_on(host: str) -> None:
    ended = run("--host", host, "--port", "0")
    assert ended.returncode == 2 and "only a loopback address" in ended.stderr and ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stop-ms", "-1"], "--stop-ms: Input should be greater than or equal to 0"),
        (["--paging", "maybe"], "on or off"),
        (["--seed", "-1"], "--seed: from 0"),
        (["--order", "random"], "invalid choice"),
        (["--unavailable-plans", "starter"], "invalid"),
        (["--account", "maybe"], "on or off"),
        (["--password-key", "a b"], "--password-key: "),
    ],
)
def test_wrong_options_are_refused_in_words(arguments: list[str], words: str) -> None:
    ended = run("--port", "0", *arguments)
    assert ended.returncode == 2 and words in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_that_is_taken(emulator: Emulator) -> None:
    ended = run("--port", str(emulator.port))
    assert ended.returncode == 2 and f"cannot listen on 127.0.0.1 port {emulator.port}" in ended.stderr


def test_switches_that_are_lists_or_unset_survive_a_restart() -> None:
    with Emulator(unavailable_plans=[2, 3], account=False, password=None, dialect="clients") as emulator:
        emulator.configure(password="detail", account=None)
        emulator.restart()
        settings = emulator.settings()
        names = ("unavailable_plans", "account", "password", "dialect")
        assert [settings[name] for name in names] == [[2, 3], None, "detail", "clients"]


def test_help_names_every_switch() -> None:
    text = run("--help").stdout
    for name in Switches.model_fields:
        assert f"--{name.replace('_', '-')} " in text


def test_it_ends_with_its_parent() -> None:
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, {str(FOLDER)!r}, '--port', '0', '--exit-with-parent', "
        "'--stop-after', '60'],"
        " stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=True)
    pid = int(ended.stdout)
    until(lambda: not is_running(pid))


def test_it_ends_when_nothing_is_asked() -> None:
    process, line = started("--stop-after", "0.1")
    assert line
    assert process.wait(20) == 0
    process.communicate()


def test_the_handle_tells_why_it_did_not_start(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="invalid choice"):
        Emulator(order="random").start()
    with pytest.raises(EmulatorError, match="unrecognized arguments: --no-such-switch"):
        Emulator(no_such_switch=1).start()
    with pytest.raises(EmulatorError, match="did not start"):
        Emulator(python="/bin/false", db=tmp_path / "state.sqlite").start()


def test_the_handle_asks_no_proxy(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Emulator() as other:
        assert other.servers() == []
        environment = Path(f"/proc/{other.pid}/environ").read_bytes()
    assert b"http_proxy" not in environment
    assert os.environ["http_proxy"] == "http://127.0.0.1:9"


def test_the_end_of_a_handle_is_the_end_of_its_process() -> None:
    with Emulator() as emulator:
        pid = emulator.pid
        folder = Path(emulator.command()[emulator.command().index("--db") + 1]).parent
        assert is_running(pid) and folder.is_dir()
    assert not is_running(pid) and not folder.exists()
