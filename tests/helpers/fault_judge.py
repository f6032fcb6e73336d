# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges cases of the fault matrix by the history of requests and the account's final state, never by
the result alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fault_proxy import Record
from helpers.fault_cases import Batch, Outcome, requests_of
from helpers.fault_matrix import DONE, NAMED, REFUSED, UNKNOWN, WAIT
from helpers.host_plays import WISH

# What a run of the matrix counts: every one of these must be 0.
COUNTED = (
    "duplicates",
    "false ok",
    "ids lost",
    "tokens leaked",
    "foreign requests",
    "tracebacks",
    "not as expected",
    "not mended by a second run",
)

_REFUSING = frozenset({400, 401, 402, 403, 404, 405, 410, 413, 415, 418, 422, 429})


def judge(batches: Sequence[Batch]) -> tuple[dict[str, int], list[str]]:
    """The numbers of all batches together, and a text for every problem."""
    outcomes = [outcome for batch in batches for outcome in batch.outcomes]
    numbers = {
        "cases": len(outcomes),
        "faults met": sum(outcome.met > 0 for outcome in outcomes),
        **dict.fromkeys(COUNTED, 0),
    }
    problems = []
    for batch in batches:
        numbers["foreign requests"] += batch.foreign_requests
        numbers["tokens leaked"] += batch.leaks
        numbers["tracebacks"] += batch.tracebacks
        whole = sorted(server["id"] for server in batch.account)
        for outcome in batch.outcomes:
            for count, text in _problems(outcome, whole):
                if count:
                    numbers[count] += 1
                problems.append(_described(outcome, text))
    return numbers, problems


def _problems(outcome: Outcome, account: list[int]) -> Iterator[tuple[str, str]]:
    if not outcome.met:
        yield "", "the fault was not met"
    yield from _duplicates(outcome)
    if outcome.first.ok and not _goal_reached(outcome, account):
        yield "false ok", "ok, but it is not so"
    yield from _lost_ids(outcome)
    if not _as_expected(outcome, account):
        yield "not as expected", f"expected: {outcome.case.expect}"
    yield from _second_run(outcome)


def _duplicates(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """More than one server of the name, or a create or a reboot that was sent again without proof that it had been
    refused.
    """
    if (
        outcome.case.operation in ("create", WAIT, "reboot")
        and unproven(outcome.case.operation, outcome.first.history) > 1
    ):
        yield "duplicates", "sent again although it may have happened"
    if max(len(outcome.servers), len(outcome.servers_again)) > 1:
        yield "duplicates", f"{len(outcome.servers_again)} servers of the name"


def unproven(operation: str, history: Sequence[Record]) -> int:
    """How many creates, or reboots, were sent whose refusal is not proven: more than one may be a second bill, a second
    reboot.
    """
    ending = "/reboot/" if operation == "reboot" else "/servers/"
    sent = [record for record in history if record.method == "POST" and record.path.endswith(ending)]
    return sum(not _is_refused(record) for record in sent)


def _is_refused(record: Record) -> bool:
    """Whether the client got a whole answer that proves that nothing happened."""
    if record.forwarded:
        return record.upstream_status in _REFUSING
    return record.status in _REFUSING or record.fault in ("status_429", "status_503", "redirect")


def _goal_reached(outcome: Outcome, account: list[int]) -> bool:
    operation, servers = outcome.case.operation, outcome.servers
    if operation == "info":
        return [server["id"] for server in outcome.first.result["servers"]] == [outcome.server_id]
    if operation == "inventory":
        return sorted(server["id"] for server in outcome.first.result["servers"]) == account
    return goal_reached(operation, servers, outcome.first.history)


def goal_reached(operation: str, servers: Sequence[dict[str, Any]], history: Sequence[Record]) -> bool:
    """Whether a write's goal is reached: by the account's servers of that name, and for a reboot by the requests that
    had effect.
    """
    if operation == "delete":
        return not servers
    if len(servers) != 1:
        return False
    server = servers[0]
    if operation == "update":
        return all(server[option] == value for option, value in WISH.items())
    if operation == "reboot":
        return _reboots(history) == 1
    return server["status"] == {"create": "active", WAIT: "active", "start": "active", "stop": "stopped"}[operation]


def _reboots(history: Sequence[Record]) -> int:
    return sum(record.path.endswith("/reboot/") and record.upstream_status == 200 for record in history)


def _has_happened(outcome: Outcome) -> bool:
    """Whether a write took effect."""
    writes = [
        record
        for record in outcome.first.history
        if record.method != "GET" and record.forwarded and record.upstream_status
    ]
    return any(record.upstream_status < 300 for record in writes)


def _lost_ids(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """A failure must name the server that it leaves behind, in the result and in the message."""
    result, operation = outcome.first.result, outcome.case.operation
    if operation in ("create", WAIT) and outcome.servers:
        known = outcome.servers[0]["id"]
        if result.get("id") != known and not (not outcome.first.ok and str(known) in result["msg"]):
            yield "ids lost", f"server {known} exists and the result does not say so"
        if not result["changed"]:
            yield "ids lost", "a server was created and changed is false"
    elif (
        outcome.server_id
        and not outcome.first.ok
        and _has_happened(outcome)
        and str(outcome.server_id) not in result["msg"]
    ):
        yield "ids lost", f"the message does not name {outcome.server_id}"


def _as_expected(outcome: Outcome, account: list[int]) -> bool:
    result, expect = outcome.first.result, outcome.case.expect
    if expect == DONE:
        return outcome.first.ok and _goal_reached(outcome, account)
    if outcome.first.ok or not result.get("msg"):
        return False
    if expect == REFUSED:
        return not _has_happened(outcome) and (outcome.case.operation == "reboot" or not _changed_anything(outcome))
    if expect == UNKNOWN:
        return result["changed"] is True and not result["actions"]
    assert expect == NAMED
    known = outcome.server_id or outcome.servers[0]["id"]
    return str(known) in result["msg"]


def _changed_anything(outcome: Outcome) -> bool:
    operation = outcome.case.operation
    return operation not in ("info", "inventory") and goal_reached(operation, outcome.servers, outcome.first.history)


def _second_run(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Run again without faults: the goal is reached; and if it was before, nothing is written."""
    again = outcome.again
    if again is None:
        return
    writes = sum(record.method != "GET" for record in again.history)
    if not again.ok or not goal_reached(outcome.case.operation, outcome.servers_again, again.history):
        yield "not mended by a second run", f"the second run: {again.result.get('msg')}"
    elif outcome.first.ok and (again.result["changed"] or writes):
        yield "not mended by a second run", f"the second run wrote {writes} times, changed={again.result['changed']}"


def _described(outcome: Outcome, text: str) -> str:
    first = outcome.first
    lines = [
        f"{outcome.case.label} [{outcome.case.name}]: {text}",
        f"  ok={first.ok} changed={first.result.get('changed')} {str(first.result.get('msg'))[:500]}",
    ]
    lines += [f"  {line}" for line in requests_of(first.history[:30])]
    if outcome.again is not None:
        lines += ["  again:", *(f"  {line}" for line in requests_of(outcome.again.history[:10]))]
    return "\n".join(lines)
