# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles: a fleet declared, waited for and put into the running inventory; servers rebooted in batches."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli, CommandResult

DEFAULTS = {"plan_id": 1, "os_id": 5, "location": "us-west"}
FAST = {"fleet_wait_interval": 0.1, "fleet_wait_timeout": 60, "fleet_port_timeout": 5}
REBOOT = {"rolling_reboot_wait_interval": 1, "rolling_reboot_wait_timeout": 60, "rolling_reboot_port_timeout": 2, "rolling_reboot_settle_time": 1}


@contextlib.contextmanager
def listeners(*addresses: str) -> Iterator[int]:
    """Something that answers on one port of each of these loopback addresses; the port."""
    sockets: list[socket.socket] = []
    port = 0
    for address in addresses:
        listener = socket.create_server((address, port), backlog=64)
        port = listener.getsockname()[1]
        sockets.append(listener)

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()

    for listener in sockets:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    try:
        yield port
    finally:
        for listener in sockets:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@pytest.fixture
def api(emulator) -> dict[str, str]:
    return {"VPS_API_TOKEN": emulator.token, "VPS_API_URL": emulator.url}


def fleet_play(then: list[dict[str, Any]] | None = None, **variables: Any) -> list[dict[str, Any]]:
    roles = {"name": "Declare", "hosts": "localhost", "gather_facts": False, "roles": ["vpsorg.cloud.fleet"], "vars": {**FAST, **variables}}
    report = "{{ [inventory_hostname, ansible_host | default('none'), vps_id, vps_plan.name, vps_status, group_names | sort | join(',')] | join('|') }}"
    hosts = {"name": "Configure", "hosts": "vps", "gather_facts": False, "tasks": then or [{"name": "report", "ansible.builtin.debug": {"msg": report}}]}
    return [roles, hosts]


def reported(ran: CommandResult, task: str = "report") -> dict[str, str]:
    return {entry.host: entry.result["msg"] for entry in ran.results if entry.task == task}


def test_fleet_declares_waits_and_fills_the_inventory(ansible_cli: AnsibleCli, emulator, api: dict[str, str]) -> None:
    emulator.insert(name="web-01", ip_address="127.0.0.2", status="active", location="us-west", id=501)
    emulator.insert(name="web-02", ip_address="127.0.0.3", status="active", location="us-west", id=502)
    emulator.insert(name="idle", ip_address="127.0.0.4", status="stopped", location="us-west", id=503)
    play = fleet_play(
        fleet_servers=[{"name": "web-01"}, {"name": "web-02"}, {"name": "idle"}, {"name": "new", "power": "stopped"}],
        fleet_defaults=DEFAULTS,
        fleet_on_immutable_change="warn",
        fleet_groups=["web", "europe"],
    )
    with listeners("127.0.0.2", "127.0.0.3") as port:
        extra_vars = {"fleet_port": port}
        ran = ansible_cli.playbook(play, env=api, extra_vars=extra_vars, rc=0)
        again = ansible_cli.playbook(play, env=api, extra_vars=extra_vars, rc=0)
    hosts = reported(ran)
    assert hosts["web-01"].split("|")[:3] == ["web-01", "127.0.0.2", "501"]
    assert hosts["web-02"].endswith("|active|europe,vps,web")
    assert hosts["idle"].split("|")[4] == "stopped"
    assert hosts["new"].split("|")[4] == "stopped" and hosts["new"].split("|")[1].startswith("203.0.113.")
    assert " changed=0 " in again.stdout.split("PLAY RECAP")[1], again.stdout
    assert reported(again).keys() == hosts.keys()


def test_fleet_says_which_servers_do_not_answer(ansible_cli: AnsibleCli, emulator, api: dict[str, str]) -> None:
    emulator.insert(name="web-01", ip_address="127.0.0.2", status="active", id=501)
    emulator.insert(name="web-02", ip_address="127.0.0.3", status="active", id=502)
    play = fleet_play(fleet_servers=[{"name": "web-01"}, {"name": "web-02"}], fleet_port_timeout=1)
    with listeners("127.0.0.2") as port:
        ran = ansible_cli.playbook(play, env=api, extra_vars={"fleet_port": port})
    assert ran.rc != 0
    (failure,) = ran.with_status("failed")
    assert failure.result["msg"].startswith(f"1 of 2 running servers did not answer on port {port} within 1 s: web-02 (id 502).")


def test_fleet_waits_for_no_port_and_does_nothing_in_check_mode(ansible_cli: AnsibleCli, emulator, api: dict[str, str]) -> None:
    play = fleet_play(fleet_servers=[{"name": "web-01"}], fleet_defaults=DEFAULTS, fleet_port=0)
    checked = ansible_cli.playbook(play, env=api, check=True, rc=0)
    assert {request["method"] for request in emulator.requests()} == {"GET"}
    assert not reported(checked)
    ran = ansible_cli.playbook(play, env=api, rc=0)
    assert list(reported(ran)) == ["web-01"]


