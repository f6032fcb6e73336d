# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules return, print and send inside the controller's process is what they do as separate modules, to the
letter.

VPSORG_TEST_BOTH_WAYS=1 has every other script of tasks compared in the same way.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from fault_proxy import Fault
from helpers.script import CONTROLLER_PYTHON, Script

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
TOKEN = "{{ lookup('env', 'GIVEN_TOKEN') }}"


def instantly(script: Script) -> None:
    """Everything has happened by the next look, so that both ways look equally often."""
    script.configure(provision_ms=0, address_ms=0, start_ms=0, stop_ms=0, reboot_ms=0)


def test_successes(script: Script) -> None:
    instantly(script)
    script.triple(
        "create", name="web-01", hostname="web01.example.com", backups_enabled=True, power="started", **ENOUGH
    )
    script.server("update", name="web-01", backups_enabled=False, hostname="new.example.com")
    script.server("warn", name="web-01", plan_id=2, on_immutable_change="warn")
    script.power("stop", name="web-01", state="stopped")
    script.power("reboot: check", check=True, id=12345, state="rebooted")
    script.info("details", details=True)
    script.info("filtered", status="stopped", location="us-west", name="web-01")
    script.triple("delete", id=12345, name="web-01", state="absent")
    ran = script.run("--diff", both_ways=True)
    ran.triple("create", changed=True)
    ran.ok("update", changed=True)
    assert ran.ok("warn", changed=False)["warnings"]
    ran.failed("reboot: check", "stopped")
    ran.triple("delete", changed=True)


def test_failures(script: Script) -> None:
    instantly(script)
    script.insert(100, "web-01")
    script.insert(101, "twin")
    script.insert(102, "twin")
    script.insert(103, "stuck", status="provisioning", ip_address=None)
    script.server("missing", name="web-02")
    script.server("refused", name="web-01", plan_id=2)
    script.server("ambiguous", name="twin", state="absent")
    script.server("too late", name="stuck", wait_timeout=3.5)
    script.server("bad request", name="web-02", plan_id=99, os_id=5, location="us-west")
    script.info("not there", api_url="{{ lookup('env', 'VPS_API_URL') | replace('/v1', '/v2') }}")
    script.info("token", api_token="vps_of-nobody")
    ran = script.run(both_ways=True)
    for name in ("missing", "refused", "ambiguous", "too late", "bad request", "not there", "token"):
        assert ran.failed(name)["msg"]


def test_check_mode_of_the_whole_play(script: Script) -> None:
    script.insert(100, "web-01")
    script.server("create", name="web-02", power="stopped", **ENOUGH)
    script.server("update", name="web-01", backups_enabled=True)
    script.power("stop", name="web-01", state="stopped")
    script.server("delete", name="web-01", state="absent")
    script.info("info")
    ran = script.run("--check", "--diff", both_ways=True)
    for name in ("create", "update", "stop", "delete"):
        assert ran.ok(name, changed=True).writes == []
    assert [server["id"] for server in script.emulator.servers()] == [100]


def test_keywords_around_a_task(script: Script) -> None:
    instantly(script)
    script.insert(100, "web-01")
    script.task(
        "loop",
        "vps_server",
        {"name": "{{ item }}", "backups_enabled": True},
        loop=["web-01", "web-02", "web-01"],
        register="looped",
    )
    script.task(
        "until",
        "vps_server_info",
        {"name": "web-01"},
        register="found",
        until="found.servers | length == 2",
        retries=1,
        delay=0,
    )
    script.task(
        "failed when",
        "vps_server_info",
        {"name": "web-01"},
        register="found",
        failed_when="found.servers | length == 1",
    )
    script.task("changed when", "vps_server", {"name": "web-01"}, register="found", changed_when="found.id == 100")
    script.task("not logged", "vps_server", {"name": "web-01", "hostname": "hidden.example.com"}, no_log=True)
    script.task("not logged failure", "vps_server", {"name": "web-09", "hostname": "hidden.example.com"}, no_log=True)
    script.task(
        "used",
        "ansible.builtin.debug",
        {"msg": "{{ looped.results | map(attribute='changed') | list }} {{ found.server.name }}"},
    )
    script.task("skipped", "vps_server", {"name": "web-01", "state": "absent"}, when="false")
    script.cli.secrets += ["hidden.example"]
    ran = script.run("-v", both_ways=True, complete=False, play={"ignore_errors": True})
    assert [done.status for done in ran.items("loop")] == ["ok", "failed", "ok"]
    assert [done["changed"] for done in ran.items("loop")] == [True, False, False]
    assert ran["failed when"].failed and ran["until"].failed
    assert ran["not logged"].result.get("server") is None
    assert ran["used"]["msg"] == "[True, False, False] web-01"


