# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting: never said of what is still there, and no error for what is gone. Lost answers: see test_losses.py."""

from __future__ import annotations

import pytest
from client.support import LIST, ONE, named, sent, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy
from helpers.facts import mentions


@pytest.fixture
def server_id(emulator: Emulator) -> int:
    return emulator.insert(name="web-01")


def test_delete(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    other = emulator.insert(name="web-01")
    assert delete(servers_at(proxy.url), server_id) is True
    assert [(record.method, record.path.rpartition("v1")[2]) for record in proxy.history] == [
        ("DELETE", f"/servers/{server_id}/")
    ]
    assert named(emulator) == [other], "the one of that id only"


def test_what_is_gone_already_is_no_error_and_no_change(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.remove(server_id)
    assert delete(servers_at(proxy.url), server_id) is False
    assert [record.method for record in proxy.history] == ["DELETE", "GET", "GET"], "detail and list both say so"


def test_a_404_that_a_look_does_not_confirm_is_no_deletion(
    emulator: Emulator, proxy: FaultProxy, server_id: int
) -> None:
    fault = Fault("answer", "DELETE", ONE, status=404, body={"detail": "Not found."})
    proxy.set(fault)
    assert delete(servers_at(proxy.url), server_id) is True
    assert proxy.met(fault) == 1 and len(sent(proxy, "DELETE")) == 2 and named(emulator) == []


def test_a_404_for_ever_is_no_deletion_either(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("answer", "DELETE", ONE, times=None, status=404, body={"detail": "Not found."}))
    with pytest.raises(ApiError) as caught:
        delete(servers_at(proxy.url), server_id)
    assert mentions(caught.value, f"DELETE /servers/{server_id}/", 404, 4) and not mentions(caught.value, "api_url"), (
        "the list is there"
    )
    assert not caught.value.changed and caught.value.about.server_id == server_id
    assert len(sent(proxy, "DELETE")) == 4 and named(emulator) == [server_id]


def test_with_a_wrong_base_path_nothing_is_gone(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    """Everything is 404 there: success would be reported while the bill runs."""
    with pytest.raises(ApiError) as caught:
        delete(servers_at(f"{proxy.origin}/api/v2"), server_id)
    assert mentions(caught.value, "GET /servers/", 404, "api_url")
    assert named(emulator) == [server_id]


@pytest.mark.parametrize("status", [200, 201, 202, 205])
@pytest.mark.parametrize("effect", [True, False])
def test_only_204_counts_without_a_look(
    emulator: Emulator, proxy: FaultProxy, server_id: int, status: int, effect: bool
) -> None:
    fault = Fault("answer", "DELETE", ONE, status=status, body={"detail": "Deleted, trust me."}, forward=effect)
    proxy.set(fault)
    assert delete(servers_at(proxy.url), server_id) is True
    assert proxy.met(fault) == 1 and named(emulator) == [] and len(sent(proxy, "DELETE")) == (1 if effect else 2)
    assert "GET" in [record.method for record in proxy.history]


@pytest.mark.parametrize("again", [404, 409, 204])
def test_a_lost_delete_whose_server_lingers(emulator: Emulator, proxy: FaultProxy, server_id: int, again: int) -> None:
    """It is still shown, so it is deleted once more; what is answered then is no error."""
    emulator.configure(delete_ms=60_000, delete_again=again)
    fault = Fault("reset_after", "DELETE", ONE)
    proxy.set(fault)
    assert delete(servers_at(proxy.url), server_id) is True
    assert proxy.met(fault) == 1 and len(sent(proxy, "DELETE")) == 2


def test_a_busy_server_is_not_called_deleted_by_who_does_not_wait(
    emulator: Emulator, proxy: FaultProxy, server_id: int
) -> None:
    emulator.configure(delete_in_transition=409)
    emulator.change(server_id, status="stopping")
    proxy.set(Fault("reset_before", "DELETE", ONE))
    with pytest.raises(ApiError) as caught:
        delete(servers_at(proxy.url), server_id, waits=False)
    assert mentions(caught.value, 409)
    assert caught.value.changed and caught.value.about.server_id == server_id and named(emulator) == [server_id]


@pytest.mark.parametrize("status", [409, 423])
def test_a_busy_server_is_asked_again(emulator: Emulator, proxy: FaultProxy, server_id: int, status: int) -> None:
    fault = Fault("answer", "DELETE", ONE, times=2, status=status, body={"detail": "Busy."})
    proxy.set(fault)
    assert delete(servers_at(proxy.url), server_id) is True
    assert proxy.met(fault) == 2 and len(sent(proxy, "DELETE")) == 3 and named(emulator) == []


def test_a_lost_delete_whose_looks_fail_is_in_doubt(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("reset_after", "DELETE", ONE), Fault("answer", "GET", times=None, status=500))
    with pytest.raises(VpsError) as caught:
        delete(servers_at(proxy.url, retries=1), server_id)
    assert mentions(caught.value, f"DELETE /servers/{server_id}/", f"GET /servers/{server_id}/", 500)
    assert caught.value.doubt is not None and caught.value.changed and caught.value.about.server_id == server_id
    assert len(sent(proxy, "DELETE")) == 1


def test_a_detail_that_is_gone_while_the_list_shows_it_is_a_contradiction(
    emulator: Emulator, proxy: FaultProxy, server_id: int
) -> None:
    proxy.set(Fault("answer", "GET", ONE, times=None, status=404, body={"detail": "Not found."}))
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url).find(server_id)
    assert mentions(caught.value, f"GET /servers/{server_id}/", 404) and not mentions(caught.value, "api_url"), (
        "the list is there"
    )
    assert len(sent(proxy, "GET")) == 8, "four details and four lists"


def test_an_id_of_another_kind_is_never_deleted(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("item_string_id", "GET", LIST, times=None, value=f"{server_id}/../{server_id}"))
    servers = servers_at(proxy.url, retries=1)
    with pytest.raises(ApiError) as caught:
        servers.list()
    assert mentions(caught.value, "GET /servers/", "id")
    with pytest.raises(VpsError) as refused:
        delete(servers, f"{server_id}/../{server_id}")  # type: ignore[arg-type]
    assert mentions(refused.value, f"{server_id}/../{server_id}") and not refused.value.changed
    assert sent(proxy, "DELETE") == []
