# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How cost grows with size: an exponent of 1 is linear, with 2 twice the size costs four times as much."""

from __future__ import annotations

import math
from collections.abc import Mapping

from benchmark.measure import Finding, Times

# A little above 1, because two measurements of the same differ too.
TARGET = 1.15
# By how much two measurements of the same differ on a machine that does nothing else: a share of the whole time.
NOISE = 0.03


def exponent(smaller: float, larger: float, times_the_size: float) -> float | None:
    """The exponent of the growth from one cost to another; None where one of them was drowned in noise."""
    if smaller <= 0 or larger <= 0:
        return None
    return math.log(larger / smaller) / math.log(times_the_size)


def growth(what: str, costs: Mapping[int, Times], below: float, floor: str, memory_floor: str) -> list[Finding]:
    """The lines for the growth of time and CPU, and of memory.

    `costs`: by size in ascending order, what is above the floor; `below`: the floor's seconds of CPU, whose noise
    is part of them; `floor` and `memory_floor`: what the floor is.
    """
    sizes = list(costs)
    smallest, largest = sizes[0], sizes[-1]
    first, last = costs[smallest], costs[largest]
    times = largest / smallest
    step = exponent(costs[sizes[-2]].cpu, last.cpu, largest / sizes[-2])
    steps = f"; the last step alone: {step:.2f} (CPU)" if step is not None and len(sizes) > 2 else ""
    with_noise = exponent(first.cpu + NOISE * below, last.cpu, times)
    each = f"{last.wall / largest * 1000:.2f} ms ({last.cpu / largest * 1000:.2f} ms CPU)"
    return [
        Finding(
            f"{what}: exponent of the cost",
            exponent(first.wall, last.wall, times),
            exponent(first.cpu, last.cpu, times),
            TARGET,
            1.0,
            by_cpu=True,
            in_doubt=with_noise is not None and with_noise <= TARGET,
            note=f"above the floor ({floor}): "
            + ", ".join(f"{size:,}: {cost}" for size, cost in costs.items())
            + f"; {each} for each of {largest:,}{steps}",
        ),
        Finding(
            "the same: exponent of the memory",
            exponent(first.peak, last.peak, times),
            None,
            TARGET,
            1.0,
            note=f"above the floor ({memory_floor}): "
            + ", ".join(f"{size:,}: {cost.peak:.1f} MiB" for size, cost in costs.items()),
        ),
    ]
