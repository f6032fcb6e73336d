# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin through the real commands: every server a host, filters, names, groups, variables."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.facts import missing
from helpers.inventory_cli import PLUGIN, Shown, failed, show, shown


def lists(emulator: Any) -> list[str]:
    return [f"{request['path'].removeprefix('/api/v1')}?{request['query']}" for request in emulator.requests()]


@pytest.fixture
def account(emulator: Any) -> Any:
    """Nine servers of every kind."""
    emulator.insert(id=1, name="web-1", status="active", location="us-west", plan_id=1)
    emulator.insert(id=2, name="web-2", status="active", location="eu-central", plan_id=2)
    emulator.insert(id=3, name="web-3-canary", status="stopped", location="us-west")
    emulator.insert(id=4, name="db-1", status="stopped", location="eu-central", hostname="db.example.com")
    emulator.insert(id=5, name="db-2", status="suspended", location="us-east", hostname=None)
    emulator.insert(id=6, name="new", status="provisioning", location="us-east", ip_address=None, ipv6_address=None)
    emulator.insert(id=7, name="six", status="active", location="us-west", ip_address=None, ipv6_address="2001:0db8::7")
    emulator.insert(id=8, name="twin", status="active", location="us-west")
    emulator.insert(id=9, name="twin", status="active", location="us-west")
    emulator.clear_requests()
    return emulator


ALL = ["db-1", "db-2", "new", "six", "twin-8", "twin-9", "web-1", "web-2", "web-3-canary"]


def test_every_server_is_a_host(ansible_cli: AnsibleCli, account: Any) -> None:
    inventory = show(ansible_cli)
    assert inventory.hosts == ALL == inventory.groups["vps"]
    assert inventory.groups["vps_no_address"] == ["new"]
    web = inventory.variables["web-1"]
    assert web["ansible_host"] == web["vps_ip_address"]
    assert (web["vps_id"], web["vps_name"], web["vps_status"], web["vps_location"]) == (1, "web-1", "active", "us-west")
    assert web["vps_plan"]["memory"] > 0 and set(web["vps_os"]) == {"id", "name"}
    assert "ansible_host" not in inventory.variables["new"] and inventory.variables["new"]["vps_ip_address"] is None
    assert all(
        name == "ansible_host" or name.startswith("vps_")
        for variables in inventory.variables.values()
        for name in variables
    )
    assert "twin-8" in inventory.warnings and "twin-9" in inventory.warnings
    assert inventory.variables["six"]["ansible_host"] == "2001:db8::7"
    assert re.search(r": new(?![\w;-])", inventory.warnings), "those without an address"
    # The list does not show the address of the one that has IPv6 only.
    assert [(request["method"], request["path"]) for request in account.requests()] == [
        ("GET", "/api/v1/servers/"),
        ("GET", "/api/v1/servers/7/"),
    ]


def test_graph(ansible_cli: AnsibleCli, account: Any) -> None:
    outcome = ansible_cli.inventory(
        {**PLUGIN, "keyed_groups": [{"key": "vps_location", "prefix": "at"}]}, "--graph", rc=0
    )
    assert "@at_us_west:" in outcome.stdout and "--web-1" in outcome.stdout


def test_export_is_plain(ansible_cli: AnsibleCli, account: Any) -> None:
    """AWX stores what an export shows: ordinary text must be text, with every ansible-core."""
    outcome = ansible_cli.inventory(
        {**PLUGIN, "details": True, "compose": {"a": "vps_name", "b": "vps_plan.name", "c": "vps_status"}},
        "--list",
        "--export",
        rc=0,
    )
    assert "__ansible" not in outcome.stdout
    variables = outcome.json()["_meta"]["hostvars"]["web-1"]
    assert (variables["a"], variables["c"]) == ("web-1", "active")
    for name, value in variables.items():
        assert type(value) in (str, int, float, bool, dict, type(None)), name


def test_only_a_host_of_the_list(ansible_cli: AnsibleCli, account: Any) -> None:
    host = ansible_cli.inventory(PLUGIN, "--host", "web-1", rc=0).json()
    assert host["vps_id"] == 1


def test_playbook(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "vps.yml"
    source.write_text(yaml.safe_dump(PLUGIN))
    play = [
        {
            "name": "Where",
            "hosts": "vps:!vps_no_address",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Show",
                    "ansible.builtin.debug": {"msg": ["{{ ansible_host }}", "{{ vps_plan.name }}", "{{ vps_id }}"]},
                },
            ],
        },
    ]
    outcome = ansible_cli.playbook(play, inventory=source, rc=0)
    assert sorted(entry.host for entry in outcome.results) == sorted(set(ALL) - {"new"})
    addresses = {server["id"]: server["ip_address"] or "2001:db8::7" for server in account.servers()}
    assert all(entry.result["msg"][0] == addresses[int(entry.result["msg"][2])] for entry in outcome.results)


