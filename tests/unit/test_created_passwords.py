# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password that a response to a create shows, whatever else is wrong with the response; and the response of the
other description.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from unit.fakes import FIELDS, NOBODY, Account, Reply, VirtualTime, lost, page, server_detail, servers_over

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import Cancelled, UnknownOutcome, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.passwords import ShownPasswords
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from helpers.facts import mentions

SECRET = "hunter2-Xy"
SHOWN = ShownPasswords(SECRET, "password", ())
UNASSIGNED = ShownPasswords(None, "", ("password",))
UUID = "00003039-0477-53a0-9217-f3259a0420b2"
NEW = 101  # the id of the server that the account creates


def json_of(**fields: Any) -> bytes:
    return json.dumps({**fields, "password": SECRET}).encode()


# Adopted


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (json_of(id=NEW), SHOWN),
        (json_of(id=str(NEW)), SHOWN),
        (json_of(), SHOWN),
        (json.dumps({"server": {"id": NEW, "password": SECRET}}).encode(), SHOWN),
        (json_of(id=True, name="web-01", status="active"), SHOWN),
        (json_of(id=999), UNASSIGNED),
        (json_of(id=7), UNASSIGNED),
        (json_of(id=7, name="web-01", status="active"), UNASSIGNED),
        (json_of(id=NEW)[:-1], UNASSIGNED),
        (b'{"usage": NaN, "password": "x"}', UNASSIGNED),
        (b'<input name="password">', None),
        (b"{}", None),
    ],
)
def test_of_a_server_that_is_adopted(clock: VirtualTime, body: bytes, expected: ShownPasswords | None) -> None:
    """It is this server's unless the response shows another id, or can't be read."""
    account = Account(server_detail(7, name="other"))
    account.servers[NEW - 1] = server_detail(NEW - 1, name="before")
    account.disturb("POST", Reply(201, body), effect=True)
    servers, _http = servers_over(account, clock)
    server, action = create_or_adopt(servers, FIELDS, frozenset({7, NEW - 1}))
    assert (server["id"], action) == (NEW, "adopt")
    assert servers.api.passwords_of(FIELDS["name"], (NEW, None)) == expected
    assert SECRET not in str(server)


def test_of_a_server_that_is_created(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", Reply(201, {**server_detail(NEW), "password": SECRET}))
    servers, _http = servers_over(account, clock)
    assert create_or_adopt(servers, FIELDS, NOBODY)[1] == "create"
    assert servers.api.passwords_of(FIELDS["name"], (NEW, None)) == SHOWN
    assert servers.api.passwords_of("another", (NEW, None)) is None


def test_of_a_server_that_does_not_appear(clock: VirtualTime) -> None:
    account = Account()
    account.disturb("POST", Reply(201, json_of(id=NEW)))
    servers, _http = servers_over(account, clock, adopt_timeout=1.0)
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert servers.api.passwords_of(FIELDS["name"], (caught.value.about.server_id,)) == SHOWN
    assert SECRET not in str(caught.value)


# The other description


@pytest.mark.parametrize(
    ("uuid", "told"), [(UUID, True), (UUID.upper(), True), (f"{UUID}/../x", False), ("\x1b[31m", False)]
)
def test_a_create_that_the_other_description_accepts(clock: VirtualTime, uuid: str, told: bool) -> None:
    """No look could find the server, and no other create is sent."""
    account = Account()
    account.disturb("POST", Reply(201, json_of(uuid=uuid, hostname="web-01")))
    servers, http = servers_over(account, clock)
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert http.methods() == ["POST"] and clock.sleeps == []
    error = caught.value
    assert error.changed and error.about.name == "web-01" and error.about.server_id is None
    assert mentions(error, "billed", "control panel", "vpsorg.cloud.vps_api_info", "vps-mcp", "web-01")
    assert (uuid in str(error)) is told and uuid not in error.explanation(general=True)
    assert SECRET not in str(error) and "Run the task again" not in str(error) and str(error).count("not known") == 0
    assert servers.api.passwords_of("web-01", (None,)) == SHOWN
    with pytest.raises(Cancelled, match="vps_api_info"):
        servers.list()


@pytest.mark.parametrize(
    "outcome", [lost(), Reply(201, {"server": {"uuid": UUID}}), Reply(502, {"detail": "Bad gateway."})]
)
def test_a_look_that_meets_the_other_description(clock: VirtualTime, outcome: Any) -> None:
    """The account was empty before, so what it has now is probably ours."""
    account = Account()
    account.disturb("POST", outcome)
    account.disturb("GET", page([]), page([{"uuid": UUID, "hostname": "web-01", "status": "active"}]))
    servers, http = servers_over(account, clock)
    with pytest.raises(UnknownOutcome) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert http.methods() == ["POST", "GET", "GET"]
    assert caught.value.changed and caught.value.about.name == "web-01"
    assert mentions(
        caught.value, "billed", "control panel", "vpsorg.cloud.vps_api_info", "POST /servers/", "GET /servers/"
    )
    assert "Run the task again" not in str(caught.value)
    with pytest.raises(Cancelled, match="vps_api_info"):
        servers.list()


ASKED_FOR = [
    {"plan": ["This field is required."], "os_version": ["This field is required."]},
    {"errors": {"plan": ["This field is required."], "os_version": ["This field is required."]}},
    {"errors": [{"attr": "plan", "detail": "required"}, {"attr": "os_version", "detail": "required"}]},
    {"detail": [{"loc": ["body", "plan"]}, {"loc": ["body", "os_version"]}]},
    {"detail": "plan and os_version are required"},
]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("body", ASKED_FOR)
def test_a_create_that_the_other_description_refuses(clock: VirtualTime, body: Any, status: int) -> None:
    account = Account()
    account.disturb("POST", Reply(status, body))
    servers, http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert (
        mentions(caught.value, status, "Nothing was created", "vpsorg.cloud.vps_api_info") and not caught.value.changed
    )
    assert http.methods() == ["POST"]
    with pytest.raises(Cancelled, match="vps_api_info"):
        servers.list()


@pytest.mark.parametrize(
    "body",
    [{"plan_id": ["Unknown."], "os_id": ["Unknown."]}, {"plan": ["Unknown."]}, {"detail": "os_version"}, {}],
)
def test_another_refusal_is_only_that(clock: VirtualTime, body: Any) -> None:
    account = Account()
    account.disturb("POST", Reply(400, body))
    servers, _http = servers_over(account, clock)
    with pytest.raises(VpsError) as caught:
        create_or_adopt(servers, FIELDS, NOBODY)
    assert "vps_api_info" not in str(caught.value)
    servers.list()


def test_only_a_refusal_is_explained(clock: VirtualTime) -> None:
    """A 500 proves nothing."""
    account = Account()
    account.disturb("POST", Reply(500, ASKED_FOR[0]), effect=True)
    servers, _http = servers_over(account, clock)
    assert create_or_adopt(servers, FIELDS, NOBODY)[1] == "adopt"
