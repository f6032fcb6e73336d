# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not the API's: not HTTP, not JSON, other statuses, other hosts, and far too much."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from email.utils import parsedate_to_datetime

import pytest
import requests

from fault_proxy import KINDS, Fault, FaultProxy, ForeignHost
from fault_proxy.carry_out import GzipBomb
from helpers.raw_client import TOKEN, connect, exchange, leave_with_reset, request_bytes
from helpers.tiny_api import TinyApi

LIST = "/api/v1/servers/"
NEW = {"name": "new"}
MIB = 1024 * 1024


def met(proxy: FaultProxy, fault: Fault):
    assert proxy.wait_done() and proxy.met(fault) == 1 and proxy.unmet() == []
    record = proxy.history[-1]
    assert record.fault == fault.kind
    return record


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    "kind",
    [
        "garbage",
        "html_200",
        "empty_body_200",
        "answer",
        "status_429",
        "status_503",
        "redirect",
        "echo_token",
        "deep_json",
    ],
)
def test_with_and_without_the_effect(api: TinyApi, proxy: FaultProxy, kind: str, forward: bool) -> None:
    fault = Fault(kind, "POST", forward=forward)
    proxy.set(fault)
    assert exchange(proxy.port, "POST", LIST, NEW).data
    record = met(proxy, fault)
    assert (record.forwarded, record.upstream_status, len(api.calls)) == (
        forward,
        201 if forward else None,
        int(forward),
    )


def test_garbage(proxy: FaultProxy) -> None:
    fault = Fault("garbage")
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert seen.end == "closed" and not seen.data.startswith(b"HTTP/")
    assert met(proxy, fault).status is None


def test_html_and_empty_and_wrong_type(proxy: FaultProxy) -> None:
    proxy.set(
        Fault("html_200", nth=1),
        Fault("empty_body_200", nth=2),
        Fault("wrong_content_type", nth=3),
        Fault("wrong_content_type", nth=4, content_type=None),
    )
    page, empty, wrong, none = (exchange(proxy.port) for _turn in range(4))
    assert (page.status, page.header("Content-Type")) == (200, "text/html; charset=utf-8") and b"Sign in" in page.body
    assert (empty.status, empty.header("Content-Length"), empty.body) == (200, "0", b"")
    assert wrong.header("Content-Type") == "text/html" and wrong.json["count"] == 2
    assert none.header("Content-Type") is None and none.json["count"] == 2
    assert proxy.unmet() == []


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"detail": "no"}, b'{"detail": "no"}'),
        (["no"], b'["no"]'),
        ("näe", "näe".encode()),
        (b"\xff", b"\xff"),
        (None, b""),
    ],
)
def test_any_answer(proxy: FaultProxy, body: object, sent: bytes) -> None:
    proxy.set(Fault("answer", status=409, body=body, headers={"X-Why": "because"}))
    seen = exchange(proxy.port)
    assert (seen.status, seen.header("X-Why"), seen.body) == (409, "because", sent)


def test_connections_outlive_an_ordinary_error(proxy: FaultProxy) -> None:
    proxy.set(Fault("answer", status=500))
    with requests.Session() as session:
        assert [session.get(f"{proxy.url}/servers/").status_code for _turn in range(2)] == [500, 200]
    assert proxy.connections == 1


@pytest.mark.parametrize("kind", ["status_429", "status_503"])
@pytest.mark.parametrize(
    ("form", "value"), [("seconds", "7"), ("nonsense", "soon, perhaps"), ("negative", "-7"), ("absent", None)]
)
def test_retry_after(proxy: FaultProxy, kind: str, form: str, value: str | None) -> None:
    fault = Fault(kind, form=form, seconds=7)
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert (seen.status, seen.header("Retry-After")) == (int(kind[-3:]), value) and "detail" in seen.json
    assert met(proxy, fault).status == seen.status


@pytest.mark.parametrize("skew", [0, 3600, -86400])
def test_retry_after_as_a_date_of_the_servers_own_clock(proxy: FaultProxy, skew: int) -> None:
    proxy.set(Fault("status_429", form="date", seconds=7, clock_skew=skew), Fault("answer", nth=2, status=200))
    seen = exchange(proxy.port)
    date, after = (parsedate_to_datetime(seen.header(name)) for name in ("Date", "Retry-After"))
    assert (after - date).total_seconds() == 7
    assert abs(date.timestamp() - time.time() - skew) < 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_a_foreign_host(proxy: FaultProxy, status: int) -> None:
    with ForeignHost() as foreign:
        fault = Fault("redirect", status=status, to=foreign.url)
        proxy.set(fault)
        seen = exchange(proxy.port, target=LIST + "?page=2")
        assert (seen.status, seen.header("Location")) == (status, f"{foreign.url}{LIST}?page=2")
        assert foreign.count == 0 and not met(proxy, fault).forwarded


