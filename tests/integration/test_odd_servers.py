# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that are shown without a name or a status: the account goes on, and they are told by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.inventory_cli import show
from helpers.script import Script

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def insert_odd(insert: Callable[..., Any]) -> None:
    insert(id=100, name="web-01")
    insert(id=101, name=None)
    insert(id=102, name="web-02", omit=("status",))
    insert(id=103, name=7, status=None)


def test_modules(script: Script) -> None:
    script.configure(provision_ms=20, address_ms=0)
    insert_odd(script.insert)
    script.triple("another", name="db-01", **ENOUGH)
    script.info("all")
    script.info("by name", name="web-02")
    script.info("by status", status="active")
    script.info("by id", id=102)
    script.twice("present", name="web-02", **ENOUGH)
    script.twice("absent", name="web-02", state="absent")
    script.twice("change", id=102, backups_enabled=True)
    script.power("power", name="web-02", state="stopped")
    script.power("power by id", id=102, state="stopped")
    script.task("purge", "vps_fleet", {"servers": [], "purge": True, "purge_match": "web-0*", "max_delete": 9})
    script.triple("delete by id", id=102, state="absent")
    ran = script.run()
    for done in ran.triple("another", changed=True):
        (warning,) = done["warnings"]
        assert mentions(warning, 101, 102, 103) and not mentions(warning, 100)
    assert len(ran.ok("all")["servers"]) == 5
    assert ran.ok("by name")["servers"] == [] and mentions(ran["by name"]["warnings"][0], 102)
    assert {server["id"] for server in ran.ok("by status")["servers"]} == {100, 12345}
    (server,) = ran.ok("by id")["servers"]
    assert server["name"] == "web-02" and "status" not in server
    for name in ("present", "absent", "change"):
        assert ran.both_fail(name, "web-02", 102, "status").writes == []
    for name in ("power", "power by id"):
        assert ran.failed(name, "web-02", 102).writes == []
    assert ran.ok("purge", changed=True).writes == ["DELETE /servers/100/"]
    _check, real, _again = ran.triple("delete by id", changed=True)
    assert real.writes == ["DELETE /servers/102/"]
    assert sorted(server["id"] for server in script.emulator.servers()) == [101, 103, 12345]


def test_inventory(ansible_cli: AnsibleCli, emulator: Any) -> None:
    insert_odd(emulator.insert)
    inventory = show(ansible_cli)
    assert inventory.hosts == ["vps-101", "vps-103", "web-01", "web-02"]
    assert "vps_name" not in inventory.variables["vps-101"] and inventory.variables["vps-101"]["vps_status"] == "active"
    assert "vps_status" not in inventory.variables["web-02"] and inventory.variables["web-02"]["ansible_host"]
    assert inventory.warnings.count("WARNING") == 1 and mentions(inventory.warnings, 101, 102, 103)
