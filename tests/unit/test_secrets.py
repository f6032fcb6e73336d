# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token is checked before any use, and leaves in no text."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import quickly

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.secrets import (
    MASK,
    clean_token,
    echo_detector,
    scrubber,
    values_scrubber,
)

# What a token may be made of, the awkward ones included.
TOKENS = [
    "vps_0123456789abcdef",
    "vps_a+b/c==",
    "vps_it's",
    'vps_say"hi"',
    "vps_both'and\"",
    "vps_back\\slash\\",
    "vps_<&>%41",
    "vps_$(id){{x}}",
    "!~",
]
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


def spellings(token: str) -> dict[str, str]:
    """How texts that a task prints carry a token."""
    bearer = f"Bearer {token}"
    mixed = f"""isn't "{token}" """
    return {
        "raw": token,
        "header": f"Authorization: {bearer}",
        "repr": repr(token),
        "repr of bytes": repr(token.encode()),
        "repr among quotes": repr(mixed),
        "repr of a header": repr({"Authorization": bearer, "X": "isn't"}),
        "json": json.dumps({"header": bearer}),
        "url": f"https://example.com/?token={urllib.parse.quote(token, safe='')}&x=1",
        "url, slashes kept": urllib.parse.quote(token),
        "form": urllib.parse.urlencode({"token": token}),
        "base64": base64.b64encode(token.encode()).decode(),
        "base64 without padding": base64.b64encode(token.encode()).decode().rstrip("="),
        "base64 of the header": base64.b64encode(bearer.encode()).decode(),
        "url-safe base64": base64.urlsafe_b64encode(token.encode()).decode(),
        "url-safe base64 without padding": base64.urlsafe_b64encode(token.encode()).decode().rstrip("="),
    }


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("spelling", spellings("x"))
def test_every_spelling_is_scrubbed(token: str, spelling: str) -> None:
    text = spellings(token)[spelling]
    scrubbed = scrubber(token)(f"before {text} after {text}.")
    assert scrubbed.startswith("before ") and scrubbed.endswith(".")
    assert MASK in scrubbed
    assert not any(text in scrubbed for text in (token, text, token.removeprefix("vps_")))


@quickly
@given(PRINTABLE, st.text(max_size=20), st.text(max_size=20))
def test_the_token_never_survives(token: str, before: str, after: str) -> None:
    scrub = scrubber(token)
    # Where the text around it completes another occurrence with a part of the mask, that is no leak.
    text = scrub(before + token + after).replace(MASK, "\0")
    assert token not in text
    assert token not in scrub(json.dumps({"a": before + token + after})).replace(MASK, "\0")


def test_other_text_is_left_alone() -> None:
    text = "Server web-01 (id 12345): HTTP 401: Invalid token. vps_other"
    assert scrubber("vps_0123456789abcdef")(text) == text


def test_values_are_scrubbed_deeply_and_copied() -> None:
    token = "vps_0123456789abcdef"
    value = {"a": [f"x{token}", {token: (token, 1)}], "b": None, "c": True, "d": 1.5}
    before = json.dumps(value)
    assert values_scrubber(token)(value) == {"a": [f"x{MASK}", {MASK: [MASK, 1]}], "b": None, "c": True, "d": 1.5}
    assert json.dumps(value) == before


@pytest.mark.parametrize("token", ["vps_0123456789abcdef", "vps_a\"b'c\\d", "vps_%/{x}"])
def test_no_echo_is_missed(token: str) -> None:
    may_hold = echo_detector(token)
    for spelling in (token, f"x{token}y", urllib.parse.quote(token), base64.b64encode(token.encode()).decode()):
        assert may_hold(json.dumps({"a": [spelling]}).encode()) and may_hold(json.dumps({spelling: 1}).encode())
    assert may_hold(b'{"a": "' + "".join(f"\\u{ord(character):04x}" for character in token).encode() + b'"}'), (
        "written in escapes"
    )
    assert not may_hold(b'{"a": "vps_other"}')


def test_values_without_the_token_are_not_copied() -> None:
    value = {"a": ["vps_other", {"vps_0123456789abcde": (None, 1)}], "d": 1.5}
    assert values_scrubber("vps_0123456789abcdef")(value) is value


@pytest.mark.parametrize("given_token", ["vps_abc", "vps_abc\n", "  vps_abc\r\n", "\tvps_abc "])
def test_white_space_around_a_token_is_dropped(given_token: str) -> None:
    assert clean_token(given_token) == "vps_abc"


@pytest.mark.parametrize("given_token", [None, "", " ", "\n", "\r\n\t"])
def test_missing_token_says_what_to_do(given_token: str | None) -> None:
    with pytest.raises(BadInput, match="api_token or the environment variable VPS_API_TOKEN"):
        clean_token(given_token)


@pytest.mark.parametrize(
    "given_token",
    [
        "vps_sec\nret",
        "vps_sec\r\nX-Header: 1",
        "vps_sec ret",
        "vps_sec\tret",
        "vps_secrét",
        "vps_sec\u2028ret",
        "vps_sec\0ret",
        "vps_sec\x7fret",
        "vps_sec\ud800ret",
    ],
)
def test_malformed_token_is_refused_and_not_quoted(given_token: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_token(given_token)
    text = str(caught.value) + repr(caught.value)
    assert "malformed" in text
    assert not any(part in text for part in ("vps_sec", "ret ", "X-Header", given_token))
    assert caught.value.__cause__ is None
