# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the README, made from what was measured last."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from benchmark_peers.candidates import OURS, PEERS

MEASURED = pathlib.Path(__file__).resolve().parent / "measured.json"
BEGIN = "<!-- Written by `make benchmark-peers ARGS=--record`: -->"
END = "<!-- The end of what it writes. -->"

NAMES = (OURS, *PEERS)
# By the names of the rows: what the work is, and the plain command that it is measured beside.
PING = "an item of `ansible.builtin.ping`"
LOCALHOST = "`-i localhost,`"
WORK = {
    "item": ("an item of a looped task with nothing to do", PING),
    "item-module": ("the same, run as a module by all", PING),
    "inventory": ("`ansible all --list-hosts` of {size:,} servers", LOCALHOST),
    "inventory-bare": ("the same without `compose`, so without addresses", LOCALHOST),
    "inventory-warm": ("the same from a warm cache", LOCALHOST),
}
# What the requests of a row are called.
REQUESTS = {
    "item": "its requests, for {size} items",
    "item-module": "its requests, for {size} items",
    "inventory": "its requests",
    "inventory-warm": "its requests",
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
        "multiple of the time of the second column, by the clock and (in parentheses) of CPU. The best of a row is "
        "bold."
    )
    lines = [
        caption,
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
    work, beside = WORK[row["name"]]
    found = ratios(row)
    cells = {name: f"{number(wall)} ({number(cpu)})" for name, (wall, cpu) in found.items()}
    best = _best({name: wall for name, (wall, _cpu) in found.items()})
    shown = [_bold(cells.get(name, ""), name in best) for name in NAMES]
    yield _line([work.format(size=row["size"]), f"{beside}: {row['beside']['wall']:.2f} s", *shown])
    if row["name"] in REQUESTS:
        requests = {name: times["requests"] for name, times in row["taken"].items()}
        best = _best(requests)
        shown = [_bold(str(requests.get(name, "")), name in best) for name in NAMES]
        yield _line([REQUESTS[row["name"]].format(size=row["size"]), "", *shown])


def _best(values: Mapping[str, float]) -> set[str]:
    """Whoever has the smallest value, where there is somebody to compare with."""
    least = min(values.values())
    best = {name for name, value in values.items() if value == least}
    return best if len(best) < len(values) else set()


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _better(measured: Mapping[str, Any]) -> str:
    """Where another collection is better than this one."""
    found = []
    for row in measured["rows"]:
        taken = row["taken"]
        if OURS not in taken:
            continue
        what = WORK[row["name"]][0].format(size=row["size"]).replace("the same", f"{row['size']:,} servers")
        for name in PEERS:
            if taken[name]["wall"] < taken[OURS]["wall"]:
                found.append(f"`{name}` is faster at {what}")
            if taken[name]["requests"] < taken[OURS]["requests"]:
                found.append(
                    f"`{name}` sends fewer requests for {what} ({taken[name]['requests']} beside "
                    f"{taken[OURS]['requests']})"
                )
    if not found:
        return "In no row is another collection better than this one."
    return f"Where another collection is better than this one: {'; '.join(found)}."


def replace_table(readme: str, measured: Mapping[str, Any]) -> str:
    """The README with the table of these results; ValueError when it has not both markers."""
    before, begin, rest = readme.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README lacks {BEGIN} or {END}")
    return f"{before}{begin}\n{table(measured)}\n{end}{after}"
