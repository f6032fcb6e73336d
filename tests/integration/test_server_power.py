# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power states, through vps_server_power and the option `power` of vps_server: every wanted state from every status."""

from __future__ import annotations

import pytest

from fault_proxy import Fault
from helpers.facts import mentions
from helpers.script import Script, foretold

# What is sent from each status, and where it ends.
STARTED = {
    "active": ([], "active"),
    "stopped": (["start"], "active"),
    "starting": ([], "active"),
    "stopping": (["start"], "active"),
    "rebooting": ([], "active"),
    "provisioning": ([], "active"),
}
STOPPED = {
    "active": (["stop"], "stopped"),
    "stopped": ([], "stopped"),
    "starting": (["stop"], "stopped"),
    "stopping": ([], "stopped"),
    "rebooting": (["stop"], "stopped"),
    "provisioning": (["stop"], "stopped"),
}
REBOOTED = {
    "active": (["reboot"], "active"),
    "starting": (["reboot"], "active"),
    "rebooting": ([], "active"),
    "provisioning": (["reboot"], "active"),
}


# Where a transition ends, once it was looked at three times.
ENDS = {
    "starting": "active",
    "stopping": "stopped",
    "rebooting": "active",
    "provisioning": "active",
}
LOOKS = 3


def instantly(script: Script) -> None:
    """Actions come to their end before the next look, so that nothing depends on a clock."""
    script.configure(provision_ms=0, address_ms=0, start_ms=0, stop_ms=0, reboot_ms=0)


def insert(script: Script, server_id: int, name: str, status: str) -> None:
    """A server in a status, which ends where it is a transition."""
    script.insert(server_id, name, status=status, **({"ip_address": None} if status == "provisioning" else {}))
    if status in ENDS:
        address = {"ip_address": "203.0.113.99"} if status == "provisioning" else {}
        script.after_looks(server_id, LOOKS, status=ENDS[status], **address)


