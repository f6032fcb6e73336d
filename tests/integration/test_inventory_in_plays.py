# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide to inventory says of hosts that come and go during a run, and of exports: ansible-core decides that,
and every version of it must do what is written there.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli, CommandResult

CREATE = {
    "name": "Create",
    "hosts": "localhost",
    "gather_facts": False,
    "roles": [
        {
            "role": "vpsorg.cloud.fleet",
            "vars": {
                "fleet_defaults": {"plan_id": 1, "os_id": 5, "location": "us-west"},
                "fleet_servers": [{"name": "new-01"}],
                "fleet_groups": ["web"],
                "fleet_port": 0,
                "fleet_wait_interval": 0.1,
            },
        }
    ],
}
CONFIGURE = {
    "name": "Configure",
    "hosts": "vps",
    "gather_facts": False,
    "tasks": [{"name": "Who", "ansible.builtin.debug": {"msg": "Here."}}],
}
SHOW = {"ansible.builtin.debug": {"msg": "{{ groups['vps'] | sort | join(' ') }}"}}


def source_in(folder: pathlib.Path, **options: Any) -> pathlib.Path:
    source = folder / "shop.vps.yml"
    source.write_text("\n".join(["plugin: vpsorg.cloud.vps", *(f"{name}: {value}" for name, value in options.items())]))
    return source


def configured(outcome: CommandResult) -> list[str]:
    return sorted(entry.host for entry in outcome.results if entry.task == "Who")


@pytest.mark.parametrize(
    ("limit", "hosts"),
    [
        ("localhost,vps", ["new-01", "old-01"]),
        ("localhost,old-01,new-01", ["new-01", "old-01"]),
        ("localhost,old-01", ["old-01"]),
    ],
)
def test_limit_is_applied_to_every_play_anew(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, limit: str, hosts: list[str]
) -> None:
    emulator.insert(name="old-01", status="active")
    emulator.configure(provision_ms=50, address_ms=0)
    outcome = ansible_cli.playbook([CREATE, CONFIGURE], "--limit", limit, inventory=source_in(tmp_path), rc=0)
    assert configured(outcome) == hosts


def test_limit_without_localhost_creates_nothing(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    emulator.insert(name="old-01", status="active")
    outcome = ansible_cli.playbook([CREATE, CONFIGURE], "--limit", "old-01", inventory=source_in(tmp_path), rc=0)
    assert configured(outcome) == ["old-01"]
    assert [server["name"] for server in emulator.servers()] == ["old-01"]


@pytest.mark.parametrize("limit", ["localhost", "localhost,new-01", "localhost,new-*"])
def test_limit_must_match_a_host_from_the_start(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, limit: str
) -> None:
    """The implicit localhost does not count, and neither does a host that the first play would add."""
    emulator.insert(name="old-01", status="active")
    outcome = ansible_cli.playbook([CREATE, CONFIGURE], "--limit", limit, inventory=source_in(tmp_path))
    assert outcome.rc == 1
    assert "no hosts to target" in outcome.output
    assert [server["name"] for server in emulator.servers()] == ["old-01"]


@pytest.mark.parametrize("cache", [False, True])
def test_refresh_after_a_deletion(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, cache: bool) -> None:
    """Hosts of deleted servers go, hosts that were added stay; a cache holds what the refresh has read."""
    for name in ("web-01", "web-02"):
        emulator.insert(name=name, status="active")
    options = {"cache": "true", "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": tmp_path / "cache"}
    source = source_in(tmp_path, **(options if cache else {}))
    play = {
        "name": "Delete",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"name": "Add", "ansible.builtin.add_host": {"name": "added", "groups": ["vps"]}},
            {"name": "Delete", "vpsorg.cloud.vps_server": {"name": "web-01", "state": "absent", "wait_interval": 0.1}},
            {"name": "Before", **SHOW},
            {"name": "Refresh", "ansible.builtin.meta": "refresh_inventory"},
            {"name": "After", **SHOW},
        ],
    }
    outcome = ansible_cli.playbook([play, CONFIGURE], inventory=source, rc=0)
    assert outcome.task("Before")["msg"] == "added web-01 web-02"
    assert outcome.task("After")["msg"] == "added web-02"
    assert configured(outcome) == ["added", "web-02"]
    assert configured(ansible_cli.playbook([CONFIGURE], inventory=source, rc=0)) == ["web-02"]


@pytest.mark.parametrize(("option", "evaluated"), [("--yaml", True), ("--list", False)])
def test_exports(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, option: str, evaluated: bool) -> None:
    """YAML loses the mark of data, and is a template as a static inventory. JSON, in a script, is not evaluated."""
    emulator.insert(name="web-01", hostname="{{ 7*7 }}.example.com", status="active")
    exported = ansible_cli.run(
        "ansible-inventory", "-i", str(source_in(tmp_path)), *{"--list": "", option: ""}, rc=0
    ).stdout
    assert "{{ 7*7 }}" in exported
    assert ("__ansible_unsafe" in exported) is not evaluated
    static = tmp_path / ("export.yml" if evaluated else "export.sh")
    static.write_text(exported if evaluated else f"#!/bin/sh\ncat <<'END'\n{exported}\nEND\n")
    static.chmod(0o755)
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ vps_hostname }}"}}
    outcome = ansible_cli.playbook(
        [{"name": "All", "hosts": "all", "gather_facts": False, "connection": "local", "tasks": [show]}],
        inventory=static,
        rc=0,
    )
    assert ("49" in str(outcome.task("Show")["msg"])) is evaluated
