# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile data from the API, through the real commands: nothing runs, nothing is evaluated, nothing outside is read or
written, no server is lost.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.inventory_cli import PLUGIN, Shown, marked, plain, show, shown

DEBUG = "ansible.builtin.debug"
MARKER = "evaluated-by-ansible"
# Every server's address but the ones that are the hazard themselves.
ADDRESS = "203.0.113.200"

NAMES = [
    "../secrets",
    "../../etc/passwd",
    "..",
    ".",
    "/etc/hosts",
    "host_vars/other",
    "localhost",
    "LOCALHOST",
    "localhost.localdomain",
    "all",
    "ungrouped",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "::1",
    "0.0.0.0",
    "-x",
    "--connection=local",
    "-oProxyCommand=id",
    "a b",
    "a\nb",
    "a\n",
    "\n",
    "a\tb",
    "a\x00b",
    "\x1b[2Jclear",
    "web[1:3]",
    "a:22",
    "a,b",
    "!x",
    "&x",
    "~.*",
    "*",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "$(id)",
    "`id`",
    "a;b",
    "a|b",
    "x" * 300,
    "naïve",
    "имя",
    "名前",
    "a\u202eb",
    "a_b",
    "vps",
    "vps_no_address",
    "configured",
    "parent",
    "",
    " ",
]
ADDRESSES = [
    "-oProxyCommand=touch${IFS}PWNED",
    "-F/etc/passwd",
    "localhost",
    "evil.example.com",
    "203.0.113.5 -oX=y",
    "203.0.113.5\n",
    "203.0.113.5;id",
    "$(id)",
    "{{ lookup('pipe', 'touch PWNED') }}",
    "fe80::1%-oProxyCommand=id",
    "203.0.113.05",
    "",
    3405803781,
    True,
    ["203.0.113.5"],
    {"a": "b"},
]
KEYS = [
    "ansible_connection",
    "ansible_host",
    "ansible_user",
    "ansible_ssh_common_args",
    "ansible_python_interpreter",
    "ansible_become_exe",
    "groups",
    "hostvars",
    "inventory_hostname",
    "{{ lookup('pipe', 'touch PWNED') }}",
    "a-b",
    "",
    "__ansible_unsafe",
    "__ansible_vault",
    "__ansible_type",
    "vps_name",
    "environment",
    "naïve",
]
TEMPLATES = [
    "{{ lookup('pipe', 'touch PWNED; echo " + MARKER + "') }}",
    "{% set x = lookup('pipe', 'touch PWNED') %}" + "{{ '" + MARKER[:4] + "' ~ '" + MARKER[4:] + "' }}",
    "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ lookup('pipe', 'touch PWNED') ]]",
    "{{ 6 * 111 }}",
]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """An inventory folder with variables that no server may get hold of."""
    folder = tmp_path / "inventory"
    (folder / "host_vars").mkdir(parents=True)
    for name in ("secrets.yml", "host_vars/localhost.yml", "host_vars/other.yml"):
        (folder / name).write_text("stolen: a secret of another host\n")
    (folder / "static.yml").write_text(
        "all:\n  hosts:\n    bystander:\n      ansible_host: 192.0.2.1\n      vps_id_of: nobody\n"
    )
    (folder / "test.vps.yml").write_text(
        yaml.safe_dump(
            {
                **PLUGIN,
                "groups": {"configured": "false"},
                "keyed_groups": [{"key": "vps_location", "prefix": "at", "parent_group": "parent"}],
            }
        )
    )
    return folder


def ran_nothing(folder: pathlib.Path) -> bool:
    return not list(folder.parent.rglob("PWNED"))


def server_of(inventory: Shown, server_id: int) -> tuple[str, dict[str, Any]]:
    """The one host of a server."""
    found = [
        (name, variables) for name, variables in inventory.variables.items() if variables.get("vps_id") == server_id
    ]
    assert len(found) == 1, (server_id, sorted(inventory.variables))
    return found[0]


