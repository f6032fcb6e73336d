# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of the repository, in Markdown or reStructuredText: their code blocks, links and headings."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import re
import textwrap
from collections.abc import Iterator

from sandbox.isolation import REPOSITORY

# The guides, where Ansible's documentation site takes them from.
GUIDES = REPOSITORY / "docs" / "docsite" / "rst"

_FENCE = re.compile(r"^( *)(```+)([A-Za-z0-9_-]*)\s*$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Where a link by name leads, which is said once: [name]: target
_DEFINITION = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)
_LINK_BY_NAME = re.compile(r"\[[^\]]*\]\[([^\]]+)\]|(?<![!\]])\[([^\]]+)\](?![(\[:])")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)

_DIRECTIVE = re.compile(r"^( *)\.\. (code-block|code|sourcecode)::(?: +([A-Za-z0-9_-]+))?\s*$")
# What would show code that blocks() does not find: a literal block, code behind other text, text from elsewhere
# (but for the lists of plugins on the start page, which come as .txt).
_HIDDEN_CODE = re.compile(
    r"(?! *\.\. ).*::\s*$|.*\S.*\.\. (?:code-block|code|sourcecode)::| *>>> "
    r"| *\.\. (?:highlight|include|literalinclude|parsed-literal|raw)::(?! \S+\.txt$)"
)
_RST_LINK = re.compile(r"`[^`<]*<([a-z]+:[^`>]+)>`__?")
_LABEL = re.compile(r"^\.\. _([^:`]+):\s*$", re.MULTILINE)
_REFERENCE = re.compile(r":ref:`(?:[^`<]+<)?([^`<>]+)>?`")
_BARE_URL = re.compile(r"(?<![<\w])(https?://[^\s<>`)]+[^\s<>`).,;:])")
_CELL = re.compile(r"^ *(\* -|  -)(?: (.*))?$")
_UNDERLINE = re.compile(r"^([=\-~^\"'])\1{2,}$")


def documents() -> list[pathlib.Path]:
    """Every document that is written for people."""
    folders = [REPOSITORY / name for name in ("docs", "extensions", "roles", "tests", "tools")]
    return [
        *sorted(REPOSITORY.glob("*.md")),
        *(path for folder in folders for path in sorted(folder.rglob("*.md")) if "output" not in path.parts),
        *(path for folder in (GUIDES, REPOSITORY / "tools" / "docs") for path in sorted(folder.rglob("*.rst"))),
    ]


def name_of(document: pathlib.Path) -> str:
    """A document's path in the repository."""
    return document.relative_to(REPOSITORY).as_posix()


@dataclasses.dataclass(frozen=True)
class Block:
    """A code block: its language (may be empty), its text without its indentation, the line of its first line."""

    document: pathlib.Path
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{name_of(self.document)}:{self.line}"


def blocks(document: pathlib.Path) -> list[Block]:
    """The code blocks of a document, in order. ValueError for one that does not end, or whose kind is not known."""
    return _parts(document)[0]


def prose(document: pathlib.Path) -> str:
    """A document without its code blocks."""
    return _parts(document)[1]


def _parts(document: pathlib.Path) -> tuple[list[Block], str]:
    return (_parts_of_rst if document.suffix == ".rst" else _parts_of_markdown)(document)


def _parts_of_markdown(document: pathlib.Path) -> tuple[list[Block], str]:
    found: list[Block] = []
    kept: list[str] = []
    opening: tuple[str, str] | None = None
    body: list[str] = []
    start = 0
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if opening is None and fence:
            opening, body, start = (fence[2], fence[3]), [], number + 1
        elif opening is not None and fence and fence[2] == opening[0] and not fence[3]:
            found.append(Block(document, opening[1], textwrap.dedent("\n".join(body)) + "\n", start))
            opening = None
        elif opening is not None:
            body.append(line)
        else:
            kept.append(line)
    if opening is not None:
        raise ValueError(f"{name_of(document)}:{start}: the code block has no end")
    return found, "\n".join(kept)


