# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation inside plugins, and its examples as plays that can be run against the emulator."""

from __future__ import annotations

import ast
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import yaml

from helpers.script import COLLECTION, DEFAULTS, OTHER_CLIENT
from sandbox.isolation import REPOSITORY

CREATING = ("plan_id", "os_id", "location")


def names_of(kind: str) -> list[str]:
    """The collection's plugins of a kind (the name of their folder)."""
    return sorted(path.stem for path in (REPOSITORY / "plugins" / kind).glob("*.py"))


def constants(kind: str, name: str) -> dict[str, str]:
    """The texts that a plugin assigns to names in capitals: DOCUMENTATION, EXAMPLES, RETURN."""
    tree = ast.parse((REPOSITORY / "plugins" / kind / f"{name}.py").read_text(encoding="utf-8"))
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }


def examples(kind: str, name: str) -> list[Any]:
    """The YAML documents of a plugin's examples."""
    return list(yaml.safe_load_all(constants(kind, name)["EXAMPLES"]))


def documented_return(name: str) -> dict[str, Any]:
    """What a module's documentation says of its return values."""
    return yaml.safe_load(constants("modules", name)["RETURN"])


def calls(tasks: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules of the collection that tasks call, in order, with their options; blocks are looked into."""
    for task in tasks:
        for section in ("block", "rescue", "always"):
            yield from calls(task.get(section, []))
        for key, options in task.items():
            if key.startswith(COLLECTION) and isinstance(options, dict):
                yield key.removeprefix(COLLECTION), options


def needed_servers(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The servers that must be there already for tasks to do what they say: those that they name and neither create nor
    delete.
    """
    needed: dict[str, dict[str, Any]] = {}
    created: set[str] = set()
    for module, options in calls(tasks):
        if module == "vps_fleet":
            servers = options["servers"] if isinstance(options["servers"], list) else []
            created.update(server["name"] if isinstance(server, dict) else server for server in servers)
            continue
        if module == "vps_server_power":
            needed |= {name: {"name": name} for name in _names_of_many(options) if name not in created}
        name, server_id = options.get("name"), options.get("id")
        if options.get("state") == "absent" or "{{" in f"{name}{server_id}":
            continue
        if name and all(option in options for option in CREATING):
            created.add(name)
        elif name and name not in created:
            needed[name] = {"name": name}
        elif isinstance(server_id, int):
            needed[str(server_id)] = {"id": server_id}
    return list(needed.values())


def _names_of_many(options: dict[str, Any]) -> list[str]:
    """The names that a task of vps_server_power gives, and for each of its patterns one that fits."""
    match = options.get("match", [])
    patterns = [match] if isinstance(match, str) else match
    return [*options.get("names", []), *(pattern.replace("*", "01") for pattern in patterns)]


def play_of(
    name: str, tasks: list[dict[str, Any]], emulator_root: str, folder: pathlib.Path, **keywords: Any
) -> dict[str, Any]:
    """A play that begins with an account of its own in the emulator, which holds what the tasks need, and then runs
    them as they stand.
    """
    requests = [["POST", "/_emulator/reset", {"switches": {"provision_ms": 50, "address_ms": 0}}]]
    requests += [["POST", "/_emulator/servers", {"fields": server}] for server in needed_servers(tasks)]
    file = folder / f"account-{name}.json"
    file.write_text(json.dumps({"url": emulator_root, "token": OTHER_CLIENT, "requests": requests}))
    account = {"name": "The account", "emulator_control": {"file": str(file)}, "check_mode": False}
    short_waits = {**DEFAULTS, f"{COLLECTION}vps_fleet": {"wait_interval": 0.1}}
    return {
        "name": name,
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": short_waits,
        "tasks": [account, *tasks],
        **keywords,
    }
