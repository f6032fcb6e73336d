# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each switch. The last test tells when one has no test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from emulator.handle import Emulator, EmulatorError
from emulator.settings import Switches
from emulator.uuids import uuid_of
from helpers.api_client import Client, until

SLOW = 60_000
TESTED: set[str] = set()


def switch(*names: str) -> Callable[[Any], Any]:
    """Says which switches a test is about."""
    TESTED.update(names)
    return lambda test: test


@switch("provision_ms", "provision_ends_in", "address_ms")
@pytest.mark.parametrize("word", ["error", "suspended", "active"])
def test_provisioning_ends_in_a_word(emulator: Emulator, client: Client, word: str) -> None:
    emulator.configure(provision_ms=0, address_ms=0, provision_ends_in=word)
    server = client.create()
    assert server["status"] == "provisioning"
    detail = client.detail(server["id"])
    assert detail["status"] == word
    assert (detail["ip_address"] is not None) is (word == "active")


@switch("gives_address")
def test_no_address_ever(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=0, address_ms=0, gives_address=False)
    server = client.create()["id"]
    detail = client.detail(server)
    assert (detail["status"], detail["ip_address"], detail["ipv6_address"]) == ("active", None, None)


@switch("address_kinds")
@pytest.mark.parametrize("kinds", ["both", "ipv4", "ipv6"])
def test_kinds_of_addresses(emulator: Emulator, client: Client, kinds: str) -> None:
    emulator.configure(provision_ms=0, address_ms=0, address_kinds=kinds)
    detail = client.detail(client.create()["id"])
    assert (detail["ip_address"] is not None, detail["ipv6_address"] is not None) == (kinds != "ipv6", kinds != "ipv4")


@switch("start_ms", "stop_ms", "reboot_ms", "start_ends_in", "stop_ends_in", "reboot_ends_in")
@pytest.mark.parametrize(("action", "status"), [("start", "stopped"), ("stop", "active"), ("reboot", "active")])
def test_an_action_ends_in_a_word(emulator: Emulator, client: Client, action: str, status: str) -> None:
    emulator.configure(**{f"{action}_ms": 0, f"{action}_ends_in": "stuck"})
    server = emulator.insert(status=status)
    assert client.ask("POST", f"/servers/{server}/{action}/").status_code == 200
    assert client.detail(server)["status"] == "stuck"


@switch("delete_ms", "delete_again", "deleting_status")
@pytest.mark.parametrize("again", [204, 404, 409])
def test_a_deleted_server_lingers(emulator: Emulator, client: Client, again: int) -> None:
    emulator.configure(delete_ms=SLOW, delete_again=again, deleting_status="deleting")
    server = emulator.insert()
    assert client.ask("DELETE", f"/servers/{server}/").status_code == 204
    assert client.detail(server)["status"] == "deleting" and client.ids() == [server]
    assert client.ask("DELETE", f"/servers/{server}/").status_code == again
    assert client.ask("PATCH", f"/servers/{server}/", {"name": "x"}).status_code == 404
    assert client.ask("POST", f"/servers/{server}/stop/").status_code == 404


@switch("delete_ms")
def test_a_lingering_server_goes(emulator: Emulator, client: Client) -> None:
    emulator.configure(delete_ms=80)
    server = emulator.insert()
    client.ask("DELETE", f"/servers/{server}/")
    until(lambda: client.get(f"/servers/{server}/").status_code == 404)
    assert client.ids() == []


@switch("reuse_ids")
def test_ids_may_come_again(emulator: Emulator, client: Client) -> None:
    emulator.configure(reuse_ids=True)
    server = client.create("first")["id"]
    client.ask("DELETE", f"/servers/{server}/")
    assert client.create("second")["id"] == server
    assert client.detail(server)["name"] == "second"


@switch("latency_ms")
def test_every_answer_takes_its_time_and_they_overlap(emulator: Emulator, client: Client) -> None:
    emulator.configure(latency_ms=120)
    for path in ("/servers/", "/servers/1/", "/nowhere/"):
        client.get(path)
    times = [entry["answered"] - entry["time"] for entry in emulator.requests()]
    assert len(times) == 3 and all(taken >= 0.1 for taken in times)


