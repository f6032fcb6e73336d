# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that the API shows is nowhere: but in the result of the run that created the server, if it was asked
for.
"""

from __future__ import annotations

import json

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript
from helpers.inventory_cli import PLUGIN, show
from helpers.leaks import leaking_files, leaks
from helpers.script import Script

SECRET = "Zq7-hunter2"


@pytest.fixture
def fleet_script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


@pytest.mark.parametrize("key", ["password", "access.root_password"])
def test_a_created_server(script: Script, key: str) -> None:
    script.configure(password="created", password_key=key, provision_ms=0, address_ms=0)
    script.triple("dropped", name="web-01", **ENOUGH)
    script.triple("returned", name="web-02", return_password=True, **ENOUGH)
    script.info("info", name="web-01", details=True)
    ran = script.run("--diff", "-vv", both_ways=True)
    passwords = {server["name"]: server["given_password"] for server in script.emulator.servers()}
    _check, dropped, again = (ran.ok(f"dropped: {mode}") for mode in ("check", "real", "again"))
    assert mentions(dropped["warnings"], "web-01", dropped["id"], "return_password") and "warnings" not in again.result
    check, returned, again = (ran.ok(f"returned: {mode}") for mode in ("check", "real", "again"))
    assert returned["password"] == passwords["web-02"] and "warnings" not in returned.result
    assert "password" not in check.result and "password" not in again.result
    assert passwords["web-02"] not in json.dumps(returned["server"])
    assert passwords["web-01"] not in ran.outcome.output
    assert "password" not in json.dumps(ran.ok("info")["servers"])


def test_a_fleet(fleet_script: FleetScript) -> None:
    fleet = ({"name": f"web-{number}", **ENOUGH} for number in range(3))
    servers = list(fleet)
    fleet_script.configure(password="created")
    fleet_script.fleet("dropped", *servers[:1])
    fleet_script.fleet("lost", *servers, returned="none", return_password=True)
    fleet_script.fleet("returned: check", *servers, return_password=True, returned="changed", check=True)
    fleet_script.fleet("returned", *servers, return_password=True, returned="changed")
    fleet_script.fleet("again", *servers, return_password=True)
    ran = fleet_script.play_both_ways()
    passwords = {server["name"]: server["given_password"] for server in fleet_script.emulator.servers()}
    assert mentions(ran.ok("dropped")["warnings"], "web-0", "return_password")
    assert ran.failed("lost", "return_password", "returned").requests == []
    shown = {server["name"]: server.get("password") for server in ran.ok("returned")["servers"]}
    assert shown == {name: passwords[name] for name in ("web-1", "web-2")}
    for name in ("returned: check", "again"):
        assert "password" not in json.dumps(ran.ok(name)["servers"])


def test_it_is_not_lost_when_the_server_is_not_ready(script: Script, fleet_script: FleetScript) -> None:
    """The run fails, and the password is shown once."""
    slow = {"wait_timeout": 1, "return_password": True}
    script.configure(password="created", provision_ms=60_000)
    script.server("server", name="web-01", **ENOUGH, **slow)
    script.task("fleet", "vps_fleet", {"servers": [{"name": "web-02", **ENOUGH}], "wait_interval": 0.1, **slow})
    ran = script.run()
    passwords = {server["name"]: server["given_password"] for server in script.emulator.servers()}
    assert ran.failed("server", "provisioning", changed=True)["password"] == passwords["web-01"]
    (server,) = ran.failed("fleet", "provisioning", changed=True)["servers"]
    assert server["password"] == passwords["web-02"]


def test_a_server_that_has_one(ansible_cli: AnsibleCli, emulator, tmp_path) -> None:
    """In lists and details, nested too: no result, no variable, no cache, at -vvvv."""
    emulator.insert(name="web-01", id=101, password=SECRET, access={"root_password": SECRET, "port": 22})
    emulator.insert(name="web-02", id=102, vnc_password=SECRET, extra=[{"Password": SECRET}])
    tasks = [
        {"name": "info", "vpsorg.cloud.vps_server_info": {"details": True}},
        {"name": "server", "vpsorg.cloud.vps_server": {"name": "web-01", "backups_enabled": True}},
        {"name": "power", "vpsorg.cloud.vps_server_power": {"name": "web-02", "state": "stopped", "wait": False}},
        {"name": "fleet", "vpsorg.cloud.vps_fleet": {"servers": [{"name": "web-01"}, {"name": "web-02"}]}},
    ]
    ran = ansible_cli.tasks(tasks, "-vvvv", "--diff", rc=0)
    assert len(ran.task("info")["servers"]) == 2 and not leaks(SECRET, [ran.output.encode()])
    assert ran.task("info")["servers"][0]["access"] == {"port": 22}
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    inventory = show(ansible_cli, {**PLUGIN, **cache, "details": True})
    assert inventory.variables["web-01"]["vps_access"] == {"port": 22}
    assert "password" not in json.dumps(inventory.variables).lower()
    assert not leaking_files(SECRET, tmp_path)