def test_foreign_host_sees_the_token_come() -> None:
    with ForeignHost() as foreign:
        requests.get(f"{foreign.url}/a/?b=c", headers={"Authorization": f"Bearer {TOKEN}"})
        answer = requests.post(f"{foreign.url}/d/", data="x")
        assert answer.json() == {"count": 0, "results": []}
        assert (foreign.count, foreign.with_authorization, foreign.connections) == (2, 1, 2)
        assert [(one.method, one.path, one.query, one.authorization, one.body) for one in foreign.requests] == [
            ("GET", "/a/", "b=c", True, b""),
            ("POST", "/d/", "", False, b"x"),
        ]
        assert TOKEN not in repr(foreign.requests)
    with ForeignHost({"id": 1}, status=201) as foreign:
        assert exchange(foreign.port, "POST", "/").json == {"id": 1}


def test_redirect_to_a_whole_url(proxy: FaultProxy) -> None:
    proxy.set(Fault("redirect", to="http://127.0.0.1:9/elsewhere"))
    assert exchange(proxy.port).header("Location") == "http://127.0.0.1:9/elsewhere"


def test_echo_token(proxy: FaultProxy) -> None:
    fault = Fault("echo_token", status=400)
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert seen.status == 400 and seen.json["detail"].count(TOKEN) == 2
    assert TOKEN not in repr(met(proxy, fault))


def test_header_flood(proxy: FaultProxy) -> None:
    proxy.set(Fault("header_flood"), Fault("header_flood", nth=2, mode="huge"))
    many, huge = exchange(proxy.port), exchange(proxy.port)
    assert many.head.count("X-Flood-") == 5000 and len(huge.header("X-Flood")) == MIB
    assert many.json["count"] == huge.json["count"] == 2


def test_gzip_bomb_is_one_valid_stream(proxy: FaultProxy) -> None:
    fault = Fault("gzip_bomb", mib=3)
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert seen.header("Content-Encoding") == "gzip" and int(seen.header("Content-Length")) == len(seen.body) < 8000
    unpacked = gzip.decompress(seen.body)
    assert len(unpacked) > 3 * MIB and json.loads(unpacked)["results"] == []
    assert met(proxy, fault).bytes_sent == len(seen.data)


def test_big_gzip_bomb() -> None:
    bomb, unpacked, unpacker = GzipBomb(256), 0, zlib.decompressobj(31)
    for chunk in bomb.chunks():
        unpacked += len(unpacker.decompress(chunk))
    assert unpacker.eof and unpacked > 256 * MIB and bomb.size < MIB // 2
    assert KINDS["gzip_bomb"].defaults["mib"] == 1024


@pytest.mark.parametrize("mode", ["chunked", "length"])
def test_endless_body_is_counted(proxy: FaultProxy, mode: str) -> None:
    fault = Fault("endless_body", mode=mode)
    proxy.set(fault)
    taken = 0
    with connect(proxy.port) as sock:
        sock.sendall(request_bytes("GET", LIST))
        first = b""
        while taken < 8 * MIB:
            piece = sock.recv(65536)
            first = first or piece
            taken += len(piece)
        leave_with_reset(sock)
    assert (b"Transfer-Encoding: chunked" if mode == "chunked" else b"Content-Length: 4294967296") in first
    record = met(proxy, fault)
    assert record.client_left and taken - MIB // 4 <= record.bytes_sent < taken + 7 * MIB


@pytest.mark.parametrize("mode", ["chunked", "length"])
def test_endless_body_has_an_end_of_its_own(proxy: FaultProxy, mode: str) -> None:
    fault = Fault("endless_body", mode=mode, size=200_000)
    proxy.set(fault)
    answer = requests.get(f"{proxy.url}/servers/")
    assert len(answer.content) == 200_000 and answer.json()["results"] == []
    assert not met(proxy, fault).client_left


def test_endless_100_continue(proxy: FaultProxy) -> None:
    fault = Fault("endless_100_continue", seconds=1)
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert seen.end == "closed" and seen.data.count(b"HTTP/1.1 100 Continue\r\n\r\n") > 1 and b" 200 " not in seen.data
    assert met(proxy, fault).forwarded


def test_deep_json(proxy: FaultProxy) -> None:
    fault = Fault("deep_json")
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert seen.status == 200 and seen.body == b"[" * 200_000 + b"]" * 200_000
    met(proxy, fault)


def test_a_client_that_leaves_early_is_noted(proxy: FaultProxy) -> None:
    proxy.set(Fault("gzip_bomb", mib=4096))
    with connect(proxy.port) as sock:
        sock.sendall(request_bytes("GET", LIST))
        sock.recv(100)
        leave_with_reset(sock)
    assert proxy.wait_until(lambda: proxy.history and proxy.history[0].done) and proxy.history[0].client_left
    assert exchange(proxy.port).status == 200, "the proxy goes on"
