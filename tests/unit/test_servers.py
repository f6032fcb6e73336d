# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Safe operations in virtual time: the pauses, windows and limits that real time is too slow for. Over sockets: see tests/client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.vpsorg.cloud.plugins.module_utils._api import Api, ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import TimeLimitReached, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._servers import READ_BACK_TIME, Servers
from unit.fakes import Account, Call, Reply, ScriptedHttp, VirtualTime, list_item, lost, page, server_detail, unreached, virtual_pace

FIELDS = {"name": "web-01", "plan_id": 1, "os_id": 5, "location": "us-west"}
NOBODY: frozenset[int] = frozenset()
THROTTLED = Reply(429, {"detail": "Slow down."}, {"Retry-After": "7"})


def servers_over(account: Callable[[Call], Reply], clock: VirtualTime, adopt_timeout: float = 30.0, wait_interval: float = 2.0, **pace: Any) -> tuple[Servers, ScriptedHttp]:
    http = ScriptedHttp(account, clock)
    return Servers(Api(http, virtual_pace(clock, **pace)), adopt_timeout=adopt_timeout, wait_interval=wait_interval), http


# The adoption window


def test_an_unknown_create_is_looked_for_as_long_as_the_window(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(account, clock)
    began = clock.now
    with pytest.raises(VpsError) as caught:
        servers.create(FIELDS, NOBODY)
    assert http.count("POST") == 1 and account.servers == {}
    assert 30.0 <= clock.now - began <= 30.0 + 6.0
    assert 4 <= http.count("GET") <= 20
    assert caught.value.changed and caught.value.name == "web-01" and caught.value.server_id is None
    words = str(caught.value)
    for part in ("web-01 has an unknown outcome", "POST /servers/: the answer was lost", "second, billed server", "Run the task again", "adopted"):
        assert part in words


def test_four_looks_at_least_however_slow_they_are(clock: VirtualTime) -> None:
    account = Account()

    def slow(call: Call) -> Reply:
        if call.method == "GET":
            clock.advance(25.0)
        return account(call)

    account.disturb("POST", lost())
    servers, http = servers_over(slow, clock)
    with pytest.raises(VpsError, match="unknown outcome"):
        servers.create(FIELDS, NOBODY)
    assert http.count("GET") >= 4


@pytest.mark.parametrize("appears_after", [0.0, 3.0, 29.0])
def test_a_server_that_appears_late_is_adopted(clock: VirtualTime, appears_after: float) -> None:
    account, began = Account(), clock.now

    def lagging(call: Call) -> Reply:
        if call.method == "GET" and call.path == "/servers/" and clock.now - began < appears_after:
            return page([list_item(50, name="other")])
        return account(call)

    account.disturb("POST", lost(), effect=True)
    servers, http = servers_over(lagging, clock)
    server, action = servers.create(FIELDS, NOBODY)
    assert action == "adopt" and account.named("web-01") == [server["id"]] and http.count("POST") == 1


def test_looks_that_fail_do_not_end_the_window(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost(), effect=True)
    account.disturb("GET", *[Reply(500, {"detail": "Oops."})] * 7)
    servers, http = servers_over(account, clock)
    assert servers.create(FIELDS, NOBODY)[1] == "adopt" and http.count("POST") == 1


def test_a_rejected_token_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost(), effect=True)
    account.disturb("GET", *[Reply(401, {"detail": "Invalid token."})] * 10)
    servers, http = servers_over(account, clock)
    with pytest.raises(VpsError, match=r"unknown outcome.*HTTP 401: Invalid token") as caught:
        servers.create(FIELDS, NOBODY)
    assert caught.value.changed and http.methods() == ["POST", "GET"]


def test_the_time_limit_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(account, clock, limit=5.0)
    began = clock.now
    with pytest.raises(VpsError, match="unknown outcome") as caught:
        servers.create(FIELDS, NOBODY)
    assert caught.value.changed and clock.now - began <= 5.5 and http.count("POST") == 1


