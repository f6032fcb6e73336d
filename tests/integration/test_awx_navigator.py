# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-navigator: `run`, `inventory` and `doc`, without an execution environment and with one."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.inventory_cli import PLUGIN
from sandbox.isolation import REPOSITORY

# A container engine must have the image. `make ee` makes one.
IMAGE = os.environ.get("VPSORG_TEST_EE_IMAGE")
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# By which ansible-runner marks the events in the output, as escapes hide it.
MARKS = re.compile(r"\x1b\[K(?:[A-Za-z0-9+/=]+\x1b\[\d+D)+\x1b\[K")
SERVER = {
    "name": "Ensure that the server exists",
    "vpsorg.cloud.vps_server": {
        "name": "build-01",
        "plan_id": 4,
        "os_id": 3,
        "location": "us-west",
        "wait_interval": 0.2,
    },
}
Navigate = Callable[..., CommandResult]


def program() -> pathlib.Path:
    """Beside the Python of the tests, or in the environment with all tools; it starts the ansible-core under test."""
    for folder in (pathlib.Path(sys.executable).parent, REPOSITORY / ".venv" / "bin"):
        if (folder / "ansible-navigator").exists():
            return folder / "ansible-navigator"
    pytest.skip("ansible-navigator is not installed (tools/requirements/tools-tests.txt)")


def in_image(cli: AnsibleCli) -> tuple[list[str], dict[str, str | None]]:
    """Options and variables by which commands run in the image."""
    if not IMAGE:
        pytest.skip("no execution environment: VPSORG_TEST_EE_IMAGE names no image")
    engine = next((name for name in ("podman", "docker") if has_image(name)), None)
    if not engine:
        pytest.skip(f"neither podman nor docker has the image {IMAGE}")
    # The network of this machine, on which the emulator listens.
    options = ["--ee", "true", "--ce", engine, "--eei", str(IMAGE), "--pp", "never", "--co=--network=host"]
    for name in ("VPS_API_TOKEN", "VPS_API_URL"):
        options += ["--penv", name]
    # ansible-navigator passes on whatever begins with ANSIBLE_, such as the place of the collection on this machine.
    settings: dict[str, str | None] = {name: None for name in cli.environment() if name.startswith("ANSIBLE_")}
    return options, {**settings, "HOME": pwd.getpwuid(os.getuid()).pw_dir}


def has_image(engine: str) -> bool:
    command = [engine, "image", "inspect", str(IMAGE)]
    environment = {**os.environ, "HOME": pwd.getpwuid(os.getuid()).pw_dir}
    if not shutil.which(engine):
        return False
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0


@pytest.fixture(params=["without", "within"])
def navigate(request: pytest.FixtureRequest, ansible_cli: AnsibleCli) -> Navigate:
    """Run a command of ansible-navigator, without an execution environment or within one; it must succeed. Its output
    comes without marks and escapes.
    """
    name = str(program())
    options, env = in_image(ansible_cli) if request.param == "within" else (["--ee", "false"], {})

    def run(command: str, *args: str) -> CommandResult:
        words = [command, *args, "--mode", "stdout", "--lf", str(ansible_cli.folder / "navigator.log"), *options]
        if command == "run":
            words += ["--pae", "false"]
        outcome = ansible_cli.run(name, *words, env={**env, "NO_COLOR": "1"}, rc=0)
        return dataclasses.replace(outcome, stdout=ESCAPES.sub("", MARKS.sub("", outcome.stdout)))

    return run


@pytest.fixture
def folder(ansible_cli: AnsibleCli) -> pathlib.Path:
    """A folder with an inventory source, from which the commands start."""
    (ansible_cli.folder / "shop.vps.yml").write_text(yaml.safe_dump(PLUGIN))
    return ansible_cli.folder


def changed(outcome: CommandResult) -> list[str]:
    return re.findall(r"\bchanged=(\d+)", outcome.stdout)


def test_run_a_module(emulator: Any, navigate: Navigate, folder: pathlib.Path) -> None:
    play = {"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": [SERVER]}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    assert changed(navigate("run", "play.yml", "--check")) == ["1"]
    assert emulator.servers() == []
    assert changed(navigate("run", "play.yml")) == ["1"]
    assert [server["name"] for server in emulator.servers()] == ["build-01"]
    assert changed(navigate("run", "play.yml")) == ["0"]


def test_run_with_the_inventory(emulator: Any, navigate: Navigate, folder: pathlib.Path) -> None:
    emulator.seed(2)
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} is {{ vps_status }}"}}
    play = {"name": "Test", "hosts": "web-0002", "connection": "local", "gather_facts": False, "tasks": [show]}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    assert "web-0002 is active" in navigate("run", "play.yml", "-i", "shop.vps.yml").stdout


def test_inventory(emulator: Any, navigate: Navigate, folder: pathlib.Path) -> None:
    emulator.seed(2)
    listed = json.loads(navigate("inventory", "-i", "shop.vps.yml", "--list").stdout)
    assert sorted(listed["_meta"]["hostvars"]) == ["web-0001", "web-0002"]
    assert "--web-0001" in navigate("inventory", "-i", "shop.vps.yml", "--graph").stdout


@pytest.mark.parametrize(
    ("kind", "name", "option"),
    [
        ("module", "vps_server", "wait_timeout"),
        ("inventory", "vps", "hostvars_prefix"),
        ("role", "fleet", "fleet_servers"),
    ],
)
def test_documentation(navigate: Navigate, kind: str, name: str, option: str) -> None:
    shown = navigate("doc", f"vpsorg.cloud.{name}", "--type", kind).stdout
    assert re.search(rf"^[-=] {option}\b", shown, re.MULTILINE), shown
