# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded run as a picture: a terminal in which the lines appear as they came, in SVG with a CSS animation.

All lines stand below each other in one group. It moves up whenever lines come and the window is full; until then, a
curtain below the last line moves down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

from rich.console import Console
from rich.style import Style
from rich.text import Text

COLUMNS, ROWS = 117, 32  # the recap of a play takes 114 columns
FONT_SIZE, ROW_HEIGHT, MARGIN, TITLE_BAR = 13, 18, 14, 34  # px
COLUMN_WIDTH = 0.605 * FONT_SIZE  # px: of the widest monospaced font in common use

# A recorded run is no film: nobody wants to watch Ansible start, nor can read forty lines that come at once.
LONGEST_WAIT = 0.5  # seconds: longer ones between two lines are cut to this
SHORTEST_GAP = 0.05  # seconds: lines that came closer together come one after the other
READING_TIME = 2.2  # seconds in which the picture stands still after each part
LAST_READING_TIME = 5.0  # seconds after the last part, before all begins anew
HEAD_START = 2.0  # seconds: who sees the picture first, or prints it, sees no empty window

# The 16 colours of a terminal, readable on the background (contrast of 7 and more). Beside their numbers, the classes.
BACKGROUND, FOREGROUND, FAINT = "#0d1117", "#d6dde4", "#9aa5b1"
COLOURS = {
    1: ("r", "#ff8f86"),
    2: ("g", "#7ee787"),
    3: ("y", "#e3b341"),
    4: ("b", "#79c0ff"),
    5: ("m", "#d2a8ff"),
    6: ("c", "#76e3ea"),
}
FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"


class Part(NamedTuple):
    """Consecutive lines of a run: when each was complete, in seconds from the start of the run, and its text with
    escape sequences. `note`: words of the picture's own before it. `still`: whether its end is what is shown where
    nothing moves.
    """

    lines: Sequence[tuple[float, str]]
    note: str = ""
    still: bool = False


class Row(NamedTuple):
    """A row of the terminal, and when it appears, in seconds from the start of the picture."""

    seconds: float
    pieces: Sequence[tuple[str, str]]  # text and classes

    @property
    def text(self) -> str:
        return "".join(text for text, _classes in self.pieces)


class Film(NamedTuple):
    """Rows in their order; how long all takes, in seconds; how many rows there are when the still picture is taken."""

    rows: Sequence[Row]
    length: float
    still: int


def film(parts: Sequence[Part]) -> Film:
    """When which row appears. ValueError for a style that the picture has no class for."""
    rows: list[Row] = []
    clock, still = 0.0, 0
    for part in parts:
        if part.note:
            rows += [Row(clock, pieces) for pieces in ([], [(part.note, "f")])]
        before = part.lines[0][0]
        for seconds, line in part.lines:
            clock += min(max(seconds - before, SHORTEST_GAP), LONGEST_WAIT)
            before = seconds
            rows += [Row(clock, pieces) for pieces in _rows(line)]
        clock += READING_TIME
        still = len(rows) if part.still else still
    return Film(rows, clock - READING_TIME + LAST_READING_TIME, still or len(rows))


def _rows(line: str) -> Iterator[list[tuple[str, str]]]:
    """A line as the rows that it takes in the terminal: pieces of text with their classes."""
    text = Text.from_ansi(line)
    text.rstrip()
    console = Console(color_system="standard", no_color=False)
    for row in text.divide(range(COLUMNS, len(text), COLUMNS)):
        pieces: list[tuple[str, str]] = []
        for segment in row.render(console):
            classes = _classes(segment.style) if segment.text.strip() else ""
            if pieces and pieces[-1][1] == classes:
                pieces[-1] = (pieces[-1][0] + segment.text, classes)
            elif segment.text:
                pieces.append((segment.text, classes))
        yield pieces


def _classes(style: Style | None) -> str:
    if not style:
        return ""
    classes = ["s"] if style.bold else []
    if style.color and not style.color.is_default:
        if style.color.number not in COLOURS:
            raise ValueError(f"the picture has no class for {style}")
        classes.append(COLOURS[style.color.number][0])
    return " ".join(classes)


