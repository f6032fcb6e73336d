# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task learns of creates, and what follows: what is still created, deleted to be created anew, or held back."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import FIELDS, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.ledger import CreateLedger
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import (
    About,
    Cancelled,
    TimeLimitReached,
    UnknownOutcome,
    VpsError,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.endpoints import SERVERS
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan, Step
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import Goal
from helpers.facts import mentions

SMALL = {**FIELDS, "backups_enabled": False}
SMALL_TOO = {**SMALL, "name": "web-02", "hostname": "web-02.example.com"}  # but for what is its own
LARGE = {**SMALL, "name": "db-01", "plan_id": 2}
REFUSED_AS_SUCH = [kind for kind in FailureKind if kind.proof is Proof.REFUSED and kind is not FailureKind.NO_CREDIT]


def failure(kind: FailureKind) -> ApiError:
    return ApiError("POST", SERVERS, ExchangeFailure(kind, f"what {kind.name} says"))


UNCLEAR: list[VpsError] = [
    *(failure(kind) for kind in FailureKind if kind.proof is not Proof.REFUSED),
    UnknownOutcome("Nobody knows.", about=About("web-01"), cause=failure(FailureKind.LOST)),
    TimeLimitReached("Too late."),
    Cancelled("Ended."),
    VpsError("Two servers of this name have appeared."),
]


def named(problem: VpsError) -> str:
    return problem.kind.name if isinstance(problem, ApiError) else type(problem).__name__


def cause_of(objection: VpsError | None) -> VpsError | None:
    """The error that an objection gives as its reason. Its own words are in the message too."""
    if objection is None:
        return None
    assert objection.cause is not None and objection.cause.reason in str(objection)
    return objection.cause


# What is learnt


def test_at_first_nothing_speaks_against_anything() -> None:
    ledger = CreateLedger()
    assert ledger.against_create() is None and ledger.against_recreation(SMALL) is None


def test_without_credit_nothing_more_is_created_and_nothing_deleted_for_it() -> None:
    ledger = CreateLedger()
    ledger.accepted(SMALL)
    problem = failure(FailureKind.NO_CREDIT)
    ledger.failed(LARGE, problem)
    assert cause_of(ledger.against_create()) is problem
    for fields in (SMALL, LARGE):
        assert cause_of(ledger.against_recreation(fields)) is problem
    for objection in (ledger.against_create(), ledger.against_recreation(SMALL)):
        assert objection is not None and mentions(objection, "credit") and not objection.changed


@pytest.mark.parametrize("kind", REFUSED_AS_SUCH, ids=lambda kind: kind.name)
def test_a_refused_create_speaks_against_those_that_are_alike(kind: FailureKind) -> None:
    """The same plan, system, location and so on; name and host name are each server's own."""
    ledger = CreateLedger()
    problem = failure(kind)
    ledger.failed(SMALL, problem)
    assert cause_of(ledger.against_recreation(SMALL)) is problem
    assert cause_of(ledger.against_recreation(SMALL_TOO)) is problem
    assert ledger.against_recreation(LARGE) is None
    assert ledger.against_create() is None, "a create costs nothing that is there"


@pytest.mark.parametrize("problem", UNCLEAR, ids=named)
def test_any_other_failure_speaks_against_every_recreation(problem: VpsError) -> None:
    """It says nothing about the next create, so that nothing is risked for one."""
    ledger = CreateLedger()
    ledger.accepted(SMALL)
    ledger.failed(LARGE, problem)
    for fields in (SMALL, LARGE):
        assert cause_of(ledger.against_recreation(fields)) is problem
    assert ledger.against_create() is None


def test_the_first_of_several_failures_is_told() -> None:
    ledger = CreateLedger()
    first, second = failure(FailureKind.LOST), failure(FailureKind.SERVER_ERROR)
    ledger.failed(SMALL, first)
    ledger.failed(LARGE, second)
    assert cause_of(ledger.against_recreation(LARGE)) is first
    ledger = CreateLedger()
    first, second = failure(FailureKind.INVALID), failure(FailureKind.REJECTED)
    ledger.failed(SMALL, first)
    ledger.failed(SMALL_TOO, second)
    assert cause_of(ledger.against_recreation(SMALL)) is first


@pytest.mark.parametrize("order", ["accepted, refused", "refused, accepted"])
def test_a_create_that_was_taken_weighs_more_than_one_like_it_that_was_refused(order: str) -> None:
    """What was refused then was something of its own, such as its name."""
    ledger = CreateLedger()
    for word in order.split(", "):
        if word == "accepted":
            ledger.accepted(SMALL)
        else:
            ledger.failed(SMALL_TOO, failure(FailureKind.INVALID))
    assert ledger.against_recreation(SMALL) is None and ledger.against_recreation(SMALL_TOO) is None


# Who is held back


def recreation(fields: dict[str, Any], number: int) -> Job:
    """A server that is to be deleted and created anew, with another plan than it has."""
    existing: Any = server_detail(number, name=fields["name"], plan_id=9)
    declared = {option: value for option, value in fields.items() if option != "name"}
    job = Job.of(plan_present(DesiredServer(fields["name"], None, declared, on_immutable_change="recreate"), existing))
    assert [step.kind for step in job.steps] == ["delete", "wait", "create", "wait"]
    return job


def recreations(*all_fields: dict[str, Any]) -> list[Job]:
    return [recreation(fields, 11 + number) for number, fields in enumerate(all_fields)]


def go_on(job: Job, steps: int) -> None:
    for _step in range(steps):
        job.steps.popleft()


def test_of_those_to_be_recreated_one_goes_first() -> None:
    """Whatever the others are like: nothing shows yet that the API takes any create."""
    assert CreateLedger().held_back(recreations(SMALL, SMALL_TOO, LARGE)) == {1, 2}


def test_nobody_is_held_back_who_does_not_delete_for_a_create() -> None:
    existing: Any = server_detail(7)
    create = ServerPlan(DesiredServer("a"), None, (Step("create", fields=SMALL), Step("wait", goal=Goal.READY)))
    delete = ServerPlan(DesiredServer("b"), existing, (Step("delete"), Step("wait", goal=Goal.GONE)))
    update = ServerPlan(DesiredServer("c"), existing, (Step("update", fields={"hostname": "c.example.com"}),))
    unchanged = ServerPlan(DesiredServer("d"), existing)
    jobs = [Job.of(plan) for plan in (create, delete, update, unchanged)]
    assert CreateLedger().held_back(jobs) == set()
    assert CreateLedger().held_back([*jobs, *recreations(SMALL, LARGE)]) == {5}, "and none of them is a canary"


@pytest.mark.parametrize("steps", [1, 2], ids=["deleted", "gone"])
def test_while_the_canary_is_under_way_the_others_wait(steps: int) -> None:
    jobs = recreations(SMALL, SMALL_TOO, LARGE)
    go_on(jobs[0], steps)
    assert CreateLedger().held_back(jobs) == {1, 2}


def test_the_canary_need_not_be_the_first() -> None:
    jobs = recreations(SMALL, SMALL_TOO, LARGE)
    go_on(jobs[1], 1)
    assert CreateLedger().held_back(jobs) == {0, 2}


def test_another_goes_first_where_the_canary_could_not_even_be_deleted() -> None:
    jobs = recreations(SMALL, SMALL_TOO, LARGE)
    jobs[0].fail(VpsError("It can't be deleted."))
    assert CreateLedger().held_back(jobs) == {2}


def test_after_a_create_was_taken_its_likes_go_and_of_the_others_one_of_each_kind() -> None:
    larger = {**LARGE, "name": "db-03", "os_id": 6}
    jobs = recreations(SMALL, SMALL_TOO, LARGE, {**LARGE, "name": "db-02"}, larger)
    ledger = CreateLedger()
    go_on(jobs[0], 3)
    ledger.accepted(SMALL)
    assert ledger.held_back(jobs) == {3}
    go_on(jobs[2], 2)
    assert ledger.held_back(jobs) == {3}
    go_on(jobs[2], 1)
    ledger.accepted(LARGE)
    assert ledger.held_back(jobs) == set()


def test_a_create_of_a_new_server_shows_what_a_canary_would() -> None:
    ledger = CreateLedger()
    ledger.accepted(SMALL)
    assert ledger.held_back(recreations(SMALL_TOO, {**SMALL, "name": "web-03"}, LARGE)) == set()


def test_those_like_a_refused_one_are_not_held_back_but_fail_before_their_deletion() -> None:
    """And of the others one goes first, as long as nothing was taken."""
    jobs = recreations(SMALL, SMALL_TOO, LARGE, {**LARGE, "name": "db-02", "os_id": 6})
    ledger = CreateLedger()
    problem = failure(FailureKind.INVALID)
    go_on(jobs[0], 2)
    jobs[0].fail(problem)
    ledger.failed(SMALL, problem)
    assert ledger.held_back(jobs) == {3}
    assert ledger.against_recreation(SMALL_TOO) is not None and ledger.against_recreation(LARGE) is None


@pytest.mark.parametrize("kind", [FailureKind.NO_CREDIT, FailureKind.LOST, FailureKind.UNREACHED], ids=lambda k: k.name)
def test_after_a_failure_that_concerns_all_nobody_is_held_back_but_all_fail(kind: FailureKind) -> None:
    """Whoever was held back would wait for ever."""
    jobs = recreations(SMALL, SMALL_TOO, LARGE)
    ledger = CreateLedger()
    go_on(jobs[0], 2)
    ledger.failed(SMALL, failure(kind))
    assert ledger.held_back(jobs) == set()
    assert all(ledger.against_recreation(fields) is not None for fields in (SMALL, SMALL_TOO, LARGE))
