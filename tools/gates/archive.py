# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that users install: what may be in it, and what must."""

from __future__ import annotations

import pathlib
import re
import subprocess
import tarfile
import tempfile

PLUGIN_KINDS = "action|doc_fragments|filter|inventory|lookup|module_utils|modules|plugin_utils|test"
MAY_BE_PACKED = re.compile(
    rf"""
    (?: MANIFEST\.json | FILES\.json | README\.md | CHANGELOG\.rst | COPYING
      | LICENSES/(?: GPL-3\.0-or-later | BSD-2-Clause )\.txt
      | changelogs/changelog\.yaml
      | docs/(?: [a-z0-9_-]+/ )*[A-Za-z0-9_.-]+\.(?: md | rst | yml | yaml | json | svg | png | py )
      | meta/(?: runtime\.yml | execution-environment\.yml | ee-requirements\.txt )
      | plugins/(?: {PLUGIN_KINDS} )/(?: _[a-z]+/ )?[a-z0-9_]+\.py
      | roles/[a-z_]+/
        (?: README\.md | (?: defaults | files | handlers | meta | tasks | templates | vars )/[a-z0-9_.-]+ )
      | extensions/(?: [a-z0-9_-]+/ )*[A-Za-z0-9_.-]+\.(?: md | py | yml | json | cfg )
    )
    """,
    re.VERBOSE,
)
MUST_BE_PACKED = {
    "README.md",
    "CHANGELOG.rst",
    "COPYING",
    "LICENSES/GPL-3.0-or-later.txt",
    "LICENSES/BSD-2-Clause.txt",
    "changelogs/changelog.yaml",
    "docs/docsite/extra-docs.yml",
    "meta/runtime.yml",
    "meta/execution-environment.yml",
    "meta/ee-requirements.txt",
    # Also what an ignored name would hide: "collections" is ignored at the top only.
    "extensions/awx/credential_type.yml",
    "extensions/awx/project/ansible.cfg",
    "extensions/awx/project/collections/requirements.yml",
    "extensions/awx/project/inventory/vps.yml",
}
# All files of these belong to users.
WHOLE_FOLDERS = ("docs/docsite", "extensions", "meta", "plugins", "roles")
# Galaxy takes up to 20 MB. Ours has text and a few small pictures only, so that more means a mistake.
MOST_BYTES = 1_000_000


def check(collection: pathlib.Path) -> list[str]:
    """Build the archive of a collection and look into it; what is wrong, in sentences.

    Raises CalledProcessError when ansible-galaxy fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        return findings(build(collection, pathlib.Path(folder)), collection)


def build(collection: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The archive, built in `folder`, which holds no other. Raises CalledProcessError when ansible-galaxy fails."""
    subprocess.run(
        ["ansible-galaxy", "collection", "build", str(collection), "--output-path", str(folder)],
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    (archive,) = folder.glob("*.tar.gz")
    return archive


def findings(archive: pathlib.Path, collection: pathlib.Path) -> list[str]:
    """What is wrong with the archive of a collection, in sentences."""
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if not member.isdir()]
    names = {member.name for member in members}
    found = [f"{member.name} is neither a file nor a folder." for member in members if not member.isfile()]
    # Modules are packed into files of their own, and all else is read.
    found += [f"{member.name} is executable." for member in members if member.isfile() and member.mode & 0o111]
    found += [f"{name} is packed, but no user needs it." for name in names if not MAY_BE_PACKED.fullmatch(name)]
    found += [f"{name} is not packed." for name in (MUST_BE_PACKED | _files_for_users(collection)) - names]
    size = archive.stat().st_size
    if size >= MOST_BYTES:
        found.append(f"The archive has {size} bytes, not less than {MOST_BYTES}.")
    return sorted(found)


def _files_for_users(collection: pathlib.Path) -> set[str]:
    return {
        path.relative_to(collection).as_posix()
        for folder in WHOLE_FOLDERS
        for path in (collection / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
