# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide for those who come from `uri` tasks and curl scripts: the old way and the new one lead to the same servers,
and a description of an account is adopted without a change. That each example runs at all, test_documents.py tests.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.documents import GUIDES, Block, blocks

GUIDE = GUIDES / "migrating.rst"
# What differs between two servers that were made alike.
OWN = {"id", "ip_address", "ipv6_address", "created_at", "updated_at", "resource_usage"}


def the_block(*facts: str) -> Block:
    """The one code block of the guide that holds all of these texts."""
    found = [block for block in blocks(GUIDE) if all(fact in block.text for fact in facts)]
    assert len(found) == 1, f"{len(found)} blocks with {facts}, expected 1"
    return found[0]


def file_of_guide(cli: AnsibleCli, name: str) -> pathlib.Path:
    """A file that the guide shows, in the folder of the commands."""
    path = cli.folder / name
    path.write_text(the_block(f"# {name}\n").text)
    return path


def made(emulator: Any, name: str) -> list[dict[str, Any]]:
    """The servers of this name, without what is each one's own."""
    return [
        {field: value for field, value in server.items() if field not in OWN}
        for server in emulator.servers()
        if server["name"] == name
    ]


def methods(emulator: Any) -> set[str]:
    return {request["method"] for request in emulator.requests()}


@pytest.fixture
def token_file(emulator, ansible_cli: AnsibleCli) -> pathlib.Path:
    """The file from which the old ways read the token, in the home folder of the commands."""
    path = ansible_cli.folder / "home" / ".config" / "vps-token"
    path.parent.mkdir(parents=True)
    path.write_text(f"{emulator.token}\n")
    ansible_cli.env["HOME"] = str(ansible_cli.folder / "home")
    return path


@pytest.mark.usefixtures("token_file")
def test_the_playbook_and_its_replacement(ansible_cli: AnsibleCli, emulator) -> None:
    """The same server and the same reboot, for whose end only the new way waits; in an account of two pages, only the
    old way creates it twice.
    """
    before, after = (the_block("web-server-02", module).text for module in ("builtin.uri", "cloud.vps_server:"))
    results = {}
    for play in (before, after):
        emulator.reset()
        emulator.configure(address_ms=0)
        ran = ansible_cli.playbook(play, rc=0)
        writes = [request["path"].split("/")[-2] for request in emulator.requests() if request["method"] != "GET"]
        assert writes == ["servers", "reboot"]
        assert ran.task("Show its address")["msg"]
        results[play] = made(emulator, "web-server-02")
    for servers in results.values():
        (server,) = servers
        del server["status"]
    assert results[before] == results[after]
    for play, count in ((before, 2), (after, 1)):
        emulator.reset()
        emulator.seed(30)
        for _run in range(2):
            ansible_cli.playbook(play, rc=0 if count == 1 else 2)
        assert len(made(emulator, "web-server-02")) == count


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not installed")
@pytest.mark.usefixtures("token_file")
def test_the_script_and_its_replacement(ansible_cli: AnsibleCli, emulator) -> None:
    """The same server and the same address as the last line; only the old way creates one in each run."""
    file_of_guide(ansible_cli, "account.vps.yml")
    results = {}
    for script, count in (
        (the_block("web-server-03", "curl"), 2),
        (the_block("web-server-03", "ansible localhost"), 1),
    ):
        emulator.reset()
        emulator.configure(address_ms=0)
        for _run in range(2):
            ran = subprocess.run(
                ["bash", "-c", script.text],
                cwd=ansible_cli.folder,
                env=ansible_cli.environment({"VPS_API_TOKEN": None}),
                check=True,
                capture_output=True,
                text=True,
                timeout=120,
            )
        servers = emulator.servers()
        assert len(servers) == count
        assert ran.stdout.splitlines()[-1] == servers[-1]["ip_address"]
        results[count] = made(emulator, "web-server-03")[0]
    assert results[1] == results[2]


def described(cli: AnsibleCli) -> tuple[CommandResult, pathlib.Path]:
    """What the play that describes an account said, and the playbook that it wrote."""
    ran = cli.playbook(file_of_guide(cli, "describe.yml"), rc=0)
    return ran, cli.folder / "adopt.yml"


