# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clients' answers show of a server: flat names in lists, objects in details.

A stored field that the documented dialect does not have, such as one that a test inserts, is shown verbatim, and so
takes the place of what would be shown under its name.
"""

from __future__ import annotations

from typing import Any

from emulator import views
from emulator.clients import catalogue
from emulator.settings import Switches
from emulator.store import Version
from emulator.uuids import uuid_of

# The stored fields of which the views are made.
STORED = {
    *("id", "name", "hostname", "status", "ip_address", "ipv6_address", "location", "plan", "os", "backups_enabled"),
    *("created_at", "updated_at", "resource_usage", "ssh_key_id", "given_password"),
}


def list_item(version: Version, switches: Switches) -> dict[str, Any]:
    """A server as lists show it."""
    document = version.document
    location = document.get("location")
    known = catalogue.LOCATIONS.get(location) if isinstance(location, str) else None
    return {
        **_head(version, switches),
        "location_name": known[1] if known else location,
        "plan_name": _part(document, "plan").get("name"),
        "os_name": _part(document, "os").get("name"),
        **_tail(document),
    }


def detail(version: Version, switches: Switches, with_password: bool) -> dict[str, Any]:
    """A server as its own page and the answer to its create show it."""
    document = version.document
    plan, system = _part(document, "plan"), _part(document, "os")
    view = {
        **_head(version, switches),
        "location": _location(document.get("location"), switches),
        "plan": {**_uuid("plan", plan, switches), "name": plan.get("name"), **catalogue.plan_sizes(plan)},
        "operating_system_version": {**_uuid("system version", system, switches), "name": system.get("name")},
        **_tail(document),
    }
    return views.with_password(view, document, switches.password_key) if with_password else view


def _head(version: Version, switches: Switches) -> dict[str, Any]:
    document = version.document
    return {
        "uuid": uuid_of("server", version.server),
        # The clients know one name only.
        "hostname": document.get("name"),
        "status": document.get("status"),
        **_addresses(document, switches.client_addresses),
    }


def _addresses(document: dict[str, Any], kind: str) -> dict[str, Any]:
    ipv4, ipv6 = document.get("ip_address"), document.get("ipv6_address")
    shapes: dict[str, dict[str, Any]] = {
        "lists": {
            "ipv4_addresses": [] if ipv4 is None else [ipv4],
            "ipv6_addresses": [] if ipv6 is None else [ipv6],
        },
        "objects": {
            "ip_addresses": [
                {"version": version, "ip": address}
                for version, address in ((4, ipv4), (6, ipv6))
                if address is not None
            ]
        },
        "ip_address": {"ip_address": ipv4},
    }
    if kind == "all":
        return {key: value for shape in shapes.values() for key, value in shape.items()}
    return shapes[kind]


def _tail(document: dict[str, Any]) -> dict[str, Any]:
    return {
        # Assumed: a server is deployed when its provisioning has ended.
        "deployed": document.get("status") != "provisioning",
        "created_at": document.get("created_at"),
        **{field: value for field, value in document.items() if field not in STORED},
    }


def _part(document: dict[str, Any], field: str) -> dict[str, Any]:
    value = document.get(field)
    return value if isinstance(value, dict) else {}


def _uuid(kind: Any, part: dict[str, Any], switches: Switches) -> dict[str, Any]:
    number = part.get("id")
    return {"uuid": uuid_of(kind, number)} if switches.nested_ids and isinstance(number, int) else {}


def _location(code: Any, switches: Switches) -> dict[str, Any]:
    if not isinstance(code, str) or code not in catalogue.LOCATIONS:
        return {"name": code}
    location = catalogue.location(code)
    return location if switches.nested_ids else {key: value for key, value in location.items() if key != "id"}
