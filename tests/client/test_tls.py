# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with an authority of our own: who is not who the certificate says gets no request."""

from __future__ import annotations

import datetime
import os
import pathlib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import trustme
from client.raw_server import EMPTY, RawServer, answer
from client.support import FIELDS, NOBODY, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from helpers.facts import mentions
from sandbox.isolation import COLLECTIONS, REPOSITORY


def tls_server(authority: trustme.CA, identity: str = "127.0.0.1", **options: datetime.datetime) -> RawServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(identity, **options).configure_cert(context)
    return RawServer(lambda _head: [answer(EMPTY)], tls=context)


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[RawServer]:
    with tls_server(authority) as running:
        yield running


def test_own_authority(server: RawServer, ca_path: str) -> None:
    servers = servers_at(server.url, ca_path=ca_path)
    for _count in range(3):
        assert servers.list() == []
    assert server.connections == 1, "kept alive"
    assert (
        all("Authorization: Bearer vps_demo_token\r\n" in head for head in server.requests)
        and len(server.requests) == 3
    )


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_own_authority_from_the_environment(
    server: RawServer, ca_path: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, ca_path)
    assert servers_at(server.url).list() == []


def test_the_option_counts_more_than_the_environment(
    server: RawServer, ca_path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    assert servers_at(server.url, ca_path=ca_path).list() == []
    with pytest.raises(ApiError) as caught:
        servers_at(server.url).list()
    assert caught.value.kind is FailureKind.CERTIFICATE


def assert_rejected(server: RawServer, **options: str) -> None:
    """Each operation tries once, and not a byte of a request is sent."""
    for method, work in (
        ("GET", lambda servers: servers.list()),
        ("POST", lambda servers: create_or_adopt(servers, FIELDS, NOBODY)),
    ):
        before = server.connections
        servers = servers_at(server.url, **options)
        with pytest.raises(ApiError) as caught:
            work(servers)
        assert mentions(caught.value, f"{method} /servers/", "api_url", "ca_path")
        assert caught.value.kind is FailureKind.CERTIFICATE and caught.value.failure.proof is Proof.NOT_SENT
        assert (
            not caught.value.changed
            and server.connections == before + 1
            and servers.budget.report() == {"requests": 1, "retries": 0, "waited": 0.0}
        )
    assert server.requests == []


def test_an_unknown_authority(server: RawServer) -> None:
    assert_rejected(server)


def test_another_authority(server: RawServer, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    assert_rejected(server, ca_path=str(path))


def test_a_folder_without_authorities(server: RawServer, tmp_path: pathlib.Path) -> None:
    assert_rejected(server, ca_path=str(tmp_path))


def test_the_certificate_of_another_host(authority: trustme.CA, ca_path: str) -> None:
    for identity in ("other.example", "127.0.0.2", "127.0.0.1.example"):
        with tls_server(authority, identity) as running:
            assert_rejected(running, ca_path=ca_path)


def test_an_expired_certificate(authority: trustme.CA, ca_path: str) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    with tls_server(authority, not_before=past - datetime.timedelta(days=10), not_after=past) as running:
        assert_rejected(running, ca_path=ca_path)


SWITCHED_OFF = """
import sys
sys.path[:0] = sys.argv[2:]
from client.support import servers_at
print(servers_at(sys.argv[1], validate_certs=False).list())
"""


def test_switched_off(server: RawServer, ca_path: str) -> None:
    """With no warning but the collection's own, which a module gives, and whatever the environment says."""
    command = [
        sys.executable,
        "-c",
        SWITCHED_OFF,
        server.url,
        str(REPOSITORY / "tests"),
        str(REPOSITORY / "tools"),
        str(COLLECTIONS),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "REQUESTS_CA_BUNDLE": ca_path},
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)


# No TLS at all


def test_plain_http_behind_https(ca_path: str) -> None:
    """Nothing was sent, so that even a create may be tried again."""
    with RawServer(lambda _head: None, greeting=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as running:
        servers = servers_at(running.url.replace("http:", "https:"), ca_path=ca_path, retries=1)
        with pytest.raises(ApiError) as caught:
            servers.list()
        assert mentions(caught.value, "GET /servers/", f"127.0.0.1:{running.port}")
        assert caught.value.failure.proof is Proof.NOT_SENT and running.connections == 2 and running.requests == []


def test_a_handshake_that_never_comes_ends_with_its_time(ca_path: str) -> None:
    with RawServer(lambda _head: None) as running:
        servers = servers_at(running.url.replace("http:", "https:"), ca_path=ca_path, retries=0, timeout=0.4)
        began = time.monotonic()
        with pytest.raises(ApiError) as caught:
            servers.list()
        assert mentions(caught.value, f"127.0.0.1:{running.port}", 0.4)
        assert caught.value.failure.proof is Proof.NOT_SENT and time.monotonic() - began < 10
