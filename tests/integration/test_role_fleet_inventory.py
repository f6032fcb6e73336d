# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running inventory after the role fleet: what exists is in it, also in check mode, and what is gone can't be
reached any more.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, missing
from helpers.fleet import ENOUGH
from helpers.listeners import listeners, servers_at
from helpers.roles import FLEET_FAST, fleet_play, insert_web_servers, report, reported, write_inventory


@pytest.fixture(autouse=True)
def servers_at_loopback_addresses(ansible_cli: AnsibleCli) -> None:
    """203.0.113.N and 2001:db8::N are 127.0.11.N, where something can listen."""
    ansible_cli.env.update(servers_at("127.0.11"))


def only_adding(**variables: Any) -> dict[str, Any]:
    role = {"name": "vpsorg.cloud.fleet", "tasks_from": "inventory"}
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.include_role": role}],
        "vars": variables,
    }


def plugin_file(folder: pathlib.Path, **options: Any) -> pathlib.Path:
    path = folder / "account.vps.yml"
    path.write_text(json.dumps({"plugin": "vpsorg.cloud.vps", **options}))
    return path


def methods(emulator) -> set[str]:
    return {request["method"] for request in emulator.requests()}


def test_check_mode_adds_what_exists(ansible_cli: AnsibleCli, emulator) -> None:
    """As it is: neither what would be created, nor a server that would be started, can be configured. The triple."""
    emulator.configure(provision_ms=50, address_ms=0, start_ms=50)
    emulator.insert(name="web-01", id=501, ip_address="203.0.113.1", hostname="old.example.com")
    emulator.insert(name="web-02", id=502, ip_address="203.0.113.2", status="stopped")
    emulator.insert(name="web-03", id=503, ip_address="203.0.113.3", location="eu-west")
    emulator.insert(name="web-04", id=504, ip_address=None, ipv6_address="2001:0db8::4")
    servers = [
        {"name": "web-01", "hostname": "new.example.com"},
        {"name": "web-02", "power": "started"},
        {"name": "web-03", "on_immutable_change": "recreate"},
        {"name": "web-04"},
        {"name": "web-05"},
    ]
    plays = [
        fleet_play(
            fleet_servers=servers, fleet_defaults=ENOUGH, fleet_max_delete=1, fleet_port=0, fleet_groups=["web"]
        ),
        report(),
    ]
    checked = ansible_cli.playbook(plays, check=True, rc=0)
    hosts = reported(checked)
    assert methods(emulator) == {"GET"}
    assert {name: (int(shown["vps_id"]), shown["ansible_host"]) for name, shown in hosts.items()} == {
        "web-01": (501, "203.0.113.1"),
        "web-02": (502, "203.0.113.2"),
        "web-03": (503, "203.0.113.3"),
        "web-04": (504, "2001:db8::4"),
    }
    assert sorted(name for name, shown in hosts.items() if "web" in shown["groups"]) == ["web-01", "web-03", "web-04"]
    assert hosts["web-01"]["vps_hostname"] == "old.example.com"
    # What does not exist yet has no address, which is nothing to warn of.
    assert "WARNING" not in checked.output
    ran = ansible_cli.playbook(plays, rc=0)
    hosts = reported(ran)
    assert sorted(name for name, shown in hosts.items() if "web" in shown["groups"]) == [
        f"web-0{number}" for number in range(1, 6)
    ]
    assert int(hosts["web-03"]["vps_id"]) != 503
    again = ansible_cli.playbook(plays, rc=0)
    assert not [entry.task for entry in again.results if entry.result.get("changed")]
    assert {name: shown["groups"] for name, shown in reported(again).items()} == {
        name: shown["groups"] for name, shown in hosts.items()
    }


def test_check_mode_on_an_empty_account(ansible_cli: AnsibleCli, emulator) -> None:
    ran = ansible_cli.playbook(
        [fleet_play(fleet_servers=[{"name": "web-01"}], fleet_defaults=ENOUGH), report()], check=True, rc=0
    )
    assert not reported(ran) and methods(emulator) == {"GET"}


