# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the emulator's servers: as the real ansible-inventory shows them, and, where there are many, made in
this process.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import yaml

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.facts import missing

PLUGIN = {"plugin": "vpsorg.cloud.vps"}


@dataclasses.dataclass(frozen=True)
class Shown:
    """What `ansible-inventory --list` shows. Texts that are marked as no templates are plain here."""

    outcome: CommandResult | None
    variables: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]

    @property
    def hosts(self) -> list[str]:
        return sorted(self.variables)

    @property
    def warnings(self) -> str:
        """The warnings, each on one line, as if the terminal were wide."""
        return re.sub(r"\s+", " ", self.outcome.stderr) if self.outcome else ""


def plain(value: Any) -> Any:
    """A value without the mark that an export puts around text that is no template."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"]
            if set(value) == {"__ansible_unsafe"}
            else {key: plain(item) for key, item in value.items()}
        )
    return [plain(item) for item in value] if isinstance(value, list) else value


def marked(value: Any) -> bool:
    """Whether a text is marked as no template anywhere in a value of an export."""
    if isinstance(value, dict):
        return "__ansible_unsafe" in value or any(marked(item) for item in value.values())
    return isinstance(value, list) and any(marked(item) for item in value)


def show(
    cli: AnsibleCli, config: Mapping[str, Any] | str | None = None, *args: str, rc: int = 0, **options: Any
) -> Shown:
    """The inventory of a configuration: keys beside `plugin`, or the whole file as text.

    `options` are those of AnsibleCli.run.
    """
    source = config if isinstance(config, str) else {**PLUGIN, **(config or {})}
    options["env"] = {"ANSIBLE_VERBOSE_TO_STDERR": "1", **options.get("env", {})}
    return shown(cli.inventory(source, "--list", *args, rc=rc, **options))


def shown(outcome: CommandResult) -> Shown:
    """What a finished `ansible-inventory --list` has shown."""
    document = outcome.json()
    groups: dict[str, list[str]] = {}

    def members(name: str) -> list[str]:
        if name not in groups:
            entry = document.get(name, {})
            groups[name] = sorted(
                {*entry.get("hosts", []), *(host for child in entry.get("children", []) for host in members(child))}
            )
        return groups[name]

    for name in document:
        if name != "_meta":
            members(name)
    hosts = groups.get("all", [])
    variables = document["_meta"]["hostvars"]
    return Shown(outcome, {host: plain(variables.get(host, {})) for host in hosts}, groups)


def failed(cli: AnsibleCli, config: Mapping[str, Any] | str | None = None, *facts: object, **options: Any) -> str:
    """The one line that tells why an inventory failed, and that mentions all the facts.

    Without strictness Ansible goes on without hosts; with it the exit code tells.
    """
    env = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", **options.pop("env", {})}
    source = config if isinstance(config, str) else {**PLUGIN, **(config or {})}
    outcome = cli.inventory(source, "--list", env=env, **options)
    assert outcome.rc != 0, outcome.describe()
    text = re.sub(r"\s+", " ", outcome.output)
    assert missing(text, *facts) == [], outcome.describe()
    return text


def made_here(folder: pathlib.Path, config: Mapping[str, Any] | None = None) -> Shown:
    """The inventory of a configuration, made by Ansible in this process, whose environment must lead to the emulator.

    AnsibleError if it fails.
    """
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    path = folder / "here.vps.yml"
    path.write_text(yaml.safe_dump({**PLUGIN, **(config or {})}, sort_keys=False))
    inventory = InventoryManager(loader=DataLoader(), sources=[str(path)])
    assert "vps" in inventory.groups or (config or {}).get("group"), "the source failed"
    groups = {name: sorted(host.name for host in group.get_hosts()) for name, group in inventory.groups.items()}
    origin = ("inventory_file", "inventory_dir")
    return Shown(
        None,
        {
            name: {key: value for key, value in host.vars.items() if key not in origin}
            for name, host in inventory.hosts.items()
        },
        groups,
    )
