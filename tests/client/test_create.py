# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating: which server is ours when the answer does not say, and that there is never a second one.

Lost answers: see test_losses.py.
"""

from __future__ import annotations

import multiprocessing
import pathlib
from typing import Any

import pytest
from client.race import look_and_create
from client.support import FIELDS, LIST, NOBODY, ONE, named, sent, servers_at, stored, told

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from emulator.handle import Emulator
from fault_proxy import Fault, FaultProxy
from helpers.facts import mentions

EVERYTHING = {**FIELDS, "hostname": "web01.example.com", "ssh_key_id": 3, "backups_enabled": True}


def test_create(slow_life: Emulator, proxy: FaultProxy) -> None:
    server, action = create_or_adopt(servers_at(proxy.url), EVERYTHING, NOBODY)
    assert action == "create" and server["status"] == "provisioning" and "message" in server
    assert [record.method for record in proxy.history] == ["POST"]
    (request,) = slow_life.requests()
    assert request["body"] == EVERYTHING and request["status"] == 201
    found = stored(slow_life, server["id"])
    assert (found["name"], found["plan"]["id"], found["os"]["id"], found["location"]) == ("web-01", 1, 5, "us-west")
    assert (found["hostname"], found["ssh_key_id"], found["backups_enabled"]) == ("web01.example.com", 3, True)


def test_no_credit(slow_life: Emulator, proxy: FaultProxy) -> None:
    slow_life.credits = 5
    with pytest.raises(ApiError) as caught:
        create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert mentions(caught.value, "POST /servers/", 402, "Insufficient credits.") and ".." not in str(caught.value)
    assert (
        caught.value.kind is FailureKind.NO_CREDIT
        and not caught.value.changed
        and len(proxy.history) == 1
        and named(slow_life) == []
    )


@pytest.mark.parametrize("shape", ["drf", "detail", "message", "text", "html"])
def test_invalid_fields_in_the_apis_own_words(slow_life: Emulator, proxy: FaultProxy, shape: str) -> None:
    slow_life.configure(error_shape=shape)
    with pytest.raises(ApiError) as caught:
        create_or_adopt(servers_at(proxy.url), {**FIELDS, "plan_id": 99, "location": "moon"}, NOBODY)
    assert mentions(
        caught.value, "POST /servers/", 400, *(["HTML"] if shape == "html" else ["plan_id", 99, "location", "moon"])
    )
    assert len(proxy.history) == 1 and named(slow_life) == []


# What may be adopted


def test_the_id_of_a_broken_answer_is_used_where_the_list_lags(slow_life: Emulator, proxy: FaultProxy) -> None:
    slow_life.configure(list_stale_ms=30_000)
    fault = Fault("answer", "POST", LIST, status=201, body={"id": 12345, "name": "web-01"}, forward=True)
    proxy.set(fault)
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert (server["id"], action) == (12345, "adopt") and proxy.met(fault) == 1
    assert sent(proxy, "POST") == ["/servers/"] and sent(proxy, "GET")[:2] == ["/servers/", "/servers/12345/"]


@pytest.mark.parametrize(
    "kind", ["item_without_id", "item_bool_id", "item_string_id", "huge_number", "nan_json", "invalid_utf8"]
)
def test_an_answer_of_the_wrong_shape_is_no_answer(slow_life: Emulator, proxy: FaultProxy, kind: str) -> None:
    fault = Fault(kind, "POST", LIST)
    proxy.set(fault)
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert action == "adopt" and named(slow_life) == [server["id"]]
    assert proxy.met(fault) == 1 and sent(proxy, "POST") == ["/servers/"]


@pytest.mark.parametrize("kind", ["bom_json", "wrong_content_type", "lone_surrogate"])
def test_an_answer_that_is_only_odd_is_an_answer(slow_life: Emulator, proxy: FaultProxy, kind: str) -> None:
    fault = Fault(kind, "POST", LIST)
    proxy.set(fault)
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert action == "create" and named(slow_life) == [server["id"]] and proxy.met(fault) == 1
    server["name"].encode()


def test_reads_that_lag_behind_are_waited_for(slow_life: Emulator, proxy: FaultProxy) -> None:
    fault, stale = Fault("reset_after", "POST", LIST), Fault("stale_list", "GET", LIST, times=3)
    proxy.set(fault, stale)
    servers = servers_at(proxy.url)
    seen = frozenset(server["id"] for server in servers.list())
    server, action = create_or_adopt(servers, FIELDS, seen)
    assert action == "adopt" and named(slow_life) == [server["id"]]
    assert (proxy.met(fault), proxy.met(stale)) == (1, 3) and len(sent(proxy, "POST")) == 1


def test_a_server_on_a_later_page_is_found(slow_life: Emulator, proxy: FaultProxy) -> None:
    slow_life.configure(page_size=2, max_page_size=2)
    old = frozenset(slow_life.seed(7))
    proxy.set(Fault("reset_after", "POST", LIST))
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, old)
    assert action == "adopt" and named(slow_life) == [server["id"]] and len(sent(proxy, "POST")) == 1


@pytest.mark.parametrize("other", [{"plan_id": 2}, {"os_id": 3}, {"location": "us-east"}])
def test_another_new_server_of_that_name_is_not_adopted(
    slow_life: Emulator, proxy: FaultProxy, other: dict[str, Any]
) -> None:
    fault = Fault("reset_before", "POST", LIST)
    proxy.set(fault)
    stranger = slow_life.insert(name="web-01", **{"plan_id": 1, "os_id": 5, "location": "us-west", **other})
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert mentions(caught.value, stranger) and mentions(told(caught.value), "web-01")
    assert caught.value.about.server_id == stranger and caught.value.changed
    assert proxy.met(fault) == 1 and len(sent(proxy, "POST")) == 1 and named(slow_life) == [stranger]


def test_two_new_servers_are_not_told_apart(slow_life: Emulator, proxy: FaultProxy) -> None:
    proxy.set(Fault("reset_after", "POST", LIST))
    stranger = slow_life.insert(name="web-01", plan_id=1, os_id=5, location="us-west")
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert mentions(caught.value, stranger, stranger + 1)
    assert caught.value.changed and len(sent(proxy, "POST")) == 1 and len(named(slow_life)) == 2, "and none is deleted"


def test_old_servers_of_that_name_are_left_alone(slow_life: Emulator, proxy: FaultProxy) -> None:
    old = slow_life.insert(name="web-01")
    proxy.set(Fault("close_before", "POST", LIST))
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers_at(proxy.url), FIELDS, frozenset({old}))
    assert caught.value.changed and caught.value.about.server_id is None
    assert len(sent(proxy, "POST")) == 1 and named(slow_life) == [old]


@pytest.mark.parametrize("skew", [-86_400, 3_600, 86_400])
def test_times_prove_nothing(slow_life: Emulator, proxy: FaultProxy, skew: int) -> None:
    slow_life.configure(clock_skew_s=skew)
    proxy.set(Fault("reset_after", "POST", LIST))
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert action == "adopt" and named(slow_life) == [server["id"]]


# 409


@pytest.mark.parametrize("status", [409, 423])
@pytest.mark.parametrize("effect", [True, False])
def test_a_conflict_is_looked_into(slow_life: Emulator, proxy: FaultProxy, status: int, effect: bool) -> None:
    fault = Fault("answer", "POST", LIST, status=status, body={"detail": "Busy with that."}, forward=effect)
    proxy.set(fault)
    servers = servers_at(proxy.url)
    if effect:
        server, action = create_or_adopt(servers, FIELDS, NOBODY)
        assert action == "adopt" and named(slow_life) == [server["id"]]
    else:
        with pytest.raises(ApiError) as caught:
            create_or_adopt(servers, FIELDS, NOBODY)
        assert mentions(caught.value, "POST /servers/", status, "Busy with that.") and not caught.value.changed
        assert named(slow_life) == []
    assert proxy.met(fault) == 1 and len(sent(proxy, "POST")) == 1


# Repeating what was refused


@pytest.mark.parametrize("effect", [True, False])
def test_a_throttled_create_is_only_repeated_after_a_look(slow_life: Emulator, proxy: FaultProxy, effect: bool) -> None:
    """A 429 says that nothing happened; where something did all the same, the look shows it."""
    fault = Fault("status_429", "POST", LIST, forward=effect, form="absent")
    proxy.set(fault)
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert (action, named(slow_life)) == ("adopt" if effect else "create", [server["id"]])
    assert [record.method for record in proxy.history] == (
        ["POST", "GET"] if effect else ["POST", "GET", "POST"]
    ) and proxy.met(fault) == 1


def test_a_throttled_create_that_is_then_lost(slow_life: Emulator, proxy: FaultProxy) -> None:
    proxy.set(Fault("status_429", "POST", LIST, form="absent"), Fault("reset_after", "POST", LIST, nth=2))
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert (
        action == "adopt"
        and named(slow_life) == [server["id"]]
        and len(sent(proxy, "POST")) == 2
        and proxy.unmet() == []
    )


def test_a_look_that_fails_ends_a_throttled_create(slow_life: Emulator, proxy: FaultProxy) -> None:
    """Without a look nothing is sent again."""
    proxy.set(Fault("status_429", "POST", LIST, form="absent"), Fault("answer", "GET", LIST, times=None, status=500))
    with pytest.raises(ApiError) as caught:
        create_or_adopt(servers_at(proxy.url, retries=1), FIELDS, NOBODY)
    assert mentions(caught.value, "GET /servers/", 500)
    assert len(sent(proxy, "POST")) == 1 and named(slow_life) == []


def test_a_wrong_base_path_creates_nothing(slow_life: Emulator, proxy: FaultProxy) -> None:
    with pytest.raises(ApiError) as caught:
        create_or_adopt(servers_at(f"{proxy.origin}/api/v2"), FIELDS, NOBODY)
    assert mentions(caught.value, "POST /servers/", 404, "api_url")
    assert not caught.value.changed and len(proxy.history) == 1


def test_a_new_id_that_is_not_found_at_first_is_no_reason_to_create_another(
    slow_life: Emulator, proxy: FaultProxy
) -> None:
    slow_life.configure(list_stale_ms=30_000)
    broken = Fault("answer", "POST", LIST, status=201, body={"id": 12345, "name": "web-01"}, forward=True)
    missing = Fault("not_found_after_create", "GET", ONE, details=2)
    proxy.set(broken, missing)
    server, action = create_or_adopt(servers_at(proxy.url), FIELDS, NOBODY)
    assert (server["id"], action) == (12345, "adopt") and named(slow_life) == [12345]
    assert proxy.met(missing) == 2 and len(sent(proxy, "POST")) == 1


# Two at once, on one machine


def test_the_lock_makes_one_of_two(slow_life: Emulator, proxy: FaultProxy, tmp_path: pathlib.Path) -> None:
    """Both would meet at the barrier before their creates; the lock lets only one of them come that far."""
    barrier = Fault("barrier", "POST", LIST, parties=2, limit=0.5)
    proxy.set(barrier)
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    processes = [
        context.Process(target=look_and_create, args=(proxy.url, str(tmp_path), results)) for _number in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    outcomes = sorted((results.get() for _process in processes), key=lambda outcome: outcome[0])
    assert [action for action, _server_id in outcomes] == ["create", "found"]
    assert named(slow_life) == [outcomes[0][1]] and outcomes[0][1] == outcomes[1][1]
    assert sent(proxy, "POST") == ["/servers/"] and proxy.met(barrier) == 0, "they never met"
    for record in proxy.history:
        record.error = None  # the barrier's limit passed, as it must
