# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one of the checks that no linter makes, and print a line for everything that it finds.

    PYTHON tools/gates {action-groups,archive,galaxy-importer} FOLDER

FOLDER is the collection, below a folder `ansible_collections`. tools/scripts/lint.sh prepares all that they need.
"""

from __future__ import annotations

import argparse
import pathlib
import signal
import subprocess
import sys

# Started by its path: the folder itself must not shadow other modules, the one above holds the packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from gates import action_groups, archive, importer

CHECKS = {
    "action-groups": action_groups.check,
    "archive": archive.check,
    "galaxy-importer": importer.check,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("collection", type=pathlib.Path)
    arguments = parser.parse_args()
    # So that what it has started ends with it, and its temporary folder goes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        findings = CHECKS[arguments.check](arguments.collection.resolve())
    except subprocess.CalledProcessError as error:
        findings = [str(error), error.stdout or "", error.stderr or ""]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
