# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet's plan costs, by the list of plans alone."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import list_item

from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.cost import cost_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.text import plan_sentence
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, ServerPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent

CATALOGUE = [
    {"id": 1, "price_hourly": 0.007, "price_monthly": 5.0},
    {"id": 2, "price_hourly": "0.021", "price_monthly": "15.00"},
    {"id": 3, "price_hourly": None, "price_monthly": 40},
    {"id": 4},
    {"id": 5, "price_hourly": 0, "price_monthly": 0},
    {"id": 6, "price_hourly": 0.0001, "price_monthly": 1234567.89},
]


def new(name: str, plan_id: int) -> ServerPlan:
    return plan_present(DesiredServer(name, fields={"plan_id": plan_id, "os_id": 5, "location": "us-west"}), None)


def deleted(plan_id: Any) -> ServerPlan:
    existing = list_item(101, name="old", plan={"id": plan_id})
    return plan_absent(DesiredServer("old", 101), existing)  # type: ignore[arg-type]


def recreated(plan_id: int) -> ServerPlan:
    desired = DesiredServer("again", fields={"plan_id": plan_id}, on_immutable_change="recreate")
    return plan_present(desired, list_item(102, name="again"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plans", "hourly", "monthly", "unpriced"),
    [
        ([], 0, 0, []),
        ([new("a", 1), new("b", 1), new("c", 1)], 0.021, 15, []),
        ([new("a", 1), new("b", 2)], 0.028, 20, []),
        ([deleted(2)], -0.021, -15, []),
        ([deleted("2")], -0.021, -15, []),
        ([new("a", 2), deleted(2)], 0, 0, []),
        ([recreated(2)], 0.014, 10, []),
        ([new("a", 3), new("b", 4), new("c", 99), new("d", 1)], 0.007, 5, ["a", "b", "c"]),
        ([new("a", 5)], 0, 0, []),
        ([deleted(None)], 0, 0, ["old"]),
        ([deleted([1])], 0, 0, ["old"]),
        ([deleted({})], 0, 0, ["old"]),
        ([deleted(True)], 0, 0, ["old"]),
    ],
)
def test_what_a_plan_costs(plans: list[ServerPlan], hourly: float, monthly: float, unpriced: list[str]) -> None:
    assert cost_of(plans, CATALOGUE) == {"hourly": hourly, "monthly": monthly, "unpriced": unpriced}


@pytest.mark.parametrize("price", [True, "five", "NaN", "Infinity", -1, [], {}, "1e400", "9e999999", 1e300])
def test_what_is_no_price(price: Any) -> None:
    catalogue = [{"id": 1, "price_hourly": price, "price_monthly": 5}]
    assert cost_of([new("a", 1)], catalogue) == {"hourly": 0, "monthly": 0, "unpriced": ["a"]}


@pytest.mark.parametrize(
    ("plans", "end"),
    [
        ([], "unchanged"),
        ([new("a", 1)], "; 0.007 more per hour, 5 more per month"),
        ([deleted(2)], "; 0.021 less per hour, 15 less per month"),
        ([new("a", 6), new("b", 6)], "; 0.0002 more per hour, 2469135.78 more per month"),
        ([new("a", 4)], "; without a known price: a"),
        ([new(f"n{number}", 4) for number in range(30)], "n9 and 20 more"),
    ],
)
def test_the_sentence(plans: list[ServerPlan], end: str) -> None:
    sentence = plan_sentence(plans, cost_of(plans, CATALOGUE))
    assert sentence.endswith(end) and sentence.startswith("Plan: ")
