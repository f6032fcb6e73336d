# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations as users write them: in group_vars, built with Jinja, with defaults and omit."""

from __future__ import annotations

import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions

GROUP_VARS = """
site: example.com
count: 3
small: {plan_id: 1, os_id: 5}
site_defaults:
  location: us-west
  backups_enabled: "{{ production | default(false) }}"
  hostname: "{{ default_hostname | default(omit) }}"
# What is in a list may be a template too.
servers:
  - name: "db-{{ 1 }}"
    plan_id: "{{ 1 + 1 }}"
    hostname: "db.{{ site }}"
    backups_enabled: "{{ 2 > 1 }}"
    power: "{{ 'stopped' if count > 2 else 'started' }}"
  - name: cache
    ssh_key_id: "{{ key | default(omit) }}"
    power: "{{ omit }}"
web_servers: >-
  {{ range(1, count + 1) | map('string') | map('regex_replace', '^', 'web-') | map('regex_replace', '^(.*)$', template)
  | map('from_json') | list }}
template: '{"name": "\\1"}'
"""


def test_declarations_from_group_vars_and_templates(ansible_cli: AnsibleCli, emulator) -> None:
    emulator.configure(provision_ms=0, address_ms=0, stop_ms=0)
    (ansible_cli.folder / "group_vars").mkdir()
    (ansible_cli.folder / "group_vars" / "all.yml").write_text(GROUP_VARS)
    fleet = {
        "defaults": "{{ site_defaults | combine(small) }}",
        "servers": "{{ servers + web_servers }}",
        "wait_interval": 0.1,
    }
    loop = {
        "defaults": "{{ site_defaults | combine(small, {'plan_id': item.plan}) }}",
        "servers": [
            {"name": "{{ item.name }}", "hostname": "{{ item.name }}.{{ site }}"},
            {"name": "{{ item.name }}-b"},
        ],
        "wait_interval": 0.1,
    }
    tasks = [
        {"name": "fleet", "vpsorg.cloud.vps_fleet": fleet},
        {"name": "again", "vpsorg.cloud.vps_fleet": fleet},
        {
            "name": "looped",
            "vpsorg.cloud.vps_fleet": loop,
            "loop": [{"name": "a", "plan": 1}, {"name": "b", "plan": "2"}],
        },
        {
            "name": "wrong",
            "vpsorg.cloud.vps_fleet": {**fleet, "servers": "{{ web_servers + [{'name': 'odd', 'plan_id': site}] }}"},
            "ignore_errors": True,
        },
        {
            "name": "undefined",
            "vpsorg.cloud.vps_fleet": {**fleet, "servers": [{"name": "{{ nowhere }}"}]},
            "ignore_errors": True,
        },
    ]
    playbook = ansible_cli.folder / "site.yml"
    playbook.write_text(yaml.safe_dump([{"name": "Site", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    ran = ansible_cli.playbook(playbook, rc=0)

    created = {
        request["body"].pop("name"): request["body"]
        for request in emulator.requests()
        if request["method"] == "POST" and request["body"]
    }
    base = {"plan_id": 1, "os_id": 5, "location": "us-west", "backups_enabled": False}
    assert created == {
        "db-1": {**base, "plan_id": 2, "hostname": "db.example.com", "backups_enabled": True},
        "cache": base,
        **{f"web-{number}": base for number in (1, 2, 3)},
        "a": {**base, "hostname": "a.example.com"},
        "a-b": base,
        "b": {**base, "plan_id": 2, "hostname": "b.example.com"},
        "b-b": {**base, "plan_id": 2},
    }
    assert {server["name"]: server["status"] for server in ran.task("fleet")["servers"]}["db-1"] == "stopped"
    assert ran.task("again")["changed"] is False
    assert [len(result["servers"]) for result in ran.items("looped")] == [2, 2]
    assert (
        mentions(ran.task("wrong")["msg"], "servers[3]", "odd", "plan_id", "example.com")
        and ran.task("wrong")["api"]["requests"] == 0
    )
    assert "nowhere" in ran.task("undefined")["msg"]
