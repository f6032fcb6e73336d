# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the README beside this file, made from what was measured last."""

from __future__ import annotations

import dataclasses
import pathlib
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from benchmark_peers.candidates import OURS, PEERS

FOLDER = pathlib.Path(__file__).resolve().parent
MEASURED = FOLDER / "measured.json"
README = FOLDER / "README.md"
BEGIN = "<!-- Written by `make benchmark-peers ARGS=--record`: -->"
END = "<!-- The end of what it writes. -->"

LINE = 150  # characters, as the README's other lines
NAMES = (OURS, *PEERS)
PING = "an item of `ansible.builtin.ping`"
LOCALHOST = "`-i localhost,`"


@dataclasses.dataclass(frozen=True)
class Work:
    """What a row is of: in the table, in a sentence of its own, and the plain command that it is measured beside.

    `requests`: what its requests are called, if they get a row of their own.
    """

    text: str
    alone: str
    beside: str
    requests: str = ""


WORK = {
    "item": Work(
        "an item of a looped task with nothing to do",
        "an item of a looped task",
        PING,
        "its requests, for {size} items",
    ),
    "item-module": Work("the same, run as a module by all", "an item that all run as a module", PING),
    "inventory": Work(
        "`ansible all --list-hosts` of {size:,} servers",
        "an inventory of {size:,} servers",
        LOCALHOST,
        "its requests",
    ),
    "inventory-bare": Work(
        "the same, `vultr.cloud` without `compose` and so without addresses",
        "an inventory of {size:,} servers without addresses",
        LOCALHOST,
    ),
    "inventory-warm": Work(
        "the same from a warm cache", "an inventory of {size:,} servers from a warm cache", LOCALHOST, "its requests"
    ),
}


def number(ratio: float) -> str:
    """Three digits at most, as more would not be the same on another machine."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def ratios(row: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """By collection: time by the clock, and of CPU, as multiples of the plain command's."""
    beside = row["beside"]
    return {
        name: (times["wall"] / beside["wall"], times["cpu"] / beside["cpu"]) for name, times in row["taken"].items()
    }


def table(measured: Mapping[str, Any]) -> str:
    """The lines between the README's two markers."""
    versions = measured["versions"]
    heading = ["the same work", "beside", *(f"`{name}` {versions[name]}" for name in NAMES)]
    caption = (
        f"Measured on {measured['date']} with the community package of Ansible {versions['ansible']} (ansible-core "
        f"{versions['ansible-core']}), on Python {versions['python']} and {measured['cores']} cores. A number is a "
        "multiple of the second column's time, by the clock and (in parentheses) of CPU. The best of a row is bold."
    )
    lines = [
        _wrap(caption),
        "",
        _line(heading),
        "|---" * len(heading) + "|",
        *(line for row in measured["rows"] for line in _lines(row)),
        "",
        _better(measured),
    ]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    work, size = WORK[row["name"]], row["size"]
    found = ratios(row)
    best = _best({name: wall for name, (wall, _cpu) in found.items()})
    cells = [_bold(f"{number(found[name][0])} ({number(found[name][1])})", name in best) for name in NAMES]
    yield _line([work.text.format(size=size), f"{work.beside}: {row['beside']['wall']:.2f} s", *cells])
    if work.requests:
        sent = {name: times["requests"] for name, times in row["taken"].items()}
        best = _best(sent)
        yield _line([work.requests.format(size=size), "", *(_bold(str(sent[name]), name in best) for name in NAMES)])


def _best(values: Mapping[str, float]) -> set[str]:
    """Whoever has the smallest value, unless all have."""
    least = min(values.values())
    best = {name for name, value in values.items() if value == least}
    return best if len(best) < len(values) else set()


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _better(measured: Mapping[str, Any]) -> str:
    """Where another collection is better than this one."""
    found = []
    for row in measured["rows"]:
        taken, work = row["taken"], WORK[row["name"]]
        what = work.alone.format(size=row["size"])
        for name in PEERS:
            if taken[name]["wall"] < taken[OURS]["wall"]:
                found.append(f"`{name}` is faster at {what}")
            sent, ours_sent = taken[name]["requests"], taken[OURS]["requests"]
            if sent < ours_sent and work.requests:
                found.append(f"`{name}` sends fewer requests for {what} ({sent} beside {ours_sent})")
    if not found:
        return "In no row is another collection better than this one."
    return _wrap(f"Where another collection is better than this one: {'; '.join(found)}.")


def _wrap(text: str) -> str:
    return textwrap.fill(text, LINE, break_on_hyphens=False)


def replace_table(readme: str, measured: Mapping[str, Any]) -> str:
    """The README with the table of these results; ValueError when it has not both markers."""
    before, begin, rest = readme.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README lacks {BEGIN} or {END}")
    return f"{before}{begin}\n{table(measured)}\n{end}{after}"
