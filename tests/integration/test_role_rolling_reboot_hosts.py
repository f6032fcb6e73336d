# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role rolling_reboot on the hosts of a play: who is left out, who needs a reboot, and the user's tasks around each
batch.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from fault_proxy import FaultProxy, Record
from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.facts import mentions, missing
from helpers.listeners import listeners, servers_at
from helpers.roles import insert_web_servers, reboot_play, reboots, write_inventory


@pytest.fixture(autouse=True)
def servers_at_loopback_addresses(ansible_cli: AnsibleCli) -> None:
    """203.0.113.N and 2001:db8::N are 127.0.12.N, where something can listen."""
    ansible_cli.env.update(servers_at("127.0.12"))


def hosts_of(*numbers: int) -> dict[str, dict[str, Any]]:
    """host-1 with the server 601, and so on."""
    return {f"host-{number}": {"vps_id": 600 + number} for number in numbers}


def shown(ran: CommandResult) -> list[str]:
    return [entry.result["msg"] for entry in ran.results if entry.task == "Show the batches"]


def failure(ran: CommandResult) -> str:
    return str(ran.with_status("failed")[-1].result["msg"])


@pytest.mark.parametrize("serial", [None, 1])
def test_hosts_that_are_left_out(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, serial: int | None) -> None:
    """No server, a server that is gone, one that can't be judged: nothing is rebooted, or they are named. The triple.

    Also those of later batches of the play: by then it would be too late.
    """
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 2)
    emulator.insert(name=None, id=604)
    hosts = {**hosts_of(1, 2, 4), "odd": {}, "gone": {"vps_id": "999"}, "unreadable": {"vps_id": "x1"}}
    inventory = write_inventory(tmp_path, hosts)
    play = {**reboot_play("all", rolling_reboot_port=0), **({"serial": serial} if serial else {})}
    told = ["odd", "gone", 999, "unreadable", "host-4", 604, "rolling_reboot_left_out"]
    for check in (True, False):
        ran = ansible_cli.playbook([play], inventory=inventory, check=check, rc=2)
        assert missing(failure(ran), *told) == [], failure(ran)
        assert not mentions(failure(ran), "host-1")
    assert not reboots(emulator)
    ran = ansible_cli.playbook([play], inventory=inventory, extra_vars={"rolling_reboot_left_out": "warn"})
    assert missing(shown(ran)[0], *told[:-1]) == [], shown(ran)
    assert reboots(emulator) == [601, 602]
    # By then a batch of the play has no server at all.
    assert ran.rc == (2 if serial else 0)


def test_only_the_hosts_that_meet_the_condition_of_an_include(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path
) -> None:
    """The others are neither rebooted nor left out; also after a call for all of them."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    inventory = write_inventory(tmp_path, {"bastion": {}, **hosts_of(1, 2, 3)})
    role = {"ansible.builtin.include_role": {"name": "vpsorg.cloud.rolling_reboot"}}
    play = {
        **reboot_play("all", rolling_reboot_port=0, rolling_reboot_serial="100%"),
        "roles": [],
        "tasks": [{**role, "when": "vps_id is defined"}, {**role, "when": "vps_id | default(0) == 602"}],
    }
    ran = ansible_cli.playbook([play], inventory=inventory, rc=0)
    assert sorted(reboots(emulator)[:3]) == [601, 602, 603] and reboots(emulator)[3:] == [602], shown(ran)


def test_a_word_for_left_out_that_is_none(ansible_cli: AnsibleCli, emulator) -> None:
    insert_web_servers(emulator, 1)
    ran = ansible_cli.playbook([reboot_play(rolling_reboot_match="web-*", rolling_reboot_left_out="ignore")], rc=2)
    assert mentions(failure(ran), "rolling_reboot_left_out", "fail", "warn", "ignore") and not emulator.requests()


def test_a_host_that_failed_before_is_named(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 2)
    play = reboot_play("all", rolling_reboot_port=0)
    play["pre_tasks"] = [{"ansible.builtin.fail": {"msg": "ill"}, "when": "inventory_hostname == 'host-2'"}]
    ran = ansible_cli.playbook([play], inventory=write_inventory(tmp_path, hosts_of(1, 2)), rc=2)
    assert mentions(shown(ran)[0], "host-2") and reboots(emulator) == [601]


def test_only_where_a_file_says_so(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """The file is looked for on each host, in check mode too; what does not run is not asked. The triple."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    emulator.change(603, status="stopped")
    inventory = write_inventory(tmp_path, hosts_of(1, 2, 3))
    (tmp_path / "required-host-2").touch()
    (tmp_path / "required-host-3").touch()
    play = reboot_play(
        "all", rolling_reboot_port=0, rolling_reboot_required_file=f"{tmp_path}/required-{{{{ inventory_hostname }}}}"
    )
    checked = ansible_cli.playbook([play], inventory=inventory, check=True, rc=0)
    ran = ansible_cli.playbook([play], inventory=inventory, rc=0)
    for outcome in (checked, ran):
        (words,) = shown(outcome)
        assert mentions(words, 1, "web-01", "web-02", "web-03")
        assert words.startswith("1 server in 1 batch: web-02.")
    assert reboots(emulator) == [602]
    (tmp_path / "required-host-2").unlink()
    again = ansible_cli.playbook([play], inventory=inventory, rc=0)
    assert reboots(emulator) == [602] and not [entry for entry in again.results if entry.result.get("changed")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("vps_id == 602", [602]),
        ("{{ vps_id == 601 }}", [601]),
        ("kernel | default('new') != 'new'", []),
        (["vps_id > 600", "vps_id < 602"], [601]),
        (False, []),
        ("", [601, 602]),
        (None, [601, 602]),
    ],
    ids=str,
)
def test_only_where_an_expression_is_true(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, condition: Any, expected: list[int]
) -> None:
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 2)
    play = reboot_play("all", rolling_reboot_port=0, rolling_reboot_only_if=condition)
    ansible_cli.playbook([play], inventory=write_inventory(tmp_path, hosts_of(1, 2)), rc=0)
    assert reboots(emulator) == expected


