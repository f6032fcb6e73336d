# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the collection against a local emulator of the API and print a table of ratios beside their targets.

Ratios of times that are taken by turns on one machine say something on any machine; the times themselves don't. Times
are targets, so that missing one is only shown; a number of requests is exact, so that missing one ends with exit code
1.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import pathlib
import shutil
import signal
import sys
import tempfile
import textwrap

# Started by its path: the folder itself must not shadow other modules, the one above holds the packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from benchmark.measure import Bench, Finding, Row
from sandbox.isolation import isolate_environment
from sandbox.programs import new_emulator

MODULES = ("server_rows", "inventory_rows", "https_rows", "scale_rows")
WIDTH = 76


def all_rows() -> list[Row]:
    found: list[Row] = []
    for name in MODULES:
        found += importlib.import_module(f"benchmark.{name}").rows(new_emulator)
    return found


LEGEND = """\
Ratios of times that are taken by turns on this machine, the smaller the better.
time, CPU: by the clock, and of the processors. floor: what the ratio would be if the collection itself cost nothing.
target: for the time, or for the CPU where it says so. Below each line: what was measured.
Of an exponent, 1 is linear growth.
"""


def heading() -> str:
    """What is above the table."""
    return table_line("what, beside what", "time", "CPU", "floor", "target", "verdict")


def table_line(what: str, wall: str, cpu: str, floor: str, target: str, verdict: str) -> str:
    """A line of the table, wrapped where its first column is too long."""
    texts = textwrap.wrap(what, WIDTH)
    last = f"{texts[-1]:<{WIDTH}} {wall:>6} {cpu:>6} {floor:>6}  {target:<11} {verdict}"
    return "\n".join([*texts[:-1], last.rstrip()])


def line(finding: Finding) -> str:
    """One line of the table, with what it rests on below."""

    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    target = "" if finding.target is None else f"<= {finding.target:g}{' (CPU)' if finding.by_cpu else ''}"
    first = table_line(
        finding.what, number(finding.wall), number(finding.cpu), number(finding.floor), target, finding.verdict
    )
    counts = [
        f"{pair[0]} "
        f"{words if pair[0] != 1 else words.removesuffix('s')}{f' (must be {pair[1]})' if pair[0] != pair[1] else ''}"
        for pair, words in ((finding.requests, "requests"), (finding.round_trips, "round trips"))
        if pair
    ]
    note = "; ".join(part for part in (finding.note, ", ".join(counts)) if part)
    return "\n".join([first, *textwrap.wrap(note, WIDTH, initial_indent="    ", subsequent_indent="    ")])


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller loops")
    parser.add_argument(
        "--tiny", action="store_true", help="the smallest numbers: shows that everything works, the ratios mean nothing"
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="also the long rows: ten times the size, which takes a quarter of an hour more",
    )
    parser.add_argument(
        "--only", metavar="PATTERN", help="only rows whose name matches this shell pattern, long ones included"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the rows and end")
    return parser.parse_args(arguments)


def chosen(options: argparse.Namespace) -> list[Row]:
    """The rows to measure."""
    if options.only is not None:
        return [row for row in all_rows() if fnmatch.fnmatchcase(row.name, options.only)]
    return [row for row in all_rows() if options.full or not row.full]


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    rows = chosen(options)
    if options.list:
        print("\n".join(row.name for row in rows))
        return 0
    if not rows:
        print(f"no row is named {options.only}; --list prints the names", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vpsorg-benchmark_"))
    exact = True
    try:
        isolate_environment(folder)
        bench = Bench(folder, quick=options.quick, tiny=options.tiny)
        print(LEGEND)
        print(heading(), flush=True)
        for row in rows:
            for finding in row.measure(bench):
                exact = exact and finding.is_exact
                print(line(finding), flush=True)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
