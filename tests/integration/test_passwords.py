# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that the API shows is nowhere: but in the result of the run that created the server, if it was asked
for.
"""

from __future__ import annotations

import json

import pytest

from fault_proxy import Fault
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript
from helpers.inventory_cli import PLUGIN, show
from helpers.leaks import leaking_files, leaks
from helpers.roles import fleet_play
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
    # One by one, so that the same server gets the same id and password in both ways of running.
    fleet_script.fleet("returned", *servers, return_password=True, returned="changed", concurrency=1)
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
    slow = {"wait_timeout": 3, "return_password": True}
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


# The first server that an empty account creates has this id.
FIRST = 12345


def created(body: object) -> Fault:
    """The next create is carried out, and answered in another way."""
    return Fault("answer", "POST", "*/servers/", status=201, body=body, forward=True)


@pytest.mark.parametrize("return_password", [True, False])
@pytest.mark.parametrize(
    "body",
    [{"id": FIRST, "password": SECRET}, {"server": {"id": FIRST, "name": "web-01", "root_password": SECRET}}],
    ids=["no name", "wrapped"],
)
def test_an_adopted_server(script: Script, body: object, return_password: bool) -> None:
    """Its create was answered in a way that proves nothing, but with the password."""
    script.configure(provision_ms=0, address_ms=0)
    script.faults(created(body))
    script.triple("server", name="web-01", adopt_timeout=1, return_password=return_password, **ENOUGH)
    ran = script.run("--diff", "-vvv", both_ways=True)
    check, real, again = (ran.ok(f"server: {mode}") for mode in ("check", "real", "again"))
    assert real.actions == ["adopt"] and real["id"] == FIRST
    assert "password" not in check.result and "password" not in again.result and again["changed"] is False
    if return_password:
        assert real.result.pop("password") == SECRET and "warnings" not in real.result
        assert not leaks(SECRET, [json.dumps(real.result)])
    else:
        assert "password" not in real.result and mentions(real["warnings"], "web-01", FIRST, "return_password")
        assert not leaks(SECRET, [ran.outcome.output.encode()])


def test_an_adopted_server_of_a_fleet(fleet_script: FleetScript) -> None:
    fleet_script.configure(provision_ms=0, address_ms=0)
    fleet_script.fleet("fleet", {"name": "web-1", **ENOUGH}, adopt_timeout=1, return_password=True, returned="changed")
    done = fleet_script.play(created({"id": FIRST, "password": SECRET})).ok("fleet")
    (server,) = done["servers"]
    assert server.pop("password") == SECRET and done["summary"]["adopted"] == 1
    assert not leaks(SECRET, [json.dumps({key: done[key] for key in done.result if key != "invocation"})])


def test_a_response_about_another_server(script: Script) -> None:
    """Whose password it shows nobody can tell."""
    script.faults(created({"id": 999, "password": SECRET}))
    script.server("server", name="web-01", wait=False, adopt_timeout=1, return_password=True, **ENOUGH)
    ran = script.run("-vvv")
    done = ran.ok("server")
    assert done.actions == ["adopt"] and "password" not in done.result
    assert mentions(done["warnings"], "web-01", done["id"], "password") and not leaks(
        SECRET, [ran.outcome.output.encode()]
    )


@pytest.mark.parametrize("return_password", [True, False])
@pytest.mark.parametrize("password", [{"vnc_password": SECRET}, {"root_password": {"value": SECRET}}])
def test_what_is_no_password_to_log_in_with(script: Script, password: dict, return_password: bool) -> None:
    (key,) = password
    body = {"id": FIRST, "name": "web-01", "status": "active", "ip_address": "203.0.113.9", **password}
    script.configure(provision_ms=0, address_ms=0)
    script.faults(created(body))
    script.server("server", name="web-01", return_password=return_password, **ENOUGH)
    ran = script.run("-vvv")
    done = ran.ok("server")
    assert done.actions == ["create"] and "password" not in done.result
    assert mentions(done["warnings"], "web-01", FIRST, key) and not leaks(SECRET, [ran.outcome.output.encode()])


def test_a_number(script: Script) -> None:
    body = {"id": FIRST, "name": "web-01", "status": "active", "ip_address": "203.0.113.9", "password": 12345678}
    script.configure(provision_ms=0, address_ms=0)
    script.faults(created(body))
    script.server("server", name="web-01", return_password=True, **ENOUGH)
    assert script.run().ok("server")["password"] == "12345678"


@pytest.mark.parametrize("return_password", [True, False])
def test_a_server_that_does_not_appear(script: Script, return_password: bool) -> None:
    """The run that adopts it later will not be shown the password again."""
    script.faults(Fault("answer", "POST", "*/servers/", status=201, body={"id": FIRST, "password": SECRET}))
    script.server("server", name="web-01", adopt_timeout=0.3, return_password=return_password, **ENOUGH)
    ran = script.run("-vvv")
    done = ran.failed("server", "web-01", "unknown outcome", changed=True)
    assert done.result.get("password") == (SECRET if return_password else None)
    assert return_password or mentions(done["warnings"], "web-01", FIRST, "return_password")
    assert return_password or not leaks(SECRET, [ran.outcome.output.encode()])


def test_a_recreated_server(fleet_script: FleetScript) -> None:
    """And others beside it: each its own."""
    fleet_script.insert(101, "web-1", plan_id=1, os_id=5, location="us-west")
    fleet_script.configure(password="created", provision_ms=0, address_ms=0, delete_ms=0)
    fleet = [{"name": f"web-{number}", **ENOUGH, "plan_id": 2} for number in (1, 2)]
    options = {"on_immutable_change": "recreate", "max_delete": 1, "return_password": True}
    fleet_script.fleet_triple("fleet", *fleet, **options)
    ran = fleet_script.play()
    real, again = ran.ok("fleet: real"), ran.ok("fleet: again", changed=False)
    passwords = {server["name"]: server["given_password"] for server in fleet_script.emulator.servers()}
    assert {server["name"]: server["password"] for server in real["servers"]} == passwords and len(passwords) == 2
    rest = {key: value for key, value in real.result.items() if key != "servers"}
    assert not [one for password in passwords.values() for one in leaks(password, [json.dumps(rest)])]
    assert "password" not in json.dumps(again["servers"]) + json.dumps(ran.ok("fleet: check")["servers"])


def test_without_waiting_and_in_the_background(script: Script, tmp_path) -> None:
    """With async, the result goes through a file of Ansible's own, which it removes."""
    script.configure(password="created")
    script.server("no wait", name="web-01", wait=False, return_password=True, **ENOUGH)
    options = {"name": "web-02", "wait": False, "return_password": True, **ENOUGH}
    script.task("async", "vps_server", options, **{"async": 60, "poll": 1})
    ran = script.run(env={"ANSIBLE_ASYNC_DIR": str(tmp_path / "async")})
    passwords = {server["name"]: server["given_password"] for server in script.emulator.servers()}
    assert ran.ok("no wait")["password"] == passwords["web-01"] and ran.ok("async")["password"] == passwords["web-02"]
    assert not leaking_files(passwords["web-02"], tmp_path / "async")


