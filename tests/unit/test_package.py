# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that users install: what is in it, what is not, and that it works without the repository."""

from __future__ import annotations

import json
import pathlib
import re
import tarfile

import pytest
import yaml

from gates.archive import findings
from helpers.ansible_cli import AnsibleCli
from helpers.examples import constants
from helpers.package import build, copy_repository, install
from sandbox.isolation import REPOSITORY

# What lies about in the working tree of someone who develops.
LITTER = (
    ".cache/collections/note.txt",
    ".env",
    ".venv/bin/activate",
    "dist/vpsorg-cloud-0.0.1.tar.gz",
    "plugins/modules/.vps_server.py.swp",
    "plugins/modules/__pycache__/vps_server.cpython-312.pyc",
    "tests/output/junit/result.xml",
    "vpsorg-cloud-0.0.1.tar.gz",
)


def load(path: str):
    return yaml.safe_load((REPOSITORY / path).read_text(encoding="utf-8"))


def names_of(kind: str) -> set[str]:
    return {path.stem for path in (REPOSITORY / "plugins" / kind).glob("*.py")}


ROLES = {path.name for path in (REPOSITORY / "roles").iterdir()}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The archive, built by ansible-galaxy from a littered copy of the working tree."""
    folder = tmp_path_factory.mktemp("package")
    source = copy_repository(folder / "source")
    for name in LITTER:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("litter")
    return build(source, folder)


def test_archive_has_what_users_need_and_nothing_else(archive: pathlib.Path) -> None:
    assert findings(archive, REPOSITORY) == []


def test_installed_archive_documents_every_plugin(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Away from the repository, so a documentation fragment or an imported file that was not packed would show."""
    cli = AnsibleCli(tmp_path, {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")})
    install(archive, tmp_path / "collections")
    for kind, folder in (
        ("module", "modules"),
        ("inventory", "inventory"),
        ("filter", "filter"),
        ("lookup", "lookup"),
        ("test", "test"),
    ):
        names = names_of(folder)
        assert names, f"the collection has no {kind}"
        documented = cli.run(
            "ansible-doc", "--json", "--type", kind, *(f"vpsorg.cloud.{name}" for name in sorted(names)), rc=0
        ).json()
        assert {name for name, entry in documented.items() if entry["doc"]["options"]} == {
            f"vpsorg.cloud.{name}" for name in names
        }
    documented = cli.run(
        "ansible-doc", "--json", "--type", "role", *(f"vpsorg.cloud.{name}" for name in sorted(ROLES)), rc=0
    ).json()
    assert {name for name, entry in documented.items() if entry["entry_points"]["main"]["options"]} == {
        f"vpsorg.cloud.{name}" for name in ROLES
    }


def test_manifest(archive: pathlib.Path) -> None:
    with tarfile.open(archive) as tar:
        stream = tar.extractfile("MANIFEST.json")
        assert stream is not None
        info = json.load(stream)["collection_info"]
    assert (info["namespace"], info["name"]) == ("vpsorg", "cloud")
    assert info["license"] == ["GPL-3.0-or-later", "BSD-2-Clause"]
    assert info["dependencies"] == {}
    assert all(re.fullmatch(r"[a-z][0-9a-z_]*", tag) for tag in info["tags"])
    for name in ("repository", "documentation", "homepage", "issues"):
        assert info[name].startswith("https://"), name


def test_version_is_the_newest_of_the_changelog() -> None:
    releases = load("changelogs/changelog.yaml")["releases"]
    newest = max(releases, key=lambda version: tuple(int(part) for part in version.split(".")))
    assert load("galaxy.yml")["version"] == newest
    assert f"v{newest}\n" in (REPOSITORY / "CHANGELOG.rst").read_text(encoding="utf-8")


def test_what_is_new_is_new_in_one_version() -> None:
    """In the next release, which `make release` checks."""
    versions = {
        version
        for path in [*REPOSITORY.glob("plugins/*/*.py"), *REPOSITORY.glob("roles/*/meta/argument_specs.yml")]
        for version in re.findall(r"^ *version_added: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(versions - set(load("changelogs/changelog.yaml")["releases"])) <= 1


def released(kind: str) -> set[str]:
    """The plugins of a kind that a release has brought. `antsibull-changelog release` lists the others."""
    versions = load("changelogs/changelog.yaml")["releases"]
    return {
        name
        for name in names_of(kind)
        if yaml.safe_load(constants(kind, name)["DOCUMENTATION"])["version_added"] in versions
    }


def test_changelog_tells_of_every_plugin() -> None:
    releases = load("changelogs/changelog.yaml")["releases"].values()
    assert {entry["name"] for release in releases for entry in release.get("modules", [])} == released("modules")
    for kind in ("filter", "inventory", "lookup", "test"):
        assert {
            entry["name"] for release in releases for entry in release.get("plugins", {}).get(kind, [])
        } == released(kind)
    assert {entry["name"] for release in releases for entry in release.get("objects", {}).get("role", [])} == ROLES


def test_action_group_holds_every_module() -> None:
    assert sorted(load("meta/runtime.yml")["action_groups"]["all"]) == sorted(names_of("modules"))


def test_second_action_group_holds_the_modules_that_wait() -> None:
    waiting = [
        name
        for name in names_of("modules")
        if "vpsorg.cloud.waiting" in (REPOSITORY / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
    ]
    assert sorted(load("meta/runtime.yml")["action_groups"]["wait"]) == sorted(waiting)


def test_every_module_has_its_action_plugin() -> None:
    assert names_of("action") == names_of("modules")


def test_oldest_supported_versions_are_the_oldest_tested() -> None:
    tested = (REPOSITORY / "tools/requirements/core-2.16.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in tested if re.fullmatch(r"ansible-core==2\.16\.\d+", line)]
    assert load("meta/runtime.yml")["requires_ansible"] == ">=2.16.0"
    floor = re.search(
        r"^requests>=(\S+)$", (REPOSITORY / "meta/ee-requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert floor and f"requests=={floor.group(1)}" in tested


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "plugins").rglob("*.py")), ids=lambda path: path.relative_to(REPOSITORY).as_posix()
)
def test_license_of_every_plugin_file(path: pathlib.Path) -> None:
    expected = "BSD-2-Clause" if "module_utils" in path.parts else "GPL-3.0-or-later"
    head = path.read_text(encoding="utf-8").splitlines()[:6]
    # REUSE-IgnoreStart
    assert f"# SPDX-License-Identifier: {expected}" in head
    # REUSE-IgnoreEnd
    assert any(line.startswith("# Copyright (c) ") for line in head)
