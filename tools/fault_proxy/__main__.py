# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault proxy as a process of its own: ``python tools/fault_proxy --upstream URL --rules rules.json``.

Prints one JSON line with ``url``, ``port`` and ``pid`` once it listens, and one with what was met when it ends
(SIGTERM, SIGINT, the parent's end, the idle limit).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

if not __package__:  # started by its path: that folder must not shadow other modules, the one above holds the package
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from fault_proxy import KINDS, Fault, FaultProxy, Record, load_rules


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="fault_proxy", description="A proxy in front of the API that misbehaves on command."
    )
    parser.add_argument("--upstream", help="URL of the API (http)")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0: a free one")
    parser.add_argument("--rules", type=Path, help="JSON list of faults")
    parser.add_argument("--history", type=Path, help="file that gets one JSON line for every request")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when the process that started this one ends"
    )
    parser.add_argument("--idle-limit", type=float, default=900.0, help="end after so many seconds without a request")
    parser.add_argument("--list", action="store_true", help="print the kinds of faults and end")
    arguments = parser.parse_args(argv)
    if not arguments.list and not arguments.upstream:
        parser.error("--upstream is required")
    return arguments


def list_kinds() -> str:
    """The table of kinds, one a line."""
    return "\n".join(f"{kind.name:24} {kind.stage:11} {kind.about}" for kind in KINDS.values())


def serve(arguments: argparse.Namespace, faults: list[Fault]) -> None:
    """Run the proxy until it is told to end, by whatever means."""
    parent, last = os.getppid(), time.monotonic()
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    lines = arguments.history.open("a", encoding="utf-8", buffering=1) if arguments.history else None

    def write(record: Record) -> None:
        nonlocal last
        last = time.monotonic()
        if lines is not None:
            lines.write(json.dumps(record.as_dict()) + "\n")

    with FaultProxy(arguments.upstream, *faults, port=arguments.port, on_record=write) as proxy:
        print(json.dumps({"url": proxy.url, "port": proxy.port, "pid": os.getpid()}), flush=True)
        while signal.sigtimedwait(stop, 0.25) is None:
            if (
                arguments.exit_with_parent and os.getppid() != parent
            ) or time.monotonic() - last > arguments.idle_limit:
                break
        met = [{"kind": fault.kind, "met": proxy.met(fault)} for fault in faults]
        summary = json.dumps({"requests": len(proxy.history), "connections": proxy.connections, "met": met})
    if lines is not None:
        lines.close()
    print(summary, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    arguments = parse(argv)
    if arguments.list:
        print(list_kinds())
        return 0
    serve(arguments, load_rules(arguments.rules) if arguments.rules else [])
    return 0


if __name__ == "__main__":
    sys.exit(main())
