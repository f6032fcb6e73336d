# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents fit together and fit the code: links lead somewhere, tables are complete, what is named exists."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from helpers.documents import anchors, blocks, documents, headings, links, name_of, prose
from sandbox.isolation import REPOSITORY

README = REPOSITORY / "README.md"
ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
PRIVATE = ("action", "doc_fragments", "module_utils", "plugin_utils")
# The sections that Red Hat's certification asks for.
SECTIONS = (
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Support",
    "Release Notes and Roadmap",
    "Related Information",
    "License Information",
)


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_links_lead_somewhere(document: pathlib.Path) -> None:
    broken = []
    for target in links(document):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _hash, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_links_elsewhere_are_encrypted(document: pathlib.Path) -> None:
    assert [target for target in links(document) if target.startswith("http://")] == []


def test_readme_has_the_sections_that_are_asked_for() -> None:
    titles = re.findall(r"^## (.+)$", prose(README), re.MULTILINE)
    assert [title for title in SECTIONS if title not in titles] == []


def test_readme_lists_the_whole_content() -> None:
    roles = {path.name for path in (REPOSITORY / "roles").glob("*") if path.is_dir()}
    public = {path.stem for path in (REPOSITORY / "plugins").glob("*/*.py") if path.parent.name not in PRIVATE}
    for name in public | roles:
        assert re.search(rf"^\| `vpsorg\.cloud\.{name}` \|", README.read_text(encoding="utf-8"), re.MULTILINE), name


def test_index_lists_every_guide() -> None:
    index = REPOSITORY / "docs" / "index.md"
    assert {path.name for path in index.parent.glob("*.md")} - {index.name} <= set(links(index))


def rooms() -> set[str]:
    """Every file of module_utils and plugin_utils, as `_client/exchange` or `_text`."""
    folders = [REPOSITORY / "plugins" / name for name in ("module_utils", "plugin_utils")]
    return {path.relative_to(folder).with_suffix("").as_posix() for folder in folders for path in folder.rglob("*.py")}


def test_architecture_names_every_room() -> None:
    rows = re.findall(r"^\| ((?:`_[a-z_/]+`(?:, )?)+) \|", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    wings = {name.split("/")[0] for name in rooms() if "/" in name}
    assert {name for row in rows for name in re.findall(r"`(_[a-z_/]+)`", row)} - wings == rooms()


@pytest.mark.parametrize("name", ["tests", "tools"])
def test_overview_lists_every_folder(name: str) -> None:
    folder = REPOSITORY / name
    listed = re.findall(r"^\| `(\w+)` \|", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    there = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))} - {
        "output"
    }
    assert set(listed) == there


def test_connection_options_are_all_told() -> None:
    """docs/authentication.md has the names, variables and defaults of the inventory plugin's documentation."""
    from ansible_collections.vpsorg.cloud.plugins.doc_fragments.connection import ModuleDocFragment

    options = yaml.safe_load(ModuleDocFragment.PLUGIN)["options"]
    rows = re.findall(
        r"^\| `(\w+)` \| `(VPS_\w+)` \| (.+?) \|",
        (REPOSITORY / "docs" / "authentication.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = {name: (variable, default) for name, variable, default in rows}
    assert set(told) == set(options)
    for name, option in options.items():
        variable, default = told[name]
        assert variable == option["env"][0]["name"]
        if "default" in option:
            stated = str(option["default"]).lower().removesuffix(".0")
            assert default == f"`{stated}`", name


def test_makefile_has_the_targets_that_documents_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for document in documents() for target in re.findall(r"`make ([a-z-]+)`", prose(document))}
    assert named and named <= targets


RST = """\
A page
======

.. code-block:: yaml
  :caption: play.yml

  - hosts: all

    tasks: []

- an item

  .. code-block:: shell

    ansible-inventory --list
    # a comment

  and its end, with `a link <https://example.com/x_y>`__ and https://example.com/z.

Two words
---------
"""


def rst(tmp_path: pathlib.Path, text: str) -> pathlib.Path:
    page = tmp_path / "page.rst"
    page.write_text(text)
    return page


def test_blocks_of_rst(tmp_path: pathlib.Path) -> None:
    page = rst(tmp_path, RST)
    assert [(block.language, block.text, block.line) for block in blocks(page)] == [
        ("yaml", "- hosts: all\n\n  tasks: []\n", 7),
        ("shell", "ansible-inventory --list\n# a comment\n", 15),
    ]
    assert "hosts" not in prose(page) and "and its end" in prose(page)
    assert list(links(page)) == ["https://example.com/x_y", "https://example.com/z"]
    assert headings(page) == ["A page", "Two words"] and anchors(page) == {"a-page", "two-words"}


@pytest.mark.parametrize(
    "text",
    [
        "Like this::\n\n  sudo rm\n",
        ".. literalinclude:: x.yml\n",
        ".. include:: x.rst\n",
        "* - .. code-block:: yaml\n\n      a: 1\n",
        ".. code-block:: yaml\n\nnothing\n",
        ">>> 1 + 1\n",
    ],
)
def test_code_that_no_test_would_find_is_refused(tmp_path: pathlib.Path, text: str, monkeypatch) -> None:
    monkeypatch.setattr("helpers.documents.REPOSITORY", tmp_path)
    with pytest.raises(ValueError, match="code block"):
        blocks(rst(tmp_path, text))