def test_both_conditions_must_hold(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """Also for servers that are selected by name, on the hosts of the play."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    for name in ("host-1", "host-2"):
        (tmp_path / f"required-{name}").touch()
    play = reboot_play(
        "all",
        rolling_reboot_port=0,
        rolling_reboot_match="web-*",
        rolling_reboot_required_file=f"{tmp_path}/required-{{{{ inventory_hostname }}}}",
        rolling_reboot_only_if="vps_id != 602",
    )
    ansible_cli.playbook([play], inventory=write_inventory(tmp_path, hosts_of(1, 2, 3)), rc=0)
    assert reboots(emulator) == [601]


@pytest.mark.parametrize(
    ("variables", "facts"),
    [
        ({"rolling_reboot_only_if": "nowhere_defined == 1"}, ["nowhere_defined"]),
        ({"rolling_reboot_only_if": "vps_id == "}, ["vps_id =="]),
    ],
)
def test_a_condition_that_cannot_be_evaluated_ends_the_play(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, variables: dict[str, Any], facts: list[str]
) -> None:
    """Also where it fails for one host only, and where errors are ignored: what is left is not what was asked for."""
    insert_web_servers(emulator, 2)
    inventory = write_inventory(tmp_path, {**hosts_of(1), "host-2": {"vps_id": 602, "nowhere_defined": 1}})
    play = reboot_play("all", rolling_reboot_port=0, **variables)
    ran = ansible_cli.playbook([{**play, "ignore_errors": True}], inventory=inventory, rc=2)
    assert missing(" ".join(ran.output.split()), *facts) == []
    assert not reboots(emulator)


def test_conditions_need_the_hosts_of_the_servers(ansible_cli: AnsibleCli, emulator) -> None:
    insert_web_servers(emulator, 2)
    play = reboot_play(rolling_reboot_match="web-*", rolling_reboot_required_file="/run/reboot-required")
    ran = ansible_cli.playbook([play], rc=2)
    assert missing(failure(ran), "rolling_reboot_required_file", "web-01", "web-02", "hosts: web") == []
    assert not reboots(emulator)


AROUND = """
- name: Note {word}
  ansible.builtin.lineinfile:
    path: "{log}"
    line: "{word} {{{{ rolling_reboot_batch | join('+') }}}}"
    create: true
    mode: "0600"
- name: Note {word} on each host
  ansible.builtin.lineinfile:
    path: "{log}"
    line: "{word} on {{{{ item }}}}, {{{{ hostvars[item].color }}}}"
  delegate_to: "{{{{ item }}}}"
  loop: "{{{{ rolling_reboot_batch }}}}"
"""


@pytest.mark.parametrize("by_host", [True, False])
def test_the_user_s_tasks_around_each_batch(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path, by_host: bool
) -> None:
    """Once for each batch, in order; relative to the playbook, even where this role has a file of that name."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 3)
    log = tmp_path / "log"
    (ansible_cli.folder / "batch.yml").write_text(AROUND.format(word="before", log=log))
    (ansible_cli.folder / "undrain.yml").write_text(AROUND.format(word="after", log=log))
    hosts = {name: {**variables, "color": f"c{name[-1]}"} for name, variables in hosts_of(1, 2, 3).items()}
    inventory = write_inventory(tmp_path, {**hosts, "localhost": {}})
    variables: dict[str, Any] = {
        "rolling_reboot_port": 0,
        "rolling_reboot_serial": 2,
        "rolling_reboot_before": "batch.yml",
        "rolling_reboot_after": str(ansible_cli.folder / "undrain.yml"),
    }
    play = (
        reboot_play("all:!localhost", **variables)
        if by_host
        else reboot_play("localhost", rolling_reboot_match="web-*", **variables)
    )
    ansible_cli.playbook([play], inventory=inventory, check=True, rc=0)
    assert not log.exists()
    ansible_cli.playbook([play], inventory=inventory, rc=0)
    assert reboots(emulator) == [601, 602, 603]
    assert log.read_text().splitlines() == [
        "before host-1+host-2", "before on host-1, c1", "before on host-2, c2",
        "after host-1+host-2", "after on host-1, c1", "after on host-2, c2",
        "before host-3", "before on host-3, c3",
        "after host-3", "after on host-3, c3",
    ]  # fmt: skip


def test_a_task_before_the_batch_that_fails_stops_the_reboot(
    ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path
) -> None:
    """A server without a host is called by its name; nothing follows a batch that does not come back."""
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 2)
    (ansible_cli.folder / "drain.yml").write_text(
        """
        - ansible.builtin.fail: {msg: "can't drain {{ rolling_reboot_batch }}"}
          when: "'web-02' in rolling_reboot_batch"
        """
    )
    (ansible_cli.folder / "undrain.yml").write_text(
        '- ansible.builtin.debug: {msg: "undrain {{ rolling_reboot_batch }}"}\n'
    )
    variables = {"rolling_reboot_match": "web-*", "rolling_reboot_port": 0}
    ran = ansible_cli.playbook([reboot_play(**variables, rolling_reboot_before="drain.yml")], rc=2)
    assert mentions(failure(ran), "can't drain", "web-02") and reboots(emulator) == [601]
    emulator.change(601, status="stopped")
    after = reboot_play(rolling_reboot_names="web-02", rolling_reboot_port=9, rolling_reboot_after="undrain.yml")
    ran = ansible_cli.playbook([after], rc=2)
    assert reboots(emulator) == [601, 602] and "undrain" not in ran.output


