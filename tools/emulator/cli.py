# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starts the emulator, on a loopback address only."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import os
import shutil
import signal
import socket
import tempfile
import time
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import ValidationError

from emulator import lifecycle
from emulator.app import build
from emulator.backend import DEFAULT_TOKEN, EVERYTHING, Backend, Tokens
from emulator.control import MAX_SEED, Seed
from emulator.settings import Switches, changed
from emulator.store import Store

WATCH_INTERVAL = 0.5


def _flag(text: str) -> bool:
    if text.lower() in ("on", "true", "yes", "1"):
        return True
    if text.lower() in ("off", "false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError("must be on or off")


def _loopback(text: str) -> str:
    text = "127.0.0.1" if text == "localhost" else text
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("only a loopback address is allowed, because the emulator has no real protection")


def _token(text: str) -> tuple[str, tuple[str, ...]]:
    token, _equals, permissions = text.partition("=")
    return token, tuple(permissions.split(",")) if permissions else EVERYTHING


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _switch_type(annotation: Any) -> dict[str, Any]:
    """How argparse reads a switch of a type."""
    if types.NoneType in typing.get_args(annotation):
        # What is not given depends on other switches.
        (annotation,) = (one for one in typing.get_args(annotation) if one is not types.NoneType)
    if typing.get_origin(annotation) is typing.Literal:
        choices = typing.get_args(annotation)
        return {"type": type(choices[0]), "choices": choices}
    if typing.get_origin(annotation) is list:
        return {"type": _numbers, "metavar": "ID[,ID...]"}
    if annotation is bool:
        return {"type": _flag, "metavar": "{on,off}"}
    return {"type": annotation, "metavar": annotation.__name__.upper()}


def parser() -> argparse.ArgumentParser:
    """Every option; the switches come from the settings model."""
    result = argparse.ArgumentParser(prog="emulator", description="Emulates the VPS.org servers API on this machine.")
    result.add_argument(
        "--host", type=_loopback, default="127.0.0.1", help="loopback address to listen on (default: 127.0.0.1)"
    )
    result.add_argument("--port", type=int, default=8765, help="port to listen on; 0: any free port (default: 8765)")
    result.add_argument(
        "--db",
        type=Path,
        metavar="FILE",
        help="SQLite file for the state (default: a temporary file, which is removed at the end)",
    )
    result.add_argument(
        "--token",
        type=_token,
        action="append",
        metavar="TOKEN[=PERMISSION,...]",
        help="token to accept, with its permissions, such as servers:read "
        f"(default: {DEFAULT_TOKEN}, with all permissions); may be repeated",
    )
    result.add_argument("--seed", type=int, default=0, metavar="N", help="insert N servers if the database is empty")
    result.add_argument("--credits", type=int, metavar="N", help="credit of the account")
    result.add_argument(
        "--exit-with-parent", action="store_true", help="end when the process that started the emulator ends"
    )
    result.add_argument("--stop-after", type=float, metavar="SECONDS", help="end after this time without a request")
    switches = result.add_argument_group("switches", "questions that the API's documentation leaves open, and delays")
    for name, field in Switches.model_fields.items():
        default = (
            {True: "on", False: "off"}.get(field.default, field.default)
            if isinstance(field.default, bool)
            else field.default
        )
        text = (
            f"{field.description} (default: {default!s})" if default not in ("", None, []) else str(field.description)
        )
        option = f"--{name.replace('_', '-')}"
        switches.add_argument(
            option, dest=name, default=None, help=text.replace("%", "%%"), **_switch_type(field.annotation)
        )
    return result


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


class Server(uvicorn.Server):
    """Says when it is ready, ends quietly on a signal, and with its parent or when idle if asked to."""

    def __init__(self, config: uvicorn.Config, ready: str, backend: Backend, options: argparse.Namespace) -> None:
        super().__init__(config)
        self._ready = ready
        self._backend = backend
        self._parent = os.getppid() if options.exit_with_parent else None
        self._stop_after: float | None = options.stop_after

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again after the end, for a traceback or a signal's exit status.
        def stop(number: int, frame: types.FrameType | None) -> None:
            # Requests that take longer than the graceful end are cut off, which uvicorn would report with tracebacks.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
            self.handle_exit(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)
            self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while not self.should_exit:
            orphan = self._parent is not None and os.getppid() != self._parent
            idle = time.monotonic() - self._backend.last_request
            if orphan or (self._stop_after is not None and idle >= self._stop_after):
                self.should_exit = True
            await asyncio.sleep(WATCH_INTERVAL)


def _backend(options: argparse.Namespace, file: Path) -> Backend:
    given = {name: getattr(options, name) for name in Switches.model_fields if getattr(options, name) is not None}
    tokens = Tokens()
    for text, permissions in options.token:
        tokens.add(text, permissions)
    backend = Backend(Store(file), changed(Switches(), given), tokens)
    if options.credits is not None:
        backend.store.credits = options.credits
    if options.seed and not backend.store.everything():
        lifecycle.seed(backend.store, backend.switches, Seed(count=options.seed).servers())
    return backend


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal, the end of the parent, or the idle limit; the exit status."""
    command = parser()
    options = command.parse_args(arguments)
    options.token = options.token or [(DEFAULT_TOKEN, EVERYTHING)]
    if not 0 <= options.seed <= MAX_SEED:
        command.error(f"--seed: from 0 to {MAX_SEED}")
    try:
        listener = _listen(options.host, options.port)
    except OSError as error:
        command.error(f"cannot listen on {options.host} port {options.port}: {error.strerror}")
    folder = None if options.db else Path(tempfile.mkdtemp(prefix="emulator-"))
    try:
        backend = _backend(options, options.db or folder / "state.sqlite")
        host = f"[{options.host}]" if ":" in options.host else options.host
        ready = f"VPS.org API emulator: http://{host}:{listener.getsockname()[1]}/api/v1 (token: {options.token[0][0]})"
        config = uvicorn.Config(
            build(backend),
            log_level="error",
            access_log=False,
            lifespan="off",
            date_header=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        Server(config, ready, backend, options).run(sockets=[listener])
        backend.store.close()
    except ValidationError as error:
        command.error("; ".join(f"--{str(one['loc'][0]).replace('_', '-')}: {one['msg']}" for one in error.errors()))
    finally:
        listener.close()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0
