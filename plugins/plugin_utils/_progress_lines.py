# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows lines of progress and last words in the controller's output.

Standard output belongs to the stdout callback. Where a machine may read what that prints, lines go to standard error.
"""

from __future__ import annotations

import contextlib
import os

from ansible import constants as C
from ansible import context
from ansible.utils.display import Display

# Stdout callbacks whose output a person reads. Any other may be for a machine, and a person sees standard error too.
_FOR_PEOPLE = frozenset(
    {
        "actionable",
        "awx_display",
        "counter_enabled",
        "debug",
        "default",
        "default_without_diff",
        "dense",
        "diy",
        "full_skip",
        "minimal",
        "selective",
        "skippy",
        "stderr",
        "tasks_only",
        "timestamp",
        "unixy",
        "yaml",
    }
)

display = Display()


def _copy(descriptor: int) -> int | None:
    try:
        return os.dup(descriptor)
    except OSError:
        return None


# The controller reads nothing from the workers of a cancelled task, and newer workers have no output of their own:
# their last words go to these copies, made when the plugin is loaded, before workers fork.
_STDOUT, _STDERR = _copy(1), _copy(2)


def show(line: str) -> None:
    """Show a line while a task runs."""
    display.display(line, stderr=not _stdout_is_for_people())


def show_last(line: str) -> None:
    """Show a line of a worker that is about to end."""
    descriptor = _STDOUT if _stdout_is_for_people() else _STDERR
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.write(descriptor, f"{line}\n".encode())


def _stdout_is_for_people() -> bool:
    if context.CLIARGS.get("one_line"):  # `ansible --one-line`, whatever is configured
        return False
    name = str(C.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))
    if name == "awx_display":  # ansible-runner's, which turns the output of another one into events
        name = os.environ.get("ORIGINAL_STDOUT_CALLBACK") or name
    return name.rpartition(".")[2] in _FOR_PEOPLE
