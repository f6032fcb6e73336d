# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of instances as Vultr's API, version 2, shows them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark_peers.stand_in import dump, dump_list

PER_PAGE = 100
MOST_PER_PAGE = 500

REGION = "ams"
PLAN = "vc2-1c-2gb"
SYSTEMS = [
    {"id": 2136, "name": "Debian 12 x64 (bookworm)", "arch": "x64", "family": "debian"},
    {"id": 2625, "name": "Debian 13 x64 (trixie)", "arch": "x64", "family": "debian"},
    {"id": 2284, "name": "Ubuntu 24.04 LTS x64", "arch": "x64", "family": "ubuntu"},
    {"id": 1743, "name": "Ubuntu 22.04 LTS x64", "arch": "x64", "family": "ubuntu"},
]
NOTHING_SET = {"user_data": {"data": ""}}


def instance(number: int, label: str) -> dict[str, Any]:
    """The whole object."""
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, label)),
        "os": SYSTEMS[0]["name"],
        "ram": 2048,
        "disk": 55,
        "main_ip": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "vcpu_count": 1,
        "region": REGION,
        "plan": PLAN,
        "date_created": "2026-01-30T23:55:00+00:00",
        "status": "active",
        "allowed_bandwidth": 2000,
        "netmask_v4": "255.255.254.0",
        "gateway_v4": "10.0.0.1",
        "power_status": "running",
        "server_status": "ok",
        "v6_network": f"2001:db8:{number:x}::",
        "v6_main_ip": f"2001:db8:{number:x}::1",
        "v6_network_size": 64,
        "label": label,
        "internal_ip": "",
        "kvm": "https://my.example.com/subs/vps/novnc/api.php?data=djJ8",
        "hostname": label,
        "tag": "",
        "tags": ["prod", "web"],
        "os_id": SYSTEMS[0]["id"],
        "app_id": 0,
        "image_id": "",
        "firewall_group_id": "",
        "features": ["ipv6"],
        "user_scheme": "root",
        "pending_charges": 1.23,
    }


class VultrAccount:
    """Instances of these labels."""

    prefix = "/v2"

    def __init__(self, labels: Sequence[str]) -> None:
        instances = [instance(number, label) for number, label in enumerate(labels, 1)]
        self._written = [dump(one) for one in instances]
        self._by_label = dict(zip(labels, self._written, strict=True))
        self._by_id = {one["id"]: written for one, written in zip(instances, self._written, strict=True)}

    def answer(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Lists of instances, by label if asked to, and of operating systems, in pages; an instance, its user data and
        its networks.
        """
        if path == "/os":
            return _page("os", [dump(system) for system in SYSTEMS], query)
        if path == "/instances":
            found = self._written
            if "label" in query:
                found = [self._by_label[query["label"]]] if query["label"] in self._by_label else []
            return _page("instances", found, query)
        _nothing, _instances, identifier, *more = [*path.split("/", 3), "", ""][:4]
        written = self._by_id.get(identifier)
        if written is None or not path.startswith("/instances/"):
            return None
        if more == [""]:
            return b'{"instance":' + written + b"}"
        if more == ["user-data"]:
            return dump(NOTHING_SET)
        return _page("vpcs", [], query) if more == ["vpcs"] else None

    def error(self, status: int) -> bytes:
        """The API's error object."""
        return dump(
            {"error": {401: "Invalid API token.", 404: "Not found.", 405: "Not allowed."}[status], "status": status}
        )


def _page(name: str, written: Sequence[bytes], query: Mapping[str, str]) -> bytes:
    per_page = min(int(query.get("per_page", PER_PAGE)), MOST_PER_PAGE)
    begin = _position(query["cursor"]) if query.get("cursor") else 0
    end = begin + per_page
    links = {
        "next": _cursor(end) if end < len(written) else "",
        "prev": _cursor(max(begin - per_page, 0)) if begin else "",
    }
    return dump_list(name, written[begin:end], meta={"total": len(written), "links": links})


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"next__{position}".encode()).decode()


def _position(cursor: str) -> int:
    return int(base64.urlsafe_b64decode(cursor).removeprefix(b"next__"))
