# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide to power and maintenance says of its examples comes true. That each of them runs at all,
test_documents.py tests.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.documents import GUIDES, blocks
from helpers.facts import mentions, missing
from helpers.listeners import servers_at
from helpers.roles import REBOOT_FAST, insert_web_servers, reboots, write_inventory

GUIDE = GUIDES / "power_and_maintenance.rst"
MODULES = ("vps_server", "vps_server_power", "vps_fleet")


def the_plays(fact: str, **waiting: float) -> list[dict[str, Any]]:
    """The plays of the one code block of the guide that holds this text, with shorter waits."""
    found = [block.text for block in blocks(GUIDE) if block.language == "yaml" and fact in block.text]
    assert len(found) == 1, f"{len(found)} blocks with {fact!r}, expected 1"
    defaults = {f"vpsorg.cloud.{module}": {"wait_interval": 0.1, **waiting} for module in MODULES}
    return [{**play, "module_defaults": defaults} for play in yaml.safe_load(found[0])]


def statuses(emulator: Any) -> dict[str, str]:
    return {server["name"]: server["status"] for server in emulator.servers()}


def test_a_server_that_hangs_does_not_hold_up_the_others(ansible_cli: AnsibleCli, emulator) -> None:
    """It is reported with its ID, and the play that looks for such servers shows it."""
    for number, status in enumerate(("active", "rebooting", "active", "stopped"), 1):
        emulator.insert(name=f"dev-{number:02d}", status=status, id=600 + number)
    emulator.configure(stop_ms=0)
    ran = ansible_cli.playbook(the_plays("# evening.yml\n", wait_timeout=6), rc=2)
    assert [error["id"] for error in ran.task("Stop them")["errors"]] == [602]
    stopped = {"dev-01": "stopped", "dev-02": "rebooting", "dev-03": "stopped", "dev-04": "stopped"}
    assert statuses(emulator) == stopped
    ran = ansible_cli.playbook(the_plays("Look for servers that hang"), rc=0)
    shown = [item["msg"] for item in ran.items("Show those that are neither active nor stopped")]
    assert len(shown) == 1 and missing(shown[0], "dev-02", 602, "rebooting") == []


@pytest.mark.parametrize("status", ["suspended", "error"])
def test_a_server_that_is_refused_rejects_the_task(ansible_cli: AnsibleCli, emulator, status: str) -> None:
    emulator.insert(name="dev-01")
    emulator.insert(name="dev-02", status=status, id=602)
    ran = ansible_cli.playbook(the_plays("# evening.yml\n"), rc=2)
    assert mentions(ran.task("Stop them")["msg"], "dev-02", 602, status)
    assert statuses(emulator) == {"dev-01": "active", "dev-02": status}


def test_servers_that_exist_by_day(ansible_cli: AnsibleCli, emulator) -> None:
    """Created, deleted, and created anew, with other IDs."""
    plays = the_plays("# dev.yml\n")
    ids = []
    for state, names in (("present", ["dev-01", "dev-02"]), ("absent", []), ("present", ["dev-01", "dev-02"])):
        ansible_cli.playbook(plays, f"-edev_state={state}", rc=0)
        servers = emulator.servers()
        assert sorted(server["name"] for server in servers) == names
        ids += [server["id"] for server in servers]
    assert len(set(ids)) == 4


def test_at_most_as_many_are_recreated_as_the_task_may_delete(ansible_cli: AnsibleCli, emulator) -> None:
    """One of another name proves that a server can have the operating system."""
    for name, system in (("app-01", 5), ("app-02", 5), ("db-01", 6)):
        emulator.insert(name=name, os_id=system, location="us-west")
    plays = the_plays("on_immutable_change: recreate")
    before = emulator.servers()
    refused = ansible_cli.playbook(plays, rc=2)
    assert mentions(str(refused.with_status("failed")[0].result["msg"]), "max_delete", 1, 2)
    assert emulator.servers() == before
    emulator.remove(before[1]["id"])
    ansible_cli.playbook(plays, rc=0)
    after = {server["name"]: (server["id"], server["os"]["id"]) for server in emulator.servers()}
    assert {name: system for name, (_id, system) in after.items()} == {"app-01": 6, "app-02": 6, "db-01": 6}
    assert after["app-01"][0] != before[0]["id"]


def test_only_updated_hosts_that_require_it_are_rebooted(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path
) -> None:
    """Of four, the update of one fails, and one requires no reboot."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 4)
    for number in (1, 2, 4):
        (tmp_path / f"required-{number}").touch()
    hosts = {f"web-{number:02d}": {"vps_id": 600 + number, "number": number} for number in range(1, 5)}
    inventory = write_inventory(tmp_path, {**hosts})
    plays = the_plays("# update.yml\n")
    upgrade = plays[0]["tasks"][0]
    assert upgrade.pop("ansible.builtin.apt")["upgrade"]
    upgrade |= {"ansible.builtin.fail": {"msg": "No space left."}, "when": "number == 2"}
    ansible_cli.playbook(
        [{**play, "hosts": "all"} for play in plays],
        inventory=inventory,
        extra_vars={
            **REBOOT_FAST,
            "rolling_reboot_port": 0,
            "rolling_reboot_required_file": f"{tmp_path}/required-{{{{ number }}}}",
        },
        rc=2,
    )
    assert reboots(emulator) == [601, 604]


def test_what_the_rescue_section_tells(ansible_cli: AnsibleCli, emulator) -> None:
    """Nothing answers: the first server does not come back, and the others are not touched."""
    ansible_cli.env.update(servers_at("127.0.13"))
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    plays = the_plays("rescue:")
    ran = ansible_cli.playbook(plays, extra_vars={**REBOOT_FAST, "rolling_reboot_port": 9}, rc=2)
    message, summary = ran.task("Tell what has happened")["msg"]
    assert missing(message, "web-01", 601, 9, "Not rebooted: web-02, web-03") == []
    assert (summary["rebooted"], summary["failed"], summary["unchanged"]) == (0, 1, 2), summary
    assert reboots(emulator) == [601]
