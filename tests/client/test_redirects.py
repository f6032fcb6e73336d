# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody but the API ever gets a request, let alone the token."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from client.support import FIELDS, NOBODY, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy, ForeignHost
from helpers.facts import mentions

METHODS: dict[str, tuple[str, Callable[[Servers, int], Any]]] = {
    "list": ("GET", lambda servers, _number: servers.list()),
    "detail": ("GET", lambda servers, number: servers.api.get_server(number)),
    "create": ("POST", lambda servers, _number: create_or_adopt(servers, FIELDS, NOBODY)),
    "update": ("PATCH", lambda servers, number: update(servers, number, {"name": "web-02"})),
    "delete": ("DELETE", delete),
    "start": ("POST", lambda servers, number: switch(servers, number, "start")),
    "reboot": ("POST", reboot),
}


@pytest.fixture
def foreign() -> Iterator[ForeignHost]:
    with ForeignHost() as host:
        yield host


@pytest.mark.parametrize("operation", METHODS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    emulator: Emulator, proxy: FaultProxy, foreign: ForeignHost, operation: str, status: int
) -> None:
    number = emulator.insert(name="web-01")
    before = emulator.servers()
    method, work = METHODS[operation]
    fault = Fault("redirect", method, times=None, status=status, to=foreign.url)
    proxy.set(fault)
    with pytest.raises(ApiError, match=f"{method} /servers/") as caught:
        work(servers_at(proxy.url), number)
    assert caught.value.kind is FailureKind.REDIRECT
    assert mentions(caught.value, status, f"127.0.0.1:{foreign.port}", "api_url")
    assert proxy.met(fault) == 1 == len(proxy.history) and foreign.count == 0
    assert not caught.value.changed and emulator.servers() == before


def test_not_even_to_the_same_host(emulator: Emulator, proxy: FaultProxy) -> None:
    """As an API does that wants a slash, or https: the user has to know."""
    fault = Fault("redirect", "GET", to=None)
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url).list()
    assert mentions(caught.value, "GET /servers/", 302, "api_url")
    assert proxy.met(fault) == 1 and len(proxy.history) == 1


@pytest.mark.parametrize(
    "location", ["", "/api/v2/servers/", "https://[broken", "//evil\x1b[31m.example", "ftp://127.0.0.1/", "\x00"]
)
def test_redirects_to_nowhere(emulator: Emulator, proxy: FaultProxy, location: str) -> None:
    fault = Fault("answer", "GET", status=302, headers={"Location": location})
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url, retries=0).list()
    assert mentions(caught.value, "GET /servers/") and caught.value.failure.status in (302, None), (
        "a redirect, or no whole answer"
    )
    assert proxy.met(fault) == 1 and str(caught.value).isprintable()


def test_a_netrc_file_does_not_replace_the_token(
    emulator: Emulator, proxy: FaultProxy, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\ndefault login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    servers_at(proxy.url).list()
    assert [request["token"] for request in emulator.requests()] == ["token-1"] and all(
        record.authorization for record in proxy.history
    )


def test_cookies_are_not_kept(emulator: Emulator, proxy: FaultProxy) -> None:
    """A cookie could tie requests to a session of somebody else."""
    seen = []
    fault = Fault(
        "answer", "GET", status=200, body={"count": 0, "results": []}, headers={"Set-Cookie": "session=stolen; Path=/"}
    )
    proxy.set(fault)
    servers = servers_at(proxy.url)
    servers.list()
    connections = servers.client._http._connections()
    connection = connections.take()
    session = connection.session
    seen = list(session.cookies)
    connections.give_back(connection)
    servers.list()
    assert proxy.met(fault) == 1 and seen == [] == list(session.cookies)


def test_the_token_is_in_the_header_only(emulator: Emulator, proxy: FaultProxy) -> None:
    number = emulator.insert()
    servers = servers_at(proxy.url)
    servers.list()
    update(servers, number, {"name": "web-02"})
    delete(servers, number)
    for record in proxy.history:
        assert record.authorization and emulator.token not in record.path + record.query + record.body.decode()
