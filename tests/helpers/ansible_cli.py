# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the real Ansible commands and look at what came out."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sandbox.programs import core_bin

CALLBACK_FOLDER = pathlib.Path(__file__).resolve().parent / "callback_plugins"
CALLBACK_NAME = "vpsorg_test_results"
# Variables by which pytest and its plugins talk to their own processes.
PYTEST_PREFIXES = ("PYTEST_", "COV_")


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """What one task, or one item of a looped task, returned on one host.

    `status` is one of ok, failed, ignored, skipped, unreachable; `kind` is task or item (a loop gives its items and,
    last, the task).
    """

    play: str
    task: str
    action: str
    host: str
    kind: str
    status: str
    result: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class CommandResult:
    """The outcome of one Ansible command; `results` is filled by ansible-playbook and ansible."""

    command: list[str]
    rc: int
    stdout: str
    stderr: str
    results: list[TaskResult]

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    def task(self, name: str, host: str | None = None) -> dict[str, Any]:
        """The result of the one task of this name (and host); AssertionError when there is not exactly one."""
        found = [
            entry
            for entry in self.results
            if entry.kind == "task" and entry.task == name and host in (None, entry.host)
        ]
        assert len(found) == 1, f"{len(found)} results of task {name!r}, expected 1\n{self.describe()}"
        return found[0].result

    def items(self, name: str) -> list[dict[str, Any]]:
        """The results of the items of the looped task of this name, in order."""
        return [entry.result for entry in self.results if entry.kind == "item" and entry.task == name]

    def with_status(self, status: str) -> list[TaskResult]:
        return [entry for entry in self.results if entry.kind == "task" and entry.status == status]

    def json(self) -> Any:
        """stdout read as JSON (ansible-inventory, ansible-doc)."""
        return json.loads(self.stdout)

    def describe(self) -> str:
        return f"$ {' '.join(self.command)}\nrc={self.rc}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class AnsibleCli:
    """The Ansible commands in a folder of their own, with an environment of their own.

    `secrets` are texts that no command may print.
    """

    def __init__(self, folder: pathlib.Path, env: Mapping[str, str] | None = None, secrets: Iterable[str] = ()) -> None:
        self.folder = folder
        self.env = dict(env or {})
        self.secrets = [secret for secret in secrets if secret]
        self._count = 0

    def playbook(
        self,
        plays: str | list[dict[str, Any]] | pathlib.Path,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        check: bool = False,
        diff: bool = False,
        extra_vars: Mapping[str, Any] | None = None,
        inventory: str | pathlib.Path | None = None,
        rc: int | None = None,
        **options: Any,
    ) -> CommandResult:
        """Run ansible-playbook on plays given as YAML text, as a list of plays, or as the path of a playbook.

        A list whose entries have no `hosts` is taken for tasks on localhost. `rc` is the code that must come out (None:
        any). Without `inventory` there is the implicit localhost only. `options` are those of `run`.
        """
        command = ["ansible-playbook", str(self._write_plays(plays)), *args]
        if inventory is not None:
            command += ["--inventory", str(inventory)]
        if check:
            command.append("--check")
        if diff:
            command.append("--diff")
        if extra_vars is not None:
            variables = self._path("extra_vars", ".json")
            variables.write_text(json.dumps(extra_vars))
            command += ["--extra-vars", f"@{variables}"]
        return self.run(*command, env=env, rc=rc, **options)

    def tasks(
        self, tasks: list[dict[str, Any]], *args: str, play: Mapping[str, Any] | None = None, **options: Any
    ) -> CommandResult:
        """Run tasks in one play on localhost; `play` adds keywords to the play."""
        return self.playbook(
            [{"name": "Test", "hosts": "localhost", "gather_facts": False, **(play or {}), "tasks": tasks}],
            *args,
            **options,
        )

    def inventory(
        self,
        source: str | Mapping[str, Any] | pathlib.Path,
        *args: str,
        file_name: str = "test.vps.yml",
        rc: int | None = None,
        **options: Any,
    ) -> CommandResult:
        """Run ansible-inventory on a source given as YAML text, as a mapping (both written to `file_name`), or as a
        path.

        Without further `args` it is `--list`, and `.json()` of the result is the inventory.
        """
        if not isinstance(source, pathlib.Path):
            path = self.folder / file_name
            path.write_text(source if isinstance(source, str) else yaml.safe_dump(dict(source), sort_keys=False))
            source = path
        return self.run("ansible-inventory", "--inventory", str(source), *(args or ("--list",)), rc=rc, **options)

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The environment of a command: this process's, the defaults of tests, this object's, then `env`
        (None unsets).
        """
        merged: dict[str, str | None] = {
            name: value for name, value in os.environ.items() if not name.startswith(PYTEST_PREFIXES)
        }
        merged.update(
            PATH=f"{core_bin()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            ANSIBLE_LOCALHOST_WARNING="0",
            ANSIBLE_INVENTORY_UNPARSED_WARNING="0",
            ANSIBLE_INJECT_INVOCATION="1",  # as ansible-core before 2.21 always does
            ANSIBLE_CALLBACK_PLUGINS=str(CALLBACK_FOLDER),
            ANSIBLE_CALLBACKS_ENABLED=CALLBACK_NAME,
        )
        merged.update(self.env)
        merged.update(env or {})
        return {name: value for name, value in merged.items() if value is not None}

    def start(
        self,
        *command: str,
        env: Mapping[str, str | None] | None = None,
        cwd: pathlib.Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a command in a process group of its own and return at once, for tests that signal or watch it."""
        forget_pace()
        executable = [str(core_bin() / command[0]), *command[1:]]
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        }
        return subprocess.Popen(
            executable,
            cwd=cwd or self.folder,
            env=self.environment(env),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            **settings,
        )

    def run(
        self,
        *command: str,
        env: Mapping[str, str | None] | None = None,
        cwd: pathlib.Path | None = None,
        timeout: float = 120,
        rc: int | None = None,
        allow_traceback: bool = False,
        allow_deprecation: bool = False,
        allow_secrets: bool = False,
    ) -> CommandResult:
        """Run a command to its end, for at most `timeout` seconds, and assert what must hold of every run.

        That is: no traceback, no deprecation warning, none of the secrets in the output, and the exit code `rc` unless
        it is None.
        """
        record = self._path("results", ".jsonl")
        process = self.start(*command, env={"VPSORG_TEST_RESULTS": str(record), **(env or {})}, cwd=cwd)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            outcome = CommandResult(list(command), process.returncode, stdout, stderr, _read_results(record))
            raise AssertionError(f"not finished after {timeout} s\n{self._masked(outcome.describe())}") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        outcome = CommandResult(list(command), process.returncode, stdout, stderr, _read_results(record))
        description = self._masked(outcome.describe())
        assert allow_secrets or not any(secret in outcome.output for secret in self.secrets), (
            f"a secret was printed\n{description}"
        )
        assert allow_traceback or "Traceback (most recent call last)" not in outcome.output, f"traceback\n{description}"
        assert allow_deprecation or "DEPRECATION WARNING" not in outcome.output, f"deprecation warning\n{description}"
        assert rc is None or outcome.rc == rc, f"exit code {outcome.rc}, expected {rc}\n{description}"
        return outcome

    def _write_plays(self, plays: str | list[dict[str, Any]] | pathlib.Path) -> pathlib.Path:
        if isinstance(plays, pathlib.Path):
            return plays
        if not isinstance(plays, str):
            if not any(
                "hosts" in play or "import_playbook" in play or "ansible.builtin.import_playbook" in play
                for play in plays
            ):
                plays = [{"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": plays}]
            plays = yaml.safe_dump(plays, sort_keys=False)
        path = self._path("playbook", ".yml")
        path.write_text(plays)
        return path

    def _path(self, name: str, suffix: str) -> pathlib.Path:
        self._count += 1
        return self.folder / f"{name}-{self._count}{suffix}"

    def _masked(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "<secret>")
        return text


def forget_pace() -> None:
    """Let no rate limit that an earlier command has met slow this one down: tests share an API and a token."""
    for path in (pathlib.Path.home() / ".cache" / "vpsorg.cloud").glob("pace-*.json"):
        path.unlink(missing_ok=True)


def _read_results(path: pathlib.Path) -> list[TaskResult]:
    if not path.exists():
        return []
    return [TaskResult(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
