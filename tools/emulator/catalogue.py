# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers can be made of. Plans 1 and 2, systems 5 and 3, us-west and us-east are the documentation's examples;
the rest is made up in their style. The documented API has an endpoint that lists plans, and none for the rest."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

# The plans as servers show them. memory in MB, storage and bandwidth in GB
PLANS: dict[int, dict[str, Any]] = {
    1: {"id": 1, "name": "Standard VPS", "vcpus": 2, "memory": 4096, "storage": 80, "bandwidth": 2048},
    2: {"id": 2, "name": "Performance VPS", "vcpus": 4, "memory": 8192, "storage": 160, "bandwidth": 4096},
    3: {"id": 3, "name": "Business VPS", "vcpus": 8, "memory": 16384, "storage": 320, "bandwidth": 6144},
    4: {"id": 4, "name": "Mini VPS", "vcpus": 1, "memory": 1024, "storage": 25, "bandwidth": 1024},
}

# What the list of plans says beside or instead of that. The documentation contradicts itself: its page of servers calls
# plan 1 "Standard VPS", its page of plans calls it "Starter VPS", with half of everything, and plan 2 "Standard VPS".
# The emulator says in each place what the page about it says, so that nobody takes a plan's name for its identity.
# Plan 1 is documented whole, plan 2 without prices and description; the rest is made up.
LISTED_PLANS: dict[int, dict[str, Any]] = {
    1: {
        "name": "Starter VPS",
        "slug": "starter",
        "vcpus": 1,
        "memory": 2048,
        "storage": 40,
        "bandwidth": 1024,
        "price_monthly": 5.00,
        "price_hourly": 0.007,
        "description": "Perfect for small projects and testing",
    },
    2: {
        "name": "Standard VPS",
        "slug": "standard",
        "vcpus": 2,
        "memory": 4096,
        "storage": 80,
        "bandwidth": 2048,
        "price_monthly": 10.00,
        "price_hourly": 0.014,
        "description": "For websites and small databases",
    },
    3: {"slug": "business", "price_monthly": 40.00, "price_hourly": 0.055, "description": "For busy applications"},
    4: {"slug": "mini", "price_monthly": 3.00, "price_hourly": 0.004, "description": "For a single small service"},
}

# the documentation's order
LISTED_FIELDS = (
    *("id", "name", "slug", "vcpus", "memory", "storage", "bandwidth", "price_monthly", "price_hourly"),
    *("available", "locations", "description"),
)

# what a create takes from the account's credits (assumed: how credits and prices belong together is not documented)
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

# where a plan is not offered everywhere (documented for plan 1: us-west, us-east, and eu-central; the emulator's other
# locations are made up, and a create accepts it there)
PLAN_LOCATIONS: dict[int, tuple[str, ...]] = {3: ("us-west", "us-east", "eu-central")}

FIRST_ID = 12345

# the fields are documented, the values made up
ACCOUNT: dict[str, Any] = {
    "email": "jane.doe@example.com",
    "first_name": "Jane",
    "last_name": "Doe",
    "company_name": "Example Ltd.",
    "created_at": "2024-06-15",
}


def plan_locations(number: int) -> tuple[str, ...]:
    """The locations where a plan is offered."""
    return PLAN_LOCATIONS.get(number, LOCATIONS)


def listed_plan(number: int) -> dict[str, Any]:
    """A plan as the list of plans shows it, with the documented fields."""
    plan = {**PLANS[number], **LISTED_PLANS[number], "available": True, "locations": list(plan_locations(number))}
    return {field: plan[field] for field in LISTED_FIELDS}


def password(server_id: int) -> str:
    """The password of a server: looks random, but is always the same one, and no other server's."""
    return base64.b64encode(hashlib.sha256(f"password of server {server_id}".encode()).digest())[:20].decode()


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
