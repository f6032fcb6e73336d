# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server creates: what is sent, what is foretold, what is waited for, and what is never created twice."""

from __future__ import annotations

from helpers.facts import mentions
from helpers.script import Script, foretold

FIRST = 12345
NEVER = 600_000  # ms
ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}
EVERYTHING = {
    "plan_id": 2,
    "os_id": 3,
    "location": "us-east",
    "hostname": "web01.example.com",
    "ssh_key_id": 2,
    "backups_enabled": True,
}


def test_create_with_everything_and_with_the_least(script: Script) -> None:
    script.configure(provision_ms=200, address_ms=200, check_ssh_keys=True)
    script.triple("all", name="web-01", power="started", **EVERYTHING)
    script.triple(
        "least",
        name="web-02",
        **ENOUGH,
        hostname=None,
        ssh_key_id=None,
        backups_enabled=None,
        id=None,
        power="{{ omit }}",
    )
    script.triple("stopped", name="web-03", power="stopped", **ENOUGH)
    script.twice("case", name="WEB-01", **ENOUGH)
    script.triple("no backups", name="web-04", backups_enabled=False, **ENOUGH)
    ran = script.run()

    check, real, again = ran.triple("all", changed=True, id=FIRST, drift=[])
    assert check.sent == ["GET /servers/", "GET /plans/"] and check["id"] is None
    assert check["server"]["status"] == "active" and check["server"]["ip_address"] is None
    assert real.body == {"name": "web-01", **EVERYTHING}
    assert real.sent[:4] == ["GET /servers/", "GET /plans/", "POST /servers/", "GET /servers/"]
    assert real["actions"] == [{"action": "create", "id": FIRST, "name": "web-01"}]
    server = real["server"]
    assert (server["status"], server["ip_address"], server["ipv6_address"]) == (
        "active",
        "203.0.113.10",
        "2001:0db8::1",
    )
    assert (server["plan"]["bandwidth"], server["backups_enabled"], server["hostname"]) == (
        4096,
        True,
        "web01.example.com",
    )
    assert "message" not in server and "ssh_key_id" not in server
    assert real["diff"]["before"] == {}
    assert real["diff"]["after"] == {"name": "web-01", "power": "started", **EVERYTHING}
    assert again.sent == ["GET /servers/", f"GET /servers/{FIRST}/"]

    _check, real, _again = ran.triple("least", changed=True)
    assert real.body == {"name": "web-02", **ENOUGH}
    check, real, _again = ran.triple("stopped", changed=True)
    assert real.actions == ["create", "stop"] and real["server"]["status"] == "stopped" and real["server"]["ip_address"]
    assert check["server"]["status"] == "stopped"
    assert ran.both_fail("case", "WEB-01", "web-01", FIRST).writes == []
    _check, real, _again = ran.triple("no backups", changed=True)
    assert real.body["backups_enabled"] is False
    stored = {server["name"]: server for server in script.emulator.servers()}
    assert sorted(stored) == ["web-01", "web-02", "web-03", "web-04"]
    assert [stored[name]["ssh_key_id"] for name in ("web-01", "web-02")] == [2, None]


def test_ssh_key_counts_at_creation_only(script: Script) -> None:
    script.insert(100, "web-01", ssh_key_id=1)
    script.triple("another key", name="web-01", ssh_key_id=3)
    ran = script.run()
    _check, real, _again = ran.triple("another key", changed=False, actions=[], drift=[])
    assert real.sent == ["GET /servers/", "GET /servers/100/"]
    assert real["diff"]["before"] == real["diff"]["after"] == {"name": "web-01"}


def test_what_a_create_needs(script: Script) -> None:
    """Each refusal takes one look at the account, and names all that is missing."""
    script.twice("nothing", name="web-01")
    script.twice("plan", name="web-01", os_id=5, location="us-west")
    script.twice("two", name="web-01", plan_id=1, power="started")
    script.twice("null", name="web-01", plan_id=1, os_id=5, location=None)
    script.server("by id", id=4711, **ENOUGH)
    script.twice("renamed", id=4711, name="web-01", **ENOUGH)
    ran = script.run()
    for name, facts in {
        "nothing": ["web-01", "plan_id", "os_id", "location"],
        "plan": ["web-01", "plan_id"],
        "two": ["web-01", "os_id", "location"],
        "null": ["web-01", "location"],
        "renamed": [4711],
    }.items():
        real = ran.both_fail(name, *facts)
        assert [option for option in ENOUGH if mentions(real["msg"], option)] == [
            fact for fact in facts if fact in ENOUGH
        ], "what is missing, and no more"
        assert real["actions"] == [] and real["server"] is None and real["id"] is None
        assert real.sent[-1] == "GET /servers/" and len(real.sent) == (2 if name == "renamed" else 1)
    assert not mentions(ran.failed("by id", 4711)["msg"], "plan_id")
    assert script.emulator.servers() == []


