# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role fleet: declares, waits until every server answers, and puts the servers into the running inventory for the
next play.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from fault_proxy import FaultProxy, Record
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, missing, times
from helpers.fleet import ENOUGH
from helpers.listeners import listeners, servers_at
from helpers.roles import fleet_play as play
from helpers.roles import report, reported


@pytest.fixture(autouse=True)
def servers_at_loopback_addresses(ansible_cli: AnsibleCli) -> None:
    """203.0.113.N is 127.0.4.N, where something can listen."""
    ansible_cli.env.update(servers_at("127.0.4"))


def test_declares_waits_and_fills_the_inventory(ansible_cli: AnsibleCli, emulator) -> None:
    """Twice: the second run changes nothing.

    Only what can be configured is in the user's groups; the listeners say what SSH says.
    """
    emulator.configure(provision_ms=100, address_ms=0)
    for number in range(1, 31):
        emulator.insert(
            name=f"web-{number:02d}", id=500 + number, ip_address=f"203.0.113.{number}", extra={"number": number}
        )
    emulator.insert(name="db-01", id=600, ip_address="203.0.113.100", hostname="db.example.com")
    emulator.insert(name="idle", id=601, status="stopped", ip_address="203.0.113.101")
    declared = play(
        fleet_servers="{{ web + [{'name': 'db-01', 'hostname': 'db.example.com'}, {'name': 'idle'}] "
        "+ [{'name': 'new', 'power': 'stopped'}] }}",
        web=[{"name": f"web-{number:02d}"} for number in range(1, 31)],
        fleet_defaults=ENOUGH,
        fleet_groups={"web": "web-*", "configured": ["web-*", "db-*"], "idlers": "idle"},
        fleet_hostvars={"ansible_user": "deploy"},
    )
    addresses = [*(f"127.0.4.{number}" for number in range(1, 31)), "127.0.4.100"]
    with listeners(addresses, says=b"SSH-2.0-test\r\n") as port:
        declared["vars"].update(fleet_port=port, fleet_port_expect="SSH-")
        ran = ansible_cli.playbook([declared, report()], rc=0)
        hosts = reported(ran)
        again = ansible_cli.playbook([declared, report("configured")], rc=0)
    assert sorted(hosts) == sorted(["db-01", "idle", "new", *(f"web-{number:02d}" for number in range(1, 31))])
    web = hosts["web-07"]
    # ansible-core 2.18 and older make a text of whatever a template gives; of what type the variables are is asked
    # below.
    assert (int(web["vps_id"]), web["vps_status"], web["ansible_host"], web["ansible_user"]) == (
        507,
        "active",
        "203.0.113.7",
        "deploy",
    )
    assert (
        web["vps_extra"] == {"number": 7}
        and web["vps_plan"]["id"] == 1
        and web["groups"] == ["configured", "vps", "web"]
    )
    assert hosts["db-01"]["groups"] == ["configured", "vps"] and hosts["db-01"]["vps_hostname"] == "db.example.com"
    for name in ("idle", "new"):
        assert (hosts[name]["vps_status"], hosts[name]["groups"]) == ("stopped", ["vps"])
    kinds = {tuple(entry.result["ansible_facts"]["kinds"]) for entry in ran.results if entry.task == "report"}
    assert kinds == {("int", "int")}
    assert len(reported(again)) == 31
    assert not [entry.task for entry in again.results if entry.result.get("changed")]
    assert ran.task("Declare the servers")["summary"]["created"] == 1


MOVING = {"starting": 502, "rebooting": 503, "restoring": 504}


