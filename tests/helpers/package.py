# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that users install: copy the repository, build it, install it."""

from __future__ import annotations

import pathlib
import shutil

import yaml

from helpers.ansible_cli import AnsibleCli
from sandbox.isolation import REPOSITORY

NOT_COPIED = (".git", ".venv", ".cache", "dist", "output", "__pycache__")


def copy_repository(target: pathlib.Path) -> pathlib.Path:
    """Copy the working tree, but for environments, caches, and results, to a folder that does not exist yet; that."""
    shutil.copytree(REPOSITORY, target, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return target


def build(source: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Build the archive of the collection in `source`; the path of the archive, which is in `folder`."""
    AnsibleCli(folder).run("ansible-galaxy", "collection", "build", str(source), "--output-path", str(folder), rc=0)
    version = yaml.safe_load((source / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    return folder / f"vpsorg-cloud-{version}.tar.gz"


def install(archive: pathlib.Path, collections: pathlib.Path) -> None:
    """Install an archive with ansible-galaxy, and nothing else, below `collections`."""
    AnsibleCli(archive.parent, {"ANSIBLE_COLLECTIONS_PATH": str(collections)}).run(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "--collections-path",
        str(collections),
        str(archive),
        rc=0,
    )
