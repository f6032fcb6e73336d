# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exchange makes of headers, bodies, statuses and exceptions. Sockets: see tests/client."""

from __future__ import annotations

import builtins
import http.client
import os
import socket
import ssl
import threading
from typing import Any

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import TOKEN, quickly, settings

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import (
    ExchangeFailure,
    Http,
    Response,
    proxies_for,
    retry_after_seconds,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, Proof

DATE = "Fri, 10 Jan 2025 14:30:00 GMT"

# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("999999999", 999_999_999.0),
        ("Fri, 10 Jan 2025 14:30:30 GMT", 30.0),
        ("Friday, 10-Jan-25 14:31:00 GMT", 60.0),
        ("Fri, 10 Jan 2025 15:30:00 +0100", 0.0),
        (DATE, 0.0),
        ("Fri, 10 Jan 2025 14:29:00 GMT", 0.0),  # over already
    ],
)
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after_seconds({"retry-after": value, "date": DATE}) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "-1",
        "-0.5",
        "+5",
        "1e3",
        "0x10",
        "nan",
        "inf",
        "soon, perhaps",
        "1,5",
        "5 s",
        "٣",
        "1_000",
        "9" * 10,
        "9" * 10000,
        "1.",
        ".5",
        "Fri, 10 Jan 2025",
        "Fri, 99 Jan 2025 14:30:00 GMT",
        "Fri, 10 Jan 99999 14:30:00 GMT",
        "2025-01-10T14:30:00Z",
        "\x00",
    ],
)
def test_retry_after_of_nonsense_counts_as_absent(value: str) -> None:
    assert retry_after_seconds({"retry-after": value, "date": DATE}) is None


def test_retry_after_absent() -> None:
    assert retry_after_seconds({}) is None
    assert retry_after_seconds({"date": DATE}) is None


@pytest.mark.parametrize("skew_days", [-400, -1, 0, 1, 400])
def test_retry_after_date_is_compared_with_the_answers_own_date(skew_days: int) -> None:
    """Whatever the API's clock says: never compared with the local one."""
    year, day = 2025 + skew_days // 366, 10 + (skew_days if abs(skew_days) == 1 else 0)
    headers = {"date": f"Fri, {day} Jan {year} 14:30:00 GMT", "retry-after": f"Fri, {day} Jan {year} 14:30:05 GMT"}
    assert retry_after_seconds(headers) == 5.0


@pytest.mark.parametrize("date", ["", "nonsense", "Fri, 10 Jan 2025 14:30:00 -0000"])
def test_retry_after_date_without_a_date_to_compare_with_counts_as_absent(date: str) -> None:
    assert retry_after_seconds({"retry-after": DATE, "date": date}) is None
    assert retry_after_seconds({"retry-after": DATE}) is None


@quickly
@given(st.text(max_size=40), st.text(max_size=40))
def test_retry_after_of_any_text(value: str, date: str) -> None:
    seconds = retry_after_seconds({"retry-after": value, "date": date})
    assert seconds is None or seconds >= 0


# Judging statuses


def judge(status: int, body: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Http(settings())._judged(Response(status, named, body, retry_after_seconds(named)))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_every_2xx_is_an_answer(status: int) -> None:
    assert judge(status).status == status


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_every_3xx_is_a_redirect(status: int) -> None:
    with pytest.raises(
        ExchangeFailure, match=rf"redirect \({status} to evil.example\), which is not followed: check api_url"
    ):
        judge(status, location="https://evil.example/steal")
    with pytest.raises(ExchangeFailure, match=rf"redirect \({status}\)") as caught:
        judge(status)
    assert caught.value.proof is Proof.REDIRECTED


@pytest.mark.parametrize(
    "location",
    ["//evil\x1b[31m.example/", "https://[broken", "http://" + "x" * 10_000, "\x00", f"https://{TOKEN}@evil.example/"],
)
def test_redirects_to_anywhere(location: str) -> None:
    with pytest.raises(ExchangeFailure) as caught:
        judge(302, location=location)
    assert caught.value.kind is FailureKind.REDIRECT
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300 and TOKEN not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 406, 410, 413, 415, 418, 422, 429, 451, 499])
def test_refusals(status: int) -> None:
    with pytest.raises(ExchangeFailure) as caught:
        judge(status, b'{"detail": "Because."}')
    assert caught.value.proof is Proof.REFUSED
    assert str(caught.value) == f"HTTP {status}: Because." and caught.value.status == status


