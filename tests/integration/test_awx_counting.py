# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller counts the servers that a job has worked on: in the events that ansible-runner makes of real tasks."""

from __future__ import annotations

from typing import Any

from helpers.ansible_cli import AnsibleCli
from helpers.awx_counting import counted
from helpers.runner import run_playbook

SPEC = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def task(title: str, module: str, /, *, keywords: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    return {"name": title, f"vpsorg.cloud.{module}": options, **(keywords or {})}


def test_managed_servers_are_counted(ansible_cli: AnsibleCli, emulator: Any) -> None:
    """A server once, however often and by whichever module; none that was deleted, that check mode predicts, or
    that was only read.
    """
    for name in ("web-01", "web-02", "web-03", "web-04", "web-05", "web-06"):
        emulator.insert(name=name)
    here = {"ignore_errors": True}
    checked = {"check_mode": True}
    job = run_playbook(
        ansible_cli,
        [
            task("Predict", "vps_server", name="new", keywords=checked, **SPEC),
            task("Predict many", "vps_fleet", servers=[{"name": "new", **SPEC}], keywords=checked),
            task("Create", "vps_fleet", servers=[{"name": "made", **SPEC}, {"name": "web-01"}], wait_interval=1),
            task("Brief", "vps_fleet", servers=["web-05"], state="absent", returned="changed"),
            task("Unchanged", "vps_server", name="web-01"),
            task(
                "Loop", "vps_server_power", name="{{ item }}", state="started", keywords={"loop": ["web-01", "web-02"]}
            ),
            task("Many", "vps_server_power", match=["web-0[23]"], state="started"),
            task("Fails", "vps_server", name="web-04", plan_id=2, keywords=here),
            task("Unknown", "vps_server_power", name="nowhere", state="started", keywords=here),
            task("Hidden", "vps_server", name="web-06", keywords={"no_log": True}),
            task("Delete", "vps_server", name="web-06", state="absent"),
            task("Gone", "vps_server", name="web-06", state="absent"),
            task("Read", "vps_server_info"),
        ],
    )
    assert job.rc == 0, job.errors
    assert counted(job.events) == {"made": 1, "web-01": 3, "web-02": 2, "web-03": 1, "web-04": 1}
