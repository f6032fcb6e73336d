# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that say no, hosts that are not reached, and hosts that ask for patience: what is sent again, and when."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from client.support import FIELDS, LIST, ONE, REFUSALS, named, refusal, sent, servers_at, stored

from ansible_collections.vpsorg.cloud.plugins.module_utils._client import budget
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import TimeLimitReached, UnknownOutcome
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy
from helpers.facts import mentions

# What is done, to which path, in which status the server is found, and how one sees that it worked.
OPERATIONS: dict[str, tuple[str, str, str, Callable[[Servers, int], Any], Callable[[Emulator, int], bool]]] = {
    "create": (
        "POST",
        LIST,
        "active",
        lambda servers, number: create_or_adopt(servers, FIELDS, frozenset({number})),
        lambda emulator, number: len(named(emulator)) == 1,
    ),
    "update": (
        "PATCH",
        ONE,
        "active",
        lambda servers, number: update(servers, number, {"name": "renamed"}),
        lambda emulator, number: stored(emulator, number)["name"] == "renamed",
    ),
    "delete": (
        "DELETE",
        ONE,
        "active",
        delete,
        lambda emulator, number: emulator.servers() == [],
    ),
    "start": (
        "POST",
        "*/start/",
        "stopped",
        lambda servers, number: switch(servers, number, "start"),
        lambda emulator, number: stored(emulator, number)["status"] == "starting",
    ),
    "stop": (
        "POST",
        "*/stop/",
        "active",
        lambda servers, number: switch(servers, number, "stop"),
        lambda emulator, number: stored(emulator, number)["status"] == "stopping",
    ),
    "reboot": (
        "POST",
        "*/reboot/",
        "active",
        reboot,
        lambda emulator, number: stored(emulator, number)["status"] == "rebooting",
    ),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


@pytest.fixture
def full_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoff without its jitter: so long that a port which is shut for a moment is open again."""
    monkeypatch.setattr(budget.random, "uniform", lambda low, high: high)


@every_operation
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_final(slow_life: Emulator, proxy: FaultProxy, operation: str, status: int) -> None:
    """Sent once, failed with the API's own words, nothing changed and nothing claimed to be."""
    method, path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    fault = refusal(status, method, path)
    proxy.set(fault)
    with pytest.raises(ApiError, match=f"{method} /servers/") as caught:
        work(servers_at(proxy.url), number)
    assert mentions(caught.value, status, "Because of that.")
    assert proxy.met(fault) == 1 and len(sent(proxy, method)) == 1
    assert not caught.value.changed and not done(slow_life, number)
    assert caught.value.denied is (status in (401, 403)) and (caught.value.kind is FailureKind.NO_CREDIT) is (
        status == 402
    )
    # Whether it is in the wanted state already is worth a look where the API refuses an action as not fitting.
    looks = 1 if operation in ("start", "stop", "reboot") and status in (400, 422) else 0
    assert len(sent(proxy, "GET")) == looks


@pytest.mark.parametrize("status", [*REFUSALS, 404])
def test_a_refused_list_is_final(emulator: Emulator, proxy: FaultProxy, status: int) -> None:
    fault = refusal(status, "GET", LIST)
    proxy.set(fault)
    with pytest.raises(ApiError) as caught:
        servers_at(proxy.url).list()
    assert mentions(caught.value, "GET /servers/", status, "Because of that.")
    # page_size is not documented: refused, it is left out once.
    assert proxy.met(fault) == (2 if status in (400, 422) else 1)


@every_operation
def test_an_echoed_token_is_not_passed_on(slow_life: Emulator, proxy: FaultProxy, operation: str) -> None:
    method, path, found, work, _done = OPERATIONS[operation]
    number = slow_life.insert(status=found)
    fault = Fault("echo_token", method, path)
    proxy.set(fault)
    with pytest.raises(ApiError, match=r"Invalid token \*{8} in header 'Authorization: Bearer \*{8}'") as caught:
        work(servers_at(proxy.url), number)
    assert proxy.met(fault) == 1 and slow_life.token not in str(caught.value)


@every_operation
def test_a_wrong_token_stops_at_the_first_request(slow_life: Emulator, proxy: FaultProxy, operation: str) -> None:
    method, _path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    with pytest.raises(ApiError) as caught:
        work(servers_at(proxy.url, token="vps_wrong"), number)
    assert mentions(caught.value, 401, "api_token")
    assert (
        caught.value.denied and [record.method for record in proxy.history] == [method] and not done(slow_life, number)
    )


# Not reached: nothing happened


@every_operation
@pytest.mark.parametrize("kind", ["refuse", "connect_timeout"])
def test_a_port_that_is_shut_for_a_moment(
    slow_life: Emulator, proxy: FaultProxy, full_pauses: None, operation: str, kind: str
) -> None:
    method, _path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    fault = Fault(kind, seconds=0.25)
    proxy.set(fault)
    servers = servers_at(proxy.url, retry_max_delay=0.5, timeout=0.5)
    work(servers, number)
    assert proxy.met(fault) == 1 and done(slow_life, number)
    assert len(sent(proxy, method)) == 1, "what was not sent has not happened"
    assert servers.budget.report()["retries"] >= 1


@every_operation
def test_a_port_that_stays_shut(emulator: Emulator, proxy: FaultProxy, operation: str) -> None:
    method, _path, _found, work, _done = OPERATIONS[operation]
    proxy.set(Fault("refuse", seconds=30.0))
    servers = servers_at(proxy.url, retry_max_delay=0.01)
    with pytest.raises(ApiError, match=f"{'GET' if operation == 'create' else method} /servers/") as caught:
        work(servers, 12345)
    assert mentions(caught.value, f"127.0.0.1:{proxy.port}") and not caught.value.changed
    assert servers.budget.report()["requests"] == (7 if operation == "create" else 4), (
        "a write four times; a create looks before it is sent again"
    )


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    servers = servers_at("https://api.invalid/api/v1", retries=1, retry_max_delay=0.01, timeout=5.0)
    with pytest.raises(ApiError) as caught:
        servers.list()
    assert mentions(caught.value, "api.invalid")
    assert servers.budget.report()["requests"] == 2


def test_a_connection_that_is_reset_on_accepting(slow_life: Emulator, proxy: FaultProxy) -> None:
    """Whether the request leaves before the reset arrives is chance: if so, a second create could be a second bill."""
    fault = Fault("reset_on_accept")
    proxy.set(fault)
    try:
        create_or_adopt(servers_at(proxy.url), FIELDS, frozenset())
    except UnknownOutcome:
        assert sent(proxy, "POST") == [] and named(slow_life) == []
    else:
        assert len(sent(proxy, "POST")) == 1 and len(named(slow_life)) == 1
    assert proxy.met(fault) == 1


# Throttled: wait, look, again


@every_operation
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_before_anything_else_is_sent(
    slow_life: Emulator, proxy: FaultProxy, operation: str, status: int
) -> None:
    method, path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    fault = Fault("answer", method, path, status=status, body={"detail": "Slow down."}, headers={"Retry-After": "0.4"})
    proxy.set(fault)
    work(servers_at(proxy.url), number)
    assert proxy.met(fault) == 1 and done(slow_life, number) and len(sent(proxy, method)) == 2
    first, second, *_rest = proxy.history
    assert second.time - first.time >= 0.4
    if operation != "update":
        assert second.method == "GET", "a look comes before it is sent again"


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_as_seconds_and_as_a_date(emulator: Emulator, proxy: FaultProxy, form: str) -> None:
    """The date is compared with the answer's own, which is a day off."""
    fault = Fault("status_429", "GET", LIST, form=form, seconds=1, clock_skew=86_400)
    proxy.set(fault)
    assert servers_at(proxy.url).list() == []
    first, second = proxy.history
    assert proxy.met(fault) == 1 and 1 <= second.time - first.time < 3600


@pytest.mark.parametrize("form", ["nonsense", "negative", "absent"])
def test_retry_after_of_nonsense_counts_as_absent(slow_life: Emulator, proxy: FaultProxy, form: str) -> None:
    """A 429 is a refusal all the same; a 503 then proves nothing, and a create must not be sent again."""
    fault = Fault("status_429", "POST", LIST, form=form)
    proxy.set(fault)
    assert create_or_adopt(servers_at(proxy.url), FIELDS, frozenset())[1] == "create"
    assert proxy.met(fault) == 1 and len(sent(proxy, "POST")) == 2 and len(named(slow_life)) == 1
    fault = Fault("status_503", "POST", LIST, form=form)
    proxy.set(fault)
    with pytest.raises(UnknownOutcome):
        create_or_adopt(servers_at(proxy.url), {**FIELDS, "name": "web-02"}, frozenset(named(slow_life)))
    assert len(sent(proxy, "POST")) == 3
    assert proxy.met(fault) == 1 and named(slow_life, "web-02") == []


@every_operation
def test_retry_after_beyond_the_limit_fails_at_once(slow_life: Emulator, proxy: FaultProxy, operation: str) -> None:
    method, path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    fault = Fault("status_429", method, path, seconds=300)
    proxy.set(fault)
    servers = servers_at(proxy.url, limit=60.0)
    with pytest.raises(TimeLimitReached) as caught:
        work(servers, number)
    assert mentions(caught.value, 429, 300)
    assert (
        proxy.met(fault) == 1
        and len(proxy.history) == 1
        and not servers.budget.is_over()
        and not done(slow_life, number)
    )


@every_operation
def test_who_is_throttled_for_ever_gives_up(slow_life: Emulator, proxy: FaultProxy, operation: str) -> None:
    method, path, found, work, done = OPERATIONS[operation]
    number = slow_life.insert(name="old-name", status=found)
    fault = Fault("status_429", method, path, times=None, form="absent")
    proxy.set(fault)
    with pytest.raises(TimeLimitReached):
        work(servers_at(proxy.url, limit=2.0), number)
    assert proxy.met(fault) == len(sent(proxy, method)) > 1 and not done(slow_life, number)


def test_the_emulators_own_rate_limit(emulator: Emulator, proxy: FaultProxy) -> None:
    emulator.configure(rate_limit=1)
    servers = servers_at(proxy.url)
    for _count in range(50):
        assert servers.list() == []
        if servers.budget.report()["retries"]:
            break
    else:
        pytest.fail("nothing was refused")


def test_a_pause_that_was_asked_for_is_kept_by_the_next_request(emulator: Emulator, proxy: FaultProxy) -> None:
    """Also where nothing that failed is tried again: "later" is no failure."""
    proxy.set(Fault("status_429", "GET", LIST, seconds=1))
    servers = servers_at(proxy.url, retries=0)
    assert servers.list() == []
    first, second = proxy.history
    assert second.time - first.time >= 1.0


def test_a_pause_beyond_what_a_task_without_a_limit_would_wait(emulator: Emulator, proxy: FaultProxy) -> None:
    proxy.set(Fault("status_429", "GET", LIST, seconds=3600))
    servers = servers_at(proxy.url, retries=0, limit=None)
    with pytest.raises(TimeLimitReached) as caught:
        servers.list()
    assert mentions(caught.value, 3600)
    assert len(proxy.history) == 1
