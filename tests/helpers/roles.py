# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that run the roles, with short waits, and what came of them."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from .ansible_cli import CommandResult

FLEET_FAST = {"fleet_wait_interval": 0.1, "fleet_wait_timeout": 60, "fleet_port_timeout": 5}
REBOOT_FAST = {
    "rolling_reboot_wait_interval": 1,
    "rolling_reboot_wait_timeout": 20,
    "rolling_reboot_port_timeout": 3,
    "rolling_reboot_settle_time": 0,
}
SHOWN = (
    "vps_id",
    "vps_status",
    "vps_name",
    "vps_plan",
    "vps_hostname",
    "ansible_host",
    "ansible_user",
    "vps_extra",
    "vps_ip_address",
)


def fleet_play(**variables: Any) -> dict[str, Any]:
    """A play on localhost that runs the role fleet."""
    return {
        "name": "Declare",
        "hosts": "localhost",
        "gather_facts": False,
        "roles": ["vpsorg.cloud.fleet"],
        "vars": {**FLEET_FAST, **variables},
    }


def reboot_play(hosts: str = "localhost", **variables: Any) -> dict[str, Any]:
    """A play that runs the role rolling_reboot."""
    return {
        "name": "Reboot",
        "hosts": hosts,
        "gather_facts": False,
        "roles": ["vpsorg.cloud.rolling_reboot"],
        "vars": {**REBOOT_FAST, **variables},
    }


def report(hosts: str = "vps") -> dict[str, Any]:
    """A play that shows what Ansible knows of the hosts, each by itself."""
    shown = {name: f"{{{{ {name} | default('undefined') }}}}" for name in SHOWN}
    fact = {
        "shown": {**shown, "groups": "{{ group_names | sort }}"},
        "kinds": "{{ [vps_id | type_debug, vps_plan.memory | type_debug] }}",
    }
    return {
        "name": "Report",
        "hosts": hosts,
        "gather_facts": False,
        "tasks": [{"name": "report", "ansible.builtin.set_fact": fact}],
    }


def reported(ran: CommandResult) -> dict[str, dict[str, Any]]:
    """What the play of `report` has shown, by host."""
    return {entry.host: entry.result["ansible_facts"]["shown"] for entry in ran.results if entry.task == "report"}


def insert_web_servers(emulator: Any, count: int) -> None:
    """Servers web-01 and so on, with the ids 601 and so on, at 203.0.113.1 and so on."""
    for number in range(1, count + 1):
        emulator.insert(name=f"web-{number:02d}", ip_address=f"203.0.113.{number}", id=600 + number)


def reboots(emulator: Any) -> list[int]:
    """The ids of the servers that were rebooted, in order."""
    return [
        int(request["path"].split("/")[-3]) for request in emulator.requests() if request["path"].endswith("/reboot/")
    ]


def write_inventory(folder: pathlib.Path, hosts: Mapping[str, Mapping[str, Any]], **variables: Any) -> pathlib.Path:
    """An inventory of these hosts with their variables, all reached without a connection; `variables` are for all."""
    path = folder / "hosts.json"
    everyone = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    path.write_text(json.dumps({"all": {"hosts": dict(hosts), "vars": {**everyone, **variables}}}))
    return path
