# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Safe operations in virtual time: the pauses, windows and limits that real time is too slow for.

Over sockets: see tests/client.
"""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import (
    FIELDS,
    NOBODY,
    Account,
    Call,
    Reply,
    VirtualTime,
    lost,
    server_detail,
    servers_over,
    unreached,
)

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import TimeLimitReached, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import READ_BACK_TIME, delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers

THROTTLED = Reply(429, {"detail": "Slow down."}, {"Retry-After": "7"})


# 429: wait, look, again


@pytest.mark.parametrize("reply", [THROTTLED, Reply(503, None, {"Retry-After": "7"})], ids=["429", "503"])
@pytest.mark.parametrize("operation", ["create", "update", "delete", "start", "reboot"])
def test_nothing_is_sent_in_the_pause_that_was_asked_for(clock: VirtualTime, operation: str, reply: Reply) -> None:
    """Not even a look."""
    status = "stopped" if operation == "start" else "active"
    account = Account(server_detail(7, name="old", status=status))
    account.disturb({"update": "PATCH", "delete": "DELETE"}.get(operation, "POST"), reply)
    servers, http = servers_over(account, clock)
    run(servers, operation)
    assert http.calls[1].time - http.calls[0].time >= 7.0, "the pause is kept"
    assert clock.now - http.calls[0].time <= 2 * 7.0, "and it is made once"
    writes = [call for call in http.calls if call.method != "GET"]
    assert len(writes) == 2 and done(account, operation)


def run(servers: Servers, operation: str) -> Any:
    if operation == "create":
        return create_or_adopt(servers, FIELDS, frozenset({7}))
    if operation == "update":
        return update(servers, 7, {"name": "new"})
    if operation == "delete":
        return delete(servers, 7)
    return reboot(servers, 7) if operation == "reboot" else switch(servers, 7, operation)


def done(account: Account, operation: str) -> bool:
    if operation == "create":
        return account.named("web-01") == [8]
    if operation == "delete":
        return account.servers == {}
    if operation == "update":
        return account.servers[7]["name"] == "new"
    return account.servers[7]["status"] == {"start": "starting", "stop": "stopping", "reboot": "rebooting"}[operation]


def test_a_throttled_create_looks_before_it_is_sent_again(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", THROTTLED, effect=True)
    servers, http = servers_over(account, clock)
    assert create_or_adopt(servers, FIELDS, NOBODY)[1] == "adopt"
    assert http.methods() == ["POST", "GET"]


def test_no_pause_lies_between_a_look_and_a_create(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", THROTTLED, unreached())
    servers, http = servers_over(account, clock)
    create_or_adopt(servers, FIELDS, NOBODY)
    assert http.methods() == ["POST", "GET", "POST", "GET", "POST"]
    for look, create in ((1, 2), (3, 4)):
        assert http.calls[look].time == http.calls[create].time


@pytest.mark.parametrize("operation", ["create", "update", "delete", "start", "reboot"])
def test_writes_are_tried_four_times_at_most(clock: VirtualTime, operation: str) -> None:
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    method = {"update": "PATCH", "delete": "DELETE"}.get(operation, "POST")
    account.disturb(method, *[unreached()] * 20)
    servers, http = servers_over(account, clock, retries=50)
    with pytest.raises(ApiError):
        run(servers, operation)
    assert http.count(method) == 4 and not done(account, operation)


@pytest.mark.parametrize("reply", [THROTTLED, Reply(429), Reply(503, None, {"Retry-After": "7"})], ids=repr)
@pytest.mark.parametrize("operation", ["create", "update", "delete", "start", "reboot"])
def test_later_is_not_no(clock: VirtualTime, operation: str, reply: Reply) -> None:
    """It is no failed try, even where no try may be repeated."""
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    account.disturb({"update": "PATCH", "delete": "DELETE"}.get(operation, "POST"), *[reply] * 12)
    servers, _http = servers_over(account, clock, retries=0)
    run(servers, operation)
    assert done(account, operation)


@pytest.mark.parametrize("reply", [THROTTLED, Reply(429)], ids=repr)
@pytest.mark.parametrize("operation", ["create", "update", "delete", "start", "reboot"])
def test_later_for_ever_ends_with_the_time(clock: VirtualTime, operation: str, reply: Reply) -> None:
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    account.disturb({"update": "PATCH", "delete": "DELETE"}.get(operation, "POST"), *[reply] * 600)
    servers, _http = servers_over(account, clock)
    began = clock.now
    with pytest.raises(TimeLimitReached) as caught:
        run(servers, operation)
    assert not caught.value.changed and not done(account, operation)
    assert 500 < clock.now - began <= 601, "the limit is 600 s, and nothing ends long before it"


def test_a_pause_beyond_the_limit_fails_at_once_and_names_the_server(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("DELETE", Reply(429, {"detail": "Slow down."}, {"Retry-After": "700"}))
    servers, http = servers_over(account, clock)
    with pytest.raises(TimeLimitReached, match=r"wait 700 s.*DELETE /servers/7/: HTTP 429: Slow down"):
        delete(servers, 7)
    assert http.methods() == ["DELETE"] and clock.sleeps == []


# Reading back, settling


def test_a_patch_that_did_not_take_fails_after_the_time_for_reading_back(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("PATCH", Reply(200, {}))
    servers, http = servers_over(account, clock)
    began = clock.now
    with pytest.raises(
        VpsError, match=r"hostname \(declared 'new.example.com', but the API shows 'web01.example.com'\)"
    ) as caught:
        update(servers, 7, {"hostname": "new.example.com"})
    assert READ_BACK_TIME <= clock.now - began <= READ_BACK_TIME + 12
    assert caught.value.changed and caught.value.about.server_id == 7 and http.count("PATCH") == 1


def test_only_the_field_that_did_not_take_is_named(clock: VirtualTime) -> None:
    account = Account(server_detail(7, backups_enabled=True))
    account.disturb("PATCH", Reply(200, {}))
    servers, _http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        update(servers, 7, {"name": "new", "backups_enabled": True})
    assert "name (declared" in str(caught.value) and "backups_enabled" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "action", "later", "acted"),
    [
        ("stopping", "start", ["stopping", "stopped"], True),
        ("provisioning", "stop", ["provisioning", "active"], True),
        ("migrating", "stop", ["migrating", "migrating", "active"], True),
        ("rebooting", "stop", ["active"], True),
        # It ended where it should be: nobody has to act.
        ("migrating", "start", ["migrating", "active"], False),
        ("starting", "start", [], False),
        ("active", "start", [], False),
    ],
)
def test_a_refused_action_waits_for_the_end_of_a_transition(
    clock: VirtualTime, found: str, action: str, later: list[str], acted: bool
) -> None:
    account = Account(server_detail(7, status=found))
    words = list(later)

    def living(call: Call) -> Reply:
        if call.method == "GET" and call.path == "/servers/7/" and clock.sleeps and words:
            account.servers[7]["status"] = words.pop(0)
        return account(call)

    servers, http = servers_over(living, clock)
    assert switch(servers, 7, action) is acted
    assert http.count("POST") == 1 + acted


@pytest.mark.parametrize("status", ["suspended", "error"])
@pytest.mark.parametrize("action", ["start", "stop", "reboot"])
def test_a_dead_server_ends_settling(clock: VirtualTime, action: str, status: str) -> None:
    account = Account(server_detail(7, status=status))
    servers, http = servers_over(account, clock)
    with pytest.raises(
        ApiError, match=rf"Server web-01 \(id 7, last status {status}\): POST .* HTTP 400: Server is {status}\.$"
    ):
        run(servers, action)
    assert http.count("POST") == 1


def test_settling_ends_with_the_time_limit_and_says_the_last_status(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7, status="migrating")), clock, limit=60.0)
    began = clock.now
    with pytest.raises(
        TimeLimitReached, match=r"Server web-01 \(id 7, last status migrating\): .* time limit.*HTTP 400"
    ) as caught:
        switch(servers, 7, "stop")
    assert caught.value.about.server_id == 7 and clock.now - began <= 60.5 and http.count("POST") == 1


def test_requests_of_a_long_wait_are_few(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7, status="migrating")), clock, limit=300.0)
    with pytest.raises(TimeLimitReached):
        switch(servers, 7, "stop")
    assert len(http.calls) <= 70


# A doubt that no look resolves


@pytest.mark.parametrize("operation", ["update", "delete", "start", "reboot"])
@pytest.mark.parametrize(
    "trouble", [Reply(500, {"detail": "Oops."}), Reply(401, {"detail": "Invalid token."})], ids=["500", "401"]
)
def test_an_error_behind_a_write_in_doubt_says_so(clock: VirtualTime, operation: str, trouble: Reply) -> None:
    """What failed in the end is only a look, but the account may be changed."""
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    method = {"update": "PATCH", "delete": "DELETE"}.get(operation, "POST")
    account.disturb(method, lost(), effect=True)
    account.disturb("GET", *[trouble] * 20)
    servers, http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        run(servers, operation)
    assert caught.value.changed and caught.value.about.server_id == 7 and http.count(method) == 1
    assert f"{method} /servers/7/" in str(
        caught.value
    ) and "It is not known whether it took effect. GET /servers/7/: HTTP" in str(caught.value)


def test_an_error_behind_an_accepted_update_says_so(clock: VirtualTime) -> None:
    account = Account(server_detail(7, name="old"))
    account.disturb("GET", *[Reply(500)] * 20)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        update(servers, 7, {"name": "new"})
    assert caught.value.changed and caught.value.about.server_id == 7


@pytest.mark.parametrize("operation", ["update", "delete", "start", "stop", "reboot"])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 415, 302])
def test_an_error_behind_a_refusal_changes_nothing(clock: VirtualTime, operation: str, status: int) -> None:
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    account.disturb({"update": "PATCH", "delete": "DELETE"}.get(operation, "POST"), *[Reply(status)] * 4)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError) as caught:
        run(servers, operation)
    assert not caught.value.changed and caught.value.about.server_id == 7


def test_an_update_that_a_look_has_disproved_changed_nothing(clock: VirtualTime) -> None:
    account = Account(server_detail(7, name="old"))
    account.disturb("PATCH", *[Reply(500, {"detail": "Oops."})] * 4)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError, match=r"HTTP 500: Oops.*tried 4 times; the server is unchanged") as caught:
        update(servers, 7, {"name": "new"})
    assert not caught.value.changed


def test_an_update_whose_response_was_lost_may_still_take_effect(clock: VirtualTime) -> None:
    """Whatever a look has shown meanwhile: the request may be on its way."""
    account = Account(server_detail(7, name="old"))
    account.disturb("PATCH", lost(), Reply(500, {"detail": "Oops."}), Reply(400, {"detail": "No."}))
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError, match=r"It is not known whether it took effect.*HTTP 400: No") as caught:
        update(servers, 7, {"name": "new"})
    assert caught.value.changed and caught.value.about.server_id == 7


# Doubt about a delete


def test_a_delete_that_was_lost_and_is_still_under_way_is_ours(clock: VirtualTime) -> None:
    """Lost, shown once more by a lagging read, then no longer there: it was this task that deleted it."""
    account = Account(server_detail(7))
    reads = iter([Reply(200, server_detail(7))])

    def lagging(call: Call) -> Reply:
        return (next(reads, None) if call.method == "GET" else None) or account(call)

    account.disturb("DELETE", lost(), effect=True)
    servers, http = servers_over(lagging, clock)
    assert delete(servers, 7) is True and http.count("DELETE") == 2


def test_another_deleted_it(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(), clock)
    assert delete(servers, 7) is False and http.methods() == ["DELETE", "GET", "GET"]


@pytest.mark.parametrize("waits", [True, False])
def test_a_conflict_after_a_lost_delete(clock: VirtualTime, waits: bool) -> None:
    """Who waits until it is gone takes 409 for a deletion under way; who does not must not call it deleted while it is
    there.
    """
    account = Account(server_detail(7))
    account.disturb("DELETE", lost(), *[Reply(409, {"detail": "Busy."})] * 10)
    servers, http = servers_over(account, clock)
    if waits:
        assert delete(servers, 7) is True and http.count("DELETE") == 2
        return
    with pytest.raises(ApiError, match="HTTP 409: Busy") as caught:
        delete(servers, 7, waits=False)
    assert http.count("DELETE") == 4 and caught.value.changed


def test_a_busy_server_that_stays_is_not_deleted(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("DELETE", *[Reply(409, {"detail": "Busy."})] * 10)
    servers, http = servers_over(account, clock)
    with pytest.raises(ApiError, match="HTTP 409: Busy") as caught:
        delete(servers, 7)
    assert http.count("DELETE") == 4 and caught.value.about.server_id == 7 and 7 in account.servers
