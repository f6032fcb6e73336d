# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX 24 runs them: the same files, command line, and environment, through ansible-runner's own transport.

The controller packs a job (`transmit`), the execution node runs it (`worker`), and what the worker prints is what the
controller stores. All of it was read in AWX's sources (awx/main/tasks/jobs.py, receptor.py, callback.py). What is left
out is the container: a worker in a container group's pod runs ansible-playbook in the same way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from helpers.ansible_cli import PYTEST_PREFIXES
from helpers.runner import folder_of_runner, result_of
from sandbox.isolation import COLLECTIONS, REPOSITORY
from sandbox.programs import core_bin

PROJECT = REPOSITORY / "extensions" / "awx" / "project"
END_LIMIT = 60.0  # seconds that a job may take
_OURS = ("ANSIBLE_", "VPS_", *PYTEST_PREFIXES)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# AWX sets both spellings of this variable, and ansible-core before 2.19 warns of the older one.
_DEPRECATION = re.compile(r"DEPRECATION WARNING\]: (?!ANSIBLE_COLLECTIONS_PATHS )")
_numbers = itertools.count(1)

# Both ends of the transport in one process. `worker` handles signals, as the command `ansible-runner worker` does.
_DRIVER = """
import json, sys
import ansible_runner
with open(sys.argv[1]) as file:
    params = json.load(file)
with open(sys.argv[2], "wb") as stream:
    ansible_runner.interface.run(streamer="transmit", _output=stream, **params)
with open(sys.argv[2], "rb") as stream:
    ansible_runner.interface.run(
        streamer="worker", _input=stream, _output=sys.stdout.buffer, private_data_dir=sys.argv[3]
    )
"""

# What AWX sets for every job.
_ENVIRONMENT = {
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "MAX_EVENT_RES": "700000",
    "AWX_HOST": "https://awx.example.com",
    "INVENTORY_ID": "1",
    "PROJECT_REVISION": "0123456789abcdef",
}

# What the credential type sets for fields that are left empty.
EMPTY_FIELDS = {
    "VPS_API_URL": "",
    "VPS_API_TIMEOUT": "",
    "VPS_API_RETRIES": "",
    "VPS_API_RETRY_MAX_DELAY": "",
    "VPS_CA_PATH": "",
    "VPS_VALIDATE_CERTS": "True",
}

LOCALHOST = {
    "localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
}


class _Unsafe(yaml.SafeDumper):
    """Marks every text as AWX marks what is not in the job template itself: it is never a template."""

    def represent_data(self, data: Any) -> yaml.Node:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


