# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A response's body: read whole within its bounds, or shown in one line."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

BODY_LIMIT = 32 * 1024 * 1024  # bytes, on the wire and unpacked
_CHUNK = 64 * 1024


class BodyError(Exception):
    """The body is not whole, or beyond its bounds."""


def read_body(raw: Any, headers: Mapping[str, str]) -> bytes:
    """The whole body, unpacked, of a response whose header names are in lower case.

    `raw`: urllib3's response. Never takes much more than the limit from the wire. Raises BodyError.
    """
    declared = headers.get("content-length", "")
    if declared and not declared.isdigit():
        raise BodyError("the response's Content-Length is not a number")
    if declared and int(declared[:20]) > BODY_LIMIT:
        raise BodyError(f"the response is larger than {BODY_LIMIT >> 20} MiB")
    body = bytearray()
    while chunk := raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > BODY_LIMIT:
            raise BodyError(f"the response is larger than {BODY_LIMIT >> 20} MiB")
    if declared and len(body) != int(declared):
        raise BodyError(f"the response was cut off after {len(body)} of {int(declared)} bytes")
    return _unpacked(bytes(body), headers.get("content-encoding", "identity").strip().lower())


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Identity is asked for; a proxy on the way may compress all the same."""
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError(f"the response uses a compression that was not requested ({printable(encoding, 40)})")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        content = unpacker.decompress(body, BODY_LIMIT + 1)
    except zlib.error:
        raise BodyError("the compressed response can't be decompressed") from None
    if len(content) > BODY_LIMIT:
        raise BodyError(f"the response is larger than {BODY_LIMIT >> 20} MiB when decompressed")
    if not unpacker.eof:
        raise BodyError("the compressed response was cut off")
    return content


def may_be_of_the_api(body: bytes) -> bool:
    """Whether an error body may be the API's, which answers in JSON; nothing is documented of an empty one."""
    return body[:1024].lstrip()[:1] in (b"", b"{", b"[", b'"')


def printable(text: str, limit: int) -> str:
    """A text in one line of at most `limit` characters, without the escape sequences that a terminal would act upon."""
    # A first cut comes first: the rest is not worth the work.
    shown = "".join(character if character.isprintable() else " " for character in text[: 4 * limit])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[:limit] + "…"
