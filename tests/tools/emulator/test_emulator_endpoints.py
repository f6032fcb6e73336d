# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each endpoint, against the documentation."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from emulator.handle import Emulator
from helpers.api_client import Client

LIST_FIELDS = {"id", "name", "hostname", "status", "ip_address", "location", "plan", "os", "created_at", "updated_at"}
PLAN_FIELDS = {"id", "name", "vcpus", "memory", "storage"}
DETAIL_FIELDS = LIST_FIELDS | {"ipv6_address", "backups_enabled", "resource_usage"}
USAGE_FIELDS = {"cpu_percent", "memory_used", "disk_used", "bandwidth_used"}
NEW = {"name": "web-server-02", "plan_id": 1, "os_id": 5, "location": "us-west"}
SLOW = 60_000
EVERY_CALL = [
    ("GET", "/servers/"),
    ("POST", "/servers/"),
    ("GET", "/servers/12345/"),
    ("PUT", "/servers/12345/"),
    ("PATCH", "/servers/12345/"),
    ("DELETE", "/servers/12345/"),
    ("POST", "/servers/12345/start/"),
    ("POST", "/servers/12345/stop/"),
    ("POST", "/servers/12345/reboot/"),
]


def test_a_list_item_has_the_documented_fields_only(emulator: Emulator, client: Client) -> None:
    emulator.configure(paging=False)
    emulator.seed(2)
    body = client.get("/servers/").json()
    assert set(body) == {"count", "results"} and body["count"] == 2
    for item in body["results"]:
        assert set(item) == LIST_FIELDS
        assert set(item["plan"]) == PLAN_FIELDS
        assert set(item["os"]) == {"id", "name"}


def test_the_documented_examples_come_back_as_documented(emulator: Emulator, client: Client) -> None:
    item = {
        "id": 12345,
        "name": "web-server-01",
        "hostname": "web01.example.com",
        "status": "active",
        "ip_address": "203.0.113.10",
        "location": "us-west",
        "plan": {"id": 1, "name": "Standard VPS", "vcpus": 2, "memory": 4096, "storage": 80},
        "os": {"id": 5, "name": "Ubuntu 22.04 LTS"},
        "created_at": "2025-01-10T14:30:00Z",
        "updated_at": "2025-01-15T10:20:00Z",
    }
    # Everything but names and times is what the emulator gives this id, plan and system by itself.
    given = {key: item[key] for key in ("id", "name", "hostname", "created_at", "updated_at")}
    emulator.insert(**given, plan_id=1, os_id=5, backups_enabled=True)
    assert client.get("/servers/").json()["results"] == [item]
    detail = client.detail(12345)
    assert detail.pop("resource_usage")
    assert detail == {
        **item,
        "ipv6_address": "2001:0db8::1",
        "plan": {**item["plan"], "bandwidth": 2048},
        "backups_enabled": True,
    }