@switch("stale_ms", "list_stale_ms")
@pytest.mark.parametrize(("name", "detail_lags"), [("stale_ms", True), ("list_stale_ms", False)])
def test_reads_lag_behind_writes(emulator: Emulator, client: Client, name: str, detail_lags: bool) -> None:
    old = emulator.insert(name="old")
    gone = emulator.insert(name="gone")
    emulator.configure(**{name: SLOW})
    new = client.create("new")["id"]
    client.ask("PATCH", f"/servers/{old}/", {"name": "renamed"})
    client.ask("DELETE", f"/servers/{gone}/")
    listed = {server["id"]: server["name"] for server in client.get("/servers/").json()["results"]}
    assert listed == {old: "old", gone: "gone"}
    assert client.detail(old)["name"] == ("old" if detail_lags else "renamed")
    assert client.get(f"/servers/{new}/").status_code == (404 if detail_lags else 200)
    assert client.get(f"/servers/{gone}/").status_code == (200 if detail_lags else 404)
    assert client.ask("PATCH", f"/servers/{gone}/", {"name": "x"}).status_code == 404
    emulator.configure(**{name: 0})
    assert client.ids() == [old, new]


@switch("stale_ms")
def test_reads_catch_up(emulator: Emulator, client: Client) -> None:
    emulator.configure(stale_ms=80)
    server = client.create()["id"]
    until(lambda: client.ids() == [server])


@switch("clock_skew_s")
def test_the_apis_clock_may_be_wrong(emulator: Emulator, client: Client) -> None:
    emulator.configure(clock_skew_s=3600)
    server = client.create()
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    answer = client.get("/servers/")
    assert abs(datetime.fromisoformat(server["created_at"].replace("Z", "+00:00")) - ahead) < timedelta(minutes=1)
    assert abs(parsedate_to_datetime(answer.headers["Date"]) - ahead) < timedelta(minutes=1)


@switch("paging", "page_size", "max_page_size")
def test_pages(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(45)
    base = f"{emulator.url}/servers/"
    first = client.get("/servers/").json()
    assert list(first) == ["count", "next", "previous", "results"]
    assert (first["count"], first["next"], first["previous"], len(first["results"])) == (45, f"{base}?page=2", None, 20)
    last = client.get("/servers/?page=3").json()
    assert (last["next"], last["previous"], len(last["results"])) == (None, f"{base}?page=2", 5)
    assert client.get("/servers/?page=2&page_size=20").json()["previous"] == f"{base}?page_size=20"
    assert client.ids("?page_size=1000") == ids
    emulator.configure(page_size=7, max_page_size=10)
    assert len(client.ids()) == 7 and len(client.ids("?page_size=100")) == 10
    emulator.configure(paging=False)
    assert client.ids("?page=2&page_size=1") == ids


@switch("paging")
def test_following_next_meets_every_server_once(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(45, status=["active", "active", "stopped"])
    url: str | None = f"{emulator.url}/servers/?status=active&page_size=7"
    met: list[int] = []
    while url:
        body = client.session.get(url, timeout=10).json()
        assert body["count"] == 30
        met += [server["id"] for server in body["results"]]
        url = body["next"]
    assert met == [server for index, server in enumerate(ids) if index % 3 < 2]


@switch("paging")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=0", 404),
        ("page=3", 404),
        ("page=x", 404),
        (f"page={10**17}", 404),
        (f"page={10**30}", 404),
        ("page_size=0", 400),
        ("page_size=-1", 400),
        ("page_size=x", 400),
        ("page=", 404),
        (f"page_size={10**30}", 200),
    ],
)
def test_a_page_that_is_not_there(emulator: Emulator, client: Client, query: str, status: int) -> None:
    emulator.seed(25)
    assert client.get(f"/servers/?{query}").status_code == status


