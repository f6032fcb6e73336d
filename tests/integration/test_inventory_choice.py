# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers become hosts, and under which names, by expressions and templates; words that no server has."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, missing
from helpers.inventory_cli import PLUGIN, Shown, failed, show, shown
from sandbox.programs import new_emulator

STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}


@pytest.fixture
def account(emulator: Any) -> Any:
    """Five servers, of which one is odd."""
    emulator.insert(id=1, name="web-1", location="us-west", hostname="web1.example.com", plan_id=1)
    emulator.insert(id=2, name="web-2", location="eu-central", hostname=None, plan_id=2)
    emulator.insert(id=3, name="db-1", location="us-west", hostname="db.example.com", status="stopped", plan_id=3)
    emulator.insert(id=4, name="odd", location="us-west", hostname="", plan=None)
    emulator.insert(id=5, name="web_5", location="us-west", hostname="../etc")
    emulator.clear_requests()
    return emulator


# Names by expression


@pytest.mark.parametrize(
    ("hostnames", "hosts"),
    [
        (["'prod-' ~ vps_name"], ["prod-web-1", "prod-web-2", "prod-db-1", "prod-odd", "vps-5"]),
        (["'prod-' ~ vps_name", "'prod-' ~ vps_id"], ["prod-web-1", "prod-web-2", "prod-db-1", "prod-odd", "prod-5"]),
        (["vps_name | upper"], ["WEB-1", "WEB-2", "DB-1", "ODD", "vps-5"]),
        (["vps_name.replace('-', '.')"], ["web.1", "web.2", "db.1", "odd", "vps-5"]),
        (["vps_hostname", "name", "id"], ["web1.example.com", "web-2", "db.example.com", "odd", "5"]),
        (["hostname", "'x' ~ vps_id"], ["web1.example.com", "x2", "db.example.com", "x4", "x5"]),
        (["vps_id"], ["1", "2", "3", "4", "5"]),
        (["vps_plan.name | lower | replace(' ', '-') ~ '-' ~ vps_id", "name", "id"], None),
        (["vps_nowhere", "vps_plan.nothing", "id"], ["1", "2", "3", "4", "5"]),
        (["vps_status"], ["active-1", "active-2", "stopped", "active-4", "active-5"]),
        (["ansible_host"], None),
        ("vps_name.replace('-', '')", ["web1", "web2", "db1", "odd", "vps-5"]),
        ("hostname, name", ["web1.example.com", "web-2", "db.example.com", "odd", "vps-5"]),
    ],
    ids=str,
)
def test_names_by_expression(here: Callable[..., Shown], account: Any, hostnames: Any, hosts: list[str] | None) -> None:
    inventory = here({"hostnames": hostnames})
    if hosts is not None:
        assert {variables["vps_id"]: name for name, variables in inventory.variables.items()} == dict(
            enumerate(hosts, 1)
        )
    assert len(inventory.hosts) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", name) for name in inventory.hosts)


def test_an_expression_that_fails(ansible_cli: AnsibleCli, account: Any) -> None:
    """The next source counts, with one warning; where strictness is asked for, it is an error that names the server."""
    inventory = show(ansible_cli, {"hostnames": ["vps_plan.name ~ vps_nowhere", "id"]})
    assert inventory.hosts == ["1", "2", "3", "4", "5"]
    assert mentions(inventory.warnings, "hostnames", "vps_nowhere", 5, "web-1", 1), inventory.warnings
    failed(
        ansible_cli, {"hostnames": ["'a-' ~ vps_nowhere", "id"], "strict": True}, "hostnames", "vps_nowhere", "web-1"
    )
    assert show(ansible_cli, {"hostnames": ["id", "'a-' ~ vps_nowhere"], "strict": True}).hosts == inventory.hosts