def test_an_echo_in_a_refusal(script: Script) -> None:
    """No message shows it, not even at -vvv."""
    words = f"rejected: {{'name': 'web-01', 'password': '{SECRET}'}}"
    for body in ({"detail": words}, f"<html><body>password: {SECRET}</body></html>", f"root_password={SECRET}"):
        script.faults(Fault("answer", "POST", "*/servers/", status=400, body=body))
    for number in range(3):
        script.server(f"server {number}", name="web-01", **ENOUGH)
    ran = script.run("-vvv", "--diff")
    for number in range(3):
        ran.failed(f"server {number}", 400, "********")
    assert not leaks(SECRET, [ran.outcome.output.encode()])


@pytest.mark.parametrize("return_password", [True, False])
def test_the_role(ansible_cli: AnsibleCli, emulator, return_password: bool) -> None:
    """It has no variable for it, but a play's defaults for modules reach its tasks. No variable of a host has it."""
    emulator.configure(password="created", provision_ms=0, address_ms=0)
    names = "{{ hostvars[inventory_hostname] | dict2items | map(attribute='key') | select('match', 'vps_') | list }}"
    report = {
        "name": "Report",
        "hosts": "vps",
        "gather_facts": False,
        "tasks": [{"name": "report", "ansible.builtin.debug": {"msg": names}}],
    }
    declare = {
        **fleet_play(fleet_servers=[{"name": "web-01"}], fleet_defaults=ENOUGH, fleet_port=0),
        "module_defaults": {"vpsorg.cloud.vps_fleet": {"return_password": return_password}},
    }
    ran = ansible_cli.playbook([declare, report], rc=0)
    (given,) = (server["given_password"] for server in emulator.servers())
    (shown,) = ran.task("Declare the servers")["servers"]
    assert shown.get("password") == (given if return_password else None)
    assert mentions(ran.task("Declare the servers").get("warnings"), "web-01", "return_password") is not return_password
    names_of_host = ran.task("report")["msg"]
    assert "vps_id" in names_of_host and "vps_password" not in names_of_host
    later = [
        entry.result for entry in ran.results if entry.task in ("Add the servers to the running inventory", "report")
    ]
    assert not leaks(given, [json.dumps(later)])
