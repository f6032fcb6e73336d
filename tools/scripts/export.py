# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a copy of the repository's files at a path that Ansible's developer tools accept, and print that path.

    PYTHON tools/scripts/export.py

The tools want .../ansible_collections/NAMESPACE/NAME and walk everything below it. The copy, in .cache, has what git
tracks and what git would track (new files that are not ignored), so neither environments nor caches; it is a git
repository of its own, as the tools ask git for the list of files. Files whose content is unchanged are left alone, so
that caches of the tools stay good.
"""

from __future__ import annotations

import filecmp
import os
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
COPY = REPOSITORY / ".cache" / "export" / "ansible_collections" / "vpsorg" / "cloud"


def git(folder: pathlib.Path, *arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *arguments]
    # A hook of git finds variables that name the index and the folder of the repository that is committed to: they
    # would win over -C.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, env=environment
    ).stdout


def files_of_repository() -> set[str]:
    listed = git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return {name for name in listed if name and os.path.lexists(REPOSITORY / name)}


def files_of_copy() -> set[str]:
    found = set()
    for folder, folders, names in os.walk(COPY):
        folders[:] = [
            name for name in folders if pathlib.Path(folder, name) not in (COPY / ".git", COPY / "tests" / "output")
        ]
        found.update(os.path.relpath(os.path.join(folder, name), COPY) for name in names)
    return found


def is_same(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether two files have the same content, as far as size and time tell, and the same permissions."""
    return one.stat().st_mode == other.stat().st_mode and filecmp.cmp(one, other, shallow=True)


def export() -> None:
    COPY.mkdir(parents=True, exist_ok=True)
    wanted = files_of_repository()
    for name in files_of_copy() - wanted:
        (COPY / name).unlink()
    for name in wanted:
        source, target = REPOSITORY / name, COPY / name
        if target.is_file() and not source.is_symlink() and is_same(source, target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    for folder, folders, names in os.walk(COPY, topdown=False):
        if not folders and not names and ".git" not in pathlib.Path(folder).parts:
            os.rmdir(folder)
    if not (COPY / ".git").exists():
        git(COPY, "init", "--quiet")
    git(COPY, "add", "--all")


if __name__ == "__main__":
    export()
    print(COPY)
