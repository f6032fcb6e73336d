# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks run inside the controller's process and which are handed over, by a module that tells where it runs."""

from __future__ import annotations

import json
import pathlib
import sys

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.script import CONTROLLER_PYTHON, PLUGIN_FOLDERS
from sandbox.isolation import REPOSITORY
from sandbox.programs import core_bin

PROBE = "vpsorg_probe"
OWN = {"ansible_python_interpreter": CONTROLLER_PYTHON}


@pytest.fixture
def cli(tmp_path: pathlib.Path) -> AnsibleCli:
    return AnsibleCli(
        tmp_path,
        {
            **PLUGIN_FOLDERS,
            "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
            "ANSIBLE_ASYNC_DIR": str(tmp_path / "async"),
        },
    )


@pytest.fixture
def other_python(tmp_path: pathlib.Path) -> pathlib.Path:
    """Another interpreter: the same Python under another path."""
    path = tmp_path / "other-python"
    path.write_text(f'#!/bin/sh\nPROBE_GIVEN=other exec "{core_bin() / "python"}" "$@"\n')
    path.chmod(0o755)
    return path


def inventory(folder: pathlib.Path, **hosts: dict[str, object]) -> pathlib.Path:
    path = folder / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": hosts}}))
    return path


def test_by_variables_and_keywords(cli: AnsibleCli, other_python: pathlib.Path) -> None:
    inside = {
        "plain": {},
        "own interpreter": {"vars": OWN},
        "a template": {"vars": {"ansible_python_interpreter": "{{ own }}", "own": CONTROLLER_PYTHON}},
        "no interpreter": {"vars": {"ansible_python_interpreter": ""}},
        "discovery": {"vars": {"ansible_python_interpreter": "auto_silent"}},
        "switched on": {"vars": {"vpsorg_in_process": "yes"}},
        "switched on by a template": {"vars": {"vpsorg_in_process": "{{ 1 < 2 }}"}},
        "not becoming": {"become": False, "become_method": "vpsorg_plain"},
        "check mode": {"check_mode": True},
        "diff": {"diff": True},
        "run once": {"run_once": True},
        "no log": {"no_log": True},
        "time limit": {"timeout": 60},
        "throttled": {"throttle": 1},
        "delegated to itself": {"delegate_to": "localhost"},
    }
    outside = {
        "switched off": {"vars": {"vpsorg_in_process": False}},
        "switched off by a word": {"vars": {"vpsorg_in_process": "no"}},
        "switched off by a template": {"vars": {"vpsorg_in_process": "{{ 1 > 2 }}"}},
        "another interpreter": {"vars": {"ansible_python_interpreter": str(other_python)}},
        "becoming": {"become": True, "become_method": "vpsorg_plain"},
        "becoming by a variable": {"vars": {"ansible_become": True, "ansible_become_method": "vpsorg_plain"}},
        "another connection": {"vars": {"ansible_connection": "vpsorg_elsewhere"}},
        "asynchronous": {"async": 60, "poll": 1},
    }
    tasks = [
        {"name": name, PROBE: {}, **keywords, "vars": {**OWN, **keywords.get("vars", {})} if name != "plain" else {}}
        for name, keywords in {**inside, **outside}.items()
    ]
    outcome = cli.tasks(tasks, env={"ANSIBLE_BECOME_ALLOW_SAME_USER": "1"}, rc=0)
    found = {name: outcome.task(name) for name in (*inside, *outside)}
    # What is not logged is not recorded either.
    assert {name for name, result in found.items() if result.get("inside", name == "no log")} == set(inside)
    assert found["another interpreter"]["given"]["PROBE_GIVEN"] == "other"
    assert found["becoming"]["given"]["PROBE_BECOME"] == found["becoming by a variable"]["given"]["PROBE_BECOME"] == "1"
    assert found["check mode"]["check"] is True and found["diff"]["difference"] is True