def test_names_made_of_hostile_text(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    """It is no template in an expression either, and no unsafe name."""
    marker = tmp_path / "ran"
    texts = [
        f"{{{{ lookup('pipe', 'touch {marker}') }}}}",
        "{% raw %}",
        "#jinja2: variable_start_string:'['",
        "../../etc",
        "all",
        "localhost",
        "vps",
        "True",
        "[1]",
    ]
    for number, text in enumerate(texts, 1):
        emulator.insert(id=number, name=f"web-{number}", hostname=text)
    for expression in ("vps_hostname", "vps_hostname ~ ''", "'' ~ vps_hostname | trim", "vps_hostname.strip()"):
        inventory = show(ansible_cli, {"hostnames": [expression]})
        assert len(inventory.hosts) == len(texts)
        assert set(inventory.hosts) <= {"True", *(f"vps-{number}" for number in range(1, 10))}
        assert not marker.exists()


def test_extra_variables_in_names_and_filters(ansible_cli: AnsibleCli, account: Any) -> None:
    config = {
        "hostnames": ["stage ~ '-' ~ vps_name", "id"],
        "filters": ["vps_location == place"],
        "use_extra_vars": True,
    }
    inventory = show(ansible_cli, config, "-e", "stage=prod", "-e", "place=us-west")
    assert inventory.hosts == ["5", "prod-db-1", "prod-odd", "prod-web-1"]


def accounts(folder: pathlib.Path, files: dict[str, dict[str, Any]]) -> pathlib.Path:
    folder.mkdir()
    for name, config in files.items():
        (folder / name).write_text(yaml.safe_dump({**PLUGIN, **config}))
    return folder


def test_two_accounts_with_the_same_names(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    """Names do not depend on the order of the files, and stay when the other account's servers go."""
    emulator.insert(id=1, name="web-1", ip_address="203.0.113.1")
    emulator.insert(id=2, name="web-2", ip_address="203.0.113.2")
    with new_emulator(token="vps_other_account") as other:
        other.insert(id=1, name="web-1", ip_address="198.51.100.1")
        other.insert(id=7, name="web-2", ip_address="198.51.100.2")
        first = {"group": "first", "hostnames": ["'a-' ~ vps_name"]}
        second = {
            "group": "second",
            "hostnames": ["'b-' ~ vps_name"],
            "api_url": other.url,
            "api_token": other.token,
        }
        one = accounts(tmp_path / "one", {"a.vps.yml": first, "b.vps.yml": second})
        two = accounts(tmp_path / "two", {"a.vps.yml": second, "b.vps.yml": first})
        expected = {
            "a-web-1": "203.0.113.1",
            "a-web-2": "203.0.113.2",
            "b-web-1": "198.51.100.1",
            "b-web-2": "198.51.100.2",
        }
        for folder in (one, two):
            inventory = shown(ansible_cli.inventory(folder, rc=0, env=STRICT))
            assert {name: found["ansible_host"] for name, found in inventory.variables.items()} == expected
            assert inventory.groups["first"] == ["a-web-1", "a-web-2"]
            assert inventory.groups["second"] == ["b-web-1", "b-web-2"]
            assert "WARNING" not in inventory.warnings
        emulator.remove(1)
        del expected["a-web-1"]
        for folder in (one, two):
            inventory = shown(ansible_cli.inventory(folder, rc=0, env=STRICT))
            assert {name: found["ansible_host"] for name, found in inventory.variables.items()} == expected


# Filters


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["vps_status == 'active'"], [1, 2, 4, 5]),
        (["vps_status == 'active'", "vps_location == 'us-west'"], [1, 4, 5]),
        (["vps_name is match('web')", "vps_hostname is not none"], [1, 5]),
        (["(vps_plan or {}).memory | default(0) >= 4096"], None),
        (["vps_name.startswith('web')"], [1, 2, 5]),
        (["ansible_host is defined"], [1, 2, 3, 4, 5]),
        (["true"], [1, 2, 3, 4, 5]),
        (["false"], []),
        ("vps_id in [1, 3]", [1, 3]),
        ([], [1, 2, 3, 4, 5]),
    ],
    ids=str,
)
def test_filters(here: Callable[..., Shown], account: Any, filters: Any, ids: list[int] | None) -> None:
    found = sorted(variables["vps_id"] for variables in here({"filters": filters}).variables.values())
    if ids is None:
        ids = [server["id"] for server in account.servers() if server["plan"] and server["plan"]["memory"] >= 4096]
        assert 0 < len(ids) < 5
    assert found == ids


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("condition", ["vps_plan.memory >= 1", "vps_nowhere == 1", "vps_name | no_such_filter"])
def test_a_filter_that_says_neither_yes_nor_no(
    ansible_cli: AnsibleCli, account: Any, condition: str, strict: bool
) -> None:
    """It must not make the inventory smaller or greater without a word."""
    failed(ansible_cli, {"filters": [condition], "strict": strict}, "filters", condition, "server", "id", "default")


def test_a_filter_leaves_no_trace(ansible_cli: AnsibleCli, account: Any) -> None:
    """What is left out takes nobody's name, and is not warned of."""
    account.insert(id=6, name="web-1", status="stopped", ip_address=None, ipv6_address=None)
    inventory = show(ansible_cli, {"filters": ["vps_status == 'active'", "vps_id != 5"]})
    assert inventory.hosts == ["odd", "web-1", "web-2"] and "WARNING" not in inventory.warnings
    config = {"filters": ["vps_nowhere"], "group": "mine"}
    outcome = ansible_cli.inventory({**PLUGIN, **config}, "--list", rc=0)
    assert "mine" not in outcome.json() and shown(outcome).hosts == []


