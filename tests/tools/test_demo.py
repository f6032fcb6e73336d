# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration: as a user sees it, when it is interrupted, and the commands that it tells to type next."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from helpers.processes import is_running
from sandbox.isolation import REPOSITORY
from sandbox.programs import core_bin

DEMO = REPOSITORY / "tools" / "demo"
LIMIT = 150.0  # seconds, on a machine that is busy with other tests


def start(short_path: pathlib.Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The demonstration under way, in the environment of a user who has settings and a token of his own."""
    home = short_path / "home"
    home.mkdir()
    (home / ".ansible.cfg").write_text("[defaults]\nstdout_callback = minimal\n")
    scratch = short_path / "scratch"
    scratch.mkdir()
    environment = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "ANSIBLE_CONFIG": str(home / ".ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "minimal",
        "VPS_API_TOKEN": "vps_the_users_own",
        "VPS_API_URL": "https://203.0.113.1/api/v1",
        "VPS_API_TIMEOUT": "0",
        **(env or {}),
    }
    return subprocess.Popen(
        [sys.executable, str(DEMO / "run.py")],
        cwd=short_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def started(short_path: pathlib.Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes = []

    def run(**env: str) -> subprocess.Popen[str]:
        processes.append(start(short_path, env))
        return processes[-1]

    yield run
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def emulator_pid(process: subprocess.Popen[str]) -> int:
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    commands = {int(child): pathlib.Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children}
    return next(child for child, command in commands.items() if any(part.endswith(b"emulator") for part in command))


def left_behind(short_path: pathlib.Path) -> list[str]:
    return sorted(path.name for path in (short_path / "scratch").iterdir())


def test_it_shows_every_step_and_cleans_up(
    started: Callable[..., subprocess.Popen[str]], short_path: pathlib.Path
) -> None:
    process = started()
    output, _errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, output
    commands = re.findall(r"^\$ (.+)$", output, re.MULTILINE)
    assert commands == [
        "ansible-playbook account.yml",
        "ansible-playbook site.yml --check --diff",
        "ansible-playbook site.yml",
        "ansible-playbook site.yml",
        "ansible-playbook server.yml",
        "ansible-playbook power.yml",
        "ansible-playbook list.yml",
        "ansible-inventory -i demo.vps.yml --graph",
        "ansible-playbook delete.yml",
        "ansible-playbook list.yml",
    ]
    assert re.search(r"^Plan:.*\b4\b", output, re.MULTILINE)
    assert re.search(r"^vps_fleet: db-01 .*\b\d+\b.*\b203\.0\.113\.\d+$", output, re.MULTILINE), (
        "with its id and its address"
    )
    assert re.findall(r"changed=(\d+)", output) == ["0", "1", "1", "0", "1", "3", "0", "1", "0"]
    assert "|--@location_eu_central:" in output
    assert output.index("There is no server.") > output.index("$ ansible-playbook delete.yml")
    assert "What to type next" in output
    assert "[WARNING]" not in output and "[DEPRECATION" not in output
    assert "vps_the_users_own" not in output
    assert "\x1b" not in output
    assert left_behind(short_path) == []
    assert sorted(path.name for path in (short_path / "home").iterdir()) == [".ansible.cfg"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminated"]
)
def test_interrupted_it_cleans_up(
    started: Callable[..., subprocess.Popen[str]], short_path: pathlib.Path, number: int, code: int
) -> None:
    process = started()
    for line in process.stdout or ():
        if ": created" in line:
            break
    else:
        pytest.fail("no server was created")
    emulator = emulator_pid(process)
    began = time.monotonic()
    process.send_signal(number)
    output, _errors = process.communicate(timeout=LIMIT)
    assert process.returncode == code, output
    assert time.monotonic() - began < 30
    assert not is_running(emulator)
    assert left_behind(short_path) == []
    assert "Traceback" not in output


def test_unmet_expectation_is_a_failure(
    started: Callable[..., subprocess.Popen[str]], short_path: pathlib.Path
) -> None:
    """With a command that does nothing and succeeds, no expectation holds."""
    fake = short_path / "bin"
    fake.mkdir()
    (fake / "ansible-playbook").write_text("#!/bin/sh\nexit 0\n")
    (fake / "ansible-playbook").chmod(0o755)
    process = started(VPSORG_TEST_CORE_BIN=str(fake))
    output, _errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    expected = "the account can be managed, plans are shown"
    assert f"The demonstration failed: `ansible-playbook account.yml` was expected to end with: {expected}" in output
    assert left_behind(short_path) == []


def test_what_it_tells_to_type_next_works(emulator, tmp_path: pathlib.Path) -> None:
    """But for activating the environment, which is another one here, and the emulator, which runs on another port."""
    text = (DEMO / "run.py").read_text(encoding="utf-8").split('NEXT = """\\\n')[1].split('"""')[0]
    lines = [line.strip() for line in text.split("With your own account")[0].splitlines() if line.startswith("    ")]
    assert lines[0] == ". .venv/bin/activate"
    assert lines[2] == "export VPS_API_URL=http://127.0.0.1:8765/api/v1 VPS_API_TOKEN=vps_demo_token"
    script = (
        "\n".join(lines[1:])
        .replace("http://127.0.0.1:8765/api/v1", emulator.url)
        .replace("vps_demo_token", emulator.token)
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment.update(HOME=str(tmp_path), PATH=f"{core_bin()}{os.pathsep}{os.environ['PATH']}")
    run = subprocess.run(
        ["bash", "-ec", script],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^Plan:.*\b4\b", run.stdout, re.MULTILINE)
    assert {request["method"] for request in emulator.requests()} == {"GET"}