@pytest.mark.parametrize(
    ("module", "option", "wanted", "table"),
    [
        ("vps_server_power", "state", "started", STARTED),
        ("vps_server_power", "state", "stopped", STOPPED),
        ("vps_server_power", "state", "rebooted", REBOOTED),
        ("vps_server", "power", "started", STARTED),
        ("vps_server", "power", "stopped", STOPPED),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_status(script: Script, module: str, option: str, wanted: str, table: dict) -> None:
    """Looked at, acted on only where needed, after the end of another transition; foretold by check mode."""
    instantly(script)
    quick = {"settle_time": 0.3} if module == "vps_server_power" else {}
    for number, status in enumerate(table):
        insert(script, 100 + number, f"web-{number}", status)
        options = {**({"id": 100 + number} if number % 2 else {"name": f"web-{number}"}), option: wanted, **quick}
        (script.twice if wanted == "rebooted" else script.triple)(status, module, **options)
    ran = script.run()
    for number, (status, (actions, end)) in enumerate(table.items()):
        server_id = 100 + number
        check, real = (
            ran.ok(f"{status}: check", changed=bool(actions)),
            ran.ok(f"{status}: real", changed=bool(actions)),
        )
        if wanted != "rebooted":
            ran.triple(status)
        assert foretold(check.result, real.result) == [], status
        assert check.actions == real.actions == actions, status
        assert real.writes == [f"POST /servers/{server_id}/{action}/" for action in actions], status
        assert check.writes == []
        assert check["server"]["status"] == real["server"]["status"] == end, status
        assert check["id"] == real["id"] == server_id
        assert real["server"]["ipv6_address"], "the detail"
        if actions:
            assert real["diff"]["after"]["power"] == wanted and real["diff"]["before"]["power"] != wanted
        if status in ENDS:
            # It was waited for before the action was sent, not after.
            looks = real.sent.index(real.writes[0]) if real.writes else len(real.sent)
            assert real.sent[:looks].count(f"GET /servers/{server_id}/") >= LOOKS - 1, status


def test_without_waiting(script: Script) -> None:
    script.configure(start_ms=60_000, stop_ms=60_000, reboot_ms=60_000)
    no_wait = {"wait": False}
    for server_id, name, status in (
        (100, "off", "stopped"),
        (101, "on", "active"),
        (102, "again", "active"),
        (103, "coming", "starting"),
    ):
        script.insert(server_id, name, status=status)
    insert(script, 105, "late", "stopping")
    for name, state in (("off", "started"), ("on", "stopped"), ("again", "rebooted"), ("coming", "started")):
        script.power(f"{name}: check", check=True, name=name, state=state, **no_wait)
        script.power(f"{name}: real", name=name, state=state, **no_wait)
    script.power("another transition", name="late", state="started", **no_wait)
    ran = script.run()
    for name, action, status in (
        ("off", "start", "starting"),
        ("on", "stop", "stopping"),
        ("again", "reboot", "rebooting"),
    ):
        check, real = ran.ok(f"{name}: check", changed=True), ran.ok(f"{name}: real", changed=True)
        assert (
            check.actions == real.actions == [action]
            and check["server"]["status"] == real["server"]["status"] == status
        )
        assert foretold(check.result, real.result) == [], name
        assert len(real.writes) == 1 and real["api"]["waited"] == 0
    for which in (": check", ": real"):
        coming = ran.ok(f"coming{which}", changed=False)
        assert coming.writes == [] and coming["server"]["status"] == "starting"
    # The API can't start it before it has stopped.
    late = ran.ok("another transition", changed=True)
    assert (
        late.writes == ["POST /servers/105/start/"]
        and late["api"]["waited"] > 0
        and late["server"]["status"] == "starting"
    )


def test_what_no_action_changes(script: Script) -> None:
    for number, status in enumerate(("suspended", "error", "failed")):
        script.insert(100 + number, status, status=status)
        for state in ("started", "stopped", "rebooted"):
            script.twice(f"{status} {state}", "vps_server_power", name=status, state=state)
        script.twice(f"{status} power", name=status, power="started")
        # Of a server that never came to be, "done" is said only to who does not wait for it.
        script.triple(
            f"{status} left alone",
            name=status,
            backups_enabled=True,
            **({} if status == "suspended" else {"wait": False}),
        )
    ran = script.run()
    for number, status in enumerate(("suspended", "error", "failed")):
        for what in ("started", "stopped", "rebooted", "power"):
            real = ran.both_fail(f"{status} {what}", status, 100 + number)
            assert (real["id"], real["name"], real["status"]) == (100 + number, status, status)
        ran.triple(f"{status} left alone", changed=True)


def test_unknown_status(script: Script) -> None:
    """Waited on, named in a warning once, and in the failure at the limit."""
    script.insert(100, "web-01", status="migrating")
    script.insert(101, "web-02", status="restoring")
    limit = {"wait_timeout": 3.5}
    for state in ("started", "stopped", "rebooted"):
        script.power(f"{state}: check", check=True, name="web-01", state=state, **limit)
        script.power(f"{state}: real", name="web-01", state=state, **limit)
    script.power("restoring", name="web-02", state="stopped", **limit)
    script.triple("left alone", name="web-01", backups_enabled=True)
    instantly(script)
    for number, (status, end) in enumerate(
        (("migrating", "active"), ("migrating", "stopped"), ("restoring", "stopped"), ("restoring", "error"))
    ):
        script.insert(200 + number, f"app-{number}", status=status)
        script.after_looks(200 + number, LOOKS, status=end)
        script.power(f"{status} to {end}", id=200 + number, state="started")
    ran = script.run()
    for state in ("started", "stopped", "rebooted"):
        done = ran.failed(f"{state}: real", "web-01", 100, "migrating", 3.5)
        assert (
            done.writes == []
            and len(done["warnings"]) == 1
            and mentions(done["warnings"][0], "web-01", 100, "migrating")
        )
        assert ran.ok(f"{state}: check").writes == []
    restoring = ran.failed("restoring", "web-02", 101, "restoring", 3.5)
    assert restoring.writes == [] and "warnings" not in restoring.result
    ran.triple("left alone", changed=True)
    known = ran.ok("migrating to active", changed=False)
    assert known.writes == [] and len(known["warnings"]) == 1 and known["server"]["status"] == "active"
    for name in ("migrating to stopped", "restoring to stopped"):
        assert ran.ok(name, changed=True).actions == ["start"] and ran[name]["server"]["status"] == "active"
    assert ran.failed("restoring to error", "app-3", 203, "error").writes == []


def test_reboot_of_a_stopped_server(script: Script) -> None:
    """The API's own refusal, never a start."""
    instantly(script)
    script.insert(100, "web-01", status="stopped")
    script.power("check", check=True, name="web-01", state="rebooted")
    script.power("real", name="web-01", state="rebooted")
    script.power("no wait", name="web-01", state="rebooted", wait=False)
    insert(script, 101, "web-02", "stopping")
    script.power("stopping", name="web-02", state="rebooted")
    ran = script.run()
    check, real = ran.failed("check", "web-01", 100, "stopped"), ran["real"]
    assert check.writes == [] and foretold(check.result, real.result) == []
    assert check["server"]["status"] == real["server"]["status"] == "stopped"
    for name, server_id in (("real", 100), ("no wait", 100), ("stopping", 101)):
        done = ran.failed(name, "Server is not running.", server_id, "stopped", 400)
        assert done.writes == [f"POST /servers/{server_id}/reboot/"] and done["actions"] == []
        assert (done["id"], done["status"]) == (server_id, "stopped")


def test_reboot_again(script: Script) -> None:
    """Every time it is asked for."""
    script.configure(reboot_ms=300)
    script.insert(100, "web-01")
    script.power("one", name="web-01", state="rebooted")
    script.power("two", id=100, state="rebooted")
    ran = script.run()
    for name in ("one", "two"):
        done = ran.ok(name, changed=True)
        assert done.writes == ["POST /servers/100/reboot/"] and done["server"]["status"] == "active"


def test_a_reboot_too_short_to_be_seen(script: Script) -> None:
    """Active counts only after the settling time where no look has shown it rebooting."""
    script.configure(reboot_ms=0)
    script.insert(100, "web-01")
    script.power("reboot", name="web-01", state="rebooted", settle_time=2)
    ran = script.run()
    done = ran.ok("reboot", changed=True)
    # The looks themselves count as well; what is waited between them is the greater part.
    assert done["api"]["waited"] >= 1 and len(done.writes) == 1


def test_limit_reached(script: Script) -> None:
    script.configure(start_ms=60_000, stop_ms=60_000, reboot_ms=60_000)
    limit = {"wait_timeout": 3.5}
    for server_id, name, status in (
        (100, "off", "stopped"),
        (101, "on", "active"),
        (102, "again", "active"),
        (103, "going", "stopping"),
    ):
        script.insert(server_id, name, status=status)
    script.power("started", name="off", state="started", **limit)
    script.power("stopped", name="on", state="stopped", **limit)
    script.power("rebooted", name="again", state="rebooted", **limit)
    script.power("settled", name="going", state="started", **limit)
    ran = script.run()
    for name, label, server_id, status in (
        ("started", "off", 100, "starting"),
        ("stopped", "on", 101, "stopping"),
        ("rebooted", "again", 102, "rebooting"),
    ):
        done = ran.failed(name, label, server_id, status, 3.5, changed=True)
        assert (done["id"], done["name"], done["status"]) == (server_id, label, status) and len(done.writes) == 1
    assert ran.failed("settled", "going", 103, "stopping", 3.5).writes == []


@pytest.mark.parametrize("busy", [400, 409])
def test_lost_races(script: Script, busy: int) -> None:
    """Another client acts between the look and the action: a refusal is followed by a look, and by patience."""
    instantly(script)
    script.configure(actions_in_transition=busy)
    # Shown stopped to the first look only.
    races = {
        "start": {"gone there": ("active", []), "on the way": ("starting", [])},
        "stop": {"gone there": ("stopped", []), "on the way": ("stopping", [])},
    }
    number = 100
    for action, cases in races.items():
        first, state = ("stopped", "started") if action == "start" else ("active", "stopped")
        for case, (status, _sent) in cases.items():
            script.insert(number, f"web-{number}", status=first)
            script.after_looks(number, 1, status=status)
            if status in ENDS:
                script.after_looks(number, LOOKS, status=ENDS[status])
            script.power(f"{action} {case}", id=number, state=state)
            number += 1
    # The other way about: it must come to rest first.
    script.insert(200, "web-200", status="stopped")
    script.after_looks(200, 1, status="stopping")
    script.after_looks(200, LOOKS, status="stopped")
    script.power("start of a stopping one", id=200, state="started")
    script.insert(201, "web-201")
    script.after_looks(201, 1, status="starting")
    script.after_looks(201, LOOKS, status="active")
    script.power("stop of a starting one", id=201, state="stopped")
    script.insert(202, "web-202")
    script.after_looks(202, 1, status="rebooting")
    script.after_looks(202, LOOKS + 1, status="active")
    script.power("reboot of a rebooting one", id=202, state="rebooted", settle_time=0.3)
    script.insert(203, "web-203")
    script.after_looks(203, 1, status="suspended")
    script.power("suspended meanwhile", id=203, state="stopped")
    ran = script.run()
    for action, cases in races.items():
        for case in cases:
            done = ran.ok(f"{action} {case}", changed=False)
            assert len(done.writes) == 1 and done["actions"] == [], done.result
            assert done["server"]["status"] == ("active" if action == "start" else "stopped")
    for name, action in (("start of a stopping one", "start"), ("stop of a starting one", "stop")):
        done = ran.ok(name, changed=True)
        assert done.actions == [action] and len(done.writes) == 2, done.sent
    done = ran.ok("reboot of a rebooting one", changed=True)
    assert done.writes == ["POST /servers/202/reboot/"]
    meanwhile = ran.failed("suspended meanwhile", 203, "suspended")
    assert len(meanwhile.writes) == 1


def test_a_refusal_that_is_no_race(script: Script) -> None:
    """The API's words where nothing explains its 400."""
    script.insert(100, "web-01", status="stopped")
    script.faults(
        Fault(
            "answer",
            method="POST",
            path="*/start/",
            status=400,
            body={"non_field_errors": ["Not on a Sunday."]},
            times=None,
        )
    )
    script.power("start", id=100, state="started")
    ran = script.run()
    done = ran.failed("start", "Not on a Sunday.", 400, 100, "stopped")
    assert done.writes == ["POST /servers/100/start/"] and done["actions"] == []
