# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual time for what paces itself."""

from __future__ import annotations

import pytest
from unit.fakes import VirtualTime

from ansible_collections.vpsorg.cloud.plugins.module_utils._server import servers as _servers
from ansible_collections.vpsorg.cloud.plugins.module_utils._client import budget as _pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    """The clock of the pace and of the safe operations; it moves only when they sleep."""
    virtual = VirtualTime()
    monkeypatch.setattr(_pace, "time", virtual)
    monkeypatch.setattr(_pace, "wait_for", lambda event, seconds: event.wait(max(0.0, seconds)))
    monkeypatch.setattr(_servers, "time", virtual)
    return virtual