def test_only_adding(ansible_cli: AnsibleCli, emulator) -> None:
    """Nothing is declared, waited for or asked of a port; entries with count and plain names stand for names."""
    insert_web_servers(emulator, 3)
    emulator.insert(name="db-01", id=701, status="rebooting")
    added = only_adding(
        fleet_servers=[{"name": "web-%02d", "count": 4}, "db-01"],
        fleet_groups={"web": "web-*", "db": "db-*"},
        fleet_hostvars={"ansible_user": "{{ 'admin' if vps_name == 'web-02' else 'deploy' }}"},
    )
    ran = ansible_cli.playbook([added, report()], rc=0)
    assert {name: (shown["groups"], shown["ansible_user"]) for name, shown in reported(ran).items()} == {
        "web-01": (["vps", "web"], "deploy"),
        "web-02": (["vps", "web"], "admin"),
        "web-03": (["vps", "web"], "deploy"),
        "db-01": (["vps"], "deploy"),
    }
    assert [(request["method"], request["path"]) for request in emulator.requests()] == [("GET", "/api/v1/servers/")]


@pytest.mark.parametrize("servers", [[], "", None, [{"name": 83}], [{"name": "web-%02d"}]], ids=str)
def test_only_adding_needs_names(ansible_cli: AnsibleCli, emulator, servers: Any) -> None:
    """No list must mean the whole account."""
    insert_web_servers(emulator, 1)
    ran = ansible_cli.playbook([only_adding(fleet_servers=servers), report("all:!localhost")])
    assert not reported(ran) and not emulator.requests()
    assert ran.rc == (0 if servers == [] else 2)


def test_the_host_of_a_deleted_server_is_gone(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """By purge and by name, of an inventory by the plugin, of a file, and of the role itself."""
    emulator.configure(provision_ms=50, address_ms=0)
    insert_web_servers(emulator, 4)
    emulator.insert(name="by-role", id=701, ip_address="203.0.113.70")
    static = tmp_path / "hosts.ini"
    static.write_text(
        "[web]\nweb-04 ansible_host=203.0.113.4\nalias vps_id=603\n[all:vars]\nansible_connection=local\n"
    )
    plugin = plugin_file(tmp_path, exclude=["web-04", "by-role"], groups={"web": "vps_name.startswith('web-')"})
    purge = fleet_play(
        fleet_servers=[{"name": "web-01"}],
        fleet_purge=True,
        fleet_purge_match="web-*",
        fleet_max_delete=3,
        fleet_port=0,
        fleet_groups=["web"],
    )
    plays = [
        only_adding(fleet_servers=["by-role"]),
        purge,
        fleet_play(fleet_servers=["by-role"], fleet_state="absent"),
        {**report("all:!localhost"), "name": "everything"},
    ]
    inventories = ("--inventory", str(plugin))
    checked = ansible_cli.playbook(plays, *inventories, check=True, inventory=static, rc=0)
    assert not any("fleet_gone" in shown["groups"] for shown in reported(checked).values())
    ran = ansible_cli.playbook(plays, *inventories, inventory=static, rc=0)
    hosts = reported(ran)
    assert {name for name, shown in hosts.items() if "fleet_gone" in shown["groups"]} == {
        "web-02", "web-03", "alias", "web-04", "by-role",
    }  # fmt: skip
    assert {shown["ansible_host"] for name, shown in hosts.items() if "fleet_gone" in shown["groups"]} == {""}
    assert hosts["web-01"]["ansible_host"] == "203.0.113.1" and hosts["by-role"]["vps_status"] == "deleted"
    assert not [shown for name, shown in hosts.items() if name != "web-01" and "203.0.113" in str(shown)]
    pattern = [purge, report("web:!fleet_gone")]
    emulator.insert(name="web-05", id=605, ip_address="203.0.113.5")
    ran = ansible_cli.playbook(pattern, inventory=plugin, rc=0)
    assert list(reported(ran)) == ["web-01"]


def test_a_failure_marks_what_was_deleted_before_it(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """And keeps what was not."""
    insert_web_servers(emulator, 3)
    rescued = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "block": [{"ansible.builtin.include_role": {"name": "vpsorg.cloud.fleet"}}],
                "rescue": [{"ansible.builtin.debug": {"msg": "goes on"}}],
            }
        ],
        "vars": {**FLEET_FAST, "fleet_servers": ["web-01", "web-02"], "fleet_state": "absent"},
    }
    refused = Fault("answer", method="DELETE", path="*/servers/602/", status=410, body={"detail": "locked"}, times=None)
    with FaultProxy(emulator.url, refused) as proxy:
        ran = ansible_cli.playbook(
            [rescued, report()], inventory=plugin_file(tmp_path), env={"VPS_API_URL": proxy.url}, rc=0
        )
    assert {
        name: (shown["ansible_host"], "fleet_gone" in shown["groups"]) for name, shown in reported(ran).items()
    } == {
        "web-01": ("", True),
        "web-02": ("203.0.113.2", False),
        "web-03": ("203.0.113.3", False),
    }


