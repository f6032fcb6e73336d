# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token or a library that only the controller has: the message tells where the task ran, and what to do."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.script import CONTROLLER_PYTHON, PLUGIN_FOLDERS
from sandbox.programs import core_bin

BECOME = {"become": True, "become_method": "vpsorg_plain"}
TOKEN = ("No API token", "VPS_API_TOKEN")


@pytest.fixture
def cli(ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> AnsibleCli:
    ansible_cli.env.update(
        PLUGIN_FOLDERS,
        ANSIBLE_BECOME_ALLOW_SAME_USER="1",
        ANSIBLE_PIPELINING="1",
        ANSIBLE_REMOTE_TMP=str(tmp_path / "remote"),
    )
    return ansible_cli


def message(
    cli: AnsibleCli, play: dict[str, Any], host: dict[str, Any] | None = None, env: dict[str, str] | None = None
) -> str:
    """The failure of a task on the host `far`."""
    inventory = cli.folder / "hosts.json"
    connection = {"ansible_connection": "vpsorg_elsewhere", "ansible_python_interpreter": CONTROLLER_PYTHON}
    inventory.write_text(json.dumps({"all": {"hosts": {"far": {**connection, **(host or {})}}}}))
    task = {"name": "failing", "vpsorg.cloud.vps_server_info": {}}
    outcome = cli.playbook(
        [{"hosts": "far", "gather_facts": False, "tasks": [task], **play}], inventory=inventory, env=env, rc=2
    )
    text = outcome.task("failing")["msg"]
    assert "\n" not in text
    return text


def test_a_play_that_becomes(cli: AnsibleCli) -> None:
    text = message(cli, BECOME, {"ansible_connection": "local"})
    assert mentions(text, *TOKEN, "root", "become: false", "api_token") and "far" not in text
    text = message(cli, {**BECOME, "become_user": "deploy"}, {"ansible_connection": "local"})
    assert mentions(text, "deploy", "become: false")


def test_another_host(cli: AnsibleCli) -> None:
    text = message(cli, {})
    assert mentions(text, *TOKEN, "far", "vpsorg_elsewhere", "delegate_to: localhost") and "become" not in text
    text = message(cli, BECOME)
    assert mentions(text, "far", "root", "delegate_to: localhost", "become: false")
    # What a delegated task ran on is the host that it is delegated to.
    tasks = [{"name": "failing", "vpsorg.cloud.vps_server_info": {}, "delegate_to": "far"}]
    assert mentions(message(cli, {"tasks": tasks}, {"ansible_host": "127.0.0.1"}), "far")


def test_a_token_that_nobody_has_given(cli: AnsibleCli) -> None:
    """Nothing is blamed on the place."""
    for play, host in ((BECOME, {"ansible_connection": "local"}), ({}, {})):
        text = message(cli, play, host, env={"VPS_API_TOKEN": ""})
        assert mentions(text, *TOKEN) and "become" not in text and "delegate_to" not in text
    text = message(cli, {}, {"ansible_connection": "local"}, env={"VPS_API_TOKEN": ""})
    assert mentions(text, *TOKEN) and "delegate_to" not in text


def test_a_failure_of_another_kind(cli: AnsibleCli) -> None:
    tasks = [{"name": "failing", "vpsorg.cloud.vps_server_info": {"api_retries": -1, "api_token": "vps_x"}}]
    text = message(cli, {**BECOME, "tasks": tasks})
    assert mentions(text, "api_retries") and "become" not in text and "delegate_to" not in text


def test_a_library_that_only_the_controller_has(cli: AnsibleCli, tmp_path: pathlib.Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "requests.py").write_text("raise ImportError('hidden')\n")
    python = tmp_path / "far-python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path / "hidden"} exec "{core_bin() / "python"}" "$@"\n')
    python.chmod(0o755)
    tasks = [{"name": "failing", "vpsorg.cloud.vps_server_info": {"api_token": "vps_x"}}]
    text = message(cli, {"tasks": tasks}, {"ansible_python_interpreter": str(python)})
    assert mentions(text, "requests", "-m pip install requests", "far", "delegate_to: localhost")
