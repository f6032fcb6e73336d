# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Passwords in the words of an error, which may be text of any kind: masked. Pure."""

from __future__ import annotations

import re

from .secrets import MASK

# In a text: a key that ends in `password` and what may close it, from quotes to tags; the separator; and where the
# value begins.
# Every pattern here takes time in proportion to the text, whatever stands in it.
_KEY = re.compile(
    r"""password(?:[\s\\"'`\])]|&(?:quot|apos|\#\d{1,4});|%2[27]|%5D|<[^<>]*>)*"""
    r"""(?:[:=]+>?|%3[AD])(?:\s|<[^<>]*>)*""",
    re.IGNORECASE,
)
_OPENING = re.compile(r"""[BbRrUu]{0,2}(\\*)(["'`]|&(?:quot|apos|\#0*3[49]);)""")
# Without quotes: up to white space, or to the next parameter of a form.
_BARE = re.compile(r"(?:[^\s&]|&(?!(?:amp;)?[\w.%\[\]-]+=))+")
_ELEMENT = re.compile(r"(<([\w:.-]*password)(?:\s[^<>]*)?(?<!/)>).*?(?=</\2\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_ESCAPED_LETTER = re.compile(r"(?<!\\)\\+u00([46][1-9a-f]|[57][0-9a])", re.IGNORECASE)


def mask_elements(page: str) -> str:
    """HTML or XML, with the content of elements masked whose names end in `password`."""
    return _ELEMENT.sub(rf"\1{MASK}", page)


def mask_passwords(text: str) -> str:
    """A text of any kind, with the value masked that follows a key ending in `password` and a colon or an equals sign,
    and the content of elements with such a name.

    A value in quotes ends where these end, however often they are escaped; a list or an object at the end of the text.
    """
    text = _ESCAPED_LETTER.sub(lambda escaped: chr(int(escaped[1], 16)), text)
    if "password" not in text.casefold():
        return text
    text = mask_elements(text)
    parts, end = [], 0
    while (key := _KEY.search(text, end)) is not None:
        begin = key.end()
        parts += [text[end:begin], MASK]
        end = _end_of_value(text, begin)
        if end == begin:
            parts.pop()
    return "".join([*parts, text[end:]])


def _end_of_value(text: str, begin: int) -> int:
    if text.startswith(("{", "[", "("), begin):
        return len(text)
    opening = _OPENING.match(text, begin)
    if opening is None:
        bare = _BARE.match(text, begin)
        return bare.end() if bare else begin
    escapes, quote = len(opening[1]), opening[2]
    end = opening.end()
    while (at := text.find(quote, end)) >= 0:
        before = at
        while before > end and text[before - 1] == "\\":
            before -= 1
        end = at + len(quote)
        # With every level of JSON in JSON, the backslashes before the quotes double, and one is added. A quote inside
        # the value has more of them, and one that ends a text is followed by no letter.
        is_followed = end < len(text) and text[end].isalnum()
        if (at - before) % (2 * escapes + 2) == escapes and not is_followed:
            return end
    return len(text)
