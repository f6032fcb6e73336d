# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a server over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.handle import Emulator
from helpers.api_client import Client, until

SLOW = 60_000


def assert_met_in_order(condition: Callable[[], Any], states: list[Any]) -> None:
    """Ask until the last state comes; what is met before are some of the states, in their order: a slow machine may
    miss one.
    """
    met: list[Any] = []

    def arrived() -> bool:
        state = condition()
        if state not in met[-1:]:
            met.append(state)
        return state == states[-1]

    until(arrived)
    positions = [states.index(state) for state in met]
    assert positions == sorted(positions)


def test_a_new_server_has_no_address_until_it_is_active(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=SLOW, address_ms=0)
    detail = client.detail(client.create()["id"])
    assert (detail["status"], detail["ip_address"], detail["ipv6_address"]) == ("provisioning", None, None)
    emulator.configure(provision_ms=0, address_ms=SLOW)
    detail = client.detail(client.create()["id"])
    assert (detail["status"], detail["ip_address"], detail["ipv6_address"]) == ("active", None, None)
    emulator.configure(provision_ms=0, address_ms=0)
    detail = client.detail(client.create()["id"])
    assert detail["status"] == "active" and detail["ip_address"] and detail["ipv6_address"].startswith("2001:0db8:")


def test_provisioning_ends_and_the_address_comes_later(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=60, address_ms=60)
    server = client.create()["id"]

    def state() -> tuple[str, bool]:
        detail = client.detail(server)
        return detail["status"], detail["ip_address"] is not None

    assert_met_in_order(state, [("provisioning", False), ("active", False), ("active", True)])


def test_each_server_has_its_own_address(emulator: Emulator, client: Client) -> None:
    emulator.seed(1000)
    emulator.configure(paging=False)
    addresses = {server["ip_address"] for server in client.get("/servers/").json()["results"]}
    assert len(addresses) == 1000


@pytest.mark.parametrize(
    ("action", "words"),
    [("start", ["starting", "active"]), ("stop", ["stopping", "stopped"]), ("reboot", ["rebooting", "active"])],
)
def test_an_action_takes_its_time(emulator: Emulator, client: Client, action: str, words: list[str]) -> None:
    emulator.configure(start_ms=60, stop_ms=60, reboot_ms=60)
    server = emulator.insert(status="stopped" if action == "start" else "active")
    assert client.ask("POST", f"/servers/{server}/{action}/").status_code == 200
    assert_met_in_order(lambda: client.detail(server)["status"], words)


def test_the_list_tells_the_same_status(emulator: Emulator, client: Client) -> None:
    emulator.configure(stop_ms=SLOW)
    server = emulator.insert()
    client.ask("POST", f"/servers/{server}/stop/")
    assert client.get("/servers/").json()["results"][0]["status"] == "stopping"
    assert client.ids("?status=active") == []


def test_another_clients_change_ends_a_transition(emulator: Emulator, client: Client) -> None:
    emulator.configure(stop_ms=SLOW)
    server = emulator.insert()
    client.ask("POST", f"/servers/{server}/stop/")
    emulator.change(server, status="suspended")
    assert client.detail(server)["status"] == "suspended"


def test_a_long_delay_keeps_the_past_readable(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    emulator.configure(reboot_ms=3_000_000, stale_ms=SLOW)
    assert client.ask("POST", f"/servers/{server}/reboot/").status_code == 200
    assert client.detail(server)["status"] == "active"
    emulator.configure(stale_ms=0)
    assert client.detail(server)["status"] == "rebooting"
