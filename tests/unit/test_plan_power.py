# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power: each wanted state with each status that a server can be found in."""

from __future__ import annotations

import pytest
from unit.fakes import server_detail
from unit.steps import steps_of

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_power import plan_power

SETTLED, ACTIVE, STOPPED = "wait active or stopped", "wait active", "wait stopped"
REBOOTED = "wait active again after the reboot"
MATRIX: dict[tuple[str, str], list[str]] = {
    # At the target: nothing. On the way to it: wait. In another transition: wait for its end, then act.
    ("started", "active"): [],
    ("started", "stopped"): ["start", ACTIVE],
    ("started", "provisioning"): ["wait active with an address"],
    ("started", "starting"): [ACTIVE],
    ("started", "rebooting"): [ACTIVE],
    ("started", "stopping"): [SETTLED, "start", ACTIVE],
    ("started", "restoring"): [SETTLED, "start", ACTIVE],
    ("started", "migrating"): [SETTLED, "start", ACTIVE],
    ("stopped", "active"): ["stop", STOPPED],
    ("stopped", "stopped"): [],
    ("stopped", "provisioning"): [SETTLED, "stop", STOPPED],
    ("stopped", "starting"): [SETTLED, "stop", STOPPED],
    ("stopped", "rebooting"): [SETTLED, "stop", STOPPED],
    ("stopped", "stopping"): [STOPPED],
    ("stopped", "restoring"): [SETTLED, "stop", STOPPED],
    ("stopped", "migrating"): [SETTLED, "stop", STOPPED],
    ("rebooted", "active"): ["reboot", REBOOTED],
    ("rebooted", "stopped"): ["reboot", REBOOTED],
    ("rebooted", "provisioning"): [SETTLED, "reboot", REBOOTED],
    ("rebooted", "starting"): [SETTLED, "reboot", REBOOTED],
    ("rebooted", "rebooting"): [ACTIVE],
    ("rebooted", "stopping"): [SETTLED, "reboot", REBOOTED],
    ("rebooted", "restoring"): [SETTLED, "reboot", REBOOTED],
    ("rebooted", "migrating"): [SETTLED, "reboot", REBOOTED],
}
DEAD = ["suspended", "error", "failed", "deleted"]
STATES = ["started", "stopped", "rebooted"]


def power(state: str, status: str, wait: bool = True) -> ServerPlan:
    return plan_power(DesiredServer("web-01", wait=wait), state, server_detail(status=status))


@pytest.mark.parametrize(("state", "status"), MATRIX)
def test_steps(state: str, status: str) -> None:
    plan = power(state, status)
    assert steps_of(plan) == MATRIX[state, status] and plan.refusal is None


@pytest.mark.parametrize(("state", "status"), [pair for pair in MATRIX if pair[0] != "rebooted"])
def test_a_declared_power_state_is_the_same(state: str, status: str) -> None:
    plan = plan_present(DesiredServer("web-01", power=state), server_detail(status=status))
    assert steps_of(plan) == MATRIX[state, status] and plan.refusal is None


@pytest.mark.parametrize(("state", "status"), MATRIX)
def test_without_waiting_only_what_must_be_waited_for_is_left(state: str, status: str) -> None:
    expected = MATRIX[state, status]
    assert steps_of(power(state, status, wait=False)) == (expected[:-1] if expected else [])


@pytest.mark.parametrize("status", DEAD)
@pytest.mark.parametrize("state", STATES)
def test_no_action_helps_a_dead_server(state: str, status: str) -> None:
    plan = power(state, status)
    assert plan.steps == () and not plan.changes
    assert plan.refusal is not None and (plan.refusal.about.server_id, plan.refusal.about.status) == (101, status)


def test_a_dead_server_is_left_alone_unless_power_is_declared() -> None:
    for status in DEAD:
        assert plan_present(DesiredServer("web-01"), server_detail(status=status)).refusal is None
        assert plan_present(DesiredServer("web-01", power="started"), server_detail(status=status)).refusal


# What check mode predicts

CHANGES = {
    "started": {"stopped", "stopping", "migrating"},
    "stopped": {"active", "provisioning", "starting", "rebooting", "restoring", "migrating"},
    "rebooted": {"active", "stopped", "provisioning", "starting", "stopping", "restoring", "migrating"},
}


@pytest.mark.parametrize(("state", "status"), MATRIX)
def test_predicted_changed(state: str, status: str) -> None:
    """A transition that probably ends at the target needs no action in the end."""
    assert power(state, status).changes is (status in CHANGES[state])


@pytest.mark.parametrize(("state", "status"), MATRIX)
def test_predicted_status(state: str, status: str) -> None:
    plan = power(state, status)
    assert plan.predicted is not None
    assert plan.predicted["status"] == ("stopped" if state == "stopped" else "active")
    assert {**plan.predicted, "status": status} == server_detail(status=status), "nothing else is predicted"


@pytest.mark.parametrize(
    ("status", "predicted"),
    [("stopped", True), ("stopping", True), ("active", False), ("rebooting", False), ("migrating", False)],
)
def test_a_reboot_that_the_api_will_refuse_is_predicted(status: str, predicted: bool) -> None:
    """It is passed on to the API all the same, and not turned into a start."""
    words = power("rebooted", status).predicted_failure
    assert (words is not None) is predicted
    assert words is None or "refuses to reboot a server that does not run" in words.reason


@pytest.mark.parametrize(
    ("state", "status", "before", "after"),
    [
        ("started", "stopped", "stopped", "started"),
        ("stopped", "active", "started", "stopped"),
        ("stopped", "rebooting", "rebooting", "stopped"),
        ("rebooted", "active", "started", "rebooted"),
        ("rebooted", "rebooting", "rebooting", "rebooting"),
        ("started", "active", "started", "started"),
        ("started", "migrating", "migrating", "started"),
    ],
)
def test_diff(state: str, status: str, before: str, after: str) -> None:
    plan = power(state, status)
    assert (plan.diff["before"], plan.diff["after"]) == ({"power": before}, {"power": after})
