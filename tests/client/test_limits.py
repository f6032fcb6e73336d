# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds on what an answer may cost: bytes, memory, depth, time."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator

import pytest
from client.raw_server import EMPTY, RawServer, answer
from client.support import LIST, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.body import BODY_LIMIT
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy
from helpers.facts import mentions
from sandbox.isolation import COLLECTIONS, REPOSITORY

MIB = 1 << 20
OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


# Bytes


@pytest.mark.parametrize("mode", ["chunked", "length"])
def test_an_endless_body_is_left_at_the_limit(emulator: Emulator, proxy: FaultProxy, mode: str) -> None:
    fault = Fault("endless_body", "GET", LIST, mode=mode)
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=0, timeout=20.0).list()
    assert mentions(caught.value, "GET /servers/", "32 MiB")
    assert proxy.met(fault) == 1 and proxy.wait_done()
    assert proxy.history[0].bytes_sent <= BODY_LIMIT + MIB
    assert mode == "chunked" or proxy.history[0].bytes_sent <= 4 * MIB, "a length that is too much is not even begun"


def test_a_body_just_within_the_limit_is_read(emulator: Emulator, proxy: FaultProxy) -> None:
    fault = Fault("endless_body", "GET", LIST, mode="chunked", size=BODY_LIMIT)
    proxy.set(fault)
    assert servers_at(proxy.url, retries=0, timeout=20.0).list() == [] and proxy.met(fault) == 1


def chunk_extensions() -> Iterator[bytes]:
    """One byte of body to each 60 KiB on the wire."""
    yield f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode()
    while True:
        yield b"1;" + b"x" * 60_000 + b"\r\n \r\n"


def trailers() -> Iterator[bytes]:
    yield f"{OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n".encode()
    while True:
        yield b"X-Trailer: " + b"x" * 60_000 + b"\r\n"


def continues() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n" + (b"X-More: " + b"x" * 60_000 + b"\r\n") * 50 + b"\r\n"


@pytest.mark.parametrize("flood", [chunk_extensions, trailers, continues])
def test_what_is_no_body_counts_too(flood: object) -> None:
    """A body's limit does not see them: chunk extensions, trailers, answers before the answer."""
    server = RawServer(lambda _head: flood())  # type: ignore[operator]
    with server, pytest.raises(ApiError) as caught:
        servers_at(server.url, retries=0, timeout=20.0).list()
    assert mentions(caught.value, "GET /servers/", "32 MiB")
    # What both kernels hold on the way comes on top of what was taken.
    assert server.sent <= BODY_LIMIT + 16 * MIB


@pytest.mark.parametrize("mode", ["many", "huge"])
def test_header_floods_are_answers_that_are_broken(emulator: Emulator, proxy: FaultProxy, mode: str) -> None:
    fault = Fault("header_flood", "GET", LIST, mode=mode, times=2)
    proxy.set(fault)
    assert servers_at(proxy.url).list() == [] and proxy.met(fault) == 2
    proxy.set(Fault("header_flood", "GET", LIST, mode=mode))
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=0).list()
    assert mentions(caught.value, "GET /servers/") and caught.value.failure.proof is Proof.INDETERMINATE


# Memory

PEAK = """
import resource, sys
sys.path[:0] = sys.argv[3:]
from client.support import servers_at
servers = servers_at(sys.argv[1], retries=0, timeout=30.0)
servers.list()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    servers.list()
except Exception as error:
    print(error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("KIB", after - before)
"""


