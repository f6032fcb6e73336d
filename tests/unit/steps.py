# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans in words, and plans carried out on a dictionary."""

from __future__ import annotations

from typing import Any

from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import ServerPlan, Step
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import Goal

# Where every status ends that ends by itself; an unknown one is supposed to become active.
ENDS = {
    "provisioning": "active",
    "starting": "active",
    "rebooting": "active",
    "restoring": "active",
    "migrating": "active",
    "stopping": "stopped",
}
POWER = {"start": "active", "reboot": "active", "stop": "stopped"}


def in_words(step: Step) -> str:
    return f"wait {step.goal.value}" if step.goal is not None else step.kind


def steps_of(plan: ServerPlan) -> list[str]:
    """The steps of a plan, such as `stop` and `wait stopped`."""
    return [in_words(step) for step in plan.steps]


def carried_out(plan: ServerPlan) -> dict[str, Any] | None:
    """The server's detail once every step is carried out and everything has come to rest; None where it is gone."""
    server = dict(plan.existing) if plan.existing is not None else None
    for step in plan.steps:
        if step.kind == "create":
            assert server is None
            server = server_detail(900, **{"hostname": None, "backups_enabled": False, **step.fields})
        elif step.kind == "delete":
            server = None
        elif step.goal is Goal.GONE:
            assert server is None
        else:
            assert server is not None
            server = _after(step, server)
    if server is None:
        return None
    return {
        **server,
        "status": ENDS.get(server["status"], server["status"]),
        "ip_address": server["ip_address"] or "203.0.113.99",
    }


def _after(step: Step, server: dict[str, Any]) -> dict[str, Any]:
    if step.kind == "update":
        return {**server, **step.fields}
    if step.kind == "wait":
        return {**server, "status": ENDS.get(server["status"], server["status"])}
    assert server["status"] in ("active", "stopped"), f"{step.kind} in the status {server['status']}"
    return {**server, "status": POWER[step.kind]}
