# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that are meant to act once for all hosts of a play, under a strategy that runs them for each host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible.plugins.loader import strategy_loader

_IGNORING = "ansible.plugins.strategy.free"  # host_pinned, and those of other collections, are subclasses of it


def run_once_problem(task: Any, hosts: Sequence[str]) -> str | None:
    """Why a task must not run, as a message; None where it may.

    `hosts`: those for which the play runs its tasks. ansible-core only warns of this, and a create that is sent for
    each host costs money each time.
    """
    if not task.run_once or len(hosts) < 2:
        return None
    strategy = task.get_play().strategy
    if not ignores_run_once(strategy):
        return None
    return (
        f"run_once has no effect with the strategy {strategy}: the task would run for each of the {len(hosts)} hosts "
        'of this play. Set "strategy: linear" in the play (ansible.cfg or ANSIBLE_STRATEGY may have set another one '
        "for all plays), or use a play with a single host. Nothing was done."
    )


def ignores_run_once(strategy: str) -> bool:
    """Whether a strategy plugin runs a task with `run_once` for every host all the same."""
    plugin = strategy_loader.get(strategy, class_only=True)
    return plugin is not None and any(parent.__module__ == _IGNORING for parent in plugin.__mro__)
