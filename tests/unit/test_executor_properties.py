# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every fleet that is carried out: nothing is left to do, order does not matter, no response breaks it.

And what a Ctrl-C leaves behind.
"""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit import fakes
from unit.fakes import Account, Call, Reply, VirtualTime, list_item, page, server_detail, servers_over
from unit.test_any_response import ANY_JSON, places, replaced

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply import executor
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.executor import Executor
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job, Observer
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import End, Outcome, look_and_plan, refused
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.pollers import ListPoller
from ansible_collections.vpsorg.cloud.plugins.module_utils._client import concurrent
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.planner import FleetPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.values import plan_entries, summary_of_jobs
from helpers.facts import mentions

LIFE = {
    "provisioning": ("active", 60.0),
    "starting": ("active", 20.0),
    "stopping": ("stopped", 20.0),
    "rebooting": ("active", 20.0),
}
ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
NAMES = ["a", "b", "c", "d"]
OPTIONS = {
    "defaults": ENOUGH,
    "state": "present",
    "purge": False,
    "purge_match": None,
    "max_delete": 9,
    "concurrency": 1,
    "on_immutable_change": "recreate",
    "wait": True,
}
usual = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Living(Account):
    """An account whose servers go on to where their status leads, in virtual time. Its list shows what lists show."""

    def __init__(self, clock: VirtualTime, *servers: dict[str, Any]) -> None:
        super().__init__(*servers)
        self._clock = clock
        self._due: dict[int, float] = {}

    def __call__(self, call: Call) -> Reply:
        for number, server in self.servers.items():
            if server["status"] not in LIFE:
                self._due.pop(number, None)
                continue
            following, seconds = LIFE[server["status"]]
            if self._clock.now >= self._due.setdefault(number, self._clock.now + seconds):
                server.update(status=following, ip_address=server["ip_address"] or f"203.0.113.{number % 250}")
                del self._due[number]
        if call.path == "/servers/" and call.method == "GET":
            return page([_as_listed(server) for server in self.servers.values()])
        reply = super().__call__(call)
        return Reply(reply.status, copy.deepcopy(reply.body), reply.headers)


def _as_listed(server: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in server.items() if key not in ("id", "plan", "os")}
    return list_item(server["id"], **shown, plan_id=server["plan"]["id"], os_id=server["os"]["id"])


class FleetTask:
    """A fleet task over an account, ready to be run. `observer.interrupted` is told of a Ctrl-C."""

    def __init__(
        self, clock: VirtualTime, respond: Callable[[Call], Reply], declared: list[dict[str, Any]], **options: Any
    ) -> None:
        declaration = read_declaration({"servers": declared, **OPTIONS, **options})
        self.servers, self.http = servers_over(
            respond, clock, adopt_timeout=5.0, wait_interval=2.0, retries=2, retry_max_delay=1.0
        )
        self.planner = FleetPlanner(self.servers, declaration)
        self.lock = AccountLock(fakes.settings())
        self.observer = Told()
        poller = ListPoller(self.servers, declaration.concurrency)
        self.executor = Executor(self.servers, poller, self.lock, self.observer, concurrency=declaration.concurrency)

    def run(self) -> Outcome:
        """Look, plan and apply, as a module does."""
        plan = look_and_plan(self.planner, self.lock, self.servers.budget, check_mode=False)
        outcome = refused(plan) or self.executor.apply(plan)
        assert not self.lock.held
        return outcome


class Told(Observer):
    """Notes the jobs of an interrupted task."""

    jobs: Sequence[Job] | None = None

    def interrupted(self, jobs: Sequence[Job], why: str) -> None:
        self.jobs = jobs


def errors(outcome: Outcome) -> list[VpsError]:
    return [job.error for job in outcome.jobs if job.error]


DECLARED = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(NAMES)},
        optional={
            "plan_id": st.sampled_from([1, 2]),
            "hostname": st.sampled_from(["x.example.com", "y.example.com"]),
            "backups_enabled": st.booleans(),
            "power": st.sampled_from(["started", "stopped"]),
        },
    ),
    unique_by=lambda server: server["name"],
    max_size=4,
)
EXISTING = st.lists(
    st.builds(
        server_detail,
        st.integers(1, 99),
        name=st.sampled_from([*NAMES, "other"]),
        status=st.sampled_from(["active", "stopped", *LIFE]),
        plan_id=st.sampled_from([1, 2]),
        hostname=st.sampled_from([None, "x.example.com"]),
        backups_enabled=st.booleans(),
    ),
    unique_by=(lambda server: server["id"], lambda server: server["name"]),
    max_size=4,
)


@usual
@given(declared=DECLARED, existing=EXISTING, wait=st.booleans())
def test_a_fleet_carried_out_leaves_nothing_to_do(
    clock: VirtualTime, declared: list[dict[str, Any]], existing: list[dict[str, Any]], wait: bool
) -> None:
    account = Living(clock, *copy.deepcopy(existing))
    first = FleetTask(clock, account, declared, wait=wait).run()
    assert first.end is End.APPLIED and not errors(first)
    # Whoever did not wait comes back later.
    clock.advance(300)
    again = FleetTask(clock, account, declared, wait=wait)
    second = again.run()
    assert second.end is End.APPLIED and not errors(second) and plan_entries(second.plan.servers) == []
    assert again.http.count("GET") == len(again.http.calls)
    assert sorted(server["name"] for server in account.servers.values() if server["name"] != "other") == sorted(
        {server["name"] for server in (*declared, *existing)} - {"other"}
    ), "one server of each name, and nothing deleted that was not to be replaced"
    counts = summary_of_jobs(first.jobs)
    assert counts["failed"] == 0 and counts["unchanged"] == sum(not job.actions for job in first.jobs)


@usual
@given(declared=DECLARED, existing=EXISTING, chance=st.randoms(use_true_random=False))
def test_order_does_not_matter(
    clock: VirtualTime, declared: list[dict[str, Any]], existing: list[dict[str, Any]], chance: random.Random
) -> None:
    """Neither that of the declaration nor that of the account's list."""

    def ended(servers: list[dict[str, Any]], desired: list[dict[str, Any]]) -> tuple[Any, Any]:
        account = Living(clock, *copy.deepcopy(servers))
        outcome = FleetTask(clock, account, desired).run()
        # How far a server has come that nobody waited for is a matter of how long the others took.
        for _look in range(2):
            account(Call("GET", "/servers/", (), None, clock.now))
            clock.advance(300)
        account(Call("GET", "/servers/", (), None, clock.now))
        planned = sorted(
            (entry["name"], entry["action"], sorted(entry["fields"].items()))
            for entry in plan_entries(outcome.plan.servers)
        )
        shown = ("name", "status", "hostname", "plan", "backups_enabled")
        kept = sorted(({key: server[key] for key in shown} for server in account.servers.values()), key=repr)
        return planned, kept

    other_declared, other_existing = chance.sample(declared, len(declared)), chance.sample(existing, len(existing))
    assert ended(existing, declared) == ended(other_existing, other_declared)


