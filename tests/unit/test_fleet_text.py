# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet returns of its plans and its failures, and how both read."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import About, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.text import (
    failures_in_sentences,
    plan_lines,
    plan_sentence,
    result_sentence,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.values import (
    COUNTED_OF_DECLARATIONS,
    diffs,
    drifts,
    errors,
    plan_entries,
    summary,
    summary_of_plans,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.endpoints import one_server
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import ambiguity
from helpers.facts import mentions, times

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def planned(name: str, existing: dict[str, Any] | None, **declared: Any) -> ServerPlan:
    power, choice = declared.pop("power", None), declared.pop("on_immutable_change", "recreate")
    return plan_present(DesiredServer(name, fields=declared, power=power, on_immutable_change=choice), existing)


PLANS = (
    planned("web-1", server_detail(1, name="web-1"), hostname="new.example.com"),
    planned("web-2", server_detail(2, name="web-2", plan_id=3), plan_id=1),
    planned("web-3", server_detail(3, name="web-3", status="stopped"), power="started"),
    planned("web-4", None, **ENOUGH, ssh_key_id=9, power="stopped"),
    planned("web-5", server_detail(5, name="web-5"), **ENOUGH),
)


def test_plan_entries_say_what_is_sent_and_why() -> None:
    entries = plan_entries(PLANS)
    assert [tuple(entry) for entry in entries] == [("action", "name", "id", "fields", "reason")] * len(entries)
    shown = [(entry["action"], entry["name"], entry["id"], entry["fields"], entry["reason"]) for entry in entries]
    kept = {"hostname": "web01.example.com", "backups_enabled": False}
    assert shown == [
        ("update", "web-1", 1, {"hostname": "new.example.com"}, "hostname differs"),
        ("delete", "web-2", 2, {}, "recreated: plan_id is 3, declared 1"),
        ("create", "web-2", None, {"plan_id": 1, "os_id": 5, "location": "us-west", **kept}, "recreated"),
        ("start", "web-3", 3, {}, "status is stopped"),
        ("create", "web-4", None, {**ENOUGH, "ssh_key_id": 9}, "no server has this name"),
        ("stop", "web-4", None, {}, "declared stopped"),
    ]
    assert [diff["before_header"] for diff in diffs(PLANS)] == ["web-1", "web-2", "web-3", "web-4"]


def test_a_plan_reads_as_one_line_for_every_action() -> None:
    lines = plan_lines(PLANS)
    assert lines[0] == "  ~ update web-1  id 1, hostname differs (hostname: new.example.com)"
    assert lines[1] == "  - delete web-2  id 2, recreated: plan_id is 3, declared 1"
    assert lines[3] == "  > start  web-3  id 3, status is stopped"
    assert lines[4].startswith(
        "  + create web-4  no server has this name (plan_id: 1, os_id: 5, location: us-west, ssh_key_id: 9)"
    )
    assert len(lines) == 6 and plan_lines(()) == []


def test_a_plan_reads_as_one_sentence_of_counts() -> None:
    assert plan_sentence(PLANS) == "Plan: 1 to create, 1 to recreate, 1 to update, 1 to start, 1 to stop, 1 unchanged"
    assert plan_sentence([plan_absent(DesiredServer("a"), server_detail(name="a"))]) == "Plan: 1 to delete, 0 unchanged"
    assert plan_sentence([]) == "Plan: 0 unchanged"


def test_a_server_that_ended_badly_is_not_counted_as_unchanged() -> None:
    plan = planned("web-1", server_detail(1, name="web-1", status="error"), **ENOUGH)
    counts = summary_of_plans([plan])
    assert (counts["failed"], counts["unchanged"]) == (1, 0) and "0 unchanged, 1 " in plan_sentence([plan])


def test_drift_names_the_server() -> None:
    plan = planned(
        "web-1", server_detail(1, name="web-1", plan_id=3, location="eu-north"), **ENOUGH, on_immutable_change="warn"
    )
    assert drifts([plan, *PLANS[2:]]) == [
        {"name": "web-1", "id": 1, "field": "plan_id", "have": 3, "want": 1},
        {"name": "web-1", "id": 1, "field": "location", "have": "eu-north", "want": "us-west"},
    ]


@pytest.mark.parametrize(
    ("actions", "failed", "counted"),
    [
        ([], False, {"unchanged": 1}),
        ([], True, {"failed": 1}),
        (["create"], False, {"created": 1}),
        (["adopt"], False, {"adopted": 1}),
        (["create"], True, {"created": 1, "failed": 1}),
        (["create", "stop"], False, {"created": 1, "stopped": 1}),
        (["update", "start"], False, {"updated": 1, "started": 1}),
        (["delete"], False, {"deleted": 1}),
        (["delete", "create"], False, {"recreated": 1}),
        (["delete", "adopt", "stop"], False, {"recreated": 1, "stopped": 1}),
        (["delete"], True, {"deleted": 1, "failed": 1}),
        (["reboot"], False, {"rebooted": 1}),
        (["reboot"], True, {"rebooted": 1, "failed": 1}),
    ],
)
def test_summary_counts_servers(actions: list[str], failed: bool, counted: dict[str, int]) -> None:
    counts = summary([(actions, failed)])
    assert {word: count for word, count in counts.items() if count} == counted
    assert [word for word in counts if word in COUNTED_OF_DECLARATIONS] == [
        "created",
        "adopted",
        "updated",
        "started",
        "stopped",
        "recreated",
        "deleted",
        "unchanged",
        "failed",
    ]


def test_sentences() -> None:
    counts = summary([(["create"], False)] * 3 + [(["update"], False)] + [(["delete"], False)] * 2 + [([], False)] * 94)
    assert result_sentence(counts) == "3 created, 1 updated, 2 deleted, 94 unchanged"
    assert result_sentence(summary([])) == "0 unchanged"


# Failures


def no_credit(number: int, **more: Any) -> VpsError:
    return VpsError("There is no credit left.", about=About(f"web-{number}", number), **more)


def test_failures_are_returned_one_by_one() -> None:
    assert errors([no_credit(1), VpsError("No.", about=About("new"))]) == [
        {"name": "web-1", "id": 1, "msg": "Server web-1 (id 1): There is no credit left."},
        {"name": "new", "id": None, "msg": "Server new: No."},
    ]


def test_one_failure_reads_as_it_is() -> None:
    assert failures_in_sentences([no_credit(1)]) == str(no_credit(1))
    assert failures_in_sentences([]) == ""


def test_servers_that_failed_for_one_reason_are_in_one_sentence() -> None:
    text = failures_in_sentences([no_credit(1), VpsError("No.", about=About("other", 9)), no_credit(2)])
    assert text == "Servers web-1 (id 1), web-2 (id 2): There is no credit left. Server other (id 9): No."


def test_a_request_of_each_server_is_one_reason() -> None:
    """Their ids are in the path, and do not make them different failures."""
    failure = ExchangeFailure(FailureKind.LOST, "the response was lost")
    text = failures_in_sentences(
        VpsError("It failed.", about=About(f"web-{number}", number), cause=ApiError("GET", one_server(number), failure))
        for number in (1, 2, 3)
    )
    assert times(text, "the response was lost") == 1 and mentions(text, "/servers/{id}/")
    assert all(times(text, f"web-{number} (id {number})") == 1 for number in (1, 2, 3))


def refused_by_the_api(number: int, words: str) -> VpsError:
    failure = ExchangeFailure(FailureKind.INVALID, words)
    return ApiError("PATCH", one_server(number), failure).concerning(About(f"web-{number}", number, "active"))


def test_what_the_api_says_of_each_server_is_one_reason() -> None:
    """It may name the server, which does not make it another failure; other numbers do."""
    text = failures_in_sentences(
        refused_by_the_api(number, f"HTTP 400: server {number} (web-{number}) is busy.") for number in (1, 2, 3)
    )
    assert times(text, "is busy") == 1 and mentions(text, "{name}", "{id}")
    assert all(times(text, f"web-{number}") == 1 for number in (1, 2, 3))
    # A number that is equal for all is not taken for the id of one of them.
    text = failures_in_sentences(refused_by_the_api(number, "HTTP 400: no os_id 2.") for number in (1, 2, 3))
    assert times(text, "no os_id 2") == 1 and times(text, "web-") == 3
    text = failures_in_sentences(refused_by_the_api(number, f"HTTP 400: no os_id {number + 6}.") for number in (1, 2))
    assert mentions(text, "os_id 7", "os_id 8")
    # One alone reads as it is.
    assert mentions(failures_in_sentences([refused_by_the_api(1, "HTTP 400: server 1 is busy.")]), "server 1 is busy")


def test_ids_of_others_are_one_reason() -> None:
    def namesakes(number: int) -> VpsError:
        found = [server_detail(number * 10 + copy, name=f"web-{number}") for copy in range(number + 1)]
        problem = ambiguity(f"web-{number}", found)
        assert problem is not None
        return problem

    text = failures_in_sentences(namesakes(number) for number in (1, 2, 3))
    assert times(text, "more than one server") == 1 and mentions(text, "web-1", "web-2", "web-3", "errors")
    assert mentions(failures_in_sentences([namesakes(2)]), "ids 20, 21, 22")


def test_the_last_status_is_no_reason() -> None:
    text = failures_in_sentences(
        VpsError("The time limit of 600 s was reached.", about=About(f"web-{number}", number, status))
        for number, status in ((1, "provisioning"), (2, "active"))
    )
    assert times(text, "time limit") == 1 and mentions(text, "provisioning", "active")


def test_many_servers_of_one_reason_are_counted() -> None:
    text = failures_in_sentences(no_credit(number) for number in range(1, 26))
    assert mentions(text, "web-10 (id 10) and 15 more") and "web-11" not in text
    assert "more" not in failures_in_sentences(no_credit(number) for number in range(1, 11))


def test_many_reasons_are_counted() -> None:
    failures = [VpsError(f"Reason {number}0.", about=About(f"web-{number}", number)) for number in range(1, 8)]
    text = failures_in_sentences([*failures, failures[-1]])
    assert mentions(text, "Reason 50", "And 3 more", "errors") and "Reason 60" not in text
    assert "more" not in failures_in_sentences(failures[:5])
