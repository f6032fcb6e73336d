# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tasks in one play against the emulator, and for each of them what it returned and what it sent.

A run of ansible-playbook costs a second or two, a task some ten milliseconds. What happens to the account beside the
tasks (servers that are there, other clients, the API's ways) is part of the script too, so that it can be run again
from the start: inside the controller's process and as a separate module, with the same outcome.
"""

from __future__ import annotations

import collections
import dataclasses
import difflib
import json
import os
import pathlib
import re
import weakref
from typing import TYPE_CHECKING, Any

from fault_proxy import Fault, FaultProxy, Record
from helpers import ports
from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.facts import missing

if TYPE_CHECKING:
    from emulator.handle import Emulator

PROBE = pathlib.Path(__file__).resolve().parent / "probe"
PLUGIN_FOLDERS = {
    "ANSIBLE_ACTION_PLUGINS": str(PROBE / "action_plugins"),
    "ANSIBLE_LIBRARY": str(PROBE / "library"),
    "ANSIBLE_BECOME_PLUGINS": str(PROBE / "become_plugins"),
    "ANSIBLE_CONNECTION_PLUGINS": str(PROBE / "connection_plugins"),
}
OTHER_CLIENT = "vps_another_client"
COLLECTION = "vpsorg.cloud."
CONTROLLER_PYTHON = "{{ ansible_playbook_python }}"
# Every script is run both ways if this is set; else only those that ask for it.
ALWAYS_BOTH_WAYS = bool(os.environ.get("VPSORG_TEST_BOTH_WAYS"))
DEFAULTS = {
    f"{COLLECTION}{name}": {"wait_interval": 0.1, "wait_timeout": 100} for name in ("vps_server", "vps_server_power")
}
CHECK, REAL, AGAIN = ": check", ": real", ": again"


@dataclasses.dataclass(frozen=True)
class Sent:
    """A request of a task: its path is that below api_url, its body the JSON value; by which connection (from 1), and
    when.
    """

    method: str
    path: str
    query: str
    body: Any
    status: int | None
    connection: int
    time: float

    @classmethod
    def of(cls, record: Record) -> Sent:
        body = json.loads(record.body) if record.body else None
        path = record.path.removeprefix("/api/v1")
        return cls(record.method, path, record.query, body, record.status, record.connection, record.time)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclasses.dataclass(frozen=True)
class Done:
    """What one task, or one item of a loop, came to."""

    name: str
    status: str
    result: dict[str, Any]
    requests: list[Sent]

    def __getitem__(self, key: str) -> Any:
        return self.result[key]

    @property
    def failed(self) -> bool:
        return self.status in ("failed", "ignored")

    @property
    def sent(self) -> list[str]:
        """The requests as method and path."""
        return [str(request) for request in self.requests]

    @property
    def writes(self) -> list[str]:
        return [str(request) for request in self.requests if request.method != "GET"]

    @property
    def write_bodies(self) -> list[tuple[str, Any]]:
        return [(str(request), request.body) for request in self.requests if request.method != "GET"]

    @property
    def actions(self) -> list[str]:
        return [action["action"] for action in self.result["actions"]]

    @property
    def body(self) -> Any:
        """The body of the only write."""
        bodies = [request.body for request in self.requests if request.method != "GET"]
        assert len(bodies) == 1, self.sent
        return bodies[0]


class Ran:
    """A script that was run."""

    def __init__(self, outcome: CommandResult, log: list[Sent], complete: bool = True) -> None:
        self.outcome = outcome
        self.tasks: dict[str, Done] = {}
        self._items: dict[str, list[Done]] = {}
        rest = list(log)

        def take(result: dict[str, Any]) -> list[Sent]:
            number = int(result.get("api", {}).get("requests", 0))
            taken, rest[:number] = rest[:number], []
            return taken

        looped = {entry.task for entry in outcome.results if entry.kind == "item"}
        for entry in outcome.results:
            if entry.action == "emulator_control":
                assert entry.status == "ok", outcome.describe()
            elif entry.kind == "item":
                self._items.setdefault(entry.task, []).append(
                    Done(entry.task, entry.status, entry.result, take(entry.result))
                )
            else:
                requests = [] if entry.task in looped else take(entry.result)
                assert entry.task not in self.tasks, f"two tasks are called {entry.task}"
                self.tasks[entry.task] = Done(entry.task, entry.status, entry.result, requests)
        # `api.requests` of every result tells the truth.
        assert not (rest and complete), (
            f"{len(rest)} requests more than the results tell: {[str(one) for one in rest]}\n{outcome.describe()}"
        )

    def __getitem__(self, name: str) -> Done:
        assert name in self.tasks, f"no task {name}\n{self.outcome.describe()}"
        return self.tasks[name]

    def items(self, name: str) -> list[Done]:
        return self._items.get(name, [])

    def ok(self, name: str, changed: bool | None = None) -> Done:
        done = self[name]
        assert not done.failed, f"{name} failed\n{self.outcome.describe()}"
        assert changed is None or done["changed"] is changed, f"{name}: changed is {done['changed']}\n{done.result}"
        return done

    def failed(self, name: str, *facts: object, changed: bool = False) -> Done:
        """The failed task, whose message mentions all the facts and is fit to be read."""
        done = self[name]
        assert done.failed, f"{name} did not fail\n{self.outcome.describe()}"
        message = done["msg"]
        assert missing(message, *facts) == [], message
        assert "Traceback" not in message and "\n" not in message, message
        assert done.result.get("changed", False) is changed, f"{name}: changed is not {changed}: {done.result}"
        return done

    def triple(self, name: str, **expected: Any) -> tuple[Done, Done, Done]:
        """Check mode, for real, again: the first foretells the second and sends GET only, the third changes nothing."""
        check, real, again = self.ok(name + CHECK), self.ok(name + REAL), self.ok(name + AGAIN, changed=False)
        assert check.writes == [], name
        problems = foretold(check.result, real.result)
        assert not problems, f"{name}: {problems}"
        assert again.writes == [] and again["actions"] == [], name
        for key, value in expected.items():
            assert real[key] == value, f"{name}: {key}"
        return check, real, again

    def both_fail(self, name: str, *facts: object) -> Done:
        """Check mode and reality fail alike, and nothing is written."""
        check, real = self.failed(name + CHECK, *facts), self.failed(name + REAL, *facts)
        assert check["msg"] == real["msg"]
        assert check.writes == real.writes == []
        assert foretold(check.result, real.result) == []
        return real


class Script:
    """Builds a play task by task. Names of tasks must differ.

    Every task goes on after a failure, and is given short waits.
    """

    def __init__(self, cli: AnsibleCli, emulator: Emulator) -> None:
        self.cli = cli
        self.emulator = emulator
        self._tasks: list[dict[str, Any]] = []
        self._control: list[list[Any]] = []
        self._turns: list[tuple[int, int, dict[str, Any] | None]] = []
        self._faults: list[Fault] = []
        holder = ports.held_port()
        self._port = ports.number(holder)  # of the proxy, the same one for the second time
        weakref.finalize(self, holder.close)
        emulator.add_token(OTHER_CLIENT)

    # What happens beside the tasks

    def control(self, method: str, path: str, body: Any = None) -> None:
        """A request to the control interface, or to the API by another client, before the next task."""
        self._control.append([method, path, body])

    def configure(self, **switches: Any) -> None:
        self.control("PATCH", "/_emulator/settings", switches)

    def insert(self, id: int, name: str, *, omit: tuple[str, ...] = (), **fields: Any) -> None:
        """A server that has been there for long, active unless said otherwise."""
        self.control(
            "POST",
            "/_emulator/servers",
            {"fields": {"id": id, "name": name, **fields}, "complete": True, "omit": list(omit)},
        )

    def seed(self, count: int, **template: Any) -> None:
        self.control("POST", "/_emulator/seed", {"count": count, **template})

    def change(self, id: int, **fields: Any) -> None:
        self.control("PATCH", f"/_emulator/servers/{id}", {"fields": fields})

    def remove(self, id: int) -> None:
        self.control("DELETE", f"/_emulator/servers/{id}")

    def credits(self, credits: int) -> None:
        self.control("PATCH", "/_emulator/account", {"credits": credits})

    def other_client(self, method: str, path: str, body: Any = None) -> None:
        self.control(method, f"/api/v1{path}", body)

    def after_looks(self, id: int, looks: int, **fields: Any) -> None:
        """Change a server once its detail was read so often: the end of a transition, without a clock."""
        self._turns.append((id, looks, fields))

    def gone_after_looks(self, id: int, looks: int) -> None:
        """Remove a server once its detail was read so often."""
        self._turns.append((id, looks, None))

    def faults(self, *faults: Fault) -> None:
        """What requests meet on their way; each must be met."""
        self._faults += faults

    # The tasks

    def task(self, name: str, module: str, options: dict[str, Any] | None = None, **keywords: Any) -> None:
        self._flush()
        module = module if "." in module else COLLECTION + module
        self._tasks.append({"name": name, module: options or {}, "ignore_errors": True, **keywords})

    def server(self, task: str, /, check: bool = False, **options: Any) -> None:
        """A task with vps_server."""
        self.task(task, "vps_server", options, **({"check_mode": True} if check else {}))

    def power(self, task: str, /, check: bool = False, **options: Any) -> None:
        """A task with vps_server_power."""
        self.task(task, "vps_server_power", options, **({"check_mode": True} if check else {}))

    def info(self, task: str, /, check: bool = False, **options: Any) -> None:
        """A task with vps_server_info."""
        self.task(task, "vps_server_info", options, **({"check_mode": True} if check else {}))

    def triple(self, task: str, /, module: str = "vps_server", **options: Any) -> None:
        """Check mode, for real, again."""
        self.task(task + CHECK, module, options, check_mode=True)
        self.task(task + REAL, module, options)
        self.task(task + AGAIN, module, options)

    def twice(self, task: str, /, module: str = "vps_server", **options: Any) -> None:
        """Check mode and for real, for what fails."""
        self.task(task + CHECK, module, options, check_mode=True)
        self.task(task + REAL, module, options)

    def _flush(self) -> None:
        if self._control:
            # By a file: texts with braces are not to be templates.
            path = self.cli.folder / f"control-{len(self._tasks)}.json"
            path.write_text(
                json.dumps(
                    {"url": self.emulator.url.removesuffix("/api/v1"), "token": OTHER_CLIENT, "requests": self._control}
                )
            )
            self._tasks.append({"name": "The emulator", "emulator_control": {"file": str(path)}, "check_mode": False})
            self._control = []

    # Running

    def run(
        self,
        *args: str,
        both_ways: bool = False,
        complete: bool = True,
        play: dict[str, Any] | None = None,
        **options: Any,
    ) -> Ran:
        """Run the play. `both_ways`: a second time with separate modules, and compare all that was returned, printed
        and sent.

        `complete`: whether the results must account for every request that was sent. `options` are those of
        AnsibleCli.run.
        """
        here = self.run_once(True, complete, args, play or {}, options)
        if both_ways or ALWAYS_BOTH_WAYS:
            apart = self.run_once(False, complete, args, play or {}, options)
            assert_equal_outcomes(here, apart)
        return here

    def run_once(
        self, in_process: bool, complete: bool, args: tuple[str, ...], play: dict[str, Any], options: dict[str, Any]
    ) -> Ran:
        """Run the play once, through a proxy, which counts requests and can break them."""
        self._flush()
        self.emulator.reset()
        variables = {
            "vpsorg_in_process": in_process,
            "ansible_python_interpreter": CONTROLLER_PYTHON,
            **play.get("vars", {}),
        }
        settings = {"module_defaults": DEFAULTS, **play, "vars": variables}
        turns = _Turns(self.emulator, self._turns)
        with FaultProxy(self.emulator.url, *self._faults, port=self._port, on_record=turns) as proxy:
            env = {
                **PLUGIN_FOLDERS,
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_REMOTE_TMP": str(self.cli.folder / "remote"),
                "VPS_API_URL": proxy.url,
                "GIVEN_URL": proxy.url,  # for tests that give the address in another way
                **options.get("env", {}),
            }
            outcome = self.cli.tasks(self._tasks, *args, play=settings, **{"timeout": 240, **options, "env": env})
            assert outcome.rc in (0, 2), outcome.describe()
            assert proxy.unmet() == [], outcome.describe()
            assert turns.rest == [], outcome.describe()
            ran = Ran(outcome, [Sent.of(record) for record in proxy.history], complete)
        self._assert_reads_only(ran, everything="--check" in args)
        return ran

    def _assert_reads_only(self, ran: Ran, everything: bool) -> None:
        """Check mode and info modules send GET only, whatever a test is about."""
        for task in self._tasks:
            reading = everything or task.get("check_mode") or any(name.endswith("_info") for name in task)
            done = [*ran.items(task["name"]), *([ran.tasks[task["name"]]] if task["name"] in ran.tasks else [])]
            assert not reading or [one.writes for one in done if one.writes] == [], task["name"]


class _Turns:
    """Changes servers while they are looked at."""

    def __init__(self, emulator: Emulator, turns: list[tuple[int, int, dict[str, Any] | None]]) -> None:
        self._emulator = emulator
        self.rest = list(turns)
        self._looks: collections.Counter[str] = collections.Counter()

    def __call__(self, record: Record) -> None:
        if record.method != "GET":
            return
        self._looks[record.path] += 1
        for turn in list(self.rest):
            server_id, looks, fields = turn
            if record.path.endswith(f"/servers/{server_id}/") and self._looks[record.path] >= looks:
                self.rest.remove(turn)
                if fields is None:
                    self._emulator.remove(server_id)
                else:
                    self._emulator.change(server_id, **fields)


UNSTEADY = ("resource_usage", "created_at", "updated_at", "start", "end", "delta", "inside")
# What cannot be known before a server exists.
UNKNOWABLE = ("resource_usage", "created_at", "updated_at")


def foretold(check: dict[str, Any], real: dict[str, Any]) -> list[str]:
    """In what check mode and reality differ, of what can be known before."""
    problems = [key for key in ("changed", "diff", "drift") if check[key] != real[key]]
    if set(check) != set(real):
        problems.append(f"keys: {sorted(set(check) ^ set(real))}")
    if [(one["action"], one["name"], one.get("fields")) for one in check["actions"]] != [
        (one["action"], one["name"], one.get("fields")) for one in real["actions"]
    ]:
        problems.append(f"actions: {check['actions']} and {real['actions']}")
    if (check["server"] is None) != (real["server"] is None):
        problems.append("server: only one of them has any")
    elif check["server"] is not None:
        problems += _unlike(check["server"], real["server"], "server")
    return problems


def _unlike(before: dict[str, Any], after: dict[str, Any], where: str) -> list[str]:
    problems = [f"{where}: keys {sorted(set(before) ^ set(after))}"] if set(before) != set(after) else []
    for key in before.keys() & after.keys() - set(UNKNOWABLE):
        if isinstance(before[key], dict) and isinstance(after[key], dict):
            problems += _unlike(before[key], after[key], f"{where}.{key}")
        elif before[key] is not None and before[key] != after[key]:
            problems.append(f"{where}.{key}: {before[key]!r} and {after[key]!r}")
    return problems


def steady(value: Any) -> Any:
    """A result without what differs from run to run."""
    if isinstance(value, dict):
        kept = {key: steady(entry) for key, entry in value.items() if key not in UNSTEADY}
        if isinstance(kept.get("api"), dict) and kept["api"].pop("waited", 0):
            kept["api"].pop("requests")  # how many looks a wait takes
        return kept
    if isinstance(value, list):
        return [steady(entry) for entry in value]
    return value


def assert_equal_outcomes(here: Ran, apart: Ran) -> None:
    """The results of every task, the writes that were sent, and what was printed."""
    here_results, apart_results = here.outcome.results, apart.outcome.results
    assert [(entry.task, entry.kind, entry.status) for entry in here_results] == [
        (entry.task, entry.kind, entry.status) for entry in apart_results
    ]
    for one, other in zip(here_results, apart_results, strict=True):
        inside, outside = steady(one.result), steady(other.result)
        assert inside == outside, f"task {one.task}\ninside:  {inside}\noutside: {outside}"
    for name, done in here.tasks.items():
        assert done.write_bodies == apart[name].write_bodies, f"task {name}"
        if not done.result.get("api", {}).get("waited"):
            assert done.sent == apart[name].sent, f"task {name}"
    difference = "\n".join(
        difflib.unified_diff(_printed(here.outcome), _printed(apart.outcome), "inside", "outside", lineterm="")
    )
    assert not difference, difference


def _printed(outcome: CommandResult) -> list[str]:
    """What was printed, without what differs from run to run; verbose output tells of the transport and is not
    compared.
    """
    if any(argument.startswith("-v") for argument in outcome.command):
        return []
    return re.sub(
        r"(?m) => \{.*\}$", " => (a result)", re.sub(r"playbook-\d+\.yml", "playbook.yml", outcome.output)
    ).splitlines()