@usual
@given(
    declared=DECLARED,
    existing=EXISTING,
    changes=st.dictionaries(st.integers(1, 25), st.tuples(st.integers(0, 300), ANY_JSON), min_size=1, max_size=5),
)
def test_any_json_in_any_response_on_the_way(
    clock: VirtualTime,
    declared: list[dict[str, Any]],
    existing: list[dict[str, Any]],
    changes: dict[int, tuple[int, Any]],
) -> None:
    account, count = Living(clock, *copy.deepcopy(existing)), 0

    def tampered(call: Call) -> Reply:
        nonlocal count
        count += 1
        reply = account(call)
        if count not in changes or reply.body is None:
            return reply
        number, value = changes[count]
        known = places(reply.body)
        body = replaced(copy.deepcopy(reply.body), known[number % len(known)], value)
        return Reply(reply.status, body, reply.headers)

    task = FleetTask(clock, tampered, declared, on_immutable_change="warn")
    try:
        outcome = task.run()
    except VpsError as error:
        assert str(error) and not task.lock.held and task.http.count("GET") == len(task.http.calls)
        return
    if outcome.end is End.REFUSED:
        assert outcome.plan.is_refused and task.http.count("GET") == len(task.http.calls)
        return
    assert all(str(error) for error in errors(outcome))
    creates = [call.body["name"] for call in task.http.calls if call.method == "POST" and call.path == "/servers/"]
    assert len(creates) == len(set(creates)), "asked for twice without proof of a refusal"


def test_a_list_that_never_shows_a_new_server_is_a_warning_in_the_end(clock: VirtualTime) -> None:
    account = Living(clock)

    def respond(call: Call) -> Reply:
        return page([]) if call.path == "/servers/" and call.method == "GET" else account(call)

    (job,) = FleetTask(clock, respond, [{"name": "a"}], wait=False).run().jobs
    assert job.error is None and 60 <= clock.now - 1000 < 70
    assert [text for text in job.warnings if "could not be checked: the list of servers does not show it yet" in text]


