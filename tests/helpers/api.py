# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator of the API for tests that need more than the fixture `emulator`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.handle import Emulator


def new_emulator(**settings: Any) -> Emulator:
    """An emulator, not started yet; `settings` as of Emulator.

    It runs on the Python named by VPSORG_TEST_EMULATOR_PYTHON, as the tests may run on one that is too old for it.
    """
    from emulator.handle import Emulator

    return Emulator(python=os.environ.get("VPSORG_TEST_EMULATOR_PYTHON") or sys.executable, **settings)
