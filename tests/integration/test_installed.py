# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that users install is all that they need: built, installed into an empty folder, and used by its full
names, in check mode, for real, and again.
"""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest

from helpers.ansible_cli import CALLBACK_FOLDER, AnsibleCli, CommandResult
from helpers.fleet import ENOUGH
from helpers.package import build, copy_repository, install
from sandbox.isolation import REPOSITORY

SITE: list[dict[str, Any]] = [
    {
        "name": "Declare",
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/vpsorg.cloud.all": {}, "group/vpsorg.cloud.wait": {"wait_interval": 0.1}},
        "tasks": [
            {"name": "One server", "vpsorg.cloud.vps_server": {"name": "db-01", "power": "started", **ENOUGH}},
            {
                "name": "The same as a process of its own",
                "vpsorg.cloud.vps_server": {"name": "db-02", **ENOUGH},
                "vars": {"vpsorg_in_process": False},
            },
            {
                "name": "Fleet",
                "vpsorg.cloud.vps_fleet": {"servers": [{"name": "web-%02d", "count": 2}], "defaults": ENOUGH},
            },
            {
                "name": "Role",
                "ansible.builtin.include_role": {"name": "vpsorg.cloud.fleet"},
                "vars": {
                    "fleet_servers": [{"name": "app-01"}],
                    "fleet_defaults": ENOUGH,
                    "fleet_groups": ["app"],
                    "fleet_port": 0,
                    "fleet_wait_interval": 0.1,
                },
            },
            {"name": "Servers", "vpsorg.cloud.vps_server_info": {}, "register": "account"},
            {
                "name": "Filter",
                "ansible.builtin.debug": {
                    "msg": "{{ account.servers | vpsorg.cloud.named_like('web-*') | map(attribute='name') | sort }}"
                },
            },
        ],
    },
    {
        "name": "Use",
        "hosts": "app:account",
        "gather_facts": False,
        "tasks": [{"name": "Name", "ansible.builtin.debug": {"var": "vps_name"}}],
    },
]
NAMES = ["app-01", "db-01", "db-02", "web-01", "web-02"]
NO_HOSTS_YET = "Could not match supplied host pattern"


@pytest.fixture
def installed(ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> AnsibleCli:
    """The commands of someone who has the archive, an account, and nothing of the repository."""
    collections = tmp_path / "collections"
    install(build(copy_repository(tmp_path / "source"), tmp_path), collections)
    shutil.rmtree(tmp_path / "source")
    callbacks = shutil.copytree(CALLBACK_FOLDER, tmp_path / "callbacks")
    ansible_cli.env.update(ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_CALLBACK_PLUGINS=str(callbacks))
    paths = {
        name: value
        for name, value in ansible_cli.environment().items()
        if name.startswith(("ANSIBLE_", "PYTHON")) and str(REPOSITORY) in value
    }
    assert paths == {}
    return ansible_cli


def changes(ran: CommandResult) -> list[str]:
    return [entry.task for entry in ran.results if entry.kind == "task" and entry.result.get("changed")]


def test_what_is_installed_works(installed: AnsibleCli, emulator: Any, tmp_path: pathlib.Path) -> None:
    emulator.configure(provision_ms=0, address_ms=0)
    source = tmp_path / "account.vps.yml"
    source.write_text("plugin: vpsorg.cloud.vps\ngroup: account\n")

    def play(*, check: bool = False) -> CommandResult:
        return installed.playbook(SITE, inventory=source, check=check, rc=0)

    expected = ["One server", "The same as a process of its own", "Fleet", "Declare the servers"]
    predicted = play(check=True)
    assert changes(predicted) == expected and emulator.servers() == []
    assert NO_HOSTS_YET in predicted.output

    done = play()
    assert changes(done) == expected
    assert sorted(server["name"] for server in emulator.servers()) == NAMES
    assert done.task("Filter")["msg"] == ["web-01", "web-02"]
    assert done.task("Name", host="app-01")["vps_name"] == "app-01", "the role has added it to the running inventory"

    again = play()
    assert changes(again) == []
    assert sorted(entry.host for entry in again.results if entry.task == "Name") == NAMES, "the inventory plugin's"
