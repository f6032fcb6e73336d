# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make ee`: the definition of the execution environment, its variant with an archive, and the choice of an engine."""

from __future__ import annotations

import ast
import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from ansible_builder.user_definition import UserDefinition
from packaging.requirements import Requirement

from ee.definition import COLLECTION, PATH, Definition
from ee.engine import PASSED_ON, EngineError, choose, is_wanted, why_no_container, write_commands
from sandbox.isolation import REPOSITORY

# What comes with ansible-core, and urllib3 with requests.
BROUGHT_ALONG = {"ansible", "ansible_collections", "jinja2", "urllib3", "yaml"}
ARCHIVE = pathlib.Path("/somewhere/vpsorg-cloud-9.9.9.tar.gz")


def pinned(file: str, package: str) -> str:
    """The version of a package in a file of tools/requirements."""
    text = (REPOSITORY / "tools" / "requirements" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{package}==(\S+)$", text, re.MULTILINE)
    assert found, f"{file} does not pin {package}"
    return found.group(1)


def created(definition: pathlib.Path, folder: pathlib.Path) -> str:
    """The instructions of the build context that ansible-builder makes in `folder`."""
    program = pathlib.Path(sys.executable).parent / "ansible-builder"
    command = [program, "create", "--file", definition, "--context", folder, "--output-filename", "Containerfile"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "Containerfile").read_text()


# The definition


def test_definition_is_valid() -> None:
    definition = UserDefinition(filename=str(PATH))
    definition.validate()
    assert definition.version == 3


def test_base_image_has_a_short_name() -> None:
    """A name without a host, which engines look for where they are told to, and with a tag."""
    assert re.fullmatch(r"[a-z]+(?:/[a-z]+)?:[a-z0-9.-]+", Definition().base_image)


def test_what_it_installs_is_what_is_tested() -> None:
    core, runner = map(Requirement, Definition().ansible_packages)
    assert (core.name, runner.name) == ("ansible-core", "ansible-runner")
    tested = pinned("core-2.21.txt", "ansible-core")
    assert str(core.specifier) == f"~={tested.rpartition('.')[0]}.0"
    assert runner.specifier.contains(pinned("tools-tests.txt", "ansible-runner"))


def test_requirements_name_this_version_of_the_collection() -> None:
    version = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert Definition().requirements() == {"collections": [{"name": COLLECTION, "version": version}]}


def test_build_context_installs_the_collection_from_galaxy(tmp_path: pathlib.Path) -> None:
    steps = created(PATH, tmp_path / "context")
    assert f'ARG EE_BASE_IMAGE="{Definition().base_image}"' in steps
    assert "ansible-galaxy collection install" in steps
    assert (tmp_path / "context" / "_build" / "requirements.yml").read_text() == (
        PATH.parent / "requirements.yml"
    ).read_text()


def test_collection_states_what_it_imports() -> None:
    """`make ee` compares what ansible-builder finds to what the collection states."""
    imported: set[str] = set()
    for path in (REPOSITORY / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module))
    packages = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    stated = (REPOSITORY / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    needs = {Requirement(line).name for line in stated if line and not line.startswith("#")}
    assert packages - BROUGHT_ALONG == needs


# The variant with an archive


def test_archive_takes_the_place_of_the_collection(tmp_path: pathlib.Path) -> None:
    published = Definition()
    variant = published.with_archive(ARCHIVE)
    assert variant["dependencies"].pop("galaxy") == {
        "collections": [{"name": "archives/vpsorg-cloud-9.9.9.tar.gz", "type": "file"}]
    }
    assert variant.pop("additional_build_files") == [{"src": str(ARCHIVE), "dest": "archives"}]
    expected = Definition().document
    del expected["dependencies"]["galaxy"]
    assert variant == expected
    assert "galaxy" in published.document["dependencies"]


def test_archive_is_in_the_build_context(tmp_path: pathlib.Path) -> None:
    archive = tmp_path / ARCHIVE.name
    archive.write_text("archive")
    (tmp_path / "ee.yml").write_text(yaml.safe_dump(Definition().with_archive(archive, "other:1")))
    assert 'ARG EE_BASE_IMAGE="other:1"' in created(tmp_path / "ee.yml", tmp_path / "context")
    requirements = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text())
    (entry,) = requirements["collections"]
    assert (tmp_path / "context" / "_build" / entry["name"]).read_text() == "archive"