def test_refresh_inventory(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "test.vpsorg.yaml"
    source.write_text(yaml.safe_dump(PLUGIN))
    root = account.url.removesuffix("/api/v1")
    play = [
        {
            "name": "Before",
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"name": "Count before", "ansible.builtin.debug": {"msg": "{{ groups['vps'] | length }}"}},
                {
                    "name": "One more",
                    "ansible.builtin.uri": {
                        "url": f"{root}/_emulator/servers",
                        "method": "POST",
                        "status_code": 201,
                        "body_format": "json",
                        "body": {"fields": {"name": "late"}, "complete": True},
                    },
                },
                {"name": "Refresh", "ansible.builtin.meta": "refresh_inventory"},
            ],
        },
        {
            "name": "After",
            "hosts": "late",
            "gather_facts": False,
            "tasks": [{"name": "Count after", "ansible.builtin.debug": {"msg": "{{ groups['vps'] | length }}"}}],
        },
    ]
    outcome = ansible_cli.playbook(play, inventory=source, rc=0)
    assert (str(outcome.task("Count before")["msg"]), str(outcome.task("Count after")["msg"])) == ("9", "10")


def test_an_account_without_servers(ansible_cli: AnsibleCli, emulator: Any) -> None:
    inventory = show(ansible_cli, env={"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"})
    assert inventory.hosts == [] and inventory.outcome.stderr == ""