def test_names(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    ids = [emulator.insert(name=name, ip_address=ADDRESS, hostname=None, location="us-west") for name in NAMES]
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert len(inventory.hosts) == len(NAMES) + 1
    for server_id, name in zip(ids, NAMES, strict=True):
        host, variables = server_of(inventory, server_id)
        assert host == f"vps-{server_id}", name
        assert variables["vps_name"] == name and variables["ansible_host"] == ADDRESS
        assert "stolen" not in variables, name
    assert inventory.variables["bystander"] == {"ansible_host": "192.0.2.1", "vps_id_of": "nobody"}
    assert "\x1b" not in inventory.outcome.output.replace(json.dumps("\x1b[2Jclear"), "")


@pytest.mark.parametrize("name", ["../secrets", "localhost", "all", "-x", "a\nb", "имя"])
def test_each_replaced_name_is_told(ansible_cli: AnsibleCli, emulator: Any, name: str) -> None:
    server_id = emulator.insert(name=name)
    inventory = show(ansible_cli)
    assert inventory.hosts == [f"vps-{server_id}"]
    assert f"server {server_id}, {name!a}" in inventory.warnings and f"vps-{server_id}" in inventory.warnings


def test_a_play_on_localhost_stays_here(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    emulator.insert(name="localhost", ip_address=ADDRESS)
    emulator.insert(name="127.0.0.1", ip_address=ADDRESS)
    outcome = ansible_cli.tasks(
        [
            {
                "name": "Where",
                DEBUG: {"msg": ["{{ ansible_host | default('none') }}", "{{ ansible_connection | default('none') }}"]},
            }
        ],
        inventory=folder,
        rc=0,
    )
    address, connection = outcome.task("Where")["msg"]
    assert address != ADDRESS and connection == "local"


def test_addresses(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    ids = [
        emulator.insert(name=f"web-{number}", ip_address=address, ipv6_address=None)
        for number, address in enumerate(ADDRESSES)
    ]
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    for server_id, address in zip(ids, ADDRESSES, strict=True):
        _host, variables = server_of(inventory, server_id)
        assert "ansible_host" not in variables and variables["vps_ip_address"] == address
    assert len(inventory.groups["vps_no_address"]) == len(ADDRESSES)
    assert ran_nothing(folder)


def test_an_address_is_never_an_option_of_ssh(
    ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """ssh itself is called, on a name that does not resolve, and runs no proxy command."""
    emulator.insert(name="web.invalid", ip_address=f"-oProxyCommand=touch${{IFS}}{tmp_path}/PWNED", hostname=None)
    outcome = ansible_cli.run(
        "ansible",
        "-i",
        str(folder),
        "web.invalid",
        "-m",
        "ansible.builtin.raw",
        "-a",
        "true",
        "-T",
        "2",
        env={"ANSIBLE_HOST_KEY_CHECKING": "0"},
    )
    assert outcome.rc != 0 and ran_nothing(folder)


def test_keys(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    server_id = emulator.insert(
        name="web-1", ip_address=ADDRESS, extra=dict.fromkeys(KEYS, "hostile"), **dict.fromkeys(KEYS, "hostile")
    )
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    host, variables = server_of(inventory, server_id)
    assert host == "web-1" and variables["ansible_host"] == ADDRESS
    assert [name for name in variables if not name.startswith("vps_") and name != "ansible_host"] == []
    assert variables["vps_ansible_connection"] == "hostile" and variables["vps_name"] == "web-1"
    assert ran_nothing(folder)


def _templates(emulator: Any) -> list[int]:
    """Servers with templates in every field, in nested values and in keys."""
    ids = []
    for number, text in enumerate(TEMPLATES):
        nested = {"list": [text, {"deep": [text]}], text: {text: text}}
        ids.append(
            emulator.insert(
                name=f"web-{number}",
                hostname=text,
                location=text,
                status=text,
                ip_address=ADDRESS,
                plan={"id": 1, "name": text},
                extra=nested,
                created_at=text,
            )
        )
    return ids


def _shown_variables(outcome: CommandResult) -> list[dict[str, Any]]:
    return [entry.result["msg"] for entry in outcome.results if entry.task == "Show"]


def test_templates_are_text(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    ids = _templates(emulator)
    outcome = ansible_cli.inventory(folder, "--list", "--export", rc=0)
    inventory = shown(outcome)
    for server_id, text in zip(ids, TEMPLATES, strict=True):
        _host, variables = server_of(inventory, server_id)
        assert variables["vps_hostname"] == variables["vps_location"] == variables["vps_plan"]["name"] == text
        assert variables["vps_extra"] == {"list": [text, {"deep": [text]}], text: {text: text}}
    assert all(
        marked(variables["vps_hostname"])
        for variables in outcome.json()["_meta"]["hostvars"].values()
        if "vps_hostname" in variables
    )
    assert ran_nothing(folder) and "666" not in outcome.stdout


def test_templates_are_text_in_a_play(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    _templates(emulator)
    whole = {
        name: f"{{{{ {name} }}}}" for name in ("vps_hostname", "vps_location", "vps_plan", "vps_extra", "vps_status")
    }
    tasks = [
        {
            "name": "Show",
            DEBUG: {
                "msg": {
                    **whole,
                    "joined": "{{ vps_hostname ~ vps_location }}",
                    "inside": "{{ vps_extra.list[1].deep[0] }}",
                    "name": "{{ vps_plan.name }}",
                }
            },
        },
        {"name": "Set", "ansible.builtin.set_fact": {"copy": "{{ vps_extra }}", "text": "x{{ vps_hostname }}"}},
        {
            "name": "Show",
            DEBUG: {
                "msg": {
                    "copy": "{{ copy }}",
                    "text": "{{ text }}",
                    "all": "{{ hostvars[inventory_hostname].vps_extra }}",
                }
            },
        },
    ]
    outcome = ansible_cli.playbook(
        [{"name": "Show", "hosts": "vps", "gather_facts": False, "tasks": tasks}], inventory=folder, rc=0
    )
    shown_texts = json.dumps(_shown_variables(outcome))
    assert len(_shown_variables(outcome)) == 2 * len(TEMPLATES)
    assert "lookup('pipe'" in shown_texts and "6 * 111" in shown_texts
    assert MARKER not in shown_texts.replace(json.dumps(TEMPLATES[0])[1:-1], "") and "666" not in shown_texts
    assert ran_nothing(folder)


def test_templates_are_text_in_expressions(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    """What a user's own compose, groups and keyed_groups make of such a field is text as well, also when a play reads
    it later.
    """
    _templates(emulator)
    config = {
        **PLUGIN,
        "compose": {
            "copy": "vps_location",
            "joined": "vps_location ~ '-' ~ vps_hostname",
            "inner": "vps_extra",
            "name": "vps_plan.name | default('x')",
        },
        "groups": {"odd": "vps_location != 'x'"},
        "keyed_groups": [
            {"key": "vps_location", "prefix": "at", "parent_group": "parent"},
            {"key": "vps_plan.name | lower", "prefix": "plan"},
        ],
    }
    (folder / "test.vps.yml").write_text(yaml.safe_dump(config))
    tasks = [{"name": "Show", DEBUG: {"msg": {name: f"{{{{ {name} }}}}" for name in config["compose"]}}}]
    outcome = ansible_cli.playbook(
        [{"name": "Show", "hosts": "odd", "gather_facts": False, "tasks": tasks}], inventory=folder, rc=0
    )
    results = _shown_variables(outcome)
    assert sorted(result["copy"] for result in results) == sorted(TEMPLATES)
    assert all(
        result["joined"] == f"{result['copy']}-{result['copy']}" and result["name"] == result["copy"]
        for result in results
    )
    assert ran_nothing(folder)
    groups = shown(ansible_cli.inventory(folder, rc=0)).groups
    assert all(name.replace("_", "").isalnum() for name in groups) and len(groups["parent"]) == len(TEMPLATES)
    assert ran_nothing(folder)


def test_text_is_no_expression(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    """Text without a brace becomes an expression in `when: "{{ ... }}"`.

    From ansible-core 2.19 on, what the API sends is refused there.
    """
    version = ansible_cli.run("ansible", "--version", rc=0).stdout
    if int(re.search(r"core 2\.(\d+)", version)[1]) < 19:
        pytest.skip("ansible-core 2.18 and older can't tell")
    emulator.insert(name="web-1", ip_address=ADDRESS, location="lookup('pipe', 'touch PWNED') != 'x'")
    tasks = [{"name": "Show", DEBUG: {"msg": "evaluated"}, "when": "{{ vps_location }}", "ignore_errors": True}]
    outcome = ansible_cli.playbook(
        [{"name": "Show", "hosts": "vps", "gather_facts": False, "tasks": tasks}], inventory=folder, rc=0
    )
    assert [entry.status for entry in outcome.results] == ["ignored"] and "untrusted" in outcome.output
    assert ran_nothing(folder)


def test_templates_are_text_after_a_cache(
    ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    ids = _templates(emulator)
    (folder / "test.vps.yml").write_text(
        yaml.safe_dump(
            {
                **PLUGIN,
                "cache": True,
                "cache_plugin": "ansible.builtin.jsonfile",
                "cache_connection": str(tmp_path / "cache"),
            }
        )
    )
    first = ansible_cli.inventory(folder, "--list", "--export", rc=0)
    emulator.clear_requests()
    second = ansible_cli.inventory(folder, "--list", "--export", rc=0)
    assert emulator.requests() == [] and second.json() == first.json()
    tasks = [{"name": "Show", DEBUG: {"msg": ["{{ vps_hostname }}", "{{ vps_extra.list[0] }}"]}}]
    outcome = ansible_cli.playbook(
        [{"name": "Show", "hosts": "vps", "gather_facts": False, "tasks": tasks}], inventory=folder, rc=0
    )
    assert sorted(text for text, _inner in _shown_variables(outcome)) == sorted(TEMPLATES) and len(ids) == len(
        TEMPLATES
    )
    assert ran_nothing(folder)


def test_marks_that_ansible_itself_understands(
    ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """Objects such as {"__ansible_unsafe": ...} are data too, fresh and from a cache."""
    extra = {
        "a": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n00"},
        "b": {"__ansible_unsafe": "x"},
        "c": {"__ansible_type": "_AnsibleTaggedStr", "value": "x"},
    }
    server_id = emulator.insert(name="web-1", ip_address=ADDRESS, extra=extra)
    (folder / "test.vps.yml").write_text(
        yaml.safe_dump(
            {
                **PLUGIN,
                "cache": True,
                "cache_plugin": "ansible.builtin.jsonfile",
                "cache_connection": str(tmp_path / "cache"),
            }
        )
    )
    for _fresh_then_cached in range(2):
        variables = ansible_cli.inventory(folder, rc=0).json()["_meta"]["hostvars"]["web-1"]
        assert variables["vps_extra"] == extra or plain(variables["vps_extra"]) == plain(extra), server_id


def test_facts_are_cached_inside_their_folder(
    ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    emulator.insert(name="../escaped", ip_address=ADDRESS)
    cache = tmp_path / "outer" / "facts"
    env = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache)}
    tasks = [{"name": "Set", "ansible.builtin.set_fact": {"fact": 1, "cacheable": True}}]
    ansible_cli.playbook(
        [{"name": "Set", "hosts": "vps", "gather_facts": False, "tasks": tasks}], inventory=folder, env=env, rc=0
    )
    assert [path.name for path in cache.parent.iterdir()] == ["facts"] and len(list(cache.iterdir())) == 1


def test_odd_fields_do_not_take_down_the_others(ansible_cli: AnsibleCli, emulator: Any, folder: pathlib.Path) -> None:
    emulator.seed(3)
    deep: Any = "end"
    for _level in range(200):
        deep = [deep]
    odd = [
        {"location": None, "plan": None, "os": None, "hostname": None, "created_at": None},
        {"location": {"a": 1}, "plan": "text", "os": [1, 2], "ip_address": 5},
        {"status": "no such status", "plan": {"memory": "much"}, "extra": deep},
        {"plan": [], "location": 10**30, "extra": 1e300},
    ]
    ids = [emulator.insert(name=f"odd-{number}", **fields) for number, fields in enumerate(odd)]
    bare = emulator.insert(complete=False, id=99, name="bare", status="active")
    config = {
        "compose": {"memory": "vps_plan.memory // 1024"},
        "groups": {"big": "vps_plan.memory > 1"},
        "keyed_groups": [{"key": "vps_location", "prefix": "at"}],
    }
    (folder / "test.vps.yml").write_text(yaml.safe_dump({**PLUGIN, **config}))
    inventory = shown(ansible_cli.inventory(folder, rc=0))
    assert {server_of(inventory, server_id)[0] for server_id in [*ids, bare]} == {
        "odd-0",
        "odd-1",
        "odd-2",
        "odd-3",
        "bare",
    }
    assert len(inventory.groups["vps"]) == 8 and len(inventory.groups["big"]) >= 3
    assert "vps_extra" not in inventory.variables["odd-2"] and re.search(r": odd-2(?![\w;-])", inventory.warnings), (
        "told of this one alone"
    )
    assert set(inventory.variables["bare"]) == {"vps_id", "vps_name", "vps_status"}