def test_the_description_is_as_shown(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.insert(
        name="web-server-01",
        plan_id=1,
        os_id=5,
        location="us-west",
        hostname="web01.example.com",
        backups_enabled=False,
    )
    emulator.insert(
        name="db-server-01", plan_id=2, os_id=3, location="us-east", hostname="db01.example.com", backups_enabled=True
    )
    _ran, adopt = described(ansible_cli)
    assert adopt.read_text() == the_block("# adopt.yml\n", "db-server-01").text


# Names and fields that YAML or Ansible would read as something else, and statuses in which a server can be.
ODD_SERVERS: tuple[dict[str, Any], ...] = (
    {"name": "web_01"},
    {"name": "0123", "hostname": "0123"},
    {"name": "yes", "hostname": "no"},
    {"name": "quo\"te's: # {x", "hostname": None},
    {"name": " padded ", "hostname": ""},
    {"name": "ümlaut \U0001f600", "hostname": "münchen.example.com"},
    {"name": "stopped", "status": "stopped", "backups_enabled": True, "plan_id": 3, "os_id": 7, "location": "eu-north"},
    {"name": "suspended", "status": "suspended"},
)
# What a declaration can't name, or what no task leads to the state that is declared.
LEFT_OUT: tuple[dict[str, Any], ...] = (
    {"name": "twin", "id": 901},
    {"name": "twin", "id": 902},
    {"name": "Case", "id": 903},
    {"name": "case", "id": 904},
    {"name": "{{ 7 * 7 }}", "id": 905},
    {"name": "{% set a = 1 %}", "id": 906},
    {"name": "broken", "id": 907, "status": "error"},
)


def test_what_is_described_is_adopted_without_a_change(ansible_cli: AnsibleCli, emulator) -> None:
    """By a token that may only read; in check mode, and without it."""
    emulator.seed(25)
    for fields in ODD_SERVERS + LEFT_OUT:
        emulator.insert(**fields)
    ansible_cli.env["VPS_API_TOKEN"] = "vps_reads_only"
    emulator.add_token("vps_reads_only", ["servers:read"])
    before = emulator.servers()
    ran, adopt = described(ansible_cli)
    shown = ran.task("Show the IDs of the servers that it leaves out")["msg"]
    assert sorted(shown) == [server["id"] for server in LEFT_OUT]
    checked = ansible_cli.playbook(adopt, check=True, diff=True, rc=0)
    result = checked.task("Ensure that they are as declared")
    assert (result["changed"], result["plan"], result["diff"]) == (False, [], [])
    assert result["summary"]["unchanged"] == 25 + len(ODD_SERVERS)
    assert f"Plan: {25 + len(ODD_SERVERS)} unchanged" in checked.stdout
    adopted = ansible_cli.playbook(adopt, rc=0).task("Ensure that they are as declared")
    assert not adopted["changed"] and {server["name"] for server in adopted["servers"]} >= {
        server["name"] for server in ODD_SERVERS
    }
    assert methods(emulator) == {"GET"} and emulator.servers() == before


def test_an_empty_account_is_described_too(ansible_cli: AnsibleCli, emulator) -> None:
    _ran, adopt = described(ansible_cli)
    assert ansible_cli.playbook(adopt, rc=0).task("Ensure that they are as declared")["servers"] == []


def test_the_comparison_of_inventories(ansible_cli: AnsibleCli, emulator) -> None:
    """One host that is in both, one with another address, one in the file only, one in the account only."""
    emulator.insert(name="web-server-01", ip_address="203.0.113.10")
    emulator.insert(name="new-01", ip_address="203.0.113.12")
    emulator.insert(name="without", ip_address=None, ipv6_address=None)
    compare, account, static = (
        file_of_guide(ansible_cli, name) for name in ("compare.yml", "account.vps.yml", "hosts.ini")
    )
    arguments = ["-i", str(account), "-i", str(static)]
    ran = ansible_cli.playbook(compare, *arguments, rc=0)
    assert ran.task("Show what is in only one of them")["msg"] == {
        "only in the static inventory": ["db-server-01"],
        "only in the account": ["new-01", "without"],
    }
    assert [item["msg"] for item in ran.items("Show the addresses that differ") if "msg" in item] == []
    emulator.insert(name="db-server-01", ip_address="203.0.113.99")
    ran = ansible_cli.playbook(compare, *arguments, rc=0)
    differ = [item["msg"] for item in ran.items("Show the addresses that differ") if "msg" in item]
    assert differ == ["db-server-01: 203.0.113.11 in the static inventory, 203.0.113.99 in the account"]
    assert methods(emulator) == {"GET"}


UNREADABLE = "- hosts: ["
UNREACHABLE = [{"hosts": "vps", "gather_facts": False, "tasks": [{"ansible.builtin.ping": None}]}]


def test_the_exit_codes(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """Of the table in the guide."""
    module = ("ansible", "localhost", "-m", "vpsorg.cloud.vps_server", "-a")
    new = "name=web-server-01 plan_id=1 os_id=5 location=us-west wait_interval=0.1"
    for arguments in (new, new, "name=web-server-01 state=absent", "name=web-server-01 state=absent"):
        ansible_cli.run(*module, arguments, rc=0)
    ansible_cli.run(*module, "name=web-server-01", rc=2)
    ansible_cli.run(*module, new, "--no-such-option", rc=2)
    ansible_cli.playbook(UNREADABLE, rc=4)
    emulator.insert(name="web-server-01")
    account = file_of_guide(ansible_cli, "account.vps.yml")
    # A program in the place of ssh, so that no host is tried.
    no_ssh = {"ansible_connection": "ssh", "ansible_ssh_executable": "/bin/false"}
    ansible_cli.playbook(UNREACHABLE, inventory=account, extra_vars=no_ssh, rc=4)
    ansible_cli.playbook(tmp_path / "nowhere.yml", rc=1)
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", "VPS_API_TOKEN": "vps_revoked"}
    ansible_cli.playbook(UNREACHABLE, inventory=account, env=strict, rc=1)


def test_the_options_as_json(ansible_cli: AnsibleCli, emulator) -> None:
    """As the guide says of the command `ansible`."""
    for name in ("web-server-01", "db-server-01"):
        emulator.insert(name=name, status="stopped")
    text = GUIDE.read_text(encoding="utf-8")
    options = json.loads(text.split("``-a '")[1].split("'``")[0])
    ansible_cli.run("ansible", "localhost", "-m", "vpsorg.cloud.vps_server_power", "-a", json.dumps(options), rc=0)
    assert {server["status"] for server in emulator.servers()} == {"active"}
