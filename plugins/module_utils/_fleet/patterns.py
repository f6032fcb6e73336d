# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Shell patterns on names: which of them are too wide for what can hurt. Pure."""

from __future__ import annotations

import re

_BRACKETS = re.compile(r"\[!?\]?[^]]*\]")
_FIXED = re.compile(r"[A-Za-z0-9-]")


def too_wide(pattern: str) -> str:
    """Why a pattern may fit every server of an account, as a phrase; empty where a part of it is fixed."""
    if _FIXED.search(_BRACKETS.sub("", pattern)):
        return ""
    return "contains no fixed letter, digit or hyphen: it could match any server"