def test_filters_and_names_with_a_warm_cache(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    """They decide anew each time; what was cached is what the API has sent."""
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    assert len(show(ansible_cli, cached).hosts) == 5
    account.clear_requests()
    inventory = show(ansible_cli, {**cached, "filters": ["vps_id < 3"], "hostnames": ["'p-' ~ vps_name"]})
    assert inventory.hosts == ["p-web-1", "p-web-2"] and account.requests() == []


# Templates


def test_templates_select_and_name(ansible_cli: AnsibleCli, account: Any) -> None:
    config = {
        "status": "{{ lookup('env', 'WANTED').split('+') }}",
        "locations": "{{ lookup('env', 'PLACE') }}",
        "include": ["{{ lookup('env', 'NAMES') }}-*"],
        "exclude": ["{{ 'web-' ~ (1 + 1) }}"],
        "group": "{{ lookup('env', 'STAGE') }}",
        "hostvars_prefix": "{{ lookup('env', 'STAGE') }}_",
    }
    env = {"WANTED": "active+stopped", "PLACE": "US-West", "NAMES": "web", "STAGE": "staging"}
    inventory = show(ansible_cli, config, env=env)
    assert inventory.hosts == ["web-1"] == inventory.groups["staging"]
    assert inventory.groups["staging_no_address"] == [] and inventory.variables["web-1"]["staging_id"] == 1
    assert show(ansible_cli, {"status": "{{ ['active'] }}", "locations": "{{ ['eu-central'] }}"}).hosts == ["web-2"]
    assert show(ansible_cli, {"status": "{{ 'stopped' }}"}).hosts == ["db-1"]
    assert show(ansible_cli, {"status": "{{ lookup('env', 'WANTED') }}"}, env={"WANTED": "stopped"}).hosts == ["db-1"]
    # As everywhere in Ansible, a text is split at commas where a list is expected.
    assert len(show(ansible_cli, {"status": "{{ 'active,stopped' }}"}).hosts) == 5


def test_the_cache_knows_what_templates_gave(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    config = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "status": "{{ lookup('env', 'WANTED') }}",
    }
    for _turn in range(2):
        assert show(ansible_cli, config, env={"WANTED": "stopped"}).hosts == ["db-1"]
        assert len(show(ansible_cli, config, env={"WANTED": "active"}).hosts) == 4
    assert len([request for request in account.requests() if request["path"].endswith("/servers/")]) == 2


# Words that no server has


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("config", "hosts", "facts", "lists"),
    [
        ({"status": ["stoppd"]}, 0, ["status", "stoppd", "active", "stopped"], 1),
        ({"status": ["suspended"]}, 0, ["status", "suspended", "active", "stopped"], 2),
        ({"status": ["active", "stoppd"]}, 4, ["status", "stoppd", "stopped"], 1),
        ({"locations": ["us-wst"]}, 0, ["locations", "us-wst", "us-west", "eu-central"], 1),
        ({"locations": ["US-WEST", "eu"]}, 4, ["locations", "'eu'", "us-west", "eu-central"], 1),
        ({"status": ["active"], "locations": ["nowhere"]}, 0, ["locations", "nowhere", "us-west"], 2),
    ],
    ids=str,
)
def test_words_that_no_server_has(
    ansible_cli: AnsibleCli,
    account: Any,
    config: dict[str, Any],
    hosts: int,
    facts: list[object],
    lists: int,
    strict: bool,
) -> None:
    """A warning, not an error, and success: also with strictness, and whatever the API does with the word."""
    inventory = show(ansible_cli, {**config, "strict": strict}, env=STRICT)
    assert len(inventory.hosts) == hosts
    assert missing(inventory.warnings, *facts) == [], inventory.warnings
    assert len(account.requests()) == lists


def test_words_that_servers_have(ansible_cli: AnsibleCli, account: Any) -> None:
    """No warning, though the selection is empty; the API is asked once more only where a word was not seen."""
    inventory = show(ansible_cli, {"status": ["stopped"], "locations": ["eu-central"]})
    assert inventory.hosts == [] and "no server" not in inventory.warnings
    account.clear_requests()
    assert show(ansible_cli, {"status": ["stopped"], "locations": ["us-west"]}).hosts == ["db-1"]
    assert len(account.requests()) == 1


