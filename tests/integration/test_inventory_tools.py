# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory in other hands: ansible-doc, and the examples of the plugin's documentation."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.documents import GUIDES, blocks, prose
from helpers.examples import examples
from helpers.inventory_cli import shown

HOSTILE = "{{ lookup('pipe', 'echo evaluated') }}"


@pytest.fixture
def account(emulator: Any) -> Any:
    emulator.seed(6, status=["active", "stopped"], location=["us-west", "eu-central"])
    emulator.insert(name="odd", hostname=HOSTILE, status="active")
    return emulator


def test_the_documentation_is_readable(ansible_cli: AnsibleCli) -> None:
    outcome = ansible_cli.run("ansible-doc", "-t", "inventory", "vpsorg.cloud.vps", "--json", rc=0)
    assert outcome.stderr == ""
    options = outcome.json()["vpsorg.cloud.vps"]["doc"]["options"]
    assert {"api_token", "status", "hostnames", "compose", "cache", "cache_fallback"} <= set(options)
    assert (
        options["hostnames"]["default"],
        options["connect_with"]["default"],
        options["hostvars_prefix"]["default"],
    ) == (["name"], ["ipv4", "ipv6"], "vps_")


def test_the_examples_of_the_plugin(account: Any, ansible_cli: AnsibleCli, tmp_path: pathlib.Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "vps-token").write_text(account.token)
    env = {
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"),
        "HOME": str(tmp_path),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
    }
    ansible_cli.run("ansible-vault", "encrypt", str(tmp_path / "vps-token"), env=env, rc=0)
    (whole,) = examples("inventory", "vps")
    cached = {name: value for name, value in whole.items() if name.startswith("cache")}
    parts = [{name: value} for name, value in whole.items() if name != "plugin" and name not in cached]
    assert len(parts) >= 10 and len(cached) >= 4
    for number, part in enumerate([{}, *parts, cached, whole]):
        text = yaml.safe_dump({"plugin": whole["plugin"], **part})
        inventory = shown(
            ansible_cli.inventory(
                text.replace("/etc/ansible/vps-token", str(tmp_path / "vps-token")),
                file_name=f"{number}.vps.yml",
                env={**env, **({"VPS_API_TOKEN": None} if "api_token" in part else {})},
                rc=0,
            )
        )
        assert inventory.hosts, part


def test_the_documented_groups(account: Any, ansible_cli: AnsibleCli) -> None:
    """What docs/docsite/rst/inventory.rst says of its own examples."""
    page = GUIDES / "inventory.rst"
    sources = [block.text for block in blocks(page) if block.language == "yaml" and "plugin:" in block.text]
    keyed = next(source for source in sources if "prefix: location" in source)
    groups = shown(ansible_cli.inventory(keyed, rc=0)).groups
    named = re.findall(r"``((?:location|plan|os|status)_[a-z0-9_]+)``", prose(page))
    assert len(named) == 4 and [name for name in named if name not in groups] == []
    composed = shown(ansible_cli.inventory(next(source for source in sources if "memory_gb" in source), rc=0))
    assert composed.variables["web-0001"]["team"] == "web" and len(composed.groups["web"]) == 6
