# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a rule the proxy changes nothing and leaves nothing behind."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from fault_proxy import Fault, FaultProxy
from helpers.raw_client import TOKEN, connect, exchange, read_all, request_bytes
from helpers.tiny_api import TinyApi


def test_answers_and_requests_pass_unchanged(api: TinyApi, proxy: FaultProxy) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        listed = session.get(f"{proxy.url}/servers/?page=1&page_size=100", headers={"X-Sent": "yes"})
        made = session.post(f"{proxy.url}/servers/", json={"name": "new"})
        gone = session.delete(f"{proxy.url}/servers/{made.json()['id']}/")
    assert (listed.status_code, listed.reason, listed.headers["X-Seen"]) == (200, "Fine", "yes")
    assert [server["name"] for server in listed.json()["results"]] == ["web-1", "web-2"]
    assert (made.status_code, gone.status_code, gone.content) == (201, 204, b"")
    assert api.calls == [
        ("GET", "/api/v1/servers/?page=1&page_size=100"),
        ("POST", "/api/v1/servers/"),
        ("DELETE", f"/api/v1/servers/{made.json()['id']}/"),
    ]
    assert (proxy.connections, api.connections) == (1, 1), "kept alive on both sides"


def test_history_tells_everything_but_the_token(proxy: FaultProxy) -> None:
    exchange(proxy.port, "POST", "/api/v1/servers/?x=1", {"name": "new"})
    assert proxy.wait_done()
    (record,) = proxy.history
    assert (record.seq, record.method, record.path, record.query, record.body) == (
        1,
        "POST",
        "/api/v1/servers/",
        "x=1",
        b'{"name": "new"}',
    )
    assert (record.fault, record.forwarded, record.upstream_status, record.status) == (None, True, 201, 201)
    assert record.authorization and record.bytes_sent > 100 and record.time <= record.ended <= time.monotonic()
    assert TOKEN not in repr(record) and TOKEN not in str(record.as_dict())
    assert record.as_dict()["body"] == '{"name": "new"}'


@pytest.mark.parametrize("chunked", [False, True])
def test_every_framing_of_the_upstream(api: TinyApi, proxy: FaultProxy, chunked: bool) -> None:
    api.chunked = chunked
    with connect(proxy.port) as sock:
        sock.sendall(request_bytes("HEAD", "/api/v1/servers/", close=False))
        sock.sendall(request_bytes("GET", "/api/v1/servers/12345/"))
        seen = read_all(sock)
    first, second = seen.data.split(b"HTTP/1.1 ")[1:]
    assert first.endswith(b"\r\n\r\n") and b'"name": "web-1"' in second


def test_chunked_request(api: TinyApi, proxy: FaultProxy) -> None:
    answer = requests.post(f"{proxy.url}/servers/", data=iter([b'{"name":', b' "in-chunks"}']), timeout=5)
    assert answer.json()["name"] == "in-chunks"


def test_upstream_that_is_away_is_no_fault(api: TinyApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lost = Fault("reset_after")
    with FaultProxy(f"http://127.0.0.1:{port}/api/v1", lost) as proxy:
        seen = exchange(proxy.port)
        assert proxy.unmet() == [lost]
        (record,) = proxy.history
    assert seen.status == 502 and record.fault is None and record.upstream_status is None
    assert "ConnectionRefusedError" in record.error


def test_not_http_from_the_client_ends_the_connection(proxy: FaultProxy) -> None:
    with connect(proxy.port) as sock:
        sock.sendall(b"hello\r\n\r\n")
        assert read_all(sock).data == b""
    assert proxy.history == []


def test_many_connections_at_once(proxy: FaultProxy) -> None:
    with ThreadPoolExecutor(32) as pool:
        seen = list(pool.map(lambda _number: exchange(proxy.port), range(200)))
    assert {one.status for one in seen} == {200}
    assert proxy.connections == 200 and sorted(record.seq for record in proxy.history) == list(range(1, 201))


def test_close_leaves_neither_threads_nor_sockets(api: TinyApi) -> None:
    gc.collect()
    threads, descriptors = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    proxy = FaultProxy(api.url, Fault("hang_before", times=None), Fault("reset_on_accept", nth=4))
    socks = [connect(proxy.port) for _number in range(3)]
    for sock in socks[:2]:
        sock.sendall(request_bytes("GET", "/api/v1/servers/"))
    assert proxy.wait_until(lambda: len(proxy.history) == 2)
    start = time.monotonic()
    proxy.close()
    proxy.close()
    assert time.monotonic() - start < 10
    for sock in socks:
        assert read_all(sock, 2).end in ("closed", "reset")
        sock.close()
    gc.collect()
    mine = [thread for thread in set(threading.enumerate()) - threads if "fault-proxy" in thread.name]
    assert mine == [] and len(os.listdir("/proc/self/fd")) <= descriptors


def test_close_does_not_wait_for_a_client_that_does_not_read(api: TinyApi) -> None:
    proxy = FaultProxy(api.url, Fault("endless_body", times=None))
    with connect(proxy.port) as sock:
        sock.sendall(request_bytes("GET", "/api/v1/servers/"))
        assert proxy.wait_until(lambda: proxy.history and proxy.history[0].bytes_sent > 0)
        start = time.monotonic()
        proxy.close()
        assert time.monotonic() - start < 10


def test_a_taken_port_is_an_error(proxy: FaultProxy) -> None:
    with pytest.raises(OSError):
        FaultProxy(proxy.url, port=proxy.port)
    with pytest.raises(ValueError, match="http URL"):
        FaultProxy("https://admin.example.org/api/v1")
