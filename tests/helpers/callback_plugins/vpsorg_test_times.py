# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write how long each task took to the file named by VPSORG_TEST_TIMES, and nothing to the output."""

from __future__ import annotations

DOCUMENTATION = """
name: vpsorg_test_times
type: notification
short_description: Record how long tasks take
description:
  - Appends the name of the host and the seconds that its task took as a line of JSON to a file.
requirements:
  - E(VPSORG_TEST_TIMES) names the file; nothing is recorded without it.
author:
  - VPS.org collection contributors
"""

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vpsorg_test_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file = os.environ.get("VPSORG_TEST_TIMES")
        self._begun: dict[str, float] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._begun[str(host.get_name())] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._ended(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._ended(result)

    def _ended(self, outcome: Any) -> None:
        name = str((outcome.host if hasattr(outcome, "host") else outcome._host).get_name())
        if self._file and name in self._begun:
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps([name, time.monotonic() - self._begun[name]]) + "\n")