@dataclasses.dataclass(frozen=True)
class Job:
    """A job that has ended. `status`: as AWX shows it. `events`: in order."""

    status: str
    events: list[dict[str, Any]]
    errors: str

    @property
    def lines(self) -> list[str]:
        """The output, line by line, as AWX shows it."""
        return lines_of(self.events)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def failures(self) -> list[str]:
        """The messages of the tasks that have failed."""
        return [
            str(event["event_data"]["res"].get("msg"))
            for event in self.events
            if event["event"] == "runner_on_failed" and not event["event_data"].get("ignore_errors")
        ]

    @property
    def artifacts(self) -> dict[str, Any]:
        """What AWX stores as the job's artifacts, and hands to the next nodes of a workflow."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return stats["event_data"]["artifact_data"]

    def result(self, task: str) -> dict[str, Any]:
        """See result_of."""
        return result_of(self.events, task)


def lines_of(events: Sequence[dict[str, Any]]) -> list[str]:
    """The output that events hold, line by line, without colours."""
    return [line for event in events for line in _COLOURS.sub("", event.get("stdout", "")).splitlines()]


class RunningJob:
    """A job on its way. What its worker prints is read at once, as the controller does."""

    def __init__(self, process: subprocess.Popen[bytes], secrets: Sequence[str]) -> None:
        self._process = process
        self._secrets = [secret for secret in secrets if secret]
        self._events: list[dict[str, Any]] = []
        self._status = "error"
        self._errors = b""
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=target, daemon=True) for target in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The worker's."""
        return self._process.pid

    @property
    def playbook_pid(self) -> int:
        """That of ansible-playbook, which leads a process group of its own."""
        return next(event["pid"] for event in self.events if event["event"] == "playbook_on_start")

    @property
    def events(self) -> list[dict[str, Any]]:
        with self._news:
            return sorted(self._events, key=lambda event: event["counter"])

    def wait_until(self, reached: Callable[[list[str]], bool], limit: float = 60.0) -> list[str]:
        """Wait until the lines of the output that have come so far are enough; returns them."""
        end = time.monotonic() + limit
        with self._news:
            while not reached(lines := lines_of(self._events)):
                left = end - time.monotonic()
                assert left > 0 and self._process.poll() is None, "\n".join(lines)
                self._news.wait(min(left, 1.0))
        return lines

    def signal(self, number: signal.Signals) -> None:
        """Send the worker a signal."""
        self._process.send_signal(number)

    def end(self, limit: float = END_LIMIT) -> Job:
        """Wait until the job has ended, and check what must hold of every job."""
        self._process.wait(limit)
        for reader in self._readers:
            reader.join(limit)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        job = Job(self._status, self.events, self._errors.decode(errors="replace"))
        assert not any(secret in json.dumps(job.events) for secret in self._secrets), "a secret is in the events"
        assert "Traceback (most recent call last)" not in job.output + job.errors, job.output + job.errors
        assert not _DEPRECATION.search(job.output), job.output
        return job

    def kill(self) -> None:
        """End whatever is left of it."""
        with contextlib.suppress(StopIteration, ProcessLookupError):
            os.killpg(self.playbook_pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with self._process:
            pass  # wait, and close what it has written to

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                data = json.loads(line)
            except ValueError:
                continue  # the artifacts' archive
            with self._news:
                if "event" in data:
                    self._events.append(data)
                self._status = data.get("status", self._status) if "event" not in data else self._status
                self._news.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors = self._process.stderr.read()


class ExecutionNode:
    """A machine that runs jobs: a home, a folder for temporary files, and a credential for the API."""

    def __init__(self, folder: pathlib.Path, credential: Mapping[str, str]) -> None:
        """`credential`: the environment variables that the credential sets."""
        self._python = str(folder_of_runner() / "python")
        self._folder = folder
        self._credential = dict(credential)
        (folder / "home").mkdir(parents=True)
        # ansible-core makes sockets there, whose paths may have a hundred characters only.
        self._temporary = pathlib.Path(tempfile.mkdtemp(prefix="awx-"))
        self._jobs: list[RunningJob] = []

    def start(
        self,
        playbook: str,
        variables: Mapping[str, Any] | None = None,
        *,
        trusted: Mapping[str, Any] | None = None,
        job_type: str = "run",
        limit: str = "",
        verbosity: int = 0,
        become: bool = False,
        inventory: Mapping[str, Mapping[str, Any]] | None = None,
        credential: Mapping[str, str] | None = None,
        project: pathlib.Path = PROJECT,
        timeout: int = 0,
    ) -> RunningJob:
        """Start a job. `variables`: answers of a survey, artifacts of other nodes, variables of a launch. `trusted`:
        extra variables of the job template. `inventory`: hosts with their variables. `credential`: instead of that of
        the node. `timeout`: of the job template, in seconds.
        """
        number = next(_numbers)
        folder = self._folder / f"job-{number}"
        private, runner = folder / "private", folder / "runner"
        for path in (private / "env", private / "inventory", private / "cp", runner):
            path.mkdir(parents=True)
        shutil.copytree(project, private / "project")
        args = ["--check"] if job_type == "check" else []
        args += ["-u", "root"] + ["--become"] * become + (["-l", limit] if limit else [])
        args += [f"-{'v' * verbosity}"] if verbosity else []
        (private / "env" / "cmdline").write_text(shlex.join(args))
        settings = {"job_timeout": timeout, "suppress_ansible_output": True, "suppress_output_file": True}
        (private / "env" / "settings").write_text(json.dumps(settings))
        (private / "env" / "extravars").write_text(_extra_vars(number, variables or {}, trusted or {}))
        _write_inventory(private / "inventory" / "hosts", LOCALHOST if inventory is None else inventory)
        home = self._folder / "home"
        collections = f"{runner}/requirements_collections:{home}/.ansible/collections:{COLLECTIONS}"
        params = {
            "ident": number,
            "private_data_dir": str(private),
            "playbook": playbook,
            "inventory": str(private / "inventory" / "hosts"),
            "passwords": {r"Password:\s*?$": ""},
            "suppress_env_files": True,
            "fact_cache_type": "",
            "envvars": {
                **_ENVIRONMENT,
                "AWX_PRIVATE_DATA_DIR": str(private),
                "JOB_ID": str(number),
                "ANSIBLE_SSH_CONTROL_PATH_DIR": str(runner / "cp"),
                "ANSIBLE_COLLECTIONS_PATHS": collections,
                "ANSIBLE_COLLECTIONS_PATH": collections,
                "ANSIBLE_ROLES_PATH": f"{runner}/requirements_roles:{home}/.ansible/roles",
                **(self._credential if credential is None else credential),
            },
        }
        (folder / "params.json").write_text(json.dumps(params))
        process = subprocess.Popen(
            [self._python, "-c", _DRIVER, str(folder / "params.json"), str(folder / "stream"), str(runner)],
            cwd=folder,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
                "PATH": f"{core_bin()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "HOME": str(home),
                "TMPDIR": str(self._temporary),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        job = RunningJob(process, [self._credential.get("VPS_API_TOKEN", "")])
        self._jobs.append(job)
        return job

    def run(self, playbook: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Job:
        """Run a job to its end. `options`: those of `start`."""
        return self.start(playbook, variables, **options).end()

    def close(self) -> None:
        """End whatever is left of all jobs."""
        for job in self._jobs:
            job.kill()
        shutil.rmtree(self._temporary, ignore_errors=True)


@contextlib.contextmanager
def execution_node(folder: pathlib.Path, emulator: Any) -> Iterator[ExecutionNode]:
    """A node whose jobs have a credential for the emulator, with all that is optional in it left empty but for the
    URL.
    """
    node = ExecutionNode(folder, {**EMPTY_FIELDS, "VPS_API_TOKEN": emulator.token, "VPS_API_URL": emulator.url})
    try:
        yield node
    finally:
        node.close()


def _extra_vars(number: int, variables: Mapping[str, Any], trusted: Mapping[str, Any]) -> str:
    everything = {
        **trusted,
        **variables,
        "awx_job_id": number,
        "tower_job_id": number,
        "awx_job_launch_type": "manual",
        "awx_inventory_name": "Servers",
        "awx_user_name": "admin",
    }
    return "".join(
        yaml.dump(
            {name: value},
            Dumper=yaml.SafeDumper if name in trusted and trusted[name] == value else _Unsafe,
            default_flow_style=False,
        )
        for name, value in everything.items()
    )


def _write_inventory(path: pathlib.Path, hosts: Mapping[str, Mapping[str, Any]]) -> None:
    """A script that prints what the controller knows, as AWX makes it."""
    data: dict[str, Any] = {
        "_meta": {
            "hostvars": {
                host: {"remote_tower_enabled": "true", "remote_tower_id": number, **variables}
                for number, (host, variables) in enumerate(hosts.items(), 1)
            }
        }
    }
    if hosts:
        data["all"] = {"hosts": list(hosts)}
    path.write_text(f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(data)!r})\n")
    path.chmod(0o700)
