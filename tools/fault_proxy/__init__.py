# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on command: an HTTP/1.1 proxy for tests that breaks connections, answers and data between a client and the
API.

    with FaultProxy(emulator.url) as proxy:
        lost = Fault("reset_after", method="POST", path="*/servers/")
        proxy.set(lost)
        ...                      # run the client against proxy.url
        assert proxy.met(lost) == 1

The kinds of faults, with their parameters, are the table ``KINDS`` in ``kinds.py``; ``python tools/fault_proxy --list``
prints it.
"""

from __future__ import annotations

from .foreign import ForeignHost, ForeignRecord
from .history import Record
from .kinds import KINDS, STORM_KINDS, Kind
from .proxy import FaultProxy
from .rules import Fault, load_rules, storm, storm_draw

__all__ = [
    "KINDS",
    "STORM_KINDS",
    "Fault",
    "FaultProxy",
    "ForeignHost",
    "ForeignRecord",
    "Kind",
    "Record",
    "load_rules",
    "storm",
    "storm_draw",
]
