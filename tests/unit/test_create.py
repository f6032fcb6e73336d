# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating in virtual time: the adoption window, and which server is ours. Over sockets: see tests/client."""

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
    list_item,
    lost,
    page,
    server_detail,
    servers_over,
)

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt

# The adoption window


def test_an_unknown_create_is_looked_for_as_long_as_the_window(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(account, clock)
    began = clock.now
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert http.count("POST") == 1 and account.servers == {}
    assert 30.0 <= clock.now - began <= 30.0 + 6.0
    assert 4 <= http.count("GET") <= 20
    assert caught.value.changed and caught.value.about.name == "web-01" and caught.value.about.server_id is None
    assert isinstance(caught.value, UnknownOutcome)
    words = str(caught.value)
    for part in (
        "unknown outcome",
        "POST /servers/: the response was lost",
        "second, billed server",
        "Run the task again",
        "adopted",
    ):
        assert words.count(part) == 1


def test_four_looks_at_least_however_slow_they_are(clock: VirtualTime) -> None:
    account = Account()

    def slow(call: Call) -> Reply:
        if call.method == "GET":
            clock.advance(25.0)
        return account(call)

    account.disturb("POST", lost())
    servers, http = servers_over(slow, clock)
    with pytest.raises(VpsError, match="unknown outcome"):
        create_or_adopt(servers, FIELDS, NOBODY)
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
    server, action = create_or_adopt(servers, FIELDS, NOBODY)
    assert action == "adopt" and account.named("web-01") == [server["id"]] and http.count("POST") == 1


def test_looks_that_fail_do_not_end_the_window(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost(), effect=True)
    account.disturb("GET", *[Reply(500, {"detail": "Oops."})] * 7)
    servers, http = servers_over(account, clock)
    assert create_or_adopt(servers, FIELDS, NOBODY)[1] == "adopt" and http.count("POST") == 1


def test_a_rejected_token_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost(), effect=True)
    account.disturb("GET", *[Reply(401, {"detail": "Invalid token."})] * 10)
    servers, http = servers_over(account, clock)
    with pytest.raises(VpsError, match=r"unknown outcome.*HTTP 401: Invalid token") as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert caught.value.changed and http.methods() == ["POST", "GET"]


def test_the_time_limit_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(account, clock, limit=5.0)
    began = clock.now
    with pytest.raises(VpsError, match="unknown outcome") as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert caught.value.changed and clock.now - began <= 5.5 and http.count("POST") == 1


def test_cancelling_ends_the_window_with_an_unknown_outcome(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())

    def cancelling(call: Call) -> Reply:
        if call.method == "GET":
            servers.budget.cancel("Ctrl-C")
        return account(call)

    servers, _http = servers_over(cancelling, clock)
    with pytest.raises(VpsError, match=r"unknown outcome.*Ctrl-C") as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert caught.value.changed


# Which server is ours


@pytest.mark.parametrize("other", [{"plan_id": 2}, {"os_id": 3}, {"location": "us-east"}])
def test_a_new_server_that_is_otherwise_is_not_adopted(clock: VirtualTime, other: dict[str, Any]) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, http = servers_over(
        lambda call: page([list_item(7, **other)]) if call.method == "GET" else account(call), clock
    )
    with pytest.raises(VpsError, match="something else also created a server with this name: ids 7") as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert caught.value.about.server_id == 7 and caught.value.changed and http.count("POST") == 1


def test_two_new_servers_are_not_told_apart(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", lost())
    servers, _http = servers_over(
        lambda call: page([list_item(8), list_item(7)]) if call.method == "GET" else account(call), clock
    )
    with pytest.raises(VpsError, match="ids 7, 8") as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert caught.value.about.server_id == 7


def test_a_server_that_was_there_before_is_never_adopted(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("POST", lost())
    servers, _http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match="unknown outcome"):
        create_or_adopt(servers, FIELDS, frozenset({7}))


def test_a_create_whose_response_shows_an_old_server_is_no_create(clock: VirtualTime) -> None:
    account = Account(server_detail(7))
    account.disturb("POST", Reply(201, server_detail(7)))
    servers, http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match=r"unknown outcome.*the response shows server 7, which was there before"):
        create_or_adopt(servers, FIELDS, frozenset({7}))
    assert http.count("POST") == 1


BROKEN = {"id": 101, "name": "web-01"}  # no status: a malformed response, whose id is a hint at most


def test_the_id_of_a_malformed_response_is_a_hint(clock: VirtualTime) -> None:
    """The list lags, but the server itself can be asked for."""
    account = Account()
    account.disturb("POST", Reply(201, BROKEN), effect=True)
    servers, http = servers_over(
        lambda call: page([]) if call.method == "GET" and call.path == "/servers/" else account(call), clock
    )
    server, action = create_or_adopt(servers, FIELDS, NOBODY)
    assert (server["id"], action) == (101, "adopt") and http.count("POST") == 1


@pytest.mark.parametrize(
    "hint",
    [
        {**BROKEN, "id": 7},
        {**BROKEN, "id": 8},
        {**BROKEN, "id": 9},
        {**BROKEN, "id": "../7"},
        {**BROKEN, "id": True},
        [7],
    ],
)
def test_a_hint_that_leads_to_another_server_is_not_followed(clock: VirtualTime, hint: Any) -> None:
    """7 was there before, 8 has another name, 9 is not there."""
    account = Account(server_detail(7), server_detail(8, name="database"))
    account.disturb("POST", Reply(201, hint))
    servers, http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(VpsError, match="unknown outcome") as caught:
        create_or_adopt(servers, FIELDS, frozenset({7}))
    assert all(call.path in ("/servers/", "/servers/8/", "/servers/9/") for call in http.calls)
    # One that can't be seen may still be the one.
    assert caught.value.about.server_id == (9 if hint == {**BROKEN, "id": 9} else None)
