# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What inclusion in the community package and certification ask for, as far as no other test or check looks at it, and
the tables of CONTRIBUTING.md that say what does."""

from __future__ import annotations

import pathlib
import re
import subprocess

import pytest
import yaml

from helpers.documents import links
from helpers.examples import constants, names_of
from sandbox.isolation import REPOSITORY

SECTION = "## What inclusion and certification ask for"
BY_HAND = "by hand"


def read(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The cells of the tables' rows: what is asked for, how it is met, and what holds it."""
    section = read("CONTRIBUTING.md").split(f"{SECTION}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [
        cells for line in lines if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] != "asked for"
    ]


def is_there(name: str) -> bool:
    """Whether a name in the last column is a target of make, a check of `make lint`, a test, or a file."""
    if name.startswith("make "):
        return re.search(rf"^{name.removeprefix('make ')}:", read("Makefile"), re.MULTILINE) is not None
    if name.startswith("lint "):
        command = [REPOSITORY / "tools" / "scripts" / "lint.sh", "--list"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return name.removeprefix("lint ") in listed
    file, _colons, test = name.partition("::")
    if test:
        found = [*(REPOSITORY / "tests").rglob(f"{file}.py")]
        return any(f"\ndef {test}(" in path.read_text(encoding="utf-8") for path in found)
    return (REPOSITORY / name).is_file()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0].strip("`")[:60])
def test_what_holds_a_line_is_there(row: list[str]) -> None:
    _asked, _how, holding = row
    names = re.findall(r"`([^`]+)`", holding)
    assert names or holding.startswith(BY_HAND)
    assert [name for name in names if not is_there(name)] == []


def test_something_that_is_not_there_would_be_noticed() -> None:
    names = (
        "make nonsense",
        "lint nonsense",
        "test_package::test_nonsense",
        "test_nonsense::test_manifest",
        "nonsense",
    )
    assert [name for name in names if is_there(name)] == []


def test_readme_says_where_and_how_people_talk() -> None:
    text, targets = read("README.md"), set(links(REPOSITORY / "README.md"))
    for wanted in ("/CODE_OF_CONDUCT.md", "/CONTRIBUTING.md", "https://forum.ansible.com/c/help/6"):
        assert any(target.endswith(wanted) for target in targets), wanted
    assert "### Communication" in text and "with the tag `vpsorg`" in text
    assert any("code_of_conduct" in target for target in links(REPOSITORY / "CODE_OF_CONDUCT.md"))


def test_readme_promises_semantic_versions() -> None:
    assert "https://semver.org/" in set(links(REPOSITORY / "README.md"))


def test_no_finding_of_a_tool_is_ignored() -> None:
    assert not [*(REPOSITORY / "tests").glob("sanity/ignore*")]
    assert {"skip_list", "warn_list"} & set(yaml.safe_load(read(".ansible-lint"))) == set()
    content = [
        path
        for folder in ("extensions", "roles", "tests/integration/targets")
        for path in (REPOSITORY / folder).rglob("*.yml")
    ]
    assert content and [path.name for path in content if "noqa" in path.read_text(encoding="utf-8")] == []


def test_private_code_is_named_so() -> None:
    """Of module_utils: what is in it, or the folder that it is in."""
    for folder in ("module_utils", "plugin_utils"):
        names = [path.name for path in (REPOSITORY / "plugins" / folder).iterdir() if path.name != "__pycache__"]
        assert names and [name for name in names if not name.startswith("_")] == []


def test_oldest_python_is_documented_and_tested() -> None:
    (version,) = re.findall(r"^- Python (\S+) or newer on the host that runs the task", read("README.md"), re.MULTILINE)
    assert yaml.safe_load(read("tests/config.yml"))["modules"]["python_requires"] == f">={version}"


def test_python_requirements_are_floors_and_without_ansible() -> None:
    lines = [line for line in read("meta/ee-requirements.txt").splitlines() if line and not line.startswith("#")]
    assert lines and all(re.fullmatch(r"[a-z-]+>=[\d.]+", line) for line in lines)
    assert [line for line in lines if line.startswith("ansible")] == []


@pytest.mark.parametrize("name", names_of("modules"))
def test_what_only_reads_is_called_info(name: str) -> None:
    documentation = yaml.safe_load(constants("modules", name)["DOCUMENTATION"])
    reads_only = "vpsorg.cloud.attributes.info_module" in documentation["extends_documentation_fragment"]
    assert name.endswith("_info") is reads_only and not name.endswith("_facts")
    state = documentation.get("options", {}).get("state", {})
    assert {"list", "get", "info", "query"} & set(state.get("choices", [])) == set()


@pytest.mark.parametrize("name", names_of("modules"))
def test_every_module_has_check_mode(name: str) -> None:
    """Documented here; that all modules are made by one function, which allows it, shows in the integration tests."""
    documentation = yaml.safe_load(constants("modules", name)["DOCUMENTATION"])
    own = documentation.get("attributes", {}).get("check_mode", {}).get("support")
    reads_only = "vpsorg.cloud.attributes.info_module" in documentation["extends_documentation_fragment"]
    assert reads_only or own == "full"


@pytest.mark.parametrize("path", sorted((REPOSITORY / "plugins").rglob("*.py")), ids=lambda path: path.name)
def test_documentation_uses_semantic_markup(path: pathlib.Path) -> None:
    """V(), O() et al. instead of the older I() and B()."""
    assert re.findall(r"\b[BI]\([^)]*\)", path.read_text(encoding="utf-8")) == []
