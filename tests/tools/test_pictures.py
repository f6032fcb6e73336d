# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the documentation say what the code says, and are safe and small enough for any page."""

from __future__ import annotations

import ast
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import yaml

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import LEADS_TO, STABLE, TERMINAL
from demo.run import STEPS
from pictures import badges, demo
from pictures.recording import Line, record
from pictures.terminal import COLUMNS, LONGEST_WAIT, READING_TIME, ROW_HEIGHT, ROWS, SHORTEST_GAP, Part, film, svg
from sandbox.isolation import REPOSITORY

IMAGES = REPOSITORY / "docs" / "docsite" / "rst" / "images"
SVG = "{http://www.w3.org/2000/svg}"
SIZE_LIMIT = 100_000  # bytes
BOLD, GREEN, PLAIN = "\x1b[1m", "\x1b[0;32m", "\x1b[0m"
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


# --- a recorded run


def drawn(parts: list[Part]) -> ElementTree.Element:
    return ElementTree.fromstring(
        svg(film(parts), title="make it", description="What is made.", header="Made.").encode()
    )


def rows(root: ElementTree.Element) -> list[str]:
    """The rows of the terminal that are not blank, from top to bottom."""
    lines = root.find(f"{SVG}svg/{SVG}g")
    assert lines is not None
    placed = [(float(text.get("y", "")), "".join(text.itertext())) for text in lines]
    assert placed == sorted(placed, key=lambda place: place[0])
    return [text for _y, text in placed]


def key_frames(root: ElementTree.Element, name: str) -> dict[float, int]:
    """The moments of an animation, in percent, and how many rows the group or the curtain has moved down until then."""
    (found,) = re.findall(rf"@keyframes {name}{{(.*)}}", root.findtext(f"{SVG}style") or "")
    pattern = r"([\d.]+)%{transform:translate(?:Y\(|\(\d+px,)(-?\d+)px\)}"
    return {float(moment): int(moved) / ROW_HEIGHT for moment, moved in re.findall(pattern, found)}


def test_waits_are_cut_and_bursts_spread() -> None:
    parts = [Part([(5.0, "a"), (5.001, "b"), (5.2, "c"), (60.0, "d")]), Part([(70.0, "e"), (70.1, "f")])]
    made = film(parts)
    came = [round(row.seconds - made.rows[0].seconds, 6) for row in made.rows]
    spread = [0.0, SHORTEST_GAP, SHORTEST_GAP + 0.199, SHORTEST_GAP + 0.199 + LONGEST_WAIT]
    again = spread[-1] + READING_TIME + SHORTEST_GAP
    assert came == pytest.approx([*spread, again, again + 0.1])
    assert [row.text for row in made.rows] == list("abcdef")


def test_rows_appear_when_they_came() -> None:
    lines = [(0.1 * number, f"line {number} & <more>") for number in range(ROWS + 3)]
    root = drawn([Part(lines)])
    made = film([Part(lines)])
    assert rows(root) == [text for _seconds, text in lines]
    moments = [round(100 * row.seconds / made.length, 2) for row in made.rows]
    lowered = dict(zip(moments[:ROWS], range(1, ROWS + 1), strict=True))
    assert key_frames(root, "curtain") == {0: 0, **lowered, moments[ROWS]: ROWS}
    assert key_frames(root, "scroll") == {0: 0, moments[ROWS]: -1, moments[ROWS + 1]: -2, moments[ROWS + 2]: -3}


def test_still_picture_shows_the_end_of_the_part_that_is_named() -> None:
    part = Part([(0.0, "line")] * 20)
    root = drawn([part, part._replace(still=True), part])
    style = root.findtext(f"{SVG}style") or ""
    assert f".lines{{transform:translate(14px,{-ROW_HEIGHT * (40 - ROWS)}px);animation:scroll" in style
    assert "@media (prefers-reduced-motion:reduce){.lines,.curtain{animation:none}}" in style


def test_colours_become_classes_and_long_lines_are_continued() -> None:
    long = "x" * (COLUMNS + 5)
    root = drawn([Part([(0.0, f"{BOLD}$ go{PLAIN}"), (1.0, f"{GREEN}ok=1{PLAIN}  bad=0   "), (2.0, long)])])
    assert rows(root) == ["$ go", "ok=1  bad=0", "x" * COLUMNS, "x" * 5]
    assert (texts(root, "s"), [piece.text for piece in root.iter(f"{SVG}tspan") if piece.get("class") == "g"]) == (
        ["$ go"],
        ["ok=1"],
    )
    with pytest.raises(ValueError, match="no class for"):
        film([Part([(0.0, "\x1b[38;5;200mpink")])])


def test_recording_is_what_a_terminal_shows() -> None:
    program = "import os, sys; print(sys.stdout.isatty(), *os.get_terminal_size()); print('\\x1b[1mend', end='')"
    lines = record([sys.executable, "-c", program], columns=90, rows=20)
    assert [line.text for line in lines] == ["True 90 20", f"{BOLD}end"]
    assert 0 < lines[0].seconds <= lines[1].seconds


