# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What newer Pythons do otherwise than those that the tests run on."""

from __future__ import annotations

import functools
import types
from typing import Any

import pytest
from client.support import servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import transport
from emulator.handle import Emulator


class BoundPartial(functools.partial):
    """As of Python 3.14, a partial in a class becomes a method of its objects."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


def test_partials_that_are_methods(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "functools", types.SimpleNamespace(partial=BoundPartial))
    emulator.seed(2)
    assert len(servers_at(emulator.url).list()) == 2