def test_a_purge_that_fails_keeps_the_host(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """A server that is not declared is among the errors only."""
    insert_web_servers(emulator, 3)
    purge = {
        "fleet_servers": [{"name": "web-01"}],
        "fleet_purge": True,
        "fleet_purge_match": "web-*",
        "fleet_max_delete": 2,
        "fleet_port": 0,
    }
    role = {"ansible.builtin.include_role": {"name": "vpsorg.cloud.fleet"}}
    rescued = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"block": [role], "rescue": [{"ansible.builtin.debug": {"msg": "goes on"}}]}],
        "vars": {**FLEET_FAST, **purge},
    }
    refused = Fault("answer", method="DELETE", path="*/servers/602/", status=410, body={"detail": "locked"}, times=None)
    with FaultProxy(emulator.url, refused) as proxy:
        ran = ansible_cli.playbook(
            [rescued, report()], inventory=plugin_file(tmp_path), env={"VPS_API_URL": proxy.url}, rc=0
        )
    assert {name: shown["ansible_host"] for name, shown in reported(ran).items()} == {
        "web-01": "203.0.113.1",
        "web-02": "203.0.113.2",
        "web-03": "",
    }


def test_a_host_loses_the_address_that_its_server_has_lost(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path
) -> None:
    """It is in the inventory with an address that is another machine's by now."""
    emulator.insert(name="web-01", id=601, ip_address=None, ipv6_address=None)
    inventory = write_inventory(tmp_path, {"web-01": {"ansible_host": "203.0.113.1"}, "localhost": {}})
    added = only_adding(fleet_servers=["web-01"], fleet_groups=["web"])
    (shown,) = reported(ansible_cli.playbook([added, report()], inventory=inventory, rc=0)).values()
    assert shown["ansible_host"] == "" and shown["groups"] == ["vps", "vps_no_address"]


def test_a_server_that_is_created_again_keeps_its_host(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path
) -> None:
    """With the new address: recreated by one task, or deleted and created by two, which is told."""
    emulator.configure(provision_ms=50, address_ms=0)
    emulator.insert(name="web-01", id=501, ip_address="203.0.113.201", location="eu-west")
    again = fleet_play(
        fleet_servers=[{"name": "web-01", **ENOUGH}],
        fleet_on_immutable_change="recreate",
        fleet_max_delete=1,
        fleet_port=0,
    )
    ran = ansible_cli.playbook([again, report()], inventory=plugin_file(tmp_path), rc=0)
    (shown,) = reported(ran).values()
    (server,) = emulator.servers()
    assert (int(shown["vps_id"]), shown["ansible_host"]) == (server["id"], server["ip_address"])
    assert server["id"] != 501 and "fleet_gone" not in shown["groups"]
    absent = fleet_play(fleet_servers=["web-01"], fleet_state="absent")
    ran = ansible_cli.playbook([absent, again, report()], inventory=plugin_file(tmp_path), rc=0)
    (shown,) = reported(ran).values()
    (server,) = emulator.servers()
    assert (shown["ansible_host"], "fleet_gone" in shown["groups"]) == (server["ip_address"], True)
    assert mentions(ran.task("Show which servers have come back")["msg"], "web-01", "fleet_gone")


def test_groups_get_safe_names_and_variables_depend_on_the_server(ansible_cli: AnsibleCli, emulator) -> None:
    """The names are those that the inventory plugin gives; two that become one are one."""
    insert_web_servers(emulator, 2)
    emulator.insert(name="db-01", id=701, ip_address="203.0.113.70", hostname="db.example.com")
    declared = fleet_play(
        fleet_servers=["web-01", "web-02", "db-01"],
        fleet_port=0,
        fleet_groups={"web-servers": "web-01", "web.servers": ["web-02"], "über": "db-*"},
        fleet_hostvars={
            "ansible_user": "{{ 'postgres' if inventory_hostname == 'db-01' else fallback }}",
            "vps_extra": "{{ [vps_plan.id, vps_hostname] }}",
        },
        fallback="deploy",
    )
    declared["vars"]["fleet_servers"] = [{"name": name} for name in declared["vars"]["fleet_servers"]]
    ran = ansible_cli.playbook([declared, report()], rc=0)
    hosts = reported(ran)
    assert {name: (shown["groups"], shown["ansible_user"]) for name, shown in hosts.items()} == {
        "web-01": (["vps", "web_servers"], "deploy"),
        "web-02": (["vps", "web_servers"], "deploy"),
        "db-01": (["vps", "über"], "postgres"),
    }
    assert str(hosts["db-01"]["vps_extra"][1]) == "db.example.com"


