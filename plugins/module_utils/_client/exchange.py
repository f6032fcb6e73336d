# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One HTTP exchange: a whole response within its bounds, or one of four failures, told apart by what they prove.

not sent       nothing left this machine: nothing happened
refused        a whole response that says no: nothing happened
indeterminate  no response, or a meaningless one: it may have happened
redirected     a redirect, which is never followed

Which of them it is follows from the kind of the failure: see `retry_policy.py`.
"""

from __future__ import annotations

import email.utils
import json
import os
import re
import threading
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from .body import BODY_LIMIT, printable, read_body
from .errors import BadInput, VpsError
from .retry_policy import FailureKind, Proof, is_success, kind_of_status
from .secrets import echo_detector, scrubber
from .settings import Settings, is_loopback

if TYPE_CHECKING:
    from .transport import Connections

VERSION = "1.0.0"
NO_REQUESTS = "The Python library requests is missing"
_FRAMING_LIMIT = 1024 * 1024  # bytes for heads, chunk sizes and the like
_IDLE_LIMIT = 1.0  # seconds; see Http.exchange


class Response(NamedTuple):
    """A whole response. `retry_after` is in seconds, None where it asks for no pause or for a nonsensical one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after: float | None = None


class ExchangeFailure(VpsError):
    """One of the four failures. The reason is a phrase that fits behind `GET /servers/: `."""

    def __init__(self, kind: FailureKind, phrase: str, *, response: Response | None = None) -> None:
        super().__init__(phrase)
        self.kind = kind
        self.response = response
        self.failure = self

    @property
    def proof(self) -> Proof:
        """What it proves."""
        return self.kind.proof

    @property
    def status(self) -> int | None:
        """The HTTP status, where a whole response came."""
        return self.response.status if self.response else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the response asks to wait."""
        return self.response.retry_after if self.response else None


def malformed(phrase: str, response: Response) -> ExchangeFailure:
    """The failure of a response that has a status of success and makes no sense, or none that is documented."""
    return ExchangeFailure(kind_of_status(response.status, None), phrase, response=response)


class Http:
    """Sends requests to one API with one token.

    Safe to share between threads: each exchange has a connection to itself while it lasts.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.scrub: Callable[[str], str] = scrubber(settings.token)
        self.may_echo: Callable[[bytes], bool] = echo_detector(settings.token)
        self._lock = threading.Lock()
        self._open_connections: Connections | None = None
        self._from_environment: tuple[dict[str, str], bool | str] | None = None
        self._headers = {
            "Authorization": f"Bearer {settings.token}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "keep-alive",
            "Content-Type": "application/json",
            "User-Agent": f"vpsorg.cloud/{VERSION} (Ansible collection)",
        }

    def forget_environment(self) -> None:
        """Let the next request look anew at the environment, which names proxies and authorities."""
        self._from_environment = None

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
    ) -> Response:
        """Send one request to `api_url + path` and return its response if the status is 2xx.

        The whole exchange takes at most `api_timeout` seconds.
        Raises ExchangeFailure, and nothing else.
        """
        url = self._settings.api_url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        seconds = self._settings.timeout
        # A server may close an idle connection in the very moment in which a request is written to it. For a GET that
        # is one more try; for a create it would be an unknown outcome.
        connection = self._connections().take(longest_idle=None if method == "GET" else _IDLE_LIMIT)
        connection.exchange.begin(seconds)
        data = None if body is None else json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii")
        try:
            proxies, verify = self._environment()
            with connection.send(
                method,
                url,
                data=data,
                headers=self._headers,
                timeout=seconds,
                proxies=proxies,
                verify=verify,
            ) as response:
                status = int(response.status_code)
                headers = {name.lower(): value for name, value in response.headers.items()}
                content = read_body(response.raw, headers)
        except Exception as exc:  # G5 of the rules: whatever the libraries below raise ends here
            self._connections().discard(connection)
            raise self._classified(exc, connection.exchange.sent, seconds) from None
        if status < HTTPStatus.OK:
            # An interim response that the libraries below take for the response: that one is still to come, and the
            # next request would be given it.
            self._connections().discard(connection)
            words = f"the response was lost: the server sent an unexpected interim response ({status})"
            raise ExchangeFailure(FailureKind.LOST, words)
        self._connections().give_back(connection)
        return self._judged(
            Response(status=status, headers=headers, body=content, retry_after=retry_after_seconds(headers))
        )

    def _connections(self) -> Connections:
        """Imports `requests`, which must not be paid for by what fails before the first request."""
        from . import transport

        with self._lock:
            if self._open_connections is None:
                self._open_connections = transport.Connections(BODY_LIMIT + _FRAMING_LIMIT)
            return self._open_connections

    def _environment(self) -> tuple[dict[str, str], bool | str]:
        """The proxies, and what certificates are verified with."""
        if self._from_environment is None:
            self._from_environment = proxies_for(self._settings.api_url), self._verify()
        return self._from_environment

    def _verify(self) -> bool | str:
        if not self._settings.validate_certs:
            return False
        environment = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
        return self._settings.ca_path or next((path for path in environment if path and os.path.exists(path)), True)

    def _judged(self, response: Response) -> Response:
        """The response itself if it is a success; else raises what it means."""
        status = response.status
        if is_success(status):
            return response
        kind = kind_of_status(status, response.retry_after)
        if kind is FailureKind.REDIRECT:
            host = printable(self.scrub(_host_of(response.headers.get("location", ""))), 100)
            target = f" to {host}" if host else ""
            phrase = f"the response is a redirect ({status}{target}), which is not followed: check api_url"
        else:
            words = _words_of(response.body, self.scrub)
            phrase = f"HTTP {status}: {words}" if words else f"HTTP {status}"
        raise ExchangeFailure(kind, phrase, response=response)

    def _classified(self, exc: Exception, sent: bool, seconds: float) -> ExchangeFailure:
        host = _host_of(self._settings.api_url)
        try:
            from .causes import failure_behind
        except (ImportError, OSError):  # a process that can open no file any more
            if sent:
                return ExchangeFailure(FailureKind.LOST, f"the response was lost: {type(exc).__name__}")
            return ExchangeFailure(FailureKind.UNREACHED, f"{host} could not be reached: {type(exc).__name__}")
        kind, phrase = failure_behind(exc, sent=sent, seconds=seconds, host=host, scrub=self.scrub)
        return ExchangeFailure(kind, phrase)