def test_words_of_a_warm_cache(ansible_cli: AnsibleCli, account: Any, tmp_path: pathlib.Path) -> None:
    """It is told each time, without a request."""
    config = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "status": ["suspended", "active"],
        "locations": ["us-wst", "us-west"],
    }
    first = show(ansible_cli, config)
    account.clear_requests()
    second = show(ansible_cli, config)
    assert account.requests() == [] and second.warnings == first.warnings and second.hosts == first.hosts
    assert mentions(second.warnings, "suspended", "stopped", "us-wst", "eu-central"), second.warnings


def test_an_account_without_servers_has_no_words(ansible_cli: AnsibleCli, emulator: Any) -> None:
    inventory = show(ansible_cli, {"status": ["active"]}, env=STRICT)
    assert inventory.hosts == [] and mentions(inventory.warnings, "status", "active", "no servers")


# Addresses


def test_addresses_that_are_none_are_named(ansible_cli: AnsibleCli, emulator: Any) -> None:
    """With their values; a play must never configure the controller in place of a server."""
    odd = ["127.0.0.1", "0.0.0.0", "::1", "169.254.1.1", "fe80::1", "255.255.255.255", "::ffff:127.0.0.1"]
    odd += ["2001:db8::/64", "fe80::1%eth0", "224.0.0.1", "127.1"]
    for number, address in enumerate(odd, 1):
        emulator.insert(id=number, name=f"odd-{number}", ip_address=address, ipv6_address=None)
    emulator.insert(id=100, name="with-prefix", ip_address="203.0.113.77/24")
    emulator.insert(id=101, name="mapped", ip_address="::ffff:203.0.113.78")
    emulator.insert(id=102, name="second", ip_address="127.0.0.1", ipv6_address="2001:0db8::5")
    inventory = show(ansible_cli)
    assert {name: found["ansible_host"] for name, found in inventory.variables.items() if "ansible_host" in found} == {
        "with-prefix": "203.0.113.77",
        "mapped": "203.0.113.78",
        "second": "2001:db8::5",
    }
    assert len(inventory.groups["vps_no_address"]) == len(odd)
    assert missing(inventory.warnings, *odd, *(f"odd-{number}" for number in range(1, len(odd) + 1)), "second") == []
    assert re.search(r"odd-8 \(ip_address '2001:db8::/64' is a network\)", inventory.warnings), inventory.warnings


def test_ipv6_addresses_are_read_where_there_is_no_other(ansible_cli: AnsibleCli, emulator: Any) -> None:
    """Of active servers only, and where such an address is wanted."""
    emulator.seed(5)
    emulator.insert(id=600, name="six", ip_address=None, ipv6_address="2001:0db8::6")
    emulator.insert(id=601, name="none", ip_address=None, ipv6_address=None)
    emulator.insert(id=602, name="idle", ip_address=None, ipv6_address="2001:0db8::7", status="stopped")
    emulator.clear_requests()

    def details() -> list[str]:
        found = sorted(request["path"] for request in emulator.requests() if request["path"] != "/api/v1/servers/")
        emulator.clear_requests()
        return found

    inventory = show(ansible_cli)
    assert inventory.groups["vps_no_address"] == ["idle", "none"]
    assert inventory.variables["six"]["ansible_host"] == "2001:db8::6"
    assert details() == ["/api/v1/servers/600/", "/api/v1/servers/601/"]
    assert show(ansible_cli, {"connect_with": ["ipv4"]}).groups["vps_no_address"] == ["idle", "none", "six"]
    assert details() == []


def test_an_address_in_a_play(ansible_cli: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    """The filter gives in a play what the inventory plugin gives a host."""
    emulator.insert(name="six", ip_address="0.0.0.0", ipv6_address="2001:0db8::6")
    emulator.insert(name="none", ip_address="127.0.0.1", ipv6_address=None)
    (tmp_path / "vps.yml").write_text(json.dumps(PLUGIN))
    tasks = [
        {"name": "Read", "vpsorg.cloud.vps_server_info": {"details": True}, "register": "found"},
        {
            "name": "Show",
            "ansible.builtin.debug": {
                "msg": "{{ found.servers | map('vpsorg.cloud.connection_address') | map('default', 'none', true) | "
                "list + [hostvars['six'].ansible_host, hostvars['none'].ansible_host is defined] }}"
            },
        },
    ]
    outcome = ansible_cli.tasks(tasks, inventory=tmp_path / "vps.yml", rc=0)
    assert outcome.task("Show")["msg"] == ["2001:db8::6", "none", "2001:db8::6", False]
