# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role rolling_reboot: batch after batch, as long as they come back, and a word on every server when
one does not.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy, Record
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions, missing, times
from helpers.listeners import listeners, servers_at
from helpers.roles import insert_web_servers as seed
from helpers.roles import reboot_play as play
from helpers.roles import reboots


@pytest.fixture(autouse=True)
def servers_at_loopback_addresses(ansible_cli: AnsibleCli) -> None:
    """203.0.113.N is 127.0.6.N, where something can listen."""
    ansible_cli.env.update(servers_at("127.0.6"))


def told_of(message: str, server_id: int) -> str:
    """What a message tells of one server: all that stands behind its id, up to the next server."""
    return re.split(rf"\b{server_id}\b", message, maxsplit=1)[1].split(";")[0]


@pytest.mark.parametrize(("serial", "sizes"), [(2, [2, 2, 1]), ("60%", [3, 2])])
def test_batch_after_batch(ansible_cli: AnsibleCli, emulator, serial: Any, sizes: list[int]) -> None:
    """By a pattern; check mode shows the batches and reboots nothing."""
    emulator.configure(reboot_ms=400)
    seed(emulator, 5)
    emulator.insert(name="web-idle", status="stopped", id=700)
    emulator.insert(name="db-01", id=701)
    with listeners([f"127.0.6.{number}" for number in range(1, 6)], says=b"SSH-2.0") as port:
        variables = {
            "rolling_reboot_match": "web-*",
            "rolling_reboot_serial": serial,
            "rolling_reboot_port": port,
            "rolling_reboot_port_expect": "SSH-",
        }
        checked = ansible_cli.playbook([play(**variables)], check=True, rc=0)
        assert {request["method"] for request in emulator.requests()} == {"GET"}
        ran = ansible_cli.playbook([play(**variables)], rc=0)
    ids = iter(range(601, 606))
    batches = [[next(ids) for _count in range(size)] for size in sizes]
    words = "; ".join(", ".join(f"web-0{server_id - 600}" for server_id in batch) for batch in batches)
    for outcome in (checked, ran):
        shown = outcome.task("Show the batches")["msg"]
        assert mentions(shown, 5, len(sizes), words, "web-idle"), shown
    assert reboots(emulator) == [601, 602, 603, 604, 605]
    # Every batch was seen as active before the next one was touched.
    log = [
        request
        for request in emulator.requests()
        if request["method"] == "POST" or request["path"].endswith("/servers/")
    ]
    kinds = "".join("R" if request["method"] == "POST" else "." for request in log)
    assert [len(group) for group in kinds.replace(".", " ").split()] == sizes
    assert {server["status"] for server in emulator.servers()} == {"active", "stopped"}


def test_stops_at_the_first_batch_that_does_not_come_back(ansible_cli: AnsibleCli, emulator) -> None:
    """By names. Of the batch, each server's own state is told."""
    seed(emulator, 7)
    emulator.change(605, ip_address=None)

    def live(record: Record) -> None:
        """What happens to the servers of the second batch when they are told to reboot."""
        happens: dict[str, Callable[[], None]] = {
            "602/reboot": lambda: None,
            "603/reboot": lambda: emulator.change(603, status="error"),
            "604/reboot": lambda: emulator.remove(604),
        }
        if record.method == "POST":
            happens.get("/".join(record.path.split("/")[-3:-1]), lambda: None)()

    refused = Fault(
        "answer", method="POST", path="*/servers/606/reboot/", status=410, body={"detail": "Server is locked."}
    )
    names = [f"web-0{number}" for number in range(1, 8)]
    emulator.configure(reboot_ms=300)
    with listeners(["127.0.6.1", "127.0.6.7"]) as port, FaultProxy(emulator.url, refused, on_record=live) as proxy:
        first = play(rolling_reboot_names=names[:1], rolling_reboot_port=port)
        second = play(rolling_reboot_names=names, rolling_reboot_port=port, rolling_reboot_serial=6)
        ran = ansible_cli.playbook([first], env={"VPS_API_URL": proxy.url}, rc=0)
        ran = ansible_cli.playbook([second], env={"VPS_API_URL": proxy.url}, rc=2)
    message = ran.with_status("failed")[-1].result["msg"]
    assert missing(message, 1, 2, *names, *range(602, 607)) == [], message
    states = {602: port, 603: "error", 604: "gone", 605: port, 606: "Server is locked."}
    assert {
        server_id: fact for server_id, fact in states.items() if not mentions(told_of(message, server_id), fact)
    } == {}, message
    # Only the words tell a refusal, after which it is certain, from a lost answer: see the last test.
    assert "was not rebooted" in told_of(message, 606), message
    assert reboots(emulator)[1:] == [601, 602, 603, 604, 605]