def test_servers_in_the_middle_of_a_reboot_are_waited_for(ansible_cli: AnsibleCli, emulator) -> None:
    """And one that never ends it is named."""
    emulator.insert(name="active", id=501)
    for status, server_id in MOVING.items():
        emulator.insert(name=status, id=server_id, status=status)
    emulator.insert(name="stopping", id=505, status="stopping")
    looks: list[str] = []

    def end_transitions(record: Record) -> None:
        looks.append(record.path)
        if len(looks) == 2:
            emulator.change(MOVING["starting"], status="active")
        if len(looks) == 3:
            emulator.change(MOVING["rebooting"], status="active")
            emulator.change(MOVING["restoring"], status="stopped")

    names = ["active", *MOVING, "stopping"]
    declared = play(fleet_servers=[{"name": name} for name in names], fleet_groups=["web"], fleet_port=0)
    with FaultProxy(emulator.url, on_record=end_transitions) as proxy:
        ran = ansible_cli.playbook([declared, report()], rc=0, env={"VPS_API_URL": proxy.url})
    hosts = reported(ran)
    assert {name: hosts[name]["vps_status"] for name in names} == {
        "active": "active",
        "starting": "active",
        "rebooting": "active",
        "restoring": "stopped",
        "stopping": "stopping",
    }
    assert sorted(name for name in names if "web" in hosts[name]["groups"]) == ["active", "rebooting", "starting"]
    assert looks == ["/api/v1/servers/"] * 4, "the fleet's one, and three until none was on its way"
    assert not [entry.task for entry in ran.results if entry.result.get("changed")]
    emulator.change(MOVING["rebooting"], status="rebooting")
    ran = ansible_cli.playbook([{**declared, "vars": {**declared["vars"], "fleet_wait_timeout": 3}}, report()], rc=2)
    (failure,) = ran.with_status("failed")
    message = failure.result["msg"]
    assert mentions(message, 1, 5, 503, "rebooting") and times(message, 503) == 1, message
    assert not any(mentions(message, server_id) for server_id in (501, 502, 504, 505)), message


