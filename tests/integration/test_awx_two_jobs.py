# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two jobs at the same time, of two job templates, that create the same servers.

Containers share neither a home nor a folder for temporary files, whether they run on one execution node or on two.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections import Counter
from typing import Any

from fault_proxy import Fault, FaultProxy
from helpers.awx_jobs import EMPTY_FIELDS, Job, execution_node
from helpers.awx_survey import NEW_SERVER, answers
from helpers.facts import mentions

CREATE = {"method": "POST", "path": "*/servers/"}
LOOK = {"method": "GET", "path": "*/servers/"}


def run_two(tmp_path: pathlib.Path, emulator: Any, url: str, names: list[str], trusted: dict[str, Any]) -> list[Job]:
    given = answers("fleet", survey_names=", ".join(names), **NEW_SERVER)
    trusted = {"fleet_wait_interval": 0.1, "fleet_concurrency": 1, **trusted}
    credential = {**EMPTY_FIELDS, "VPS_API_TOKEN": emulator.token, "VPS_API_URL": url}
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(execution_node(tmp_path / f"node-{number}", emulator)) for number in range(2)]
        jobs = [node.start("playbooks/fleet.yml", given, trusted=trusted, credential=credential) for node in nodes]
        return [job.end() for job in jobs]


def test_with_a_shared_folder_for_locks_every_server_is_created_once(tmp_path: pathlib.Path, emulator: Any) -> None:
    """On a volume that is mounted into every container; its path is an extra variable of the job templates."""
    emulator.configure(provision_ms=50, address_ms=0)
    names = ["web-01", "web-02", "db-01"]
    # Two creates at the same time would meet here; what comes alone is let go after a while.
    meeting = Fault("barrier", **CREATE, parties=2, limit=0.4, times=None)
    with FaultProxy(emulator.url, meeting) as proxy:
        jobs = run_two(tmp_path, emulator, proxy.url, names, {"vpsorg_lock_dir": str(tmp_path / "volume")})
        assert proxy.met(meeting) == 0
    assert [job.status for job in jobs] == ["successful", "successful"], jobs[0].output + jobs[1].output
    assert Counter(server["name"] for server in emulator.servers()) == Counter(names)
    assert sum(job.artifacts["vps_job_summary"]["created"] for job in jobs) == len(names)
    assert jobs[0].artifacts["vps_job_ids"] == jobs[1].artifacts["vps_job_ids"]


def test_without_one_every_duplicate_is_reported(tmp_path: pathlib.Path, emulator: Any) -> None:
    emulator.configure(provision_ms=50, address_ms=0)
    meeting = Fault("barrier", **LOOK, parties=2, when="after", limit=60)
    with FaultProxy(emulator.url, meeting) as proxy:
        jobs = run_two(tmp_path, emulator, proxy.url, ["web-01"], {"vpsorg_lock_dir": ""})
        assert proxy.met(meeting) == 2
    kept, unwanted = sorted(server["id"] for server in emulator.servers())
    (failed,) = [job for job in jobs if job.status == "failed"]
    (successful,) = [job for job in jobs if job.status == "successful"]
    assert mentions(failed.failures[-1], "web-01", kept, unwanted), failed.output
    assert failed.artifacts["vps_job_ids"] == {"web-01": unwanted}
    assert successful.artifacts["vps_job_ids"] == {"web-01": kept}
