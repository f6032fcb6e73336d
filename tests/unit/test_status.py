# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status words mean, and which of them are known."""

from __future__ import annotations

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import (
    LEADS_TO,
    STABLE,
    TERMINAL,
    is_known,
    is_terminal,
    power_word,
)

STATUSES = {
    "active",
    "stopped",
    "provisioning",
    "starting",
    "stopping",
    "rebooting",
    "restoring",
    "suspended",
    "error",
    "failed",
    "deleted",
}
NO_WAY_OUT = {"suspended", "error", "failed", "deleted"}


def test_the_words_that_are_known() -> None:
    assert (set(STABLE), set(TERMINAL)) == ({"active", "stopped"}, NO_WAY_OUT)
    assert set(LEADS_TO) == STATUSES - STABLE - TERMINAL
    assert (
        all(is_known(status) for status in STATUSES)
        and {status for status in STATUSES if is_terminal(status)} == NO_WAY_OUT
    )


@pytest.mark.parametrize("status", ["migrating", "", "Active"])
def test_a_word_that_is_not_known(status: str) -> None:
    assert not is_known(status) and not is_terminal(status)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("active", "started"),
        ("stopped", "stopped"),
        ("rebooting", "rebooting"),
        ("suspended", "suspended"),
        ("odd", "odd"),
    ],
)
def test_power_word(status: str, word: str) -> None:
    assert power_word(status) == word
