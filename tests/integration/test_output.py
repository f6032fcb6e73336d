# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard output belongs to the stdout callback: lines of progress are shown where they break nothing."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import threading
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import CALLBACK_FOLDER, AnsibleCli
from helpers.fleet import ENOUGH
from helpers.runner import run_playbook

# As ansible.posix.json does: one document at the end, through the same display.
MACHINE_CALLBACK = '''
from __future__ import annotations

DOCUMENTATION = """
name: %s
type: stdout
short_description: One JSON document
description: [One JSON document.]
extends_documentation_fragment: [default_callback]
"""

import json

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "%s"

    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps({"hosts": sorted(stats.processed)}))
'''
FLEET = {"servers": [{"name": "web-1"}, {"name": "web-2"}], "defaults": ENOUGH, "wait_interval": 0.1}
TASKS = [
    {"name": "planned", "vpsorg.cloud.vps_fleet": FLEET, "check_mode": True},
    {"name": "real", "vpsorg.cloud.vps_fleet": FLEET},
]
PLAN = "Plan: 2 to create, 0 unchanged; 0.014 more per hour, 10 more per month"


@pytest.fixture
def cli(ansible_cli: AnsibleCli, emulator: Any) -> AnsibleCli:
    emulator.configure(provision_ms=0, address_ms=0)
    folder = ansible_cli.folder / "callbacks"
    folder.mkdir()
    # `json` is a name that is known, `of_our_own` is not.
    for name in ("json", "of_our_own"):
        (folder / f"{name}.py").write_text(MACHINE_CALLBACK % (name, name))
    ansible_cli.env["ANSIBLE_CALLBACK_PLUGINS"] = f"{folder}{os.pathsep}{CALLBACK_FOLDER}"
    return ansible_cli


def progress(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("vps_fleet: ", "  + create", "Plan: "))]


@pytest.mark.parametrize("callback", ["json", "of_our_own"])
def test_standard_output_parses_with_a_callback_for_machines(cli: AnsibleCli, callback: str) -> None:
    outcome = cli.tasks(TASKS, env={"ANSIBLE_STDOUT_CALLBACK": callback}, rc=0)
    assert json.loads(outcome.stdout) == {"hosts": ["localhost"]}
    lines = progress(outcome.stderr)
    assert PLAN in lines and len([line for line in lines if line.endswith(": created")]) == 2


@pytest.mark.parametrize("callback", ["default", "ansible.builtin.default", "minimal"])
def test_a_person_reads_them_on_standard_output(cli: AnsibleCli, callback: str) -> None:
    outcome = cli.tasks(TASKS, env={"ANSIBLE_STDOUT_CALLBACK": callback}, rc=0)
    assert PLAN in progress(outcome.stdout) and progress(outcome.stderr) == []


def test_a_callback_of_the_configuration_counts(cli: AnsibleCli, tmp_path: pathlib.Path) -> None:
    config = tmp_path / "ansible.cfg"
    config.write_text("[defaults]\nstdout_callback = json\n")
    outcome = cli.tasks(TASKS, env={"ANSIBLE_CONFIG": str(config)}, rc=0)
    assert json.loads(outcome.stdout) and PLAN in progress(outcome.stderr)


@pytest.mark.parametrize("value", ["false", "no", "{{ 1 > 2 }}"])
def test_a_variable_switches_them_off(cli: AnsibleCli, value: str) -> None:
    outcome = cli.tasks(TASKS, "-e", json.dumps({"vpsorg_progress": value}), rc=0)
    assert progress(outcome.output) == []
    assert outcome.task("planned")["msg"] == PLAN and outcome.task("real")["summary"]["created"] == 2


def test_of_the_command_line_and_of_a_task(cli: AnsibleCli) -> None:
    assert progress(cli.tasks(TASKS, "-e", "vpsorg_progress=false", "--check", rc=0).output) == []
    quiet = [{**task, "vars": {"vpsorg_progress": False}} for task in TASKS]
    assert progress(cli.tasks(quiet, rc=0).output) == []


def test_ad_hoc_commands(cli: AnsibleCli) -> None:
    command = ("ansible", "localhost", "-m", "vpsorg.cloud.vps_fleet", "-a", json.dumps(FLEET))
    one_line = cli.run(*command, "--one-line", "--check", rc=0, allow_deprecation=True)
    assert len(one_line.stdout.splitlines()) == 1 and PLAN in progress(one_line.stderr)
    usual = cli.run(*command, "--check", rc=0)
    assert PLAN in progress(usual.stdout) and progress(usual.stderr) == []


@pytest.mark.parametrize(("callback", "stream"), [("json", "stderr"), ("default", "stdout")])
def test_last_words_go_where_progress_goes(cli: AnsibleCli, emulator: Any, callback: str, stream: str) -> None:
    emulator.configure(provision_ms=600_000)
    playbook = cli.folder / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": TASKS[1:]}]))
    process = cli.start(
        "ansible-playbook", str(playbook), env={"PYTHONUNBUFFERED": "1", "ANSIBLE_STDOUT_CALLBACK": callback}
    )
    said: dict[str, list[str]] = {"stdout": [], "stderr": []}
    both_created = threading.Event()

    def read(name: str) -> None:
        for line in getattr(process, name):
            said[name].append(line)
            if sum(text.endswith(": created\n") for text in said[stream]) == 2:
                both_created.set()

    readers = [threading.Thread(target=read, args=(name,)) for name in said]
    try:
        for reader in readers:
            reader.start()
        assert both_created.wait(60), said
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for reader in readers:
            reader.join(30)
    other = "stdout" if stream == "stderr" else "stderr"
    assert [line for line in said[stream] if ", created)" in line], said
    assert not [line for line in said[other] if "vps_fleet" in line], said


@pytest.mark.parametrize("callback", [None, "json"], ids=["", "over a callback for machines"])
def test_ansible_runner_has_them_as_events(cli: AnsibleCli, callback: str | None) -> None:
    """As the output of an AWX job shows them."""
    job = run_playbook(cli, TASKS, {"ANSIBLE_STDOUT_CALLBACK": callback} if callback else {})
    assert job.rc == 0, job.errors
    lines = job.lines()
    assert PLAN in lines and len([line for line in lines if line.endswith(": created")]) == 2
    assert job.result("real")["summary"]["created"] == 2


def test_names_appear_as_they_are(cli: AnsibleCli, emulator: Any) -> None:
    emulator.insert(id=1, name="wéb-☃-1")
    emulator.insert(id=2, name="wéb-☃-2")
    options = {**FLEET, "purge": True, "purge_match": "wéb-*"}
    tasks = [
        {"name": "refused", "vpsorg.cloud.vps_fleet": options, "ignore_errors": True},
        {"name": "planned", "vpsorg.cloud.vps_fleet": {**options, "max_delete": 2}, "check_mode": True},
        {"name": "real", "vpsorg.cloud.vps_fleet": {**options, "max_delete": 2}},
    ]
    outcome = cli.tasks(tasks, rc=0)
    assert "wéb-☃-1 (id 1)" in outcome.task("refused")["msg"]
    assert [line for line in outcome.stdout.splitlines() if line.startswith("  - delete wéb-☃-2  id 2")]
    assert "vps_fleet: wéb-☃-1 (id 1): deleted" in outcome.stdout and "\\u" not in outcome.output
