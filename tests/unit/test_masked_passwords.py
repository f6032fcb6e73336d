# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password in the text of an error is masked, however the text quotes it; what only speaks of passwords is not."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import quickly

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.error_words import error_words
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.masking import mask_passwords

SECRET = "hunter2-Xy"
ODD_SECRETS = [
    SECRET,
    "two words",
    "it's",
    'say "x"',
    "back\\slash",
    "ends\\",
    "a, b; c} d] e",
    "<b>&amp;",
    '\\"',
    "'",
    "{[(",
]


def deeply_quoted(value: Any, levels: int) -> str:
    """JSON in JSON, in JSON."""
    text = json.dumps(value)
    for _level in range(levels):
        text = json.dumps(text)
    return text


@pytest.mark.parametrize(
    "text",
    [
        f"rejected: {{'name': 'web', 'password': '{SECRET}'}}",
        f"password: {SECRET}",
        f"Password={SECRET}",
        f"root_password={SECRET}",
        f"rootPassword: {SECRET}",
        f"name=a&password={SECRET}&b=1",
        f"name=a&amp;password={SECRET}&amp;b=1",
        f"user[password]={SECRET}",
        json.dumps({"password": SECRET}),
        json.dumps({"password": [SECRET, SECRET]}),
        json.dumps({"root_password": {"value": SECRET}}),
        json.dumps({"password": SECRET}).replace('"', "&quot;"),
        quote(json.dumps({"password": SECRET})),
        rf"sent {{\"password\": \"{SECRET}\"}}",
        rf"sent {{\\\"password\\\": \\\"{SECRET}\\\"}}",
        f"{{'password' => '{SECRET}'}}",
        f"{{u'password': u'{SECRET}'}}",
        f"{{password: `{SECRET}`}}",
        f"password\n=\n{SECRET}",
        f"password\x00: {SECRET}",
        f'{{"p\\u0061ssword": "{SECRET}", broken',
        f'{{"password": "{SECRET}',
        f"<password>{SECRET}</password>",
        f"<ns:rootPassword x='1'><value>{SECRET}</value></ns:rootPassword>",
        f"a=1;password:{SECRET};b=2",
    ],
)
def test_whatever_the_text(text: str) -> None:
    """As the whole body, in a field, in a list, and in a page."""
    bodies = [text, json.dumps({"detail": text}), json.dumps({"echo": [{"x": text}]}), json.dumps([text])]
    bodies += [f"<html><body>{text}</body></html>", f"<title>{text}</title><p>{text}", f"<Error>{text}</Error>"]
    for body in bodies:
        assert SECRET not in error_words(body.encode()), body


@pytest.mark.parametrize("levels", range(4))
@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_json_in_a_text_is_masked_to_the_end_of_the_value(secret: str, levels: int) -> None:
    """And no further."""
    text, marked = (deeply_quoted({"name": "web", "password": word, "plan": 7}, levels) for word in (secret, "MARKER"))
    assert mask_passwords(text) == re.sub(r'\\*"MARKER\\*"', "********", marked)


@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_python_in_a_text(secret: str) -> None:
    """repr() chooses its quotes."""
    text = repr({"name": "web", "password": secret, "plan": 7})
    masked = mask_passwords(text)
    assert masked.startswith("{'name': 'web', 'password': ") and masked.endswith(": ********, 'plan': 7}")


@pytest.mark.parametrize(
    "words",
    [
        "The password must have 8 characters",
        "Enter your password to continue",
        "Forgot password?",
        "name: no password was given",
        "passwords: not stored",
        "Authentication by password failed; detail: use a token",
    ],
)
def test_what_only_speaks_of_passwords_can_be_read(words: str) -> None:
    assert error_words(json.dumps({"detail": words}).encode()) == words
    assert words in error_words(f"<p>{words}</p>".encode())


def test_a_page_that_asks_for_a_password_can_be_read() -> None:
    page = (
        "<form><label>Password</label><input type=password name='password' value='x'/></form><password/><p>Sign in</p>"
    )
    assert error_words(page.encode()).endswith("It says: Password Sign in")


def test_the_rest_of_a_message_can_be_read() -> None:
    assert error_words(b"a password: hunter2 is too short, name: web") == "a password: ******** is too short, name: web"


@pytest.mark.parametrize("length", [400, 470, 480, 485, 490, 495, 500, 1985, 1990, 1995, 2000, 65_520, 65_530])
def test_no_cut_lays_a_password_bare(length: int) -> None:
    for body in (
        "x" * length + f' password: "{SECRET}"',
        json.dumps({"detail": "x" * length + f" 'password': '{SECRET}'"}),
        f"<p>{'x' * length} password: {SECRET}",
        "x" * length + f"<password>{SECRET}</password>",
    ):
        assert SECRET[:4] not in error_words(body.encode())


PIECES = [
    "password", "password=", "password:", "password: '", 'password: "', "password: \\", "password: {", "<password>",
    "<password ", "<password></", "\\", '\\"', "password\\", "password ", "password&quot;", "%22password", "\\u0061",
    "<", "<passwordpassword", "password]", "&", "xpassword",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_texts_take_no_time(piece: str) -> None:
    """Megabytes of them: what takes the square of that would not end."""
    text = piece * (2_000_000 // len(piece))
    for body in (text, f"<p>{text}", json.dumps({"detail": text})):
        assert len(error_words(body.encode())) < 700
    mask_passwords(text)


@quickly
@given(st.text(alphabet="\\\"'password:={[<> x"), st.sampled_from(ODD_SECRETS), st.integers(0, 3))
def test_whatever_stands_before_it(before: str, secret: str, levels: int) -> None:
    if "password" in before:
        return
    text = before + " , " + deeply_quoted({"password": f"#{secret}#"}, levels)
    assert f"#{json.dumps(secret)[1:-1]}#" not in mask_passwords(text)