@pytest.mark.parametrize("status", [100, 408, 409, 423, 425, 500, 501, 502, 503, 504, 507, 599, 600, 999])
def test_what_may_have_happened(status: int) -> None:
    with pytest.raises(ExchangeFailure) as caught:
        judge(status, b'{"detail": "Because."}')
    assert caught.value.proof is Proof.INDETERMINATE
    assert str(caught.value) == f"HTTP {status}: Because." and caught.value.status == status


def test_503_is_a_refusal_only_with_retry_after() -> None:
    with pytest.raises(ExchangeFailure) as caught:
        judge(503, retry_after="3")
    assert caught.value.proof is Proof.REFUSED and caught.value.retry_after == 3.0
    for nonsense in ("soon", "-3"):
        with pytest.raises(ExchangeFailure) as caught:
            judge(503, retry_after=nonsense)
        assert caught.value.proof is Proof.INDETERMINATE


def test_an_echoed_token_is_scrubbed_even_where_the_text_is_cut() -> None:
    for filler in range(470, 520):
        with pytest.raises(ExchangeFailure) as caught:
            judge(401, b"x" * filler + TOKEN.encode() + b" in the header")
        assert "vps_" not in str(caught.value), "not even a part of it"


# Classifying what the libraries raise


def wrapped(cause: BaseException) -> Exception:
    """As `requests` hides causes: in arguments and reasons, not only in __cause__."""
    inner = urllib3.exceptions.MaxRetryError(None, "/servers/", reason=cause if isinstance(cause, Exception) else None)
    return requests.exceptions.ConnectionError(inner)


CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        (wrapped(socket.gaierror(-2, "Name or service not known")), "the name could not be resolved"),
        (wrapped(ConnectionRefusedError(111, "refused")), "connection refused"),
        (wrapped(ConnectionResetError(104, "reset")), "the connection was reset"),
        (wrapped(TimeoutError("timed out")), "no complete response within 30 s"),
        (requests.exceptions.ConnectTimeout("x"), "no complete response within 30 s"),
        (requests.exceptions.ReadTimeout("x"), "no complete response within 30 s"),
        (wrapped(ssl.SSLError(1, "wrong version number")), "the TLS connection failed"),
        (
            requests.exceptions.ProxyError(OSError("Tunnel connection failed: 407 Proxy Authentication Required")),
            "the proxy refused the connection",
        ),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.ProtocolError("x", http.client.RemoteDisconnected("y"))
            ),
            "the connection was reset",
        ),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("x", OSError("y"))),
            "closed before the response was complete",
        ),
        (http.client.IncompleteRead(b"", 5), "closed before the response was complete"),
        (http.client.BadStatusLine("\x00garbage\x1b"), "BadStatusLine"),
        (RecursionError("deep"), "RecursionError"),
        (UnicodeError(f"Invalid header value {TOKEN}"), "UnicodeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_exceptions_prove_by_whether_anything_was_sent(exception: Exception, words: str) -> None:
    http_ = Http(settings())
    before, after = http_._classified(exception, False, 30.0), http_._classified(exception, True, 30.0)
    assert before.kind is FailureKind.UNREACHED and before.proof is Proof.NOT_SENT
    assert str(before).startswith("127.0.0.1:9 could not be reached: ")
    assert after.kind is FailureKind.LOST and after.proof is Proof.INDETERMINATE
    assert str(after).startswith("the response was lost: ")
    for failure in (before, after):
        assert words in str(failure) and failure.status is None and failure.retry_after is None
        assert str(failure).isprintable() and TOKEN not in str(failure)


def test_certificates_are_told_apart() -> None:
    for sent in (False, True):
        failure = Http(settings())._classified(wrapped(CERTIFICATE), sent, 30.0)
        assert failure.kind is FailureKind.CERTIFICATE and "check api_url and ca_path" in str(failure)


def test_a_long_exception_never_shows_a_part_of_the_token() -> None:
    for filler in range(150, 200):
        failure = Http(settings())._classified(ValueError("x" * filler + TOKEN), False, 1.0)
        assert "vps_" not in str(failure)


def test_causes_that_lead_in_a_circle() -> None:
    one, two = ValueError("one"), OSError("two")
    one.__cause__, two.__context__ = two, one
    assert isinstance(Http(settings())._classified(one, True, 1.0), ExchangeFailure)


@pytest.mark.parametrize("error", [ImportError("gone"), OSError(24, "Too many open files")])
@pytest.mark.parametrize("sent", [True, False])
def test_a_process_that_can_open_no_file_any_more(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sent: bool
) -> None:
    """What tells causes apart is imported when there is something to tell."""

    def refuse(name: str, *arguments: Any) -> Any:
        if name in ("causes", "error_words"):
            raise error
        return real_import(name, *arguments)

    real_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    failure = Http(settings())._classified(OSError(24, "Too many open files"), sent, 1.0)
    assert failure.kind is (FailureKind.LOST if sent else FailureKind.UNREACHED) and "OSError" in str(failure)
    with pytest.raises(ExchangeFailure) as caught:
        Http(settings())._judged(Response(500, {}, b'{"detail": "No."}'))
    assert caught.value.kind is FailureKind.SERVER_ERROR and "HTTP 500" in str(caught.value)


# Proxies


@pytest.fixture
def proxy_variables(monkeypatch: pytest.MonkeyPatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

    def set_them(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_them


HTTPS, HTTP = "https://admin.vps.org/api/v1/servers/", "http://127.0.0.1:8765/api/v1/servers/"


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, HTTPS, {}),
        ({"https_proxy": "http://proxy.example:3128"}, HTTPS, {"https": "http://proxy.example:3128"}),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, HTTPS, {"https": "http://proxy.example:3128"}),
        ({"all_proxy": "http://proxy.example:3128"}, HTTPS, {"all": "http://proxy.example:3128"}),
        ({"http_proxy": "http://proxy.example:3128"}, HTTPS, {}),
        ({"https_proxy": ""}, HTTPS, {}),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "vps.org"}, HTTPS, {}),
        ({"https_proxy": "http://proxy.example:3128", "NO_PROXY": ".vps.org"}, HTTPS, {}),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "*"}, HTTPS, {}),
        (
            {"https_proxy": "http://proxy.example:3128", "no_proxy": "other.example"},
            HTTPS,
            {"https": "http://proxy.example:3128"},
        ),
        # Plain http would show the token to the proxy.
        ({"http_proxy": "http://proxy.example:3128"}, HTTP, {}),
        ({"http_proxy": "proxy.example:3128"}, HTTP, {}),
        ({"all_proxy": "http://10.0.0.1:3128"}, HTTP, {}),
        ({"http_proxy": "http://localhost.evil.example:3128"}, HTTP, {}),
        ({"http_proxy": "http://127.0.0.1:3128"}, HTTP, {"http": "http://127.0.0.1:3128"}),
        ({"http_proxy": "localhost:3128"}, HTTP, {"http": "localhost:3128"}),
        ({"http_proxy": "http://127.0.0.1:3128", "no_proxy": "127.0.0.1"}, HTTP, {}),
        ({"https_proxy": "http://127.0.0.1:3128"}, HTTP, {}),
    ],
)
def test_proxies(proxy_variables: Any, variables: dict[str, str], url: str, expected: dict[str, str]) -> None:
    proxy_variables(**variables)
    assert proxies_for(url) == expected


def test_threads_read_the_proxies_without_touching_the_environment(proxy_variables: Any) -> None:
    """NO_PROXY in capitals only: `requests`, told to use a list of its own, would write it to the environment and take
    it away again.
    """
    proxy_variables(https_proxy="http://proxy.example:3128", NO_PROXY="vps.org")
    before, problems = dict(os.environ), []

    def work() -> None:
        try:
            for _count in range(100):
                assert proxies_for(HTTPS) == {}
                assert dict(os.environ) == before
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
