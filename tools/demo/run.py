# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the collection in action: real Ansible commands, against an emulator of the API that runs on this machine for
the duration of the demo.

Every step also checks its outcome; the exit code is 1 if something is not as expected.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from emulator.handle import EmulatorError
from sandbox.isolation import REPOSITORY, isolate_environment
from sandbox.programs import core_bin, new_emulator

# Long enough to be seen (milliseconds); the API documents 2 to 5 minutes for provisioning.
PACE = {"provision_ms": 1500, "address_ms": 300, "start_ms": 700, "stop_ms": 700, "reboot_ms": 700, "delete_ms": 400}
SHOP = {"web-01", "web-02", "web-03", "db-01"}
COMMAND_LIMIT = 120.0  # seconds for one command
END_LIMIT = 5.0  # seconds that a command gets to end after Ctrl-C
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Unexpected(Exception):
    """Something is not as it should be. The message says what."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command printed, what it sent, and what the account holds after it."""

    output: str
    requests: list[dict[str, Any]]
    servers: dict[str, dict[str, Any]]

    @property
    def writes(self) -> int:
        return sum(request["method"] != "GET" for request in self.requests)

    def recap(self, name: str) -> int:
        """A number of the play's recap, such as `changed`."""
        found = re.findall(rf"\b{name}=(\d+)", self.output)
        return int(found[-1]) if found else -1


@dataclasses.dataclass(frozen=True)
class Step:
    """A command as a user types it, what it is for, and the conditions that must hold after it. `remark`: what may
    surprise in its output.
    """

    title: str
    command: str
    expect: Callable[[Outcome], Mapping[str, bool]]
    remark: str = ""


def _statuses(outcome: Outcome) -> set[str]:
    return {str(server["status"]) for server in outcome.servers.values()}


STEPS = (
    Step(
        "Ask the account which API it speaks, and what can be ordered",
        "ansible-playbook account.yml",
        lambda now: {
            "nothing is written": now.writes == 0,
            "the account can be managed": "so this collection can manage it." in " ".join(now.output.split()),
            "plans are shown": "Starter VPS" in now.output,
        },
    ),
    Step(
        "Preview the plan, without changing anything",
        "ansible-playbook site.yml --check --diff",
        lambda now: {
            "nothing is written": now.writes == 0,
            "changed=1": now.recap("changed") == 1,
            "no server": not now.servers,
        },
    ),
    Step(
        "Apply it: four servers in one task, created concurrently",
        "ansible-playbook site.yml",
        lambda now: {
            "the four servers exist": set(now.servers) == SHOP,
            "they are active": _statuses(now) == {"active"},
            "four creates": now.writes == 4,
            "changed=1": now.recap("changed") == 1,
        },
    ),
    Step(
        "Run it again: everything is as declared, so nothing changes",
        "ansible-playbook site.yml",
        lambda now: {"nothing is written": now.writes == 0, "changed=0": now.recap("changed") == 0},
    ),
    Step(
        "Add one more server in a separate task",
        "ansible-playbook server.yml",
        lambda now: {
            "the server exists": set(now.servers) == {*SHOP, "build-01"},
            "changed=1": now.recap("changed") == 1,
        },
    ),
    Step(
        "Stop, start, and reboot it",
        "ansible-playbook power.yml",
        lambda now: {
            "changed=3": now.recap("changed") == 3,
            "three actions": now.writes == 3,
            "all are active": _statuses(now) == {"active"},
        },
    ),
    Step(
        "List the account's servers",
        "ansible-playbook list.yml",
        lambda now: {
            "every server is shown": all(name in now.output for name in now.servers),
            "nothing is written": now.writes == 0,
        },
        "Plans 1 and 2 have other names here than in step 1, because the API's documentation contradicts itself.\n"
        "Only a plan's ID identifies it.",
    ),
    Step(
        "Use the same servers as an Ansible inventory, with groups",
        "ansible-inventory -i demo.vps.yml --graph",
        lambda now: {
            "every server is a host": all(f"--{name}\n" in now.output for name in now.servers),
            "they are in groups": "@location_eu_central:" in now.output and "@web:" in now.output,
            "nothing is written": now.writes == 0,
        },
    ),
    Step(
        "Delete all of them",
        "ansible-playbook delete.yml",
        lambda now: {"five deletions": now.writes == 5, "changed=1": now.recap("changed") == 1},
    ),
    Step(
        "Check that the account is empty",
        "ansible-playbook list.yml",
        lambda now: {"there is no server": not now.servers and "There is no server." in now.output},
    ),
)

