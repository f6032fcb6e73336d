# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual time for what paces itself."""

from __future__ import annotations

import pytest
from unit.fakes import VirtualTime

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply import creates, waits
from ansible_collections.vpsorg.cloud.plugins.module_utils._client import budget, concurrent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server import change, create


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    """The clock of the budget and of whatever looks until a time is over; it moves only when somebody sleeps."""
    virtual = VirtualTime()
    for module in (budget, change, create, creates, waits):
        monkeypatch.setattr(module, "time", virtual)
    monkeypatch.setattr(concurrent, "wait_for", lambda event, seconds: event.wait(max(0.0, seconds)))
    return virtual
