# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write against every way to lose its answer.

Judged by what the API got and holds in the end, not by what the client says.
"""

from __future__ import annotations

import pytest
from client.support import (
    FIELDS,
    LIST,
    LOSSES,
    LOST_TIMEOUT,
    NOBODY,
    ONE,
    TIMEOUT,
    Trouble,
    named,
    sent,
    servers_at,
    stored,
    told,
)

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from emulator.handle import Emulator
from fault_proxy import FaultProxy
from helpers.facts import mentions

every_loss = pytest.mark.parametrize("trouble", LOSSES, ids=lambda trouble: trouble.name)


def time_for(trouble: Trouble) -> float:
    return LOST_TIMEOUT if trouble.hangs else TIMEOUT


@every_loss
def test_create_is_sent_once_and_adopted_or_unknown(slow_life: Emulator, proxy: FaultProxy, trouble: Trouble) -> None:
    fault = trouble.fault("POST", LIST)
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    if trouble.effect:
        server, action = create_or_adopt(servers, FIELDS, NOBODY)
        assert action == "adopt" and named(slow_life) == [server["id"]]
    else:
        with pytest.raises(UnknownOutcome) as caught:
            create_or_adopt(servers, FIELDS, NOBODY)
        assert mentions(caught.value, "POST /servers/")
        assert caught.value.changed and caught.value.about.name == "web-01" and caught.value.about.server_id is None
        assert named(slow_life) == [] and sent(proxy, "GET").count("/servers/") >= 4
    assert proxy.met(fault) == 1 and sent(proxy, "POST") == ["/servers/"]


@every_loss
def test_update_is_repeated_only_where_a_look_shows_that_it_did_not_take(
    emulator: Emulator, proxy: FaultProxy, trouble: Trouble
) -> None:
    server_id = emulator.insert(name="old-name")
    fault = trouble.fault("PATCH", ONE)
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    assert update(servers, server_id, {"name": "web-01", "backups_enabled": True})["name"] == "web-01"
    assert proxy.met(fault) == 1 and len(sent(proxy, "PATCH")) == (1 if trouble.effect else 2)
    assert (stored(emulator, server_id)["name"], stored(emulator, server_id)["backups_enabled"]) == ("web-01", True)


@every_loss
def test_delete_is_repeated_only_where_a_look_shows_the_server(
    emulator: Emulator, proxy: FaultProxy, trouble: Trouble
) -> None:
    server_id, other = emulator.insert(name="web-01"), emulator.insert(name="web-02")
    fault = trouble.fault("DELETE", ONE)
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    assert delete(servers, server_id) is True, "it was this task that deleted it"
    assert proxy.met(fault) == 1 and sent(proxy, "DELETE") == [f"/servers/{server_id}/"] * (1 if trouble.effect else 2)
    assert [server["id"] for server in emulator.servers()] == [other]


@every_loss
@pytest.mark.parametrize("action", ["start", "stop"])
def test_start_and_stop_are_repeated_only_where_a_look_shows_the_old_state(
    slow_life: Emulator, proxy: FaultProxy, action: str, trouble: Trouble
) -> None:
    server_id = slow_life.insert(name="web-01", status="stopped" if action == "start" else "active")
    fault = trouble.fault("POST", f"*/servers/*/{action}/")
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    assert switch(servers, server_id, action) is True
    assert proxy.met(fault) == 1 and sent(proxy, "POST") == [f"/servers/{server_id}/{action}/"] * (
        1 if trouble.effect else 2
    )
    assert stored(slow_life, server_id)["status"] == {"start": "starting", "stop": "stopping"}[action]


@every_loss
def test_reboot_is_never_repeated(slow_life: Emulator, proxy: FaultProxy, trouble: Trouble) -> None:
    server_id = slow_life.insert(name="web-01")
    fault = trouble.fault("POST", "*/servers/*/reboot/")
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    if trouble.effect:
        assert reboot(servers, server_id) is True
    else:
        with pytest.raises(UnknownOutcome) as caught:
            reboot(servers, server_id)
        assert mentions(caught.value, f"POST /servers/{server_id}/reboot/") and mentions(
            told(caught.value), "web-01", "active"
        )
        assert caught.value.changed and caught.value.about.server_id == server_id
    assert proxy.met(fault) == 1 and sent(proxy, "POST") == [f"/servers/{server_id}/reboot/"]
    assert stored(slow_life, server_id)["status"] == ("rebooting" if trouble.effect else "active")


@every_loss
@pytest.mark.parametrize("path", [LIST, ONE], ids=["list", "detail"])
def test_reads_are_repeated(emulator: Emulator, proxy: FaultProxy, path: str, trouble: Trouble) -> None:
    server_id = emulator.insert(name="web-01")
    times = 1 if trouble.hangs else 2
    fault = trouble.fault("GET", path, times=times)
    proxy.set(fault)
    servers = servers_at(proxy.url, timeout=time_for(trouble))
    if path == LIST:
        assert [server["id"] for server in servers.list()] == [server_id]
    else:
        found = servers.find(server_id)
        assert found is not None and found["name"] == "web-01"
    assert proxy.met(fault) == times and len(sent(proxy, "GET")) == times + 1
