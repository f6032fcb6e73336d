# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Round trips, as the emulator's log of requests shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def round_trips(requests: Iterable[Mapping[str, Any]]) -> int:
    """How many requests came one after the other: those that came before an earlier one was answered share its round
    trip.
    """
    trips, first_answer = 0, float("-inf")
    for request in sorted(requests, key=lambda request: request["time"]):
        if request["time"] >= first_answer:
            trips, first_answer = trips + 1, request["answered"]
        first_answer = min(first_answer, request["answered"])
    return trips
