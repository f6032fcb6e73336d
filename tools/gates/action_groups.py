# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action groups of meta/runtime.yml have the modules whose documentation says so, and no others."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Iterable, Mapping

import yaml

COLLECTION = "vpsorg.cloud"
# The group of which every module is a member.
EVERYTHING = "all"


def check(collection: pathlib.Path) -> list[str]:
    """What is wrong, in sentences. Raises CalledProcessError when ansible-doc fails."""
    runtime = yaml.safe_load((collection / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    names = sorted(path.stem for path in (collection / "plugins" / "modules").glob("*.py"))
    return findings(runtime["action_groups"], documented(names))


def documented(modules: Iterable[str]) -> dict[str, list[str]]:
    """The action groups that the documentation of each module names, its fragments included."""
    command = ["ansible-doc", "--json", "--type", "module", *(f"{COLLECTION}.{name}" for name in modules)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return {
        name.removeprefix(f"{COLLECTION}."): entry["doc"]["attributes"].get("action_group", {}).get("membership", [])
        for name, entry in json.loads(ran.stdout).items()
    }


def findings(groups: Mapping[str, list[str]], memberships: Mapping[str, list[str]]) -> list[str]:
    """What is wrong, in sentences: `groups` lists modules, `memberships` the groups that each module documents."""
    found = [
        f"Action group {group} has {module}, which is no module."
        for group, modules in groups.items()
        for module in modules
        if module not in memberships
    ]
    for module, membership in memberships.items():
        actual = {f"{COLLECTION}.{group}" for group, modules in groups.items() if module in modules}
        if f"{COLLECTION}.{EVERYTHING}" not in actual:
            found.append(f"{module} is not in the action group {EVERYTHING}.")
        found += [f"{module} is in {group}, but its documentation does not say so." for group in actual - {*membership}]
        found += [f"{module} is documented as a member of {group}, but is not." for group in {*membership} - actual]
    return sorted(found)
