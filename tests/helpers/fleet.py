# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of fleet tasks, and what must hold of every one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fault_proxy import Fault, FaultProxy, Record
from helpers.ansible_cli import CommandResult
from helpers.script import AGAIN, CHECK, CONTROLLER_PYTHON, PLUGIN_FOLDERS, REAL, Done, Ran, Script, Sent, steady

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
COUNTS = ("created", "adopted", "updated", "started", "stopped", "recreated", "deleted", "unchanged", "failed")
RESULT_KEYS = {"changed", "servers", "plan", "summary", "errors", "drift", "api", "msg"}


class FleetRan(Ran):
    """A script that was run, with the records of all its requests, in the order of their arrival."""

    def __init__(self, outcome: CommandResult, history: list[Record], complete: bool) -> None:
        super().__init__(outcome, [Sent.of(record) for record in history], complete)
        self.history = history

    def paths(self, method: str) -> list[str]:
        """The paths of all requests of one method."""
        return [record.path.removeprefix("/api/v1") for record in self.history if record.method == method]


class FleetScript(Script):
    """A script with tasks of vps_fleet, which look often.

    Its requests go through a proxy, which counts and can break.
    """

    on_record: Callable[[Record], None] | None = None

    def fleet(
        self, task: str, /, *servers: Any, check: bool = False, keywords: dict[str, Any] | None = None, **options: Any
    ) -> None:
        """A task with vps_fleet. `options` may give `servers` as a template instead."""
        given = {"wait_interval": 0.1, "servers": list(servers), **options}
        self.task(task, "vps_fleet", given, **({"check_mode": True} if check else {}), **(keywords or {}))

    def fleet_triple(self, task: str, /, *servers: Any, **options: Any) -> None:
        """Check mode, for real, again."""
        self.fleet(task + CHECK, *servers, check=True, **options)
        self.fleet(task + REAL, *servers, **options)
        self.fleet(task + AGAIN, *servers, **options)

    def fleet_twice(self, task: str, /, *servers: Any, **options: Any) -> None:
        """Check mode and for real, for what is refused."""
        self.fleet(task + CHECK, *servers, check=True, **options)
        self.fleet(task + REAL, *servers, **options)

    def play(
        self,
        *faults: Fault,
        in_process: bool = True,
        complete: bool = True,
        env: dict[str, str] | None = None,
        variables: dict[str, Any] | None = None,
        play: dict[str, Any] | None = None,
        **options: Any,
    ) -> FleetRan:
        """Run the play; every one of the faults must be met. `complete`: whether the results must account for every
        request.

        `variables` and `play` are added to the play; `options` are those of AnsibleCli.tasks.
        """
        self._flush()
        self.emulator.reset()
        variables = {
            "vpsorg_in_process": in_process,
            "ansible_python_interpreter": CONTROLLER_PYTHON,
            **(variables or {}),
        }
        with FaultProxy(self.emulator.url, *faults, port=self._port, on_record=self.on_record) as proxy:
            env = {**PLUGIN_FOLDERS, "VPS_API_URL": proxy.url, "VPS_API_RETRY_MAX_DELAY": "0.1", **(env or {})}
            outcome = self.cli.tasks(
                self._tasks, play={"diff": True, **(play or {}), "vars": variables}, env=env, **options
            )
            assert outcome.rc in (0, 2) and proxy.wait_done(), outcome.describe()
            assert proxy.unmet() == [], f"{proxy.unmet()}\n{outcome.describe()}"
            return FleetRan(outcome, proxy.history, complete)

    def play_both_ways(self) -> FleetRan:
        """Run inside the controller's process and as separate modules, and compare what was returned and what was
        written.

        What is printed differs: only the controller's process can show progress.
        """
        here, apart = self.play(), self.play(in_process=False)
        assert [(entry.task, entry.status) for entry in here.outcome.results] == [
            (entry.task, entry.status) for entry in apart.outcome.results
        ]
        for one, other in zip(here.outcome.results, apart.outcome.results, strict=True):
            assert steady(one.result) == steady(other.result), (
                f"task {one.task}: {_differing(steady(one.result), steady(other.result))}"
            )
        for name, done in here.tasks.items():
            assert sorted(done.writes) == sorted(apart[name].writes), f"task {name}"
        return here

    def stored(self) -> dict[str, dict[str, Any]]:
        """What the account holds in the end, by name; AssertionError where a name is there twice."""
        servers = self.emulator.servers()
        by_name = {server["name"]: server for server in servers}
        assert len(by_name) == len(servers), f"a name is there twice: {sorted(server['name'] for server in servers)}"
        return by_name


def _differing(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def counts(**changes: int) -> dict[str, int]:
    """A whole summary."""
    return {**dict.fromkeys(COUNTS, 0), **changes}


def planned(done: Done) -> list[tuple[str, str]]:
    """The plan as action and name."""
    return [(entry["action"], entry["name"]) for entry in done["plan"]]


def names(done: Done) -> list[str]:
    """The names of the servers that a fleet task returned."""
    return [server["name"] for server in done["servers"]]


def check_shape(done: Done) -> None:
    """Every key, always; a failure tells of errors or of why nothing was done."""
    missing = RESULT_KEYS - set(done.result)
    assert not missing, f"{done.name}: {missing}"
    assert tuple(done["summary"]) == COUNTS
    assert set(done["api"]) == {"requests", "retries", "waited"}
    assert done["summary"]["failed"] == len(done["errors"])
    for error in done["errors"]:
        assert set(error) == {"name", "id", "msg"} and error["name"] in error["msg"]
        assert error["id"] is None or str(error["id"]) in error["msg"]


def triple(
    ran: Ran, name: str, plan: list[tuple[str, str]], *, changed: bool = True, **summary: int
) -> tuple[Done, Done, Done]:
    """Check mode foretells what the real run does and sends GET only; the run after changes nothing."""
    check, real, again = (
        ran.ok(name + CHECK, changed=changed),
        ran.ok(name + REAL, changed=changed),
        ran.ok(name + AGAIN, changed=False),
    )
    for done in (check, real, again):
        check_shape(done)
    assert check.writes == [] and again.writes == [], name
    assert planned(check) == planned(real) == plan, name
    assert planned(again) == [] and again["diff"] == [], name
    for key in ("plan", "diff", "drift"):
        assert check[key] == real[key], f"{name}: {key}"
    assert check["summary"] == real["summary"] == counts(**summary), name
    assert names(check) == names(real) == names(again), name
    for before, after in zip(check["servers"], real["servers"], strict=True):
        known = {
            key: value
            for key, value in before.items()
            if value is not None and key in after and key not in ("plan", "os", "resource_usage", "updated_at")
        }
        assert known == {key: after[key] for key in known}, f"{name}: {before['name']}"
    return check, real, again


def refused(ran: Ran, name: str, *facts: object, requests: int) -> Done:
    """Check mode and the real run are refused alike, before the first write."""
    check, real = ran.failed(name + CHECK, *facts), ran.failed(name + REAL, *facts)
    for done in (check, real):
        check_shape(done)
        assert done.writes == [] and len(done.sent) == requests, done.sent
    assert steady(check.result) == steady(real.result)
    return real
