# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real ansible-runner, by which AWX and ansible-navigator run playbooks."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from sandbox.isolation import REPOSITORY


def result_of(events: list[dict[str, Any]], task: str) -> dict[str, Any]:
    """What the event of the one task of this name holds of its result; `{}` where that is too long for an event."""
    (event,) = [
        event
        for event in events
        if event["event"] in ("runner_on_ok", "runner_on_failed") and event["event_data"]["task"] == task
    ]
    return event["event_data"]["res"]


@dataclasses.dataclass(frozen=True)
class Job:
    """A playbook that ansible-runner ran. `events`: in order."""

    rc: int
    events: list[dict[str, Any]]
    errors: str

    def lines(self) -> list[str]:
        """What the events hold of the output, line by line."""
        return [line for event in self.events for line in event["stdout"].splitlines()]

    def result(self, task: str) -> dict[str, Any]:
        """See result_of."""
        return result_of(self.events, task)


def folder_of_runner() -> pathlib.Path:
    """The folder with ansible-runner and its Python, which may be another than that of the tests.

    Skips the test where there is none.
    """
    for folder in (pathlib.Path(sys.executable).parent, REPOSITORY / ".venv" / "bin"):
        if (folder / "ansible-runner").exists():
            return folder
    pytest.skip("ansible-runner is not installed")


def run_playbook(cli: AnsibleCli, tasks: list[dict[str, Any]], env: dict[str, str] | None = None) -> Job:
    """Run tasks on localhost, with the ansible-playbook under test. Skips the test where ansible-runner is missing."""
    program = folder_of_runner() / "ansible-runner"
    folder = cli.folder / "runner"
    (folder / "project").mkdir(parents=True)
    play = {"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (folder / "project" / "play.yml").write_text(yaml.safe_dump([play]))
    process = subprocess.run(
        [str(program), "run", str(folder), "--playbook", "play.yml", "--ident", "1", "--quiet"],
        env=cli.environment({**(env or {})}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    paths = sorted((folder / "artifacts" / "1" / "job_events").glob("*.json"), key=lambda path: path.name)
    events = [json.loads(path.read_text()) for path in paths if not path.name.endswith("-partial.json")]
    events.sort(key=lambda event: event["counter"])
    job = Job(process.returncode, events, process.stdout + process.stderr)
    assert not any(secret in json.dumps(events) for secret in cli.secrets), "a secret is in the events"
    return job
