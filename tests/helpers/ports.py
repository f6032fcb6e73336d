# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port for somebody who starts to listen later, or twice."""

from __future__ import annotations

import socket


def held_port() -> socket.socket:
    """A socket on a port of 127.0.0.1 that, as long as it is open, nobody else is given by chance. It never listens.

    Who listens on the port has to set SO_REUSEADDR, as the fault proxy and Node do.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def number(holder: socket.socket) -> int:
    """The port's number."""
    return int(holder.getsockname()[1])
