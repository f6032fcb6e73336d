# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python looks for no garbage while an inventory is read, and does as before whatever ended that."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.garbage import without_garbage_collection


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.parametrize("is_enabled", [True, False])
def test_it_is_as_before_after_an_error(is_enabled: bool) -> None:
    (gc.enable if is_enabled else gc.disable)()
    with pytest.raises(ValueError, match="wrong"), without_garbage_collection():
        assert not gc.isenabled()
        raise ValueError("wrong")
    assert gc.isenabled() is is_enabled