def test_failed_recording_shows_what_was_printed() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        record([sys.executable, "-c", "print('about to fail'); raise SystemExit(3)"], columns=90, rows=20)
    assert (failed.value.returncode, failed.value.output) == (3, "about to fail")


# --- the demonstration as a picture


def run_of_the_demonstration() -> Iterator[Line]:
    """A transcript in the shape of the demonstration's, with little output of each step."""
    texts = ["", "An emulator is running."]
    for number, step in enumerate(STEPS, 1):
        texts += ["", f"{BOLD}=== {number} of {len(STEPS)}. {step.title}{PLAIN}", ""]
        texts += [f"{BOLD}$ {step.command}{PLAIN}", f"output {number}", "    (requests to the API: 1 read, 0 writes)"]
    texts += ["", f"{BOLD}All {len(STEPS)} steps went as expected. They took 1 s.{PLAIN}", "", "What to type next"]
    return (Line(0.1 * number, text) for number, text in enumerate(texts))


def expected_frame(number: int) -> list[str]:
    step = STEPS[number - 1]
    return [f"=== {number} of {len(STEPS)}. {step.title}", f"$ {step.command}"]


def shown_numbers() -> list[int]:
    return [STEPS.index(step) + 1 for step in demo.shown_steps()]


def test_picture_has_the_chosen_steps_whole_and_names_the_others() -> None:
    shown = rows(ElementTree.fromstring(demo.picture(list(run_of_the_demonstration())).encode()))
    assert shown[0] == "An emulator is running."
    assert [int(line.split()[1]) for line in shown if line.startswith("output")] == shown_numbers()
    noted = [[int(number) for number in re.findall(r"\d+", line)] for line in shown if line.startswith("[step")]
    named = {number for ends in noted for number in range(ends[0], ends[-1] + 1)}
    assert named == set(range(1, len(STEPS) + 1)) - set(shown_numbers())
    assert shown[-1] == f"All {len(STEPS)} steps went as expected. They took 1 s."


def test_run_that_broke_off_makes_no_picture() -> None:
    lines = list(run_of_the_demonstration())
    for broken in (lines[:20], lines[:-3], []):
        with pytest.raises(ValueError, match="no whole run"):
            demo.picture(broken)


def test_what_is_chosen_exists() -> None:
    assert {step.command for step in demo.shown_steps()} == demo.SHOWN
    assert demo.STILL in {step.title for step in demo.shown_steps()}


def test_recorded_picture_is_of_the_present_demonstration() -> None:
    """After a change of the demonstration, `make pictures` records it anew."""
    shown = rows(picture("demo.svg"))
    assert [line for line in shown if line.startswith(("=== ", "$ "))] == [
        line for number in shown_numbers() for line in expected_frame(number)
    ]
    assert any(line.startswith(f"All {len(STEPS)} steps went as expected.") for line in shown)


def test_recorded_picture_has_the_tasks_of_the_present_playbooks() -> None:
    names = []
    for step in demo.shown_steps():
        playbooks = re.findall(r"ansible-playbook (\S+)", step.command)
        plays = [
            play for name in playbooks for play in yaml.safe_load((REPOSITORY / "tools" / "demo" / name).read_text())
        ]
        names += [task["name"] for play in plays for task in play["tasks"]]
    found = [re.match(r"TASK \[(.*)\]", line) for line in rows(picture("demo.svg"))]
    assert [match[1] for match in found if match] == names


# --- badges


def test_badges_say_what_the_repository_says() -> None:
    """If not: `python tools/pictures/badges.py` writes them anew."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in IMAGES.glob("badge_*.svg")}
    assert committed == badges.badges()


def test_badges_show_the_facts() -> None:
    shown = {name: texts(ElementTree.fromstring(content.encode())) for name, content in badges.badges().items()}
    galaxy = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))
    assert shown["badge_version.svg"] == ["version", galaxy["version"]]
    assert shown["badge_license.svg"] == ["license", galaxy["license"][0]]
    runtime = yaml.safe_load((REPOSITORY / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    oldest, newest = shown["badge_ansible_core.svg"][1].split(" – ")
    assert runtime["requires_ansible"] == f">={oldest}.0"
    pins = (REPOSITORY / "tools" / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    assert re.findall(r"ansible-core==(\d+\.\d+)", pins)[-1] == newest
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"Python {shown['badge_python.svg'][1].rstrip('+')} or newer on the host that runs the task" in readme


def test_badges_are_written_without_any_package(tmp_path: pathlib.Path) -> None:
    """A release writes them, with nothing but Python."""
    program = "import pathlib, sys; from badges import write_badges; write_badges(pathlib.Path(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-S", "-c", program, str(tmp_path)], cwd=REPOSITORY / "tools" / "pictures", check=True
    )
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == badges.badges()
