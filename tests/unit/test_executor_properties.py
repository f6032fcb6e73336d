# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every fleet that is carried out: nothing is left to do, order does not matter, and no answer makes it
fall over.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.fakes import Account, Call, Reply, ScriptedHttp, VirtualTime, list_item, page, server_detail, virtual_budget
from unit.test_any_response import ANY_JSON, places, replaced

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply import executor
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.executor import Executor
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job, Observer
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import End, look_and_plan, refused
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.pollers import ListPoller
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.planner import FleetPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.results import plan_entries, summary_of_jobs
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers

LIFE = {
    "provisioning": ("active", 60.0),
    "starting": ("active", 20.0),
    "stopping": ("stopped", 20.0),
    "rebooting": ("active", 20.0),
}
ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
NAMES = ["a", "b", "c", "d"]
usual = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Living(Account):
    """An account whose servers go on to where their status leads, in virtual time, and whose list shows what lists
    show.
    """

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


class Carried:
    """A fleet that was carried out over an account."""

    def __init__(
        self,
        clock: VirtualTime,
        respond: Any,
        declared: list[dict[str, Any]],
        *,
        observer: Observer | None = None,
        **options: Any,
    ) -> None:
        params = {
            "servers": declared,
            "defaults": ENOUGH,
            "state": "present",
            "purge": False,
            "purge_match": None,
            "max_delete": 9,
            "concurrency": 1,
        }
        params |= {"on_immutable_change": "recreate", "wait": True, **options}
        self.http = ScriptedHttp(respond, clock)
        client = ApiClient(self.http, virtual_budget(clock, retries=2, retry_max_delay=1.0))
        servers = Servers(client, adopt_timeout=5.0, wait_interval=2.0)
        self.lock = AccountLock(self.http._settings)
        planner = FleetPlanner(servers, read_declaration(params))
        engine = Executor(servers, ListPoller(servers, 1), self.lock, observer or Observer())
        plan = look_and_plan(planner, self.lock, client.budget, check_mode=False)
        self.outcome = refused(plan) or engine.apply(plan)
        assert not self.lock.held
        self.jobs: list[Job] = list(self.outcome.jobs)
        self.errors = [job.error for job in self.jobs if job.error]
        self.entries = plan_entries(plan.servers)


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
FOUND = st.lists(
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
@given(declared=DECLARED, found=FOUND, wait=st.booleans())
def test_a_fleet_carried_out_leaves_nothing_to_do(
    clock: VirtualTime, declared: list[dict[str, Any]], found: list[dict[str, Any]], wait: bool
) -> None:
    account = Living(clock, *copy.deepcopy(found))
    first = Carried(clock, account, declared, wait=wait)
    assert not first.errors
    # Whoever did not wait comes back later.
    clock.advance(300)
    again = Carried(clock, account, declared, wait=wait)
    assert not again.errors and again.entries == []
    assert again.http.count("GET") == len(again.http.calls)
    assert sorted(server["name"] for server in account.servers.values() if server["name"] != "other") == sorted(
        {server["name"] for server in (*declared, *found)} - {"other"}
    ), "one server of each name, and nothing deleted that was not to be replaced"
    counts = summary_of_jobs(first.jobs)
    assert counts["failed"] == 0 and counts["unchanged"] == sum(not job.actions for job in first.jobs)


@usual
@given(declared=DECLARED, found=FOUND, chance=st.randoms(use_true_random=False))
def test_order_does_not_matter(
    clock: VirtualTime, declared: list[dict[str, Any]], found: list[dict[str, Any]], chance: random.Random
) -> None:
    """Neither that of the declaration nor that of the account's list."""

    def ended(servers: list[dict[str, Any]], wishes: list[dict[str, Any]]) -> tuple[Any, Any]:
        account = Living(clock, *copy.deepcopy(servers))
        carried = Carried(clock, account, wishes)
        # How far a server has come that nobody waited for is a matter of how long the others took.
        for _look in range(2):
            account(Call("GET", "/servers/", (), None, clock.now))
            clock.advance(300)
        account(Call("GET", "/servers/", (), None, clock.now))
        planned = sorted((entry["name"], entry["action"], sorted(entry["fields"].items())) for entry in carried.entries)
        shown = ("name", "status", "hostname", "plan", "backups_enabled")
        kept = sorted(({key: server[key] for key in shown} for server in account.servers.values()), key=repr)
        return planned, kept

    other_wishes, other_servers = chance.sample(declared, len(declared)), chance.sample(found, len(found))
    assert ended(found, declared) == ended(other_servers, other_wishes)


@usual
@given(
    declared=DECLARED,
    found=FOUND,
    changes=st.dictionaries(st.integers(1, 25), st.tuples(st.integers(0, 300), ANY_JSON), min_size=1, max_size=5),
)
def test_any_json_in_any_answer_on_the_way(
    clock: VirtualTime, declared: list[dict[str, Any]], found: list[dict[str, Any]], changes: dict[int, tuple[int, Any]]
) -> None:
    account, count = Living(clock, *copy.deepcopy(found)), 0

    def tampered(call: Call) -> Reply:
        nonlocal count
        count += 1
        reply = account(call)
        if count not in changes or reply.body is None:
            return reply
        number, value = changes[count]
        known = places(reply.body)
        return Reply(
            reply.status, replaced(copy.deepcopy(reply.body), known[number % len(known)], value), reply.headers
        )

    try:
        carried = Carried(clock, tampered, declared, on_immutable_change="warn")
    except VpsError as error:
        assert str(error)
        return
    assert all(str(error) for error in carried.errors)
    creates = [call.body["name"] for call in carried.http.calls if call.method == "POST" and call.path == "/servers/"]
    assert len(creates) == len(set(creates)), "asked for twice without proof of a refusal"


# What a lagging list and a Ctrl-C mean for creates


def test_a_list_that_never_shows_a_new_server_is_a_warning_in_the_end(clock: VirtualTime) -> None:
    account = Living(clock)

    def respond(call: Call) -> Reply:
        return page([]) if call.path == "/servers/" and call.method == "GET" else account(call)

    carried = Carried(clock, respond, [{"name": "a"}], wait=False)
    (job,) = carried.jobs
    assert job.error is None and 60 <= clock.now - 1000 < 70
    assert [text for text in job.warnings if "could not be checked: the list of servers does not show it yet" in text]


@pytest.mark.parametrize("recreates", [False, True])
def test_a_ctrl_c_keeps_the_lock_until_the_responses_are_in(
    clock: VirtualTime, monkeypatch: pytest.MonkeyPatch, recreates: bool
) -> None:
    account = Living(clock, *([server_detail(7, name="a", plan_id=2)] if recreates else []))
    locks: list[AccountLock] = []
    held_while_waiting: list[bool] = []
    told: list[list[tuple[str | None, bool]]] = []

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            raise KeyboardInterrupt
        return account(call)

    class Told(Observer):
        def interrupted(self, jobs: Sequence[Job]) -> None:
            told.append([(job.name, job.outcome_is_open) for job in jobs])

    take = AccountLock.try_acquire
    monkeypatch.setattr(AccountLock, "try_acquire", lambda lock: (locks.append(lock), take(lock))[1])
    monkeypatch.setattr(executor, "wait_for_rest", lambda _seconds: held_while_waiting.append(locks[0].held))
    carried = Carried(clock, respond, [{"name": "a"}], observer=Told())
    assert carried.outcome.end is End.INTERRUPTED and [job.changed for job in carried.jobs] == [True]
    assert held_while_waiting == [True] and not locks[0].held
    assert told == [[("a", True)]], "who hears of it knows that a create is under way"
    assert carried.http.calls[-1].method == "POST", "nothing is sent any more"


class Stop(BaseException):
    """As the time limit of Ansible's own keyword `timeout` ends a task."""


def test_whatever_else_ends_a_task_is_passed_on_when_the_last_words_are_said(clock: VirtualTime) -> None:
    told: list[int] = []

    def respond(call: Call) -> Reply:
        if call.method == "POST":
            raise Stop
        return page([])

    class Told(Observer):
        def interrupted(self, jobs: Sequence[Job]) -> None:
            told.append(len(jobs))

    with pytest.raises(Stop):
        Carried(clock, respond, [{"name": "a"}], observer=Told())
    assert told == [1]
