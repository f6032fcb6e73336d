# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies from the environment: over TLS they see CONNECT only, and a proxy that refuses is a request that was not
sent.
"""

from __future__ import annotations

import base64
import os
import ssl
import time
from collections.abc import Iterator

import pytest
import trustme
from client.connect_proxy import ConnectProxy
from client.raw_server import EMPTY, RawServer, answer
from client.support import FIELDS, NOBODY, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from helpers.facts import mentions

TOKEN = "vps_only_for_the_api"


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(lambda _head: [answer(EMPTY)], tls=context) as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxy_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_over_tls_a_proxy_sees_connect_only(
    server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        servers = servers_at(server.url, token=TOKEN, ca_path=ca_path, timeout=5.0)
        assert servers.list() == [] == servers.list()
        assert len(proxy.heads) == 1 and proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1."), (
            "one tunnel for both"
        )
        assert "authorization" not in proxy.heads[0].lower()
        for secret in (TOKEN.encode(), base64.b64encode(TOKEN.encode()), b"/api/v1", b"Bearer"):
            assert secret not in proxy.seen
        assert len(proxy.seen) > 500, "it was used"
    assert len(server.requests) == 2 and all(f"Bearer {TOKEN}" in head for head in server.requests)


def test_a_proxys_own_password_goes_to_the_proxy_only(
    server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//me:hidden@"))
        assert servers_at(server.url, ca_path=ca_path, timeout=5.0).list() == []
        assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:hidden').decode()}" in proxy.heads[0]
    assert "Proxy-Authorization" not in server.requests[0]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("no_proxy", "127.0.0.1"), ("NO_PROXY", "example.com, 127.0.0.1"), ("no_proxy", "*"), ("no_proxy", "127.0.0.0/8")],
)
def test_no_proxy(server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv(variable, value)
        assert servers_at(server.url, ca_path=ca_path, timeout=5.0).list() == []
        assert proxy.heads == [] and len(server.requests) == 1


@pytest.mark.parametrize(
    "status",
    [
        "403 Forbidden",
        "407 Proxy Authentication Required",
        "502 Bad Gateway",
        "301 Moved\r\nLocation: http://127.0.0.1:9/",
    ],
)
def test_a_proxy_that_refuses(server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """Nothing was sent, so that a create may be tried again; but only after a look, which fails as well."""
    with ConnectProxy(reply=f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        servers = servers_at(server.url, ca_path=ca_path, retries=1, timeout=5.0)
        with pytest.raises(ApiError) as caught:
            create_or_adopt(servers, FIELDS, NOBODY)
        assert mentions(caught.value, "GET /servers/", f"127.0.0.1:{server.port}", "proxy")
        assert caught.value.failure.proof is Proof.NOT_SENT and not caught.value.changed
        assert len(proxy.heads) == 3 and server.connections == 0


def test_a_proxy_that_is_not_there(server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy() as proxy:
        url = proxy.url
    monkeypatch.setenv("https_proxy", url)
    with pytest.raises(ApiError) as caught:
        servers_at(server.url, ca_path=ca_path, retries=0).list()
    assert mentions(caught.value, "GET /servers/", f"127.0.0.1:{server.port}")
    assert caught.value.failure.proof is Proof.NOT_SENT and server.connections == 0


def test_a_proxy_that_drips_ends_with_the_requests_time(
    server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(drip=0.05) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        began = time.monotonic()
        with pytest.raises(ApiError) as caught:
            servers_at(server.url, ca_path=ca_path, retries=0, timeout=0.5).list()
        assert mentions(caught.value, f"127.0.0.1:{server.port}", 0.5)
        assert caught.value.failure.proof is Proof.NOT_SENT and time.monotonic() - began < 10


def test_plain_http_never_goes_to_a_proxy_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would read the token. 192.0.2.1 is nobody's address."""
    for variable in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(variable, "http://192.0.2.1:3128")
    with RawServer(lambda _head: [answer(EMPTY)]) as server:
        assert servers_at(server.url).list() == [] and len(server.requests) == 1


def test_plain_http_may_go_to_a_proxy_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(lambda _head: [answer(EMPTY)]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert servers_at("http://127.0.0.1:9/api/v1").list() == []
        assert proxy.requests[0].startswith("GET http://127.0.0.1:9/api/v1/servers/?page_size=100 HTTP/1.1")
