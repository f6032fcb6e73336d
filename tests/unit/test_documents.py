# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents fit together and fit the code: links lead somewhere, tables are complete, what is named exists."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from helpers.documents import (
    GUIDES,
    anchors,
    blocks,
    documents,
    headings,
    labels,
    links,
    links_by_name,
    name_of,
    names_of_links,
    prose,
    references,
    rows,
)
from sandbox.isolation import REPOSITORY

README = REPOSITORY / "README.md"
ARCHITECTURE = GUIDES / "architecture.rst"
START_PAGE = REPOSITORY / "tools" / "docs" / "index.rst"
IN_THE_REPOSITORY = re.compile(r"https://github\.com/vpsorg/vpsorg\.cloud/(?:blob|tree)/main/([^#?]+)(?:#(.+))?")
LABEL = "ansible_collections.vpsorg.cloud.docsite."
# Labels that antsibull-docs gives to pages of the reference.
GIVEN = re.compile(
    r"ansible_collections\.vpsorg\.cloud\.\w+_(?:module|inventory|filter|lookup|test|role)"
    r"|list_of_collection_env_vars"
)
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
        if own := IN_THE_REPOSITORY.fullmatch(target):
            file, anchor = REPOSITORY / own[1], own[2]
        elif re.match(r"https?:|mailto:", target):
            continue
        else:
            path, _hash, anchor = target.partition("#")
            file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix in (".md", ".rst") and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_links_elsewhere_are_encrypted(document: pathlib.Path) -> None:
    assert [target for target in links(document) if target.startswith("http://")] == []


def test_links_by_name_have_a_target_and_are_used() -> None:
    """Galaxy shows the README alone, so what is not in it needs its full address."""
    names = names_of_links(README)
    assert set(names) <= links_by_name(README)
    full = re.findall(r"\]\[([^\]]+)\]", prose(README))
    assert full and [name for name in full if name not in names] == []
    assert [target for target in links(README) if not target.startswith(("https://", "#"))] == []


def test_readme_has_the_sections_that_are_asked_for() -> None:
    titles = re.findall(r"^## (.+)$", prose(README), re.MULTILINE)
    assert [title for title in SECTIONS if title not in titles] == []


def test_readme_lists_the_whole_content() -> None:
    roles = {path.name for path in (REPOSITORY / "roles").glob("*") if path.is_dir()}
    public = {path.stem for path in (REPOSITORY / "plugins").glob("*/*.py") if path.parent.name not in PRIVATE}
    for name in public | roles:
        assert re.search(rf"^\| `vpsorg\.cloud\.{name}` \|", README.read_text(encoding="utf-8"), re.MULTILINE), name


def guides() -> set[str]:
    """The names of all guides, without suffix."""
    return {path.relative_to(GUIDES).with_suffix("").as_posix() for path in GUIDES.rglob("*.rst")}


def sections() -> dict[str, list[str]]:
    """The guides as Ansible's documentation site lists them, by section."""
    listed = yaml.safe_load((GUIDES.parent / "extra-docs.yml").read_text(encoding="utf-8"))
    return {section["title"]: section["toctree"] for section in listed["sections"]}


def test_every_guide_is_listed_once_on_the_documentation_site() -> None:
    listed = [name for names in sections().values() for name in names]
    assert len(listed) == len(set(listed)) and set(listed) == guides()


def test_index_on_github_lists_every_guide() -> None:
    index = REPOSITORY / "docs" / "README.md"
    assert [link for link in links(index) if link.endswith(".rst")] == [
        f"docsite/rst/{name}.rst" for names in sections().values() for name in names
    ]


def test_start_page_lists_every_page() -> None:
    """In the text, and in the menu beside it, in the same order."""
    text = START_PAGE.read_text(encoding="utf-8")
    menu = {
        caption: re.findall(r"^   (?:.+ <)?(\w+(?:/\w+)*)>?$", entries, re.MULTILINE)
        for caption, entries in re.findall(r"\.\. toctree::\n   :caption: (.+)\n   :hidden:\n\n((?:   .+\n)+)", text)
    }
    assert {title: [f"docsite/{name}" for name in names] for title, names in sections().items()}.items() <= menu.items()
    in_the_text = references(START_PAGE, start="Guides")
    assert in_the_text[: len(guides())] == [LABEL + name for names in sections().values() for name in names]
    roles = {f"{path.name}_role" for path in (REPOSITORY / "roles").glob("*") if path.is_dir()}
    plugins = {
        f"{path.stem}_{path.parent.name.replace('modules', 'module')}"
        for path in (REPOSITORY / "plugins").glob("*/*.py")
        if path.parent.name not in PRIVATE
    }
    assert roles | plugins <= {entry for entries in menu.values() for entry in entries}