def test_provisioning_is_waited_for_and_never_created_again(script: Script) -> None:
    script.configure(provision_ms=NEVER)
    script.server("no wait", name="web-01", wait=False, **ENOUGH)
    script.server("still no wait", name="web-01", wait=False, **ENOUGH)
    script.server("check", check=True, name="web-01", **ENOUGH)
    script.server("wait", name="web-01", **ENOUGH)
    script.after_looks(FIRST, 4, status="active")
    script.after_looks(FIRST, 6, ip_address="203.0.113.10")
    script.server("again", name="web-01", **ENOUGH)
    script.configure(provision_ms=0, address_ms=NEVER)
    script.other_client("POST", "/servers/", {"name": "web-03", **ENOUGH})
    script.server("active without address", name="web-03", **ENOUGH)
    script.configure(provision_ms=NEVER, address_ms=0)
    script.server("no waiting: check", check=True, name="web-02", wait=False, power="started", **ENOUGH)
    script.server("no waiting: real", name="web-02", wait=False, power="started", **ENOUGH)
    script.configure(provision_ms=300, stop_ms=NEVER)
    # It starts by itself, and only then can it be stopped.
    script.server("stopped: check", check=True, name="web-04", wait=False, power="stopped", **ENOUGH)
    script.server("stopped: real", name="web-04", wait=False, power="stopped", **ENOUGH)
    ran = script.run()
    created = ran.ok("no wait", changed=True)
    assert created["server"]["status"] == "provisioning" and created["server"]["ip_address"] is None
    assert created["id"] == FIRST and created.writes == ["POST /servers/"]
    assert ran.ok("still no wait", changed=False)["server"]["status"] == "provisioning"
    assert ran["still no wait"].sent == ["GET /servers/", f"GET /servers/{FIRST}/"]
    check, waited = ran.ok("check", changed=False), ran.ok("wait", changed=False)
    assert check["server"]["status"] == waited["server"]["status"] == "active"
    assert waited["server"]["ip_address"] == "203.0.113.10" and waited.writes == []
    assert len(waited.sent) > 3  # it looked until the address was there, which comes after the status
    left = ran.ok("active without address", changed=False)
    assert left["server"]["ip_address"] is None and left.sent == ["GET /servers/", f"GET /servers/{FIRST + 1}/"]
    assert ran.ok("again", changed=False).sent == ["GET /servers/", f"GET /servers/{FIRST}/"]
    for name, status, actions in (
        ("no waiting", "provisioning", ["create"]),
        ("stopped", "stopping", ["create", "stop"]),
    ):
        check, real = ran.ok(f"{name}: check", changed=True), ran.ok(f"{name}: real", changed=True)
        assert foretold(check.result, real.result) == [], name
        assert check["server"]["status"] == real["server"]["status"] == status and real.actions == actions
    assert len(script.emulator.servers()) == 4


def test_limit_reached(script: Script) -> None:
    """A failure with id, name and last status, in the text too; the next run finds the server."""
    script.configure(provision_ms=60_000)
    script.server("late", name="web-01", wait_timeout=3.5, **ENOUGH)
    script.server("late again", name="web-01", wait_timeout=3.5, **ENOUGH)
    script.configure(provision_ms=0, gives_address=False)
    script.server("no address", name="web-02", wait_timeout=3.5, **ENOUGH)
    script.server("no address again", name="web-02", wait_timeout=3.5, **ENOUGH)
    script.configure(stop_ms=60_000, address_ms=0, gives_address=True)
    script.server("not stopped", name="web-03", wait_timeout=3.5, power="stopped", **ENOUGH)
    ran = script.run()
    late = ran.failed("late", "web-01", FIRST, "provisioning", 3.5, changed=True)
    assert (late["id"], late["name"], late["status"], late.actions) == (FIRST, "web-01", "provisioning", ["create"])
    assert late["server"]["id"] == FIRST and late["diff"]["after"]["name"] == "web-01"
    assert late["api"]["waited"] < 60, "not as long as it would by default"
    again = ran.failed("late again", "web-01", FIRST, "provisioning", 3.5, changed=False)
    assert again.writes == [] and again["id"] == FIRST
    # Found active, it is not waited for: check mode could not foretell how that ends.
    without_again = ran.ok("no address again", changed=False)
    assert without_again["server"]["ip_address"] is None and without_again["server"]["status"] == "active"
    assert without_again["api"]["waited"] == 0
    without = ran.failed("no address", FIRST + 1, "active", "address", 3.5, changed=True)
    assert without["server"]["ip_address"] is None and without["status"] == "active"
    stopping = ran.failed("not stopped", FIRST + 2, "stopping", 3.5, changed=True)
    assert stopping.actions == ["create", "stop"] and stopping["status"] == "stopping"
    assert len(script.emulator.servers()) == 3