@pytest.mark.parametrize(
    ("fault", "fact"),
    [
        (Fault("gzip_bomb", "GET", LIST, nth=2), "32 MiB"),
        (Fault("endless_body", "GET", LIST, nth=2), "32 MiB"),
        (Fault("deep_json", "GET", LIST, nth=2, depth=10_000_000), "nested"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_peak_memory(emulator: Emulator, proxy: FaultProxy, fault: Fault, fact: str) -> None:
    """In a process of its own, which has sent one good request before."""
    proxy.set(fault)
    command = [
        sys.executable,
        "-c",
        PEAK,
        proxy.url,
        "",
        str(REPOSITORY / "tests"),
        str(REPOSITORY / "tools"),
        str(COLLECTIONS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.fullmatch(r"(.*)\nKIB (\d+)\n", done.stdout, re.DOTALL)
    assert found is not None and mentions(found[1], "GET /servers/", fact) and proxy.met(fault) == 1
    assert int(found[2]) <= 150 * 1024


# Packed answers, which nobody asked for


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_packed_answer_is_unpacked(encoding: str, pack: object) -> None:
    body = pack(json.dumps(EMPTY).encode())  # type: ignore[operator]
    with RawServer(
        lambda _head: [f"{OK}Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body]
    ) as server:
        assert servers_at(server.url).list() == []
        assert "Accept-Encoding: identity\r\n" in server.requests[0]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, gzip"])
def test_an_answer_that_is_not_packed_as_it_says_is_broken(encoding: str) -> None:
    server = RawServer(lambda _head: [answer(EMPTY, headers=f"Content-Encoding: {encoding}\r\n")])
    with server, pytest.raises(ApiError) as caught:
        servers_at(server.url, retries=0).list()
    assert mentions(caught.value, "GET /servers/", *([] if encoding == "gzip" else [encoding]))


# Depth


@pytest.mark.parametrize("depth", [500, 900, 970, 1100, 200_000])
def test_nesting_is_a_broken_answer_or_a_wrong_shape(emulator: Emulator, proxy: FaultProxy, depth: int) -> None:
    fault = Fault("deep_json", "GET", LIST, depth=depth)
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=0).list()
    assert mentions(caught.value, "GET /servers/") and caught.value.failure.proof is Proof.INDETERMINATE
    assert proxy.met(fault) == 1


# Time: one limit for the whole of a request

SLOW = {
    "hang": Fault("hang_before", "GET", LIST, times=None),
    "hang after the work": Fault("hang_after", "GET", LIST, times=None),
    "body in drips": Fault("drip_body", "GET", LIST, times=None),
    "head in drips": Fault("drip_headers", "GET", LIST, times=None),
    "endless 100 Continue": Fault("endless_100_continue", "GET", LIST, times=None),
}


@pytest.mark.parametrize("slow", SLOW)
def test_a_request_ends_with_its_time(emulator: Emulator, proxy: FaultProxy, slow: str) -> None:
    emulator.seed(20)
    fault = SLOW[slow]
    proxy.set(fault)
    servers = servers_at(proxy.url, retries=1, timeout=0.4)
    began = time.monotonic()
    with pytest.raises(ApiError) as caught:
        servers.list()
    assert mentions(caught.value, "GET /servers/", 0.4) and caught.value.failure.proof is Proof.INDETERMINATE
    assert 0.8 <= time.monotonic() - began < 10 and proxy.met(fault) == 2


@pytest.mark.parametrize("slow", SLOW)
def test_a_task_ends_with_its_time(emulator: Emulator, proxy: FaultProxy, slow: str) -> None:
    emulator.seed(20)
    proxy.set(SLOW[slow])
    servers = servers_at(proxy.url, retries=50, timeout=0.3, limit=0.5)
    began = time.monotonic()
    with pytest.raises(Exception, match="GET /servers/"):
        servers.list()
    assert time.monotonic() - began < 10, "51 tries would take 15 s"


def test_a_slow_answer_within_its_time_is_fine(emulator: Emulator, proxy: FaultProxy) -> None:
    expected = emulator.seed(3)
    fault = Fault("drip_body", "GET", LIST, size=100, interval=0.01)
    proxy.set(fault)
    assert [server["id"] for server in servers_at(proxy.url, timeout=10.0).list()] == expected and proxy.met(fault) == 1


def test_a_connection_that_nobody_accepts_ends_with_its_time(emulator: Emulator, proxy: FaultProxy) -> None:
    fault = Fault("connect_timeout", seconds=30.0)
    proxy.set(fault)
    began = time.monotonic()
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=0, timeout=0.3).list()
    assert mentions(caught.value, f"127.0.0.1:{proxy.port}", 0.3) and caught.value.failure.proof is Proof.NOT_SENT
    assert 0.3 <= time.monotonic() - began < 10 and proxy.met(fault) == 1


# Not quite HTTP

ODD = {
    "no HTTP at all": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
    "an old answer": b"<html>hello</html>",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "a status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a negative length": f"{OK}Content-Length: -5\r\n\r\n".encode() + b"{}",
    "a length of letters": f"{OK}Content-Length: five\r\n\r\n".encode() + b"{}",
    "two lengths": f"{OK}Content-Length: 2\r\nContent-Length: 30\r\n\r\n".encode() + b"{}",
    "a length that is too long": f"{OK}Content-Length: 500\r\n\r\n".encode() + b"{}",
    "a chunk of letters": f"{OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n".encode(),
    "a chunk that is cut": f"{OK}Transfer-Encoding: chunked\r\n\r\n50\r\n{{}}".encode(),
    "a negative chunk": f"{OK}Transfer-Encoding: chunked\r\n\r\n-5\r\n{{}}\r\n0\r\n\r\n".encode(),
    "a line without end": b"HTTP/1.1 200 " + b"x" * 100_000,
    "bytes from hell": bytes(range(256)) * 10,
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_quite_http_is_a_lost_answer(odd: str) -> None:
    with RawServer(lambda _head: [ODD[odd]], close=True) as server:
        with pytest.raises(ApiError) as caught:
            servers_at(server.url, retries=0, timeout=5.0).list()
        assert mentions(caught.value, "GET /servers/") and caught.value.failure.proof is Proof.INDETERMINATE
        assert len(server.requests) == 1 and str(caught.value).isprintable()
        with pytest.raises(UnknownOutcome):
            create_or_adopt(
                servers_at(server.url, retries=0, adopt_timeout=0.01, timeout=5.0),
                {"name": "web-01", "plan_id": 1, "os_id": 5, "location": "us-west"},
                frozenset(),
            )
        assert sum(head.startswith("POST") for head in server.requests) == 1


def test_threads_do_not_share_connections(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.insert(id=20_000)
    barrier = Fault("barrier", "GET", parties=4)
    proxy.set(barrier)
    servers = servers_at(proxy.url, timeout=10.0)
    threads = [threading.Thread(target=servers.api.get_server, args=(20_000,)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert proxy.met(barrier) == 4 and len({record.connection for record in proxy.history}) == 4


def test_an_unreadable_file_of_authorities_in_the_environment_is_ignored(
    emulator: Emulator, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(pathlib.Path(os.devnull) / "missing.pem"))
    assert servers_at(proxy.url).list() == []
