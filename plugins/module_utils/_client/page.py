# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a page says that came in the place of the API's response: its title and its text (pure)."""

from __future__ import annotations

import codecs
import html
import re

from .masking import mask_elements

_READ = 64 * 1024  # bytes of a page
# Python's own parser takes time that grows with the square of what a hostile page holds; these patterns do not.
_TITLE = re.compile(r"<title\b[^<>]*>([^<]*)", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(title|script|style|noscript|template|svg)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[^<>]*(?:>|\Z)")


def is_page(body: bytes) -> bool:
    """Whether a body is HTML or XML, by how it begins."""
    return body[:1024].removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<"


def page_words(body: bytes) -> str:
    """The title, then the text, without tags, scripts, styles, and the content of elements called password. Not
    shortened, and not freed of control characters.
    """
    page = mask_elements(body[:_READ].removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"))
    found = _TITLE.search(page)
    title, text = (
        " ".join(html.unescape(part).split())
        for part in (found.group(1) if found else "", _TAG.sub(" ", _UNSEEN.sub(" ", page)))
    )
    if not title or text.startswith(title):
        return text
    return f"{title}: {text}" if text else title
