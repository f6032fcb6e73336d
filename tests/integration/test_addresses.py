# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules wait for: an address of whichever kind, of servers that the task itself has brought up."""

from __future__ import annotations

import pytest

from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript
from helpers.script import Script

FIRST = 12345
LIMIT = {"wait_timeout": 3.5}


@pytest.fixture
def fleet_script(ansible_cli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def test_servers_with_ipv6_only(script: Script) -> None:
    """Created, unchanged, restarted: check mode, for real, and again."""
    script.configure(provision_ms=100, address_ms=100, address_kinds="ipv6", start_ms=100, stop_ms=100)
    script.triple("create", name="web-01", **ENOUGH)
    script.triple("stop", name="web-01", power="stopped", **ENOUGH)
    script.triple("start", name="web-01", power="started", **ENOUGH)
    script.triple("stop by action", "vps_server_power", name="web-01", state="stopped")
    script.triple("start by action", "vps_server_power", name="web-01", state="started")
    ran = script.run()
    for task in ("create", "stop", "start", "stop by action", "start by action"):
        _check, real, _again = ran.triple(task, changed=True)
        assert real["server"]["ip_address"] is None and real["server"]["ipv6_address"]


def test_what_is_found_active_is_not_waited_for(script: Script) -> None:
    """Whatever its addresses: check mode foretells what the run does."""
    odd = {"none": None, "unspecified": "0.0.0.0", "loopback": "127.0.0.1", "network": "2001:db8::/64"}
    for number, (name, address) in enumerate(odd.items(), 100):
        script.insert(number, name, ip_address=address, ipv6_address=None)
        script.triple(name, name=name, power="started", **LIMIT)
        script.triple(f"{name} changed", name=name, backups_enabled=True, **LIMIT)
    ran = script.run()
    for name in odd:
        for done in ran.triple(name, changed=False):
            assert len(done.sent) == 2 and done["api"]["waited"] == 0
        for done in ran.triple(f"{name} changed", changed=True):
            assert done["api"]["waited"] == 0


def test_what_is_no_address_is_waited_on_and_named(script: Script) -> None:
    script.configure(provision_ms=0, gives_address=False)
    for number, address in enumerate(("0.0.0.0", "127.0.0.1", "203.0.113.0/24")):
        name = f"web-{number}"
        script.other_client("POST", "/servers/", {"name": name, **ENOUGH})
        script.change(FIRST + number, status="provisioning", ip_address=address)
        script.after_looks(FIRST + number, 2, status="active")
        script.server(name, name=name, **LIMIT)
    ran = script.run()
    for number, address in enumerate(("0.0.0.0", "127.0.0.1", "203.0.113.0/24")):
        ran.failed(f"web-{number}", FIRST + number, "active", "address", address, 3.5)


def test_a_fleet_with_ipv6_only(fleet_script: FleetScript) -> None:
    """A list does not show these addresses: the details do, of those that are active and show none."""
    fleet_script.configure(provision_ms=100, address_ms=0, address_kinds="ipv6")
    fleet_script.fleet_triple("create", *({"name": f"web-{number}", **ENOUGH} for number in range(5)))
    fleet_script.configure(address_kinds="both")
    fleet_script.fleet("both kinds", *({"name": f"db-{number}", **ENOUGH} for number in range(5)))
    ran = fleet_script.play()
    check, real, again = (ran.ok(f"create: {part}") for part in ("check", "real", "again"))
    assert check["changed"] and real["changed"] and not again["changed"]
    assert again.sent == ["GET /servers/"]
    assert {server["ip_address"] for server in real["servers"]} == {None}
    assert all(server["ipv6_address"] for server in real["servers"])
    printed = ran.outcome.output
    assert mentions(printed, "web-0", "2001:db8::1"), printed
    both = ran.ok("both kinds", changed=True)
    details = [sent for sent in both.sent if sent.startswith("GET /servers/1")]
    assert len(details) == 5, "no more than what a result promises"
