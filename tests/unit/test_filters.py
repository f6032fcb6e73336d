# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that the roles are made of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.template import Templar
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.filter.inventory_hosts import inventory_hosts
from ansible_collections.vpsorg.cloud.plugins.filter.named_like import named_like
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import TRUST_IS_EXPLICIT


def hosts(*servers: dict[str, Any], **options: Any) -> dict[str, dict[str, Any]]:
    return {host["name"]: host for host in inventory_hosts(list(servers), **options)}


def test_hosts_have_the_names_and_variables_of_the_inventory_plugin() -> None:
    host = hosts(server_detail(7, name="web-01", extra={"a": [1]}))["web-01"]
    assert host["address"] == "203.0.113.10" and host["groups"] == []
    assert host["variables"]["vps_id"] == 7 and host["variables"]["vps_plan"]["memory"] == 4096
    assert host["variables"]["vps_extra"] == {"a": [1]}
    assert all(name.startswith("vps_") for name in host["variables"])


def test_a_password_becomes_no_variable() -> None:
    """The inventory plugin is never given one; the servers of vps_fleet with return_password have one."""
    host = hosts(server_detail(7, name="web-01", password="hunter2", extra={"root_password": "x", "port": 1}))["web-01"]
    assert host["variables"]["vps_extra"] == {"port": 1} and "vps_password" not in host["variables"]


def test_addresses_are_literals_in_canonical_form_or_none() -> None:
    addresses = {
        "ipv6": {"ip_address": None},
        "ill": {"ip_address": "-oProxyCommand=x", "ipv6_address": "web.example.com"},
        "none": {"ip_address": None, "ipv6_address": None},
    }
    found = hosts(
        *(server_detail(number, name=name, **fields) for number, (name, fields) in enumerate(addresses.items(), 1))
    )
    assert {name: host["address"] for name, host in found.items()} == {"ipv6": "2001:db8::1", "ill": None, "none": None}


def test_unsafe_names_and_names_of_groups_are_replaced() -> None:
    names = ["localhost", "web", "../x", "db", "a"]
    servers = [server_detail(number, name=name) for number, name in enumerate(names, 1)]
    assert list(hosts(*servers, groups=["web"], taken=["db"])) == ["vps-1", "vps-2", "vps-3", "vps-4", "a"]
    assert list(hosts(server_detail(1, name="a"), server_detail(2, name="a"))) == ["a-1", "a-2"]


def test_groups_for_all_or_by_patterns() -> None:
    servers = [server_detail(number, name=name) for number, name in enumerate(("web-1", "web-2", "db-1"), 1)]
    assert {name: host["groups"] for name, host in hosts(*servers, groups=["a", "b"]).items()} == {
        name: ["a", "b"] for name in ("web-1", "web-2", "db-1")
    }
    groups = {"web": "web-*", "mixed": ["db-*", "*-1"], "nobody": []}
    assert {name: host["groups"] for name, host in hosts(*servers, groups=groups).items()} == {
        "web-1": ["web", "mixed"],
        "web-2": ["web"],
        "db-1": ["mixed"],
    }


@pytest.mark.parametrize("groups", ["web", 3, {"web": 3}, {"web": ["a", 3]}])
def test_groups_that_cannot_be_meant(groups: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="groups must be"):
        inventory_hosts([], groups=groups)


@pytest.mark.parametrize("servers", ["web", None, {"id": 1}, [{}], ["web"]])
def test_servers_are_what_the_modules_return(servers: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="takes a list of servers"):
        inventory_hosts(servers)
    with pytest.raises(AnsibleFilterError, match="takes a list of servers"):
        named_like(servers, "web-*")


def test_text_of_the_api_is_no_template() -> None:
    text = "{{ 1 + 1 }}"
    variables = hosts(server_detail(1, hostname=text, extra=[{text: text}]))["web-01"]["variables"]
    templar = Templar(loader=None, variables=variables)
    trusted = "{{ vps_hostname }}|{{ vps_extra[0].values() | first }}"
    if TRUST_IS_EXPLICIT:
        from ansible.template import trust_as_template

        trusted = trust_as_template(trusted)
    assert templar.template(trusted) == f"{text}|{text}"


def test_named_like() -> None:
    servers = [{"name": name} for name in ("web-1", "WEB-1", "web-12", "db-1")]
    assert [server["name"] for server in named_like(servers, "web-?")] == ["web-1"]
    assert [server["name"] for server in named_like(servers, "[wd]*-1")] == ["web-1", "db-1"]
    with pytest.raises(AnsibleFilterError, match="shell pattern"):
        named_like(servers, "")
