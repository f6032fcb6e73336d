# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests through the real Ansible commands."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.inventory_cli import Shown, made_here
from helpers.script import Script


@pytest.fixture
def script(ansible_cli: AnsibleCli, emulator) -> Script:
    """A play in the making, connected to the emulator."""
    return Script(ansible_cli, emulator)


@pytest.fixture
def here(emulator: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Makes inventories in this process: for what is tried with many configurations."""
    monkeypatch.setenv("VPS_API_URL", emulator.url)
    monkeypatch.setenv("VPS_API_TOKEN", emulator.token)
    return lambda config=None: made_here(tmp_path, config)
