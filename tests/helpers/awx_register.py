# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the playbook that registers everything in a controller, against the stand-in for one."""

from __future__ import annotations

import pathlib
from typing import Any

import yaml

from helpers.ansible_cli import AnsibleCli, CommandResult
from helpers.awx_controller import Controller
from sandbox.isolation import REPOSITORY

AWX = REPOSITORY / "extensions" / "awx"
PLAYBOOK = AWX / "register" / "register.yml"
VARIABLES: dict[str, Any] = yaml.safe_load((AWX / "register" / "vars.yml").read_text(encoding="utf-8"))
REPOSITORY_URL = "https://git.example.com/vps.git"
PLAYBOOKS = [f"playbooks/{name}.yml" for name in ("fleet", "power", "rolling_reboot", "report", "changes")]
IMAGE = "registry.example.com/vps-ee:1"
VPS_TOKEN = "vps_9b1f2c7d"
TOLD = "Say what was done"


class Registration:
    """One user's runs of the playbook. `told`: what the last one said that it had changed."""

    def __init__(self, folder: pathlib.Path, controller: Controller) -> None:
        self.controller = controller
        self.told: list[str] = []
        self._cli = AnsibleCli(
            folder,
            {
                "CONTROLLER_HOST": controller.url,
                "CONTROLLER_OAUTH_TOKEN": controller.token,
                "VPS_API_TOKEN": VPS_TOKEN,
            },
            secrets=[controller.token, controller.password, VPS_TOKEN],
        )

    def run(self, *args: str, rc: int = 0, env: dict[str, str | None] | None = None, **variables: Any) -> CommandResult:
        """Run it with `variables` in addition to those that have no default, and assert its exit code."""
        self.controller.calls.clear()
        result = self._cli.playbook(
            PLAYBOOK,
            *args,
            env=env,
            rc=rc,
            extra_vars={
                "awx_project_url": REPOSITORY_URL,
                "awx_project_interval": "0",
                "awx_execution_environment_image": IMAGE,
                **variables,
            },
            timeout=600,
        )
        self.told = [
            entry.result["msg"]
            for entry in result.results
            if entry.task == TOLD and entry.result.get("changed") and not entry.result.get("results")
        ]
        return result

    def failure(self, *args: str, **options: Any) -> str:
        """The message of a run that fails."""
        result = self.run(*args, rc=2, **options)
        return str(result.with_status("failed")[-1].result["msg"])
