# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers can be made of. Plans 1 and 2, systems 5 and 3, us-west and us-east are the documentation's examples;
the rest is made up in their style. The API has an endpoint that lists plans, and none for the rest."""

from __future__ import annotations

from typing import Any

# memory in MB, storage and bandwidth in GB
PLANS: dict[int, dict[str, Any]] = {
    1: {"id": 1, "name": "Standard VPS", "vcpus": 2, "memory": 4096, "storage": 80, "bandwidth": 2048},
    2: {"id": 2, "name": "Performance VPS", "vcpus": 4, "memory": 8192, "storage": 160, "bandwidth": 4096},
    3: {"id": 3, "name": "Business VPS", "vcpus": 8, "memory": 16384, "storage": 320, "bandwidth": 6144},
    4: {"id": 4, "name": "Starter VPS", "vcpus": 1, "memory": 1024, "storage": 25, "bandwidth": 1024},
}

# what a create takes from the account's credits (assumed: the documentation names no prices)
PLAN_CREDITS: dict[int, int] = {1: 20, 2: 40, 3: 80, 4: 5}

SYSTEMS: dict[int, dict[str, Any]] = {
    3: {"id": 3, "name": "Debian 12"},
    4: {"id": 4, "name": "Debian 13"},
    5: {"id": 5, "name": "Ubuntu 22.04 LTS"},
    6: {"id": 6, "name": "Ubuntu 24.04 LTS"},
    7: {"id": 7, "name": "AlmaLinux 9"},
}

LOCATIONS: tuple[str, ...] = ("us-west", "us-east", "eu-central", "eu-north", "ap-southeast")

# looked at only with the switch check_ssh_keys
SSH_KEYS: tuple[int, ...] = (1, 2, 3)

# where a plan is not offered everywhere
PLAN_LOCATIONS: dict[int, tuple[str, ...]] = {3: ("us-west", "us-east", "eu-central")}

FIRST_ID = 12345


def listed_plan(number: int) -> dict[str, Any]:
    """A plan as the list of plans shows it. The fields are documented, the prices made up."""
    plan = PLANS[number]
    return {
        **plan,
        "slug": str(plan["name"]).split()[0].lower(),
        "price_monthly": float(PLAN_CREDITS[number]),
        "price_hourly": round(PLAN_CREDITS[number] / 730, 3),
        "available": True,
        "locations": list(PLAN_LOCATIONS.get(number, LOCATIONS)),
        "description": f"{plan['vcpus']} CPUs and {plan['memory'] // 1024} GB of memory",
    }


def ipv4_address(server_id: int) -> str:
    """The address of a server: the documentation's for its example's id, of a test network, unique for
    130,000 servers.
    """
    number = (server_id - FIRST_ID + 10) % 131_072
    if 0 < number < 255:
        return f"203.0.113.{number}"
    return f"198.{18 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}"


def ipv6_address(server_id: int) -> str:
    """An address in the documentation's style, which is not the canonical form (2001:0db8, not 2001:db8)."""
    number = max(server_id - FIRST_ID + 1, 0)
    high, low = (number >> 16) & 0xFFFF, number & 0xFFFF
    return f"2001:0db8::{high:x}:{low:x}" if high else f"2001:0db8::{low:x}"
