# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that mean no, or nothing: one clear sentence that says what to do, nothing done twice, and "done" never said
of what is not.
"""

from __future__ import annotations

from typing import Any

import pytest

from fault_proxy import Fault
from helpers.facts import mentions, times
from helpers.script import Ran, Script

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
ONE_TRY = {"api_retries": 0}
MODULES = (
    ("present", "vps_server", {"name": "web-01", "backups_enabled": True}),
    ("present by id", "vps_server", {"id": 100, "backups_enabled": True}),
    ("create", "vps_server", {"name": "web-02", **ENOUGH}),
    ("absent", "vps_server", {"name": "web-01", "state": "absent"}),
    ("absent by id", "vps_server", {"id": 100, "state": "absent"}),
    ("absent that was never there", "vps_server", {"name": "web-09", "state": "absent"}),
    ("power", "vps_server_power", {"name": "web-01", "state": "stopped"}),
    ("info", "vps_server_info", {}),
    ("info by id", "vps_server_info", {"id": 100}),
)


def every_module(script: Script, **options: Any) -> None:
    script.insert(100, "web-01")
    for name, module, own in MODULES:
        script.task(name, module, {**own, **ONE_TRY, **options})


def assert_untouched(script: Script, ran: Ran) -> None:
    servers = script.emulator.servers()
    assert [(server["id"], server["status"], server["backups_enabled"]) for server in servers] == [
        (100, "active", False)
    ]
    assert [done.writes for done in ran.tasks.values() if done.writes] == []


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        pytest.param(Fault("html_200", times=None), ("HTML", "api_url"), id="HTML"),
        pytest.param(Fault("empty_body_200", times=None), ("empty",), id="empty"),
        pytest.param(Fault("answer", status=200, body={"ok": True}, times=None), (), id="another object"),
        pytest.param(Fault("answer", status=200, body=[], times=None), (), id="an array"),
        pytest.param(
            Fault("answer", status=500, body={"detail": "Out of order."}, times=None), (500, "Out of order."), id="500"
        ),
        pytest.param(
            Fault("redirect", to="http://127.0.0.1:9/", times=None), (302, "127.0.0.1:9", "api_url"), id="redirect"
        ),
        pytest.param(Fault("close_before", times=None), (), id="closed"),
    ],
)
def test_no_answer_of_the_api(script: Script, fault: Fault, facts: tuple[object, ...]) -> None:
    every_module(script)
    script.faults(fault)
    ran = script.run()
    for name, _module, _options in MODULES:
        done = ran.failed(name, *facts)
        assert len(done.sent) == 1 and done.sent[0].startswith("GET"), done.sent
        assert mentions(done["msg"], done.sent[0]), done["msg"]
    assert_untouched(script, ran)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_not_accepted(script: Script, status: int) -> None:
    """Nothing is tried again."""
    every_module(script, api_retries=5)
    if status == 403:
        script.faults(Fault("answer", status=403, body={"detail": "You do not have permission."}, times=None))
        ran = script.run()
    else:
        script.cli.secrets.append("vps_of-somebody-else")
        ran = script.run(env={"VPS_API_TOKEN": "vps_of-somebody-else"})
    for name, _module, _options in MODULES:
        done = ran.failed(
            name, status, *(("api_token", "VPS_API_TOKEN") if status == 401 else ("You do not have permission.",))
        )
        assert len(done.sent) == 1 and done["api"]["retries"] == 0
    assert_untouched(script, ran)


def test_a_token_that_may_only_read(script: Script) -> None:
    """What needs no write succeeds; a write is refused once, with the words of the API and the id."""
    script.emulator.add_token("vps_reader", ["servers:read"])
    script.insert(100, "web-01", status="stopped")
    script.server("unchanged", name="web-01")
    script.server("check", check=True, name="web-01", backups_enabled=True)
    script.server("update", name="web-01", backups_enabled=True)
    script.server("delete", name="web-01", state="absent")
    script.server("create", name="web-02", **ENOUGH)
    script.power("start", id=100, state="started")
    ran = script.run(env={"VPS_API_TOKEN": "vps_reader"})
    ran.ok("unchanged", changed=False)
    ran.ok("check", changed=True)
    for name in ("update", "delete", "create", "start"):
        done = ran.failed(name, 403, "You do not have permission to perform this action.")
        assert len(done.writes) == 1 and done["actions"] == []
        assert done["id"] == (None if name == "create" else 100)


SHAPES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a list of texts by field": (
        {"name": ["Bad name.", "Too long."], "plan_id": ["No."]},
        ("name", "Bad name.", "Too long.", "plan_id", "No."),
    ),
    "a text by field": ({"location": "Closed."}, ("location", "Closed.")),
    "no field": ({"non_field_errors": ["Not now."]}, ("Not now.",)),
    "detail": ({"detail": "No such plan."}, ("No such plan.",)),
    "message": ({"message": "No such plan."}, ("No such plan.",)),
    "nested": ({"errors": {"plan": {"id": [{"message": "Gone.", "code": 7}]}}}, ("plan", "Gone.", "7")),
    "a list": (["One.", "Two."], ("One.", "Two.")),
    "a text": ('"No."', ("No.",)),
    "plain text": ("It is closed.\r\nCome\tback \x1b[31mlater\x00.", ("It is closed. Come back", "[31mlater")),
    "a number": ("17", ("17",)),
    "null": ("null", ()),
    "nothing": (None, ()),
    "a page": ("<html><title>Bad</title><body><h1>No such plan</h1></body></html>", ("HTML", "No such plan")),
    "broken": ('{"name": [', ('{"name": [',)),
    "very long": ({"detail": "x" * 100_000}, ('{"detail": "' + "x" * 488 + "…",)),
    "deep": ("[" * 3000, ("[[[",)),
    "not UTF-8": (b"\xff\xfe no \xff", ("no",)),
    "a template": ({"detail": "{{ lookup('env', 'HOME') }}"}, ("{{ lookup('env', 'HOME') }}",)),
}


def test_refusals_of_any_shape(script: Script) -> None:
    """The words of a 400 are shown, shortened and without control characters; it is final."""
    for number, (body, _facts) in enumerate(SHAPES.values()):
        script.faults(
            Fault("answer", method="POST", path="*/servers/", body_has=f'"web-{number}"', status=400, body=body)
        )
    for number, name in enumerate(SHAPES):
        script.server(name, name=f"web-{number}", **ENOUGH)
    ran = script.run("-v")
    for name, (_body, facts) in SHAPES.items():
        done = ran.failed(name, "POST /servers/", 400, *facts)
        assert done.writes == ["POST /servers/"] and done["id"] is None
        assert done["msg"].isprintable() and len(done["msg"]) < 700, name
    assert script.emulator.servers() == []


def test_a_refusal_that_repeats_the_token(script: Script) -> None:
    script.faults(Fault("echo_token", method="POST", path="*/servers/"), Fault("echo_token", path="*/servers/100/"))
    script.server("create", name="web-01", **ENOUGH)
    script.info("read", id=100)
    ran = script.run("-vvvv")
    for name in ("create", "read"):
        assert "****" in ran.failed(name, 401)["msg"]


def test_lost_answer_to_a_create(script: Script) -> None:
    """Whether it was created cannot be known from the answer: it is looked for, adopted, and never asked for again."""
    script.configure(provision_ms=100, address_ms=0)
    lost = {"close_after": "web-1", "html_200": "web-2", "empty_body_200": "web-3", "reset_before": "web-4"}
    script.faults(*(Fault(kind, method="POST", path="*/servers/", body_has=f'"{name}"') for kind, name in lost.items()))
    for kind, name in lost.items():
        script.server(kind, name=name, adopt_timeout=0.5, **ENOUGH)
    script.server("again", name="web-4", **ENOUGH)
    ran = script.run()
    for kind in ("close_after", "html_200", "empty_body_200"):
        done = ran.ok(kind, changed=True)
        assert done.actions == ["adopt"] and done.writes == ["POST /servers/"] and done["server"]["ip_address"]
    # Nothing is claimed but that something may have changed.
    never = ran.failed("reset_before", "web-4", "POST /servers/", changed=True)
    assert (never["actions"], never["id"], never["server"]) == ([], None, None)
    assert never.writes == ["POST /servers/"] and len(never.sent) >= 6
    assert ran.ok("again", changed=True).actions == ["create"]
    assert sorted(server["name"] for server in script.emulator.servers()) == ["web-1", "web-2", "web-3", "web-4"]


def test_the_server_is_named_where_only_a_look_has_failed(script: Script) -> None:
    """With id and last status, wherever they are known, in the text too."""
    script.insert(100, "web-01")
    script.insert(101, "web-02", status="stopped")
    detail, listed = {"method": "GET", "path": "*/servers/100/"}, {"method": "GET", "path": "*/servers/"}
    script.faults(
        Fault("answer", **detail, status=500, times=2),
        Fault("hang_before", **detail, nth=3, times=None),
        Fault("answer", **listed, nth=4, times=None, status=500),
    )
    script.server("name", name="web-01", backups_enabled=True, **ONE_TRY)
    script.power("power", name="web-01", state="stopped", **ONE_TRY)
    script.server("late", name="web-01", backups_enabled=True, wait_timeout=3, api_timeout=2)
    script.server("rename", id=101, name="web-03", **ONE_TRY)
    script.server("gone", id=102, state="absent", **ONE_TRY)
    script.power("gone, power", id=102, state="started", **ONE_TRY)
    ran = script.run(complete=False)
    for name, fact in {"name": 500, "power": 500, "late": 3}.items():
        done = ran.failed(name, "web-01", "GET /servers/100/", fact)
        assert times(done["msg"], 100) == times(done["msg"], "active") == 1, done["msg"]
        assert (done["id"], done["name"], done["status"], done["server"]["name"]) == (100, "web-01", "active", "web-01")
    done = ran.failed("rename", "web-02", "GET /servers/", 500)
    assert times(done["msg"], 101) == times(done["msg"], "stopped") == 1, done["msg"]
    assert (done["id"], done["name"], done["status"]) == (101, "web-02", "stopped") and "backups_enabled" in done[
        "server"
    ]
    for name in ("gone", "gone, power"):
        done = ran.failed(name, 102, "GET /servers/", 500)
        assert done["id"] == 102 and done["server"] is None and "status" not in done.result
