# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding servers: absent only with proof, by a name that list and detail agree on, never one of several."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from unit.fakes import Account, Call, Reply, VirtualTime, list_item, page, server_detail, servers_over

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import About, TimeLimitReached, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.details import details_of, existing_details
from helpers.facts import mentions

NOT_FOUND = Reply(404, {"detail": "Not found."})


def is_list(call: Call) -> bool:
    return call.path == "/servers/"


def renamed(clock: VirtualTime, until: float) -> Callable[[Call], Reply]:
    """Server 7, which the list goes on showing as `old` for so many seconds, and whose detail says `new`."""
    account, began = Account(server_detail(7, name="new")), clock.now

    def respond(call: Call) -> Reply:
        lags = is_list(call) and clock.now - began < until
        return page([list_item(7, name="old")]) if lags else account(call)

    return respond


# By id


def test_what_is_there_takes_one_request(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7)), clock)
    assert servers.find(7) == servers.still_there(7) == server_detail(7)
    assert [call.path for call in http.calls] == ["/servers/7/"] * 2


def test_absent_takes_a_detail_and_a_list(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(8)), clock)
    assert servers.find(7) is None and [call.path for call in http.calls] == ["/servers/7/", "/servers/"]


def test_a_404_that_the_list_contradicts_is_no_proof(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    servers, http = servers_over(lambda call: account(call) if is_list(call) else NOT_FOUND, clock)
    with pytest.raises(ApiError) as caught:
        servers.find(7)
    assert caught.value.kind is FailureKind.NOT_FOUND and http.count("GET") == 8 and len(clock.sleeps) == 3


def test_where_everything_is_404_nothing_is_absent(clock: VirtualTime) -> None:
    """As with a wrong `api_url`."""
    servers, _http = servers_over(lambda _call: NOT_FOUND, clock)
    with pytest.raises(ApiError) as caught:
        servers.find(7)
    assert mentions(caught.value, "GET /servers/", "HTTP 404", "api_url")


def test_one_that_was_there_before_has_vanished(clock: VirtualTime) -> None:
    servers, _http = servers_over(Account(), clock)
    cause = VpsError("It could not be stopped.")
    with pytest.raises(VpsError) as caught:
        servers.still_there(7, cause)
    assert caught.value.about == About(server_id=7) and caught.value.cause is cause


# By name


def test_the_one_of_a_name_and_the_whole_list(clock: VirtualTime) -> None:
    account = Account(server_detail(7), server_detail(8, name="web-011"), server_detail(9, name="WEB-01"))
    servers, http = servers_over(account, clock)
    whole = list(account.servers.values())
    assert servers.find_named("web-01") == (server_detail(7), whole)
    assert servers.find_named("web") == (None, whole)
    assert [call.path for call in http.calls] == ["/servers/", "/servers/7/", "/servers/"]


@pytest.mark.parametrize("status", ["active", "error", "deleted"])
def test_none_of_several_of_a_name_is_picked(clock: VirtualTime, status: str) -> None:
    """Whatever their status: that a server has failed makes it no less wanted."""
    servers, http = servers_over(Account(server_detail(9), server_detail(7, status=status)), clock)
    with pytest.raises(VpsError) as caught:
        servers.find_named("web-01")
    assert caught.value.about == About("web-01") and mentions(caught.value, "ids 7, 9") and len(http.calls) == 1


def test_one_that_vanishes_between_list_and_detail_is_absent(clock: VirtualTime) -> None:
    account = Account(server_detail(7))

    def respond(call: Call) -> Reply:
        reply = account(call)
        account.servers.clear()
        return reply

    servers, _http = servers_over(respond, clock)
    assert servers.find_named("web-01") == (None, [server_detail(7)])


def test_a_list_that_lags_behind_a_rename_is_read_again(clock: VirtualTime) -> None:
    servers, _http = servers_over(renamed(clock, until=1.0), clock)
    existing, listed = servers.find_named("old")
    assert existing is None and [server["id"] for server in listed] == [7] and 1.0 <= clock.now - 1000 < 10


def test_a_list_that_goes_on_lagging_is_an_error(clock: VirtualTime) -> None:
    """Acting on that server would be acting on the wrong one."""
    servers, http = servers_over(renamed(clock, until=600.0), clock)
    with pytest.raises(VpsError) as caught:
        servers.find_named("old")
    assert caught.value.about[:3] == ("old", 7, "active") and mentions(caught.value, "new")
    assert len(http.calls) == 8 and 1 < clock.now - 1000 < 20


def test_waiting_for_a_lagging_list_ends_with_the_time_limit(clock: VirtualTime) -> None:
    servers, http = servers_over(renamed(clock, until=600.0), clock, limit=0.5)
    with pytest.raises(VpsError) as caught:
        servers.find_named("old")
    assert caught.value.about.server_id == 7 and clock.now - 1000 == 0.5 and len(http.calls) == 4


def test_an_error_of_the_detail_tells_the_server(clock: VirtualTime) -> None:
    throttled = Reply(429, {"detail": "Slow down."}, {"Retry-After": "700"})
    account = Account(server_detail(7))
    servers, _http = servers_over(lambda call: account(call) if is_list(call) else throttled, clock)
    with pytest.raises(TimeLimitReached) as caught:
        servers.find_named("web-01")
    assert caught.value.about[:3] == ("web-01", 7, "active")


# Many at once


def with_failing_details(account: Account, *numbers: int) -> Callable[[Call], Reply]:
    paths = {f"/servers/{number}/" for number in numbers}
    return lambda call: Reply(400, {"detail": "No."}) if call.path in paths else account(call)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_details_in_the_order_asked_for_each_once(clock: VirtualTime, concurrency: int) -> None:
    """One's failure is that one's own; one that is proven absent is None."""
    account = Account(*(server_detail(number, name=f"web-{number}") for number in (7, 8, 9)))
    servers, http = servers_over(with_failing_details(account, 8), clock)
    details = details_of(servers, [9, 8, 5, 7, 9], concurrency)
    assert list(details) == [9, 8, 5, 7] and details[5] is None and isinstance(details[8], ApiError)
    assert [details[number] for number in (7, 9)] == [account.servers[7], account.servers[9]]
    assert sum(call.path == "/servers/9/" for call in http.calls) == 1


def test_details_of_listed_servers_or_an_error_that_names_the_server(clock: VirtualTime) -> None:
    account = Account(server_detail(7), server_detail(8, name="web-02"))
    servers, _http = servers_over(account, clock)
    listed = [list_item(8, name="web-02"), list_item(7), list_item(9, name="gone")]
    details = existing_details(servers, listed, 1)
    assert details == {8: account.servers[8], 7: account.servers[7], 9: None}
    servers, _http = servers_over(with_failing_details(account, 8), clock)
    with pytest.raises(ApiError) as caught:
        existing_details(servers, listed, 1)
    assert caught.value.about[:3] == ("web-02", 8, "active")


def test_one_list_is_the_proof_for_many_that_are_gone(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(server_detail(7)), clock)
    assert details_of(servers, range(101, 121), 4) == dict.fromkeys(range(101, 121))
    assert sum(map(is_list, http.calls)) == 1


def test_without_that_list_none_is_proven_absent(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    servers, _http = servers_over(lambda call: Reply(400, {}) if is_list(call) else account(call), clock)
    details = details_of(servers, [7, 8, 9], 1)
    assert details[7] == server_detail(7) and isinstance(details[8], ApiError) and isinstance(details[9], ApiError)
