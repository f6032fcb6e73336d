# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, stop and reboot: a refusal is a lost race until a look says otherwise. Lost answers: see test_losses.py."""

from __future__ import annotations

import pytest
from client.support import sent, servers_at, stored, told

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import (
    TimeLimitReached,
    UnknownOutcome,
    VpsError,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy, Record
from helpers.facts import mentions

ACTIONS = {"start": ("stopped", "starting"), "stop": ("active", "stopping"), "reboot": ("active", "rebooting")}
every_action = pytest.mark.parametrize("action", ACTIONS)


def act(url: str, server_id: int, action: str, **options: object) -> bool:
    servers = servers_at(url, **options)
    return reboot(servers, server_id) if action == "reboot" else switch(servers, server_id, action)


@every_action
def test_action(slow_life: Emulator, proxy: FaultProxy, action: str) -> None:
    found, becomes = ACTIONS[action]
    server_id = slow_life.insert(name="web-01", status=found)
    assert act(proxy.url, server_id, action) is True
    assert stored(slow_life, server_id)["status"] == becomes
    assert [(record.method, record.path.rpartition("v1")[2], record.body) for record in proxy.history] == [
        ("POST", f"/servers/{server_id}/{action}/", b"")
    ]


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("start", "active"),
        ("start", "starting"),
        ("start", "provisioning"),
        ("start", "rebooting"),
        ("stop", "stopped"),
        ("stop", "stopping"),
    ],
)
@pytest.mark.parametrize("refused", [400, 409])
def test_who_comes_second_is_no_error_and_no_change(
    slow_life: Emulator, proxy: FaultProxy, action: str, status: str, refused: int
) -> None:
    slow_life.configure(actions_in_transition=refused)
    server_id = slow_life.insert(status=status)
    assert act(proxy.url, server_id, action) is False
    assert [record.method for record in proxy.history] == ["POST", "GET"]


def test_a_reboot_that_is_under_way_is_taken_for_the_one_asked_for(slow_life: Emulator, proxy: FaultProxy) -> None:
    server_id = slow_life.insert(status="rebooting")
    assert act(proxy.url, server_id, "reboot") is True
    assert [record.method for record in proxy.history] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("action", "transition", "ends", "refused"),
    [
        ("start", "stop", "stopping", 400),
        ("start", "stop", "stopping", 409),
        ("stop", "start", "starting", 400),
        ("stop", "start", "starting", 409),
        ("reboot", "start", "starting", 400),  # a 409 to a reboot is final: see below
    ],
)
def test_in_another_transition_its_end_is_waited_for(
    emulator: Emulator, action: str, transition: str, ends: str, refused: int
) -> None:
    emulator.configure(actions_in_transition=refused, start_ms=600_000, stop_ms=600_000, reboot_ms=600_000)
    server_id = emulator.insert(status="stopped" if transition == "start" else "active")
    switch(servers_at(emulator.url), server_id, transition)
    assert stored(emulator, server_id)["status"] == ends
    looks = []

    def end_it(record: Record) -> None:
        if record.method == "GET":
            looks.append(record)
            if len(looks) == 2:
                emulator.change(server_id, status="active" if transition == "start" else "stopped")

    with FaultProxy(emulator.url, on_record=end_it) as proxy:
        assert act(proxy.url, server_id, action) is True
        assert len(sent(proxy, "POST")) == 2 and len(looks) >= 3
    assert stored(emulator, server_id)["status"] == ACTIONS[action][1]


def test_an_unknown_status_is_waited_on(emulator: Emulator, proxy: FaultProxy) -> None:
    server_id = emulator.insert(status="migrating")
    with pytest.raises(TimeLimitReached) as caught:
        act(proxy.url, server_id, "stop", limit=0.5)
    assert mentions(caught.value, f"POST /servers/{server_id}/stop/", 400) and mentions(
        told(caught.value), f"server-{server_id}", "migrating"
    )
    assert caught.value.about.server_id == server_id and len(sent(proxy, "POST")) == 1


@every_action
@pytest.mark.parametrize("status", ["suspended", "error", "failed", "deleted"])
def test_a_dead_server_fails_at_once_with_the_apis_words(
    slow_life: Emulator, proxy: FaultProxy, action: str, status: str
) -> None:
    server_id = slow_life.insert(name="web-01", status=status)
    with pytest.raises(ApiError) as caught:
        act(proxy.url, server_id, action)
    assert mentions(caught.value, f"POST /servers/{server_id}/{action}/", 400) and mentions(
        told(caught.value), "web-01", server_id, status
    )
    assert not caught.value.changed and [record.method for record in proxy.history] == ["POST", "GET"]


