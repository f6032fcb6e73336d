# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that holds every request and every answer against the OpenAPI description.

Needs Node; the proxy is installed into .cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import pathlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

from helpers import ports
from sandbox.isolation import REPOSITORY

PINS = REPOSITORY / "tools" / "requirements" / "prism"
FOLDER = REPOSITORY / ".cache" / "contract"
DESCRIPTION = REPOSITORY / "docs" / "openapi.yaml"
INSTALL_LIMIT, START_LIMIT = 120.0, 60.0  # seconds; for one try of those below
INSTALL_TRIES = 2
OLDEST_NODE = 18


def missing() -> str | None:
    """Why the proxy can't run on this machine, or None."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    version = subprocess.run(
        ["node", "--version"], capture_output=True, text=True, timeout=START_LIMIT, check=True
    ).stdout.strip()
    return (
        None
        if int(version.removeprefix("v").split(".")[0]) >= OLDEST_NODE
        else f"node {version} is older than {OLDEST_NODE}"
    )


def install() -> pathlib.Path:
    """The proxy's program, installed from the pinned packages unless it is there already.

    Safe for several processes at once.
    """
    lock_file = PINS / "package-lock.json"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    FOLDER.mkdir(parents=True, exist_ok=True)
    program, record = (
        FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js",
        FOLDER / "installed-from",
    )
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (record.exists() and record.read_text() == wanted and program.exists()):
            record.unlink(missing_ok=True)
            for pins in (PINS / "package.json", lock_file):
                shutil.copy(pins, FOLDER)
            _download()
            record.write_text(wanted)
    return program


def _download() -> None:
    # What a first try has fetched, the next one finds in the cache.
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=5", f"--cache={FOLDER / 'cache'}"]
    for left in reversed(range(INSTALL_TRIES)):
        try:
            outcome = subprocess.run(
                ["npm", "ci", *options],
                cwd=FOLDER,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            if not left:
                raise
            continue
        if outcome.returncode == 0:
            return
        assert left, outcome.stdout + outcome.stderr


@contextlib.contextmanager
def running_prism(upstream: str) -> Iterator[tuple[str, list[str]]]:
    """The URL of a validating proxy in front of C(upstream), and what it has said so far.

    An invalid request is answered 422, an invalid answer 500.
    """
    with ports.held_port() as holder, _running_on(ports.number(holder), upstream) as said:
        yield f"http://127.0.0.1:{ports.number(holder)}", said


@contextlib.contextmanager
def _running_on(port: int, upstream: str) -> Iterator[list[str]]:
    command = [
        "node",
        str(install()),
        "proxy",
        "--errors",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        str(DESCRIPTION),
        upstream,
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        _wait_for(port, process, said)
        yield said
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)


def _wait_for(port: int, process: subprocess.Popen[str], said: list[str]) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the validating proxy did not start:\n" + "".join(said))