def test_text_of_the_api_in_a_user_s_variable_is_data(ansible_cli: AnsibleCli, emulator, tmp_path) -> None:
    mark = tmp_path / "mark"
    text = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    emulator.insert(name="web-01", id=501, hostname=text, ip_address="203.0.113.1")
    hostvars = {
        "ansible_user": "{{ vps_hostname }}",
        "vps_extra": ["{{ 'x' ~ vps_hostname }}", {"k": "{{ vps_hostname }}"}],
    }
    ran = ansible_cli.playbook([only_adding(fleet_servers=["web-01"], fleet_hostvars=hostvars), report()], rc=0)
    (shown,) = reported(ran).values()
    assert not mark.exists()
    assert shown["ansible_user"] == text and shown["vps_extra"] == [f"x{text}", {"k": text}]


def test_a_variable_that_cannot_be_evaluated_names_the_host(ansible_cli: AnsibleCli, emulator) -> None:
    insert_web_servers(emulator, 1)
    ran = ansible_cli.playbook(
        [only_adding(fleet_servers=["web-01"], fleet_hostvars={"ansible_user": "{{ vps_owner }}"})], rc=2
    )
    assert missing(ran.with_status("failed")[0].result["msg"], "fleet_hostvars", "web-01", "vps_owner") == []


def test_ipv6_only(ansible_cli: AnsibleCli, emulator) -> None:
    """A server that has only an IPv6 address answers there; one without any is said to have none."""
    emulator.insert(name="six", id=501, ip_address=None, ipv6_address="2001:0db8::1")
    emulator.insert(name="none", id=502, ip_address="0.0.0.0", ipv6_address=None)
    with listeners(["127.0.11.1"]) as port:
        options = {"fleet_port": port, "fleet_port_timeout": 2, "fleet_groups": ["web"]}
        ran = ansible_cli.playbook([fleet_play(fleet_servers=[{"name": "six"}], **options), report()], rc=0)
        assert reported(ran)["six"]["ansible_host"] == "2001:db8::1"
        both = fleet_play(fleet_servers=[{"name": "six"}, {"name": "none"}], **options)
        failed = ansible_cli.playbook([both], rc=2).with_status("failed")[0].result["msg"]
    assert mentions(failed, "none", 502, "has no address") and not mentions(failed, 501), failed


def test_what_the_module_offers_is_passed_on(ansible_cli: AnsibleCli, emulator) -> None:
    """protect, recreate_unproven, and plain names with state: absent."""
    emulator.configure(provision_ms=50, address_ms=0, plans=False)
    emulator.insert(name="db-01", id=701, ip_address="203.0.113.70", location="eu-west")
    absent = fleet_play(fleet_servers=["db-01"], fleet_state="absent", fleet_protect="db-*, x")
    failed = ansible_cli.playbook([absent], rc=2).with_status("failed")[0].result["msg"]
    assert mentions(failed, "db-01", "db-*") and methods(emulator) == {"GET"}
    again = {
        "fleet_servers": [{"name": "db-01", **ENOUGH}],
        "fleet_on_immutable_change": "recreate",
        "fleet_max_delete": "1",
        "fleet_port": 0,
    }
    failed = ansible_cli.playbook([fleet_play(**again)], rc=2).with_status("failed")[0].result["msg"]
    assert mentions(failed, "recreate_unproven") and methods(emulator) == {"GET"}
    ansible_cli.playbook([fleet_play(**again, fleet_recreate_unproven="yes")], rc=0)
    assert [server["location"] for server in emulator.servers()] == [ENOUGH["location"]]
    ansible_cli.playbook([{**absent, "vars": {**absent["vars"], "fleet_protect": None}}], rc=0)
    assert not emulator.servers()