def test_a_stopped_server_is_not_started_by_a_reboot(slow_life: Emulator, proxy: FaultProxy) -> None:
    server_id = slow_life.insert(name="web-01", status="stopped")
    with pytest.raises(ApiError) as caught:
        act(proxy.url, server_id, "reboot")
    assert mentions(caught.value, 400, "Server is not running.") and mentions(
        told(caught.value), "web-01", server_id, "stopped"
    )
    assert (
        sent(proxy, "POST") == [f"/servers/{server_id}/reboot/"] and stored(slow_life, server_id)["status"] == "stopped"
    )


def test_a_conflict_ends_a_reboot(slow_life: Emulator, proxy: FaultProxy) -> None:
    server_id = slow_life.insert(name="web-01")
    fault = Fault("answer", "POST", "*/reboot/", status=409, body={"detail": "Busy."})
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        act(proxy.url, server_id, "reboot")
    assert mentions(caught.value, 409, "Busy.") and mentions(told(caught.value), "web-01", server_id, "active")
    assert proxy.met(fault) == 1 and [record.method for record in proxy.history] == ["POST", "GET"]


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_conflict_without_a_transition_is_asked_again(slow_life: Emulator, proxy: FaultProxy, action: str) -> None:
    server_id = slow_life.insert(status=ACTIONS[action][0])
    fault = Fault("answer", "POST", f"*/{action}/", times=2, status=423, body={"detail": "Busy."})
    proxy.set(fault)
    assert act(proxy.url, server_id, action) is True
    assert proxy.met(fault) == 2 and len(sent(proxy, "POST")) == 3


@every_action
def test_a_server_that_is_gone_has_vanished(emulator: Emulator, proxy: FaultProxy, action: str) -> None:
    server_id = emulator.insert()
    emulator.remove(server_id)
    with pytest.raises(VpsError) as caught:
        act(proxy.url, server_id, action)
    assert mentions(caught.value, f"POST /servers/{server_id}/{action}/", 404) and not mentions(
        caught.value, "api_url"
    ), "the list is there"
    assert caught.value.about.server_id == server_id and not caught.value.changed
    assert [record.method for record in proxy.history] == ["POST", "GET", "GET"]


@every_action
def test_a_404_that_a_look_does_not_confirm_is_tried_again(slow_life: Emulator, proxy: FaultProxy, action: str) -> None:
    found, becomes = ACTIONS[action]
    server_id = slow_life.insert(status=found)
    fault = Fault("answer", "POST", f"*/{action}/", status=404, body={"detail": "Not found."})
    proxy.set(fault)
    assert act(proxy.url, server_id, action) is True
    assert proxy.met(fault) == 1 and len(sent(proxy, "POST")) == 2 and stored(slow_life, server_id)["status"] == becomes


@every_action
def test_with_a_wrong_base_path_nothing_has_vanished(emulator: Emulator, proxy: FaultProxy, action: str) -> None:
    with pytest.raises(ApiError) as caught:
        act(f"{proxy.origin}/api/v2", emulator.insert(), action)
    assert mentions(caught.value, "GET /servers/", 404, "api_url")


@every_action
@pytest.mark.parametrize("kind", ["wrong_id_in_detail", "item_without_id", "item_string_id"])
def test_an_acceptance_for_another_server_is_none(
    slow_life: Emulator, proxy: FaultProxy, action: str, kind: str
) -> None:
    """The look shows that it took effect all the same."""
    found, becomes = ACTIONS[action]
    server_id = slow_life.insert(status=found)
    fault = Fault(kind, "POST", f"*/{action}/")
    proxy.set(fault)
    assert act(proxy.url, server_id, action) is True
    assert proxy.met(fault) == 1 and len(sent(proxy, "POST")) == 1 and stored(slow_life, server_id)["status"] == becomes


def test_a_lost_reboot_that_was_too_fast_to_be_seen_is_unknown_and_not_repeated(
    emulator: Emulator, proxy: FaultProxy
) -> None:
    emulator.configure(reboot_ms=0)
    server_id = emulator.insert(name="web-01")
    proxy.set(Fault("reset_after", "POST", "*/reboot/"))
    with pytest.raises(UnknownOutcome) as caught:
        act(proxy.url, server_id, "reboot")
    assert mentions(told(caught.value), "web-01", "active")
    assert caught.value.changed and caught.value.about.server_id == server_id and len(sent(proxy, "POST")) == 1