def test_cancelling_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())

    def cancelling(call: Call) -> Reply:
        if call.method == "GET":
            servers.pace.cancel("Ctrl-C")
        return account(call)

    servers, _http = servers_over(cancelling, clock)
    with pytest.raises(VpsError, match="unknown outcome.*Ctrl-C") as caught:
        servers.create(FIELDS, NOBODY)
    assert caught.value.changed


# Which server is ours


@pytest.mark.parametrize("other", [{"plan_id": 2}, {"os_id": 3}, {"location": "us-east"}])
def test_a_new_server_that_is_otherwise_is_not_adopted(clock: VirtualTime, other: dict[str, Any]) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(lambda call: page([list_item(7, **other)]) if call.method == "GET" else account(call), clock)
    with pytest.raises(VpsError, match="something else created a server of that name too: ids 7") as caught:
        servers.create(FIELDS, NOBODY)
    assert caught.value.server_id == 7 and caught.value.changed and http.count("POST") == 1


def test_two_new_servers_are_not_told_apart(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, _http = servers_over(lambda call: page([list_item(8), list_item(7)]) if call.method == "GET" else account(call), clock)
    with pytest.raises(VpsError, match="ids 7, 8") as caught:
        servers.create(FIELDS, NOBODY)
    assert caught.value.server_id == 7


def test_a_server_that_was_there_before_is_never_adopted(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("POST", lost())
    servers, _http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match="unknown outcome"):
        servers.create(FIELDS, frozenset({7}))


def test_a_create_that_answers_with_an_old_server_is_no_create(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("POST", Reply(201, server_detail(7)))
    servers, http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match="unknown outcome.*the answer shows server 7, which was there before"):
        servers.create(FIELDS, frozenset({7}))
    assert http.count("POST") == 1


BROKEN = {"id": 101, "name": "web-01"}  # no status: a broken answer, whose id is a hint at most


def test_the_id_of_a_broken_answer_is_a_hint(clock: VirtualTime) -> None:
    """The list lags, but the server itself can be asked for."""
    account = Account()
    account.disturb("POST", Reply(201, BROKEN), effect=True)
    servers, http = servers_over(lambda call: page([]) if call.method == "GET" and call.path == "/servers/" else account(call), clock)
    server, action = servers.create(FIELDS, NOBODY)
    assert (server["id"], action) == (101, "adopt") and http.count("POST") == 1


@pytest.mark.parametrize("hint", [{**BROKEN, "id": 7}, {**BROKEN, "id": 8}, {**BROKEN, "id": 9}, {**BROKEN, "id": "../7"}, {**BROKEN, "id": True}, [7]])
def test_a_hint_that_leads_to_another_server_is_not_followed(clock: VirtualTime, hint: Any) -> None:
    """7 was there before, 8 has another name, 9 is not there."""
    account = Account(server_detail(7), server_detail(8, name="database"))
    account.disturb("POST", Reply(201, hint))
    servers, http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match="unknown outcome"):
        servers.create(FIELDS, frozenset({7}))
    assert all(call.path in ("/servers/", "/servers/8/", "/servers/9/") for call in http.calls)


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
        return servers.create(FIELDS, frozenset({7}))
    if operation == "update":
        return servers.update(7, {"name": "new"})
    if operation == "delete":
        return servers.delete(7)
    return servers.reboot(7) if operation == "reboot" else servers.switch(7, operation)


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
    assert servers.create(FIELDS, NOBODY)[1] == "adopt"
    assert http.methods() == ["POST", "GET"]


