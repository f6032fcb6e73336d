# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as playbooks give them: names that YAML reads as numbers, empty answers of surveys, and JSON in strings."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript
from helpers.script import Script

EMPTY = {"null": None, "empty": ""}
ODD_NAMES = ("0123", "010", "001", "1_000", "0x1F", "190:20:30", "1.0", "yes", "no", "on", "True", "83")
# What YAML reads as a date, Ansible hands on as it was written.
TEXTS = ("1e3", "2024-01-01", '"0123"', "'83'", "0_8-")

PLAY = """
- hosts: localhost
  gather_facts: false
  ignore_errors: true
  vars:
    vpsorg_in_process: {in_process}
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
  tasks:
"""
ODD_TASKS = """
    - vpsorg.cloud.vps_server: {{name: {name}, plan_id: 1, os_id: 5, location: us-west}}
    - vpsorg.cloud.vps_server: {{name: {name}, state: absent}}
    - vpsorg.cloud.vps_server: {{name: "{{{{ odd }}}}", plan_id: 1, os_id: 5, location: us-west}}
      vars: {{odd: {name}}}
    - vpsorg.cloud.vps_server_power: {{name: {name}, state: started}}
    - vpsorg.cloud.vps_server_info: {{name: {name}}}
    - vpsorg.cloud.vps_fleet: {{servers: [{{name: {name}, plan_id: 1, os_id: 5, location: us-west}}]}}
    - vpsorg.cloud.vps_fleet: {{servers: [{name}], state: absent}}
    - vpsorg.cloud.vps_fleet: {{servers: "{{{{ odd }}}}", state: absent}}
      vars: {{odd: [web-01, {name}]}}
    - vpsorg.cloud.vps_fleet: {{servers: "{{{{ odd }}}}"}}
      vars: {{odd: [{{name: {name}, plan_id: 1, os_id: 5, location: us-west}}]}}
    - vpsorg.cloud.vps_fleet: {{servers: [], protect: [db-*, {name}]}}
    - vpsorg.cloud.vps_fleet: {{servers: [], purge: true, purge_match: {name}}}
"""


@pytest.mark.parametrize("in_process", [True, False], ids=["in process", "as a module"])
def test_names_that_yaml_reads_as_numbers(ansible_cli: AnsibleCli, emulator, in_process: bool) -> None:
    names = ODD_NAMES if in_process else ODD_NAMES[:1]
    tasks = "".join(ODD_TASKS.format(name=name) for name in names)
    outcome = ansible_cli.playbook(PLAY.format(in_process=in_process) + tasks, timeout=240, rc=0)
    results = [entry for entry in outcome.results if entry.kind == "task"]
    assert len(results) == 11 * len(names)
    for entry in results:
        assert entry.status in ("failed", "ignored"), entry
        assert mentions(entry.result["msg"], "must be a string", "quotes"), entry
    assert emulator.requests() == []


def test_names_that_are_text(ansible_cli: AnsibleCli, emulator) -> None:
    """Never another name than was written; the variables of the command line are text as well."""
    task = "    - vpsorg.cloud.vps_server: {{name: {}, plan_id: 1, os_id: 5, location: us-west, wait: false}}\n"
    tasks = "".join(task.format(name) for name in (*TEXTS, '"{{ given }}"'))
    fleet = "    - vpsorg.cloud.vps_fleet: {servers: [{name: 2024-01-02, plan_id: 1, os_id: 5, location: us-west}]}\n"
    play = PLAY.format(in_process=True).replace("  ignore_errors: true\n", "")
    ansible_cli.playbook(play + tasks.replace("'83'", '"83"') + fleet, "-e", "given=007", rc=2)
    assert [server["name"] for server in emulator.servers()] == ["1e3", "2024-01-01", "0123", "83"]
    emulator.reset()
    ansible_cli.playbook(play + task.format('"{{ given }}"') + fleet, "-e", "given=007", rc=0)
    assert [server["name"] for server in emulator.servers()] == ["007", "2024-01-02"]


