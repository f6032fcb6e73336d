# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the collection beside hetzner.hcloud and vultr.cloud, and print ratios of times.

All run on the ansible-core of the community package's environment, .cache/venv-peers. Ratios to plain commands that are
taken by turns on one machine say something on any machine; the times themselves don't.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

# Started by its path: the folder itself must not shadow other modules, the one above holds the packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

import yaml

from benchmark.measure import Bench
from benchmark_peers.candidates import OURS
from benchmark_peers.table import MEASURED, README, WORK, number, ratios, replace_table
from benchmark_peers.work import rows
from sandbox.isolation import REPOSITORY, isolate_environment
from sandbox.programs import new_emulator

ENVIRONMENT = REPOSITORY / ".cache" / "venv-peers"
# Run by the environment's own Python.
VERSIONS = """
import importlib.metadata, json, pathlib, platform, ansible_collections
found = {name: importlib.metadata.version(name) for name in ("ansible", "ansible-core")}
found["python"] = platform.python_version()
for name in ("hetzner.hcloud", "vultr.cloud"):
    folder = pathlib.Path(ansible_collections.__path__[0], *name.split("."))
    found[name] = json.loads((folder / "MANIFEST.json").read_text())["collection_info"]["version"]
print(json.dumps(found))
"""


def versions() -> dict[str, str]:
    """What is compared, and what all of it runs on."""
    python = str(ENVIRONMENT / "bin" / "python")
    outcome = subprocess.run([python, "-c", VERSIONS], check=True, stdout=subprocess.PIPE, text=True)
    ours = yaml.safe_load((REPOSITORY / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    return {**json.loads(outcome.stdout), OURS: ours}


def show(row: Mapping[str, Any]) -> str:
    """A row as text."""
    work = WORK[row["name"]]
    lines = [f"{work.text.format(size=row['size'])}, beside {work.beside}: {_times(row['beside'])}".replace("`", "")]
    for name, (wall, cpu) in ratios(row).items():
        taken = row["taken"][name]
        lines.append(f"  {name:<16}{number(wall):>6} {number(cpu):>6}  {_times(taken)}, {taken['requests']} requests")
    return "\n".join(lines)


def _times(times: Mapping[str, float]) -> str:
    return f"{times['wall']:.3f} s ({times['cpu']:.3f} s CPU)"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark_peers", description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer repetitions, smaller loops and inventories")
    size.add_argument(
        "--tiny", action="store_true", help="the smallest numbers: shows that everything works, the ratios mean nothing"
    )
    size.add_argument(
        "--record", action="store_true", help="keep the results, and write the table of README.md from them"
    )
    size.add_argument(
        "--readme", action="store_true", help="write the table of README.md from the results that were kept"
    )
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Print all rows as they are measured, and return what is kept of a run."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vpsorg-peers_"))
    try:
        isolate_environment(folder)
        # All as Ansible does by itself.
        os.environ.pop("ANSIBLE_DEPRECATION_WARNINGS", None)
        os.environ["VPSORG_TEST_CORE_BIN"] = str(ENVIRONMENT / "bin")
        measured = {
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "cores": os.cpu_count(),
            "versions": versions(),
            "rows": [],
        }
        print(", ".join(f"{name} {version}" for name, version in measured["versions"].items()))
        print("multiples of a plain command's time, by the clock and of CPU; the smaller the better", flush=True)
        for row in rows(Bench(folder, quick=options.quick, tiny=options.tiny), new_emulator):
            print(show(row), flush=True)
            measured["rows"].append(row)
        return measured
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(143))
    if not options.readme:
        if not (ENVIRONMENT / "bin" / "ansible").exists():
            print("The community package is not installed: `make benchmark-peers` does it.", file=sys.stderr)
            return 2
        try:
            measured = measure(options)
        except KeyboardInterrupt:
            return 130
        if not options.record:
            return 0
        MEASURED.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    kept = json.loads(MEASURED.read_text(encoding="utf-8"))
    README.write_text(replace_table(README.read_text(encoding="utf-8"), kept), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
