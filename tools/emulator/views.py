# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each answer shows of a server: the documented field sets, and their text."""

from __future__ import annotations

import itertools
import json
from typing import Any

from emulator.settings import Switches

EXTRA_KEY = {"x_undocumented": {"note": "A key that no documentation has."}}

# Documented: a list item lacks these fields of the detail, and its plan lacks the bandwidth.
DETAIL_ONLY = ("backups_enabled", "ipv6_address", "resource_usage")
# Documented: the SSH key is accepted at creation and never given back. The password has views of its own.
NEVER_SHOWN = ("ssh_key_id", "given_password")
# Of the detail's fields, the create answer lacks these.
NOT_IN_CREATED = ("ipv6_address", "resource_usage")

CREATED_MESSAGE = "Server is being provisioned. This may take 2-5 minutes."

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_reads = itertools.count(1)


def render(value: Any) -> str:
    """Compact JSON text, which always can be sent as UTF-8 (a lone surrogate is escaped, as JSON allows)."""
    text = _encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _encode_ascii(value)
    return text


def stored(document: dict[str, Any]) -> str:
    """The text in which the store keeps a server."""
    return _encode_ascii(document)


def _without(document: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in fields}


def _without_bandwidth(view: dict[str, Any]) -> dict[str, Any]:
    plan = view.get("plan")
    if isinstance(plan, dict) and "bandwidth" in plan:
        view["plan"] = _without(plan, ("bandwidth",))
    return view


def list_item(document: dict[str, Any]) -> dict[str, Any]:
    """A server as lists show it."""
    return _without_bandwidth(_without(document, DETAIL_ONLY + NEVER_SHOWN))


def created(document: dict[str, Any]) -> dict[str, Any]:
    """A server as the answer to its create shows it, with the message beside the fields."""
    view = _without_bandwidth(_without(document, NOT_IN_CREATED + NEVER_SHOWN))
    view["message"] = CREATED_MESSAGE
    return view


def detail(document: dict[str, Any], with_usage: bool) -> dict[str, Any]:
    """A server as its own page shows it. with_usage: make up the usage, which differs on each read."""
    view = _without(document, NEVER_SHOWN)
    if with_usage:
        view["resource_usage"] = _usage(document)
    return view


def _usage(document: dict[str, Any]) -> dict[str, Any]:
    read = next(_reads)
    plan = document.get("plan")
    plan = plan if isinstance(plan, dict) else {}
    running = document.get("status") == "active"

    def share(field: str, part: int) -> int:
        size = plan.get(field)
        return size * part // 100 if isinstance(size, int) else 0

    return {
        "cpu_percent": (read * 37 % 1000) / 10 if running else 0.0,
        "memory_used": share("memory", 30 + read * 7 % 40) if running else 0,
        "disk_used": share("storage", 40),
        "bandwidth_used": 450 + read,
    }


def with_password(view: dict[str, Any], document: dict[str, Any], key: str) -> dict[str, Any]:
    """A view with the server's password, if it has one. A key with a dot: in an object of its own, or in one that is
    there.
    """
    password = document.get("given_password")
    if password is None:
        return view
    outer, _dot, inner = key.partition(".")
    if not inner:
        return {**view, outer: password}
    there = view.get(outer)
    return {**view, outer: {**(there if isinstance(there, dict) else {}), inner: password}}


def priced(plan: dict[str, Any], prices: str, places: dict[str, int]) -> dict[str, Any]:
    """A plan with its prices as the switch plan_prices says. places: the fields, with their places as decimal text."""
    if prices == "absent":
        return _without(plan, tuple(places))
    if prices == "null":
        return {**plan, **dict.fromkeys(places)}
    if prices == "texts":
        return {**plan, **{field: f"{plan[field]:.{count}f}" for field, count in places.items()}}
    return plan


def listed_plan(plan: dict[str, Any], switches: Switches) -> dict[str, Any]:
    """A plan of the catalogue as the documented list shows it."""
    view = priced(plan, switches.plan_prices, {"price_monthly": 2, "price_hourly": 3})
    if plan["id"] in switches.unavailable_plans:
        view = {**view, "available": False}
    if not switches.plan_locations:
        view = _without(view, ("locations",))
    return {**view, **EXTRA_KEY} if switches.extra_keys else view


def account(
    account: dict[str, Any], token_name: str, permissions: list[str], switches: Switches
) -> dict[str, dict[str, Any]]:
    """The account, and the token of the request with its permissions."""
    extra = EXTRA_KEY if switches.extra_keys else {}
    return {"account": {**account, **extra}, "token": {"name": token_name, "permissions": permissions, **extra}}


def action_answer(document: dict[str, Any], status: str, message: str) -> dict[str, Any]:
    """The answer of start, stop and reboot; its outer status is not a server's status."""
    server = {"id": document.get("id"), "name": document.get("name"), "status": status}
    return {"status": "success", "message": message, "server": server}
