# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is said of the API's responses: paths, names of fields, and their types. Data only.

The tables are those of the documentation. What the clients read is known from vps-mcp 0.1.0 and vpsdotorg 0.1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SERVERS_PATH, DETAIL_PATH, PLANS_PATH, ACCOUNT_PATH = "/servers/", "/servers/{id}/", "/plans/", "/account/me/"
# Paths that only the clients know.
CLIENTS_PATHS = ("/locations/", "/operating-systems/", "/ssh-keys/")

# The documentation's tables are written as shape.py writes what it sees.
Fields = Mapping[str, Any]

_NUMBER = "float or int"
_PLAN_OF_SERVER = {"id": "int", "name": "str", "vcpus": "int", "memory": _NUMBER, "storage": _NUMBER}
LISTED_SERVER: Fields = {
    "id": "int",
    "name": "str",
    "hostname": "null or str",
    "status": "str",
    "ip_address": "null or str",
    "location": "str",
    "plan": _PLAN_OF_SERVER,
    "os": {"id": "int", "name": "str"},
    "created_at": "str",
    "updated_at": "str",
}
SERVER_DETAIL: Fields = {
    **LISTED_SERVER,
    "plan": {**_PLAN_OF_SERVER, "bandwidth": _NUMBER},
    "ipv6_address": "null or str",
    "backups_enabled": "bool",
    "resource_usage": {
        "cpu_percent": f"{_NUMBER} or null",
        "memory_used": f"{_NUMBER} or null",
        "disk_used": f"{_NUMBER} or null",
        "bandwidth_used": f"{_NUMBER} or null",
    },
}
PLAN: Fields = {
    "id": "int",
    "name": "str",
    "slug": "str",
    "vcpus": "int",
    "memory": _NUMBER,
    "storage": _NUMBER,
    "bandwidth": _NUMBER,
    "price_monthly": _NUMBER,
    "price_hourly": _NUMBER,
    "available": "bool",
    "locations": ["str"],
    "description": "null or str",
}
ACCOUNT: Fields = {
    "account": {
        "email": "str",
        "first_name": "null or str",
        "last_name": "null or str",
        "company_name": "null or str",
        "created_at": "str",
    },
    "token": {"name": "str", "permissions": ["str"]},
}
# Objects in the place of which null says that there is nothing to tell yet (assumed).
MAY_BE_NULL = frozenset({"resource_usage"})

# Which actions a permission is for is documented for these three texts only: `servers:read`, `servers:*`, `*:*`.
MAY_READ, MAY_WRITE = ("servers:read", "servers:*", "*:*"), ("servers:*", "*:*")

_OF_CLIENTS = frozenset({
    "uuid", "hostname", "status", "ipv4_addresses", "ipv6_addresses", "location_name", "plan_name", "os_name",
    "deployed", "created_at", "location", "plan", "ram", "ram_unit", "cpu", "disk_space", "operating_system",
    "operating_system_version", "password", "ip_address", "ipv4", "ip_addresses", "version", "ip", "address",
    "username", "cpu_type_name", "transfer", "monthly_price", "price", "hourly_price", "country_name",
    "country_code", "is_active", "versions", "fingerprint", "last_used_at", "public_key",
})  # fmt: skip
# What APIs put around their objects, and around what they have to say against a request.
_USUAL = frozenset({
    "count", "next", "previous", "results", "data", "items", "total", "page", "page_size", "pages", "meta", "links",
    "pagination", "detail", "details", "message", "error", "errors", "code", "success", "reason", "title", "type",
    "non_field_errors", "servers", "server", "plans",
})  # fmt: skip


def _names(fields: Any) -> Iterator[str]:
    for name, kind in fields.items() if isinstance(fields, Mapping) else ():
        yield name
        yield from _names(kind)


# Names that can't be a value of an account, wherever they stand.
FAMILIAR = frozenset({*_names(SERVER_DETAIL), *_names(PLAN), *_names(ACCOUNT), *_OF_CLIENTS, *_USUAL})
# Where objects stand that have fields, so that a name that nobody knows is that of a field, too.
LISTS_OF_OBJECTS = frozenset({"results", "data", "items", "servers", "plans", "versions"})
OBJECTS = frozenset({
    "plan", "os", "account", "token", "resource_usage", "location", "operating_system", "operating_system_version",
})  # fmt: skip
