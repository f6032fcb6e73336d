# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What became of a request that ended in an exception of the libraries below: the kind of the failure, and words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from .body import BODY_LIMIT, BodyError, printable
from .retry_policy import FailureKind


def failure_behind(
    exc: Exception, *, sent: bool, seconds: float, host: str, scrub: Callable[[str], str]
) -> tuple[FailureKind, str]:
    """The kind of the failure and a phrase that fits behind `GET /servers/: `.

    `sent`: whether a byte of the request was handed to the network. `seconds`: that the exchange was given. `host`: of
    the API. `scrub`: removes the token from a text.
    """
    if isinstance(exc, BodyError):
        return FailureKind.LOST, str(exc)
    causes = list(_all_causes(exc))
    # For the name of another host, urllib3 1 has an error of its own.
    rejections = [
        cause
        for cause in causes
        if isinstance(cause, ssl.SSLCertVerificationError) or type(cause).__name__ == "CertificateError"
    ]
    if rejections:
        told = (str(getattr(cause, "verify_message", "") or "") for cause in rejections)
        why = next((words for words in told if words), "") or printable(str(rejections[-1]), 100)
        return (
            FailureKind.CERTIFICATE,
            f"the server's certificate is not accepted ({why}): check api_url and ca_path",
        )
    reason = _reason(causes, seconds) or printable(scrub(f"{type(exc).__name__}: {exc}"), 200)
    if sent:
        return FailureKind.LOST, f"the response was lost: {reason}"
    return FailureKind.UNREACHED, f"{host} could not be reached: {reason} (check api_url and the network)"


def _all_causes(exc: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps: `requests` hides a refused connection and a broken one under
    the same class.
    """
    seen: set[int] = set()
    queue: list[Any] = [exc]
    while queue:
        current = queue.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        queue += [
            current.__cause__,
            current.__context__,
            getattr(current, "reason", None),
            *getattr(current, "args", ()),
        ]


def _reason(causes: list[BaseException], seconds: float) -> str:
    """Words for what is known to happen, else empty."""
    for kind, words in (
        (socket.gaierror, "the name could not be resolved"),
        (ConnectionRefusedError, "connection refused"),
        (ConnectionResetError, "the connection was reset"),
        (TimeoutError, f"no complete response within {seconds:g} s"),
        (ssl.SSLError, "the TLS connection failed"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return words
    if any(type(cause).__name__ == "ResponseTooLarge" for cause in causes):
        return f"it is larger than {BODY_LIMIT >> 20} MiB"
    if any("Tunnel connection failed" in str(cause) or type(cause).__name__ == "ProxyError" for cause in causes):
        return "the proxy refused the connection"
    if any("timeout" in type(cause).__name__.lower() for cause in causes):
        return f"no complete response within {seconds:g} s"
    if any(type(cause).__name__ in ("RemoteDisconnected", "IncompleteRead", "ProtocolError") for cause in causes):
        return "the connection was closed before the response was complete"
    return ""
