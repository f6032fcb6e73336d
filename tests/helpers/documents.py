# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Markdown documents of the repository: their code blocks, links and headings."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import textwrap
from collections.abc import Iterator

from sandbox.isolation import REPOSITORY

_FENCE = re.compile(r"^( *)(```+)([A-Za-z0-9_-]*)\s*$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def documents() -> list[pathlib.Path]:
    """Every Markdown document that is written for people."""
    folders = [REPOSITORY / "docs", *sorted((REPOSITORY / "roles").glob("*"))]
    overviews = [REPOSITORY / folder / "README.md" for folder in ("tests", "tools")]
    return [
        *sorted(REPOSITORY.glob("*.md")),
        *overviews,
        *(path for folder in folders for path in sorted(folder.rglob("*.md"))),
    ]


def name_of(document: pathlib.Path) -> str:
    """A document's path in the repository."""
    return document.relative_to(REPOSITORY).as_posix()


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced code block: its language (may be empty), its text without the indentation of its fence, the line of its
    first line.
    """

    document: pathlib.Path
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{name_of(self.document)}:{self.line}"


def blocks(document: pathlib.Path) -> list[Block]:
    """The fenced code blocks of a document, in order. ValueError for one that does not end."""
    found: list[Block] = []
    lines = document.read_text(encoding="utf-8").splitlines()
    opening: tuple[str, str] | None = None
    body: list[str] = []
    start = 0
    for number, line in enumerate(lines, 1):
        fence = _FENCE.match(line)
        if opening is None and fence:
            opening, body, start = (fence[2], fence[3]), [], number + 1
        elif opening is not None and fence and fence[2] == opening[0] and not fence[3]:
            found.append(Block(document, opening[1], textwrap.dedent("\n".join(body)) + "\n", start))
            opening = None
        elif opening is not None:
            body.append(line)
    if opening is not None:
        raise ValueError(f"{name_of(document)}:{start}: the code block has no end")
    return found


def prose(document: pathlib.Path) -> str:
    """A document without its code blocks."""
    inside, kept = False, []
    for line in document.read_text(encoding="utf-8").splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def links(document: pathlib.Path) -> Iterator[str]:
    """The targets of a document's links."""
    for match in _LINK.finditer(prose(document)):
        yield match[1]


def anchors(document: pathlib.Path) -> set[str]:
    """The anchors that GitHub gives to a document's headings."""
    titles = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(prose(document)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
