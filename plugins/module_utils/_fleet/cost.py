# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a plan costs, by the prices in the API's list of plans. Pure.

That a plan has `price_hourly` and `price_monthly` is documented; the currency is not. Whatever else is billed, such as
backups, is in no list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from .._client.responses import as_id
from .._server.fields import field_of
from .._server.model import ServerPlan

_PRICES = ("hourly", "monthly")
_HIGHEST = 10**9  # what is above is no price


def cost_of(plans: Sequence[ServerPlan], catalogue: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`hourly` and `monthly`: what the servers that are created cost, less those that are deleted. `unpriced`: the
    names of those among them without a known price. `catalogue`: the plans that can be ordered.
    """
    prices = {plan["id"]: _prices_of(plan) for plan in catalogue}
    total = dict.fromkeys(_PRICES, Decimal(0))
    unpriced: dict[str, None] = {}
    for plan in plans:
        if plan.predicted_failure is not None:
            continue
        for sign, number in _billed(plan):
            price = prices.get(as_id(number) or 0)
            if price is None:
                unpriced[plan.desired.label] = None
            else:
                for key in _PRICES:
                    total[key] += sign * price[key]
    return {**{key: float(amount) for key, amount in total.items()}, "unpriced": list(unpriced)}


def _billed(plan: ServerPlan) -> list[tuple[int, Any]]:
    """The ids of the plans of the server that is created (+1) and of the one that is deleted (-1)."""
    created = [(1, (plan.create_fields or {}).get("plan_id"))] if plan.creates else []
    deleted = [(-1, field_of("plan_id").value_in(plan.existing))] if plan.deletes and plan.existing is not None else []
    return [*created, *deleted]


def _prices_of(plan: Mapping[str, Any]) -> dict[str, Decimal] | None:
    """Both prices of a plan; None where one is missing or no amount."""
    amounts = {key: _amount(plan.get(f"price_{key}")) for key in _PRICES}
    prices = {key: amount for key, amount in amounts.items() if amount is not None}
    return prices if len(prices) == len(_PRICES) else None


def _amount(value: Any) -> Decimal | None:
    """A price, as a number or as its text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _HIGHEST else None