def test_delegation(cli: AnsibleCli, other_python: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The interpreter and the connection that count are those of the host on which the task runs."""
    hosts = inventory(
        tmp_path,
        far={"ansible_connection": "vpsorg_elsewhere", "ansible_python_interpreter": str(other_python)},
        near={"ansible_connection": "local", "ansible_python_interpreter": CONTROLLER_PYTHON},
        strange={"ansible_connection": "local", "ansible_python_interpreter": str(other_python)},
    )
    plays = [
        {
            "name": f"From {host}",
            "hosts": host,
            "gather_facts": False,
            "tasks": [
                {"name": f"{host} itself", PROBE: {}},
                *(
                    {"name": f"{host} to {other}", PROBE: {}, "delegate_to": other}
                    for other in ("localhost", "near", "far", "strange")
                    if other != host
                ),
            ],
        }
        for host in ("far", "near", "strange")
    ]
    outcome = cli.playbook(plays, inventory=hosts, rc=0)
    inside = {entry.task: entry.result["inside"] for entry in outcome.results}
    assert {name for name, found in inside.items() if found} == {
        "near itself",
        "far to localhost",
        "far to near",
        "near to localhost",
        "strange to localhost",
        "strange to near",
    }


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, True),
        ({"ANSIBLE_PYTHON_INTERPRETER": "{python}"}, True),
        ({"ANSIBLE_PYTHON_INTERPRETER": "{other}"}, False),
        ({"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PYTHON_INTERPRETER": "{python}"}, False),
    ],
    ids=["nothing set", "own interpreter", "another interpreter", "remote files kept"],
)
def test_by_configuration(
    cli: AnsibleCli, other_python: pathlib.Path, tmp_path: pathlib.Path, env: dict[str, str], expected: bool
) -> None:
    """With a localhost that the inventory lists: the implicit one has the controller's interpreter set."""
    hosts = inventory(tmp_path, localhost={"ansible_connection": "local"})
    env = {
        name: value.format(python=core_bin() / pathlib.Path(sys.executable).name, other=other_python)
        for name, value in env.items()
    }
    outcome = cli.tasks([{"name": "Probe", PROBE: {}}], inventory=hosts, env=env, rc=0)
    assert outcome.task("Probe")["inside"] is expected


def test_modules_themselves(cli: AnsibleCli) -> None:
    """Every module has the action plugin; verbose output tells of commands only where one is run."""
    names = sorted(path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py"))
    tasks = [
        {
            "name": f"{name} {where}",
            f"vpsorg.cloud.{name}": {"api_token": ""},
            "vars": {**OWN, "vpsorg_in_process": where == "inside"},
            "ignore_errors": True,
        }
        for name in names
        for where in ("inside", "outside")
    ]
    outcome = cli.tasks(tasks, "-vvv", rc=0)
    sections = {part.split("]")[0]: part for part in outcome.stdout.split("TASK [")[1:]}
    for name in names:
        assert "Using module file" in sections[f"{name} inside"] and "EXEC" not in sections[f"{name} inside"]
        assert f"AnsiballZ_{name}.py" in sections[f"{name} outside"]


def test_without_requests(cli: AnsibleCli, tmp_path: pathlib.Path) -> None:
    """Handed over to the module, which says what is missing, for which Python, and how to install it."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "requests.py").write_text("raise ImportError('hidden')\n")
    tasks = [
        {"name": "Probe", PROBE: {}},
        {
            "name": "Info",
            "vpsorg.cloud.vps_server_info": {"api_token": "vps_x", "api_url": "http://127.0.0.1:9/"},
            "ignore_errors": True,
        },
        {
            "name": "Server",
            "vpsorg.cloud.vps_server": {"name": "web-01", "api_token": "vps_x", "api_url": "http://127.0.0.1:9/"},
            "ignore_errors": True,
        },
    ]
    outcome = cli.tasks(tasks, env={"PYTHONPATH": str(tmp_path / "hidden")}, rc=0)
    assert outcome.task("Probe")["inside"] is False
    for name in ("Info", "Server"):
        message = outcome.task(name)["msg"]
        assert mentions(message, "requests", "-m pip install requests") and "\n" not in message