def test_what_does_not_answer_is_not_back(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(reboot_ms=100)
    seed(emulator, 3)
    with listeners(["127.0.6.1", "127.0.6.3"]) as port:
        ran = ansible_cli.playbook(
            [play(rolling_reboot_names=["web-01", "web-02", "web-03"], rolling_reboot_port=port)], rc=2
        )
    # The whole sentence, here alone: which servers are back and which are left, only its words tell.
    state = f"web-02 (id 602) is active, but does not answer on port {port} within 3 s."
    assert (
        ran.with_status("failed")[-1].result["msg"]
        == f"Stopped at batch 2 of 3: {state} Rebooted and back: web-01. Not rebooted: web-03."
    )
    assert reboots(emulator) == [601, 602]


def test_one_that_is_renamed_meanwhile_is_not_gone(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    emulator.configure(reboot_ms=100)
    seed(emulator, 2)
    rename = {"name": "Rename", "vpsorg.cloud.vps_server": {"id": 602, "name": "other"}, "delegate_to": "localhost"}
    before = tmp_path / "before.yml"
    before.write_text(json.dumps([rename]))
    ran = ansible_cli.playbook(
        [play(rolling_reboot_names=["web-01", "web-02"], rolling_reboot_before=str(before), rolling_reboot_port=0)],
        rc=0,
    )
    assert reboots(emulator) == [601, 602] and ran.with_status("failed") == []


@pytest.mark.parametrize("name", ["", "a\tb", "ünï"])
def test_a_name_that_nothing_can_be_looked_for_by(ansible_cli: AnsibleCli, emulator, name: str) -> None:
    emulator.configure(reboot_ms=100)
    seed(emulator, 1)
    emulator.insert(name=name, id=602)
    ansible_cli.playbook([play(rolling_reboot_match="*", rolling_reboot_port=0, rolling_reboot_serial="100%")], rc=0)
    assert reboots(emulator) == [601, 602]


def test_what_stays_away_until_the_limit(ansible_cli: AnsibleCli, emulator) -> None:
    """Looks that fail end nothing; the limit does."""
    emulator.configure(reboot_ms=600_000)
    seed(emulator, 1)
    outage = Fault("answer", method="GET", path="*/servers/", nth=2, status=500)
    with FaultProxy(emulator.url, outage) as proxy:
        variables = {"rolling_reboot_match": "web-*", "rolling_reboot_port": 0, "rolling_reboot_wait_timeout": 4}
        ran = ansible_cli.playbook([play(**variables)], env={"VPS_API_URL": proxy.url, "VPS_API_RETRIES": "0"}, rc=2)
        assert proxy.met(outage) == 1
    message = ran.with_status("failed")[-1].result["msg"]
    assert mentions(message, "web-01", 601, "rebooting") and times(message, 1) == 2, "batch 1 of 1"
    assert times(message, "web-01") == 1, "neither back nor left"


def test_active_counts_after_the_settling_time_only(ansible_cli: AnsibleCli, emulator) -> None:
    """Lists that lag behind show a server as it was before."""
    emulator.configure(reboot_ms=100, list_stale_ms=1500)
    seed(emulator, 1)
    ansible_cli.playbook(
        [play(rolling_reboot_match="web-*", rolling_reboot_port=0, rolling_reboot_settle_time=2)], rc=0
    )
    reboot, *looks = [
        request
        for request in emulator.requests()
        if request["method"] == "POST" or request["path"].endswith("/servers/")
    ][1:]
    assert reboot["path"].endswith("/601/reboot/") and looks[-1]["time"] - reboot["time"] >= 2


def test_the_hosts_of_the_play(ansible_cli: AnsibleCli, emulator, tmp_path: pathlib.Path) -> None:
    """With `serial` of the play, each of its batches by itself; variables of other hosts and their way to connect do
    not matter.
    """
    emulator.configure(reboot_ms=100)
    seed(emulator, 4)
    hosts = {
        name: {"vps_id": server_id, "ansible_python_interpreter": "/nowhere/python"}
        for name, server_id in (("one", 601), ("three", 603), ("four", "604"))
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {**hosts, "other": {}}}}))
    reboot = play("one,three,four,other", rolling_reboot_port=0, rolling_reboot_left_out="warn")
    ran = ansible_cli.playbook([{**reboot, "serial": 2, "become": True}], inventory=inventory, rc=0)
    assert reboots(emulator) == [601, 603, 604]
    assert [entry.result["msg"] for entry in ran.results if entry.task == "Show the batches"] == [
        "2 servers in 2 batches: web-01; web-03. Left out: other (no variable vps_id).",
        "1 server in 1 batch: web-04. Left out: other (no variable vps_id).",
    ]


def test_one_batch_of_many_takes_few_requests(ansible_cli: AnsibleCli, emulator) -> None:
    """A look shows all of them; each is told once, and read before and after."""
    emulator.configure(reboot_ms=100)
    seed(emulator, 30)
    with listeners([f"127.0.6.{number}" for number in range(1, 31)]) as port:
        variables = {
            "rolling_reboot_match": "web-*",
            "rolling_reboot_serial": "100%",
            "rolling_reboot_port": port,
            "rolling_reboot_settle_time": 1,
        }
        ansible_cli.playbook([play(**variables)], rc=0)
    log = [f"{request['method']} {request['path'].removeprefix('/api/v1')}" for request in emulator.requests()]
    assert sorted(reboots(emulator)) == list(range(601, 631))
    assert 2 <= log.count("GET /servers/") - 1 <= 4 and len(log) == 90 + log.count("GET /servers/")


