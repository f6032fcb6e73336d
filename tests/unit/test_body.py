# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A response's body: in pieces, packed, cut off, endless."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.body import (
    BODY_LIMIT,
    BodyError,
    _unpacked,
    read_body,
)
from fault_proxy.carry_out import GzipBomb

# Unpacking


def test_packed_answers_are_unpacked() -> None:
    text = b'{"count": 0, "results": []}'
    assert _unpacked(gzip.compress(text), "gzip") == text
    assert _unpacked(gzip.compress(text), "x-gzip") == text
    assert _unpacked(zlib.compress(text), "deflate") == text
    assert _unpacked(text, "identity") == text and _unpacked(text, "") == text
    assert _unpacked(b"", "gzip") == b""


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (b"not packed", "gzip", "can't be decompressed"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "gzip", "cut off"),
        (gzip.compress(b"x" * 1000, mtime=0)[:8], "gzip", "cut off"),
        (b"x", "br", r"compression that was not requested \(br\)"),
        (b"x", "gzip, gzip", "not requested"),
        (b"x", "\x1b[31m", r"not requested \(\[31m\)"),
    ],
)
def test_badly_packed_answers(body: bytes, encoding: str, words: str) -> None:
    with pytest.raises(BodyError, match=words):
        _unpacked(body, encoding)


def test_gzip_bomb_takes_no_more_memory_than_the_limit() -> None:
    bomb = b"".join(GzipBomb(128).chunks())
    assert len(bomb) < BODY_LIMIT / 20
    tracemalloc.start()
    try:
        with pytest.raises(BodyError, match="larger than 32 MiB when decompressed"):
            _unpacked(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < BODY_LIMIT * 2.5
    finally:
        tracemalloc.stop()


# Reading a body


class Raw:
    """A body that comes in pieces; counts what is taken."""

    def __init__(self, body: bytes | None, size: int = 65_536) -> None:
        self.stream = io.BytesIO(body) if body is not None else None
        self.size, self.taken = size, 0

    def read(self, amount: int, decode_content: bool) -> bytes:
        assert decode_content is False
        piece = self.stream.read(min(amount, self.size)) if self.stream else b" " * amount
        self.taken += len(piece)
        return piece


def test_body_in_pieces() -> None:
    assert read_body(Raw(b"0123456789", 3), {"content-length": "10"}) == b"0123456789"
    assert read_body(Raw(b"0123456789", 3), {}) == b"0123456789"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"content-length": "11"}, "cut off after 10 of 11 bytes"),
        ({"content-length": "9"}, "cut off after 10 of 9 bytes"),
        ({"content-length": "ten"}, "not a number"),
        ({"content-length": "-10"}, "not a number"),
        ({"content-length": "10, 10"}, "not a number"),
        ({"content-length": str(BODY_LIMIT + 1)}, "larger than 32 MiB"),
        ({"content-length": "9" * 5000}, "larger than 32 MiB"),
    ],
)
def test_body_that_is_not_what_was_promised(headers: dict[str, str], words: str) -> None:
    with pytest.raises(BodyError, match=words):
        read_body(Raw(b"0123456789"), headers)


def test_a_length_beyond_the_limit_is_refused_unread() -> None:
    raw = Raw(None)
    with pytest.raises(BodyError):
        read_body(raw, {"content-length": str(4 << 30)})
    assert raw.taken == 0


def test_an_endless_body_ends_at_the_limit() -> None:
    raw = Raw(None)
    with pytest.raises(BodyError, match="larger than 32 MiB"):
        read_body(raw, {})
    assert BODY_LIMIT < raw.taken <= BODY_LIMIT + (1 << 20)
