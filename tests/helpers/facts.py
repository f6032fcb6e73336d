# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be in a message however it is worded: ids, names, status words, options, numbers, requests, and the API's own words."""

from __future__ import annotations

import re


def mentions(message: object, *facts: object) -> bool:
    """Whether each of the facts stands in a message (or an error): as a whole, so that 4 is not in 42, nor web-1 in web-10."""
    return all(times(message, fact) for fact in facts)


def times(message: object, fact: object) -> int:
    """How often a fact stands in a message. An id in the path of a request does not count as one that the message names."""
    text = str(fact)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        pattern = rf"(?<![\w./-]){re.escape(text)}(?![\w-]|\.\d)"
    else:
        pattern = rf"(?<![\w-]){re.escape(text)}(?![\w-])"
    return len(re.findall(pattern, str(message)))