def test_filters_and_order(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(4, status=["active", "stopped"], location=["us-west", "us-west", "us-east", "us-east"])
    assert client.ids() == sorted(ids) == ids
    assert client.ids("?status=stopped") == [ids[1], ids[3]]
    assert client.ids("?location=us-east") == ids[2:]
    assert client.ids("?status=active&location=us-east") == [ids[2]]
    assert client.ids("?status=suspended") == []
    assert client.ids("?location=nowhere") == []


def test_create_answers_the_documented_fields_and_costs_credits(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=SLOW)
    before = emulator.credits
    answer = client.ask(
        "POST", "/servers/", {**NEW, "hostname": "web02.example.com", "ssh_key_id": 7, "backups_enabled": True}
    )
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == LIST_FIELDS | {"backups_enabled", "message"}
    assert set(body["plan"]) == PLAN_FIELDS
    assert (body["status"], body["ip_address"], body["backups_enabled"]) == ("provisioning", None, True)
    assert body["created_at"] == body["updated_at"]
    assert body["message"] == "Server is being provisioned. This may take 2-5 minutes."
    assert emulator.credits < before
    detail = client.detail(body["id"])
    assert set(detail) == DETAIL_FIELDS
    assert set(detail["resource_usage"]) == USAGE_FIELDS
    assert (detail["status"], detail["ip_address"], detail["ipv6_address"]) == ("provisioning", None, None)
    assert emulator.servers()[0]["ssh_key_id"] == 7


def test_backups_are_off_unless_asked_for(client: Client) -> None:
    assert client.create()["backups_enabled"] is False


@pytest.mark.parametrize("path", ["/servers/", "/servers/12345/"])
def test_the_ssh_key_is_never_shown(emulator: Emulator, client: Client, path: str) -> None:
    emulator.insert(id=12345, ssh_key_id=7)
    assert "ssh_key_id" not in client.get(path).text


def test_names_may_be_shared_and_ids_rise(client: Client) -> None:
    first, second = client.create("same"), client.create("same")
    assert first["id"] == 12345 and second["id"] == 12346


def test_too_few_credits(emulator: Emulator, client: Client) -> None:
    emulator.credits = 19
    answer = client.ask("POST", "/servers/", NEW)
    assert answer.status_code == 402 and set(answer.json()) == {"detail"}
    assert emulator.servers() == [] and emulator.credits == 19
    assert client.ask("POST", "/servers/", {**NEW, "plan_id": 4}).status_code == 201
    assert emulator.credits == 14


REQUIRED = ["This field is required."]
NULL = ["This field may not be null."]
NOT_INTEGER = ["A valid integer is required."]


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"name": "under_score"}, {"name": ["Enter a valid name consisting of letters, numbers or hyphens."]}),
        ({"name": "web\n"}, {"name": ["Enter a valid name consisting of letters, numbers or hyphens."]}),
        ({"name": "wéb"}, {"name": ["Enter a valid name consisting of letters, numbers or hyphens."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": None}, {"name": NULL}),
        ({"name": 5}, {"name": ["Not a valid string."]}),
        ({"name": "a" * 256}, {"name": ["Ensure this field has no more than 255 characters."]}),
        ({"plan_id": 99}, {"plan_id": ['Invalid pk "99" - object does not exist.']}),
        ({"plan_id": True}, {"plan_id": NOT_INTEGER}),
        ({"plan_id": "1"}, {"plan_id": NOT_INTEGER}),
        ({"plan_id": 1.5}, {"plan_id": NOT_INTEGER}),
        ({"os_id": 1}, {"os_id": ['Invalid pk "1" - object does not exist.']}),
        ({"os_id": None}, {"os_id": NULL}),
        ({"location": "mars"}, {"location": ['"mars" is not a valid choice.']}),
        ({"location": ["us-west"]}, {"location": ["Not a valid string."]}),
        ({"hostname": "no spaces.example.com"}, {"hostname": ["Enter a valid fully qualified domain name."]}),
        ({"hostname": "label"}, {"hostname": ["Enter a valid fully qualified domain name."]}),
        ({"hostname": None}, {"hostname": NULL}),
        ({"ssh_key_id": 0}, {"ssh_key_id": ['Invalid pk "0" - object does not exist.']}),
        ({"ssh_key_id": "7"}, {"ssh_key_id": NOT_INTEGER}),
        ({"backups_enabled": 1}, {"backups_enabled": ["Must be a valid boolean."]}),
        ({"backups_enabled": "true"}, {"backups_enabled": ["Must be a valid boolean."]}),
        (
            {"name": None, "plan_id": 99, "location": ""},
            {
                "name": NULL,
                "plan_id": ['Invalid pk "99" - object does not exist.'],
                "location": ['"" is not a valid choice.'],
            },
        ),
    ],
)
def test_a_create_with_a_wrong_field(
    emulator: Emulator, client: Client, change: dict[str, Any], problems: dict[str, Any]
) -> None:
    answer = client.ask("POST", "/servers/", {**NEW, **change})
    assert (answer.status_code, answer.json()) == (400, problems)
    assert emulator.servers() == []


def test_a_create_without_what_is_required(client: Client) -> None:
    answer = client.ask("POST", "/servers/", {})
    assert answer.status_code == 400
    assert answer.json() == dict.fromkeys(("name", "plan_id", "os_id", "location"), REQUIRED)


NO_OBJECTS = ["", "{", '{"name": NaN}', "[" * 100_000, '{"plan_id": ' + "1" * 5000 + "}", "\udc80", "[]", "null", '"x"']


@pytest.mark.parametrize("text", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_a_body_that_is_no_object(client: Client, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    answer = client.ask("POST", "/servers/", data=data, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()) <= {"detail", "non_field_errors"}


def test_a_body_that_is_too_large(client: Client) -> None:
    assert client.ask("POST", "/servers/", {**NEW, "hostname": "a" * (1 << 20)}).status_code == 413


def test_usage_differs_on_each_read(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    usages = [client.detail(server)["resource_usage"] for _count in range(3)]
    assert all(usages.count(usage) == 1 for usage in usages)


@pytest.mark.parametrize("server", ["1", "0", "-1", "abc", "1.0", "%31%32345x", "9" * 30])
@pytest.mark.parametrize(
    ("method", "tail"), [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "start/")]
)
def test_no_such_server(emulator: Emulator, client: Client, server: str, method: str, tail: str) -> None:
    emulator.insert(id=12345)
    answer = client.ask(method, f"/servers/{server}/{tail}", {})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_put_needs_every_field_and_changes_them(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    answer = client.ask("PUT", f"/servers/{server}/", {"name": "new"})
    assert (answer.status_code, answer.json()) == (400, {"hostname": REQUIRED, "backups_enabled": REQUIRED})
    whole = {"name": "new", "hostname": "new.example.com", "backups_enabled": True}
    assert client.ask("PUT", f"/servers/{server}/", whole).status_code == 200
    assert {field: client.detail(server)[field] for field in whole} == whole


def test_patch_changes_what_is_given_and_nothing_else(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    before = client.detail(server)
    answer = client.ask("PATCH", f"/servers/{server}/", {"name": "new", "plan_id": 2, "id": 1})
    after = client.detail(server)
    assert answer.status_code == 200
    assert after["name"] == "new" and after["updated_at"] > before["updated_at"]
    for view in (before, after):
        for field in ("name", "updated_at", "resource_usage"):
            del view[field]
    assert after == before
    assert client.ask("PATCH", f"/servers/{server}/", {"name": "a b"}).status_code == 400


def test_delete_is_for_ever(emulator: Emulator, client: Client) -> None:
    server = client.create()["id"]
    answer = client.ask("DELETE", f"/servers/{server}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"/servers/{server}/").status_code == 404
    assert client.ids() == [] and emulator.servers() == []
    assert client.ask("DELETE", f"/servers/{server}/").status_code == 404
    assert client.create()["id"] == server + 1


@pytest.mark.parametrize(
    ("action", "status", "becomes", "message"),
    [
        ("start", "stopped", "starting", "Server is starting"),
        ("stop", "active", "stopping", "Server is stopping"),
        ("reboot", "active", "rebooting", "Server is rebooting"),
    ],
)
def test_an_action(emulator: Emulator, client: Client, action: str, status: str, becomes: str, message: str) -> None:
    emulator.configure(start_ms=SLOW, stop_ms=SLOW, reboot_ms=SLOW)
    server = emulator.insert(name="web-1", status=status)
    answer = client.ask("POST", f"/servers/{server}/{action}/")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "message": message,
        "server": {"id": server, "name": "web-1", "status": becomes},
    }
    assert client.detail(server)["status"] == becomes


REFUSED = [
    ("start", ["active", "suspended", "error", "starting", "stopping", "rebooting", "provisioning"]),
    ("stop", ["stopped", "suspended", "error", "starting", "stopping", "rebooting", "provisioning"]),
    ("reboot", ["stopped", "suspended", "error", "starting", "stopping", "rebooting", "provisioning"]),
]


@pytest.mark.parametrize(
    ("action", "status"), [(action, status) for action, statuses in REFUSED for status in statuses]
)
def test_an_action_that_the_status_does_not_allow(emulator: Emulator, client: Client, action: str, status: str) -> None:
    server = emulator.insert(status=status)
    answer = client.ask("POST", f"/servers/{server}/{action}/")
    text = "Server is already running." if action == "start" else "Server is not running."
    assert (answer.status_code, answer.json()) == (400, {"detail": text})
    assert client.detail(server)["status"] == status


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_without_an_accepted_token(emulator: Emulator, method: str, path: str) -> None:
    emulator.insert(id=12345)
    for headers in (
        {},
        {"Authorization": "Bearer vps_other"},
        {"Authorization": f"Token {emulator.token}"},
        {"Authorization": "Bearer"},
    ):
        answer = requests.request(method, emulator.url + path, headers=headers, timeout=10, proxies={"http": ""})
        assert answer.status_code == 401 and set(answer.json()) == {"detail"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert [server["id"] for server in emulator.servers()] == [12345]


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
@pytest.mark.parametrize(
    ("token", "reads", "writes"), [("vps_reader", 1, 0), ("vps_writer", 0, 1), ("vps_servers", 1, 1)]
)
def test_permissions(emulator: Emulator, method: str, path: str, token: str, reads: bool, writes: bool) -> None:
    emulator.insert(id=12345)
    answer = Client(emulator, token).ask(method, path, {})
    allowed = reads if method == "GET" else writes
    assert (answer.status_code == 403) is not bool(allowed)
    if not allowed:
        assert answer.json() == {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/servers/", "GET, POST"),
        ("POST", "/servers/12345/", "DELETE, GET, PATCH, PUT"),
        ("GET", "/servers/12345/stop/", "POST"),
        ("HEAD", "/servers/", "GET, POST"),
    ],
)
def test_a_method_that_is_not_documented(client: Client, method: str, path: str, allowed: str) -> None:
    answer = client.ask(method, path)
    assert answer.status_code == 405 and answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path", ["/servers", "/servers/12345", "/servers/12345/start", "/server/", "/servers/12345/rebuild/", "/"]
)
def test_a_path_that_is_not_documented(emulator: Emulator, client: Client, path: str) -> None:
    emulator.insert(id=12345)
    assert client.get(path).status_code == 404


def test_the_documented_plans_come_back_as_documented(client: Client) -> None:
    answer = client.get("/plans/").json()
    first, second = answer["results"][:2]
    # The emulator has more locations than the documentation.
    assert {"us-west", "us-east", "eu-central"} <= set(first["locations"])
    assert {**first, "locations": ["us-west", "us-east", "eu-central"]} == {
        "id": 1,
        "name": "Starter VPS",
        "slug": "starter",
        "vcpus": 1,
        "memory": 2048,
        "storage": 40,
        "bandwidth": 1024,
        "price_monthly": 5.00,
        "price_hourly": 0.007,
        "available": True,
        "locations": ["us-west", "us-east", "eu-central"],
        "description": "Perfect for small projects and testing",
    }
    seen = {field: second[field] for field in ("id", "name", "slug", "vcpus", "memory", "storage", "bandwidth")}
    assert list(seen.values()) == [2, "Standard VPS", "standard", 2, 4096, 80, 2048]
    assert answer["count"] == 4 and all(set(plan) == set(first) for plan in answer["results"])


def test_the_account(emulator: Emulator, client: Client) -> None:
    me = client.get("/account/me/").json()
    assert set(me) == {"account", "token"}
    assert set(me["account"]) == {"email", "first_name", "last_name", "company_name", "created_at"}
    assert me["token"] == {"name": "token-1", "permissions": ["*:*"]}
    emulator.add_token("vps_domains", ["domains:read", "dns:*"])
    token = Client(emulator, "vps_domains").get("/account/me/").json()["token"]
    assert token["permissions"] == ["dns:*", "domains:read"], "any active token may ask"
    assert Client(emulator, "vps_unknown").get("/account/me/").status_code == 401


@pytest.mark.parametrize("path", ["/locations/", "/operating-systems/", "/ssh-keys/", "/servers/12345/power/"])
def test_what_only_the_vendors_clients_know_is_not_there(emulator: Emulator, client: Client, path: str) -> None:
    emulator.insert(id=12345)
    assert [client.ask(method, path, {}).status_code for method in ("GET", "POST")] == [404, 404]
