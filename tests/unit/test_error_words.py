# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's own words in an error body: of any shape, shortened, printable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import quickly

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.error_words import error_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"detail": "Not found."}, "Not found."),
        ({"message": "No."}, "No."),
        ({"error": "No."}, "No."),
        ({"error": {"code": 7, "message": "No."}}, "code: 7; No."),
        ({"name": ["Too long.", "Too odd."], "plan_id": ["Unknown."]}, "name: Too long., Too odd.; plan_id: Unknown."),
        ({"non_field_errors": ["Nothing fits."]}, "Nothing fits."),
        ({"errors": [{"name": ["Bad."]}, {"os_id": "Worse."}]}, "name: Bad., os_id: Worse."),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, 'a: b: c: d: e: {"f": 1}'),
        (["One.", "Two."], "One., Two."),
        ("Only text", "Only text"),
        (None, "null"),
        (False, "false"),
        (7.5, "7.5"),
        ({}, ""),
        ([], ""),
        ({"": ""}, ":"),
        ({"detail": None}, "null"),
        ({"detail": "ändern 日本"}, "ändern 日本"),
    ],
)
def test_error_words_of_any_shape(value: Any, words: str) -> None:
    assert error_words(json.dumps(value).encode()) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"  \n", ""),
        (b"plain text", "plain text"),
        (b"two\n lines\t here", "two lines here"),
        (b"\xff\xfe\x80 not utf-8", "\ufffd\ufffd\ufffd not utf-8"),
        (b'{"detail": "cut', '{"detail": "cut'),
        (b'{"detail": NaN}', "NaN"),
        (b'{"detail": "\\u001b[31mred\\u0007 \\u202egnp.exe"}', "[31mred gnp.exe"),
        (b'{"detail": "half \\ud800"}', "half"),
        (b"\x1b]0;title\x07text", "]0;title text"),
        (b"\xef\xbb\xbf" + b'{"detail": "marked"}', "marked"),
    ],
)
def test_error_words_of_any_bytes(body: bytes, words: str) -> None:
    assert error_words(body) == words


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><title>Sign in</title>", b"  \n<html>", b"<?xml version='1.0'?><Error/>"]
)
def test_a_page_is_named(body: bytes) -> None:
    assert error_words(body).startswith("the response is an HTML page")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "Sign in"),
        (b"<html><head><title>Bad Request</title></head><body><h1>No such\n plan</h1></body></html>", "No such plan"),
        (b"<h1>Caf\xc3\xa9 &amp; &lt;bar&gt;</h1>", "Café & <bar>"),
        (b"<html><body>Bad Request</body></html>", "Bad Request"),
        (b"<?xml version='1.0'?><Error><Message>Denied</Message></Error>", "Denied"),
        (b"<p>cut off <b", "cut off"),
        (b"<p>\x1b[31mred\x07</p>", "[31mred"),
        (b"\xef\xbb\xbf<p>marked</p>", "marked"),
        (b"<title>never closed", "never closed"),
    ],
)
def test_what_a_page_says_is_shown(body: bytes, words: str) -> None:
    shown = error_words(body)
    assert words in shown and shown.isprintable() and "<p>" not in shown and "<h1>" not in shown


def test_scripts_and_styles_of_a_page_are_not_shown() -> None:
    body = b"<style>p{color:red}</style><script>if (a<b) steal()</script><p>Gone</p><svg><text>drawn</text></svg>"
    shown = error_words(body)
    assert "Gone" in shown and not any(unseen in shown for unseen in ("color", "steal", "drawn"))


def test_the_words_of_a_page_are_shortened_and_scrubbed() -> None:
    shown = error_words(b"<p>" + b"vps_token " * 1000, lambda text: text.replace("vps_token", "***"))
    assert len(shown) < 700 and shown.endswith("…") and "vps_token" not in shown


@pytest.mark.parametrize("piece", [b"<", b"<!--", b"<a ", b"&#", b"<![CDATA[", b"<p>" * 3, b"</", b"<?", b"<a b='"])
def test_a_hostile_page_is_read_to_an_end(piece: bytes) -> None:
    assert error_words(b"<" + piece * (10_000_000 // len(piece))).isprintable()


@pytest.mark.parametrize(
    "body",
    [b"x" * 600, b'"' + b"x" * 600 + b'"', json.dumps({"detail": ["x" * 400, "x" * 400]}).encode(), b"x" * 10_000_000],
)
def test_error_words_are_shortened(body: bytes) -> None:
    words = error_words(body)
    assert len(words) == 501 and words.endswith("…") and words.startswith("x" * 400)
    assert len(error_words(body, limit=20)) == 21


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"detail":'])
def test_error_words_of_any_depth(opening: bytes) -> None:
    """Around the depth at which Python gives up, too: some of the nested calls go deeper than those that
    read the JSON.
    """
    closing = opening.replace(b'"a":', b"").replace(b'"detail":', b"").translate(bytes.maketrans(b"[{", b"]}"))[::-1]
    for depth in [*range(1, 860, 43), *range(860, 1010), 15_000]:
        assert len(error_words(opening * depth + b"1" + closing * depth)) <= 501


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["detail", "errors"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@quickly
@given(JSON)
def test_error_words_of_any_json(value: Any) -> None:
    words = error_words(json.dumps(value).encode())
    assert len(words) <= 501 and words.isprintable()


@quickly
@given(st.binary(max_size=300))
def test_error_words_of_anything(body: bytes) -> None:
    assert error_words(body).isprintable()


def test_words_in_depth_are_shown_as_they_are() -> None:
    """Not as the escapes by which JSON may spell them."""
    body: Any = {"größe": "zu groß", "gelöscht": True}
    for _level in range(5):
        body = {"detail": body}
    words = error_words(json.dumps(body).encode())
    assert "größe" in words and "zu groß" in words and "\\u" not in words
