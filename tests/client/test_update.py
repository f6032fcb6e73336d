# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates are PATCH, only what differs, and read back. Lost answers: see test_losses.py."""

from __future__ import annotations

import pytest
from client.support import ONE, sent, servers_at, stored, told

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import TimeLimitReached, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server import change
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import update
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy
from helpers.facts import mentions


@pytest.fixture
def server_id(emulator: Emulator) -> int:
    return emulator.insert(name="web-01", hostname="web01.example.com")


@pytest.fixture
def short_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "READ_BACK_TIME", 0.4)


def test_update(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    server = update(servers_at(proxy.url), server_id, {"hostname": "new.example.com"})
    assert (
        server["hostname"] == stored(emulator, server_id)["hostname"] == "new.example.com"
        and "resource_usage" in server
    )
    patch, read = emulator.requests()
    assert (patch["method"], patch["body"]) == ("PATCH", {"hostname": "new.example.com"}), (
        "nothing that was not asked for"
    )
    assert read["method"] == "GET"


@pytest.mark.parametrize("answer", ["detail", "list_item", "empty_object", "no_body", "no_content"])
def test_what_a_patch_answers_is_not_relied_on(
    emulator: Emulator, proxy: FaultProxy, server_id: int, answer: str
) -> None:
    emulator.configure(patch_answer=answer)
    assert update(servers_at(proxy.url), server_id, {"backups_enabled": True})["backups_enabled"] is True
    assert [record.method for record in proxy.history] == ["PATCH", "GET"]


@pytest.mark.parametrize("echo", [True, False])
def test_a_patch_that_does_nothing_is_a_failure_that_names_the_field(
    emulator: Emulator, proxy: FaultProxy, server_id: int, short_read_back: None, echo: bool
) -> None:
    fault = Fault("ignored_patch", "PATCH", ONE, echo=echo)
    proxy.set(fault)
    with pytest.raises(VpsError) as caught:
        update(servers_at(proxy.url), server_id, {"hostname": "new.example.com", "backups_enabled": True})
    assert mentions(caught.value, "hostname", "new.example.com", "web01.example.com", "backups_enabled", True, False)
    assert mentions(told(caught.value), "web-01", server_id) and caught.value.changed
    assert caught.value.about.server_id == server_id and proxy.met(fault) == 1 and len(sent(proxy, "PATCH")) == 1


def test_only_the_field_that_did_not_take_is_named(
    emulator: Emulator, proxy: FaultProxy, server_id: int, short_read_back: None
) -> None:
    emulator.change(server_id, backups_enabled=True)
    proxy.set(Fault("ignored_patch", "PATCH", ONE))
    with pytest.raises(VpsError) as caught:
        update(servers_at(proxy.url), server_id, {"name": "web-02", "backups_enabled": True})
    assert mentions(caught.value, "name", "web-02", "web-01") and not mentions(caught.value, "backups_enabled")


def test_a_read_that_lags_behind_is_waited_for(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    stale = Fault("stale_list", "GET", ONE, times=3)
    proxy.set(stale)
    servers = servers_at(proxy.url)
    assert servers.find(server_id)
    assert update(servers, server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(stale) == 3 and len(sent(proxy, "PATCH")) == 1


def test_reads_that_lag_for_long(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.configure(stale_ms=400)
    assert update(servers_at(proxy.url), server_id, {"name": "web-02"})["name"] == "web-02"
    assert len(sent(proxy, "PATCH")) == 1


def test_reading_back_survives_failures(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    fault = Fault("answer", "GET", ONE, times=3, status=502)
    proxy.set(fault)
    assert update(servers_at(proxy.url), server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 3 and len(sent(proxy, "PATCH")) == 1


def test_reading_back_that_fails_for_good_is_a_failure_with_a_change(
    emulator: Emulator, proxy: FaultProxy, server_id: int
) -> None:
    proxy.set(Fault("answer", "GET", ONE, times=None, status=502))
    with pytest.raises(ApiError) as caught:
        update(servers_at(proxy.url, retries=2), server_id, {"name": "web-02"})
    assert mentions(caught.value, f"GET /servers/{server_id}/", 502)
    assert caught.value.changed and caught.value.about.server_id == server_id


@pytest.mark.parametrize("shape", ["drf", "detail", "message", "text"])
def test_a_refused_value_in_the_apis_own_words(
    emulator: Emulator, proxy: FaultProxy, server_id: int, shape: str
) -> None:
    emulator.configure(error_shape=shape)
    with pytest.raises(ApiError) as caught:
        update(servers_at(proxy.url), server_id, {"hostname": "single"})
    assert mentions(caught.value, f"PATCH /servers/{server_id}/", 400, "Enter a valid fully qualified domain name.")
    assert len(proxy.history) == 1


@pytest.mark.parametrize("status", [409, 423])
def test_a_busy_server_is_asked_again(emulator: Emulator, proxy: FaultProxy, server_id: int, status: int) -> None:
    fault = Fault("answer", "PATCH", ONE, times=2, status=status, body={"detail": "Busy."})
    proxy.set(fault)
    assert update(servers_at(proxy.url), server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 2 and len(sent(proxy, "PATCH")) == 3


def test_a_busy_server_that_stays_busy(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.configure(patch_in_transition=409)
    emulator.change(server_id, status="stopping")
    with pytest.raises(ApiError) as caught:
        update(servers_at(proxy.url), server_id, {"name": "web-02"})
    assert mentions(caught.value, 409, 4)
    assert not caught.value.changed and len(sent(proxy, "PATCH")) == 4


def test_a_server_that_is_gone_has_vanished(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    emulator.remove(server_id)
    with pytest.raises(VpsError) as caught:
        update(servers_at(proxy.url), server_id, {"name": "web-02"})
    assert mentions(caught.value, f"PATCH /servers/{server_id}/", 404) and not mentions(caught.value, "api_url"), (
        "the list is there"
    )
    assert caught.value.about.server_id == server_id and not caught.value.changed
    assert [(record.method, record.path.rpartition("v1")[2]) for record in proxy.history] == [
        ("PATCH", f"/servers/{server_id}/"),
        ("GET", f"/servers/{server_id}/"),
        ("GET", "/servers/"),
    ]


def test_a_404_that_a_look_does_not_confirm_is_tried_again(
    emulator: Emulator, proxy: FaultProxy, server_id: int
) -> None:
    fault = Fault("answer", "PATCH", ONE, status=404, body={"detail": "Not found."})
    proxy.set(fault)
    assert update(servers_at(proxy.url), server_id, {"name": "web-02"})["name"] == "web-02"
    assert proxy.met(fault) == 1 and len(sent(proxy, "PATCH")) == 2


def test_a_wrong_base_path_never_means_vanished(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    with pytest.raises(ApiError) as caught:
        update(servers_at(f"{proxy.origin}/api/v2"), server_id, {"name": "web-02"})
    assert mentions(caught.value, "GET /servers/", 404, "api_url")


def test_the_time_limit_ends_trying(emulator: Emulator, proxy: FaultProxy, server_id: int) -> None:
    proxy.set(Fault("answer", "PATCH", ONE, times=None, status=500))
    servers = servers_at(proxy.url, limit=0.3, retry_max_delay=5.0)
    with pytest.raises((TimeLimitReached, ApiError), match="PATCH /servers/") as caught:
        update(servers, server_id, {"name": "web-02"})
    assert caught.value.about.server_id == server_id and servers.budget.elapsed() < 10
