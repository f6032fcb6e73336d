# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in whatever place of a response: an operation ends well, or with one of the
collection's own errors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.fakes import Account, Call, Reply, VirtualTime, server_detail, servers_over

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.change import delete, update
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.details import details_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.model import DesiredServer
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan import plan_present
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_life import plan_absent
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.plan_power import plan_power
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.power import reboot, switch
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["active", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["id", "name", "status"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = {"name": "new", "plan_id": 1, "os_id": 5, "location": "us-west"}
OPERATIONS: dict[str, Callable[[Servers], Any]] = {
    "list": lambda servers: servers.list(),
    "filtered list": lambda servers: servers.api.list_servers(status="active", location="us-west"),
    "find": lambda servers: servers.find(7),
    "find what is not there": lambda servers: servers.find(8),
    "find by name": lambda servers: servers.find_named("web-01"),
    "details": lambda servers: details_of(servers, [7, 8], 2),
    "create": lambda servers: create_or_adopt(servers, FIELDS, frozenset({7})),
    "update": lambda servers: update(servers, 7, {"name": "renamed"}),
    "delete": lambda servers: delete(servers, 7),
    "start": lambda servers: switch(servers, 7, "start"),
    "stop": lambda servers: switch(servers, 7, "stop"),
    "reboot": lambda servers: reboot(servers, 7),
}
usual = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the whole of it first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def replaced(value: Any, place: tuple[Any, ...], by: Any) -> Any:
    if not place:
        return by
    changed = copy.deepcopy(value)
    target = changed
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = by
    return changed


class Tampered:
    """An account of whose responses some have something else in one place."""

    def __init__(self, changes: dict[int, tuple[int, Any]]) -> None:
        """`changes`: for the number of a response, which place of it (counted round) holds which value."""
        self.account = Account(server_detail(7, status="active"))
        self.changes, self.count = changes, 0

    def __call__(self, call: Call) -> Reply:
        self.count += 1
        reply = self.account(call)
        if self.count not in self.changes or reply.body is None:
            return reply
        number, value = self.changes[self.count]
        body = copy.deepcopy(reply.body)
        known = places(body)
        return Reply(reply.status, replaced(body, known[number % len(known)], value), reply.headers)


@pytest.mark.parametrize("operation", OPERATIONS)
@usual
@given(changes=st.dictionaries(st.integers(1, 6), st.tuples(st.integers(0, 200), ANY_JSON), min_size=1, max_size=4))
def test_any_json_in_any_place(clock: VirtualTime, operation: str, changes: dict[int, tuple[int, Any]]) -> None:
    tampered = Tampered(changes)
    servers, http = servers_over(tampered, clock, adopt_timeout=5.0, wait_interval=1.0)
    try:
        OPERATIONS[operation](servers)
    except VpsError as error:
        assert str(error)
    writes = [call for call in http.calls if call.method != "GET"]
    if operation in ("create", "reboot"):
        assert len(writes) == 1, "no response that says nothing is proof of a refusal"
    assert len(tampered.account.named("new")) == (operation == "create")
    assert all(call.path == "/servers/" or call.path.split("/")[2].isdigit() for call in http.calls), (
        "only integers go into a path"
    )


@usual
@given(
    data=st.data(),
    change=ANY_JSON,
    power=st.sampled_from([None, "started", "stopped"]),
    choice=st.sampled_from(["fail", "warn", "recreate"]),
)
def test_plans_from_any_server_that_passed_the_checks(
    data: st.DataObject, change: Any, power: str | None, choice: str
) -> None:
    """Beside id, name and status, anything may stand in a server's fields."""
    server = server_detail(7)
    for place in data.draw(
        st.lists(
            st.sampled_from([place for place in places(server) if place and place[0] not in ("id", "name", "status")]),
            max_size=3,
        )
    ):
        if place in places(server):
            server = replaced(server, place, change)
    fields = {"plan_id": 2, "os_id": 5, "location": "us-west", "hostname": "a.example.com", "backups_enabled": True}
    desired = DesiredServer("web-01", fields=fields, power=power, on_immutable_change=choice)
    plan = plan_present(desired, server)
    assert plan.refusal is None or plan.refusal
    for step in plan.steps:
        if step.kind == "create":
            assert {key: type(value) for key, value in step.fields.items()} == {"name": str} | {
                key: type(value) for key, value in fields.items()
            }
    assert plan_absent(desired, server).steps
    for state in ("started", "stopped", "rebooted"):
        plan_power(desired, state, server)
