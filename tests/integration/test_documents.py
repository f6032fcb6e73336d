# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example in README.md, the guides, and the other documents is executed against the emulator, as it stands
there; a kind that is not known here fails.
"""

from __future__ import annotations

import configparser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.documents import Block, blocks, documents, name_of
from sandbox.isolation import REPOSITORY
from sandbox.programs import core_bin

DOCUMENTS = [document for document in documents() if blocks(document)]
SHORT_WAITS = {
    f"vpsorg.cloud.{name}": {"wait_interval": 0.1} for name in ("vps_server", "vps_server_power", "vps_fleet")
}
# What a reader has at hand when an example begins: servers, files, commands.
SITE = [
    {
        "name": "Site",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"name": "Read", "vpsorg.cloud.vps_server_info": {}}],
    }
]
# A guide that tests/integration/test_awx_guide.py follows, step by step.
FOLLOWED_ELSEWHERE = "docs/docsite/rst/awx.rst"
# Documents whose plays need web servers that run; the plays' own hosts are those of the account. Nothing listens where
# the emulator's servers are.
WITH_SERVERS = (
    "docs/docsite/rst/migrating.rst",
    "docs/docsite/rst/power_and_maintenance.rst",
    "roles/rolling_reboot/README.md",
)
QUICKLY = {
    "rolling_reboot_port": 0,
    "rolling_reboot_settle_time": 0,
    "rolling_reboot_wait_interval": 1,
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
WEB = {
    "plugin": "vpsorg.cloud.vps",
    "groups": {"web": "vps_name is match('web-')"},
    "compose": {"ansible_connection": "'local'"},
}
# The first line of what is a file of its own, which plays of the same document include, or its commands name.
FILE = re.compile(r"# ([a-z.-]+\.(?:yml|ini))\n")
# The lines of a crontab: five fields, and a command.
CRONTAB = re.compile(r"# crontab\n(?:(?:\S+ ){5} .+\n)+")
# Ansible says so of a pattern such as web:!fleet_gone; the document tells of it.
NOTHING_GONE = "[WARNING]: Could not match supplied host pattern, ignoring: fleet_gone"
# What acts on every run, because that is what it is for.
ACTS_EVERY_TIME = re.compile(r"state: rebooted|vpsorg\.cloud\.rolling_reboot")
# What can't be tried in check mode, which this module does not have.
NO_CHECK_MODE = "ansible.builtin.uri:"
# What would change the machine on which the tests run.
UPGRADE = re.compile(r"ansible\.builtin\.apt: \{.*\}")
# Keys by which YAML that is neither play nor inventory is known: requirements.yml, execution-environment.yml.
OTHER_YAML = ("collections", "version")
# Commands that other tests run: the archive in tests/unit/test_package.py, every target of make in .ci/run or by hand.
RUN_ELSEWHERE = re.compile(
    r"make [a-z-]+|ansible-galaxy collection install (?:dist/vpsorg-cloud-\*\.tar\.gz|-r requirements\.yml)"
    r"|python3 -m pip install requests"
)


@pytest.fixture
def reader(emulator, ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> AnsibleCli:
    """The commands in the folder of a reader, who has followed the documents so far."""
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    for name in ("vps-token", "vps-token-staging"):
        (home / ".config" / name).write_text(f"{emulator.token}\n")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "pass").write_text('#!/bin/sh\n[ "$*" = "show vps/token" ] && cat ~/.config/vps-token\n')
    (commands / "pass").chmod(0o755)
    ansible_cli.env.update(
        HOME=str(home),
        PATH=os.pathsep.join([str(core_bin()), str(commands), os.environ["PATH"]]),
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1",
        ANSIBLE_VAULT_PASSWORD_FILE=str(tmp_path / "password"),
    )
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "site.yml").write_text(json.dumps(SITE))
    (tmp_path / "vault.yml").write_text(f"vault_vps_api_token: {emulator.token}\n")
    ansible_cli.run("ansible-vault", "encrypt", "vault.yml", rc=0)
    return ansible_cli


def kind_of(block: Block) -> str:
    """What a block is: tasks, a file of tasks, plays, inventory, yaml, shell, python, ini, json, or text to look at.

    ValueError for anything else.
    """
    if block.language in ("", "text", "console", "jinja", "diff"):
        return "crontab" if CRONTAB.fullmatch(block.text) else "text"
    if block.language in ("shell", "sh", "bash"):
        return "shell"
    if block.language in ("ini", "python", "json"):
        return block.language
    if block.language not in ("yaml", "yml"):
        raise ValueError(f"{block}: the language {block.language!r} is not known to this test")
    value = yaml.safe_load(block.text)
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        if any("hosts" in entry for entry in value):
            return "plays"
        return "file" if FILE.match(block.text) else "tasks"
    if isinstance(value, dict) and value.get("plugin") == "vpsorg.cloud.vps":
        return "inventory"
    if isinstance(value, dict) and (
        set(OTHER_YAML) & set(value) or all(re.fullmatch(r"VPS_\w+|fleet_\w+", key) for key in value)
    ):
        return "yaml"
    raise ValueError(f"{block}: what this is, is not known to this test")


def of_kind(document: pathlib.Path, kind: str) -> list[Block]:
    return [block for block in blocks(document) if kind_of(block) == kind]


def with_blocks(kind: str) -> pytest.MarkDecorator:
    found = [document for document in DOCUMENTS if of_kind(document, kind)]
    return pytest.mark.parametrize("document", found, ids=name_of)


def assert_went_well(outcome: CommandResult, block: object) -> None:
    assert outcome.rc == 0, f"{block}\n{outcome.describe()}"
    unexpected = outcome.output.replace(NOTHING_GONE, "")
    assert "[WARNING]" not in unexpected, f"{block}\n{outcome.describe()}"


def test_every_block_is_known() -> None:
    kinds = {kind_of(block) for document in DOCUMENTS for block in blocks(document)}
    assert kinds >= {"tasks", "plays", "inventory", "yaml", "shell", "python"}


@with_blocks("tasks")
def test_tasks(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """In one play, so that a later example may use what an earlier one has registered."""
    for name in ("dev-01", "app-01"):
        emulator.insert(name=name)
    tasks: list[Any] = [task for block in of_kind(document, "tasks") for task in yaml.safe_load(block.text)]
    assert_went_well(reader.tasks(tasks, play={"module_defaults": SHORT_WAITS}), name_of(document))


def at_hand(reader: AnsibleCli, emulator, document: pathlib.Path) -> dict[str, Any]:
    """The document's files, and web servers for those that need some; how their plays are run."""
    for block in blocks(document):
        if block.language in ("yaml", "ini") and (name := FILE.match(block.text)):
            (reader.folder / name[1]).write_text(block.text)
    if name_of(document) not in WITH_SERVERS:
        return {}
    emulator.seed(4)
    emulator.insert(name="dev-01")
    source = reader.folder / "web.vps.yml"
    source.write_text(yaml.safe_dump(WEB))
    return {"inventory": source, "extra_vars": QUICKLY}