def svg(film: Film, *, title: str, description: str, header: str) -> str:
    """The picture. `header`: a comment at its top."""
    width = round(COLUMNS * COLUMN_WIDTH) + 2 * MARGIN
    screen = ROWS * ROW_HEIGHT
    height = TITLE_BAR + screen + MARGIN
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    _add(root, "title", title, id="title")
    _add(root, "desc", description, id="desc")
    _add(root, "style", _style(film))
    _add(root, "rect", width=str(width), height=str(height), rx="8", fill=BACKGROUND)
    _add(root, "path", d=f"M0,{TITLE_BAR - 4}H{width}", stroke="#30363d")
    for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        _add(root, "circle", cx=str(20 + 20 * number), cy="15", r="6", fill=colour)
    _add(root, "text", title, **{"class": "f", "x": str(width // 2), "y": "20", "text-anchor": "middle"})
    window = _add(root, "svg", y=str(TITLE_BAR), width=str(width), height=str(screen))
    # For what shows the picture without knowing white-space.
    lines = _add(window, "g", **{"class": "lines", "xml:space": "preserve"})
    for number, row in enumerate(film.rows):
        if row.pieces:
            _add_row(lines, row, number * ROW_HEIGHT + FONT_SIZE)
    _add(window, "rect", **{"class": "curtain"}, width="100%", height="100%", fill=BACKGROUND)
    body = ElementTree.tostring(root, encoding="unicode").replace("<text", "\n<text")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!--\n{header}\n-->\n{body}\n'


def _add(parent: ElementTree.Element, tag: str, content: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = content
    return element


def _add_row(parent: ElementTree.Element, row: Row, baseline: int) -> None:
    element = _add(parent, "text", y=str(baseline))
    if len(row.pieces) == 1:
        element.text, classes = row.pieces[0]
        if classes:
            element.set("class", classes)
        return
    for text, classes in row.pieces:
        _add(element, "tspan", text, **({"class": classes} if classes else {}))


def _style(film: Film) -> str:
    """The style sheet, with one key frame for each moment at which rows appear."""
    shown: dict[str, int] = {"0": 0}  # percent of the film: the rows that are there from then on
    for number, row in enumerate(film.rows, 1):
        shown[f"{100 * row.seconds / film.length:.2f}".rstrip("0").rstrip(".")] = number
    scroll = [f"{moment}%{{{_scrolled(count)}}}" for moment, count in shown.items() if count > ROWS or moment == "0"]
    curtain = [f"{moment}%{{{_lowered(count)}}}" for moment, count in shown.items() if count <= ROWS]
    full = next((moment for moment, count in shown.items() if count > ROWS), None)
    if full is not None:
        curtain.append(f"{full}%{{{_lowered(ROWS)}}}")
    colours = "".join(f".{name}{{fill:{colour}}}" for name, colour in COLOURS.values())
    return f"""
text{{font:{FONT_SIZE}px {FONTS};fill:{FOREGROUND};white-space:pre}}
.s{{font-weight:bold;fill:#fff}}.f{{fill:{FAINT}}}{colours}
.lines{{{_scrolled(film.still)};animation:scroll {film.length:.1f}s -{HEAD_START}s step-end infinite}}
.curtain{{{_lowered(film.still)};animation:curtain {film.length:.1f}s -{HEAD_START}s step-end infinite}}
@keyframes scroll{{{"".join(scroll)}}}
@keyframes curtain{{{"".join(curtain)}}}
@media (prefers-reduced-motion:reduce){{.lines,.curtain{{animation:none}}}}
"""


def _scrolled(count: int) -> str:
    return f"transform:translate({MARGIN}px,{-ROW_HEIGHT * max(0, count - ROWS)}px)"


def _lowered(count: int) -> str:
    return f"transform:translateY({ROW_HEIGHT * min(count, ROWS)}px)"