def test_a_time_limit_in_the_middle_of_a_look_loses_nothing_of_the_look_before_it(clock: VirtualTime) -> None:
    """Two pages, each of which takes a second: the second page of the last look would begin too late."""
    account = Account(
        *(server_detail(number, name=name, status="provisioning") for number, name in enumerate(NAMES, 1))
    )

    def respond(call: Call) -> Reply:
        clock.advance(1.0)
        if call.path != "/servers/" or call.method != "GET":
            return account(call)
        listed = [_as_listed(server) for server in account.servers.values()]
        if ("page", "2") in call.query:
            return page(listed[2:], count=4, next=None)
        return page(listed[:2], count=4, next="https://127.0.0.1:9/api/v1/servers/?page=2")

    task = FleetTask(clock, respond, [{"name": name} for name in NAMES])
    task.servers.budget.limit = 30.0
    outcome = task.run()
    assert ("page", "2") not in task.http.calls[-1].query and clock.now < 1000 + 30 + 2
    for job in outcome.jobs:
        assert job.status == "provisioning" and mentions(job.error, 30, "until it is active with an address"), job.name


# What a Ctrl-C means for creates


@pytest.fixture
def lock_in_the_end(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether another task could take the lock, each time that an interrupted task waits for the last responses."""
    free: list[bool] = []

    def wait_for_rest(_seconds: float) -> None:
        another = AccountLock(fakes.settings())
        free.append(another.try_acquire())
        another.release()

    monkeypatch.setattr(executor, "wait_for_rest", wait_for_rest)
    return free


def interrupted_by(problem: BaseException, account: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """An account during whose first POST something comes in between."""

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            raise problem
        return account(call)

    return respond


@pytest.mark.parametrize("recreates", [False, True])
def test_a_ctrl_c_keeps_the_lock_until_the_responses_are_in(
    clock: VirtualTime, lock_in_the_end: list[bool], recreates: bool
) -> None:
    account = Living(clock, *([server_detail(7, name="a", plan_id=2)] if recreates else []))
    task = FleetTask(clock, interrupted_by(KeyboardInterrupt(), account), [{"name": "a"}])
    outcome = task.run()
    assert lock_in_the_end == [False]
    assert outcome.end is End.INTERRUPTED and [job.outcome_is_open for job in outcome.jobs] == [True]
    assert [job.changed for job in outcome.jobs] == [True] and [job.error for job in outcome.jobs] == [None]
    assert task.observer.jobs is outcome.jobs
    assert task.http.methods()[-1] == "POST", "nothing is sent any more"
    with pytest.raises(Cancelled):
        task.servers.budget.before_request()


def test_a_create_under_way_at_a_ctrl_c_still_tells_its_id(clock: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two creates, which threads send: its response comes when the task is already ending."""
    account, second_is_sent, task_is_ending = Living(clock), threading.Event(), threading.Event()
    creates = 0

    def respond(call: Call) -> Reply:
        nonlocal creates
        creates += call.method == "POST"
        if creates == 2 and call.method == "POST":
            second_is_sent.set()
            assert task_is_ending.wait(20)
            assert task.lock.held
        return account(call)

    def interrupted(_results: Any) -> Any:
        assert second_is_sent.wait(20)
        raise KeyboardInterrupt

    def wait_for_rest(_seconds: float) -> None:
        task_is_ending.set()
        concurrent.wait_for_rest(20)

    monkeypatch.setattr(executor, "wait_for_rest", wait_for_rest)
    task = FleetTask(clock, respond, [{"name": "a"}, {"name": "b"}], concurrency=2)
    monkeypatch.setattr(concurrent, "_next", interrupted)
    outcome = task.run()
    assert outcome.end is End.INTERRUPTED
    assert {job.name: job.server_id for job in outcome.jobs} == {
        server["name"]: number for number, server in account.servers.items()
    }
    assert [[action["action"] for action in job.actions] for job in outcome.jobs] == [["create"], ["create"]]
    assert not any(job.outcome_is_open for job in outcome.jobs)


class TaskTimeout(BaseException):
    """As raised by the time limit that Ansible's own keyword `timeout` sets."""


def test_another_end_from_outside_is_passed_on_with_the_same_care(
    clock: VirtualTime, lock_in_the_end: list[bool]
) -> None:
    task = FleetTask(clock, interrupted_by(TaskTimeout(), Living(clock)), [{"name": "a"}])
    with pytest.raises(TaskTimeout):
        task.run()
    assert lock_in_the_end == [False] and not task.lock.held
    assert task.observer.jobs is not None and [job.outcome_is_open for job in task.observer.jobs] == [True]


def test_a_bug_lets_go_of_the_lock(clock: VirtualTime) -> None:
    task = FleetTask(clock, interrupted_by(ZeroDivisionError(), Living(clock)), [{"name": "a"}])
    with pytest.raises(ZeroDivisionError):
        task.run()
    assert not task.lock.held and task.observer.jobs is None