NEXT = """\
What to type next

  To continue on your own, start the emulator in another terminal (make emulator; press Ctrl-C to stop it). Then run:

    . .venv/bin/activate
    export ANSIBLE_COLLECTIONS_PATH=$PWD/.cache/collections
    export VPS_API_URL=http://127.0.0.1:8765/api/v1 VPS_API_TOKEN=vps_demo_token
    cd tools/demo
    ansible-playbook account.yml
    ansible-playbook site.yml --check --diff

  With your own account, the last two commands are the same, and only read. Without --check, the last one creates
  servers, which are billed by the hour until they are deleted. Create a token in your account, under Developers, and
  run:

    unset VPS_API_URL
    read -rs VPS_API_TOKEN && export VPS_API_TOKEN
    ansible-playbook account.yml
    ansible-playbook site.yml --check --diff

  docs/docsite/rst/getting_started.rst goes on from here. For everything else, see README.md.
"""


class Demo:
    """Runs the steps in order. `emulator` has started."""

    def __init__(self, emulator: Any) -> None:
        self._emulator = emulator
        self._styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._environment = _environment(emulator, self._styled)
        self._child: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """All steps. Unexpected at the first that is not as it should be."""
        self._say(
            f"\nAn emulator of the VPS.org API is running at {self._emulator.url}. No account is needed, and no data "
            "leaves this machine."
        )
        self._say(f"You could type the same commands yourself in {FOLDER.relative_to(REPOSITORY)}.")
        began = time.monotonic()
        for number, step in enumerate(STEPS, 1):
            self._say(f"\n{self._bold(f'=== {number} of {len(STEPS)}. {step.title}')}\n")
            if step.remark:
                self._say(f"{step.remark}\n")
            self._say(self._bold(f"$ {step.command}"))
            outcome = self._outcome(step.command)
            missed = [what for what, holds in step.expect(outcome).items() if not holds]
            if missed:
                raise Unexpected(f"`{step.command}` was expected to end with: {', '.join(missed)}")
            self._say(f"    {_sent(outcome)}")
        self._say(
            "\n"
            + self._bold(f"All {len(STEPS)} steps went as expected. They took {time.monotonic() - began:.0f} s.")
            + f"\n\n{NEXT}"
        )

    def _outcome(self, command: str) -> Outcome:
        self._emulator.clear_requests()
        output = self._print_output(command.split())
        return Outcome(
            output, self._emulator.requests(), {str(server["name"]): server for server in self._emulator.servers()}
        )

    def _print_output(self, command: list[str]) -> str:
        """Run a command and print its output as it comes; the output without colours.

        Unexpected when the command fails.
        """
        # In a session of its own, Ctrl-C reaches it through this process only, which then waits for its end.
        self._child = subprocess.Popen(
            [str(core_bin() / command[0]), *command[1:]],
            cwd=FOLDER,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        limit = threading.Timer(COMMAND_LIMIT, self._end_child)
        limit.daemon = True
        limit.start()
        lines: list[str] = []
        blank = False
        try:
            for line in self._child.stdout or ():
                # Blank lines are shown between others only.
                plain = ESCAPES.sub("", line)
                if plain.strip():
                    self._say(f"\n{line.rstrip()}" if blank and lines else line.rstrip())
                    lines.append(plain)
                blank = not plain.strip()
            code = self._child.wait()
        except BaseException:
            self._end_child()
            raise
        finally:
            limit.cancel()
        if code != 0:
            raise Unexpected(f"`{' '.join(command)}` ended with code {code}")
        return "".join(lines)

    def _end_child(self) -> None:
        """End the running command as Ctrl-C does, and without mercy when that takes too long."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self._child is None or self._child.poll() is not None:
                return
            try:
                os.killpg(self._child.pid, number)
                self._child.wait(END_LIMIT)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._styled else text

    @staticmethod
    def _say(text: str) -> None:
        print(text, flush=True)


def _environment(emulator: Any, styled: bool) -> dict[str, str]:
    """What the commands find: no settings and no token of the user, and no colours where the output is
    not a terminal.
    """
    environment = dict(os.environ)
    environment.pop("ANSIBLE_NOCOLOR", None)
    environment.update(
        PATH=f"{core_bin()}{os.pathsep}{environment.get('PATH', os.defpath)}",
        ANSIBLE_CONFIG=str(FOLDER / "ansible.cfg"),
        VPS_API_URL=emulator.url,
        VPS_API_TOKEN=emulator.token,
        **({"ANSIBLE_FORCE_COLOR": "1"} if styled else {"ANSIBLE_NOCOLOR": "1"}),
    )
    return environment


def _sent(outcome: Outcome) -> str:
    reads = len(outcome.requests) - outcome.writes
    parts = [
        f"{count} {word}{'s' if count != 1 else ''}" for count, word in ((reads, "read"), (outcome.writes, "write"))
    ]
    return f"(requests to the API: {', '.join(parts)})"


def _ended(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ended)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vpsorg-demo_"))
    try:
        isolate_environment(folder)
        with new_emulator(**PACE) as emulator:
            Demo(emulator).run()
    except KeyboardInterrupt:
        print("\nInterrupted. The emulator and all its data were removed.")
        return 130
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # Python's own flush at the end shall not fail too
        return 1
    except (Unexpected, EmulatorError) as problem:
        print(f"\nThe demonstration failed: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
