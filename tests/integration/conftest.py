# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests through the real Ansible commands."""

from __future__ import annotations

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.script import Script


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> Script:
    """A play in the making, connected to the emulator."""
    return Script(ansible_cli, emulator)
