# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of `make lint` find what they are there for, and pre-commit's hooks run every one of them."""

from __future__ import annotations

import configparser
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
import yaml

from gates import action_groups, archive, importer
from sandbox.isolation import REPOSITORY

LINT = REPOSITORY / "tools" / "scripts" / "lint.sh"
GROUPS = {"all": ["create", "show"], "wait": ["create"]}
MEMBERSHIPS = {"create": ["vpsorg.cloud.all", "vpsorg.cloud.wait"], "show": ["vpsorg.cloud.all"]}


def test_groups_and_documentation_that_agree() -> None:
    assert action_groups.findings(GROUPS, MEMBERSHIPS) == []


@pytest.mark.parametrize(
    ("groups", "memberships", "finding"),
    [
        (
            {"all": ["create", "show", "gone"], "wait": ["create"]},
            MEMBERSHIPS,
            "group all has gone, which is no module",
        ),
        ({"all": ["create"], "wait": ["create"]}, {**MEMBERSHIPS, "show": []}, "show is not in the action group all"),
        (GROUPS, {**MEMBERSHIPS, "create": ["vpsorg.cloud.all"]}, "create is in vpsorg.cloud.wait, but its docum"),
        (GROUPS, {**MEMBERSHIPS, "show": ["vpsorg.cloud.all", "vpsorg.cloud.wait"]}, "show is documented as a member"),
    ],
)
def test_groups_and_documentation_that_differ(groups: dict, memberships: dict, finding: str) -> None:
    (found,) = action_groups.findings(groups, memberships)
    assert finding in found


@pytest.fixture
def collection(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a file that users need besides those that must be packed."""
    folder = tmp_path / "collection"
    (folder / "plugins" / "modules").mkdir(parents=True)
    (folder / "plugins" / "modules" / "show.py").write_text("")
    return folder


def packed(collection: pathlib.Path, *extra: tarfile.TarInfo, without: str = "", filling: int = 0) -> pathlib.Path:
    """An archive of the files that are needed, less one, with more, and with bytes that can't be compressed."""
    names = {*archive.MUST_BE_PACKED, "plugins/modules/show.py"} - {without}
    file = collection.parent / "some-collection-1.0.0.tar.gz"
    with tarfile.open(file, "w:gz", compresslevel=0) as tar:
        for name in sorted(names):
            content = bytes(filling) if name == "README.md" else b""
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for entry in extra:
            tar.addfile(entry)
    return file


def member(name: str, mode: int = 0o644, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type, entry.linkname = mode, kind, "README.md" if kind == tarfile.SYMTYPE else ""
    return entry


def test_archive_with_all_that_is_needed(collection: pathlib.Path) -> None:
    assert archive.findings(packed(collection), collection) == []


@pytest.mark.parametrize(
    ("extra", "finding"),
    [
        (member("plugins/modules/other.py", 0o755), "plugins/modules/other.py is executable."),
        (member("docs/link.md", kind=tarfile.SYMTYPE), "docs/link.md is neither a file nor a folder."),
        (member("plugins/modules/notes.txt"), "plugins/modules/notes.txt is packed, but no user needs it."),
        (member("tests/sanity/ignore-2.21.txt"), "tests/sanity/ignore-2.21.txt is packed, but no user needs it."),
    ],
)
def test_archive_with_more(collection: pathlib.Path, extra: tarfile.TarInfo, finding: str) -> None:
    assert archive.findings(packed(collection, extra), collection) == [finding]


@pytest.mark.parametrize("name", ["plugins/modules/show.py", "meta/runtime.yml", "docs/docsite/extra-docs.yml"])
def test_archive_with_less(collection: pathlib.Path, name: str) -> None:
    assert archive.findings(packed(collection, without=name), collection) == [f"{name} is not packed."]


def test_archive_that_is_too_large(collection: pathlib.Path) -> None:
    (finding,) = archive.findings(packed(collection, filling=archive.MOST_BYTES), collection)
    assert re.match(r"The archive has \d+ bytes, not less than ", finding)


@pytest.mark.parametrize("line", ["WARNING: flake8 not found, skipping", "ERROR: Timeout on call to ansible-lint"])
def test_line_of_the_importer_that_is_a_finding(line: str) -> None:
    assert importer.findings(f"Loading role fleet\n{line}\n{importer.SUCCESS}\n", 0) == [line]


def test_importer_without_findings() -> None:
    assert importer.findings(f"Loading role warning\n{importer.SUCCESS}\n", 0) == []


@pytest.mark.parametrize(("output", "code"), [("Killed\n", 137), ("Loading role fleet\n", 0), ("", 1)])
def test_importer_that_does_not_come_to_its_end(output: str, code: int) -> None:
    found = importer.findings(output, code)
    assert found[:-1] == output.splitlines() and f"code {code}" in found[-1]


@pytest.mark.parametrize(("version", "required"), [("0.9.0", False), ("1.0.0", True), ("10.2.3", True)])
def test_importer_requires_the_first_major_version_once_it_is_there(
    tmp_path: pathlib.Path, version: str, required: bool
) -> None:
    settings = configparser.ConfigParser()
    importer.write_settings(tmp_path / "importer.cfg", version)
    settings.read(tmp_path / "importer.cfg")
    section = settings["galaxy-importer"]
    assert section.getboolean("require_v1_or_greater") is required
    assert all(section.getboolean(name) for name in ("check_changelog", "check_required_tags", "run_flake8"))


def test_export_notices_that_a_file_became_executable(tmp_path: pathlib.Path) -> None:
    """The copy that is checked is kept from run to run, and what is unchanged is left alone."""
    scripts = tmp_path / "tools" / "scripts"
    scripts.mkdir(parents=True)
    script = shutil.copy2(REPOSITORY / "tools" / "scripts" / "export.py", scripts)
    file = tmp_path / "module.py"
    file.write_text("")
    (tmp_path / ".gitignore").write_text("/.cache/\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    modes = []
    for mode in (0o644, 0o755):
        file.chmod(mode)
        ran = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True)
        modes.append((pathlib.Path(ran.stdout.strip()) / "module.py").stat().st_mode & 0o777)
    assert modes == [0o644, 0o755]


def checks() -> list[str]:
    """The names of all checks of `make lint`."""
    return subprocess.run([LINT, "--list"], check=True, capture_output=True, text=True).stdout.split()


def hooks() -> list[dict]:
    file = REPOSITORY / ".pre-commit-config.yaml"
    return [
        hook for repository in yaml.safe_load(file.read_text(encoding="utf-8"))["repos"] for hook in repository["hooks"]
    ]


def test_every_check_has_its_hook() -> None:
    assert sorted(hook["id"] for hook in hooks()) == sorted(checks())


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_hook_runs_its_check_when_a_file_of_it_changes(hook: dict) -> None:
    assert hook["entry"] == f"tools/scripts/lint.sh --only {hook['id']}"
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    assert any(re.search(hook.get("files", ""), name) for name in listed.splitlines())


@pytest.mark.parametrize("arguments", [["--only"], ["--only", "mypy", "nonsense"], ["--everything"]])
def test_unknown_check_is_refused(arguments: list[str]) -> None:
    ran = subprocess.run([LINT, *arguments], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (2, "") and ran.stderr.startswith("lint: ")