@pytest.mark.parametrize(
    ("variables", "facts"),
    [
        ({"rolling_reboot_names": ["web-01", "nobody"]}, ["rolling_reboot_names", "nobody", "web-01"]),
        ({"rolling_reboot_names": ["web-01", "twin"]}, ["rolling_reboot_names", "twin, twin, web-01"]),
        (
            {"rolling_reboot_names": ["web-01"], "rolling_reboot_match": "web-*"},
            ["rolling_reboot_names", "rolling_reboot_match"],
        ),
        ({"rolling_reboot_match": "web-*", "rolling_reboot_serial": "0"}, ["rolling_reboot_serial", 0]),
        ({}, ["rolling_reboot_names", "rolling_reboot_match", "vps_id"]),
    ],
)
def test_refuses_what_is_unclear(
    ansible_cli: AnsibleCli, emulator, variables: dict[str, Any], facts: list[object]
) -> None:
    seed(emulator, 2)
    emulator.insert(name="twin")
    emulator.insert(name="twin")
    ran = ansible_cli.playbook([play(rolling_reboot_port=0, **variables)], rc=2)
    message = ran.with_status("failed")[-1].result["msg"]
    assert missing(message, *facts) == [], message
    assert not reboots(emulator)


@pytest.mark.parametrize(
    "variables",
    [
        {"rolling_reboot_port": 65536},
        {"rolling_reboot_port": -1},
        {"rolling_reboot_port_timeout": 0},
        {"rolling_reboot_wait_timeout": 0},
        {"rolling_reboot_settle_time": -1},
    ],
    ids=str,
)
def test_port_and_times_are_checked_before_anything_is_rebooted(
    ansible_cli: AnsibleCli, emulator, variables: dict[str, Any]
) -> None:
    seed(emulator, 1)
    ran = ansible_cli.playbook([play(rolling_reboot_match="web-*", **variables)], rc=2)
    assert next(iter(variables)) in ran.with_status("failed")[-1].result["msg"]
    assert not emulator.requests()


def test_an_outage_leaves_a_word_on_every_server(ansible_cli: AnsibleCli, emulator) -> None:
    seed(emulator, 3)
    outage = Fault("answer", method="GET", path="*/servers/", nth=2, times=None, status=500)
    with FaultProxy(emulator.url, outage) as proxy:
        variables = {
            "rolling_reboot_match": "web-*",
            "rolling_reboot_serial": 2,
            "rolling_reboot_port": 0,
            "rolling_reboot_wait_timeout": 4,
        }
        ran = ansible_cli.playbook([play(**variables)], env={"VPS_API_URL": proxy.url, "VPS_API_RETRIES": "0"}, rc=2)
    message = ran.with_status("failed")[-1].result["msg"]
    assert missing(message, 1, 2, "web-01", 601, "web-02", 602, "web-03") == [], message
    assert all(mentions(told_of(message, server_id), "GET /servers/", 500) for server_id in (601, 602)), message
    assert times(message, "web-01") == times(message, "web-02") == 1, "neither back nor left"
    assert sorted(reboots(emulator)) == [601, 602]


def test_a_limit_below_the_settling_time_does_not_shorten_it(ansible_cli: AnsibleCli, emulator) -> None:
    """A look that lags behind shows a server as it was before."""
    emulator.configure(reboot_ms=600_000, list_stale_ms=1500)
    seed(emulator, 1)
    variables = {
        "rolling_reboot_match": "web-*",
        "rolling_reboot_port": 0,
        "rolling_reboot_wait_timeout": 1,
        "rolling_reboot_settle_time": 3,
    }
    ran = ansible_cli.playbook([play(**variables)], rc=2)
    assert mentions(ran.with_status("failed")[-1].result["msg"], "web-01", 601, "rebooting")


def test_a_reboot_whose_answer_was_lost_is_not_called_none(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(reboot_ms=0)
    seed(emulator, 2)
    lost = Fault("close_after", method="POST", path="*/servers/601/reboot/")
    with FaultProxy(emulator.url, lost) as proxy:
        ran = ansible_cli.playbook(
            [play(rolling_reboot_names=["web-01", "web-02"], rolling_reboot_port=0)],
            env={"VPS_API_URL": proxy.url},
            rc=2,
        )
        assert proxy.met(lost) == 1
    message = ran.with_status("failed")[-1].result["msg"]
    assert missing(message, 1, 2, "web-01", 601, "active", "POST /servers/601/reboot/", "web-02") == [], message
    assert "may have been rebooted" in message and "was not rebooted" not in message, message
    (sent,) = [
        entry.result
        for entry in ran.results
        if entry.kind == "item" and entry.task == "Reboot the servers of the batch"
    ]
    assert sent["changed"] is True and reboots(emulator) == [601]
