# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs a run uses: the Ansible commands, and an emulator of the API."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.handle import Emulator


def core_bin() -> pathlib.Path:
    """The folder of the Ansible commands under test: VPSORG_TEST_CORE_BIN, else that of the running Python."""
    return pathlib.Path(os.environ.get("VPSORG_TEST_CORE_BIN") or pathlib.Path(sys.executable).parent)


def new_emulator(**settings: Any) -> Emulator:
    """An emulator, not started yet; `settings` as of Emulator.

    It runs on the Python named by VPSORG_TEST_EMULATOR_PYTHON, as the tests may run on one that is too old for it.
    """
    from emulator.handle import Emulator

    return Emulator(python=os.environ.get("VPSORG_TEST_EMULATOR_PYTHON") or sys.executable, **settings)
