# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tasks in one run of ansible-playbook: one play for each operation, and one host, with its own options, for each
task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.ansible_cli import CALLBACK_NAME, AnsibleCli
from helpers.leaks import leaks

ABOUT = {"plan_id": 1, "os_id": 5, "location": "us-west"}
WISH = {"hostname": "renamed.example.com", "backups_enabled": True}  # of an update

_CONNECTION = {
    "api_url": "{{ url }}",
    "api_timeout": "{{ api_timeout }}",
    "api_retries": "{{ retries }}",
    "api_retry_max_delay": "{{ delay }}",
}
_WAITING = {
    "wait_timeout": "{{ limit }}",
    "wait_interval": "{{ interval | default(0.1) }}",
    "adopt_timeout": "{{ adopt_timeout | default(0.6) }}",
}
_WHICH = {"name": "{{ server_name | default(omit) }}", "id": "{{ server_id | default(omit) }}"}


def _power(state: str) -> tuple[str, dict[str, Any]]:
    return "vps_server_power", {**_WHICH, "state": state, "settle_time": 1, **_WAITING}


TASKS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "info": ("vps_server_info", {**_WHICH, "details": "{{ details }}"}),
    "create": ("vps_server", {"name": "{{ server_name }}", **ABOUT, **_WAITING}),
    "update": ("vps_server", {**_WHICH, **WISH, **_WAITING}),
    "delete": ("vps_server", {**_WHICH, "state": "absent", **_WAITING}),
    "start": _power("started"),
    "stop": _power("stopped"),
    "reboot": _power("rebooted"),
    "fleet": ("vps_fleet", {"servers": "{{ servers }}", "defaults": ABOUT, **_WAITING}),
}


@dataclass(frozen=True)
class HostTask:
    """One task: an operation of TASKS, and the variables that it reads: url, api_timeout, retries, delay, limit, and
    which server.
    """

    operation: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class HostResult:
    """What came of it.

    C(seconds): from the moment in which its worker was started to that in which its result was there.
    """

    ok: bool
    result: dict[str, Any]
    seconds: float = 0.0


class HostPlays:
    """Runs tasks, and counts tokens and tracebacks in everything that comes out."""

    def __init__(self, cli: AnsibleCli, token: str) -> None:
        self._cli, self._token = cli, token
        self._runs = 0
        self.leaks = self.tracebacks = 0

    def run(
        self, tasks: Mapping[str, HostTask], *, forks: int = 16, env: Mapping[str, str | None] | None = None
    ) -> dict[str, HostResult]:
        """The results by the names of the tasks, which are the names of their hosts.

        All of one operation run at the same time.
        """
        if not tasks:
            return {}
        self._runs += 1
        operations = list(dict.fromkeys(task.operation for task in tasks.values()))
        groups = {
            name: {"hosts": {host: {} for host, task in tasks.items() if task.operation == name}} for name in operations
        }
        connection = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        hosts = {host: dict(task.variables) for host, task in tasks.items()}
        inventory = self._cli.folder / f"hosts-{self._runs}-{next(iter(tasks))}.json"
        inventory.write_text(json.dumps({"all": {"vars": connection, "hosts": hosts, "children": groups}}))
        plays = [_play(operation) for operation in operations]
        times = inventory.with_suffix(".times")
        settings = {
            "ANSIBLE_CALLBACKS_ENABLED": f"{CALLBACK_NAME},vpsorg_test_times",
            "VPSORG_TEST_TIMES": str(times),
            **(env or {}),
        }
        outcome = self._cli.playbook(
            plays,
            "--forks",
            str(forks),
            inventory=inventory,
            env=settings,
            timeout=280,
            allow_traceback=True,
            allow_secrets=True,
        )
        self.scan(outcome.output, *(json.dumps(entry.result) for entry in outcome.results))
        seconds = dict(json.loads(line) for line in times.read_text().splitlines())
        results = {
            entry.host: HostResult(entry.status == "ok", entry.result, seconds[entry.host])
            for entry in outcome.results
            if entry.kind == "task"
        }
        assert set(results) == set(tasks), (
            f"no result for {sorted(set(tasks) - set(results))}\n{outcome.describe()[-3000:]}"
        )
        return results

    def scan(self, *texts: str) -> None:
        """Count in further texts."""
        self.leaks += len(leaks(self._token, texts))
        self.tracebacks += sum(text.count("Traceback (most recent call last)") for text in texts)


def _play(operation: str) -> dict[str, Any]:
    module, options = TASKS[operation]
    task = {"name": operation, f"vpsorg.cloud.{module}": {**options, **_CONNECTION}, "ignore_errors": True}
    return {"name": operation, "hosts": operation, "gather_facts": False, "tasks": [task]}