def test_provisioning_that_goes_wrong(script: Script) -> None:
    """Ends at once, not at the time limit, and with the id."""
    for status in ("error", "failed", "suspended"):
        script.configure(provision_ms=150, provision_ends_in=status)
        script.server(status, name=f"web-{status}", **ENOUGH)
    script.configure(provision_ends_in="quarantined")
    script.server("unknown", name="web-unknown", wait_timeout=3.5, **ENOUGH)
    ran = script.run()
    for number, status in enumerate(("error", "failed", "suspended")):
        done = ran.failed(status, f"web-{status}", FIRST + number, status, changed=True)
        assert (done["id"], done["name"], done["status"], done.actions) == (
            FIRST + number,
            f"web-{status}",
            status,
            ["create"],
        )
        assert done["api"]["waited"] < 5
    unknown = ran.failed("unknown", FIRST + 3, "quarantined", 3.5, changed=True)
    assert (
        [warning for warning in unknown["warnings"] if mentions(warning, FIRST + 3, "quarantined")]
        == unknown["warnings"]
        != []
    )


def test_refused_by_the_api(script: Script) -> None:
    """The API's own words, nothing tried again, nothing changed; whatever the shape of the error. Without a list of
    plans, nothing tells before.
    """
    shapes = ("drf", "detail", "message", "text", "html")
    script.configure(unique_names=True, plans=False)
    for shape in shapes:
        script.configure(error_shape=shape)
        script.server(f"plan {shape}", name="web-01", plan_id=99, os_id=98, location="nowhere")
    script.configure(error_shape="drf")
    script.credits(10)
    script.server("credit", name="web-01", **ENOUGH)
    script.credits(1000)
    script.insert(100, "web-01")
    script.insert(200, "web-02")
    script.server("taken", id=200, name="web-01")
    ran = script.run()
    for shape in shapes:
        done = ran.failed(
            f"plan {shape}", "POST /servers/", 400, "HTML" if shape == "html" else "object does not exist."
        )
        assert done.writes == ["POST /servers/"] and done["id"] is None and done["actions"] == []
        assert shape == "html" or all(
            word in done["msg"] for word in ("plan_id", "os_id", "location", "99", "98", "nowhere")
        )
    credit = ran.failed("credit", 402, "Insufficient credits.")
    assert credit["id"] is None and credit["actions"] == []
    assert credit.writes == ["POST /servers/"]
    taken = ran.failed("taken", 400, "server with this name already exists.", 200)
    assert taken["id"] == 200 and taken["actions"] == []


def test_two_servers_of_one_name(script: Script) -> None:
    """Both ids named, none picked, whatever was asked for."""
    script.insert(100, "web-01")
    script.insert(200, "web-01", status="stopped")
    script.insert(300, "Web-01")
    script.twice("present", name="web-01", backups_enabled=True)
    script.twice("create", name="web-01", **ENOUGH)
    script.twice("absent", name="web-01", state="absent")
    for state in ("started", "stopped", "rebooted"):
        script.twice(state, "vps_server_power", name="web-01", state=state)
    script.info("info", name="web-01")
    script.triple("by id", id=200, backups_enabled=True)
    ran = script.run()
    for name in ("present", "create", "absent", "started", "stopped", "rebooted"):
        real, check = ran.failed(f"{name}: real", 2, "web-01", 100, 200, "id"), ran.failed(f"{name}: check")
        assert real["msg"] == check["msg"] and not mentions(real["msg"], 300)
        assert real.sent == check.sent == ["GET /servers/"]
    assert [server["id"] for server in ran.ok("info", changed=False)["servers"]] == [100, 200]
    ran.triple("by id", changed=True, id=200)
