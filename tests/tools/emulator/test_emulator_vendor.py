# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's own clients against the emulator: what they read of its answers, and what they send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.handle import Emulator
from emulator.uuids import uuid_of
from helpers.vendor_clients import Call, NotInstalled, VendorClients, installed

# What vps-mcp prints where a field is missing or null. Most fields it leaves out then, so the labels are counted too.
UNKNOWN = re.compile(r"\b(N/A|None|[Uu]nknown|null)\b|\?|Error")
LABELS = {
    "list_servers": ["Server", "UUID", "Status", "IPv4", "IPv6", "Location", "Plan", "OS", "Deployed", "Created"],
    "list_plans": ["Plan", "UUID", "CPU", "RAM", "Disk", "Transfer", "Price", "Hourly"],
    "list_locations": ["Location", "ID", "Country", "Active"],
    "list_operating_systems": ["OS", "UUID", "Version"],
    "list_ssh_keys": ["SSH Key", "UUID", "Fingerprint", "Created"],
}


@pytest.fixture(scope="module")
def vendor() -> VendorClients:
    """The vendor's clients."""
    try:
        return installed()
    except NotInstalled as error:
        pytest.skip(f"the vendor's clients can't be installed: {error}")


@pytest.fixture(scope="module")
def mcp(vendor: VendorClients, running: Emulator) -> Iterator[Call]:
    """One of them, connected to the emulator: calls a tool and returns what it says."""
    with vendor.mcp(running) as call:
        yield call


def labelled(text: str) -> list[str]:
    """The labels of one printed item, each once."""
    return list(dict.fromkeys(re.findall(r"^ *([A-Za-z0-9 ]+): ", text, re.MULTILINE)))


@pytest.mark.parametrize("paging", [True, False])
def test_everything_that_it_lists_is_known(emulator: Emulator, mcp: Call, paging: bool) -> None:
    emulator.configure(dialect="clients", paging=paging)
    ids = emulator.seed(3, status=["active", "stopped"], plan_id=[1, 2, 3], os_id=[3, 5, 7])
    answers = {tool: mcp(tool) for tool in LABELS}
    for tool, text in answers.items():
        assert not UNKNOWN.search(text), text
        items = [item for item in text.split("\n\n") if not item.strip().startswith("Page ")]
        assert len(items) >= 3
        assert [labelled(item) for item in items] == [LABELS[tool]] * len(items), text
    assert all(f"UUID: {uuid_of('server', server)}" in answers["list_servers"] for server in ids)
    assert f"UUID: {uuid_of('plan', 4)}" in answers["list_plans"] and "$5.0/mo" in answers["list_plans"]
    assert f"Ubuntu 24.04 LTS (UUID: {uuid_of('system version', 6)})" in answers["list_operating_systems"]


def test_the_documented_dialect_tells_it_nothing(emulator: Emulator, mcp: Call) -> None:
    emulator.seed(1)
    servers = mcp("list_servers")
    assert UNKNOWN.search(servers) and "UUID" not in servers
    assert mcp("list_locations") == "Error (404): Not found."


def test_a_servers_life(emulator: Emulator, mcp: Call) -> None:
    emulator.configure(dialect="clients", provision_ms=0, address_ms=0, stop_ms=0, password="detail")
    server, plan = uuid_of("server", 12345), uuid_of("plan", 2)
    version, key = uuid_of("system version", 6), uuid_of("ssh key", 1)
    created = mcp(
        "create_server",
        hostname="my-server",
        location_id=3,
        plan_uuid=plan,
        os_version_uuid=version,
        ssh_key_ids=[key],
    )
    detail = mcp("get_server", server_uuid=server)
    (stored,) = emulator.servers()
    expected = {"UUID": server, "Password": stored["given_password"], "Location": "Frankfurt", "OS": "Ubuntu 24.04 LTS"}
    for text in (created, detail):
        assert not UNKNOWN.search(text), text
        assert {f"  {label}: {value}" for label, value in expected.items()} <= set(text.splitlines())
    assert "Plan: 8 GB RAM, 4 vCPUs, 160 GB disk" in detail and "IPv4: 203.0.113.10" in detail
    sent = {"hostname": "my-server", "location": 3, "plan": plan, "os_version": version, "ssh_keys": [key]}
    assert emulator.requests()[0]["body"] == sent
    calls: list[tuple[str, dict[str, str]]] = [
        ("server_power", {"action": "stop"}),
        ("create_backup", {}),
        ("create_snapshot", {}),
        ("create_snapshot", {"label": "before"}),
        ("resize_server", {"new_plan_uuid": uuid_of("plan", 3)}),
        ("delete_server", {}),
    ]
    for tool, arguments in calls:
        assert "Error" not in mcp(tool, server_uuid=server, **arguments)
    assert emulator.servers() == []
    assert mcp("get_server", server_uuid=server).startswith("Error (404)")


def test_what_it_says_of_refusals(emulator: Emulator, mcp: Call) -> None:
    emulator.configure(dialect="clients")
    text = mcp("create_server", hostname="a_b", location_id=99, plan_uuid="1", os_version_uuid=uuid_of("plan", 1))
    assert text.startswith("Error (400):")
    assert re.findall(r"^  (\w+): .", text, re.MULTILINE) == ["hostname", "location", "plan", "os_version"]
    stopped = uuid_of("server", emulator.insert(status="stopped"))
    assert mcp("server_power", server_uuid=stopped, action="restart") == "Error (400): Server is not running."


def test_ssh_keys(emulator: Emulator, mcp: Call) -> None:
    emulator.configure(dialect="clients")
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNuRz1Yk8q3iQ0kq0J2nq2bD3o8fXb2JmW1mYw2Vf7Q"
    fourth = uuid_of("ssh key", 4)
    added = mcp("add_ssh_key", name="laptop", public_key=key)
    assert not UNKNOWN.search(added) and fourth in added and fourth in mcp("list_ssh_keys")
    mcp("delete_ssh_key", ssh_key_uuid=fourth)
    assert fourth not in mcp("list_ssh_keys")


def test_the_command_line_client(emulator: Emulator, vendor: VendorClients, tmp_path: Path) -> None:
    emulator.configure(dialect="clients", client_addresses="ip_address")
    emulator.seed(2)
    url = emulator.url.removesuffix("/api/v1")
    assert "2 server(s)" in vendor.cli(tmp_path, "login", "--token", emulator.token, "--api-url", url)
    shown = vendor.cli(tmp_path, "link", said="2\napp\npython\n")
    for server, name, address in ((12345, "web-0001", "203.0.113.10"), (12346, "web-0002", "203.0.113.11")):
        assert re.search(rf"{name} \({address}\) . active \[{uuid_of('server', server)[:8]}\]", shown)
    linked = json.loads((tmp_path / ".vps-link").read_text(encoding="utf-8"))
    assert linked == {"server_uuid": uuid_of("server", 12346), "hostname": "web-0002"}
