# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of servers as Hetzner's Cloud API, version 1, shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmark_peers.stand_in import dump, dump_list

PER_PAGE = 25
MOST_PER_PAGE = 50

LOCATION = {
    "id": 1,
    "name": "fsn1",
    "description": "Falkenstein DC Park 1",
    "country": "DE",
    "city": "Falkenstein",
    "latitude": 50.47612,
    "longitude": 12.370071,
    "network_zone": "eu-central",
}
SERVER_TYPE = {
    "id": 114,
    "name": "cx23",
    "description": "CX23",
    "category": "cost_optimized",
    "cores": 2,
    "memory": 4.0,
    "disk": 40,
    "deprecated": False,
    "deprecation": None,
    # It is sold in more locations than these, which would make every server longer.
    "prices": [
        {
            "location": location,
            "price_hourly": {"net": "0.0048000000", "gross": "0.0057120000000000"},
            "price_monthly": {"net": "2.9900000000", "gross": "3.5581000000000000"},
            "included_traffic": 21990232555520,
            "price_per_tb_traffic": {"net": "1.0000000000", "gross": "1.1900000000000000"},
        }
        for location in ("fsn1", "nbg1")
    ],
    "storage_type": "local",
    "cpu_type": "shared",
    "architecture": "x86",
    "locations": [
        {"id": number, "name": location, "available": True, "recommended": True, "deprecation": None}
        for number, location in ((1, "fsn1"), (2, "nbg1"))
    ],
}
IMAGE = {
    "id": 114690387,
    "type": "system",
    "status": "available",
    "name": "debian-12",
    "description": "Debian 12",
    "image_size": None,
    "disk_size": 5,
    "created": "2023-06-13T06:00:00+00:00",
    "created_from": None,
    "bound_to": None,
    "os_flavor": "debian",
    "os_version": "12",
    "rapid_deploy": True,
    "protection": {"delete": False},
    "deprecated": None,
    "deleted": None,
    "labels": {},
    "architecture": "x86",
}


def server(number: int, name: str) -> dict[str, Any]:
    """The whole object; without `datacenter`, which the API has stopped to return in 2026."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    network = f"2001:db8:{number:x}::/64"
    return {
        "id": 42_000_000 + number,
        "name": name,
        "status": "running",
        "created": "2026-01-30T23:55:00+00:00",
        "public_net": {
            "ipv4": {
                "id": 50_000_000 + number,
                "ip": address,
                "blocked": False,
                "dns_ptr": f"static.{address}.clients.example.com",
            },
            "ipv6": {"id": 60_000_000 + number, "ip": network, "blocked": False, "dns_ptr": []},
            "floating_ips": [],
            "firewalls": [],
        },
        "private_net": [],
        "server_type": SERVER_TYPE,
        "location": LOCATION,
        "image": IMAGE,
        "iso": None,
        "rescue_enabled": False,
        "locked": False,
        "backup_window": None,
        "outgoing_traffic": 123456,
        "ingoing_traffic": 123456,
        "included_traffic": 21990232555520,
        "protection": {"delete": False, "rebuild": False},
        "labels": {"environment": "prod", "role": "web"},
        "volumes": [],
        "load_balancers": [],
        "primary_disk_size": 40,
        "placement_group": None,
    }


class HetznerAccount:
    """Servers of these names."""

    prefix = "/v1"

    def __init__(self, names: Sequence[str]) -> None:
        self._written = [dump(server(number, name)) for number, name in enumerate(names, 1)]
        self._by_name = dict(zip(names, self._written, strict=True))

    def answer(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Lists of servers, by name if asked to, and of locations, in pages."""
        if path == "/servers":
            found = self._written
            if "name" in query:
                found = [self._by_name[query["name"]]] if query["name"] in self._by_name else []
            return _page("servers", found, query)
        if path == "/locations":
            return _page("locations", [dump(LOCATION)], query)
        return None

    def error(self, status: int) -> bytes:
        """The API's error object."""
        code = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}[status]
        return dump({"error": {"code": code, "message": code.replace("_", " "), "details": None}})


def _page(name: str, written: Sequence[bytes], query: Mapping[str, str]) -> bytes:
    page = max(int(query.get("page", 1)), 1)
    per_page = min(int(query.get("per_page", PER_PAGE)), MOST_PER_PAGE)
    last = max(-(-len(written) // per_page), 1)
    pagination = {
        "page": page,
        "per_page": per_page,
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": len(written),
    }
    return dump_list(name, written[(page - 1) * per_page : page * per_page], meta={"pagination": pagination})
