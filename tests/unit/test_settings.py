# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: what is refused before any request, and what is made of the rest."""

from __future__ import annotations

import math
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import quickly

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import (
    DEFAULT_API_URL,
    Settings,
    check_api_url,
    is_loopback,
    positive_seconds,
    read_settings,
)

GOOD_URLS = {
    "https://admin.vps.org/api/v1": "https://admin.vps.org/api/v1",
    "https://admin.vps.org/api/v1/": "https://admin.vps.org/api/v1",
    "https://admin.vps.org/api/v1//": "https://admin.vps.org/api/v1",
    "  https://admin.vps.org/api/v1\n": "https://admin.vps.org/api/v1",
    "HTTPS://admin.vps.org/api/v1": "https://admin.vps.org/api/v1",
    "https://admin.vps.org": "https://admin.vps.org",
    "https://admin.vps.org/": "https://admin.vps.org",
    "https://admin.vps.org:8443/api/v1": "https://admin.vps.org:8443/api/v1",
    "https://admin.vps.org.": "https://admin.vps.org.",
    "https://10.1.2.3/api/v1": "https://10.1.2.3/api/v1",
    "https://[2001:db8::1]:8443/api": "https://[2001:db8::1]:8443/api",
    "https://a_b-c.example/~x/%41+b": "https://a_b-c.example/~x/%41+b",
    "http://localhost/api/v1": "http://localhost/api/v1",
    "http://LOCALHOST:8000/api/v1/": "http://LOCALHOST:8000/api/v1",
    "http://127.0.0.1:8765/api/v1": "http://127.0.0.1:8765/api/v1",
    "http://127.9.9.9:1/api": "http://127.9.9.9:1/api",
    "http://[::1]:8765/api/v1": "http://[::1]:8765/api/v1",
    "http://[::1]": "http://[::1]",
}

# Each with a part of what is said about it.
BAD_URLS = {
    "": "must begin with https://",
    " ": "must begin with https://",
    "admin.vps.org/api/v1": "must begin with https://",
    "//admin.vps.org/api/v1": "must begin with https://",
    "file:///etc/hostname": "must begin with https://",
    "ftp://admin.vps.org/api/v1": "must begin with https://",
    "javascript:alert(1)": "must begin with https://",
    "unix:///run/api.sock": "must begin with https://",
    "httpss://admin.vps.org": "must begin with https://",
    "https://user:secret@admin.vps.org/api/v1": "must not contain a user or a password",
    "https://user@admin.vps.org/api/v1": "must not contain a user or a password",
    "https://@admin.vps.org/api/v1": "must not contain a user or a password",
    "https://:secret@admin.vps.org/api/v1": "must not contain a user or a password",
    "http://localhost@evil.example/api": "must not contain a user or a password",
    "http://127.0.0.1:80@evil.example/api": "must not contain a user or a password",
    "ftp://user:secret@admin.vps.org": "must not contain a user or a password",
    "user:secret@admin.vps.org/api/v1": "must not contain a user or a password",
    "https://admin.vps.org/api/v1?x=1": "must not contain a query or a fragment",
    "https://admin.vps.org/api/v1?": "must not contain a query or a fragment",
    "https://admin.vps.org/api/v1#top": "must not contain a query or a fragment",
    "https://admin.vps.org?x": "must not contain a query or a fragment",
    "https://admin.vps.org#": "must not contain a query or a fragment",
    "http://admin.vps.org/api/v1": "plain http to admin.vps.org",
    "http://localhost.evil.example/api": "plain http",
    "http://127.0.0.1.evil.example/api": "plain http",
    "http://localhost./api": "plain http",
    "http://127.1/api": "plain http",
    "http://2130706433/api": "plain http",
    "http://0x7f000001/api": "plain http",
    "http://0.0.0.0/api": "plain http",
    "http://10.0.0.1/api": "plain http",
    "http://[::]/api": "plain http",
    "http://[fe80::1]/api": "plain http",
    "https://": "no valid host",
    "https:///api/v1": "no valid host",
    "https://:8443/api": "no valid host",
    "https://-x.example/": "no valid host",
    "https://ex_ample-/": "no valid host",
    "https://evil.example\\.admin.vps.org/": "no valid host",
    "https://admin.vps.örg/": "no valid host",
    "https://ad%6din.vps.org/": "no valid host",
    "https://{{ host }}/": "white space or control characters",
    "https://admin.vps.org/api /v1": "white space or control characters",
    "https://admin.vps.org/api\n/v1": "white space or control characters",
    "https://admin\t.vps.org/api/v1": "white space or control characters",
    "https://admin.vps.org/api\0/v1": "white space or control characters",
    "https://admin.vps.org/\x7f": "white space or control characters",
    "https://[::1/api": "malformed",
    "https://::1]/api": "malformed",
    "https://admin.vps.org:port/api": "malformed",
    "https://admin.vps.org:99999/api": "malformed",
    "https://admin.vps.org:-1/api": "malformed",
    "https://admin.vps.org:0/api": "an invalid port or path",
    "https://admin.vps.org/api/../v2": "an invalid port or path",
    "https://admin.vps.org/..": "an invalid port or path",
    "https://admin.vps.org/api//v1": "an invalid port or path",
    "https://admin.vps.org/a;b": "an invalid port or path",
    "https://admin.vps.org/{{x}}": "an invalid port or path",
    "https://admin.vps.org/ä": "an invalid port or path",
}


