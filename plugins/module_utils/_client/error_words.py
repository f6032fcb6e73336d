# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The words of the API in the body of an error."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from .body import printable
from .masking import mask_passwords
from .page import is_page, page_words
from .passwords import without_passwords
from .responses import HTML_PAGE


def error_words(body: bytes, scrub: Callable[[str], str] = str, limit: int = 500) -> str:
    """The API's own words in an error body of any shape, shortened to `limit` characters, without control characters
    and passwords.

    `scrub` comes before the cut, which could leave the first half of a token. The shapes of Django REST Framework are
    expected by the vendor's client; nothing is documented.
    """
    head = body[: 64 * 1024].lstrip()
    if not head:
        return ""
    if is_page(body):
        words = _shown(page_words(body), scrub, limit)
        return f"{HTML_PAGE}. It says: {words}" if words else HTML_PAGE
    text = head.decode("utf-8", "replace")
    if len(body) <= 64 * 1024:
        with contextlib.suppress(ValueError, RecursionError):
            text = _flat_words(without_passwords(json.loads(body))[0])
    return _shown(text, scrub, limit)


def _shown(text: str, scrub: Callable[[str], str], limit: int) -> str:
    """Words without the token and passwords.

    A cut comes after a key and in a value at the worst, which is then masked up to the cut.
    """
    return printable(mask_passwords(printable(scrub(text), 4 * limit)), limit)


def _flat_words(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 4 or value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(_flat_words(item, depth + 1) for item in value[:50])
    speaking = ("detail", "message", "error", "non_field_errors", "errors")
    return "; ".join(
        _flat_words(item, depth + 1) if key in speaking else f"{key}: {_flat_words(item, depth + 1)}"
        for key, item in list(value.items())[:50]
    )
