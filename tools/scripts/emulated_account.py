# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command while an emulator of the API runs, and end with the command's code.

    .venv/bin/python tools/scripts/emulated_account.py FILE COMMAND...

FILE, the configuration of the integration targets, is written from FILE.template, with this emulator as its API.
"""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from sandbox.programs import new_emulator

MILLISECONDS = {"provision_ms": 20, "address_ms": 10, "start_ms": 20, "stop_ms": 20, "reboot_ms": 20}


def main() -> int:
    file, *command = sys.argv[1:]
    variables = yaml.safe_load(pathlib.Path(f"{file}.template").read_text(encoding="utf-8"))
    # `timeout` ends this script by SIGTERM: let the emulator end with it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with new_emulator(**MILLISECONDS) as emulator:
        variables.update(vps_api_url=emulator.url, vps_api_token=emulator.token)
        pathlib.Path(file).write_text(yaml.safe_dump(variables, sort_keys=False), encoding="utf-8")
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