def test_the_tasks_of_a_role_that_includes_this_one(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(reboot_ms=100)
    insert_web_servers(emulator, 1)
    own = ansible_cli.folder / "roles" / "own" / "tasks"
    own.mkdir(parents=True)
    (own / "drain.yml").write_text('- {name: drain, ansible.builtin.debug: {msg: "{{ rolling_reboot_batch }}"}}\n')
    (own / "main.yml").write_text(
        "- ansible.builtin.include_role: {name: vpsorg.cloud.rolling_reboot}\n"
        '  vars: {rolling_reboot_before: "{{ ansible_parent_role_paths[0] }}/tasks/drain.yml"}\n'
    )
    play = {**reboot_play(rolling_reboot_match="web-*", rolling_reboot_port=0), "roles": ["own"]}
    ran = ansible_cli.playbook([play], rc=0)
    assert ran.task("drain")["msg"] == ["web-01"] and reboots(emulator) == [601]


def test_a_file_of_tasks_that_is_not_there(ansible_cli: AnsibleCli, emulator) -> None:
    insert_web_servers(emulator, 1)
    play = reboot_play(rolling_reboot_match="web-*", rolling_reboot_after="nowhere.yml")
    ran = ansible_cli.playbook([play], rc=2)
    assert mentions(failure(ran), "rolling_reboot_after", "nowhere.yml") and not emulator.requests()


def test_ipv6_only(ansible_cli: AnsibleCli, emulator) -> None:
    """A server that has only an IPv6 address is asked there, and one without any is said to have none."""
    emulator.configure(reboot_ms=100)
    emulator.insert(name="six", id=601, ip_address=None, ipv6_address="2001:0db8::1")
    emulator.insert(name="none", id=602, ip_address="127.0.0.1", ipv6_address=None)
    with listeners(["127.0.12.1"]) as port:
        ansible_cli.playbook([reboot_play(rolling_reboot_names=["six"], rolling_reboot_port=port)], rc=0)
        ran = ansible_cli.playbook(
            [reboot_play(rolling_reboot_names=["six", "none"], rolling_reboot_serial=2, rolling_reboot_port=port)], rc=2
        )
    assert "active, but has no address" in failure(ran) and mentions(failure(ran), "Rebooted and back: six")
    assert not mentions(failure(ran), port)


def test_nothing_is_waited_for_where_every_reboot_was_refused(ansible_cli: AnsibleCli, emulator) -> None:
    """A server that was stopped after it was selected."""
    insert_web_servers(emulator, 1)

    def stop(record: Record) -> None:
        if record.path.endswith("/servers/"):
            emulator.change(601, status="stopped")

    with FaultProxy(emulator.url, on_record=stop) as proxy:
        ran = ansible_cli.playbook(
            [reboot_play(rolling_reboot_names=["web-01"], rolling_reboot_port=22)], env={"VPS_API_URL": proxy.url}, rc=2
        )
        lists = [record for record in proxy.history if record.path.endswith("/servers/")]
    assert mentions(failure(ran), "web-01", 601, "was not rebooted") and not mentions(failure(ran), 22)
    assert len(lists) == 1