def test_file_names(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir()
    names = ["vps.yml", "my-vps.yaml", "vpsorg.yml", "a.vpsorg.yaml"]
    for number, name in enumerate(names):
        (folder / name).write_text(yaml.safe_dump({**PLUGIN, "group": f"group_{number}"}))
    groups = shown(ansible_cli.inventory(folder, rc=0)).groups
    assert [groups[f"group_{number}"] for number in range(len(names))] == [ALL] * len(names)


def test_another_file_name_is_declined(ansible_cli: AnsibleCli, account: Any) -> None:
    failed(ansible_cli, {}, "vps.yml", "Rename it", file_name="servers.yml")
    assert account.requests() == []


# Pages and requests


@pytest.mark.parametrize("servers", [1, 100, 101, 250])
def test_one_request_for_every_page(here: Callable[..., Shown], emulator: Any, servers: int) -> None:
    emulator.seed(servers)
    assert len(here().hosts) == servers
    assert len(lists(emulator)) == -(-servers // 100)


def test_pages_after_the_first_are_read_at_once(ansible_cli: AnsibleCli, emulator: Any) -> None:
    emulator.seed(1000)
    meeting = Fault("barrier", "GET", "*/servers/", query="page=", parties=9)
    with FaultProxy(emulator.url, meeting) as proxy:
        assert len(show(ansible_cli, env={"VPS_API_URL": proxy.url}).hosts) == 1000
        assert proxy.met(meeting) == 9 and len(proxy.history) == 10


# Filters


@pytest.mark.parametrize(
    ("config", "hosts", "query"),
    [
        ({"status": ["active"]}, ["six", "twin-8", "twin-9", "web-1", "web-2"], "status=active"),
        ({"status": ["active", "stopped"]}, ["db-1", "six", "twin-8", "twin-9", "web-1", "web-2", "web-3-canary"], ""),
        ({"status": ["provisioning"]}, ["new"], ""),
        ({"status": ["no-such"]}, [], ""),
        ({"locations": ["us-east"]}, ["db-2", "new"], ""),
        ({"locations": ["US-East"]}, ["db-2", "new"], ""),
        ({"locations": ["us-east", "eu-central"]}, ["db-1", "db-2", "new", "web-2"], ""),
        ({"locations": ["no-such"]}, [], ""),
        ({"status": ["stopped"], "locations": ["us-west"]}, ["web-3-canary"], "status=stopped"),
        ({"include": ["web-*"]}, ["web-1", "web-2", "web-3-canary"], ""),
        ({"include": ["web-*", "db-?"], "exclude": ["*-canary", "db-2"]}, ["db-1", "web-1", "web-2"], ""),
        ({"include": "web-*"}, ["web-1", "web-2", "web-3-canary"], ""),
        ({"exclude": ["*"]}, [], ""),
    ],
    ids=str,
)
def test_filters(
    here: Callable[..., Shown], account: Any, config: dict[str, Any], hosts: list[str], query: str
) -> None:
    assert here({**config, "connect_with": ["ipv4"]}).hosts == hosts
    assert lists(account) == [f"/servers/?page_size=100{'&' if query else ''}{query}"]
    # The result is the same where the API filters in another way or not at all.
    account.configure(filters="ignored")
    assert here(config).hosts == hosts


@pytest.mark.parametrize("answers", [{"strict_query": True}, {"filters": "caseless"}], ids=str)
def test_filters_with_another_api(here: Callable[..., Shown], account: Any, answers: dict[str, Any]) -> None:
    account.configure(**answers)
    assert here({"status": ["stopped"], "locations": ["us-west"]}).hosts == ["web-3-canary"]
    assert here({"locations": ["US-EAST"]}).hosts == ["db-2", "new"]


def test_the_status_filter_comes_first(here: Callable[..., Shown], account: Any) -> None:
    """Of two servers of one name only one is selected: it keeps its name."""
    account.change(9, status="stopped")
    assert here({"status": ["stopped"]}).hosts == ["db-1", "twin", "web-3-canary"]


# Details


def test_details(ansible_cli: AnsibleCli, account: Any) -> None:
    meeting = Fault("barrier", "GET", "*/servers/*/", parties=5)
    with FaultProxy(account.url, meeting) as proxy:
        inventory = show(ansible_cli, {"details": True, "status": ["active"]}, env={"VPS_API_URL": proxy.url})
        assert proxy.met(meeting) == 5 and len(proxy.history) == 1 + 5
    assert inventory.variables["six"]["ansible_host"] == "2001:db8::7"
    assert inventory.variables["six"]["vps_ipv6_address"] == "2001:0db8::7"
    assert inventory.groups["vps_no_address"] == []
    web = inventory.variables["web-1"]
    assert (
        web["vps_backups_enabled"] is False
        and "cpu_percent" in web["vps_resource_usage"]
        and "bandwidth" in web["vps_plan"]
    )


def test_a_server_that_vanishes_while_details_are_read(ansible_cli: AnsibleCli, account: Any) -> None:
    account.configure(list_stale_ms=60_000)
    account.remove(2)
    inventory = show(ansible_cli, {"details": True})
    assert inventory.hosts == ALL and "vanished" in inventory.warnings and ": 2" in inventory.warnings


@pytest.mark.parametrize(
    ("connect_with", "address"),
    [(["ipv6", "ipv4"], "2001:db8::1"), (["ipv4"], "203.0.113.5"), (["ipv6"], "2001:db8::1")],
)
def test_connect_with(here: Callable[..., Shown], emulator: Any, connect_with: list[str], address: str) -> None:
    emulator.insert(name="both", ip_address="203.0.113.5", ipv6_address="2001:0db8::1")
    assert here({"details": True, "connect_with": connect_with}).variables["both"]["ansible_host"] == address


# Names and groups


def test_hostnames(here: Callable[..., Shown], account: Any) -> None:
    inventory = here({"hostnames": ["hostname", "name"], "include": ["db-*"]})
    assert inventory.hosts == ["db-2", "db.example.com"]
    assert here({"hostnames": ["id"]}).hosts == [str(number) for number in range(1, 10)]


def test_prefix_and_group(here: Callable[..., Shown], account: Any) -> None:
    inventory = here({"hostvars_prefix": "cloud_", "group": "my-servers", "include": ["web-1", "new"]})
    assert inventory.groups["my_servers"] == ["new", "web-1"] and inventory.groups["my_servers_no_address"] == ["new"]
    assert inventory.variables["web-1"]["cloud_id"] == 1
    assert all(name == "ansible_host" or name.startswith("cloud_") for name in inventory.variables["web-1"])


def test_constructed(ansible_cli: AnsibleCli, account: Any) -> None:
    config = {
        "compose": {"gigabytes": "vps_plan.memory // 1024", "ansible_user": "'root'"},
        "groups": {"running": "vps_status == 'active'"},
        "keyed_groups": [
            {"key": "vps_location", "prefix": "at", "parent_group": "places"},
            {"key": "vps_plan.name | lower", "prefix": "plan"},
        ],
    }
    inventory = show(ansible_cli, config)
    assert inventory.groups["running"] == ["six", "twin-8", "twin-9", "web-1", "web-2"]
    assert (
        inventory.groups["at_us_west"] == ["six", "twin-8", "twin-9", "web-1", "web-3-canary"]
        and inventory.groups["places"] == ALL
    )
    assert inventory.groups["plan_standard_vps"]
    assert (
        inventory.variables["web-1"]["ansible_user"] == "root" and str(inventory.variables["web-1"]["gigabytes"]) == "4"
    )


def test_strict_leaves_no_half_inventory(ansible_cli: AnsibleCli, account: Any) -> None:
    config = {
        "strict": True,
        "keyed_groups": [{"key": "vps_hostname | mandatory", "prefix": "h"}, {"key": "vps_hostname.x", "prefix": "h"}],
    }
    outcome = ansible_cli.inventory({**PLUGIN, **config}, "--list", rc=0)
    assert shown(outcome).hosts == []
    failed(ansible_cli, config)


# With other sources


def test_two_accounts_in_one_folder(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    from sandbox.programs import new_emulator

    folder = tmp_path / "inventory"
    folder.mkdir()
    with new_emulator(token="vps_other_account") as other:
        other.insert(id=101, name="web-1", ip_address="198.51.100.1")
        other.insert(id=102, name="other-2")
        (folder / "1.vps.yml").write_text(yaml.safe_dump({**PLUGIN, "group": "first"}))
        (folder / "2.vps.yml").write_text(
            yaml.safe_dump({**PLUGIN, "group": "second", "api_url": other.url, "api_token": other.token})
        )
        inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert inventory.groups["first"] == ALL and inventory.groups["second"] == ["other-2", "web-1-101"]
    assert inventory.variables["web-1"]["vps_id"] == 1
    assert inventory.variables["web-1-101"]["ansible_host"] == "198.51.100.1"
    assert "web-1-101" in inventory.warnings


def test_servers_of_two_apis_are_told_apart(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    """Of one name and one id, and also where the variables that show the id have other names; a server that two files
    select is one host.
    """
    from sandbox.programs import new_emulator

    folder = tmp_path / "inventory"
    folder.mkdir()
    with new_emulator(token="vps_other_account") as other:
        other.insert(id=1, name="web-1", ip_address="198.51.100.1")
        other.insert(id=102, name="web-2", ip_address="198.51.100.2")
        (folder / "1.vps.yml").write_text(yaml.safe_dump({**PLUGIN, "include": ["web-*"]}))
        (folder / "2.vps.yml").write_text(yaml.safe_dump({**PLUGIN, "include": ["*-1"], "group": "again"}))
        (folder / "3.vps.yml").write_text(
            yaml.safe_dump(
                {**PLUGIN, "hostvars_prefix": "x_", "group": "x", "api_url": other.url, "api_token": other.token}
            )
        )
        inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert inventory.groups["x"] == ["web-1-1", "web-2-102"] and "web-1" in inventory.groups["again"]
    assert (
        "x_id" not in inventory.variables["web-1"] and inventory.variables["web-1-1"]["ansible_host"] == "198.51.100.1"
    )
    assert "web-1-1" in inventory.warnings and "web-2-102" in inventory.warnings


def test_another_address_for_a_host_of_another_source_is_told(
    ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "0-static.json").write_text(
        json.dumps({"all": {"hosts": {"web-1": {"ansible_host": "192.0.2.7"}, "web-2": {}}}})
    )
    (folder / "1.vps.yml").write_text(yaml.safe_dump(PLUGIN))
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert re.search(r": web-1(?![\w;-])", inventory.warnings) and "web-2" not in inventory.warnings


def test_every_host_with_another_name_is_told(ansible_cli: AnsibleCli, emulator: Any) -> None:
    for number in range(1, 46):
        emulator.insert(id=number, name=f"bad name {number}", ip_address=f"198.51.100.{number}")
    inventory = shown(ansible_cli.inventory(PLUGIN, rc=0))
    assert missing(inventory.warnings, *(f"vps-{number}" for number in range(1, 46))) == []


def test_variables_of_another_source_are_kept(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "inventory"
    (folder / "host_vars").mkdir(parents=True)
    (folder / "0-static.json").write_text(
        json.dumps(
            {
                "all": {
                    "hosts": {"web-1": {"rack": 7, "vps_location": "static"}},
                    "children": {"staging": {"hosts": {"web-1": {}}}},
                }
            }
        )
    )
    (folder / "1.vps.yml").write_text(
        yaml.safe_dump({**PLUGIN, "compose": {"place": "vps_location ~ rack"}, "include": ["web-[12]"]})
    )
    (folder / "host_vars" / "web-2.yml").write_text("colour: red\n")
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert inventory.groups["staging"] == ["web-1"] and inventory.groups["vps"] == ["web-1", "web-2"]
    assert (
        inventory.variables["web-1"]["rack"],
        inventory.variables["web-1"]["vps_location"],
        inventory.variables["web-1"]["place"],
    ) == (
        7,
        "us-west",
        "us-west7",
    )
    assert inventory.variables["web-2"]["colour"] == "red" and "place" not in inventory.variables["web-2"]
