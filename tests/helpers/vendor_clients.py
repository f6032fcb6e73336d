# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clients that the vendor itself publishes, in an environment of their own in .cache: vps-mcp and vpsdotorg."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from emulator.handle import Emulator
from sandbox.isolation import REPOSITORY

FOLDER = REPOSITORY / ".cache" / "venv-vendor-clients"
PINS = REPOSITORY / "tools" / "requirements"
CALLS = pathlib.Path(__file__).with_name("mcp_calls.py")
INSTALL_LIMIT, RUN_LIMIT = 240.0, 60.0


Call = Callable[..., str]


class NotInstalled(Exception):
    """The vendor's clients can't be installed here, and why."""


class VendorClients:
    """The installed clients. Nothing of the machine's settings reaches them."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._bin = folder / "bin"

    @contextlib.contextmanager
    def mcp(self, emulator: Emulator) -> Iterator[Call]:
        """vps-mcp, connected to an emulator: a function that calls one of its tools and returns what it says."""
        command = [str(self._bin / "python"), str(CALLS), str(self._bin / "vps-mcp")]
        environment = {**os.environ, "VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
            ) as process,
        ):
            assert process.stdin and process.stdout
            requests, answers = process.stdin, process.stdout

            def call(tool: str, **arguments: Any) -> str:
                requests.write(json.dumps([tool, arguments]) + "\n")
                requests.flush()
                line = answers.readline()
                if not line:
                    errors.seek(0)
                    raise AssertionError(errors.read())
                return json.loads(line)

            yield call

    def cli(self, home: pathlib.Path, *arguments: str, said: str = "") -> str:
        """What a command of vpsdotorg prints, with `home` as its home and its folder; `said`: what it is answered."""
        ended = subprocess.run(
            [str(self._bin / "vps"), *arguments],
            input=said,
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT,
            check=False,
            cwd=home,
            env={**os.environ, "HOME": str(home)},
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


def installed() -> VendorClients:
    """The clients, installed unless they are there already. Raises NotInstalled."""
    command = [sys.executable, str(REPOSITORY / "tools" / "scripts" / "environment.py"), str(FOLDER)]
    command += ["--constraints", str(PINS / "constraints-vendor-clients.txt"), str(PINS / "vendor-clients.txt")]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"not done after {error.timeout:.0f} s") from None
    if ended.returncode != 0:
        raise NotInstalled(ended.stderr.strip()[-500:])
    return VendorClients(FOLDER)
