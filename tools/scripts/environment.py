# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a virtual environment that holds pinned requirement files, or do nothing when it already does.

    PYTHON tools/scripts/environment.py FOLDER --constraints FILE REQUIREMENTS...

The environment gets the Python that runs this script. What it was made from is written down in it; a file not yet in it
is added, and it is made anew when the Python, its place or a file that went into it has changed. Safe to be called by
several processes at once.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time
import venv

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RECORD = "made-from.json"
# Environment variables that would lead the new environment's Python elsewhere.
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_record(folder: pathlib.Path) -> dict:
    """What the environment was made from; empty when there is none or it was interrupted."""
    try:
        return json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}


def identity(folder: pathlib.Path, constraints: pathlib.Path) -> dict:
    """What an environment can't change without being made anew."""
    return {"python": sys.version, "base": sys.base_prefix, "place": str(folder), "constraints": digest(constraints)}


def install(folder: pathlib.Path, constraints: pathlib.Path, files: list[pathlib.Path]) -> None:
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--constraint", str(constraints)]
    for file in files:
        command += ["--requirement", str(file)]
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)


def ensure(folder: pathlib.Path, constraints: pathlib.Path, files: list[pathlib.Path]) -> None:
    """Bring the environment to the wanted content; raises CalledProcessError when pip fails."""
    wanted = {os.path.relpath(file, REPOSITORY): digest(file) for file in files}
    base = identity(folder, constraints)
    record = read_record(folder)
    present = record.get("files", {})
    usable = record.get("identity") == base and (folder / "bin" / "python").exists()
    if usable and all(present.get(name) == value for name, value in wanted.items()):
        return
    changed = [name for name in wanted if name in present and present[name] != wanted[name]]
    start = time.monotonic()
    version = platform.python_version()
    name = os.path.relpath(folder, REPOSITORY)
    print(f"{name}: installing {', '.join(wanted)} for Python {version} (once) ...", file=sys.stderr, flush=True)
    if not usable or changed:
        present = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    (folder / RECORD).unlink(missing_ok=True)
    install(folder, constraints, files)
    (folder / RECORD).write_text(json.dumps({"identity": base, "files": {**present, **wanted}}, indent=1) + "\n")
    print(f"{name}: ready after {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--constraints", type=pathlib.Path, required=True)
    parser.add_argument("requirements", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    locks = REPOSITORY / ".cache" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / (folder.name.lstrip(".") + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            ensure(folder, arguments.constraints, arguments.requirements)
        except subprocess.CalledProcessError as error:
            print(f"{folder.name}: pip failed with code {error.returncode}; see its message above.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