def test_fleet_takes_api_text_for_data(ansible_cli: AnsibleCli, emulator, api: dict[str, str], tmp_path) -> None:
    mark = tmp_path / "mark"
    text = "{{ lookup('pipe', 'touch " + str(mark) + "') }}"
    emulator.insert(name="web-01", hostname=text, ip_address="-oProxyCommand=touch", status="active", location=text, id=501)
    show = [{"name": "report", "ansible.builtin.debug": {"msg": "{{ vps_hostname }} {{ vps_location }} {{ ansible_host }}"}}]
    ran = ansible_cli.playbook(fleet_play(show, fleet_servers=[{"name": "web-01"}], fleet_port=0), env=api)
    assert not mark.exists()
    assert text in reported(ran)["web-01"]
    assert reported(ran)["web-01"].endswith(" web-01")  # no address: Ansible shows the host's own name


def test_fleet_checks_its_variables(ansible_cli: AnsibleCli, emulator, api: dict[str, str]) -> None:
    ran = ansible_cli.playbook(fleet_play(fleet_servers=[{"name": "web-01"}], fleet_on_immutable_change="perhaps"), env=api)
    assert ran.rc != 0 and "fleet_on_immutable_change" in ran.output
    assert not emulator.requests()


def reboot_play(**variables: Any) -> list[dict[str, Any]]:
    return [{"name": "Reboot", "hosts": "localhost", "gather_facts": False, "roles": ["vpsorg.cloud.rolling_reboot"], "vars": {**REBOOT, **variables}}]


def reboots(emulator) -> list[int]:
    return [int(request["path"].split("/")[-3]) for request in emulator.requests() if request["path"].endswith("/reboot/")]


def seed_web(emulator, count: int) -> None:
    for number in range(1, count + 1):
        emulator.insert(name=f"web-{number:02d}", ip_address=f"127.0.0.{number + 1}", status="active", id=600 + number)


@pytest.mark.parametrize(("serial", "batches"), [(2, [2, 2, 1]), ("40%", [2, 2, 1])])
def test_reboots_in_batches(ansible_cli: AnsibleCli, emulator, api: dict[str, str], serial: Any, batches: list[int]) -> None:
    emulator.configure(reboot_ms=600)
    seed_web(emulator, 5)
    emulator.insert(name="web-idle", status="stopped", id=700)
    emulator.insert(name="db-01", status="active", id=701)
    play = reboot_play(rolling_reboot_match="web-*", rolling_reboot_serial=serial)
    with listeners(*(f"127.0.0.{number}" for number in range(2, 7))) as port:
        checked = ansible_cli.playbook(play, env=api, check=True, extra_vars={"rolling_reboot_port": port}, rc=0)
        assert not reboots(emulator)
        ansible_cli.playbook(play, env=api, extra_vars={"rolling_reboot_port": port}, rc=0)
    assert "5 servers in 3 batches: web-01, web-02; web-03, web-04; web-05." in checked.stdout
    assert "web-idle" in checked.stdout
    done = reboots(emulator)
    assert sorted(done) == [601, 602, 603, 604, 605]
    start = 0
    for size in batches:
        assert sorted(done[start : start + size]) == list(range(601 + start, 601 + start + size))
        start += size
    assert {server["status"] for server in emulator.servers() if server["name"].startswith("web-0")} == {"active"}


def test_stops_at_the_batch_that_does_not_come_back(ansible_cli: AnsibleCli, emulator, api: dict[str, str]) -> None:
    emulator.configure(reboot_ms=300)
    seed_web(emulator, 3)
    play = reboot_play(rolling_reboot_names=["web-01", "web-02", "web-03"])
    with listeners("127.0.0.2", "127.0.0.4") as port:
        ran = ansible_cli.playbook(play, env=api, extra_vars={"rolling_reboot_port": port})
    assert ran.rc != 0
    assert reboots(emulator) == [601, 602]
    message = ran.with_status("failed")[-1].result["msg"]
    assert f"Stopped at the batch web-02: No answer on port {port} within 2 s from web-02." in message
    assert "State of its servers: web-02 is active." in message
    assert "Rebooted and back: web-01." in message and "Not rebooted: web-03." in message


def test_reboots_the_hosts_of_the_play(ansible_cli: AnsibleCli, emulator, api: dict[str, str], tmp_path) -> None:
    emulator.configure(reboot_ms=300)
    seed_web(emulator, 3)
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"one": {"vps_id": 601}, "three": {"vps_id": 603}}}}))
    play = [
        {"name": "Reboot", "hosts": "one,three", "gather_facts": False, "roles": ["vpsorg.cloud.rolling_reboot"], "vars": {**REBOOT, "rolling_reboot_port": 0}}
    ]
    ansible_cli.playbook(play, env=api, inventory=inventory, rc=0)
    assert reboots(emulator) == [601, 603]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"rolling_reboot_names": ["web-01", "nobody"]}, "there are web-01. Nothing was rebooted."),
        ({"rolling_reboot_names": ["web-01"], "rolling_reboot_match": "web-*"}, "not both"),
        ({"rolling_reboot_match": "web-*", "rolling_reboot_serial": "0"}, "must be a number above 0"),
        ({"rolling_reboot_match": "nothing-*"}, "There is no server to reboot."),
        ({}, "There is no server to reboot."),
    ],
)
def test_refuses_what_is_unclear(ansible_cli: AnsibleCli, emulator, api: dict[str, str], variables: dict[str, Any], words: str) -> None:
    seed_web(emulator, 2)
    ran = ansible_cli.playbook(reboot_play(rolling_reboot_port=0, **variables), env=api)
    assert ran.rc != 0
    assert words in ran.with_status("failed")[-1].result["msg"]
    assert not reboots(emulator)