def test_no_pause_lies_between_a_look_and_a_create(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", THROTTLED, unreached())
    servers, http = servers_over(account, clock)
    servers.create(FIELDS, NOBODY)
    assert http.methods() == ["POST", "GET", "POST", "GET", "POST"]
    for look, create in ((1, 2), (3, 4)):
        assert http.calls[look].time == http.calls[create].time


@pytest.mark.parametrize("operation", ["create", "update", "delete", "start", "reboot"])
def test_writes_are_tried_four_times_at_most(clock: VirtualTime, operation: str) -> None:
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    method = {"update": "PATCH", "delete": "DELETE"}.get(operation, "POST")
    account.disturb(method, *[Reply(429, {"detail": "Slow down."})] * 20)
    servers, http = servers_over(account, clock, retries=50)
    with pytest.raises(ApiError, match="HTTP 429: Slow down"):
        run(servers, operation)
    assert http.count(method) == 4 and not done(account, operation)


def test_a_pause_beyond_the_limit_fails_at_once_and_names_the_server(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("DELETE", Reply(429, {"detail": "Slow down."}, {"Retry-After": "700"}))
    servers, http = servers_over(account, clock)
    with pytest.raises(TimeLimitReached, match="DELETE /servers/7/: HTTP 429: Slow down.*wait 700 s"):
        servers.delete(7)
    assert http.methods() == ["DELETE"] and clock.sleeps == []


# Reading back, settling


def test_a_patch_that_did_not_take_fails_after_the_time_for_reading_back(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("PATCH", Reply(200, {}))
    servers, http = servers_over(account, clock)
    began = clock.now
    with pytest.raises(VpsError, match=r"hostname \(declared 'new.example.com', but the API shows 'web01.example.com'\)") as caught:
        servers.update(7, {"hostname": "new.example.com"})
    assert READ_BACK_TIME <= clock.now - began <= READ_BACK_TIME + 12
    assert caught.value.changed and caught.value.server_id == 7 and http.count("PATCH") == 1


def test_only_the_field_that_did_not_take_is_named(clock: VirtualTime) -> None:
    account = Account(server_detail(7, backups_enabled=True))
    account.disturb("PATCH", Reply(200, {}))
    servers, _http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        servers.update(7, {"name": "new", "backups_enabled": True})
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
def test_a_refused_action_waits_for_the_end_of_a_transition(clock: VirtualTime, found: str, action: str, later: list[str], acted: bool) -> None:
    account = Account(server_detail(7, status=found))
    words = list(later)

    def living(call: Call) -> Reply:
        if call.method == "GET" and call.path == "/servers/7/" and clock.sleeps and words:
            account.servers[7]["status"] = words.pop(0)
        return account(call)

    servers, http = servers_over(living, clock)
    assert servers.switch(7, action) is acted
    assert http.count("POST") == 1 + acted


@pytest.mark.parametrize("status", ["suspended", "error"])
@pytest.mark.parametrize("action", ["start", "stop", "reboot"])
def test_a_dead_server_ends_settling(clock: VirtualTime, action: str, status: str) -> None:
    account = Account(server_detail(7, status=status))
    servers, http = servers_over(account, clock)
    with pytest.raises(ApiError, match=f"HTTP 400: Server is {status}.*Server web-01 \\(id 7\\) is {status}"):
        run(servers, action)
    assert http.count("POST") == 1


def test_settling_ends_with_the_time_limit_and_says_the_last_status(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7, status="migrating")), clock, limit=60.0)
    began = clock.now
    with pytest.raises(TimeLimitReached, match=r"Server web-01 \(id 7\) is still migrating at the time limit.*HTTP 400") as caught:
        servers.switch(7, "stop")
    assert caught.value.server_id == 7 and clock.now - began <= 60.5 and http.count("POST") == 1


def test_requests_of_a_long_wait_are_few(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7, status="migrating")), clock, limit=300.0)
    with pytest.raises(TimeLimitReached):
        servers.switch(7, "stop")
    assert len(http.calls) <= 70


# A doubt that no look resolves