def _parts_of_rst(document: pathlib.Path) -> tuple[list[Block], str]:
    found: list[Block] = []
    kept: list[str] = []
    lines = document.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        directive = _DIRECTIVE.match(lines[at])
        if directive is None:
            if _HIDDEN_CODE.match(lines[at]):
                raise ValueError(f"{name_of(document)}:{at + 1}: write a code block as .. code-block:: LANGUAGE")
            kept.append(lines[at])
            at += 1
            continue
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or _indentation(lines[end]) > len(directive[1])):
            end += 1
        start = at + 1
        while start < end and re.match(r" +:[a-z-]+:", lines[start]):  # the directive's options
            start += 1
        while start < end and not lines[start].strip():
            start += 1
        if start == end:
            raise ValueError(f"{name_of(document)}:{at + 1}: the code block is empty")
        text = textwrap.dedent("\n".join(lines[start:end])).rstrip() + "\n"
        found.append(Block(document, directive[3] or "", text, start + 1))
        at = end
    return found, "\n".join(kept)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def links(document: pathlib.Path) -> Iterator[str]:
    """The targets of a document's links; of one in reStructuredText, those with a URL."""
    text = prose(document)
    patterns = (_RST_LINK, _BARE_URL) if document.suffix == ".rst" else (_LINK,)
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield match[1]
    if document.suffix == ".md":
        yield from names_of_links(document).values()


def names_of_links(document: pathlib.Path) -> dict[str, str]:
    """The links of a Markdown document that have a name: their targets by name."""
    return dict(_DEFINITION.findall(prose(document)))


def links_by_name(document: pathlib.Path) -> set[str]:
    """The names, in small letters, by which a Markdown document refers to links, or seems to."""
    return {(full or short).lower() for full, short in _LINK_BY_NAME.findall(prose(document))}


def labels(document: pathlib.Path) -> list[str]:
    """The labels that a document in reStructuredText defines, in order."""
    return _LABEL.findall(prose(document))


def references(document: pathlib.Path, start: str | None = None) -> list[str]:
    """The labels that a document in reStructuredText refers to, in order; `start`: those after this heading."""
    text = prose(document)
    if start is not None:
        text = text.split(f"\n{start}\n", 1)[1]
    return [" ".join(label.split()) for label in _REFERENCE.findall(text)]


def headings(document: pathlib.Path) -> list[str]:
    """The text of a document's headings, in order, as it is written there."""
    if document.suffix != ".rst":
        return _HEADING.findall(prose(document))
    lines = prose(document).splitlines()
    return [
        title
        for title, line in itertools.pairwise(lines)
        if title.strip() and _UNDERLINE.match(line) and len(line) >= len(title)
    ]


def rows(document: pathlib.Path) -> list[list[str]]:
    """The cells of all rows of a document's tables, in order, those of headers included. In reStructuredText, tables
    are written as list-table.
    """
    found: list[list[str]] = []
    if document.suffix != ".rst":
        lines = [line for line in prose(document).splitlines() if line.startswith("|") and line.endswith("|")]
        return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])] for line in lines]
    inside = False
    for line in prose(document).splitlines():
        if line.strip() and not line.startswith(" "):
            inside = False
        if line.strip() == ".. list-table::" or line.startswith(".. list-table:: "):
            inside = True
        elif inside and (cell := _CELL.match(line)):
            if cell[1] == "* -":
                found.append([])
            found[-1].append(cell[2] or "")
        elif inside and line.strip() and found and found[-1] and not line.strip().startswith(":"):
            found[-1][-1] = f"{found[-1][-1]} {line.strip()}"
    return found


def anchors(document: pathlib.Path) -> set[str]:
    """The anchors of a document's headings: those that GitHub gives to Markdown; in reStructuredText, those that GitHub
    and Sphinx both give, so that a link works in either.
    """
    titles = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings(document)]
    of_github = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    if document.suffix != ".rst":
        return of_github
    return of_github & {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles}