def test_other_texts_that_are_none(script: Script) -> None:
    web = {"name": "web-01"}
    cases: dict[str, tuple[str, dict[str, Any], tuple[Any, ...]]] = {
        "hostname": ("vps_server", {**web, "hostname": 123}, ("hostname", 123)),
        "location": ("vps_server", {**web, "location": 12}, ("location", 12)),
        "several": ("vps_server", {"name": True, "location": 12}, ("name", "true", "location", 12)),
        "address": ("vps_server_info", {"api_url": 7}, ("api_url", 7)),
        "entry": ("vps_fleet", {"servers": [{**web, "location": 12}]}, ("servers[0]", "web-01", "location", 12)),
        "defaults": ("vps_fleet", {"servers": [web], "defaults": {"location": 12}}, ("defaults", "location", 12)),
    }
    for name, (module, options, _facts) in cases.items():
        script.task(name, module, options)
    ran = script.run(both_ways=True)
    for name, (_module, _options, facts) in cases.items():
        assert ran.failed(name, *facts, "quotes").requests == []


CONNECTION = ("api_token", "api_url", "api_timeout", "api_retries", "api_retry_max_delay", "validate_certs", "ca_path")
WAITING = ("wait", "wait_timeout", "wait_interval", "adopt_timeout")
FIELDS = ("hostname", "ssh_key_id", "backups_enabled", "power", "on_immutable_change")
FLEET = ("defaults", "state", "purge", "purge_match", "max_delete", "concurrency", "on_immutable_change", "protect")


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
def test_null_and_the_empty_string_are_not_set(ansible_cli: AnsibleCli, emulator, empty: str | None) -> None:
    script = FleetScript(ansible_cli, emulator)
    script.insert(100, "web-01", plan_id=1, os_id=5, location="us-west")
    of_all = dict.fromkeys((*CONNECTION, *WAITING), empty)
    unset = dict.fromkeys((*FIELDS, "state", "id"), empty)
    script.triple("server", **{**of_all, **unset, "name": "new-01", **ENOUGH})
    script.triple("server that is there", **of_all, **unset, name="web-01", plan_id=empty, os_id=empty, location=empty)
    script.triple("by its id", id="100", name=empty, hostname="web01.example.com")
    script.power("power", **of_all, name="web-01", id=empty, state="started", settle_time=empty)
    script.info("info", **dict.fromkeys(CONNECTION, empty), details=empty)
    entry = dict.fromkeys((*FIELDS, "plan_id", "os_id", "location", "count"), empty)
    script.fleet_triple(
        "fleet", {**entry, "name": "db-01"}, **{**of_all, **dict.fromkeys(FLEET, empty), "defaults": ENOUGH}
    )
    script.fleet_triple(
        "defaults", {"name": "db-02", **ENOUGH}, {"name": "web-01"}, defaults=dict.fromkeys((*FIELDS, "plan_id"), empty)
    )
    ran = script.play(complete=False)
    for name in ("server", "by its id"):
        ran.triple(name)
        assert ran.ok(f"{name}: real")["changed"] is True
    assert [ran.ok(f"server that is there: {run}", changed=False).writes for run in ("check", "real", "again")] == [
        []
    ] * 3
    ran.ok("power", changed=False)
    assert len(ran.ok("info")["servers"]) == 2
    for name in ("fleet", "defaults"):
        assert ran.ok(f"{name}: check")["summary"] == ran.ok(f"{name}: real", changed=True)["summary"]
        ran.ok(f"{name}: again", changed=False)


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
def test_what_must_be_set_is_not_set(script: Script, empty: str | None) -> None:
    """Nothing is ever declared, or deleted, by an option that was left empty."""
    cases: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
        "server": ("vps_server", {"name": empty, "id": empty}, ("name", "id", "required")),
        "deletion": ("vps_server", {"name": empty, "id": empty, "state": "absent"}, ("name", "id", "required")),
        "power": ("vps_server_power", {"name": empty, "state": "stopped"}, ("name", "id", "required")),
        "state of power": ("vps_server_power", {"name": "web-01", "state": empty}, ("state", "required")),
        "fleet": ("vps_fleet", {"servers": empty}, ("servers", "required")),
        "fleet to delete": ("vps_fleet", {"servers": empty, "state": "absent"}, ("servers", "required")),
        "purge": (
            "vps_fleet",
            {"servers": empty, "purge": True, "purge_match": "web-*", "max_delete": 9},
            ("servers", "required"),
        ),
        "pattern": ("vps_fleet", {"servers": [], "purge": True, "purge_match": empty}, ("purge_match",)),
        "entry": ("vps_fleet", {"servers": [empty]}, ("servers[0]",)),
        "entry to delete": ("vps_fleet", {"servers": [empty], "state": "absent"}, ("servers[0]",)),
        "name of an entry": ("vps_fleet", {"servers": [{"name": empty}], "state": "absent"}, ("servers[0]", "name")),
        "id of info": ("vps_server_info", {"id": empty}, ("id", "empty")),
        "name of info": ("vps_server_info", {"name": empty}, ("name", "empty")),
        "status of info": ("vps_server_info", {"status": empty}, ("status", "empty")),
    }
    script.insert(100, "web-01")
    for name, (module, options, _facts) in cases.items():
        script.task(name, module, options)
    ran = script.run(both_ways=True)
    for name, (_module, _options, facts) in cases.items():
        assert ran.failed(name, *facts).requests == []


