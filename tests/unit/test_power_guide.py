# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of statuses in the guide to power and maintenance says what is planned."""

from __future__ import annotations

import re

import pytest
from unit.fakes import server_detail
from unit.steps import steps_of

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_power import plan_power
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import LEADS_TO, STABLE, TERMINAL
from helpers.documents import GUIDES, rows

ROWS = [row for row in rows(GUIDES / "power_and_maintenance.rst") if len(row) == 5]
STATES = [cell.strip("`") for cell in ROWS[0][2:]]
OTHER = "any other word"
CELLS = [
    (status, state, said)
    for words, _meaning, *cells in ROWS[1:]
    for status in re.findall(r"``(\w+)``", words) or [words]
    for state, said in zip(STATES, cells, strict=True)
]
ACTIONS = {"start": "starts it", "stop": "stops it", "reboot": "reboots it"}


def in_words(plan: ServerPlan) -> str:
    """What is planned before and up to the action, as the table says it."""
    if plan.refusal is not None:
        return "refused"
    steps = steps_of(plan)
    waits = ["waits"] if steps and steps[0].startswith("wait") else []
    acts = ["fails"] if plan.predicted_failure else [ACTIONS[step] for step in steps if step in ACTIONS]
    return ", ".join(waits + acts) or "nothing"


def test_every_status_is_told() -> None:
    assert {status for status, _state, _said in CELLS} == {*STABLE, *LEADS_TO, *TERMINAL, OTHER}
    assert STATES == ["started", "stopped", "rebooted"]


@pytest.mark.parametrize(("status", "state", "said"), CELLS)
def test_what_is_told_is_planned(status: str, state: str, said: str) -> None:
    existing = server_detail(status="migrating" if status == OTHER else status)
    assert in_words(plan_power(DesiredServer("web-01"), state, existing)) == said
