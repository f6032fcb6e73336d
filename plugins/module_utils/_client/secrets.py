# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The token: checked before any use, and scrubbed from every text that leaves the collection."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

from .errors import BadInput

MASK = "********"
NOT_GIVEN = "No API token was given"
_PRINTABLE_ASCII = re.compile(r"[!-~]+")


def clean_token(given: str | None) -> str:
    """The token without surrounding white space (files end in a newline).

    Raises BadInput, which never quotes the token: a library that is handed a token with a newline inside quotes it in
    its own error.
    """
    token = (given or "").strip()
    if not token:
        raise BadInput(
            f"{NOT_GIVEN}: set the option api_token or the environment variable VPS_API_TOKEN, in AWX by choosing a "
            "credential of the type VPS.org (tokens are created in the VPS.org account under Developers)."
        )
    if not _PRINTABLE_ASCII.fullmatch(token):
        raise BadInput(
            "The API token is malformed: it contains white space or characters that no token has. "
            "Check what api_token or VPS_API_TOKEN is set to (the value is not shown here)."
        )
    return token


def _spellings(token: str) -> set[str]:
    """Every spelling in which texts carry the token: raw, quoted, URL-quoted, base64."""
    doubled = token.replace("\\", "\\\\")
    # repr() of a text that holds both kinds of quotes escapes the single ones, JSON the double ones.
    spellings = {token, doubled, doubled.replace("'", "\\'"), doubled.replace('"', '\\"')}
    spellings |= {urllib.parse.quote(token, safe=""), urllib.parse.quote(token)}
    for text in (token, f"Bearer {token}"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(text.encode("ascii")).decode("ascii")
            spellings |= {encoded, encoded.rstrip("=")}
    return spellings


def scrubber(token: str) -> Callable[[str], str]:
    """A function that replaces the token in a text, in every spelling."""
    # The longest first: a shorter spelling may be a part of a longer one.
    pattern = re.compile("|".join(re.escape(spelling) for spelling in sorted(_spellings(token), key=len, reverse=True)))
    return lambda text: pattern.sub(MASK, text)


def echo_detector(token: str) -> Callable[[bytes], bool]:
    """A function that says of a JSON text whether a string in it may hold the token. It is quick, and False is certain.

    Without a backslash every string stands in the text as it is.
    """
    spellings = [spelling.encode("ascii") for spelling in _spellings(token)]
    return lambda body: b"\\" in body or any(spelling in body for spelling in spellings)


def values_scrubber(token: str) -> Callable[[Any], Any]:
    """A function that takes the token out of every string of a JSON value, keys too; a value without it is returned as
    it is, not copied.

    ansible-core masks the values of a result by itself, but not the keys in it.
    """
    scrub, shortest = scrubber(token), len(token)  # no spelling of the token is shorter

    def holds_it(value: Any) -> bool:
        if isinstance(value, str):
            return len(value) >= shortest and scrub(value) != value
        if isinstance(value, dict):
            if any(len(key) >= shortest and holds_it(key) for key in value):
                return True
            return any(holds_it(item) for item in value.values() if not isinstance(item, int))
        return isinstance(value, (list, tuple)) and any(holds_it(item) for item in value)

    return lambda value: _scrubbed(value, scrub) if holds_it(value) else value


def _scrubbed(value: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {_scrubbed(key, scrub): _scrubbed(item, scrub) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(item, scrub) for item in value]
    return value
