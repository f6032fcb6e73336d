# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates are PATCH, only what differs, and read back. Lost answers: see test_losses.py."""

from __future__ import annotations

import pytest
from client.support import ONE, sent, servers_at, stored

from ansible_collections.vpsorg.cloud.plugins.module_utils import _servers
from ansible_collections.vpsorg.cloud.plugins.module_utils._api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import TimeLimitReached, VpsError
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy


@pytest.fixture
def server_id(emulator: Emulator) -> int:
    return emulator.insert(name="web-01", hostname="web01.example.com")


@pytest.fixture
def short_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_servers, "READ_BACK_TIME", 0.4)


def test_update(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    server = servers_at(proxy.url).update(server_id, {"hostname": "new.example.com"})
    assert server["hostname"] == stored(emulator, server_id)["hostname"] == "new.example.com" and "resource_usage" in server
    patch, read = emulator.requests()
    assert (patch["method"], patch["body"]) == ("PATCH", {"hostname": "new.example.com"}), "nothing that was not asked for"
    assert read["method"] == "GET"


@pytest.mark.parametrize("answer", ["detail", "list_item", "empty_object", "no_body", "no_content"])
def test_what_a_patch_answers_is_not_relied_on(emulator: Emulator, proxy: FaultProxy, server_id: int, answer: str) -> None:
    emulator.configure(patch_answer=answer)
    assert servers_at(proxy.url).update(server_id, {"backups_enabled": True})["backups_enabled"] is True
    assert [record.method for record in proxy.history] == ["PATCH", "GET"]


@pytest.mark.parametrize("echo", [True, False])
def test_a_patch_that_does_nothing_is_a_failure_that_names_the_field(
    emulator: Emulator, proxy: FaultProxy, server_id: int, short_read_back: None, echo: bool
) -> None:
    fault = Fault("ignored_patch", "PATCH", ONE, echo=echo)
    proxy.set(fault)
    with pytest.raises(VpsError) as caught:
        servers_at(proxy.url).update(server_id, {"hostname": "new.example.com", "backups_enabled": True})
    assert f"Server web-01 (id {server_id}): the API accepted the update, but this did not take: " in str(caught.value)
    assert "hostname (declared 'new.example.com', but the API shows 'web01.example.com')" in str(caught.value)
    assert "backups_enabled (declared True, but the API shows False)" in str(caught.value)
    assert caught.value.server_id == server_id and proxy.met(fault) == 1 and len(sent(proxy, "PATCH")) == 1


def test_only_the_field_that_did_not_take_is_named(emulator: Emulator, proxy: FaultProxy, server_id: int, short_read_back: None) -> None:
    emulator.change(server_id, backups_enabled=True)
    proxy.set(Fault("ignored_patch", "PATCH", ONE))
    with pytest.raises(VpsError) as caught:
        servers_at(proxy.url).update(server_id, {"name": "web-02", "backups_enabled": True})
    assert "name (declared" in str(caught.value) and "backups_enabled" not in str(caught.value)


def test_a_read_that_lags_behind_is_waited_for(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    stale = Fault("stale_list", "GET", ONE, times=3)
    proxy.set(stale)
    servers = servers_at(proxy.url)
    assert servers.find(server_id)
    assert servers.update(server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(stale) == 3 and len(sent(proxy, "PATCH")) == 1


def test_reads_that_lag_for_long(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.configure(stale_ms=400)
    assert servers_at(proxy.url).update(server_id, {"name": "web-02"})["name"] == "web-02"
    assert len(sent(proxy, "PATCH")) == 1


def test_reading_back_survives_failures(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    fault = Fault("answer", "GET", ONE, times=3, status=502)
    proxy.set(fault)
    assert servers_at(proxy.url).update(server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 3 and len(sent(proxy, "PATCH")) == 1


def test_reading_back_that_fails_for_good_is_a_failure_with_a_change(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("answer", "GET", ONE, times=None, status=502))
    with pytest.raises(ApiError, match=r"GET /servers/.*HTTP 502") as caught:
        servers_at(proxy.url, retries=2).update(server_id, {"name": "web-02"})
    assert caught.value.changed and caught.value.server_id == server_id


@pytest.mark.parametrize("shape", ["drf", "detail", "message", "text"])
def test_a_refused_value_in_the_apis_own_words(emulator: Emulator, proxy: FaultProxy, server_id: int, shape: str) -> None:
    emulator.configure(error_shape=shape)
    with pytest.raises(ApiError, match=rf"PATCH /servers/{server_id}/: HTTP 400: .*fully qualified domain name"):
        servers_at(proxy.url).update(server_id, {"hostname": "single"})
    assert len(proxy.history) == 1


@pytest.mark.parametrize("status", [409, 423])
def test_a_busy_server_is_asked_again(emulator: Emulator, proxy: FaultProxy, server_id: int, status: int) -> None:
    fault = Fault("answer", "PATCH", ONE, times=2, status=status, body={"detail": "Busy."})
    proxy.set(fault)
    assert servers_at(proxy.url).update(server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 2 and len(sent(proxy, "PATCH")) == 3


def test_a_busy_server_that_stays_busy(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.configure(patch_in_transition=409)
    emulator.change(server_id, status="stopping")
    with pytest.raises(ApiError, match=r"HTTP 409: .*It was tried 4 times; the server is still there as it was") as caught:
        servers_at(proxy.url).update(server_id, {"name": "web-02"})
    assert not caught.value.changed and len(sent(proxy, "PATCH")) == 4


def test_a_server_that_is_gone_has_vanished(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.remove(server_id)
    with pytest.raises(VpsError, match=f"Server {server_id} has vanished. PATCH /servers/{server_id}/: HTTP 404"):
        servers_at(proxy.url).update(server_id, {"name": "web-02"})
    assert [(record.method, record.path.rpartition("v1")[2]) for record in proxy.history] == [
        ("PATCH", f"/servers/{server_id}/"),
        ("GET", f"/servers/{server_id}/"),
        ("GET", "/servers/"),
    ]


def test_a_404_that_a_look_does_not_confirm_is_tried_again(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    fault = Fault("answer", "PATCH", ONE, status=404, body={"detail": "Not found."})
    proxy.set(fault)
    assert servers_at(proxy.url).update(server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 1 and len(sent(proxy, "PATCH")) == 2


def test_a_wrong_base_path_never_means_vanished(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    with pytest.raises(ApiError, match=r"GET /servers/: HTTP 404.*check api_url"):
        servers_at(f"{proxy.origin}/api/v2").update(server_id, {"name": "web-02"})


def test_the_time_limit_ends_trying(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("answer", "PATCH", ONE, times=None, status=500))
    servers = servers_at(proxy.url, limit=0.3, retry_max_delay=5.0)
    with pytest.raises((TimeLimitReached, ApiError), match="PATCH /servers/") as caught:
        servers.update(server_id, {"name": "web-02"})
    assert caught.value.server_id == server_id and servers.pace.elapsed() < 10
