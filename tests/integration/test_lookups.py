# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be looked up beside servers: plans, the account, and what the API is like."""

from __future__ import annotations

import json
from typing import Any

from fault_proxy import Fault
from helpers.facts import mentions
from helpers.script import Script

PLANS, ACCOUNT = "vps_plan_info", "vps_account_info"


def ids(plans: list[dict[str, Any]]) -> list[int]:
    return [plan["id"] for plan in plans]


def test_plans_and_the_account(script: Script) -> None:
    """Inside the controller's process and as modules, in check mode too: one GET request each."""
    script.task("all", PLANS)
    script.task("at a location", PLANS, {"location": "US-West", "available": True}, check_mode=True)
    script.task("nowhere", PLANS, {"location": "mars"})
    script.task("empty location", PLANS, {"location": ""})
    script.task("account", ACCOUNT)
    script.configure(unavailable_plans=[1], plans_paging=True, page_size=2, max_page_size=2, extra_keys=True)
    script.task("pages", PLANS)
    script.task("available", PLANS, {"available": True})
    script.task("unavailable", PLANS, {"available": False})
    script.task("more of the account", ACCOUNT)
    script.configure(plan_locations=False)
    script.task("without locations", PLANS, {"location": "us-west"})
    script.configure(plans=False, account=False)
    script.task("no plans", PLANS)
    script.task("no account", ACCOUNT)
    ran = script.run(both_ways=True)
    plans = ran.ok("all", changed=False)["plans"]
    assert ids(plans) == [1, 2, 3, 4] and all(plan.keys() >= {"name", "price_hourly", "locations"} for plan in plans)
    here = ran.ok("at a location", changed=False)["plans"]
    assert here == [plan for plan in plans if "us-west" in plan["locations"]] and here
    assert ran.ok("nowhere")["plans"] == [] and mentions(ran["nowhere"]["warnings"], "mars", "us-west")
    ran.failed("empty location", "location")
    account = ran.ok("account", changed=False)
    assert account["account"]["email"] and account["token"]["permissions"] == ["*:*"]
    assert ids(ran.ok("pages")["plans"]) == [1, 2, 3, 4] and len(ran["pages"].requests) == 2
    assert ids(ran.ok("available")["plans"]) == [2, 3, 4] and ids(ran.ok("unavailable")["plans"]) == [1]
    assert ran["pages"]["plans"][0].keys() > plans[0].keys() - {"locations"}, "unknown keys are passed through"
    assert ran.ok("more of the account")["account"].keys() > account["account"].keys()
    assert ids(ran.ok("without locations")["plans"]) == [1, 2, 3, 4]
    ran.failed("no plans", "/plans/", 404, "vpsorg.cloud.vps_api_info")
    ran.failed("no account", "/account/me/", 404, "vpsorg.cloud.vps_api_info")
    for name in ("all", "at a location", "account", "no plans", "no account"):
        assert [request.method for request in ran[name].requests] == ["GET"], name


def test_lookups_are_tried_again(script: Script) -> None:
    script.faults(
        Fault("answer", "GET", "*/plans/", status=502),
        Fault("html_200", "GET", "*/account/me/"),
        Fault("answer", "GET", "*/account/me/", nth=3, status=401),
    )
    script.task("plans", PLANS)
    script.task("account", ACCOUNT)
    script.task("no longer", ACCOUNT)
    ran = script.run(env={"VPS_API_RETRY_MAX_DELAY": "0.01"})
    assert ran.ok("plans")["api"]["retries"] == ran.ok("account")["api"]["retries"] == 1
    ran.failed("no longer", 401)


def test_a_server_that_appeared_while_the_plans_were_put_off_is_not_created_again(script: Script) -> None:
    """Between the list and the create comes the request for the plans; where that must wait, the list is read again."""
    script.faults(*(Fault("status_429", "GET", "*/plans/", nth=nth, seconds=0) for nth in (1, 3)))
    for name, module in (("one", "vps_server"), ("fleet", "vps_fleet")):
        new = {"name": name, "plan_id": 1, "os_id": 5, "location": "us-west"}
        script.task(name, module, new if module == "vps_server" else {"servers": [new]})
    ran = script.run()
    for name in ("one", "fleet"):
        sent = ran.ok(name, changed=True).sent
        assert sent[:5] == ["GET /servers/", "GET /plans/", "GET /plans/", "GET /servers/", "POST /servers/"], sent


def test_odd_plans_keep_nobody_from_deleting(script: Script) -> None:
    """Check mode looks for the cost, and says what the real run will do."""
    script.seed(3)
    theirs = json.dumps({"count": 1, "results": [{"uuid": "x"}]})
    script.faults(
        Fault("answer", "GET", "*/plans/", status=200, body=theirs),
        Fault("answer", "GET", "*/plans/", nth=2, times=2, status=500),
    )
    for name in ("other description", "down"):
        script.task(f"{name}: check", "vps_fleet", {"state": "absent", "servers": ["web-0001"]}, check_mode=True)
    script.task("real", "vps_fleet", {"state": "absent", "servers": ["web-0001"]})
    ran = script.run(env={"VPS_API_RETRY_MAX_DELAY": "0.01"})
    for name in ("other description: check", "down: check"):
        told = ran.ok(name, changed=True)
        assert told["summary"]["deleted"] == 1 and told["cost"] is None and mentions(told["warnings"], "/plans/"), name
    assert ran.ok("real", changed=True)["summary"]["deleted"] == 1 and "GET /plans/" not in ran["real"].sent


