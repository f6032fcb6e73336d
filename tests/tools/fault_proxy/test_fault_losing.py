# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that are refused, reset, closed, stuck or slow: what the client sees, and whether the effect happened."""

from __future__ import annotations

import json
import socket
import time

import pytest
import requests

from fault_proxy import Fault, FaultProxy
from helpers.raw_client import connect, exchange, read_all, request_bytes
from helpers.tiny_api import TinyApi

LIST = "/api/v1/servers/"
NEW = {"name": "new"}


def only(proxy: FaultProxy, fault: Fault):
    """The one record, once it is done; the fault must have been met by it."""
    assert proxy.wait_until(lambda: proxy.history) and proxy.wait_done()
    (record,) = proxy.history
    assert (record.fault, proxy.met(fault)) == (fault.kind, 1)
    return record


def can_connect(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "end", "forwarded"),
    [
        ("reset_before", "reset", False),
        ("close_before", "closed", False),
        ("reset_after", "reset", True),
        ("close_after", "closed", True),
    ],
)
def test_reset_and_close(api: TinyApi, proxy: FaultProxy, kind: str, end: str, forwarded: bool) -> None:
    fault = Fault(kind, "POST", "*/servers/")
    proxy.set(fault)
    seen = exchange(proxy.port, "POST", LIST, NEW)
    assert (seen.data, seen.end) == (b"", end)
    record = only(proxy, fault)
    assert (record.forwarded, record.upstream_status, record.status) == (forwarded, 201 if forwarded else None, None)
    assert ("POST", LIST) in api.calls if forwarded else api.calls == []


@pytest.mark.parametrize(("kind", "forwarded"), [("hang_before", False), ("hang_after", True)])
def test_hang_until_the_client_leaves(api: TinyApi, proxy: FaultProxy, kind: str, forwarded: bool) -> None:
    fault = Fault(kind)
    proxy.set(fault)
    assert exchange(proxy.port, "POST", LIST, NEW, patience=0.1).end == "silent"
    record = only(proxy, fault)
    assert (record.forwarded, record.client_left, len(api.calls)) == (forwarded, True, int(forwarded))


@pytest.mark.parametrize("kind", ["hang_before", "hang_after"])
def test_hang_is_bounded(proxy: FaultProxy, kind: str) -> None:
    fault = Fault(kind, seconds=0.1)
    proxy.set(fault)
    seen = exchange(proxy.port)
    assert (seen.data, seen.end) == (b"", "closed")
    record = only(proxy, fault)
    assert not record.client_left and 0.1 <= record.ended - record.time < 30


def test_refuse_at_once(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("refuse", seconds=60)
    with connect(proxy.port) as idle:
        assert proxy.wait_until(lambda: proxy.connections == 1)
        proxy.set(fault)
        assert read_all(idle, 2).end == "closed", "no kept-alive connection gets round it"
    assert proxy.met(fault) == 1
    with pytest.raises(ConnectionRefusedError):
        connect(proxy.port)
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(f"{proxy.url}/servers/", timeout=2)
    proxy.clear()
    assert proxy.wait_until(lambda: can_connect(proxy.port))
    assert exchange(proxy.port).status == 200 and len(api.calls) == 1


def test_refuse_after_a_request(proxy: FaultProxy) -> None:
    fault = Fault("refuse", "GET", "*/servers/", nth=2, seconds=0.6)
    proxy.set(fault)
    with requests.Session() as session:
        assert session.get(f"{proxy.url}/servers/12345/").status_code == 200
        answer = session.get(f"{proxy.url}/servers/")
        assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
        with pytest.raises(requests.ConnectionError, match="refused"):
            session.post(f"{proxy.url}/servers/", json=NEW, timeout=2)
    assert proxy.met(fault) == 1
    assert proxy.wait_until(lambda: can_connect(proxy.port))
    assert [record.method for record in proxy.history] == ["GET", "GET"]


def test_refuse_ends_with_new_rules(proxy: FaultProxy) -> None:
    proxy.set(Fault("refuse", seconds=60))
    assert not can_connect(proxy.port)
    proxy.clear()
    assert exchange(proxy.port).status == 200


def test_reset_on_accept(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("reset_on_accept", nth=2)
    proxy.set(fault)
    assert exchange(proxy.port).status == 200
    seen = exchange(proxy.port)
    assert (seen.data, seen.end) == (b"", "reset")
    assert exchange(proxy.port).status == 200
    assert proxy.met(fault) == 1 and len(api.calls) == 2
    assert [(record.method, record.fault, record.forwarded) for record in proxy.history] == [
        ("GET", None, True),
        ("", "reset_on_accept", False),
        ("GET", None, True),
    ]


def test_connect_timeout(proxy: FaultProxy) -> None:
    fault = Fault("connect_timeout", seconds=60)
    proxy.set(fault)
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=0.2)
    assert proxy.met(fault) == 1 and proxy.connections == 0
    proxy.set(fault)
    proxy.clear()
    assert exchange(proxy.port).status == 200


def test_close_mid_body(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("close_mid_body")
    proxy.set(fault)
    seen = exchange(proxy.port, "POST", LIST, NEW)
    assert seen.end == "closed" and 0 < len(seen.body) < int(seen.header("Content-Length"))
    assert only(proxy, fault).upstream_status == 201 and ("POST", LIST) in api.calls


def test_truncate_body(api: TinyApi, proxy: FaultProxy) -> None:
    fault = Fault("truncate_body", share=0.9)
    proxy.set(fault)
    answer = requests.get(f"{proxy.url}/servers/")
    assert answer.status_code == 200 and len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)
    only(proxy, fault)


def test_bodiless_answers_can_be_damaged_too(api: TinyApi, proxy: FaultProxy) -> None:
    proxy.set(Fault("truncate_body", "DELETE"))
    seen = exchange(proxy.port, "DELETE", "/api/v1/servers/12345/")
    assert seen.status == 200 and len(seen.body) > 0 and 12345 not in api.servers
    assert (proxy.history[0].upstream_status, proxy.history[0].status) == (204, 200)


@pytest.mark.parametrize("kind", ["drip_body", "drip_headers"])
def test_drip(proxy: FaultProxy, kind: str) -> None:
    fault = Fault(kind, size=16, interval=0.01)
    proxy.set(fault)
    start = time.monotonic()
    with connect(proxy.port) as sock:
        sock.sendall(request_bytes("GET", LIST))
        pieces = []
        while piece := sock.recv(65536):
            pieces.append(piece)
    head, _end, body = b"".join(pieces).partition(b"\r\n\r\n")
    dripped = len(body) if kind == "drip_body" else len(head)
    assert json.loads(body)["count"] == 2 and len(pieces) > 1 and time.monotonic() - start > 0.009 * (dripped // 16)
    record = only(proxy, fault)
    assert record.bytes_sent == len(b"".join(pieces)) and not record.client_left


def test_drip_is_bounded_and_notes_who_left(proxy: FaultProxy) -> None:
    proxy.set(Fault("drip_body", interval=0.02, times=None, seconds=0.1))
    seen = exchange(proxy.port)
    assert seen.end == "closed" and 0 < len(seen.body) < int(seen.header("Content-Length"))
    proxy.set(Fault("drip_headers", interval=0.02))
    assert exchange(proxy.port, patience=0.001).end == "silent"
    assert proxy.wait_until(lambda: len(proxy.history) == 2) and proxy.wait_done()
    assert [record.client_left for record in proxy.history] == [False, True]
