# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure part of the inventory: under which names servers become hosts, with which address and variables."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.hosts import (
    VariableNames,
    draft_hosts,
    host_variables,
    is_safe_name,
    name_hosts,
)
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import DEEPEST, Marker

GROUPS = frozenset({"all", "ungrouped", "vps", "web"})
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


def server(server_id: int, name: Any = "web-1", **fields: Any) -> dict[str, Any]:
    return {"id": server_id, "name": name, "status": "active", **fields}


def names_of(
    servers: list[dict[str, Any]], *sources: str, known: dict[str, int] | None = None
) -> tuple[list[str], list[str]]:
    return name_hosts(servers, sources or ("name",), GROUPS, known)


# Names


@pytest.mark.parametrize(
    "name", ["web-1", "a", "7", "web1.example.com", "A" * 253, "localhost-2", "127-0-0-1", "8.8.8.8", "x--y", "end."]
)
def test_safe_names(name: str) -> None:
    assert is_safe_name(name, GROUPS)
    assert names_of([server(5, name)]) == ([name], [])


UNSAFE = [
    "",
    " ",
    "-x",
    "--list-hosts",
    ".",
    "..",
    ".hidden",
    "../secrets",
    "a/b",
    "a\\b",
    "a b",
    "a\nb",
    "a\n",
    "\tweb",
    "web\x00",
    "a:22",
    "a,b",
    "!web",
    "&web",
    "~web",
    "a[1:3]",
    "{{ 7 * 7 }}",
    "a{b",
    "$(id)",
    "`id`",
    "a;b",
    "a_b",
    "wéb",
    "веб",
    "ｗｅｂ",
    "web\u202e",
    "a" * 254,
    "a" * 300,
    "::1",
    "fe80::1",
    "all",
    "ALL",
    "ungrouped",
    "localhost",
    "LocalHost",
    "localhost.",
    "web.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "vps",
    "web",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_names_are_replaced_with_a_warning(name: str) -> None:
    names, warnings = names_of([server(5, name)])
    assert names == ["vps-5"]
    assert len(warnings) == 1 and "server 5" in warnings[0] and "vps-5" in warnings[0]
    assert warnings[0].isprintable() and len(warnings[0]) < 250


@pytest.mark.parametrize("name", [None, 5, True, ["web"], {"a": 1}])
def test_a_hostname_of_another_type_is_no_name(name: Any) -> None:
    assert names_of([server(5, "web-1", hostname=name)], "hostname")[0] == ["vps-5"]


def test_the_first_safe_source_counts() -> None:
    servers = [
        server(1, "a", hostname="a.example.com"),
        server(2, "b", hostname=None),
        server(3, "c", hostname=""),
        server(4, "d", hostname="-d"),
    ]
    names, warnings = names_of(servers, "hostname", "name")
    assert names == ["a.example.com", "b", "c", "d"]
    assert len(warnings) == 1 and "server 4" in warnings[0]
    assert names_of(servers, "id")[0] == ["1", "2", "3", "4"]


def test_servers_of_one_name_are_hosts_of_their_own() -> None:
    names, warnings = names_of([server(1, "web-1"), server(2, "db"), server(3, "web-1")])
    assert names == ["web-1-1", "db", "web-1-3"]
    assert len(warnings) == 2 and all("web-1" in warning for warning in warnings)


def test_a_name_that_imitates_another_ones_replacement() -> None:
    names, warnings = names_of([server(5, "../x"), server(6, "vps-5"), server(7, "vps-5-5")])
    assert len(set(names)) == 3 and all(SAFE.fullmatch(name) for name in names)
    assert len(warnings) >= 2


def test_the_longest_names_still_become_different() -> None:
    longest = "a" * 253
    names, _warnings = names_of([server(1, longest), server(2, longest), server(3, "vps-1")])
    assert len(set(names)) == 3 and all(SAFE.fullmatch(name) for name in names)


def test_another_accounts_host_is_not_taken_over() -> None:
    names, warnings = names_of([server(8, "web-1"), server(9, "web-2")], known={"web-1": 3, "web-2": 9})
    assert names == ["web-1-8", "web-2"]
    assert len(warnings) == 1


@given(
    st.lists(
        st.sampled_from([*UNSAFE, "a", "a-1", "a-2", "a-1-1", "vps-1", "vps-2", "vps-1-1", "x" * 250, "x" * 253]),
        max_size=12,
    )
)
def test_names_are_always_safe_and_different(given_names: list[str]) -> None:
    names, _warnings = names_of([server(number, name) for number, name in enumerate(given_names, 1)])
    assert len(set(names)) == len(given_names)
    assert all(is_safe_name(name, GROUPS) for name in names)


def test_names_by_expression() -> None:
    """Asked for only where an earlier source gives no safe name."""
    servers = [server(1, "a"), server(2, "../b"), server(3, ""), server(4, "d"), server(5, None)]
    values = {2: "prod-b", 3: None, 5: "e"}
    asked: list[int] = []

    def evaluate(source: str, number: int) -> Any:
        assert source == "'prod-' ~ x"
        asked.append(servers[number]["id"])
        return values[servers[number]["id"]]

    names, warnings = name_hosts(servers, ["name", "'prod-' ~ x", "id"], GROUPS, None, evaluate)
    assert names == ["a", "prod-b", "3", "d", "e"] and asked == [2, 3, 5]
    assert len(warnings) == 1 and "server 2" in warnings[0]


@pytest.mark.parametrize("value", ["a_b", "../x", "localhost", "web", True, ["a"], {"a": 1}, 1.5, "a" * 254])
def test_unsafe_results_are_replaced_with_a_warning(value: Any) -> None:
    names, warnings = name_hosts([server(5, "a")], ["x()"], GROUPS, None, lambda _source, _number: value)
    assert names == ["vps-5"] and len(warnings) == 1


# Addresses


@pytest.mark.parametrize(
    ("fields", "connect_with", "address", "refused"),
    [
        ({"ip_address": "203.0.113.10"}, ("ipv4", "ipv6"), "203.0.113.10", 0),
        ({"ip_address": "203.0.113.10", "ipv6_address": "2001:0db8::1"}, ("ipv6", "ipv4"), "2001:db8::1", 0),
        ({"ip_address": "127.0.0.1", "ipv6_address": "2001:0db8::1"}, ("ipv4", "ipv6"), "2001:db8::1", 1),
        ({"ip_address": "203.0.113.7/24"}, ("ipv4", "ipv6"), "203.0.113.7", 0),
        ({"ip_address": "203.0.113.10"}, ("ipv6",), None, 0),
        ({"ip_address": "-oProxyCommand=x", "ipv6_address": "2001:db8::/64"}, ("ipv4", "ipv6"), None, 2),
        ({}, ("ipv4", "ipv6"), None, 0),
    ],
)
def test_connection_address(
    fields: dict[str, Any], connect_with: tuple[str, ...], address: str | None, refused: int
) -> None:
    (draft,) = draft_hosts([server(1, **fields)], connect_with, VariableNames("vps_"), Marker(exporting=True))
    assert draft.variables.get("ansible_host") == address and len(draft.refused) == refused
    assert draft.variables["vps_id"] == 1


# Variables


def variables_of(fields: dict[str, Any], prefix: str = "vps_") -> tuple[dict[str, Any], list[str]]:
    return host_variables(fields, VariableNames(prefix), Marker(exporting=True))


def test_every_variable_has_the_prefix() -> None:
    keys = ["id", "ansible_connection", "ansible_host", "groups", "a b", "", "{{ x }}", "héllo", "-", "9"]
    variables, dropped = variables_of(dict.fromkeys(keys, 1))
    assert dropped == []
    assert set(variables) == {f"vps_{re.sub('[^A-Za-z0-9_]', '_', key)}" for key in keys}
    assert all(name.isidentifier() and name.startswith("vps_") for name in variables)


def test_a_prefix_can_not_make_a_variable_that_ansible_obeys() -> None:
    variables, dropped = variables_of({"nsible_connection": "local", "roups": 1, "nventory_hostname": 1, "ok": 1}, "a")
    assert set(variables) == {"aroups", "anventory_hostname", "aok"} and dropped == ["nsible_connection"]
    assert variables_of({"roups": 1, "roup_names": 1}, "g") == ({}, ["roups", "roup_names"])
    assert variables_of({"nventory_hostname": 1, "f": 1}, "i") == ({}, ["nventory_hostname", "f"])


def test_the_exact_key_wins_over_one_that_only_looks_like_it() -> None:
    assert variables_of({"ip-address": "evil", "ip_address": "right"})[0] == {"vps_ip_address": "right"}
    assert variables_of({"ip_address": "right", "ip-address": "evil"}) == ({"vps_ip_address": "right"}, ["ip-address"])


def test_values_are_plain_json() -> None:
    value = {"text": "a", "number": 1, "part": 1.5, "yes": True, "nothing": None, "list": ["b", {"c": "d"}]}
    variables, dropped = variables_of({"extra": value})
    assert dropped == []
    assert json.loads(json.dumps(variables["vps_extra"])) == value
    assert variables["vps_extra"] == value and type(variables["vps_extra"]) is dict  # pylint: disable=unidiomatic-typecheck
    assert type(variables["vps_extra"]["yes"]) is bool and type(variables["vps_extra"]["number"]) is int  # pylint: disable=unidiomatic-typecheck


def test_a_value_nested_too_deeply_is_left_out() -> None:
    deep: Any = "end"
    for _level in range(DEEPEST + 1):
        deep = [deep]
    variables, dropped = variables_of({"deep": deep, "flat": deep[0], "name": "web"})
    assert dropped == ["deep"] and set(variables) == {"vps_flat", "vps_name"}
