# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every declaration and everything that can exist: a plan carried out leaves nothing to do, and was
predicted rightly.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from unit.fakes import server_detail
from unit.steps import ENDS, carried_out

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.fields import FIELDS, field_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_power import plan_power

STATUSES = ["active", "stopped", *ENDS]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "plan_id": st.sampled_from([1, 2]),
    "os_id": st.sampled_from([3, 5]),
    "location": st.sampled_from(["us-west", "eu-north"]),
    "hostname": st.sampled_from(["a.example.com", "A.Example.com.", "b.example.com"]),
    "ssh_key_id": st.sampled_from([1, 2]),
    "backups_enabled": st.booleans(),
}
DESIRED = st.builds(
    DesiredServer,
    name=st.sampled_from(["web-01", "web-02"]),
    server_id=st.just(None),
    fields=st.fixed_dictionaries({}, optional=VALUES),
    power=st.sampled_from([None, "started", "stopped"]),
    on_immutable_change=st.sampled_from(["fail", "warn", "recreate"]),
    wait=st.booleans(),
)
EXISTING = st.builds(
    server_detail,
    st.just(101),
    name=st.sampled_from(["web-01", "web-02"]),
    status=st.sampled_from(STATUSES),
    ip_address=st.sampled_from(["203.0.113.10", None]),
    plan_id=VALUES["plan_id"],
    os_id=VALUES["os_id"],
    location=VALUES["location"],
    hostname=st.sampled_from([None, "", "web-01", "a.example.com", "B.example.com"]),
    backups_enabled=st.booleans(),
)
often = settings(max_examples=50, deadline=None)


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """A side of a diff without what no answer shows, host names as DNS compares them."""
    hostname = values.get("hostname")
    kept = {key: value for key, value in values.items() if key != "ssh_key_id"}
    return {**kept, "hostname": hostname.rstrip(".").lower()} if isinstance(hostname, str) else kept


@often
@given(DESIRED, st.none() | EXISTING)
def test_a_plan_carried_out_leaves_nothing_to_do(desired: DesiredServer, existing: dict[str, Any] | None) -> None:
    plan = plan_present(desired, existing)
    assume(plan.refusal is None)
    server = carried_out(plan)
    assert server is not None
    again = plan_present(plan.desired, server)
    assert again.steps == () and again.refusal is None and not again.changes
    assert again.diff["before"] == again.diff["after"]
    assert desired.on_immutable_change == "warn" or again.drift == ()


@often
@given(DESIRED, st.none() | EXISTING)
def test_prediction_and_diff_are_what_comes_true(desired: DesiredServer, existing: dict[str, Any] | None) -> None:
    plan = plan_present(desired._replace(wait=True), existing)
    assume(plan.refusal is None)
    server, predicted = carried_out(plan), plan.predicted
    assert server is not None and predicted is not None
    for option in ("name", "location", "plan_id", "os_id", "backups_enabled", "hostname"):
        assert field_of(option).value_in(predicted) == field_of(option).value_in(server)
    if any(step.kind != "update" for step in plan.steps):
        assert predicted["status"] == server["status"]
    again = plan_present(plan.desired, server)
    assert shown(plan.diff["after"]) == shown(again.diff["before"])
    if existing is not None:
        assert plan.diff["before"] == plan_present(plan.desired, existing).diff["before"]


@often
@given(DESIRED, st.none() | EXISTING)
def test_a_refusal_never_comes_with_a_change(desired: DesiredServer, existing: dict[str, Any] | None) -> None:
    plan = plan_present(desired, existing)
    if plan.refusal is not None and plan.drift:
        assert plan.steps == ()
    assert not (plan.creates and existing is not None) or plan.recreates, "what is there is not created a second time"
    assert all(step.kind != "delete" for step in plan.steps) or desired.on_immutable_change == "recreate"
    assert all(step.fields for step in plan.steps if step.kind in ("create", "update"))
    assert all(value is not None for step in plan.steps for value in step.fields.values()), "null is never sent"


@often
@given(DESIRED, st.none() | EXISTING, st.randoms(use_true_random=False))
def test_the_order_of_a_declaration_does_not_matter(
    desired: DesiredServer, existing: dict[str, Any] | None, chance: random.Random
) -> None:
    def shuffled(values: Any) -> dict[str, Any]:
        items = list(values.items())
        chance.shuffle(items)
        return dict(items)

    def comparable(plan: ServerPlan) -> tuple[Any, ...]:
        return (
            plan.steps,
            plan.drift,
            plan.diff,
            plan.predicted,
            str(plan.refusal),
            plan.warnings,
            [list(step.fields) for step in plan.steps if step.kind == "update"],
        )

    other = desired._replace(fields=shuffled(desired.fields))
    assert comparable(plan_present(desired, existing)) == comparable(
        plan_present(other, shuffled(existing) if existing else None)
    )


@often
@given(DESIRED, EXISTING)
def test_absence_carried_out_leaves_nothing_to_do(desired: DesiredServer, existing: dict[str, Any]) -> None:
    plan = plan_absent(desired, existing)
    assert plan.refusal is None and carried_out(plan) is None
    assert plan_absent(desired, None).steps == ()


@often
@given(st.sampled_from(["started", "stopped"]), EXISTING, st.booleans())
def test_power_carried_out_leaves_nothing_to_do(state: str, existing: dict[str, Any], wait: bool) -> None:
    desired = DesiredServer(existing["name"], wait=wait)
    plan = plan_power(desired, state, existing)
    server = carried_out(plan)
    assert server is not None and server["status"] == {"started": "active", "stopped": "stopped"}[state]
    assert plan_power(desired, state, server).steps == ()


@often
@given(DESIRED, st.none() | EXISTING)
def test_nothing_given_is_changed(desired: DesiredServer, existing: dict[str, Any] | None) -> None:
    fields, before = dict(desired.fields), repr(existing)
    plan_present(desired, existing)
    assert desired.fields == fields and repr(existing) == before and set(fields) <= {field.option for field in FIELDS}