@pytest.mark.parametrize("url", GOOD_URLS)
def test_good_api_url(url: str) -> None:
    assert check_api_url(url) == GOOD_URLS[url]
    assert check_api_url(check_api_url(url)) == GOOD_URLS[url]


@pytest.mark.parametrize("url", BAD_URLS)
def test_bad_api_url(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_api_url(url)
    message = str(caught.value)
    assert BAD_URLS[url] in message
    assert message.startswith("api_url ") and DEFAULT_API_URL in message, "it names the option and shows what it takes"
    assert "secret" not in message
    assert message.isprintable()


def test_long_bad_url_is_not_shown_whole() -> None:
    with pytest.raises(BadInput) as caught:
        check_api_url("ftp://" + "x" * 10_000)
    assert len(str(caught.value)) < 500


@quickly
@given(
    st.text(max_size=60)
    | st.text(max_size=30).map(lambda text: f"http://{text}")
    | st.text(max_size=30).map(lambda text: f"https://h/{text}")
)
def test_any_text_is_an_url_or_refused(text: str) -> None:
    """Whatever is accepted is https, or http to a loopback address, and nothing else than a host, a port and a path."""
    try:
        url = check_api_url(text)
    except BadInput:
        return
    scheme, _colon, rest = url.partition("://")
    host = rest.partition("/")[0]
    host = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    assert scheme == "https" or is_loopback(host)
    assert url.isascii() and url.isprintable() and not set(url) & set(" @?#\\")
    assert not url.endswith("/")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("", False),
        ("localhost.evil.example", False),
        ("128.0.0.1", False),
        ("::", False),
        ("::2", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("value", [0, 0.0, -0.0, -1, -0.001, math.nan, math.inf, -math.inf, 1e300])
def test_bad_seconds(value: float) -> None:
    with pytest.raises(BadInput, match=r"^api_timeout must be a number of seconds above 0"):
        positive_seconds("api_timeout", value)


@pytest.mark.parametrize("value", [1, 0.001, 30.0, 1e6])
def test_good_seconds(value: float) -> None:
    seconds = positive_seconds("api_timeout", value)
    assert seconds == value and type(seconds) is float  # pylint: disable=unidiomatic-typecheck


def test_least_seconds() -> None:
    assert positive_seconds("wait_interval", 0.1, at_least=0.1) == 0.1
    with pytest.raises(BadInput, match=r"wait_interval must be a number of seconds of at least 0.1, got 0.09"):
        positive_seconds("wait_interval", 0.09, at_least=0.1)


def params(**changes: Any) -> dict[str, Any]:
    plain = {
        "api_url": "https://admin.vps.org/api/v1/",
        "api_token": " vps_abc\n",
        "api_timeout": 30.0,
        "api_retries": 5,
        "api_retry_max_delay": 30.0,
        "validate_certs": True,
        "ca_path": None,
    }
    return {**plain, **changes}


def test_read_settings() -> None:
    assert read_settings(params()) == Settings(
        api_url="https://admin.vps.org/api/v1",
        token="vps_abc",
        timeout=30.0,
        retries=5,
        retry_max_delay=30.0,
        validate_certs=True,
        ca_path=None,
    )


def test_settings_do_not_show_the_token() -> None:
    assert "vps_abc" not in repr(read_settings(params()))


def test_no_retries_at_all_is_allowed() -> None:
    assert read_settings(params(api_retries=0)).retries == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_retries": -1}, "api_retries must be 0 or more, got -1"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"api_timeout": math.nan}, "api_timeout"),
        ({"api_retry_max_delay": 0}, "api_retry_max_delay"),
        ({"api_retry_max_delay": math.inf}, "api_retry_max_delay"),
        ({"api_url": "http://admin.vps.org"}, "api_url"),
        ({"api_token": ""}, "api_token"),
        ({"api_token": "a b"}, "token is malformed"),
        ({"ca_path": "/does/not/exist.pem"}, "ca_path '/does/not/exist.pem' does not exist or can't be read"),
    ],
)
def test_bad_settings(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_settings(params(**changes))


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"\x30\x82\x01\x00"])
def test_ca_path_without_a_certificate(tmp_path: pathlib.Path, content: bytes) -> None:
    (tmp_path / "ca.der").write_bytes(content)
    with pytest.raises(BadInput, match=r"ca_path '.*ca\.der' contains no certificate in PEM format"):
        read_settings(params(ca_path=str(tmp_path / "ca.der")))


def test_ca_path_is_expanded(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("# Some authority\n-----BEGIN CERTIFICATE-----\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CERTIFICATES", str(tmp_path))
    assert read_settings(params(ca_path="~/ca.pem")).ca_path == str(tmp_path / "ca.pem")
    assert read_settings(params(ca_path="$CERTIFICATES/ca.pem")).ca_path == str(tmp_path / "ca.pem")
    assert read_settings(params(ca_path=str(tmp_path))).ca_path == str(tmp_path)
    assert read_settings(params(ca_path="")).ca_path is None
