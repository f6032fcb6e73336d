# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which container engine there is, and commands that run in an image."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
from collections.abc import Mapping, Sequence

ENGINES = ("podman", "docker")
NONE = "none"
START_LIMIT = 60.0  # seconds in which an engine must answer
# What a command in a container finds of the variables that its caller has set.
PASSED_ON = (
    "ANSIBLE_CONFIG",
    "ANSIBLE_DEPRECATION_WARNINGS",
    "ANSIBLE_FORCE_COLOR",
    "ANSIBLE_NOCOLOR",
    "VPS_API_TOKEN",
    "VPS_API_URL",
)


class EngineError(Exception):
    """No image can be built, or no container can be started. The message says why."""


def choose(environment: Mapping[str, str]) -> str:
    """The engine to use: the one named by CONTAINER_ENGINE, else the first that answers.

    EngineError when there is none, which is an error only if the variable names one; see `is_wanted`.
    """
    named = environment.get("CONTAINER_ENGINE", "")
    if named == NONE:
        raise EngineError("CONTAINER_ENGINE=none")
    if named and named not in ENGINES:
        raise EngineError(f"CONTAINER_ENGINE={named} is none of {', '.join((*ENGINES, NONE))}")
    reasons = []
    for engine in (named,) if named else ENGINES:
        reason = _why_not(engine, [engine, "info"], environment)
        if not reason:
            return engine
        reasons.append(reason)
    raise EngineError("; ".join(reasons))


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the user has named an engine, so that it is an error if it doesn't work."""
    return environment.get("CONTAINER_ENGINE", "") not in ("", NONE)


def why_no_container(engine: str, image: str, environment: Mapping[str, str]) -> str:
    """The reason why no container of `image` can be started, empty if one can.

    An engine that answers may still be unable to start a container, as inside another container.
    """
    return _why_not(engine, [engine, "run", "--rm", "--network", "host", image, "true"], environment)


def _why_not(engine: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=START_LIMIT,
        )
    except FileNotFoundError:
        return f"{engine} is not installed"
    except subprocess.TimeoutExpired:
        return f"{engine} does not answer"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"{engine} can't be used: {said[-1].strip() if said else f'code {done.returncode}'}"


def write_commands(
    folder: pathlib.Path,
    names: Sequence[str],
    engine: str,
    image: str,
    mounts: Mapping[pathlib.Path, str],
    environment: Mapping[str, str],
) -> None:
    """Write a command into `folder` for each of `names` that runs the command of that name in a container of `image`.

    It runs in the caller's folder, in the machine's network. `mounts`: folders that the container gets under their own
    path, each with `ro` or `rw`. `environment`: the one in which the engine works; the caller's home may be another.
    """
    # As ansible-runner does it: with podman, the container's root is the user who has started it.
    user = "root" if engine == "podman" else str(os.getuid())
    command = [
        engine,
        "run",
        "--rm",
        "--interactive",
        "--network",
        "host",
        "--user",
        user,
        "--security-opt",
        "label=disable",
    ]
    for path, mode in mounts.items():
        command += ["--volume", f"{path}:{path}:{mode}"]
    for variable in PASSED_ON:
        command += ["--env", variable]
    home = f"export HOME={shlex.quote(environment['HOME'])}\n" if "HOME" in environment else ""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        script = folder / name
        line = f'exec {shlex.join(command)} --workdir "$PWD" {shlex.quote(image)} {name} "$@"'
        script.write_text(f"#!/bin/sh\n{home}{line}\n")
        script.chmod(0o755)
