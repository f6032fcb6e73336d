# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is interrupted: the error says what was changed, at whatever moment."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.jobs import Job
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.observer import TaskObserver
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.options import connection_options
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.runner import Task, run_module
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from helpers.facts import mentions

NEW = plan_present(DesiredServer("web", fields={"plan_id": 1, "os_id": 5, "location": "us-west"}), None)


class Ended(Exception):
    """What fail_json was given."""


class FakeModule:
    _name = "vpsorg.cloud.vps_fleet"
    check_mode = False
    input_error = None

    def __init__(self) -> None:
        defaults = {option: spec.get("default") for option, spec in connection_options().items()}
        self.params = {**defaults, "api_token": "vps_token", "api_url": "http://127.0.0.1:9/"}

    def fail_json(self, **result: Any) -> None:
        raise Ended(result)


def ended(interrupt: KeyboardInterrupt, *, created: bool) -> dict[str, Any]:
    """The result of a task that is interrupted after its plan was carried out, and before its result is there."""

    def run(task: Task, _declared: None) -> None:
        job = Job.of(NEW)
        if created:
            job.server_id, job.server = 17, server_detail(17, name="web")
            job.done("create")
        TaskObserver(task).began([job])
        raise interrupt

    with pytest.raises(Ended) as caught:
        run_module(FakeModule(), lambda _params: None, run)  # type: ignore[arg-type]
    result: dict[str, Any] = caught.value.args[0]
    return result


def test_what_was_done_is_told() -> None:
    result = ended(KeyboardInterrupt("The task timed out after 5 s"), created=True)
    assert result["changed"] is True and mentions(result["msg"], "timed out", 5, "web", 17, "created")


def test_nothing_was_done() -> None:
    result = ended(KeyboardInterrupt(), created=False)
    assert result["changed"] is False and mentions(result["msg"], "interrupted", "before")
