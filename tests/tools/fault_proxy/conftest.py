# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny API with two servers, and a fault proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fault_proxy import FaultProxy
from helpers.tiny_api import TinyApi


@pytest.fixture
def api() -> Iterator[TinyApi]:
    tiny = TinyApi()
    tiny.add("web-1")
    tiny.add("web-2")
    try:
        yield tiny
    finally:
        tiny.close()


@pytest.fixture
def proxy(api: TinyApi) -> Iterator[FaultProxy]:
    with FaultProxy(api.url) as fault_proxy:
        yield fault_proxy
