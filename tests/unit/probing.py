# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""APIs of all kinds, as vps_api_info sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unit.fakes import Call, Reply, ScriptedHttp, VirtualTime, page, server_detail, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.dialect import Findings
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.probe import Probe

UUID = "00003039-0477-53a0-9217-f3259a0420b2"
THEIRS = {"uuid": UUID, "hostname": "web-0001", "status": "active", "location_name": "Frankfurt"}
ACCOUNT = {
    "account": {
        "email": "jane@example.com",
        "first_name": "Jane",
        "last_name": "Doe",
        "company_name": None,
        "created_at": "2024-06-15",
    },
    "token": {"name": "my laptop", "permissions": ["servers:*"]},
}
PLAN = {
    "id": 1,
    "name": "Starter VPS",
    "slug": "starter",
    "vcpus": 1,
    "memory": 2048,
    "storage": 40,
    "bandwidth": 1024,
    "price_monthly": 5.00,
    "price_hourly": 0.007,
    "available": True,
    "locations": ["us-west"],
    "description": "Small",
}
NOTHING = Reply(404, {"detail": "Not found."})


def probed(clock: VirtualTime, respond: Callable[[Call], Reply], **budget: Any) -> tuple[Findings, ScriptedHttp]:
    http = ScriptedHttp(respond, clock)
    return Probe(ApiClient(http, virtual_budget(clock, limit=None, **budget))).look(), http


def api(servers: Any, **others: Reply) -> Callable[[Call], Reply]:
    """An API whose list of servers is not paged, with their details, and that has a few other paths: `account_me` for
    `/account/me/`.
    """

    def respond(call: Call) -> Reply:
        if call.path == "/servers/":
            return servers if isinstance(servers, Reply) else page(servers)
        if call.path.startswith("/servers/") and "detail" not in others:
            return Reply(200, server_detail(int(call.path.split("/")[2]))) if call.path[9:-1].isdigit() else NOTHING
        if call.path.startswith("/servers/"):
            return others["detail"]
        return others.get(call.path.strip("/").replace("/", "_").replace("-", "_"), NOTHING)

    return respond