@pytest.mark.parametrize("operation", ["update", "delete", "start", "reboot"])
@pytest.mark.parametrize("trouble", [Reply(500, {"detail": "Oops."}), Reply(401, {"detail": "Invalid token."})], ids=["500", "401"])
def test_an_error_behind_a_write_in_doubt_says_so(clock: VirtualTime, operation: str, trouble: Reply) -> None:
    """What failed in the end is only a look, but the account may be changed."""
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    method = {"update": "PATCH", "delete": "DELETE"}.get(operation, "POST")
    account.disturb(method, lost(), effect=True)
    account.disturb("GET", *[trouble] * 20)
    servers, http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        run(servers, operation)
    assert caught.value.changed and caught.value.server_id == 7 and http.count(method) == 1
    assert f"{method} /servers/7/" in str(caught.value) and "Whether it took effect is not known. GET /servers/7/: HTTP" in str(caught.value)


def test_an_error_behind_an_accepted_update_says_so(clock: VirtualTime) -> None:
    account = Account(server_detail(7, name="old"))
    account.disturb("GET", *[Reply(500)] * 20)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        servers.update(7, {"name": "new"})
    assert caught.value.changed and caught.value.server_id == 7


@pytest.mark.parametrize("operation", ["update", "delete", "start", "stop", "reboot"])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 415, 429, 302])
def test_an_error_behind_a_refusal_changes_nothing(clock: VirtualTime, operation: str, status: int) -> None:
    account = Account(server_detail(7, name="old", status="stopped" if operation == "start" else "active"))
    account.disturb({"update": "PATCH", "delete": "DELETE"}.get(operation, "POST"), *[Reply(status)] * 4)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError) as caught:
        run(servers, operation)
    assert not caught.value.changed and caught.value.server_id == 7


def test_an_update_that_a_look_has_disproved_changed_nothing(clock: VirtualTime) -> None:
    account = Account(server_detail(7, name="old"))
    account.disturb("PATCH", *[Reply(500, {"detail": "Oops."})] * 4)
    servers, _http = servers_over(account, clock)
    with pytest.raises(ApiError, match="HTTP 500: Oops.*tried 4 times; the server is still there as it was") as caught:
        servers.update(7, {"name": "new"})
    assert not caught.value.changed


# Doubt about a delete


def test_a_delete_that_was_lost_and_is_still_under_way_is_ours(clock: VirtualTime) -> None:
    """Lost, shown once more by a lagging read, then no longer there: it was this task that deleted it."""
    account = Account(server_detail(7))
    reads = iter([Reply(200, server_detail(7))])

    def lagging(call: Call) -> Reply:
        return (next(reads, None) if call.method == "GET" else None) or account(call)

    account.disturb("DELETE", lost(), effect=True)
    servers, http = servers_over(lagging, clock)
    assert servers.delete(7) is True and http.count("DELETE") == 2


def test_another_deleted_it(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(), clock)
    assert servers.delete(7) is False and http.methods() == ["DELETE", "GET", "GET"]


@pytest.mark.parametrize("waits", [True, False])
def test_a_conflict_after_a_lost_delete(clock: VirtualTime, waits: bool) -> None:
    """Who waits until it is gone takes 409 for a deletion under way; who does not must not call it deleted while it is there."""
    account = Account(server_detail(7))
    account.disturb("DELETE", lost(), *[Reply(409, {"detail": "Busy."})] * 10)
    servers, http = servers_over(account, clock)
    if waits:
        assert servers.delete(7) is True and http.count("DELETE") == 2
        return
    with pytest.raises(ApiError, match="HTTP 409: Busy") as caught:
        servers.delete(7, waits=False)
    assert http.count("DELETE") == 4 and caught.value.changed


def test_a_busy_server_that_stays_is_not_deleted(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("DELETE", *[Reply(409, {"detail": "Busy."})] * 10)
    servers, http = servers_over(account, clock)
    with pytest.raises(ApiError, match="HTTP 409: Busy") as caught:
        servers.delete(7)
    assert http.count("DELETE") == 4 and caught.value.server_id == 7 and 7 in account.servers
