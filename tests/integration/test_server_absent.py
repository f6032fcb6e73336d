# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server deletes what it was told to, by an id that it has seen, and calls nothing absent without proof."""

from __future__ import annotations

import pytest

from helpers.script import Script

LIST, DETAIL = "GET /servers/", "GET /servers/100/"


def test_delete(script: Script) -> None:
    for number, name in enumerate(("by-name", "by-id", "by-both", "stopped", "suspended", "strange")):
        status = name if name in ("stopped", "suspended") else "crashed" if name == "strange" else "active"
        script.insert(100 + number, name, status=status)
    script.insert(200, "By-Name")
    script.triple("name", name="by-name", state="absent")
    script.triple("id", id=101, state="absent")
    script.triple("both", id=102, name="by-both", state="absent")
    script.triple("stopped", name="stopped", state="absent")
    script.triple("suspended", name="suspended", state="absent")
    script.triple("strange", name="strange", state="absent")
    script.triple("never there", name="never-there", state="absent")
    script.triple("never there by id", id=4711, state="absent")
    script.triple(
        "other options are no wish",
        name="By-Name",
        state="absent",
        plan_id=4,
        power="started",
        hostname="no.example.com",
    )
    ran = script.run("--diff")

    check, real, again = ran.triple("name", changed=True, id=100, server=None)
    # The detail bears the name that the list has shown: only then is it deleted.
    assert check.sent == [LIST, DETAIL] and check["server"] is None
    assert real.sent[:3] == [LIST, DETAIL, "DELETE /servers/100/"] and real.writes == ["DELETE /servers/100/"]
    # Gone means: no detail, and a whole list without it.
    assert real.sent[3:] == [DETAIL, LIST]
    assert real["actions"] == [{"action": "delete", "id": 100, "name": "by-name"}]
    assert (
        real["diff"]["after"] == {}
        and real["diff"]["before"]["name"] == "by-name"
        and real["diff"]["before"]["id"] == 100
    )
    assert again.sent == [LIST] and again["id"] is None and again["diff"]["before"] == again["diff"]["after"] == {}

    check, real, again = ran.triple("id", changed=True, id=101)
    assert check.sent == ["GET /servers/101/"]
    assert real.sent == ["GET /servers/101/", "DELETE /servers/101/", "GET /servers/101/", LIST]
    assert again.sent == ["GET /servers/101/", LIST]
    for name in ("both", "stopped", "suspended", "strange", "other options are no wish"):
        ran.triple(name, changed=True, server=None)
    for name in ("never there", "never there by id"):
        ran.triple(name, changed=False, server=None, id=None)
    assert script.emulator.servers() == []


def test_id_and_name_that_do_not_belong_together(script: Script) -> None:
    script.insert(100, "web-01")
    script.insert(200, "web-02")
    script.twice("mismatch", id=100, name="web-02", state="absent")
    script.twice("case", id=100, name="WEB-01", state="absent")
    ran = script.run()
    for name, told in (("mismatch", "web-02"), ("case", "WEB-01")):
        real = ran.both_fail(name, 100, "web-01", told)
        assert real.sent == [DETAIL] and real["id"] == 100
    assert len(script.emulator.servers()) == 2


def test_lingering(script: Script) -> None:
    """A deleted server that is still shown is waited for, whatever a second look at it says, and only if asked to."""
    script.configure(delete_ms=400, deleting_status="deleting")
    script.insert(100, "web-01")
    script.insert(101, "web-02")
    script.triple("wait", name="web-01", state="absent")
    script.server("no wait", name="web-02", state="absent", wait=False)
    script.configure(delete_ms=60_000)
    script.insert(102, "web-03")
    script.server("limit", name="web-03", state="absent", wait_timeout=3)
    ran = script.run()
    _check, real, again = ran.triple("wait", changed=True, id=100, server=None)
    assert real.writes == ["DELETE /servers/100/"] and real["api"]["waited"] >= 0.1 and len(real.sent) > 4
    assert again.sent == [LIST]
    assert ran.ok("no wait", changed=True).sent == [LIST, "GET /servers/101/", "DELETE /servers/101/"]
    limit = ran.failed("limit", "web-03", 102, 3, "deleting", changed=True)
    assert (limit["id"], limit["status"], limit.actions) == (102, "deleting", ["delete"])


@pytest.mark.parametrize("answer", [404, 409, 204])
def test_deleting_what_is_being_deleted(script: Script, answer: int) -> None:
    script.configure(delete_ms=600_000, delete_again=answer)
    for number in range(2):
        script.insert(100 + number, f"web-{number}")
        script.other_client("DELETE", f"/servers/{100 + number}/")
        # By then it has seen that it is still there, and sent a DELETE.
        script.gone_after_looks(100 + number, 3)
    script.server("name", name="web-0", state="absent")
    script.server("id", id=101, state="absent")
    ran = script.run()
    for name in ("name", "id"):
        done = ran.ok(name)
        assert done["server"] is None
        # Whether this run did it can only be told from an acceptance.
        assert done["changed"] is (answer == 204) or done.writes == [], done.result
        assert answer == 204 or len(done.writes) > 1, "a refusal proves nothing where a look still shows the server"
    assert script.emulator.servers() == []


def test_nothing_is_absent_without_proof(script: Script) -> None:
    """With a wrong address everything is 404, and the bill would run on."""
    script.insert(100, "web-01")
    wrong = "{{ lookup('env', 'VPS_API_URL') | replace('/v1', '/v2') }}"
    for state in ("absent", "present"):
        script.twice(f"{state} by name", name="web-01", state=state, api_url=wrong)
        script.twice(f"{state} by id", id=100, state=state, api_url=wrong)
    script.twice("power", "vps_server_power", id=100, state="stopped", api_url=wrong)
    script.info("info", id=100, api_url=wrong)
    script.info("list", api_url=wrong)
    ran = script.run()
    for name in ("absent by name", "absent by id", "present by name", "present by id", "power"):
        for which in (": check", ": real"):
            done = ran.failed(name + which, 404, "api_url")
            assert done["actions"] == [] and done["server"] is None and done.writes == []
    for name in ("info", "list"):
        assert "servers" not in ran.failed(name, 404, "api_url").result
    assert [server["id"] for server in script.emulator.servers()] == [100]
