# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, controls, and stops an emulator from a test. Needs only the standard library.

with Emulator(provision_ms=20) as emulator:
    emulator.seed(3)
    ... use emulator.url and emulator.token ...
    assert [request["method"] for request in emulator.requests()] == ["GET"]
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

FOLDER = Path(__file__).resolve().parent
START_LIMIT = 60.0
STOP_LIMIT = 10.0
# It ends with its parent anyway. A session of tests may leave it alone for long.
IDLE_LIMIT = 3600.0
READY = "VPS.org API emulator: "
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class EmulatorError(RuntimeError):
    """The emulator did not start, has ended, or refused what it was told."""


class Emulator:
    """An emulator in a separate process, on a free port of 127.0.0.1.

    python: the interpreter that runs it (with requirements.txt installed); db: the file for the state, by default a
    temporary one; token: a token with all permissions; tokens: further tokens, each with its permissions; credits: the
    account's credit; port: by default, any free port; every other keyword is a switch (see settings.py, or --help).
    """

    def __init__(
        self,
        *,
        python: str = sys.executable,
        db: Path | str | None = None,
        token: str = "vps_demo_token",
        tokens: dict[str, Iterable[str]] | None = None,
        credits: int | None = None,
        port: int = 0,
        **switches: Any,
    ) -> None:
        self._python = python
        self._folder = None if db else tempfile.mkdtemp(prefix="emulator-")
        self._db = Path(db) if db else Path(str(self._folder)) / "state.sqlite"
        self.token = token
        self._tokens = {name: tuple(permissions) for name, permissions in (tokens or {}).items()}
        self._first_credits = self._credits = credits
        self._first_switches = dict(switches)
        self._switches = dict(switches)
        self._process: subprocess.Popen[str] | None = None
        self._errors: list[str | None] = []
        self.port = port
        # The control interface is never asked through a proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    # Starting and ending

    def __enter__(self) -> Emulator:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The api_url for clients, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def pid(self) -> int:
        """The process that runs the emulator."""
        if self._process is None:
            raise EmulatorError("the emulator is not running")
        return self._process.pid

    def command(self) -> list[str]:
        """The command line that starts it."""
        command = [self._python, str(FOLDER), "--port", str(self.port), "--db", str(self._db)]
        command += ["--exit-with-parent", "--stop-after", str(IDLE_LIMIT), "--token", self.token]
        for token, permissions in self._tokens.items():
            command += ["--token", f"{token}={','.join(permissions)}"]
        if self._credits is not None:
            command += ["--credits", str(self._credits)]
        for name, value in self._switches.items():
            if value is not None:
                command.append(f"--{name.replace('_', '-')}={_argument(value)}")
        return command

    def start(self) -> Emulator:
        """Start it and wait until it is ready. If it does not start, raise EmulatorError with its error output."""
        environment = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES}
        self._errors = []
        process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._process = process
        lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [_read(process.stdout, lines.put), _read(process.stderr, self._errors.append)]
        self.port = self._wait_until_ready(lines)
        self._credits = None  # kept in the database from now on
        return self

    def _wait_until_ready(self, lines: queue.Queue[str | None]) -> int:
        limit = time.monotonic() + START_LIMIT
        while (left := limit - time.monotonic()) > 0:
            try:
                line = lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            if line.startswith(READY):
                return int(line.removeprefix(READY).split("/api/v1")[0].rpartition(":")[2])
        self._end()
        raise EmulatorError(f"the emulator did not start:\n{self.errors()}")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join(STOP_LIMIT)

    def stop(self) -> None:
        """Stop it, and remove the state if its file was temporary."""
        self._end()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def restart(self, kill: bool = False) -> Emulator:
        """Stop and restart it with the same state, port, token, and switches. kill: kill it instead of stopping it
        gracefully.
        """
        if kill and self._process is not None:
            self._process.kill()
        self._end()
        return self.start()

    def errors(self) -> str:
        """What it has written to standard error."""
        return "".join(line for line in self._errors if line)

    # Steering

    def configure(self, **switches: Any) -> dict[str, Any]:
        """Set switches, and return all of them. They survive a restart."""
        settings = self._control("PATCH", "settings", switches)
        self._switches.update(switches)
        return settings

    def settings(self) -> dict[str, Any]:
        """The current switches."""
        return self._control("GET", "settings")

    def seed(self, count: int = 0, **template: Any) -> list[int]:
        """Insert servers that have been there for long; their ids.

        Template: name ("web-{n:04d}"), hostname ("{name}.example.com"), first (1), and lists that go round: status,
        location, plan_id, os_id, backups_enabled; fields: given to every server verbatim. Or servers: a list of
        {"fields": ..., "complete": ..., "omit": ...} as for insert.
        """
        return self._control("POST", "seed", {**template, **({"count": count} if count else {})})["ids"]

    def insert(self, *, complete: bool = True, omit: Iterable[str] = (), **fields: Any) -> int:
        """Insert one server with fields verbatim, of any type and name; the id by which it is reached.

        complete: fill in every field that is not given (an active server; plan_id and os_id choose from the catalogue);
        omit: fields to leave out in the end.
        """
        return self._control("POST", "servers", {"fields": fields, "complete": complete, "omit": list(omit)})["id"]

    def change(self, id: int, *, omit: Iterable[str] = (), **fields: Any) -> None:
        """Replace stored fields of a server verbatim, as another client's doing would."""
        self._control("PATCH", f"servers/{id}", {"fields": fields, "omit": list(omit)})

    def remove(self, id: int) -> None:
        """Make a server disappear immediately."""
        self._control("DELETE", f"servers/{id}")

    def servers(self) -> list[dict[str, Any]]:
        """Every server as it is stored at this moment, whatever lists and details show: ssh_key_id included, and
        given_password, the password that the switch `password` shows."""
        return self._control("GET", "servers")["servers"]

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """The requests to the API, in the order of their arrival: number, time, answered, method, path, query, status
        (0: the client left first), token (its id, "unknown", or null) and body (the JSON value, or the text)."""
        return self._control("GET", f"requests?after={after}")["requests"]

    def statistics(self) -> dict[str, int]:
        """requests, writes, peak_per_second (most in any second) and peak_in_flight (most at the same time)."""
        return self._control("GET", "statistics")

    def clear_requests(self) -> None:
        """Clear the request log; request numbers continue to increase."""
        self._control("DELETE", "requests")

    @property
    def credits(self) -> int:
        """The credit that the account has left."""
        return self._control("GET", "account")["credits"]

    @credits.setter
    def credits(self, value: int) -> None:
        self._control("PATCH", "account", {"credits": value})

    def add_token(self, token: str, permissions: Iterable[str] = ("*:*",)) -> str:
        """Accept an additional token, and return its ID in the log. It survives a restart."""
        answer = self._control("POST", "tokens", {"token": token, "permissions": list(permissions)})
        self._tokens[token] = tuple(permissions)
        return answer["id"]

    def reset(self) -> None:
        """Delete all servers, clear the log, and restore the initial switches and credit; tokens are kept."""
        self._control("POST", "reset", {"switches": self._first_switches})
        self._switches = dict(self._first_switches)
        if self._first_credits is not None:
            self.credits = self._first_credits

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/_emulator/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self._opener.open(request, timeout=START_LIMIT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise EmulatorError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None
        except OSError as error:
            raise EmulatorError(f"{method} {path}: {error}\n{self.errors()}") from None
        return json.loads(text) if text else None


def _argument(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _read(stream: Any, give: Callable[[str | None], Any]) -> threading.Thread:
    """Read a stream of the process to its end, so that it never blocks; None is given at the end."""

    def run() -> None:
        with stream:
            for line in stream:
                give(line)
        give(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
