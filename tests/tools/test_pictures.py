# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the documentation say what the code says, and are safe and small enough for any page."""

from __future__ import annotations

import ast
import pathlib
from xml.etree import ElementTree

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import LEADS_TO, STABLE, TERMINAL
from sandbox.isolation import REPOSITORY

IMAGES = REPOSITORY / "docs" / "docsite" / "rst" / "images"
SVG = "{http://www.w3.org/2000/svg}"
SIZE_LIMIT = 100_000  # bytes
# Class of a status word in the picture of a server's life: the part of the collection's table that it stands for.
MEANINGS = {"lasting": STABLE, "passing": set(LEADS_TO), "terminal": TERMINAL}


def picture(name: str) -> ElementTree.Element:
    return ElementTree.parse(IMAGES / name).getroot()


def texts(root: ElementTree.Element, *classes: str) -> list[str]:
    """The texts of a picture that have all of these classes, in the order of the file."""
    return [
        "".join(text.itertext()) for text in root.iter(f"{SVG}text") if set(classes) <= {*text.get("class", "").split()}
    ]


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*.svg")), ids=lambda path: path.name)
def test_picture_stands_on_its_own(path: pathlib.Path) -> None:
    """It needs no script and no other file, tells what it shows, and is small."""
    root = picture(path.name)
    assert root.tag == f"{SVG}svg" and root.get("viewBox") and root.get("role") == "img"
    assert not [element.tag for element in root.iter() if element.tag.rpartition("}")[2] in {"script", "image", "a"}]
    assert not [name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")]
    assert all(root.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    assert path.stat().st_size <= SIZE_LIMIT


@pytest.mark.parametrize("kind", MEANINGS)
def test_life_of_a_server_shows_every_status_as_it_is_meant(kind: str) -> None:
    assert sorted(texts(picture("server_life.svg"), "status", kind)) == sorted(MEANINGS[kind])


def test_life_of_a_server_shows_every_action() -> None:
    assert set(texts(picture("server_life.svg"), "action")) == {"create", "start", "stop", "reboot", "delete"}


@pytest.mark.parametrize("wing", ["_module", "_fleet"])
def test_way_of_a_task_has_the_outcomes_in_the_order_of_the_code(wing: str) -> None:
    tree = ast.parse((REPOSITORY / "plugins" / "module_utils" / wing / "run.py").read_text(encoding="utf-8"))
    (choice,) = (node for node in ast.walk(tree) if isinstance(node, ast.BoolOp) and len(node.values) == 3)
    outcomes = [ast.unparse(node.func) for node in choice.values if isinstance(node, ast.Call)] + ["apply"]
    shown = [heading.lower() for heading in texts(picture("task.svg"), "heading")]
    assert [heading for heading in shown if heading in outcomes] == outcomes
