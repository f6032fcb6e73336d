# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at servers that are waited for: by one list, or one by one where that takes fewer requests."""

from __future__ import annotations

import pytest
from unit.fakes import Account, Call, Reply, VirtualTime, lost, page, server_detail, servers_over

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.pollers import ListPoller
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind

PAGES, ON_A_PAGE = 3, 2


class LargeAccount(Account):
    """An account whose list has several pages, however large a page was asked for."""

    def _carry_out(self, call: Call) -> Reply:
        if (call.method, call.path) != ("GET", "/servers/"):
            return super()._carry_out(call)
        number, servers = int(dict(call.query).get("page", 1)), list(self.servers.values())
        rest = servers[(number - 1) * ON_A_PAGE :]
        more = f"http://api/servers/?page={number + 1}" if len(rest) > ON_A_PAGE else None
        return page(rest[:ON_A_PAGE], len(servers), next=more)


def large_account() -> Account:
    return LargeAccount(*(server_detail(number, name=f"web-{number}") for number in range(1, PAGES * ON_A_PAGE + 1)))


def paths(calls: list[Call]) -> list[str]:
    return [call.path for call in calls]


@pytest.mark.parametrize(
    ("count", "requests"),
    [(1, ["/servers/1/"]), (PAGES - 1, ["/servers/1/", "/servers/2/"]), (PAGES, ["/servers/"] * PAGES)],
)
def test_few_in_a_large_account_are_looked_at_one_by_one(clock: VirtualTime, count: int, requests: list[str]) -> None:
    account = large_account()
    servers, http = servers_over(account, clock)
    servers.list()
    http.calls.clear()
    poller = ListPoller(servers, 1)
    views = poller.look(range(1, count + 1))
    assert views == {number: account.servers[number] for number in range(1, count + 1)}
    assert paths(http.calls) == requests and poller.gives_details is (count < PAGES)


def test_before_any_list_was_read_one_is_read(clock: VirtualTime) -> None:
    servers, http = servers_over(large_account(), clock)
    assert list(ListPoller(servers, 1).look([1])) == [1] and paths(http.calls) == ["/servers/"] * PAGES


def test_a_list_on_one_page_is_one_request_however_many_it_shows(clock: VirtualTime) -> None:
    servers, http = servers_over(Account(*(server_detail(number) for number in range(1, 301))), clock)
    servers.list()
    http.calls.clear()
    assert list(ListPoller(servers, 1).look([1])) == [1] and paths(http.calls) == ["/servers/"]


def test_one_that_is_gone_is_proven_absent_by_the_list(clock: VirtualTime) -> None:
    account = large_account()
    servers, http = servers_over(account, clock)
    servers.list()
    del account.servers[1], account.servers[2]
    http.calls.clear()
    assert ListPoller(servers, 1).look([1, 2]) == {1: None, 2: None}
    assert paths(http.calls) == ["/servers/1/", "/servers/2/", *["/servers/"] * (PAGES - 1)]


def test_one_that_the_list_still_shows_is_not_absent(clock: VirtualTime) -> None:
    account = large_account()
    servers, _http = servers_over(
        lambda call: Reply(404, {"detail": "Not found."}) if call.path == "/servers/1/" else account(call), clock
    )
    servers.list()
    poller = ListPoller(servers, 1)
    assert poller.look([1, 2]) == {1: account.servers[1], 2: account.servers[2]} and not poller.gives_details


def test_one_failure_hides_no_other_server(clock: VirtualTime) -> None:
    account = large_account()
    servers, _http = servers_over(account, clock)
    servers.list()
    account.disturb("GET", lost())
    poller = ListPoller(servers, 1)
    assert poller.look([1, 2]) == {1: account.servers[1], 2: account.servers[2]}, "one by its detail, one by the list"
    assert not poller.gives_details
    account.disturb("GET", lost(), lost())
    with pytest.raises(ApiError) as caught:
        ListPoller(servers, 1).look([1, 2])
    assert caught.value.kind is FailureKind.LOST


def test_a_token_that_is_turned_down_ends_everything(clock: VirtualTime) -> None:
    account = large_account()
    servers, _http = servers_over(account, clock)
    servers.list()
    account.disturb("GET", Reply(401, {"detail": "Invalid token."}))
    with pytest.raises(VpsError, match="token is not accepted"):
        ListPoller(servers, 1).look([1, 2])
