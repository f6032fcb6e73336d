# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be in a message however it is worded: ids, names, status words, options, numbers, requests, and the API's
own words.
"""

from __future__ import annotations

import re


def mentions(message: object, *facts: object) -> bool:
    """Whether each of the facts stands in a message (or an error), as a whole: 4 is not in 42, web-1 not in web-10, a
    list's path not in a detail's.
    """
    return missing(message, *facts) == []


def missing(message: object, *facts: object) -> list[object]:
    """The facts that a message does not mention."""
    return [fact for fact in facts if not times(message, fact)]


def times(message: object, fact: object) -> int:
    """How often a fact stands in a message.

    An id in the path of a request does not count as one that the message names.
    """
    text = str(fact)
    is_number = re.fullmatch(r"\d+(\.\d+)?", text)
    before = r"(?<![\w./-])" if is_number else r"(?<![\w-])" if re.match(r"[\w/]", text) else ""
    after = r"(?![\w-]|\.\d)" if is_number else r"(?![\w-])" if re.search(r"[\w/]$", text) else ""
    return len(re.findall(before + re.escape(text) + after, str(message)))
