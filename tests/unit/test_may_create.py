# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks take the lock of their account from the start: those that may create, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, VirtualTime, server_detail, servers_over, settings
from unit.test_executor_properties import OPTIONS

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import look_and_plan
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.planner import FleetPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.power import PowerOfMany, PowerPlanner
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from ansible_collections.vpsorg.cloud.plugins.modules.vps_server import _ServerPlanner
from ansible_collections.vpsorg.cloud.plugins.modules.vps_server_power import _PowerPlanner

NAMED, BY_ID = DesiredServer("web-01"), DesiredServer(server_id=101)


def fleet(servers: Servers, state: str) -> FleetPlanner:
    return FleetPlanner(servers, read_declaration({**OPTIONS, "servers": [{"name": "web-01"}], "state": state}))


PLANNERS: dict[str, tuple[Any, bool]] = {
    "present": (lambda servers: _ServerPlanner(servers, NAMED, absent=False), True),
    "present by id": (lambda servers: _ServerPlanner(servers, BY_ID, absent=False), False),
    "absent": (lambda servers: _ServerPlanner(servers, NAMED, absent=True), False),
    "absent by id": (lambda servers: _ServerPlanner(servers, BY_ID, absent=True), False),
    "power": (lambda servers: _PowerPlanner(servers, NAMED, "stopped"), False),
    "power of many": (lambda servers: PowerPlanner(servers, PowerOfMany("stopped", ("web-01",), (), 4, True)), False),
    "fleet": (lambda servers: fleet(servers, "present"), True),
    "absent fleet": (lambda servers: fleet(servers, "absent"), False),
}


@pytest.mark.parametrize(("make", "takes"), PLANNERS.values(), ids=PLANNERS)
def test_only_what_may_create_takes_the_lock(
    clock: VirtualTime, monkeypatch: pytest.MonkeyPatch, make: Any, takes: bool
) -> None:
    """A task that only deletes must not wait for one that creates."""
    taken: list[str] = []
    lock = AccountLock(settings())
    monkeypatch.setattr(lock, "try_acquire", lambda: not taken.append("at once"))
    monkeypatch.setattr(lock, "acquire", lambda _budget: taken.append("later"))
    servers, _http = servers_over(Account(server_detail()), clock)
    planner = make(servers)
    look_and_plan(planner, lock, servers.budget, check_mode=False)
    assert planner.may_create is takes and taken == (["at once"] if takes else [])
