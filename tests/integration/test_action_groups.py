# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that module_defaults sets for an action group: they reach its modules, and no other."""

from __future__ import annotations

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.roles import FLEET_FAST, REBOOT_FAST, insert_web_servers, reboots


def test_wait_options_reach_the_modules_that_wait_only(ansible_cli: AnsibleCli, emulator) -> None:
    """A limit that can't be meant shows where it arrives; the roles set their own."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 1)
    waiting = {
        "vps_server": {"name": "web-01"},
        "vps_server_power": {"match": "web-*", "state": "started"},
        "vps_fleet": {"servers": [{"name": "web-01"}]},
    }
    tasks = [
        {"name": name, f"vpsorg.cloud.{name}": options, "ignore_errors": True} for name, options in waiting.items()
    ]
    tasks += [
        {"name": "vps_server_info", "vpsorg.cloud.vps_server_info": {}},
        {
            "ansible.builtin.include_role": {"name": "vpsorg.cloud.fleet"},
            "vars": {**FLEET_FAST, "fleet_servers": [{"name": "web-01"}], "fleet_port": 0},
        },
        {
            "ansible.builtin.include_role": {"name": "vpsorg.cloud.rolling_reboot"},
            "vars": {**REBOOT_FAST, "rolling_reboot_names": "web-01", "rolling_reboot_port": 0},
        },
    ]
    defaults = {"group/vpsorg.cloud.wait": {"wait_timeout": -1}}
    ran = ansible_cli.tasks(tasks, play={"module_defaults": defaults}, rc=0)
    for name in waiting:
        assert mentions(ran.task(name)["msg"], "wait_timeout", -1)
    assert len(ran.task("vps_server_info")["servers"]) == 1 and reboots(emulator) == [601]
