# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power state for many servers: what may be declared, which servers are meant, and the plan for them."""

from __future__ import annotations

from typing import Any

import pytest
from unit.fakes import Account, Call, Reply, VirtualTime, scripted_api, server_detail
from unit.steps import steps_of
from unit.test_fleet_planner import Listed

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.planning import TaskPlan, predicted
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.patterns import too_wide
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.power import PowerPlanner, read_power_of_many
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.results import result_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.values import COUNTED, COUNTED_OF_DECLARATIONS
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers
from helpers.facts import mentions

PLAIN = {"names": None, "match": None, "state": "stopped", "concurrency": 4, "wait": True}


class Vanishing(Listed):
    """An account whose list still shows servers that are gone."""

    def __init__(self, *servers: dict[str, Any], gone: int) -> None:
        super().__init__(*servers)
        self.gone = gone
        self._lists = 0

    def __call__(self, call: Call) -> Reply:
        reply = super().__call__(call)
        if call.path == "/servers/":
            self.servers.pop(self.gone, None)
        return reply


def account(*servers: tuple[int, str, str]) -> Listed:
    return Listed(*(server_detail(number, name=name, status=status) for number, name, status in servers))


DEV = ((3, "dev-3", "stopped"), (1, "dev-1", "active"), (2, "dev-2", "stopping"), (4, "web-1", "active"))


class Planned:
    """The plan over an account, and what was asked for it."""

    def __init__(self, clock: VirtualTime, over: Account, **options: Any) -> None:
        api, self.http = scripted_api(over, clock)
        servers = Servers(api.client, adopt_timeout=1.0, wait_interval=1.0)
        self.plan: TaskPlan = PowerPlanner(servers, read_power_of_many({**PLAIN, **options})).plan()

    @property
    def steps(self) -> list[tuple[int | None, list[str]]]:
        return [(plan.existing_id, steps_of(plan)) for plan in self.plan.servers]

    @property
    def refusals(self) -> list[VpsError]:
        return [plan.refusal for plan in self.plan.servers if plan.refusal]

    @property
    def asked(self) -> list[str]:
        return [call.path for call in self.http.calls]


# What may be declared


@pytest.mark.parametrize("pattern", ["*", "?", "????", "[a-z]*", "*[!0-9]*", "**", ".*", "[]]*", "*_*"])
def test_patterns_that_are_too_wide(pattern: str) -> None:
    assert mentions(too_wide(pattern), "could match any server")
    for state in ("stopped", "rebooted"):
        with pytest.raises(BadInput, match="state: started"):
            read_power_of_many({**PLAIN, "match": ["dev-*", pattern], "state": state})
    assert read_power_of_many({**PLAIN, "match": [pattern], "state": "started"}).patterns == (pattern,)


@pytest.mark.parametrize("pattern", ["dev-*", "*1", "*-*", "web", "[ab]c*"])
def test_patterns_with_a_fixed_part(pattern: str) -> None:
    assert too_wide(pattern) == "" and read_power_of_many({**PLAIN, "match": [pattern]}).patterns == (pattern,)


def test_what_is_given_twice_counts_once() -> None:
    declared = read_power_of_many({**PLAIN, "names": ["b", " a", "b"]})
    assert declared.names == ("b", "a") and declared.patterns == ()


@pytest.mark.parametrize("names", [["a", " "], ["a\tb"], ["a" * 1001]])
def test_what_is_no_name(names: list[str]) -> None:
    with pytest.raises(BadInput, match=r"^names"):
        read_power_of_many({**PLAIN, "names": names})


# Which servers are meant, and what is planned for them


def test_by_patterns(clock: VirtualTime) -> None:
    """In the order of the ids; the detail is read of those that are acted on."""
    planned = Planned(clock, account(*DEV), match=["dev-*", "dev-1"])
    assert planned.steps == [(1, ["stop", "wait stopped"]), (2, ["wait stopped"]), (3, [])]
    assert planned.asked == ["/servers/", "/servers/1/"] and planned.plan.warnings == ()


