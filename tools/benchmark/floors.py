# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What remains of an inventory's time where the collection itself costs nothing."""

from __future__ import annotations

import pathlib

from benchmark.measure import Times

TRANSFER = str(pathlib.Path(__file__).parent / "transfer.py")

# Ansible itself has imported most of what the transfer imports, so its start is taken away from its time.
PAGES = ["python", TRANSFER, "pages"]
NO_PAGES = ["python", TRANSFER, "nothing"]


def connections(count: int) -> list[str]:
    """The command that opens so many connections and asks for little on each."""
    return ["python", TRANSFER, "connect", str(count)]


def with_transfer(nothing: Times, pages: Times, no_pages: Times) -> Times:
    """The floor: Ansible with nothing to do, and the bare transfer and parsing of the pages (the medians of PAGES and
    NO_PAGES).
    """
    return nothing + (pages - no_pages)
