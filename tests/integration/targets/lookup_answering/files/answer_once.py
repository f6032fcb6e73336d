# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer one connection as an SSH server does, and end; also after a minute without one.

answer_once.py FILE: listens on a free port of an address of this machine, and writes both to the file: ADDRESS PORT.
"""

from __future__ import annotations

import pathlib
import socket
import sys


def own_address() -> str:
    """The IPv4 address from which this machine reaches others. Raises OSError if it has no route to them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        unsent.connect(("203.0.113.1", 9))  # only chooses the address: UDP sends nothing yet
        return unsent.getsockname()[0]


def main() -> None:
    (file,) = sys.argv[1:]
    with socket.create_server((own_address(), 0)) as server:
        server.settimeout(60)
        address, port = server.getsockname()
        pathlib.Path(file).write_text(f"{address} {port}\n", encoding="ascii")
        connection, _peer = server.accept()
        with connection:
            connection.sendall(b"SSH-2.0-test\r\n")


if __name__ == "__main__":
    main()
