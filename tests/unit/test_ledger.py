# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task has learned of creates: what may still be created, and what may still be deleted to be created anew."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import lost, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.ledger import CreateLedger
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.http import ExchangeFailure, Response
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.endpoints import SERVERS
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from helpers.facts import mentions

SMALL = {"plan_id": 1, "os_id": 5, "location": "us-west"}
BIG = {**SMALL, "plan_id": 2}


def failed(kind: FailureKind, words: str) -> ApiError:
    return ApiError("POST", SERVERS, ExchangeFailure(kind, words, response=Response(400, {}, b"")))


REFUSED = failed(FailureKind.INVALID, "Unknown plan.")
NO_CREDIT = failed(FailureKind.NO_CREDIT, "Insufficient credits.")
UNCLEAR = [ApiError("POST", SERVERS, lost()), VpsError("Two of that name."), failed(FailureKind.BUSY, "Busy.")]


def recreated(number: int, fields: dict[str, Any] = SMALL) -> Job:
    """A server that is to be deleted and created anew."""
    existing = server_detail(number, name=f"web-{number}", plan_id=9)
    return Job.of(plan_present(DesiredServer(f"web-{number}", fields=fields, on_immutable_change="recreate"), existing))


def test_nothing_is_known_at_first() -> None:
    ledger = CreateLedger()
    assert ledger.against_create() is None and ledger.against_recreation(SMALL) is None


def test_without_credit_nothing_is_created_and_nothing_deleted() -> None:
    ledger = CreateLedger()
    ledger.failed(SMALL, NO_CREDIT)
    for objection in (ledger.against_create(), ledger.against_recreation(SMALL), ledger.against_recreation(BIG)):
        assert objection is not None and not objection.changed and mentions(objection, "Insufficient credits.")


def test_a_refusal_concerns_what_is_alike_only() -> None:
    ledger = CreateLedger()
    ledger.failed({"name": "a", "hostname": "a.example.com", **SMALL}, REFUSED)
    assert ledger.against_create() is None and ledger.against_recreation(BIG) is None
    objection = ledger.against_recreation({"name": "b", **SMALL})
    assert objection is not None and mentions(objection, "Unknown plan.")


@pytest.mark.parametrize("error", UNCLEAR, ids=["lost", "ambiguous", "busy"])
def test_a_failure_that_says_nothing_about_the_next_stops_all_deletions(error: VpsError) -> None:
    ledger = CreateLedger()
    ledger.failed(SMALL, error)
    assert ledger.against_create() is None, "others may still be created: nothing is lost by that"
    objection = ledger.against_recreation(BIG)
    assert objection is not None and objection.cause is error


def test_what_was_accepted_is_not_refused_afterwards_and_the_other_way_round() -> None:
    ledger = CreateLedger()
    ledger.accepted(SMALL)
    ledger.failed(SMALL, REFUSED)
    assert ledger.against_recreation(SMALL) is None
    ledger = CreateLedger()
    ledger.failed(SMALL, REFUSED)
    ledger.accepted(SMALL)
    assert ledger.against_recreation(SMALL) is None


def test_one_of_all_goes_first() -> None:
    jobs = [recreated(1), recreated(2), recreated(3, BIG)]
    assert CreateLedger().held_back(jobs) == {1, 2}


def test_then_one_of_each_that_are_alike() -> None:
    ledger = CreateLedger()
    jobs = [recreated(1), recreated(2), recreated(3, BIG), recreated(4, BIG)]
    ledger.accepted(jobs[0].plan.create_fields or {})
    assert ledger.held_back(jobs) == {3}


def test_while_the_canary_is_under_way_the_others_wait() -> None:
    jobs = [recreated(1), recreated(2)]
    jobs[0].steps.popleft()
    assert CreateLedger().held_back(jobs) == {1}


def test_nobody_waits_for_what_is_decided() -> None:
    jobs = [recreated(1), recreated(2)]
    for error in (NO_CREDIT, UNCLEAR[0], REFUSED):
        ledger = CreateLedger()
        ledger.failed(jobs[0].plan.create_fields or {}, error)
        assert ledger.held_back(jobs) == set(), "each fails by itself, before its deletion"


def test_a_create_without_a_deletion_is_never_held_back() -> None:
    created = Job.of(plan_present(DesiredServer("new", fields=SMALL), None))
    assert CreateLedger().held_back([created, recreated(1)]) == set()