def test_what_the_api_is_like(script: Script) -> None:
    """At most twelve GET requests, whatever it is like, and no value of the account in the result."""
    script.task("empty", "vps_api_info")
    script.configure(plans=False)
    script.task("nothing to tell by", "vps_api_info")
    script.configure(plans=True, password="detail")
    script.seed(
        150, status=["active", "stopped", "migrating"], name="secret-name-{n}", hostname="secret-host-{n}.example"
    )
    script.task("documented", "vps_api_info", check_mode=True)
    script.configure(paging=False, account=False)
    script.task("all at once", "vps_api_info")
    script.configure(paging=True, dialect="clients")
    script.task("clients", "vps_api_info")
    script.task("list", "vps_server_info")
    script.server("create", name="new", plan_id=1, os_id=5, location="us-west")
    ran = script.run(both_ways=True)
    for name in ("empty", "nothing to tell by", "documented", "all at once", "clients"):
        done = ran.ok(name, changed=False)
        assert {request.method for request in done.requests} == {"GET"} and len(done.requests) <= 12
        text = json.dumps({key: value for key, value in done.result.items() if key != "invocation"})
        assert not any(word in text for word in ("secret-name", "secret-host", "example", "203.0.113", "vps_demo")), (
            text
        )
    assert ran["empty"]["dialect"] == "documented" and ran["empty"]["status_words"] == {}
    assert ran["nothing to tell by"]["dialect"] == "documented", "it has an account"
    documented = ran["documented"]
    assert (
        documented["dialect"] == "documented"
        and documented["permissions"] == ["*:*"]
        and "can manage it" in documented["msg"]
    )
    assert documented["status_words"] == {
        "active": {"servers": 50, "known": True},
        "stopped": {"servers": 50, "known": True},
        "migrating": {"servers": 50, "known": False},
    }
    assert documented["paging"] == {"page_size": "taken", "pages": True, "count": "right", "next": True}
    assert mentions(documented["reasons"], "migrating", "password", "/servers/{id}/")
    assert documented["endpoints"]["/servers/{id}/"]["shape"]["password"] == "str"
    assert ran["all at once"]["paging"]["page_size"] == "ignored" and ran["all at once"]["paging"]["count"] == "right"
    assert ran["all at once"]["endpoints"]["/account/me/"]["status"] == 404
    clients = ran["clients"]
    assert clients["dialect"] == "clients" and mentions(clients["msg"], "vps-mcp")
    assert clients["endpoints"]["/locations/"]["status"] == 200
    # Whoever did not ask is told at once, too.
    for name in ("list", "create"):
        assert ran.failed(name, "uuid", "vpsorg.cloud.vps_api_info", "Nothing was written").writes == []
        assert len(ran[name].requests) == 1, "not asked again"


def test_a_token_that_may_only_read(script: Script) -> None:
    script.emulator.add_token("vps_reader", ["servers:read"])
    script.emulator.add_token("vps_dns", ["dns:*"])
    for name in ("reader", "dns"):
        script.task(name, "vps_api_info", {"api_token": f"vps_{name}"})
    script.task("nobody", "vps_api_info", {"api_token": "vps_nobody"})
    ran = script.run()
    assert mentions(ran.ok("reader")["msg"], "servers:*", "*:*") and ran["reader"]["permissions"] == ["servers:read"]
    assert ran["reader"]["dialect"] == "documented" and "can manage it" not in ran["reader"]["msg"]
    assert mentions(ran.ok("dns")["msg"], "servers:read") and ran["dns"]["endpoints"]["/servers/"]["status"] == 403
    ran.failed("nobody", 401, "VPS_API_TOKEN")


def test_an_api_that_echoes_the_token(script: Script) -> None:
    """Also in keys, which Ansible does not mask, and in the body of an error."""
    token = "vps_echoed_token"
    script.emulator.add_token(token)
    script.insert(5, "web-01")
    server = {"id": 5, "name": "web-01", "status": "active", token: 1}
    script.faults(
        Fault("answer", "GET", "*/servers/5/", status=200, body=server),
        Fault("answer", "GET", "*/plans/", status=404, body={token: "x", "detail": {token: token}}),
        Fault(
            "answer",
            "GET",
            "*/account/me/",
            status=200,
            body={"token": {token: 1, "permissions": [token, "a:" + token]}},
        ),
    )
    script.task("echo", "vps_api_info", {"api_token": token})
    ran = script.run(both_ways=True)
    assert token not in json.dumps(ran.ok("echo").result)
    assert ran["echo"]["permissions"] and ran["echo"]["endpoints"]["/servers/{id}/"]["shape"]["********"] == "int"


def test_a_list_that_no_task_can_use(script: Script) -> None:
    script.insert(5, "web-01")
    item = {"id": 5, "name": "web-01", "status": "active"}
    script.faults(Fault("answer", "GET", "*/servers/", times=None, status=200, body=[item]))
    script.task("api", "vps_api_info")
    script.task("list", "vps_server_info")
    ran = script.run(env={"VPS_API_RETRIES": "0"})
    shown = ran.ok("api")
    assert (
        shown["dialect"] == "documented"
        and "can manage it" not in shown["msg"]
        and mentions(shown["msg"], "array", "count", "fail")
    )
    ran.failed("list", "array", "count")


def test_another_address(script: Script) -> None:
    script.task("wrong", "vps_api_info", {"api_url": "{{ lookup('ansible.builtin.env', 'GIVEN_URL') }}/wrong"})
    ran = script.run()
    assert mentions(ran.ok("wrong")["msg"], 404, "api_url", "/api/v1") and ran["wrong"]["dialect"] == "unknown"
