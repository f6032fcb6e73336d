# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connections cost: as few as are used at the same time, and one TLS context for each setting, which trusts nobody
whom that setting does not.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import trustme
import urllib3
from client.connect_proxy import ConnectProxy
from client.raw_server import EMPTY, RawServer, answer
from client.support import servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.concurrent import run_all
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, Proof
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from sandbox.isolation import COLLECTIONS, REPOSITORY

# pytest undoes what the collection has switched off: it warns itself.
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")

CONCURRENCY = 8
WAIT = 20.0  # seconds


def tls_of(authority: trustme.CA, identity: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(identity).configure_cert(context)
    return context


class Meeting:
    """Answers nobody before so many requests have come, each on a connection of its own; later ones at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._come = threading.Semaphore(size)
        self._all_there = threading.Barrier(size)

    def __call__(self, _head: str) -> list[bytes]:
        if self._come.acquire(blocking=False):
            self._all_there.wait(WAIT)
        return [answer(EMPTY)]


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[RawServer]:
    with RawServer(lambda _head: [answer(EMPTY)], tls=tls_of(authority)) as running:
        yield running


@pytest.fixture
def own_bundle(ca_path: str, tmp_path: pathlib.Path) -> str:
    """The authority's file at a path that no other test has used."""
    return str(shutil.copy(ca_path, tmp_path / "bundle.pem"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What any TLS context of this process has been told to load, from now on."""
    seen: list[Any] = []
    for name in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        original = getattr(ssl.SSLContext, name)

        def load(context: ssl.SSLContext, *args: Any, _original: Any = original, **kwargs: Any) -> None:
            seen.append(args)
            _original(context, *args, **kwargs)

        monkeypatch.setattr(ssl.SSLContext, name, load)
    return seen


def list_all(servers: Servers, times: int, concurrency: int = CONCURRENCY) -> list[Any]:
    return run_all(lambda _number: servers.list(), range(times), concurrency)


def assert_refused(servers: Servers) -> None:
    with pytest.raises(ApiError) as caught:
        servers.list()
    assert caught.value.kind is FailureKind.CERTIFICATE and caught.value.failure.proof is Proof.NOT_SENT


# Connections


@pytest.mark.parametrize("encrypted", [False, True])
def test_all_phases_share_as_many_connections_as_are_used_at_once(
    authority: trustme.CA, ca_path: str, encrypted: bool
) -> None:
    """Each phase has threads of its own."""
    with RawServer(Meeting(CONCURRENCY), tls=tls_of(authority) if encrypted else None) as server:
        servers = servers_at(server.url, ca_path=ca_path)
        for _phase in range(3):
            assert list_all(servers, 3 * CONCURRENCY) == [[]] * 3 * CONCURRENCY
        assert server.connections == CONCURRENCY and len(server.requests) == 9 * CONCURRENCY


def test_one_after_the_other_takes_the_connection_used_last() -> None:
    with RawServer(Meeting(CONCURRENCY)) as server:
        servers = servers_at(server.url)
        list_all(servers, CONCURRENCY)
        connections = servers.client._http._connections()
        used_last = connections.take()
        connections.give_back(used_last)
        servers.list()
        assert connections.take() is used_last and server.connections == CONCURRENCY


def test_after_a_failure_no_idle_connection_is_trusted() -> None:
    """A server that was started anew breaks them all, and each would cost a try."""
    meet, broken = Meeting(3), iter([None])
    with RawServer(lambda head: meet(head) if len(server.requests) <= 3 else next(broken, [answer(EMPTY)])) as server:
        servers = servers_at(server.url, retries=1)
        list_all(servers, 3, 3)
        assert servers.list() == [] and servers.budget.report()["retries"] == 1
        assert server.connections == 4 and len(server.requests) == 5


FORKED = """
import os, sys
sys.path[:0] = sys.argv[3:]
from client.support import servers_at
servers = servers_at(sys.argv[1], ca_path=sys.argv[2])
servers.list()
child = os.fork()
if not child:
    servers.list()
    servers.list()
    os._exit(0)
code = os.waitpid(child, 0)[1]
servers.list()
print(code, servers.list(), servers.budget.report()["retries"])
"""


def test_a_forked_process_has_connections_of_its_own(server: RawServer, ca_path: str) -> None:
    paths = [str(REPOSITORY / "tests"), str(REPOSITORY / "tools"), str(COLLECTIONS)]
    command = [sys.executable, "-c", FORKED, server.url, ca_path, *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("0 [] 0\n", "")
    assert server.connections == 2 and len(server.requests) == 5


# One TLS context for each setting


def test_authorities_are_loaded_once(authority: trustme.CA, own_bundle: str, loads: list[Any]) -> None:
    """For all clients, threads and connections of a process."""
    with RawServer(Meeting(CONCURRENCY), tls=tls_of(authority)) as server:
        for _client in range(3):
            list_all(servers_at(server.url, ca_path=own_bundle), 2 * CONCURRENCY)
        assert server.connections >= CONCURRENCY + 2
    assert loads == [(own_bundle, None)]


def test_authorities_are_loaded_once_through_a_proxy(
    server: RawServer, own_bundle: str, loads: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        for _client in range(3):
            servers_at(server.url, ca_path=own_bundle).list()
        assert len(proxy.heads) == 3
    assert loads == [(own_bundle, None)]


@pytest.mark.skipif(
    hasattr(requests.adapters, "_preloaded_ssl_context"),
    reason="requests 2.32.0 to 2.32.3 load the authorities when they are imported, once",
)
def test_authorities_named_by_no_option_are_loaded_once(
    server: RawServer, own_bundle: str, loads: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that `requests` brings along."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", own_bundle)
    for _client in range(3):
        assert servers_at(server.url).list() == []
    assert server.connections == 3 and loads == [(own_bundle, None)]


def test_nothing_is_loaded_where_nothing_is_verified(server: RawServer, loads: list[Any]) -> None:
    for _client in range(3):
        assert servers_at(server.url, validate_certs=False).list() == []
    assert server.connections == 3 and loads == []


def test_who_verifies_nothing_leads_nobody_else_to_do_so(server: RawServer, ca_path: str, tmp_path: Any) -> None:
    """Clients of three settings, at the same time and by turns."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))

    def attempt(options: dict[str, Any]) -> bool:
        try:
            servers_at(server.url, **options).list()
        except ApiError as error:
            assert error.kind is FailureKind.CERTIFICATE
            return False
        return True

    settings: list[dict[str, Any]] = [{"validate_certs": False}, {"ca_path": str(other)}, {"ca_path": ca_path}, {}]
    assert run_all(attempt, settings * 12, CONCURRENCY) == [True, False, True, False] * 12


def test_switched_off_counts_more_than_authorities(server: RawServer, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    assert servers_at(server.url, validate_certs=False, ca_path=str(other)).list() == []
    assert_refused(servers_at(server.url, ca_path=str(other)))


def test_another_host_is_refused_by_a_context_that_was_used_before(
    server: RawServer, authority: trustme.CA, own_bundle: str
) -> None:
    assert servers_at(server.url, ca_path=own_bundle).list() == []
    for identity in ("other.example", "127.0.0.2", "localhost"):
        with RawServer(lambda _head: [answer(EMPTY)], tls=tls_of(authority, identity)) as other:
            assert_refused(servers_at(other.url, ca_path=own_bundle))
            assert other.requests == []


def rewrite(path: str, authority: trustme.CA) -> None:
    """As package managers do it: written aside, and moved into place."""
    authority.cert_pem.write_to_path(f"{path}.new")
    os.replace(f"{path}.new", path)


def test_a_file_that_changes_counts_for_new_connections(
    server: RawServer, authority: trustme.CA, own_bundle: str
) -> None:
    for _turn in range(2):
        rewrite(own_bundle, trustme.CA())
        assert_refused(servers_at(server.url, ca_path=own_bundle))
        rewrite(own_bundle, authority)
        assert servers_at(server.url, ca_path=own_bundle).list() == []


def test_a_file_that_changes_counts_for_a_connection_that_is_made_anew(authority: trustme.CA, own_bundle: str) -> None:
    """Of the same client: the server has closed it in between."""
    closing = [answer(EMPTY, headers="Connection: close\r\n")]
    with RawServer(lambda _head: closing, tls=tls_of(authority), close=True) as server:
        servers = servers_at(server.url, ca_path=own_bundle)
        assert servers.list() == [] == servers.list()
        rewrite(own_bundle, trustme.CA())
        assert_refused(servers)
        assert server.connections == 3 and len(server.requests) == 2


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_useless_is_told_before_anything_is_sent(
    server: RawServer, own_bundle: str, content: str | None
) -> None:
    servers = servers_at(server.url, ca_path=own_bundle, retries=0)
    assert servers.list() == []
    if content is None:
        os.unlink(own_bundle)
    else:
        pathlib.Path(own_bundle).write_text(content)
    with pytest.raises(ApiError) as caught:
        servers_at(server.url, ca_path=own_bundle, retries=0).list()
    assert caught.value.failure.proof is Proof.NOT_SENT and len(server.requests) == 1


def test_a_folder_of_authorities(tmp_path: pathlib.Path, loads: list[Any]) -> None:
    """OpenSSL finds them by a hash of their names, in lower case and as UTF-8, which this one's is already."""
    authority = trustme.CA(organization_name="tests", organization_unit_name="an authority")
    from cryptography import x509

    name = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject.public_bytes()
    number = int.from_bytes(hashlib.sha1(name[2:], usedforsecurity=False).digest()[:4], "little")
    authority.cert_pem.write_to_path(str(tmp_path / f"{number:08x}.0"))
    with RawServer(lambda _head: [answer(EMPTY)], tls=tls_of(authority)) as server:
        for _client in range(2):
            assert servers_at(server.url, ca_path=str(tmp_path)).list() == []
        assert loads == [(None, str(tmp_path))]
        os.unlink(tmp_path / f"{number:08x}.0")
        assert_refused(servers_at(server.url, ca_path=str(tmp_path)))


# A proxy that is itself reached over TLS


def by_name(proxy: ConnectProxy) -> str:
    """urllib3 1 verifies a proxy by its name only, and refuses an address."""
    return proxy.url.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("options", "reaches"),
    [
        (lambda _own, both: {"ca_path": both}, True),
        (lambda own, _both: {"ca_path": own}, False),
        pytest.param(
            lambda own, _both: {"ca_path": own, "validate_certs": False},
            True,
            marks=pytest.mark.skipif(
                urllib3.__version__.startswith("1."), reason="urllib3 1 verifies such a proxy all the same"
            ),
        ),
    ],
    ids=["both are trusted", "only the server is trusted", "nothing is verified"],
)
def test_a_proxy_over_tls_is_verified_as_the_server_is(
    server: RawServer,
    own_bundle: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    options: Callable[[str, str], dict[str, Any]],
    reaches: bool,
) -> None:
    proxys_authority = trustme.CA()
    both = tmp_path / "both.pem"
    both.write_bytes(pathlib.Path(own_bundle).read_bytes() + proxys_authority.cert_pem.bytes())
    servers_at(server.url, ca_path=own_bundle).list()
    with ConnectProxy(tls=tls_of(proxys_authority, "localhost")) as proxy:
        monkeypatch.setenv("https_proxy", by_name(proxy))
        servers = servers_at(server.url, retries=0, timeout=5.0, **options(own_bundle, str(both)))
        if reaches:
            assert servers.list() == [] and len(proxy.heads) == 1
        else:
            assert_refused(servers)
            assert proxy.heads == [] and len(server.requests) == 1


def test_a_proxy_over_tls_must_be_the_host_that_it_says(
    server: RawServer, authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers_at(server.url, ca_path=ca_path).list()
    with ConnectProxy(tls=tls_of(authority, "other.example")) as proxy:
        monkeypatch.setenv("https_proxy", by_name(proxy))
        assert_refused(servers_at(server.url, ca_path=ca_path, retries=0, timeout=5.0))
        assert proxy.heads == []


def test_a_server_behind_a_proxy_over_tls_is_verified(
    authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        RawServer(lambda _head: [answer(EMPTY)], tls=tls_of(trustme.CA())) as server,
        ConnectProxy(tls=tls_of(authority, "localhost")) as proxy,
    ):
        monkeypatch.setenv("https_proxy", by_name(proxy))
        assert_refused(servers_at(server.url, ca_path=ca_path, retries=0, timeout=5.0))
        assert len(proxy.heads) == 1 and server.requests == []