@switch("next_host")
@pytest.mark.parametrize(
    ("given", "base"), [("inner:8000", "http://inner:8000"), ("https://evil.example.com", "https://evil.example.com")]
)
def test_next_may_name_another_host(emulator: Emulator, client: Client, given: str, base: str) -> None:
    emulator.seed(21)
    emulator.configure(next_host=given)
    assert client.get("/servers/").json()["next"] == f"{base}/api/v1/servers/?page=2"


@switch("order")
def test_the_order_of_lists(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(25)
    emulator.configure(order="desc")
    assert client.ids() + client.ids("?page=2") == ids[::-1]


@switch("filters")
def test_filters_may_be_fuzzy_or_ignored(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(2, status=["active", "stopped"], location=["us-west"])
    assert client.ids("?location=US-West") == []
    emulator.configure(filters="caseless")
    assert client.ids("?location=US-West&status=Active") == [ids[0]]
    emulator.configure(filters="ignored")
    assert client.ids("?status=stopped&location=mars") == ids


@switch("undocumented_status")
def test_a_status_filter_that_is_not_documented(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(2, status=["active", "provisioning"])
    answer = client.get("/servers/?status=provisioning")
    assert answer.status_code == 400 and set(answer.json()) == {"status"}
    assert client.get("/servers/?status=").status_code == 400
    emulator.configure(undocumented_status="filter")
    assert client.ids("?status=provisioning") == [ids[1]]
    emulator.configure(undocumented_status="ignore")
    assert client.ids("?status=provisioning") == ids


@switch("strict_query")
def test_an_unknown_query_parameter(emulator: Emulator, client: Client) -> None:
    assert client.get("/servers/?name=x").status_code == 200
    emulator.configure(strict_query=True)
    assert client.get("/servers/?status=active&location=x&page=1&page_size=5").status_code == 200
    assert client.get("/servers/?name=x").json() == {"name": ["Unknown query parameter."]}
    emulator.configure(paging=False)
    assert set(client.get("/servers/?page=1").json()) == {"page"}


@switch("error_shape")
@pytest.mark.parametrize(
    ("shape", "content_type", "fields", "one"),
    [
        ("drf", "application/json", '{"name":["This field may not be null."]}', '{"detail":"Not found."}'),
        ("detail", "application/json", '{"detail":"name: This field may not be null."}', '{"detail":"Not found."}'),
        ("message", "application/json", '{"message":"name: This field may not be null."}', '{"message":"Not found."}'),
        ("text", "text/plain", "name: This field may not be null.", "Not found."),
        ("html", "text/html", "<h1>name: This field may not be null.</h1>", "<h1>Not found.</h1>"),
    ],
)
def test_shapes_of_errors(
    emulator: Emulator, client: Client, shape: str, content_type: str, fields: str, one: str
) -> None:
    emulator.configure(error_shape=shape)
    invalid = client.ask("POST", "/servers/", {"name": None, "plan_id": 1, "os_id": 5, "location": "us-west"})
    answers = [(invalid, 400, fields), (client.get("/servers/1/"), 404, one), (client.get("/nowhere/"), 404, one)]
    for answer, status, text in answers:
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith(content_type)
        assert text in answer.text if shape == "html" else text == answer.text
    unauthorised = requests.get(f"{emulator.url}/servers/", timeout=10, proxies={"http": ""})
    assert unauthorised.status_code == 401 and unauthorised.headers["Content-Type"].startswith(content_type)


@switch("error_shape")
@pytest.mark.parametrize("shape", ["drf", "text", "html"])
def test_an_error_that_quotes_a_lone_surrogate(emulator: Emulator, client: Client, shape: str) -> None:
    emulator.configure(error_shape=shape)
    body = {"name": "web", "plan_id": 1, "os_id": 5, "location": "\ud800<b>"}
    answer = client.ask("POST", "/servers/", body)
    assert answer.status_code == 400
    quoted = {"drf": r"\ud800<b>", "text": r"\ud800<b>", "html": r"\ud800&lt;b&gt;"}[shape]
    assert quoted in answer.text


@switch("patch_answer")
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("kind", ["detail", "list_item", "empty_object", "no_body", "no_content"])
def test_answers_of_an_update(emulator: Emulator, client: Client, method: str, kind: str) -> None:
    emulator.configure(patch_answer=kind)
    server = emulator.insert()
    answer = client.ask(
        method, f"/servers/{server}/", {"name": "new", "hostname": "new.example.com", "backups_enabled": True}
    )
    assert answer.status_code == (204 if kind == "no_content" else 200)
    if kind in ("no_body", "no_content"):
        assert answer.content == b""
    else:
        item, detail = client.get("/servers/").json()["results"][0], client.detail(server)
        expected = {"detail": set(detail), "list_item": set(item), "empty_object": set()}[kind]
        assert set(answer.json()) == expected
        assert answer.json().get("name", "new") == "new"
    assert client.detail(server)["name"] == "new"


@switch("unknown_fields")
def test_unknown_fields(emulator: Emulator, client: Client) -> None:
    server = client.create(colour="red")["id"]
    emulator.configure(unknown_fields="reject")
    answer = client.ask("PATCH", f"/servers/{server}/", {"colour": "red", "plan_id": 1})
    assert answer.status_code == 400 and set(answer.json()) == {"colour", "plan_id"}


@switch("plans")
def test_the_list_of_plans(emulator: Emulator, client: Client) -> None:
    plans = {plan["id"]: plan for plan in client.get("/plans/").json()["results"]}
    assert sorted(plans) == [1, 2, 3, 4] and "eu-north" in plans[1]["locations"]
    there = client.get("/plans/?location=eu-north").json()
    assert there["count"] == len(there["results"]) == 3 and 3 not in {plan["id"] for plan in there["results"]}
    emulator.configure(plans=False)
    assert client.get("/plans/").status_code == 404


@switch("plans_paging")
def test_the_list_of_plans_may_be_paged(emulator: Emulator, client: Client) -> None:
    assert set(client.get("/plans/").json()) == {"count", "results"}
    emulator.configure(plans_paging=True, page_size=3)
    first = client.get("/plans/?location=eu-central").json()
    second = client.session.get(first["next"], timeout=10).json()
    assert (first["count"], first["previous"], second["next"]) == (4, None, None)
    assert [plan["id"] for plan in first["results"] + second["results"]] == [1, 2, 3, 4]


@switch("plan_prices", "plan_locations")
@pytest.mark.parametrize(
    ("dialect", "monthly", "hourly"),
    [("documented", "price_monthly", "price_hourly"), ("clients", "monthly_price", "hourly_price")],
)
def test_what_plans_may_lack(emulator: Emulator, client: Client, dialect: str, monthly: str, hourly: str) -> None:
    def prices() -> tuple[Any, ...]:
        plan = client.get("/plans/").json()["results"][0]
        return plan.get(monthly, "left out"), plan.get(hourly, "left out"), "locations" in plan

    emulator.configure(dialect=dialect)
    assert prices() == (5.00, 0.007, dialect == "documented")
    emulator.configure(plan_prices="texts", plan_locations=False)
    assert prices() == ("5.00", "0.007", False)
    emulator.configure(plan_prices="null")
    assert prices() == (None, None, False)
    emulator.configure(plan_prices="absent")
    assert prices() == ("left out", "left out", False)


@switch("unavailable_plans")
def test_a_plan_may_be_unavailable(emulator: Emulator, client: Client) -> None:
    emulator.configure(unavailable_plans=[2, 3])
    plans = client.get("/plans/").json()["results"]
    assert [plan["available"] for plan in plans] == [True, False, False, True]
    body = {"name": "web-1", "plan_id": 2, "os_id": 5, "location": "us-west"}
    answer = client.ask("POST", "/servers/", body)
    assert (answer.status_code, set(answer.json())) == (400, {"plan_id"})
    emulator.configure(dialect="clients")
    body = {"hostname": "web-1", "plan": uuid_of("plan", 2), "os_version": uuid_of("system version", 5), "location": 1}
    answer = client.ask("POST", "/servers/", body)
    assert (answer.status_code, set(answer.json())) == (400, {"plan"})
    assert emulator.servers() == []


@switch("account")
def test_the_account_may_be_missing(emulator: Emulator, client: Client) -> None:
    statuses = {}
    for dialect in ("documented", "clients"):
        for account in (None, True, False):
            emulator.configure(dialect=dialect, account=account)
            statuses[dialect, account] = client.get("/account/me/").status_code
    assert {key for key, status in statuses.items() if status == 200} == {
        ("documented", None),
        ("documented", True),
        ("clients", True),
    }
    assert set(statuses.values()) == {200, 404}


@switch("extra_keys")
def test_undocumented_keys(emulator: Emulator, client: Client) -> None:
    def keys() -> list[set[str]]:
        me = client.get("/account/me/").json()
        return [set(part) for part in (client.get("/plans/").json()["results"][0], me["account"], me["token"])]

    before = keys()
    emulator.configure(extra_keys=True)
    assert all(len(after - documented) == 1 for after, documented in zip(keys(), before, strict=True))


@switch("password")
@pytest.mark.parametrize(
    ("where", "in_created", "in_detail"), [(None, 0, 0), ("never", 0, 0), ("created", 1, 0), ("detail", 1, 1)]
)
def test_where_a_password_is_shown(
    emulator: Emulator, client: Client, where: str | None, in_created: bool, in_detail: bool
) -> None:
    emulator.configure(password=where)
    created = client.create()
    (stored,) = emulator.servers()
    shown = {"created": created, "detail": client.detail(created["id"])}
    shown["patched"] = client.ask("PATCH", f"/servers/{created['id']}/", {"name": "web-2"}).json()
    assert {place for place, view in shown.items() if view.get("password") == stored["given_password"]} == {
        *(["created"] * in_created),
        *(["detail", "patched"] * in_detail),
    }
    assert all("given_password" not in view for view in shown.values())
    assert client.create()["id"] and len({server["given_password"] for server in emulator.servers()}) == 2
    assert stored["given_password"] not in client.get("/servers/").text


@switch("password_key")
def test_the_key_of_a_password(emulator: Emulator, client: Client) -> None:
    emulator.configure(password="detail", password_key="root_password")
    server = client.create()["id"]
    password = emulator.servers()[0]["given_password"]
    assert client.detail(server)["root_password"] == password
    emulator.configure(password_key="access.password")
    assert client.detail(server)["access"] == {"password": password}
    emulator.configure(password_key="os.password")
    assert client.detail(server)["os"] == {"id": 5, "name": "Ubuntu 22.04 LTS", "password": password}


@switch("dialect")
def test_both_dialects_show_the_same_servers(emulator: Emulator, client: Client) -> None:
    server = client.create("web-1")["id"]
    emulator.configure(dialect="clients")
    assert client.get(f"/servers/{server}/").status_code == 404
    assert client.get(f"/servers/{uuid_of('server', server)}/").json()["hostname"] == "web-1"
    emulator.configure(dialect="documented")
    assert client.get(f"/servers/{uuid_of('server', server)}/").status_code == 404


@switch("client_addresses")
@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("lists", {"ipv4_addresses": ["203.0.113.10"], "ipv6_addresses": ["2001:0db8::1"]}),
        ("objects", {"ip_addresses": [{"version": 4, "ip": "203.0.113.10"}, {"version": 6, "ip": "2001:0db8::1"}]}),
        ("ip_address", {"ip_address": "203.0.113.10"}),
    ],
)
def test_addresses_in_the_clients_dialect(emulator: Emulator, client: Client, kind: str, shown: dict[str, Any]) -> None:
    server = uuid_of("server", emulator.insert())
    emulator.configure(dialect="clients", client_addresses=kind)
    keys = {"ipv4_addresses", "ipv6_addresses", "ip_addresses", "ip_address"}
    for view in (client.get(f"/servers/{server}/").json(), client.get("/servers/").json()["results"][0]):
        assert {key: value for key, value in view.items() if key in keys} == shown
    emulator.configure(client_addresses="all")
    assert keys < set(client.get(f"/servers/{server}/").json())


@switch("nested_ids")
def test_ids_in_details_of_the_clients_dialect(emulator: Emulator, client: Client) -> None:
    server = uuid_of("server", emulator.insert(plan_id=2, os_id=3, location="eu-central"))
    emulator.configure(dialect="clients")
    detail = client.get(f"/servers/{server}/").json()
    assert detail["plan"]["uuid"] == uuid_of("plan", 2) and detail["location"]["id"] == 3
    assert detail["operating_system_version"]["uuid"] == uuid_of("system version", 3)
    emulator.configure(nested_ids=False)
    detail = client.get(f"/servers/{server}/").json()
    for part in ("plan", "location", "operating_system_version"):
        assert not {"uuid", "id"} & set(detail[part]) and detail[part]["name"]


@switch("stored_names", "created_name")
def test_names_may_be_stored_otherwise(emulator: Emulator, client: Client) -> None:
    emulator.configure(stored_names="lowercase")
    server = client.create("Web-01")
    assert server["name"] == "web-01" == client.detail(server["id"])["name"]
    client.ask("PATCH", f"/servers/{server['id']}/", {"name": "DB"})
    assert client.detail(server["id"])["name"] == "db"
    emulator.configure(stored_names="cut", created_name="sent")
    server = client.create("a-very-long-name")
    assert server["name"] == "a-very-long-name" and client.detail(server["id"])["name"] == "a-very-long-"


@switch("unique_names")
def test_unique_names(emulator: Emulator, client: Client) -> None:
    emulator.configure(unique_names=True)
    first, second = client.create("one")["id"], client.create("two")["id"]
    taken = {"name": ["server with this name already exists."]}
    body = {"name": "one", "plan_id": 1, "os_id": 5, "location": "us-west"}
    assert client.ask("POST", "/servers/", body).json() == taken
    assert client.ask("PATCH", f"/servers/{second}/", {"name": "one"}).json() == taken
    assert client.ask("PATCH", f"/servers/{first}/", {"name": "one"}).status_code == 200
    client.ask("DELETE", f"/servers/{first}/")
    assert client.ask("POST", "/servers/", body).status_code == 201


@switch("name_max_length")
def test_the_longest_name(emulator: Emulator, client: Client) -> None:
    emulator.configure(name_max_length=3)
    client.create("abc")
    assert (
        client.ask("POST", "/servers/", {"name": "abcd", "plan_id": 1, "os_id": 5, "location": "us-west"}).status_code
        == 400
    )


@switch("hostname_check")
@pytest.mark.parametrize(
    ("check", "accepted", "refused"),
    [
        ("fqdn", ["a.b"], ["a", "a_b.c", "-a.b"]),
        ("label", ["a", "a.b"], ["a_b", "-a"]),
        ("none", ["a b", "{{ x }}"], [""]),
    ],
)
def test_hostnames(emulator: Emulator, client: Client, check: str, accepted: list[str], refused: list[str]) -> None:
    emulator.configure(hostname_check=check)
    server = emulator.insert()
    for hostname in accepted:
        assert client.ask("PATCH", f"/servers/{server}/", {"hostname": hostname}).status_code == 200
        assert client.detail(server)["hostname"] == hostname
    for hostname in refused:
        assert client.ask("PATCH", f"/servers/{server}/", {"hostname": hostname}).status_code == 400


@switch("hostname_default")
@pytest.mark.parametrize(("kind", "hostname"), [("null", None), ("empty", ""), ("name", "web-1")])
def test_a_create_without_a_hostname(emulator: Emulator, client: Client, kind: str, hostname: str | None) -> None:
    emulator.configure(hostname_default=kind)
    assert client.create("web-1")["hostname"] == hostname


@switch("check_ssh_keys")
def test_ssh_keys(emulator: Emulator, client: Client) -> None:
    client.create(ssh_key_id=99)
    emulator.configure(check_ssh_keys=True)
    client.create(ssh_key_id=1)
    body = {"name": "x", "plan_id": 1, "os_id": 5, "location": "us-west", "ssh_key_id": 99}
    assert client.ask("POST", "/servers/", body).status_code == 400


@switch("content_type")
def test_content_types(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()

    def statuses() -> list[int]:
        patch = client.ask("PATCH", f"/servers/{server}/", data='{"name": "x"}', headers={"Content-Type": "text/plain"})
        return [
            client.get("/servers/").status_code,
            patch.status_code,
            client.ask("POST", f"/servers/{server}/start/").status_code,
        ]

    assert statuses() == [200, 415, 400]
    emulator.configure(content_type="every")
    assert statuses() == [415, 415, 415]
    assert client.get("/servers/", headers={"Content-Type": "application/json; charset=utf-8"}).status_code == 200
    emulator.configure(content_type="never")
    assert statuses() == [200, 200, 400]


@switch("actions_in_transition", "patch_in_transition", "delete_in_transition")
@pytest.mark.parametrize("status", ["provisioning", "starting", "stopping", "rebooting", "restoring"])
def test_refusals_in_a_transition(emulator: Emulator, client: Client, status: str) -> None:
    server = emulator.insert(status=status)
    assert client.ask("POST", f"/servers/{server}/reboot/").status_code == 400
    emulator.configure(actions_in_transition=409, patch_in_transition=409, delete_in_transition=409)
    for method, tail in [("POST", "start/"), ("POST", "stop/"), ("POST", "reboot/"), ("PATCH", ""), ("DELETE", "")]:
        assert client.ask(method, f"/servers/{server}/{tail}", {"name": "x"}).status_code == 409
    emulator.configure(patch_in_transition=200, delete_in_transition=204)
    assert client.ask("PATCH", f"/servers/{server}/", {"name": "x"}).status_code == 200
    assert client.ask("DELETE", f"/servers/{server}/").status_code == 204


@switch("rate_limit", "retry_after")
@pytest.mark.parametrize("kind", ["seconds", "date", "none"])
def test_the_rate_limit(emulator: Emulator, client: Client, kind: str) -> None:
    emulator.configure(rate_limit=3, retry_after=kind, clock_skew_s=-3600)
    answers: list[requests.Response] = []
    until(lambda: answers.append(client.get("/servers/")) or answers[-1].status_code == 429)
    refused = answers[-1].headers
    if kind == "date":
        pause = parsedate_to_datetime(refused["Retry-After"]) - parsedate_to_datetime(refused["Date"])
        assert timedelta(seconds=1) <= pause <= timedelta(seconds=3)
    else:
        assert refused.get("Retry-After") == ("1" if kind == "seconds" else None)
    assert Client(emulator, "vps_reader").get("/servers/").status_code == 200
    until(lambda: client.get("/servers/").status_code == 200)
    allowed = [entry for entry in emulator.requests() if entry["status"] == 200 and entry["token"] == "token-1"]
    assert len(allowed) >= 4
    # It counts a request somewhere between its arrival and its response.
    for earlier, later in zip(allowed, allowed[3:], strict=False):
        assert later["answered"] - earlier["time"] >= 0.9


@switch("slash_redirect")
def test_a_path_without_its_last_slash(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    emulator.configure(slash_redirect=True)
    answer = client.get(f"/servers/{server}?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/api/v1/servers/{server}/?x=1")
    assert client.ask("POST", "/servers").status_code == 301
    assert client.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"no_such_switch": 1}, {"stop_ms": -1}, {"stop_ms": "5"}, {"paging": 1}, {"order": "random"}]
)
def test_a_wrong_switch_is_refused(emulator: Emulator, wrong: dict[str, Any]) -> None:
    before = emulator.settings()
    with pytest.raises(EmulatorError, match=next(iter(wrong))):
        emulator.configure(**wrong)
    assert emulator.settings() == before


def test_every_switch_has_a_test_and_a_description() -> None:
    assert set(Switches.model_fields) == TESTED
    assert all(field.description for field in Switches.model_fields.values())


def test_a_reset_gives_the_first_switches_back(emulator: Emulator) -> None:
    emulator.configure(latency_ms=1, order="desc")
    emulator.reset()
    assert emulator.settings() == Switches().model_dump()
    assert emulator.servers() == []
