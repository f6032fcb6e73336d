# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that something else deletes between the list and its detail: every planner takes it for absent."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, Call, Reply, VirtualTime, server_detail, servers_over
from unit.test_executor_properties import OPTIONS

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import TaskPlan
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.planner import FleetPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.power import PowerOfMany, PowerPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from ansible_collections.vpsorg.cloud.plugins.modules.vps_server import _ServerPlanner
from ansible_collections.vpsorg.cloud.plugins.modules.vps_server_power import _PowerPlanner

FIELDS = {"plan_id": 1, "os_id": 5, "location": "us-west", "backups_enabled": True}
NAMED = DesiredServer("web-01", fields=FIELDS)


def servers_one_of_which_vanishes(clock: VirtualTime, *others: dict[str, Any]) -> Servers:
    """An account whose server 7, web-01, is deleted once its first list was read."""
    account = Account(server_detail(7, name="web-01"), *others)

    def respond(call: Call) -> Reply:
        reply = account(call)
        account.servers.pop(7, None)
        return reply

    return servers_over(respond, clock)[0]


def fleet(servers: Servers, state: str) -> FleetPlanner:
    entry = {"name": "web-01", **(FIELDS if state == "present" else {})}
    return FleetPlanner(servers, read_declaration({**OPTIONS, "servers": [entry], "state": state}))


def only(plan: TaskPlan) -> Any:
    assert plan.refusal is None
    (server,) = plan.servers
    return server


@pytest.mark.parametrize("kind", ["server", "fleet"])
def test_absent_has_nothing_to_do(clock: VirtualTime, kind: str) -> None:
    servers = servers_one_of_which_vanishes(clock)
    planner = _ServerPlanner(servers, NAMED, absent=True) if kind == "server" else fleet(servers, "absent")
    plan = only(planner.plan())
    assert plan.refusal is None and plan.steps == ()


@pytest.mark.parametrize("kind", ["server", "fleet"])
def test_present_creates_it_anew(clock: VirtualTime, kind: str) -> None:
    servers = servers_one_of_which_vanishes(clock)
    planner = _ServerPlanner(servers, NAMED, absent=False) if kind == "server" else fleet(servers, "present")
    task = planner.plan()
    plan = only(task)
    assert plan.refusal is None and [step.kind for step in plan.steps][:1] == ["create"]
    # A list that lags shows it again: never to be taken for the new server.
    assert task.seen == {7}


def test_power_says_that_it_is_not_there(clock: VirtualTime) -> None:
    with pytest.raises(VpsError) as caught:
        _PowerPlanner(servers_one_of_which_vanishes(clock), NAMED, "stopped").plan()
    many = PowerPlanner(servers_one_of_which_vanishes(clock), PowerOfMany("stopped", ("web-01",), (), 4, True))
    refusal = only(many.plan()).refusal
    assert str(caught.value) == str(refusal) == "Server web-01: There is no server with this name."


def test_one_in_another_spelling_still_counts(clock: VirtualTime) -> None:
    other = server_detail(8, name="WEB-01")
    plan = only(_ServerPlanner(servers_one_of_which_vanishes(clock, other), NAMED, absent=False).plan())
    assert plan.refusal is not None and "WEB-01 (id 8)" in str(plan.refusal) and plan.steps == ()
    assert "web-01 (id 7)" not in str(plan.refusal)
