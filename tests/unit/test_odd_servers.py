# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server without a name or a status: it costs the account nothing, and nothing is done to it by a name."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import FIELDS, NOBODY, Account, Call, Reply, VirtualTime, server_detail, servers_over
from unit.test_executor_properties import FleetTask, Living

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import End
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.pollers import DetailPoller, ListPoller
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import UnknownOutcome, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.responses import MalformedResponse, as_id
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer, lacking
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.responses import check_server, check_view
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.hosts import name_hosts
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import Selection
from helpers.facts import mentions

ODD = [
    {"name": None},
    {"name": 7},
    {"name": ["web-01"]},
    {"status": None},
    {"status": True},
    {"name": None, "status": 3},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_is_no_text_is_left_out(odd: dict[str, Any]) -> None:
    view = check_view({**server_detail(7), **odd})
    assert lacking(view) == list(odd) and view["id"] == 7 and view["location"] == "us-west"
    with pytest.raises(MalformedResponse):
        check_server({**server_detail(7), **odd})
    for missing in odd:
        assert lacking(check_view({key: value for key, value in server_detail(7).items() if key != missing})) == [
            missing
        ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        ("7", 7),
        ("007", 7),
        *((value, None) for value in (0, "0", True, "-7", "7.0", 7.0, "\u0667", "", " 7", "1" * 19, None)),
    ],
)
def test_an_id_may_be_the_text_of_a_number(value: Any, expected: int | None) -> None:
    assert as_id(value) == expected
    if expected is not None:
        assert check_view({**server_detail(7), "id": value}, server_id=7)["id"] == 7
    else:
        with pytest.raises(MalformedResponse):
            check_view({**server_detail(7), "id": value})


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_the_others_are_found_and_the_odd_one_is_told(clock: VirtualTime, odd: dict[str, Any]) -> None:
    servers, _http = servers_over(Account(server_detail(7), server_detail(8, **({"name": "odd"} | odd))), clock)
    existing, listed = servers.find_named("web-01")
    assert existing == server_detail(7) and len(listed) == 2
    assert servers.find(8) is not None and not servers.is_unlisted(8), "by its id it can be looked at"
    (warning,) = servers.warnings()
    assert mentions(warning, 8) and not mentions(warning, 7)
    with pytest.raises(VpsError) as caught:
        servers.still_there(8)
    assert mentions(caught.value, 8)


def test_it_is_not_found_by_its_name(clock: VirtualTime) -> None:
    servers, _http = servers_over(Account(server_detail(7, status=None)), clock)
    assert servers.find_named("web-01")[0] is None


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_fleet_leaves_it_alone(clock: VirtualTime, odd: dict[str, Any]) -> None:
    """Neither purged nor in the way, unless it has the name of one that is declared."""
    account = Living(clock, server_detail(7), server_detail(8, **({"name": "web-02"} | odd)))
    task = FleetTask(clock, account, [{"name": "web-01"}], purge=True, purge_match="web-*", max_delete=9)
    outcome = task.run()
    assert outcome.end is End.APPLIED and sorted(account.servers) == [7, 8] and not outcome.jobs[0].actions
    for state in ("present", "absent"):
        named = [
            {"name": "web-02", **({"plan_id": 1, "os_id": 5, "location": "us-west"} if state == "present" else {})}
        ]
        outcome = FleetTask(clock, account, named, state=state).run()
        if "name" in odd:
            assert len(account.servers) == (3 if state == "present" else 2) and 8 in account.servers
        else:
            assert outcome.end is End.REFUSED and mentions(outcome.plan.servers[0].refusal, "web-02 (id 8)")


def test_it_can_be_deleted_by_its_id() -> None:
    for odd in ODD:
        view = check_view({**server_detail(7), **odd})
        plan = plan_absent(DesiredServer(server_id=7), view)
        assert plan.deletes and plan.before["id"] == 7 and plan.refusal is None
        if "name" in odd:
            assert plan_absent(DesiredServer("web-01", 7), view).refusal is not None, "its name is not known"


def test_a_look_that_shows_no_status_ends_no_wait(clock: VirtualTime) -> None:
    servers, _http = servers_over(Account(server_detail(7, status=None), server_detail(8)), clock)
    assert list(DetailPoller(servers).look([7, 8])) == list(ListPoller(servers, 2).look([7, 8])) == [8]


def test_the_inventory_keeps_it_by_its_id() -> None:
    odd = [check_view({**server_detail(number), **fields}) for number, fields in enumerate(ODD, 1)]
    servers: list[Any] = [server_detail(100), *odd]
    names, warnings = name_hosts(servers, ["name"], [])
    assert names[:4] == ["web-01-100", "vps-1", "vps-2", "vps-3"] and not any(
        mentions(warning, 1) for warning in warnings
    )
    assert name_hosts(servers[1:2], ["hostname"], [])[0] == ["web01.example.com"]
    assert Selection().of(servers) == servers
    for selection in (Selection(status=("active",)), Selection(include=("*",))):
        assert selection.of(servers) == servers[:1]
    assert Selection(exclude=("web-*",)).of(servers) == odd
    assert Selection(locations=("us-west",)).of(servers) == servers
    assert Selection(locations=("us-east",)).of(servers) == []


@pytest.mark.parametrize("odd", [{"name": None}, {"status": None}], ids=str)
def test_a_new_server_that_is_shown_incompletely_is_told_by_its_id(clock: VirtualTime, odd: dict[str, Any]) -> None:
    account = Account()

    def respond(call: Call) -> Reply:
        reply = account(call)
        for server in account.servers.values():
            server.update(odd)
        return reply

    servers, http = servers_over(respond, clock)
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    (number,) = account.servers
    assert caught.value.about.server_id == number and caught.value.changed and http.count("POST") == 1