def test_by_names(clock: VirtualTime) -> None:
    planned = Planned(clock, account(*DEV), names=["dev-3", "dev-1"], wait=False)
    assert planned.steps == [(3, []), (1, ["stop"])] and not planned.plan.is_refused


def test_a_pattern_is_compared_with_its_letter_case(clock: VirtualTime) -> None:
    planned = Planned(clock, account(*DEV), match=["DEV-*", "web-?"])
    assert [number for number, _steps in planned.steps] == [4]
    assert mentions(planned.plan.warnings[0], "DEV-*") and not mentions(planned.plan.warnings[0], "web-?")


def test_two_servers_of_one_name(clock: VirtualTime) -> None:
    twins = account((1, "twin", "active"), (2, "twin", "active"))
    assert Planned(clock, twins, match=["twin"]).steps == [(1, ["stop", "wait stopped"]), (2, ["stop", "wait stopped"])]
    (refusal,) = Planned(clock, twins, names=["twin"]).refusals
    assert mentions(refusal, "twin", 1, 2)


def test_refusals_come_before_details(clock: VirtualTime) -> None:
    planned = Planned(clock, account(*DEV), names=["dev-1", "Dev-1", "nobody"])
    assert planned.asked == ["/servers/"] and planned.plan.is_refused
    spelled, nobody = planned.refusals
    assert mentions(spelled, "Dev-1", "dev-1", 1) and mentions(nobody, "nobody")


def test_what_has_vanished_meanwhile(clock: VirtualTime) -> None:
    """It is not one of those that fit a pattern any more; of a name, it is missing."""
    servers = [server_detail(number, name=f"dev-{number}") for number in (1, 2)]
    by_pattern = Planned(clock, Vanishing(*servers, gone=1), match=["dev-*"])
    assert [number for number, _steps in by_pattern.steps] == [2]
    (refusal,) = Planned(clock, Vanishing(*servers, gone=1), names=["dev-1", "dev-2"]).refusals
    assert mentions(refusal, "dev-1") and "no server with this name" in refusal.reason


def test_what_a_detail_shows_counts(clock: VirtualTime) -> None:
    """A list may lag behind: what no action changes refuses the whole plan all the same."""

    class Lagging(Listed):
        def __call__(self, call: Call) -> Reply:
            reply = super().__call__(call)
            self.servers[1]["status"] = "suspended"
            return reply

    servers = (server_detail(number, name=f"dev-{number}") for number in (1, 2))
    planned = Planned(clock, Lagging(*servers), match=["dev-*"])
    assert planned.plan.is_refused and mentions(planned.refusals[0], "dev-1", 1, "suspended")


# How it is told


def test_a_reboot_that_the_api_will_refuse_is_a_failure_in_check_mode(clock: VirtualTime) -> None:
    planned = Planned(clock, account(*DEV), names=["dev-1", "dev-3"], state="rebooted")
    outcome = predicted(planned.plan, True)
    assert outcome is not None
    result = result_of(outcome, 2, counted=COUNTED)
    assert result.failure and [error["id"] for error in result.values["errors"]] == [3]
    assert result.values["changed"] is True
    assert result.values["summary"] == {**dict.fromkeys(COUNTED, 0), "rebooted": 1, "failed": 1}
    assert [server["status"] for server in result.values["servers"]] == ["active", "stopped"]
    assert tuple(result_of(outcome, 2).values["summary"]) == COUNTED_OF_DECLARATIONS, "as a fleet counts"


def test_only_refused_reboots_change_nothing(clock: VirtualTime) -> None:
    planned = Planned(clock, account(*DEV), names=["dev-3"], state="rebooted")
    outcome = predicted(planned.plan, True)
    assert outcome is not None and result_of(outcome, 1, counted=COUNTED).values["changed"] is False


def test_one_that_is_rebooting_already_is_unchanged(clock: VirtualTime) -> None:
    planned = Planned(clock, account((1, "dev-1", "rebooting")), match=["dev-1"], state="rebooted")
    outcome = predicted(planned.plan, True)
    assert outcome is not None and result_of(outcome, 1, counted=COUNTED).values["summary"]["unchanged"] == 1
