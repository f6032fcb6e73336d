# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections are kept between requests, and a connection that went away in between never makes a create doubtful."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from client.raw_server import EMPTY, RawServer, answer
from client.support import FIELDS, NOBODY, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import exchange
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from emulator.handle import Emulator
from fault_proxy import FaultProxy
from helpers.facts import mentions

CREATED = {
    "id": 101,
    "name": "web-01",
    "status": "provisioning",
    "plan": {"id": 1},
    "os": {"id": 5},
    "location": "us-west",
}


def talk(head: str) -> list[bytes]:
    return [answer(CREATED, "201 Created")] if head.startswith("POST") else [answer(EMPTY)]


def wait_until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_one_connection_for_all_requests(slow_life: Emulator, proxy: FaultProxy) -> None:
    servers = servers_at(proxy.url)
    server, _action = create_or_adopt(servers, FIELDS, NOBODY)
    servers.list()
    update(servers, server["id"], {"name": "web-02"})
    delete(servers, server["id"])
    with pytest.raises(ApiError):
        servers.api.get_server(server["id"])  # a refusal is an answer as well
    servers.list()
    assert {record.connection for record in proxy.history} == {1} and len(proxy.history) == 7


def test_after_a_failure_a_new_connection() -> None:
    broken = iter([[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"], [answer(EMPTY)], [answer(EMPTY)]])
    with RawServer(lambda _head: next(broken)) as server:
        servers = servers_at(server.url, timeout=2)
        assert servers.list() == [] == servers.list()
        assert server.connections == 2, "what is left of a broken answer is never read as the next one"


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
def test_what_follows_an_interim_answer_is_never_taken_for_the_next_one(status: str) -> None:
    """The standard library's client reads past a 100 only, and takes any other for the answer."""
    interim = f"HTTP/1.1 {status}\r\n\r\n".encode()
    with RawServer(lambda head: [interim, *talk(head)]) as server:
        servers = servers_at(server.url, retries=1, retry_max_delay=0.01)
        for _turn in range(2):
            with pytest.raises(ApiError) as caught:
                servers.list()
            assert mentions(caught.value, "GET /servers/", status[:3])
        assert server.connections == 4


def test_a_connection_that_the_server_has_closed_is_not_used() -> None:
    """It closes after each answer without saying so; once that has arrived, the next request takes a new connection."""
    with RawServer(talk, close=True) as server:
        servers = servers_at(server.url)
        assert servers.list() == []
        wait_until(lambda: server.closed == 1)
        created, action = create_or_adopt(servers, FIELDS, NOBODY)
        assert (created["id"], action) == (101, "create")
        assert [head.split(" ")[0] for head in server.requests] == ["GET", "POST"] and server.connections == 2


def test_a_connection_that_was_idle_is_not_used_for_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may close it in the very moment in which the request is written to it.

    For a read that is one more try.
    """
    with RawServer(talk) as server:
        servers = servers_at(server.url)
        servers.list()
        servers.list()
        assert server.connections == 1
        create_or_adopt(servers, FIELDS, NOBODY)
        assert server.connections == 1, "it was not idle"
        monkeypatch.setattr(exchange, "_IDLE_LIMIT", 0.0)
        servers.list()
        assert server.connections == 1
        create_or_adopt(servers, FIELDS, NOBODY)
        assert server.connections == 2


def test_a_connection_that_ends_under_a_request() -> None:
    """The race itself: a read is repeated, a create is not."""
    kept = iter(
        [
            [answer(EMPTY)],
            None,
            [answer(EMPTY)],
            None,
            [answer(EMPTY)],
            [answer(EMPTY)],
            [answer(EMPTY)],
            [answer(EMPTY)],
            [answer(EMPTY)],
        ]
    )
    with RawServer(lambda _head: next(kept, [answer(EMPTY)])) as server:
        servers = servers_at(server.url)
        assert servers.list() == [] == servers.list()
        assert len(server.requests) == 3
        with pytest.raises(UnknownOutcome):
            create_or_adopt(servers, FIELDS, NOBODY)
        assert sum(head.startswith("POST") for head in server.requests) == 1


def test_an_answer_that_says_close() -> None:
    with RawServer(lambda _head: [answer(EMPTY, headers="Connection: close\r\n")], close=True) as server:
        servers = servers_at(server.url)
        assert servers.list() == [] == servers.list()
        assert server.connections == 2


def test_an_answer_that_ends_with_the_connection() -> None:
    """No length, no chunks: as HTTP/1.0 does it. What is cut there can only be seen in the JSON."""
    with RawServer(lambda _head: [b"HTTP/1.0 200 OK\r\n\r\n", b'{"count": 0, "results": []}'], close=True) as server:
        assert servers_at(server.url).list() == []
    cut = RawServer(lambda _head: [b"HTTP/1.0 200 OK\r\n\r\n", b'{"count": 0, "resul'], close=True)
    with cut, pytest.raises(ApiError) as caught:
        servers_at(cut.url, retries=0).list()
    assert mentions(caught.value, "GET /servers/", "JSON")
