# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definition of the execution environment, as users build from it, and its variant with an archive of this tree."""

from __future__ import annotations

import copy
import pathlib
from typing import Any

import yaml

from sandbox.isolation import REPOSITORY

PATH = REPOSITORY / "extensions" / "awx" / "execution-environment.yml"
COLLECTION = "vpsorg.cloud"
# Where the archive lies in the build context, in whose folder ansible-galaxy is started.
ARCHIVES = "archives"


class Definition:
    """An execution environment's definition; `path` is its file, beside which its requirements file lies."""

    def __init__(self, path: pathlib.Path = PATH) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._folder = path.parent

    @property
    def base_image(self) -> str:
        return str(self.document["images"]["base_image"]["name"])

    @property
    def ansible_packages(self) -> list[str]:
        """The requirements, in pip's notation, that are installed before any collection: ansible-core and
        ansible-runner.
        """
        dependencies = self.document["dependencies"]
        return [dependencies[name]["package_pip"] for name in ("ansible_core", "ansible_runner")]

    def requirements(self) -> dict[str, Any]:
        """What ansible-galaxy installs."""
        text = (self._folder / self.document["dependencies"]["galaxy"]).read_text(encoding="utf-8")
        return dict(yaml.safe_load(text))

    def with_archive(self, archive: pathlib.Path, base_image: str | None = None) -> dict[str, Any]:
        """The same definition with this collection from `archive` instead of Galaxy, on `base_image` if one is given.

        ValueError when the requirements don't name the collection exactly once: the image would hold another one.
        """
        requirements = self.requirements()
        collections = [entry for entry in requirements["collections"] if entry["name"] != COLLECTION]
        if len(collections) != len(requirements["collections"]) - 1:
            raise ValueError(f"the requirements of the execution environment must name {COLLECTION} once")
        own = {"name": f"{ARCHIVES}/{archive.name}", "type": "file"}
        document = copy.deepcopy(self.document)
        document["dependencies"]["galaxy"] = {**requirements, "collections": [own, *collections]}
        document.setdefault("additional_build_files", []).append({"src": str(archive), "dest": ARCHIVES})
        if base_image:
            document["images"]["base_image"]["name"] = base_image
        return document
