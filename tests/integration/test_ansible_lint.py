# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-lint checks the options of every module, although it finds the action plugins first."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys

import pytest
import yaml

from helpers.script import Script

# Beside the Python of the tests, or wherever a shell finds it.
LINT = shutil.which("ansible-lint", path=str(pathlib.Path(sys.executable).parent)) or shutil.which("ansible-lint")
TASKS = {
    "vps_fleet": {"servers": "{{ servers }}", "concurrency": "{{ number }}", "state": "{{ state }}"},
    "vps_server": {"name": "web-01", "plan_id": "{{ number }}", "state": "{{ state }}"},
    "vps_server_info": {"id": "{{ number }}", "status": ["active", "stopped"], "details": "{{ flag }}"},
    "vps_server_power": {"name": "web-01", "state": "{{ state }}", "wait": "{{ flag }}"},
}
# Without templates: ansible-lint leaves a task alone whose first problem may be one of a template.
MISSPELT = {
    "vps_fleet": {"servers": [], "naem": "web-01"},
    "vps_server": {"name": "web-01", "naem": "web-01"},
    "vps_server_info": {"naem": "web-01"},
    "vps_server_power": {"name": "web-01", "state": "started", "naem": "web-01"},
}


@pytest.mark.skipif(LINT is None, reason="ansible-lint is not installed (tools/requirements/lint.txt)")
def test_misspelt_options_are_found_and_right_ones_are_not(script: Script, tmp_path: pathlib.Path) -> None:
    """Templated values are no alarm; and nothing is ever sent, even if the environment holds a token."""
    tasks = [
        {"name": f"Use {module}", f"vpsorg.cloud.{module}": options}
        for cases in (TASKS, MISSPELT)
        for module, options in cases.items()
    ]
    (tmp_path / "play.yml").write_text(
        "---\n"
        + yaml.safe_dump(
            [{"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": tasks}], sort_keys=False
        )
    )
    done = script.cli.run(str(LINT), "--offline", "--format", "json", "--project-dir", str(tmp_path), "play.yml")
    found = [match for match in json.loads(done.stdout) if match["check_name"] == "args[module]"]
    assert len(found) == len(TASKS), done.describe()
    assert all("naem" in json.dumps(match) for match in found), done.describe()
    assert not script.emulator.requests()
