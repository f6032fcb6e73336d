# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator process for all these tests; each test finds it reset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.handle import Emulator
from helpers.api_client import Client


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """The process that all tests share."""
    with Emulator(
        tokens={"vps_reader": ["servers:read"], "vps_writer": ["servers:write"], "vps_servers": ["servers:*"]}
    ) as emulator:
        yield emulator
        assert emulator.errors() == ""


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    """The shared emulator, reset."""
    running.reset()
    return running


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """A client that may do everything."""
    return Client(emulator)
