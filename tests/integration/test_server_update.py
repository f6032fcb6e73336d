# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server changes a server in place with as few requests as there can be, and never what cannot be changed unless
told to.
"""

from __future__ import annotations

from helpers.facts import mentions
from helpers.script import Script

LIST, DETAIL, PATCH = "GET /servers/", "GET /servers/100/", "PATCH /servers/100/"
WEB = {"hostname": "web01.example.com", "backups_enabled": False}


def test_nothing_to_do(script: Script) -> None:
    """By name one list and one detail, by id one detail."""
    script.insert(100, "web-01", **WEB)
    for name, options in {
        "name": {"name": "web-01"},
        "id": {"id": 100},
        "both": {"id": 100, "name": "web-01"},
        "everything": {
            "name": "web-01",
            **WEB,
            "plan_id": 1,
            "os_id": 5,
            "location": "us-west",
            "power": "started",
            "ssh_key_id": 9,
        },
        "all by id": {"id": 100, **WEB, "plan_id": 1, "os_id": 5, "location": "us-west", "power": "started"},
        "nulls": {"name": "web-01", "hostname": None, "backups_enabled": None, "plan_id": None, "location": None},
        "omitted": {"name": "web-01", "hostname": "{{ omit }}", "power": "{{ omit }}"},
        "host name as DNS sees it": {"name": "web-01", "hostname": "WEB01.example.com."},
        "texts": {"name": "web-01", "plan_id": "1", "os_id": "{{ 5 }}", "backups_enabled": "no"},
    }.items():
        script.triple(name, **options)
    ran = script.run()
    for name in ("name", "everything", "nulls", "omitted", "host name as DNS sees it", "texts"):
        for done in ran.triple(name, changed=False, actions=[], drift=[], id=100):
            assert done.sent == [LIST, DETAIL], name
    for name in ("id", "both", "all by id"):
        for done in ran.triple(name, changed=False, actions=[], drift=[], id=100):
            assert done.sent == [DETAIL], name
    done = ran["everything" + ": real"]
    assert done["diff"]["before"] == done["diff"]["after"]
    assert done["diff"]["after"]["power"] == "started" and "ssh_key_id" not in done["diff"]["after"]
    assert done["server"]["resource_usage"] and "resource_usage" not in str(done["diff"])
    assert done["api"] == {"requests": 2, "retries": 0, "waited": 0.0}


def test_update_in_place(script: Script) -> None:
    """A PATCH that holds only what differs, with the fewest requests that can prove it."""
    new_name = {"hostname": "new.example.com"}
    cases = {
        "hostname": (new_name, new_name),
        "backups": ({"backups_enabled": True}, {"backups_enabled": True}),
        "both": ({**new_name, "backups_enabled": True}, {**new_name, "backups_enabled": True}),
        "one of two": ({"hostname": "web01.example.com", "backups_enabled": True}, {"backups_enabled": True}),
        "with power and plan": ({**new_name, "power": "started", "plan_id": 1}, new_name),
    }
    for number, (name, (options, _sent)) in enumerate(cases.items()):
        script.insert(100 + number, f"web-{number}", **WEB)
        script.insert(200 + number, f"app-{number}", **WEB)
        script.triple(f"{name} by name", name=f"web-{number}", **options)
        script.triple(f"{name} by id", id=200 + number, **options)
    script.insert(300, "no-hostname", hostname=None, backups_enabled=True)
    script.triple("first hostname", name="no-hostname", hostname="first.example.com", backups_enabled=False)
    ran = script.run("--diff")
    for number, (name, (options, sent)) in enumerate(cases.items()):
        for way, server_id in (("name", 100 + number), ("id", 200 + number)):
            check, real, again = ran.triple(f"{name} by {way}", changed=True, drift=[], id=server_id)
            detail, listed = f"GET /servers/{server_id}/", [LIST] if way == "name" else []
            assert check.sent == again.sent == [*listed, detail]
            assert real.sent == [*listed, detail, f"PATCH /servers/{server_id}/", detail]
            assert real.body == sent
            assert real["actions"] == [
                {"action": "update", "id": server_id, "name": real["server"]["name"], "fields": sent}
            ]
            before = {
                key: value for key, value in real["diff"]["before"].items() if value != real["diff"]["after"][key]
            }
            assert before == {key: WEB[key] for key in sent}
            assert {key: real["server"][key] for key in sent} == sent
            assert set(real["diff"]["after"]) == {"name", *options} and "resource_usage" not in str(real["diff"])
    _check, real, _again = ran.triple("first hostname", changed=True)
    assert real.body == {"hostname": "first.example.com", "backups_enabled": False}
    assert "resource_usage" not in ran.outcome.stdout


def test_answers_of_a_patch_are_not_relied_on(script: Script) -> None:
    """Whatever body it comes with: the server is read again."""
    answers = ("detail", "list_item", "empty_object", "no_body", "no_content")
    for number, answer in enumerate(answers):
        script.insert(100 + number, f"web-{number}", **WEB)
        script.configure(patch_answer=answer)
        script.triple(answer, id=100 + number, backups_enabled=True)
    ran = script.run()
    for answer in answers:
        _check, real, _again = ran.triple(answer, changed=True)
        assert len(real.writes) == 1 and real["server"]["backups_enabled"] is True, answer


def test_rename(script: Script) -> None:
    script.insert(100, "web-01", **WEB)
    script.insert(200, "web-02", **WEB)
    script.insert(300, "web-03", **WEB)
    script.triple("rename", id=100, name="web-09")
    script.triple("rename and more", id=100, name="web-10", hostname="web10.example.com")
    script.triple("case", id=100, name="Web-10")
    script.triple("taken", id=200, name="web-03")
    ran = script.run()
    check, real, again = ran.triple("rename", changed=True, id=100)
    # The list tells whether the new name is free.
    assert check.sent == [DETAIL, LIST] and real.sent == [DETAIL, LIST, PATCH, DETAIL] and again.sent == [DETAIL]
    assert real.body == {"name": "web-09"} and real["diff"]["before"]["name"] == "web-01"
    assert "warnings" not in real.result
    _check, real, _again = ran.triple("rename and more", changed=True)
    assert real.body == {"name": "web-10", "hostname": "web10.example.com"}
    _check, real, _again = ran.triple("case", changed=True)
    assert real.body == {"name": "Web-10"}
    check, real, _again = ran.triple("taken", changed=True)
    assert check["warnings"] == real["warnings"] and len(real["warnings"]) == 1
    assert mentions(real["warnings"][0], "web-03", 200, 300)


def test_what_cannot_be_changed(script: Script) -> None:
    differences = {"plan_id": (1, 2), "os_id": (5, 3), "location": ("us-west", "us-east")}
    script.configure(provision_ms=0, address_ms=0)
    script.insert(100, "web-01", **WEB)
    for option, (_have, want) in differences.items():
        script.twice(f"fail {option}", name="web-01", backups_enabled=True, **{option: want})
        script.twice(f"fail by id {option}", id=100, on_immutable_change="fail", **{option: want})
        script.triple(f"warn {option}", name="web-01", on_immutable_change="warn", **{option: want})
    script.twice("fail all", name="web-01", plan_id=2, os_id=3, location="us-east", state="present")
    script.triple("warn and change", name="web-01", plan_id=2, backups_enabled=True, on_immutable_change="warn")
    ran = script.run()
    for option, (have, want) in differences.items():
        drift = [{"field": option, "have": have, "want": want}]
        for name in (f"fail {option}", f"fail by id {option}"):
            real = ran.both_fail(name, "web-01", 100, option, have, want, "on_immutable_change")
            assert (real["drift"], real["id"], real["name"], real["status"]) == (drift, 100, "web-01", "active")
            assert real["server"]["id"] == 100 and real["actions"] == []
        for done in ran.triple(f"warn {option}", changed=False, drift=drift, actions=[]):
            assert len(done["warnings"]) == 1 and mentions(done["warnings"][0], "web-01", 100, option, have, want)
            assert done["drift"] == drift
    assert [entry["field"] for entry in ran.both_fail("fail all", "plan_id", "os_id", "location")["drift"]] == list(
        differences
    )
    _check, real, again = ran.triple("warn and change", changed=True)
    assert real.body == {"backups_enabled": True} and real["drift"] == again["drift"] != []


def test_recreate(script: Script) -> None:
    """Deleted by its id, and made anew with what was not declared kept as it was."""
    script.configure(provision_ms=100, address_ms=100, delete_ms=100)
    script.insert(100, "web-01", hostname="kept.example.com", backups_enabled=True, ssh_key_id=1)
    script.insert(200, "web-02", **WEB)
    script.insert(300, "web-03", status="stopped", **WEB)
    script.insert(400, "other", os_id=3)  # what proves that there is such a system
    anew = {"on_immutable_change": "recreate"}
    script.triple("plan", name="web-01", plan_id=2, **anew)
    script.triple(
        "all",
        name="web-02",
        plan_id=3,
        os_id=3,
        location="EU-Central",
        hostname="new.example.com",
        ssh_key_id=2,
        power="started",
        **anew,
    )
    script.triple("stopped", name="web-03", plan_id=2, power="stopped", **anew)
    script.triple("nothing differs", name="web-01", plan_id=2, **anew)
    script.server("by id: check", check=True, id=12346, name="web-02", plan_id=4, **anew)
    script.server("by id: real", id=12346, name="web-02", plan_id=4, **anew)
    script.server("by id: again", id=12346, name="web-02", plan_id=4, **anew)
    ran = script.run()
    check, real, _again = ran.triple("plan", changed=True, id=12345)
    assert real.actions == ["delete", "create"] and real["drift"] == [{"field": "plan_id", "have": 1, "want": 2}]
    assert [request.body for request in real.requests if request.method == "POST"] == [
        {
            "name": "web-01",
            "plan_id": 2,
            "os_id": 5,
            "location": "us-west",
            "hostname": "kept.example.com",
            "backups_enabled": True,
        }
    ]
    assert real.writes == ["DELETE /servers/100/", "POST /servers/"]
    assert check.sent == ["GET /servers/", "GET /servers/100/", "GET /plans/"]
    assert check["server"]["id"] is None and real["server"]["id"] == 12345 and real["server"]["ip_address"]
    assert real["diff"]["before"]["plan_id"] == 1 and real["diff"]["after"]["plan_id"] == 2
    _check, real, _again = ran.triple("all", changed=True, id=12346)
    assert len(real["drift"]) == 3 and real["server"]["location"] == "eu-central"
    _check, real, _again = ran.triple("stopped", changed=True)
    assert real.actions == ["delete", "create", "stop"] and real["server"]["status"] == "stopped"
    ran.triple("nothing differs", changed=False)
    check, real = ran.ok("by id: check", changed=True), ran.ok("by id: real", changed=True)
    assert check["warnings"] == real["warnings"] and mentions(real["warnings"][0], "web-02", 12346, "id")
    assert real["id"] not in (None, 12346)
    again = ran.failed("by id: again", 12346)
    assert again["server"] is None and again.writes == []
    assert sorted(server["name"] for server in script.emulator.servers()) == ["other", "web-01", "web-02", "web-03"]


def test_recreate_by_id_where_the_name_is_not_unique(script: Script) -> None:
    """Refused before the deletion: what would come after it could not be told from the other server of that name."""
    script.insert(100, "web")
    script.insert(101, "web")
    script.insert(102, "db")
    anew = {"on_immutable_change": "recreate", "plan_id": 2}
    for name, options in {"same name": {"id": 100}, "renamed": {"id": 102, "name": "web"}}.items():
        script.twice(name, **options, **anew)
    ran = script.run()
    for name, other in {"same name": 101, "renamed": 100}.items():
        done = ran.both_fail(name, "web", other)
        assert done.writes == [] and done["changed"] is False


def test_a_server_that_ended_badly_is_not_done(script: Script) -> None:
    """Its create failed for it; the next run must not call it ready. What can be changed is changed all the same."""
    script.insert(100, "broken", status="error")
    script.insert(101, "idle", status="suspended")
    script.twice("broken", name="broken")
    script.server("changed", name="broken", hostname="new.example.com")
    script.server("not waited for", name="broken", wait=False)
    script.server("suspended", name="idle")
    ran = script.run()
    done = ran.both_fail("broken", "broken", 100, "error")
    assert (
        done["changed"] is False
        and done.writes == []
        and (done["id"], done["name"], done["status"]) == (100, "broken", "error")
    )
    assert ran.failed("changed", "broken", 100, "error", changed=True).writes == ["PATCH /servers/100/"]
    for name, facts in {"not waited for": ("broken", 100, "error"), "suspended": ("idle", 101, "suspended")}.items():
        assert any(mentions(warning, *facts) for warning in ran.ok(name, changed=False)["warnings"])
