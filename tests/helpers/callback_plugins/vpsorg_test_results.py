# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the result of every task as a line of JSON to the file named by VPSORG_TEST_RESULTS, and nothing
to the output.
"""

from __future__ import annotations

DOCUMENTATION = """
name: vpsorg_test_results
type: notification
short_description: Record task results for tests
description:
  - Appends the result of every task, and of every item of a looped task, as a line of JSON to a file.
requirements:
  - E(VPSORG_TEST_RESULTS) names the file; nothing is recorded without it.
author:
  - VPS.org collection contributors
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible.plugins.callback import CallbackBase


def plain(value: Any) -> Any:
    """The value in the types of JSON: ansible-core wraps texts and containers in types of its own, differing by
    version.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(entry) for entry in value]
    return str(value)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vpsorg_test_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file = os.environ.get("VPSORG_TEST_RESULTS")
        self._play = ""

    def _record(self, outcome: Any, status: str, kind: str = "task") -> None:
        if not self._file:
            return
        # The names without underscore came with ansible-core 2.21, which deprecates the others.
        host = outcome.host if hasattr(outcome, "host") else outcome._host
        task = outcome.task if hasattr(outcome, "task") else outcome._task
        result = outcome.result if hasattr(outcome, "result") else outcome._result
        line = json.dumps(
            {
                "play": self._play,
                "task": str(task.name or task.get_name()),  # without the role that get_name puts before it
                "action": str(task.action),
                "host": str(host.get_name()),
                "kind": kind,
                "status": status,
                "result": plain(result),
            }
        )
        with open(self._file, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = str(play.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record(result, "unreachable")

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._record(result, "ok", "item")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._record(result, "failed", "item")

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._record(result, "skipped", "item")
