# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that are measured, and those that they are measured beside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from benchmark.measure import Bench

# new_emulator(**switches) gives an emulator that runs for as long as its context lasts.
EmulatorFactory = Callable[..., AbstractContextManager[Any]]

SPECIFICATION = {"plan_id": 1, "os_id": 5, "location": "us-west"}
# Seeded servers that are as the fleets below declare them.
AS_DECLARED = {"plan_id": [1], "os_id": [5], "location": ["us-west"]}


def connection(emulator: Any) -> dict[str, str]:
    """The environment that leads to an emulator."""
    return {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}


def playbook(
    bench: Bench, tasks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any] | None = None, **play: Any
) -> list[str]:
    """The command that runs these tasks on localhost. `play`: further keywords of the play."""
    document = {
        "name": "Measured",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": dict(variables or {}),
        "tasks": list(tasks),
        **play,
    }
    return ["ansible-playbook", str(bench.write(json.dumps([document])))]


def empty(bench: Bench) -> list[str]:
    """A play without a task."""
    return playbook(bench, [])


def one_debug(bench: Bench) -> list[str]:
    """The floor of every playbook with one task: a task that does nothing."""
    return playbook(bench, [{"name": "Nothing", "ansible.builtin.debug": {"msg": "nothing"}}])


def loop(bench: Bench, action: Mapping[str, Any], count: int, variables: Mapping[str, Any] | None = None) -> list[str]:
    """One task that is looped."""
    return playbook(bench, [{"name": "Item", **action, "loop": f"{{{{ range({count}) | list }}}}"}], variables)


def fleet(bench: Bench, count: int, first: int = 1, **options: Any) -> list[str]:
    """Servers web-0001 to web-<count>, or beginning with another number, declared in one task."""
    servers = [{"name": f"web-{number:04d}"} for number in range(first, first + count)]
    return playbook(
        bench, [{"name": "Fleet", "vpsorg.cloud.vps_fleet": {"servers": servers, "defaults": SPECIFICATION, **options}}]
    )


def expect(condition: bool, what: str) -> None:
    """RuntimeError where a command did not do what is measured."""
    if not condition:
        raise RuntimeError(f"expected that {what}")