@pytest.mark.parametrize("guide", sorted(guides()))
def test_guide_has_its_label(guide: str) -> None:
    """Before its title. antsibull-docs wants all labels to begin so."""
    found = labels(GUIDES / f"{guide}.rst")
    assert found[0] == f"{LABEL}{guide}" and all(label.startswith(found[0]) for label in found)


@pytest.mark.parametrize("document", [path for path in documents() if path.suffix == ".rst"], ids=name_of)
def test_references_lead_somewhere(document: pathlib.Path) -> None:
    known = {label for path in documents() if path.suffix == ".rst" for label in labels(path)}
    assert [label for label in references(document) if label not in known and not GIVEN.fullmatch(label)] == []
    plugins = re.findall(r":ansplugin:`(?:[^`<]+<)?vpsorg\.cloud\.(\w+)#(\w+)>?`", prose(document))
    for name, kind in plugins:
        folder = "roles" if kind == "role" else f"plugins/{kind.replace('module', 'modules')}"
        assert list((REPOSITORY / folder).glob(f"{name}*")), name


@pytest.mark.parametrize("document", [path for path in documents() if path.suffix == ".rst"], ids=name_of)
def test_no_markup_is_shown_as_text(document: pathlib.Path) -> None:
    """reStructuredText has none inside other markup, and none of Markdown's; both would be shown as they are."""
    text = re.sub(r"``.+?``", lambda code: "C" * len(code[0]), prose(document), flags=re.DOTALL)
    bold = [found for found in re.findall(r"\*\*\S.*?\*\*", prose(document), re.DOTALL) if "`" in found]
    assert bold + re.findall(r"\]\(\S+\)|(?m:^#+ .+$)|(?<![`:>\w])`[^`<>]+`(?![`_])", text) == []


def pictures(document: pathlib.Path) -> list[tuple[pathlib.Path, str]]:
    """The pictures that a page shows, with their options as text. The site has the guides below its start page."""
    found = re.findall(r"\.\. (?:image|figure):: (\S+)\n((?: +:.+\n(?: {6,}[^ :].*\n)*)*)", prose(document))
    folder = GUIDES if document == START_PAGE else document.parent
    return [
        (folder / (path.removeprefix("docsite/") if document == START_PAGE else path), more) for path, more in found
    ]


@pytest.mark.parametrize("document", [path for path in documents() if path.suffix == ".rst"], ids=name_of)
def test_pictures_are_there_and_described(document: pathlib.Path) -> None:
    for path, options in pictures(document):
        assert path.is_file(), path
        assert re.search(r":alt: \w.{20,}", options), path


def test_every_picture_is_shown() -> None:
    """But for badges, which are for the README."""
    pages = [START_PAGE, *(GUIDES / f"{guide}.rst" for guide in guides())]
    shown = {path for page in pages for path, _options in pictures(page)}
    there = {path for path in GUIDES.rglob("*") if path.is_file() and path.suffix != ".rst"}
    assert shown == {path for path in there if not path.name.startswith("badge_")}


def rooms() -> set[str]:
    """Every file of module_utils and plugin_utils, as `_client/exchange` or `_text`."""
    folders = [REPOSITORY / "plugins" / name for name in ("module_utils", "plugin_utils")]
    return {path.relative_to(folder).with_suffix("").as_posix() for folder in folders for path in folder.rglob("*.py")}


def test_architecture_names_every_room() -> None:
    cells = [row[0] for row in rows(ARCHITECTURE) if re.fullmatch(r"(?:``_[a-z_/]+``(?:, )?)+", row[0])]
    wings = {name.split("/")[0] for name in rooms() if "/" in name}
    assert {name for cell in cells for name in re.findall(r"``(_[a-z_/]+)``", cell)} - wings == rooms()


@pytest.mark.parametrize("name", ["tests", "tools"])
def test_overview_lists_every_folder(name: str) -> None:
    folder = REPOSITORY / name
    listed = re.findall(r"^\| `(\w+)` \|", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    there = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))} - {
        "output"
    }
    assert set(listed) == there


def test_connection_options_are_all_told() -> None:
    """The guide has the names, variables and defaults of the inventory plugin's documentation."""
    from ansible_collections.vpsorg.cloud.plugins.doc_fragments.connection import ModuleDocFragment

    options = yaml.safe_load(ModuleDocFragment.PLUGIN)["options"]
    told = {
        name.strip("`"): (variable.strip("`"), default)
        for name, variable, default, *_meaning in rows(GUIDES / "authentication.rst")
        if variable.startswith("``VPS_")
    }
    assert set(told) == set(options)
    for name, option in options.items():
        variable, default = told[name]
        assert variable == option["env"][0]["name"]
        if "default" in option:
            stated = str(option["default"]).lower().removesuffix(".0")
            assert default == f"``{stated}``", name


def test_makefile_has_the_targets_that_documents_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for document in documents() for target in re.findall(r"`make ([a-z-]+)", prose(document))}
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
