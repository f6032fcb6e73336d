# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer one connection as an SSH server does, and end; also after a minute without one.

answer_once.py ADDRESS FILE: listens on a free port of the address, and writes the port's number to the file.
"""

from __future__ import annotations

import pathlib
import socket
import sys


def main() -> None:
    address, file = sys.argv[1:]
    with socket.create_server((address, 0)) as server:
        server.settimeout(60)
        pathlib.Path(file).write_text(f"{server.getsockname()[1]}\n", encoding="ascii")
        connection, _peer = server.accept()
        with connection:
            connection.sendall(b"SSH-2.0-test\r\n")


if __name__ == "__main__":
    main()
