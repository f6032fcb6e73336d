# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers can be made of, as the vendor's clients read it. The names of fields are the clients', the values are
the documented dialect's or made up.
"""

from __future__ import annotations

from typing import Any

from emulator import catalogue, views
from emulator.keys import Key, fingerprint
from emulator.settings import Switches
from emulator.uuids import uuid_of

# Every location's id (the only ids of the clients that are numbers), its place, its country and that one's code.
LOCATIONS: dict[str, tuple[int, str, str, str]] = {
    "us-west": (1, "Los Angeles", "United States", "US"),
    "us-east": (2, "New York", "United States", "US"),
    "eu-central": (3, "Frankfurt", "Germany", "DE"),
    "eu-north": (4, "Stockholm", "Sweden", "SE"),
    "ap-southeast": (5, "Singapore", "Singapore", "SG"),
}
CODES = {number: code for code, (number, *_names) in LOCATIONS.items()}

# Operating systems and their versions, which are what the documentation calls operating systems.
SYSTEMS: tuple[tuple[str, tuple[int, ...]], ...] = (("Debian", (3, 4)), ("Ubuntu", (5, 6)), ("AlmaLinux", (7,)))

CPU_TYPE = "Shared"


def plan(number: int, switches: Switches) -> dict[str, Any]:
    """A plan as the clients' list shows it, with the sizes that servers of the documented dialect show."""
    sizes, prices = catalogue.PLANS[number], catalogue.LISTED_PLANS[number]
    view = {
        "uuid": uuid_of("plan", number),
        **plan_sizes(sizes),
        "cpu_type_name": CPU_TYPE,
        "transfer": sizes["bandwidth"],
        "monthly_price": prices["price_monthly"],
        "hourly_price": prices["price_hourly"],
    }
    view = views.priced(view, switches.plan_prices, {"monthly_price": 2, "hourly_price": 3})
    return {**view, **views.EXTRA_KEY} if switches.extra_keys else view


def plan_sizes(documented: dict[str, Any]) -> dict[str, Any]:
    """The sizes of a plan: memory, documented in MB, in GB."""
    memory = documented.get("memory")
    return {
        "cpu": documented.get("vcpus"),
        "ram": memory // 1024 if isinstance(memory, int) else memory,
        "ram_unit": "GB",
        "disk_space": documented.get("storage"),
    }


def location(code: str) -> dict[str, Any]:
    """A location: nothing in it tells the documented code."""
    number, name, country, country_code = LOCATIONS[code]
    return {"id": number, "name": name, "country_name": country, "country_code": country_code, "is_active": True}


def operating_system(index: int) -> dict[str, Any]:
    """An operating system with its versions, whose UUIDs are what a create takes."""
    name, versions = SYSTEMS[index]
    return {
        "uuid": uuid_of("system", index + 1),
        "name": name,
        "versions": [
            {"uuid": uuid_of("system version", number), "name": catalogue.SYSTEMS[number]["name"]}
            for number in versions
        ],
    }


def ssh_key(key: Key) -> dict[str, Any]:
    """An SSH key of the account. No server uses it to log in, so it was never used."""
    return {
        "uuid": uuid_of("ssh key", key.number),
        "name": key.name,
        "fingerprint": fingerprint(key.public_key),
        "created_at": key.created_at,
        "last_used_at": None,
    }