def _words_of(body: bytes, scrub: Callable[[str], str]) -> str:
    try:
        from .error_words import error_words
    except (ImportError, OSError):  # a process that can open no file any more
        return ""
    return error_words(body, scrub)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` asks for, in seconds: a number, or a date, which is compared with the response's own `Date`,
    never with the local clock.

    Nonsense, a negative number and a date without anything to compare it with count as absent: None.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text, re.ASCII):
        return float(text)
    try:
        wanted = email.utils.parsedate_to_datetime(text)
        now = email.utils.parsedate_to_datetime(headers.get("date", ""))
        seconds = (wanted - now).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError, AttributeError):
        return None
    return max(0.0, seconds)


def proxies_for(url: str) -> dict[str, str]:
    """The proxies that the environment names for a URL, `no_proxy` honoured.

    Plain http, which goes to a loopback address only, is never handed to a proxy elsewhere: the proxy would read the
    token.
    """
    from requests.utils import get_environ_proxies

    parts = urllib.parse.urlsplit(url)
    # Given a no_proxy of its own, `requests` would write it to the environment for a moment: other threads read that.
    proxies = get_environ_proxies(url)
    proxies = {scheme: proxy for scheme, proxy in proxies.items() if proxy and scheme in (parts.scheme, "all")}
    if parts.scheme == "http":
        proxies = {
            scheme: proxy
            for scheme, proxy in proxies.items()
            if is_loopback(urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or "")
        }
    return proxies


def _host_of(url: str) -> str:
    """Host and port of any text, empty where it is no URL with a host."""
    try:
        return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def require_requests() -> None:
    """Raise BadInput, which tells how to install it, where the `requests` library is missing."""
    try:
        import requests  # noqa: F401  # pylint: disable=unused-import
    except ImportError:
        import sys

        raise BadInput(
            f"{NO_REQUESTS} for {sys.executable}. Install it there: {sys.executable} -m pip install requests"
        ) from None