def test_where_the_connection_is_given(script: Script) -> None:
    """By the play's defaults for the action group, by those of one module, by `environment:`, by the task: each wins
    over the one before.
    """
    script.insert(100, "web-01")
    script.cli.env["GIVEN_TOKEN"] = script.emulator.token
    here = "{{ lookup('env', 'GIVEN_URL') }}"
    only_there = {"VPS_API_TOKEN": TOKEN, "VPS_API_URL": here}
    script.task("environment", "vps_server_info", {}, environment=only_there)
    script.task("nowhere", "vps_server_info", {})
    script.task("option", "vps_server_info", {"api_token": TOKEN, "api_url": here})
    script.task(
        "group",
        "vps_server",
        {"name": "web-01"},
        module_defaults={"group/vpsorg.cloud.all": {"api_token": TOKEN, "api_url": here, "api_retries": 3}},
    )
    script.task(
        "group and module",
        "vps_server_power",
        {"name": "web-01", "state": "started"},
        module_defaults={
            "group/vpsorg.cloud.all": {"api_token": "vps_of-nobody", "api_url": here, "api_retries": 3},
            "vpsorg.cloud.vps_server_power": {"api_token": TOKEN, "api_retries": 4},
        },
    )
    script.task(
        "option over group",
        "vps_server_info",
        {"api_token": TOKEN},
        module_defaults={"group/vpsorg.cloud.all": {"api_token": "x", "api_url": here}},
    )
    ran = script.run(both_ways=True, env={"VPS_API_TOKEN": None, "VPS_API_URL": None})
    for name in ("environment", "option", "group", "group and module", "option over group"):
        ran.ok(name, changed=False)
    assert ran.failed("nowhere", "api_token", "VPS_API_TOKEN").requests == []
    assert ran["group"]["invocation"]["module_args"]["api_retries"] == 3
    assert ran["group and module"]["invocation"]["module_args"]["api_retries"] == 4


def test_warnings(script: Script) -> None:
    """Certificates that are not checked warn in every result, however often."""
    script.insert(100, "web-01", status="migrating")
    unchecked = {"validate_certs": False}
    script.task("loop", "vps_server", {"name": "web-01", **unchecked}, loop=[1, 2])
    script.info("info", **unchecked)
    script.power("several", name="web-01", state="started", wait_timeout=3.5, **unchecked)
    script.task("by the environment", "vps_server_info", {}, environment={"VPS_VALIDATE_CERTS": "no"})
    script.info("none")
    ran = script.run(both_ways=True)
    for done in (*ran.items("loop"), ran["info"], ran["by the environment"]):
        assert [warning for warning in done["warnings"] if "certificate" in warning] == done["warnings"] != []
    assert len(ran.failed("several")["warnings"]) == 2
    assert "warnings" not in ran.ok("none").result
    assert "certificate" in ran.outcome.stderr + ran.outcome.stdout


def test_a_token_from_a_vault(script: Script) -> None:
    """Decrypted on the way, and masked after it."""
    folder = script.cli.folder
    (folder / "password").write_text("open sesame\n")
    encrypted = script.cli.run(
        "ansible-vault",
        "encrypt_string",
        "--vault-password-file",
        str(folder / "password"),
        script.emulator.token,
        rc=0,
    ).stdout
    (folder / "vault.yml").write_text(f"vault_token: {encrypted.strip()}\n")
    script.insert(100, "web-01")
    script.server("plain", name="web-01", api_token="{{ vault_token }}")
    script.info("quoted", name="{{ vault_token }}\tx", api_token="{{ vault_token }}")
    script.task(
        "default", "vps_server_info", {}, module_defaults={"group/vpsorg.cloud.all": {"api_token": "{{ vault_token }}"}}
    )
    arguments = ("-vvv", "--vault-password-file", str(folder / "password"))
    ran = script.run(*arguments, both_ways=True, play={"vars_files": ["vault.yml"]}, env={"VPS_API_TOKEN": None})
    ran.ok("plain", changed=False)
    ran.ok("default", changed=False)
    assert "****" in ran.failed("quoted", "name")["msg"]


def test_hosts_that_delegate(script: Script) -> None:
    """From hosts that are elsewhere, one after another and at the same time; each task reports its own."""
    names = [f"web-{number}" for number in range(6)]
    hosts = {name: {"ansible_host": "192.0.2.1", "ansible_python_interpreter": "/nowhere/python"} for name in names}
    inventory = script.cli.folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    options: dict[str, Any] = {"name": "{{ inventory_hostname }}", "wait_interval": 0.1, **ENOUGH}
    play = {
        "name": "Delegated",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"name": "Server", "vpsorg.cloud.vps_server": options, "delegate_to": "localhost"}],
    }
    script.emulator.configure(provision_ms=200, address_ms=0)
    outcome = script.cli.playbook([play], "--forks", "6", inventory=inventory, rc=0)
    created = {entry.host: entry.result["server"]["name"] for entry in outcome.results}
    assert created == {name: name for name in names}
    again = script.cli.playbook([play], inventory=inventory, rc=0)
    assert all(entry.result["changed"] is False for entry in again.results) and len(again.results) == 6
    assert len(script.emulator.servers()) == 6


@pytest.mark.parametrize("in_process", [True, False], ids=["inside", "module"])
def test_no_trace_on_the_next_item(script: Script, in_process: bool) -> None:
    """A broken connection, a refused token or a changed environment of one item is none of the next one's."""
    script.insert(100, "web-01")
    script.faults(Fault("close_before", nth=2), Fault("answer", nth=4, status=401, body={"detail": "No."}))
    script.task(
        "loop", "vps_server_info", {"api_retries": 0}, loop=[1, 2, 3, 4, 5], vars={"vpsorg_in_process": in_process}
    )
    script.task(
        "environment",
        "vps_server_info",
        {"api_retries": 0},
        loop=["0", "x", "0"],
        environment={"VPS_API_TIMEOUT": "{{ item | replace('0', '20') }}"},
        vars={"vpsorg_in_process": in_process, "ansible_python_interpreter": CONTROLLER_PYTHON},
    )
    ran = script.run()
    assert [done.status for done in ran.items("loop")] == ["ok", "failed", "ok", "failed", "ok"]
    assert [done.status for done in ran.items("environment")] == ["ok", "failed", "ok"]
