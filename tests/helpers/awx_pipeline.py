# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program: one run as AWX's controller hands it to a container, and takes it back.

The controller packs a folder and parameters, `ansible-runner worker` in the container (here: in a folder and an
environment of its own) unpacks and runs them, and the controller reads the events. Takes a JSON file: `params` of
ansible-runner, `container` (folder), `env` of the container. Prints JSON: status, rc, events.
"""

from __future__ import annotations

import io
import json
import pathlib
import subprocess
import sys
from typing import Any

import ansible_runner


def main(task: dict[str, Any]) -> None:
    params = task["params"]
    packed = pathlib.Path(task["container"] + ".in")
    with packed.open("wb") as stream:
        ansible_runner.interface.run(streamer="transmit", _output=stream, **params)
    with packed.open("rb") as stream:
        worker = subprocess.run(
            [sys.executable, "-m", "ansible_runner", "worker", f"--private-data-dir={task['container']}"],
            stdin=stream,
            stdout=subprocess.PIPE,
            env=task["env"],
            timeout=200,
            check=False,
        )
    events: list[dict[str, Any]] = []
    result = ansible_runner.interface.run(
        streamer="process",
        quiet=True,
        _input=io.BytesIO(worker.stdout),
        event_handler=lambda event: bool(events.append(event)),
        **params,
    )
    json.dump({"status": result.status, "rc": result.rc, "events": events}, sys.stdout)


if __name__ == "__main__":
    main(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
