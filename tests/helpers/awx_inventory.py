# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory source of AWX: its updates, run by the real ansible-runner, and what AWX stores of them.

Command line, environment and layout are those of AWX 24.6, and so are the rules of what is stored, written down from
its source. Only the folder that is /runner in a container lies elsewhere.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from helpers.awx_credential import credential_type, inject
from helpers.awx_jobs import PROJECT
from helpers.runner import folder_of_runner
from sandbox.isolation import COLLECTIONS
from sandbox.programs import core_bin

PIPELINE = pathlib.Path(__file__).with_name("awx_pipeline.py")
# Variables of an inventory source can't set these.
BLOCKED = ("HOME", "USER", "_", "TERM", "PATH")
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclasses.dataclass(frozen=True)
class Update:
    """The outcome of an update. `output`: what AWX shows of it; `document`: what it imports, None after a failure."""

    status: str
    output: str
    document: dict[str, Any] | None

    def words(self, last: int | None = None) -> str:
        """The output, or its `last` lines, without colours and on one line."""
        lines = COLOURS.sub("", self.output).splitlines()
        first = max(len(lines) - last, 0) if last else 0
        return " ".join(" ".join(lines[first:]).split())


class Source:
    """An inventory source of a project, with the settings of its form, in `folder`."""

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        source_path: str = "inventory/vps.yml",
        inputs: Mapping[str, Any] | None = None,
        source_vars: Mapping[str, Any] | None = None,
        limit: str = "",
        verbosity: int = 1,
    ) -> None:
        """`inputs`: the credential's fields; None: no credential was chosen."""
        self.folder = folder
        self.source_path = source_path
        self.inputs = inputs
        self.source_vars = dict(source_vars or {})
        self.limit = limit
        self.verbosity = verbosity
        self.project = folder / "repository"
        self.home = folder / "home"
        self._count = 0
        shutil.copytree(PROJECT, self.project)
        self.home.mkdir()

    def put_collection_in_image(self) -> None:
        """Let the execution environment have the collection."""
        _link_collection(self.home / ".ansible" / "collections")

    def update(self, *, requirements: bool = False) -> Update:
        """Run an update. `requirements`: whether the project's update has installed the collection."""
        self._count += 1
        data, container = self.folder / f"awx_{self._count}", self.folder / f"runner_{self._count}"
        for name in ("inventory", "env"):
            (data / name).mkdir(parents=True)
        shutil.copytree(self.project, data / "project")
        if requirements:
            _link_collection(data / "requirements_collections")
        ident = str(self._count)
        (data / "args").write_text(" ".join(self._command(container, ident)))
        (data / "env" / "settings").write_text(
            json.dumps({"job_timeout": 0, "suppress_ansible_output": True, "suppress_output_file": True})
        )
        task = {
            "params": {
                "ident": ident,
                "private_data_dir": str(data),
                "suppress_env_files": True,
                "envvars": self._environment(data, container),
                "fact_cache_type": "",
            },
            "container": str(container),
            "env": self._image_environment(),
        }
        (self.folder / f"task_{ident}.json").write_text(json.dumps(task))
        process = subprocess.run(
            [str(folder_of_runner() / "python"), str(PIPELINE), str(self.folder / f"task_{ident}.json")],
            env=self._image_environment(),
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        outcome = json.loads(process.stdout)
        text = "\n".join(event["stdout"] for event in outcome["events"] if event.get("stdout"))
        document = None
        if outcome["status"] == "successful":  # then the container's artifacts have come back
            document = json.loads((data / "artifacts" / ident / "output.json").read_text(encoding="utf-8"))
        return Update(outcome["status"], text, document)

    def _command(self, container: pathlib.Path, ident: str) -> list[str]:
        path = container / "project" / self.source_path
        command = ["ansible-inventory", "--list", "--export", "-i", str(path)]
        if self.limit:
            command += ["--limit", self.limit]
        command += ["--output", str(container / "artifacts" / ident / "output.json")]
        command += ["--playbook-dir", str(path.parent)]
        return command + (["-" + "v" * min(5, self.verbosity * 2 + 1)] if self.verbosity else [])

    def _environment(self, data: pathlib.Path, container: pathlib.Path) -> dict[str, str]:
        env = {
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
            "AWX_PRIVATE_DATA_DIR": str(data),
            "INVENTORY_SOURCE_ID": "1",
            "INVENTORY_UPDATE_ID": "1",
            "ANSIBLE_INVENTORY_EXPORT": "True",
            "ANSIBLE_VERBOSE_TO_STDERR": "True",
            "ANSIBLE_HOST_PATTERN_MISMATCH": "error",
        }
        for name, value in self.source_vars.items():
            if name not in env and name not in BLOCKED:
                env[name] = str(value)
        # Only the plural, which ansible-core before 2.19 reads.
        env["ANSIBLE_COLLECTIONS_PATHS"] = os.pathsep.join([
            str(container / "requirements_collections"),
            "~/.ansible/collections",
            "/usr/share/ansible/collections",
            "/usr/share/automation-controller/collections",
        ])  # fmt: skip
        if self.inputs is not None:
            env.update(inject(credential_type(), self.inputs, data, container))
        return env

    def _image_environment(self) -> dict[str, str]:
        """What the image sets itself: nothing of Ansible or of this collection."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "VPS_", "PYTEST_", "COV_"))
        }
        return {**own, "HOME": str(self.home), "PATH": f"{core_bin()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _link_collection(folder: pathlib.Path) -> None:
    (folder / "ansible_collections").mkdir(parents=True)
    (folder / "ansible_collections" / "vpsorg").symlink_to(COLLECTIONS / "ansible_collections" / "vpsorg")


@dataclasses.dataclass
class StoredHost:
    """A host of AWX; `pk` is what its history hangs on."""

    pk: int
    variables: dict[str, Any]
    enabled: bool


@dataclasses.dataclass
class StoredGroup:
    variables: dict[str, Any]
    hosts: set[str]
    children: set[str]


class StoredInventory:
    """An inventory of AWX that a single source fills. The settings are those of the source's form."""

    def __init__(
        self,
        *,
        overwrite: bool = True,
        overwrite_vars: bool = True,
        enabled_var: str = "vps_status",
        enabled_value: str = "active",
    ) -> None:
        self.overwrite = overwrite
        self.overwrite_vars = overwrite_vars
        self.enabled_var = enabled_var
        self.enabled_value = enabled_value
        self.variables: dict[str, Any] = {}
        self.hosts: dict[str, StoredHost] = {}
        self.groups: dict[str, StoredGroup] = {}
        self._pk = 0

    def load(self, document: Mapping[str, Any]) -> None:
        """Store what an update has printed. Hosts are recognized by their names, whatever their variables are."""
        entries = {name: entry for name, entry in document.items() if name != "_meta"}
        names = {name for entry in entries.values() for name in entry.get("hosts", ())}
        assert not any(":" in name for name in names), "AWX would take what follows for a port"
        groups = (set(entries) | {child for entry in entries.values() for child in entry.get("children", ())}) - {
            "all",
            "ungrouped",
        }
        if self.overwrite:
            self.hosts = {name: host for name, host in self.hosts.items() if name in names}
            self.groups = {
                name: StoredGroup(group.variables, set(), set())
                for name, group in self.groups.items()
                if name in groups
            }
        self.variables.update(entries.get("all", {}).get("vars", {}))
        for name in sorted(groups):
            entry = entries.get(name, {})
            group = self.groups.setdefault(name, StoredGroup({}, set(), set()))
            group.variables = self._merged(group.variables, entry.get("vars", {}))
            group.hosts.update(entry.get("hosts", ()))
            group.children.update(entry.get("children", ()))
        for name in sorted(names):
            variables = document["_meta"]["hostvars"].get(name, {})
            enabled = self._is_enabled(variables)
            host = self.hosts.get(name)
            if host is None:
                self._pk += 1
                host = self.hosts[name] = StoredHost(self._pk, {}, True)
            host.variables = self._merged(host.variables, variables)
            host.enabled = host.enabled if enabled is None else enabled

    def _merged(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        return dict(now) if self.overwrite_vars else {**before, **now}

    def _is_enabled(self, variables: Any) -> bool | None:
        """What the variable says; None where there is none, which changes nothing."""
        value = variables
        for key in self.enabled_var.split("."):
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        return str(value).lower() == self.enabled_value.lower()

    def job_document(self) -> dict[str, Any]:
        """What the inventory script of a job prints: only hosts that are enabled."""
        enabled = {name: host for name, host in self.hosts.items() if host.enabled}
        grouped = {name for group in self.groups.values() for name in group.hosts}
        document: dict[str, Any] = {
            "all": {"hosts": sorted(set(enabled) - grouped), "children": sorted(self.groups), "vars": self.variables}
        }
        for name, group in self.groups.items():
            entry = {
                "hosts": sorted(group.hosts & set(enabled)),
                "children": sorted(group.children),
                "vars": group.variables,
            }
            if any(entry.values()):
                document[name] = {key: value for key, value in entry.items() if value}
        document["_meta"] = {
            "hostvars": {
                name: {**host.variables, "remote_tower_enabled": "true", "remote_tower_id": host.pk}
                for name, host in sorted(enabled.items())
            }
        }
        return document

    def write_job_script(self, path: pathlib.Path) -> None:
        """Write the inventory of a job, an executable file."""
        path.write_text(
            f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(self.job_document())!r})\n"
        )
        path.chmod(0o700)