@with_blocks("plays")
def test_plays(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """Each as it stands there, and then once more, when nothing is to change."""
    options = at_hand(reader, emulator, document)
    for block in of_kind(document, "plays"):
        plays = UPGRADE.sub("ansible.builtin.ping:", block.text)
        assert_went_well(reader.playbook(plays, **options), block)
        if not ACTS_EVERY_TIME.search(block.text):
            again = reader.playbook(plays, **options)
            assert_went_well(again, block)
            assert [entry.task for entry in again.results if entry.result.get("changed")] == [], str(block)


@with_blocks("tasks")
def test_tasks_in_check_mode(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """On an account without servers, where everything that is created is only predicted.

    A task may miss the server that an earlier one would have created, but what its templates take must be there.
    """
    tasks: list[Any] = [task for block in of_kind(document, "tasks") for task in yaml.safe_load(block.text)]
    outcome = reader.tasks(tasks, "--check", "--diff", play={"ignore_errors": True})
    may_miss = {task["name"] for task in tasks if "{{" not in str(task)}
    for entry in outcome.results:
        if entry.status in ("failed", "ignored"):
            assert entry.task in may_miss, f"{name_of(document)}\n{outcome.describe()}"
            assert "There is no server with this name" in entry.result["msg"], entry.task
    assert {entry.task for entry in outcome.results} >= {task["name"] for task in tasks}
    assert emulator.servers() == []


@with_blocks("plays")
def test_plays_in_check_mode(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """On an account without servers, unless the document needs some."""
    options = at_hand(reader, emulator, document)
    before = emulator.servers()
    for block in of_kind(document, "plays"):
        if NO_CHECK_MODE in block.text:
            continue
        plays = UPGRADE.sub("ansible.builtin.ping:", block.text)
        outcome = reader.playbook(plays, "--check", "--diff", **options)
        assert outcome.rc == 0, f"{block}\n{outcome.describe()}"
        assert emulator.servers() == before, str(block)


# Other values than in the examples, for variables that ask for it.
OTHER_VALUES = {"wanted": 3}


def numbers_and_booleans(value: Any) -> dict[str, Any]:
    """The variables that an example sets to a number or a boolean, wherever in it."""
    if isinstance(value, list):
        return {name: found for part in value for name, found in numbers_and_booleans(part).items()}
    if not isinstance(value, dict):
        return {}
    own = {name: found for name, found in value.get("vars", {}).items() if isinstance(found, (bool, int, float))}
    return own | {name: found for part in value.values() for name, found in numbers_and_booleans(part).items()}


@with_blocks("plays")
def test_plays_with_variables_that_are_text(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """What comes by `-e name=value` or from a survey is text, even where it reads like a number or a boolean."""
    options = at_hand(reader, emulator, document)
    for block in of_kind(document, "plays"):
        values = numbers_and_booleans(yaml.safe_load(block.text))
        if values:
            values |= OTHER_VALUES if "wanted" in values else {}
            given = [f"-e{name}={value}" for name, value in (values | options.get("extra_vars", {})).items()]
            assert_went_well(
                reader.playbook(block.text, *given, inventory=options.get("inventory")), f"{block} {given}"
            )


@with_blocks("inventory")
def test_inventories(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    emulator.seed(4, location=["us-west", "eu-central"], status=["active", "stopped"])
    for block in of_kind(document, "inventory"):
        outcome = reader.inventory(block.text)
        assert_went_well(outcome, block)
        assert outcome.json()["_meta"]["hostvars"], str(block)


def shell_lines(document: pathlib.Path) -> list[tuple[Block, list[str]]]:
    """The commands of each shell block that are to be run here."""
    found = []
    for block in of_kind(document, "shell"):
        lines = [line for line in block.text.splitlines() if line.strip() and not line.startswith("#")]
        found.append((block, [line for line in lines if not RUN_ELSEWHERE.fullmatch(line)]))
    return found


def run_shell(reader: AnsibleCli, emulator, lines: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The token is typed in where it is asked for; the emulator has another port, and the password of the vault is in a
    file.
    """
    script = "\n".join(lines).replace("http://127.0.0.1:8765/api/v1", emulator.url).replace(" --ask-vault-pass", "")
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=reader.folder,
        env=reader.environment({"VPS_API_TOKEN": emulator.token if "VPS_API_TOKEN" not in script else None}),
        input=f"{emulator.token}\n",
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def needs_what_is_missing(block: Block) -> bool:
    """Whether a block calls a program that this machine lacks; where everything must be tried, none may be missing."""
    missing = [name for name in ("curl", "jq") if re.search(rf"\b{name} ", block.text) and not shutil.which(name)]
    assert not missing or not os.environ.get("CI"), f"{block} needs {' and '.join(missing)}"
    return bool(missing)


@with_blocks("shell")
def test_commands(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    at_hand(reader, emulator, document)
    for block, lines in shell_lines(document):
        if lines and name_of(document) != FOLLOWED_ELSEWHERE and not needs_what_is_missing(block):
            outcome = run_shell(reader, emulator, lines)
            assert outcome.returncode == 0, f"{block}\n{outcome.stdout}{outcome.stderr}"
            assert emulator.token not in outcome.stdout + outcome.stderr


@with_blocks("crontab")
def test_crontabs(reader: AnsibleCli, emulator, document: pathlib.Path) -> None:
    """Every command, by the shell and without a token in the environment, as cron runs it."""
    at_hand(reader, emulator, document)
    home = pathlib.Path(reader.env["HOME"])
    (home / "servers").symlink_to(reader.folder)
    for block in of_kind(document, "crontab"):
        for line in block.text.splitlines()[1:]:
            command = line.split(maxsplit=5)[5]
            outcome = subprocess.run(
                ["sh", "-c", command],
                cwd=home,
                env=reader.environment({"VPS_API_TOKEN": None}),
                check=False,
                capture_output=True,
                text=True,
                timeout=120,
            )
            logs = "".join(log.read_text() for log in reader.folder.glob("*.log"))
            assert outcome.returncode == 0 and outcome.stdout + outcome.stderr == "", f"{block}\n{logs}"
            assert "PLAY RECAP" in logs and "[WARNING]" not in logs, f"{block}\n{logs}"


@with_blocks("python")
def test_python(document: pathlib.Path) -> None:
    python = os.environ.get("VPSORG_TEST_EMULATOR_PYTHON") or sys.executable
    for block in of_kind(document, "python"):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tools")}
        outcome = subprocess.run(
            [python, "-c", block.text], env=environment, check=False, capture_output=True, text=True, timeout=60
        )
        assert outcome.returncode == 0, f"{block}\n{outcome.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_data_is_well_formed(document: pathlib.Path) -> None:
    for block in of_kind(document, "json"):
        json.loads(block.text)
    for block in of_kind(document, "ini"):
        parser = configparser.ConfigParser()
        parser.read_string(block.text)
        assert parser.sections(), str(block)