def test_says_which_servers_do_not_answer(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.insert(name="web-01", ip_address="203.0.113.2", id=501)
    emulator.insert(name="web-02", ip_address="203.0.113.3", id=502)
    emulator.insert(name="web-03", ip_address="203.0.113.4", id=503)
    declared = play(
        fleet_servers=[{"name": "web-01"}, {"name": "web-02"}, {"name": "web-03"}],
        fleet_port_timeout=4,
        fleet_port_expect="SSH-",
    )
    with listeners(["127.0.4.2"], says=b"SSH-2.0") as port, listeners(["127.0.4.3"], port=port, says=b"HTTP/1.1"):
        declared["vars"]["fleet_port"] = port
        ran = ansible_cli.playbook([declared, report()], rc=2)
    (failure,) = ran.with_status("failed")
    message = failure.result["msg"]
    assert mentions(message, 2, 3, port, 4, "web-02", 502, "203.0.113.3", "web-03", 503, "203.0.113.4"), message
    assert not mentions(message, "web-01") and not mentions(message, 501), message
    assert not reported(ran)


def test_the_connection_is_set_by_module_defaults(ansible_cli: AnsibleCli, emulator) -> None:
    """And nothing is asked of a port, waited for or added where it should not be: no port, check mode, absent."""
    emulator.configure(provision_ms=50, address_ms=0)
    declared = play(
        fleet_servers=[{"name": "web-01"}], fleet_defaults=ENOUGH, fleet_port=0, fleet_groups=["web", "europe"]
    )
    declared["module_defaults"] = {"group/vpsorg.cloud.all": {"api_token": emulator.token, "api_url": emulator.url}}
    no_environment = {"VPS_API_TOKEN": None, "VPS_API_URL": None}
    checked = ansible_cli.playbook([declared, report()], check=True, env=no_environment, rc=0)
    assert re.search(r"^Plan:.*\b1\b", checked.stdout, re.MULTILINE) and not reported(checked)
    assert {request["method"] for request in emulator.requests()} == {"GET"}
    ran = ansible_cli.playbook([declared, report("web")], env=no_environment, rc=0)
    assert [(name, shown["groups"]) for name, shown in reported(ran).items()] == [("web-01", ["europe", "vps", "web"])]
    gone = ansible_cli.playbook([declared, report()], env=no_environment, extra_vars={"fleet_state": "absent"}, rc=0)
    assert not reported(gone) and emulator.servers() == []


def test_text_of_the_api_is_data(ansible_cli: AnsibleCli, emulator, tmp_path) -> None:
    """Not a template, not the name of a group, not a way to connect."""
    mark = tmp_path / "mark"
    text = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    header = "#jinja2: variable_start_string:'[['\n[[ 1 ]]"
    emulator.insert(
        name="web-01",
        id=501,
        hostname=text,
        ip_address=f"-oProxyCommand=touch {mark}",
        ipv6_address=None,
        extra=[text, {text: header}],
    )
    emulator.insert(name="db", id=502, ip_address="203.0.113.9", extra=header)
    emulator.insert(name="localhost", id=503, ip_address="203.0.113.8")
    servers = [{"name": "web-01"}, {"name": "db"}, {"name": "localhost"}]
    ran = ansible_cli.playbook([play(fleet_servers=servers, fleet_port=0, fleet_groups=["db"]), report()], rc=0)
    hosts = reported(ran)
    assert not mark.exists()
    assert sorted(hosts) == ["vps-502", "vps-503", "web-01"]
    assert hosts["web-01"]["vps_hostname"] == text and hosts["web-01"]["vps_extra"] == [text, {text: header}]
    # No address, and so nothing to configure: Ansible would reach it by its name.
    assert hosts["web-01"]["groups"] == ["vps", "vps_no_address"] and hosts["web-01"]["ansible_host"] in (
        "web-01",
        "undefined",
    )
    assert hosts["vps-502"]["vps_extra"] == header and hosts["vps-502"]["groups"] == ["db", "vps"]


@pytest.mark.parametrize(
    ("variables", "facts"),
    [
        ({"fleet_on_immutable_change": "perhaps"}, ["fleet_on_immutable_change", "perhaps"]),
        ({"fleet_servers": [{"name": "web-01", "plan_id": "big"}]}, ["servers[0]", "web-01", "plan_id", "big"]),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_request(
    ansible_cli: AnsibleCli, emulator, variables: dict[str, Any], facts: list[object]
) -> None:
    ran = ansible_cli.playbook([play(**{"fleet_servers": [{"name": "web-01"}], **variables})], rc=2)
    failure = ran.with_status("failed")[0].result
    assert missing(f"{failure['msg']} {failure.get('argument_errors')}", *facts) == [], failure
    assert not emulator.requests()


@pytest.mark.parametrize(
    "variables",
    [{"fleet_port": 65536}, {"fleet_port": -1}, {"fleet_port_timeout": 0}, {"fleet_groups": "web"}],
    ids=str,
)
def test_port_and_groups_are_checked_before_anything_is_declared(
    ansible_cli: AnsibleCli, emulator, variables: dict[str, Any]
) -> None:
    ran = ansible_cli.playbook([play(fleet_servers=[{"name": "web-01"}], fleet_defaults=ENOUGH, **variables)], rc=2)
    assert next(iter(variables)) in ran.with_status("failed")[-1].result["msg"]
    assert not emulator.requests()


def test_no_host_bears_the_name_of_a_group(ansible_cli: AnsibleCli, emulator) -> None:
    """Also not of one that the role itself is about to make; and what is called otherwise is told."""
    emulator.insert(name="vps", id=501, ip_address="203.0.113.1")
    emulator.insert(name="web-01", id=502, ip_address="not-an-address", ipv6_address=None)
    ran = ansible_cli.playbook(
        [play(fleet_servers=[{"name": "vps"}, {"name": "web-01"}], fleet_port=0), report()], rc=0
    )
    assert sorted(reported(ran)) == ["vps-501", "web-01"]
    _output, *warnings = " ".join(ran.output.split()).split("[WARNING]")
    assert any(mentions(warning, 501, "vps", "vps-501") for warning in warnings), (
        "the server and what its host is called"
    )
    assert any(mentions(warning, "web-01") and not mentions(warning, "vps-501") for warning in warnings), (
        "the one without an address"
    )