def test_json_in_a_string(script: Script) -> None:
    """As variables of a command line and answers of a survey give it."""
    json, one, names = '[{"name": "web-01"}]', '{"name": "web-01"}', '["web-01"]'
    cases: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
        "servers": ({"servers": json}, ("servers", "JSON", "from_json")),
        "servers to delete": ({"servers": names, "state": "absent"}, ("servers", "JSON", "from_json")),
        "one of them": ({"servers": one}, ("servers", "JSON", "from_json")),
        "an entry": ({"servers": [one]}, ("servers[0]", "JSON", "from_json")),
        "an entry to delete": ({"servers": [one], "state": "absent"}, ("servers[0]", "JSON", "from_json")),
        "names in a string": ({"servers": "web-01, web-02", "state": "absent"}, ("servers", "must be a list")),
        "dictionary": ({"servers": {"name": "web-01"}}, ("servers", "must be a list")),
        "defaults": ({"servers": [], "defaults": [{"plan_id": 1}]}, ("defaults", "must be a dictionary")),
        "defaults in a string": ({"servers": [], "defaults": json}, ("defaults", "must be a dictionary", "JSON")),
        "patterns": ({"servers": [], "protect": names}, ("protect", "JSON", "from_json")),
    }
    script.insert(100, "web-01")
    for name, (options, _facts) in cases.items():
        script.task(name, "vps_fleet", options)
    ran = script.run(both_ways=True)
    for name, (_options, facts) in cases.items():
        assert ran.failed(name, *facts).requests == []


def test_names_of_any_alphabet_are_shown_as_they_are(script: Script) -> None:
    script.server("server", name="bücher")
    script.server("list", name=["bücher"])
    script.task("fleet", "vps_fleet", {"servers": [{"name": "bücher"}, {"name": "日本", "plan_id": "größer"}]})
    script.task("plain name", "vps_fleet", {"servers": ["bücher"]})
    script.task("pattern", "vps_fleet", {"servers": [], "purge": True, "purge_match": "[ü]*"})
    ran = script.run(both_ways=True)
    for name in ("server", "list", "plain name"):
        assert "bücher" in ran.failed(name)["msg"]
    assert all(word in ran.failed("fleet")["msg"] for word in ("日本", "größer"))
    assert "[ü]*" in ran.failed("pattern")["msg"]