def with_requirements(folder: pathlib.Path, *names: str) -> Definition:
    (folder / PATH.name).write_text(PATH.read_text(encoding="utf-8"))
    (folder / "requirements.yml").write_text(yaml.safe_dump({"collections": [{"name": name} for name in names]}))
    return Definition(folder / PATH.name)


def test_other_collections_are_kept(tmp_path: pathlib.Path) -> None:
    variant = with_requirements(tmp_path, "ansible.posix", COLLECTION).with_archive(ARCHIVE)
    own, other = variant["dependencies"]["galaxy"]["collections"]
    assert own["type"] == "file" and other == {"name": "ansible.posix"}


@pytest.mark.parametrize("names", [["ansible.posix"], [COLLECTION, COLLECTION]])
def test_the_collection_must_be_required_once(tmp_path: pathlib.Path, names: list[str]) -> None:
    with pytest.raises(ValueError, match=re.escape(COLLECTION)):
        with_requirements(tmp_path, *names).with_archive(ARCHIVE)


# The engine


@pytest.fixture
def engines(tmp_path: pathlib.Path):
    """Make engines of these names: what each does is a line of shell. The environment that has them, and no others."""

    def make(**lines: str) -> dict[str, str]:
        folder = tmp_path / "engines"
        folder.mkdir(exist_ok=True)
        for name, line in lines.items():
            (folder / name).write_text(f"#!/bin/sh\n{line}\n")
            (folder / name).chmod(0o755)
        return {"PATH": str(folder), "HOME": "/home/of the user"}

    return make


def test_the_first_engine_that_answers(engines) -> None:
    assert choose(engines(podman="exit 0", docker="exit 0")) == "podman"
    assert choose(engines(podman="echo broken >&2; exit 125", docker="exit 0")) == "docker"
    assert choose({**engines(podman="exit 0", docker="exit 0"), "CONTAINER_ENGINE": "docker"}) == "docker"


@pytest.mark.parametrize(
    ("lines", "named", "wanted", "reason"),
    [
        ({}, "", False, "podman is not installed; docker is not installed"),
        (
            {"docker": "echo 'no daemon' >&2; exit 1"},
            "",
            False,
            "podman is not installed; docker can't be used: no daemon",
        ),
        ({"podman": "exit 3"}, "podman", True, "podman can't be used: code 3"),
        ({"podman": "exit 0"}, "docker", True, "docker is not installed"),
        ({"podman": "exit 0"}, "none", False, "CONTAINER_ENGINE=none"),
        ({"podman": "exit 0"}, "containerd", True, "CONTAINER_ENGINE=containerd is none of podman, docker, none"),
    ],
)
def test_no_engine(engines, lines: dict[str, str], named: str, wanted: bool, reason: str) -> None:
    environment = {**engines(**lines), "CONTAINER_ENGINE": named}
    with pytest.raises(EngineError) as error:
        choose(environment)
    assert str(error.value) == reason
    assert is_wanted(environment) is wanted


def test_an_engine_that_answers_but_starts_no_container(engines) -> None:
    environment = engines(podman='[ "$1" = info ] || { echo "crun: denied" >&2; exit 126; }')
    assert choose(environment) == "podman"
    assert why_no_container("podman", "base:1", environment) == "podman can't be used: crun: denied"
    assert why_no_container("podman", "base:1", engines(podman="exit 0")) == ""


def test_commands_in_an_image(engines, tmp_path: pathlib.Path) -> None:
    show = "import json, os, sys; print(json.dumps([os.environ['HOME'], sys.argv[1:]]))"
    environment = engines(podman=f'{sys.executable} -c "{show}" "$@"')
    write_commands(tmp_path / "bin", ["ansible-playbook"], "podman", "an-image", {tmp_path: "ro"}, environment)
    done = subprocess.run(
        [tmp_path / "bin" / "ansible-playbook", "site.yml", "--extra-vars", "a='b c'"],
        cwd=tmp_path,
        env={**environment, "HOME": "/elsewhere"},
        check=True,
        capture_output=True,
        text=True,
    )
    home, words = json.loads(done.stdout)
    assert home == environment["HOME"]
    assert words[:2] == ["run", "--rm"]
    assert words[-6:] == [str(tmp_path), "an-image", "ansible-playbook", "site.yml", "--extra-vars", "a='b c'"]
    assert words[words.index("--network") + 1] == "host"
    assert words[words.index("--volume") + 1] == f"{tmp_path}:{tmp_path}:ro"
    assert [words[place + 1] for place, word in enumerate(words) if word == "--env"] == list(PASSED_ON)
