# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How the API is reached: the connection options of every module and of the inventory plugin, checked once."""

from __future__ import annotations

import ipaddress
import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import BadInput
from .secrets import clean_token

DEFAULT_API_URL = "https://admin.vps.org/api/v1"
LONGEST = 1e9  # seconds, some 30 years; the system's clocks and sleeps overflow not far beyond

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]+\]")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%+-]+)*")


@dataclass(frozen=True)
class Settings:
    """The checked connection options. Times are in seconds; `api_url` has no trailing slash."""

    api_url: str
    token: str = field(repr=False)
    timeout: float
    retries: int
    retry_max_delay: float
    validate_certs: bool
    ca_path: str | None


def read_settings(params: Mapping[str, Any]) -> Settings:
    """Check the connection options, which bear the names that users type.

    Raises BadInput, naming the option and what it takes. Sends nothing.
    """
    retries = params["api_retries"]
    if retries < 0:
        raise BadInput(f"api_retries must be 0 or more, got {retries}.")
    return Settings(
        api_url=check_api_url(params["api_url"]),
        token=clean_token(params["api_token"]),
        timeout=positive_seconds("api_timeout", params["api_timeout"]),
        retries=retries,
        retry_max_delay=positive_seconds("api_retry_max_delay", params["api_retry_max_delay"]),
        validate_certs=params["validate_certs"],
        ca_path=_check_ca_path(params["ca_path"]),
    )


def positive_seconds(option: str, value: float, *, at_least: float = 0.0) -> float:
    """A number of seconds above 0 (and not below `at_least`), or BadInput that names the option."""
    if not 0 < value <= LONGEST or value < at_least:
        raise BadInput(
            f"{option} must be a number of seconds {f'of at least {at_least:g}' if at_least else 'above 0'}, got "
            f"{value}."
        )
    return float(value)


def check_api_url(given: str) -> str:
    """The base URL without its trailing slash.

    https with a host, or http to a loopback address, where no one else can read the token; no user, query or fragment.
    Raises BadInput.
    """
    advice = f"It must look like {DEFAULT_API_URL}; http:// is for a loopback address only."
    # urlsplit drops some control characters silently and keeps others, so they are looked for first.
    if any(ord(character) <= 32 or ord(character) == 127 for character in given.strip()):
        raise BadInput(f"api_url contains white space or control characters. {advice}")
    try:
        parts = urllib.parse.urlsplit(given.strip())
        port = parts.port
    except ValueError:
        raise BadInput(f"api_url is malformed. {advice}") from None
    if "@" in given:  # nowhere, so that no password is shown below either
        raise BadInput(f"api_url must not contain a user or a password: the token is given by api_token. {advice}")
    if parts.scheme not in ("https", "http"):
        raise BadInput(f"api_url must begin with https://, got {_shown(given)}. {advice}")
    if not parts.hostname or not _HOST.fullmatch(
        parts.netloc.rsplit(":", 1)[0] if port is not None else parts.netloc.rstrip(":")
    ):
        raise BadInput(f"api_url has no valid host: {_shown(given)}. {advice}")
    if "?" in given or "#" in given:
        raise BadInput(f"api_url must not contain a query or a fragment: {_shown(given)}. {advice}")
    if port == 0 or not _PATH.fullmatch(parts.path.rstrip("/")) or ".." in parts.path.split("/"):
        raise BadInput(f"api_url has an invalid port or path: {_shown(given)}. {advice}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadInput(
            f"api_url is plain http to {parts.hostname}, which would show the token to the network. Use https. {advice}"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    return repr(url.strip()[:200])


def _check_ca_path(given: str | None) -> str | None:
    if not given:
        return None
    path = os.path.expanduser(os.path.expandvars(given))
    advice = "It must be a file of certificate authorities in PEM format, or a directory of such files."
    if not os.access(path, os.R_OK):
        raise BadInput(f"ca_path {given!r} does not exist or can't be read. {advice}")
    # Later it would look like a TLS connection that failed, and be tried again.
    if os.path.isfile(path):
        with open(path, "rb") as file:
            if b"-----BEGIN" not in file.read():
                raise BadInput(f"ca_path {given!r} contains no certificate in PEM format. {advice}")
    return path
