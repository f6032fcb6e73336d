# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface and its Python handle."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from emulator.handle import Emulator, EmulatorError
from helpers.api_client import Client

HOSTILE = [
    "{{ lookup('pipe', 'id') }}",
    "../secrets",
    "localhost",
    "-oProxyCommand=x",
    "a\u0000b\n\r\t",
    "\ud800",
    "\U0001f600" * 100,
    "",
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    ["x"],
    {"__ansible_unsafe": "x"},
]


def test_a_template_goes_round(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(
        4, name="db-{n:02d}", first=9, status=["active", "stopped"], location=["us-east"], plan_id=[1, 2, 3], os_id=[3]
    )
    servers = [client.detail(server) for server in ids]
    assert [server["name"] for server in servers] == ["db-09", "db-10", "db-11", "db-12"]
    assert [server["hostname"] for server in servers] == [f"{server['name']}.example.com" for server in servers]
    assert [server["status"] for server in servers] == ["active", "stopped", "active", "stopped"]
    assert [server["plan"]["id"] for server in servers] == [1, 2, 3, 1]
    assert {server["location"] for server in servers} == {"us-east"}
    assert {server["os"]["name"] for server in servers} == {"Debian 12"}


def test_seeding_twice_goes_on(emulator: Emulator, client: Client) -> None:
    first, second = emulator.seed(2), emulator.seed(2)
    assert client.ids() == first + second
    assert client.create()["id"] == second[-1] + 1


def test_explicit_servers(emulator: Emulator, client: Client) -> None:
    servers = [
        {"fields": {"name": "one", "id": 7}},
        {"fields": {"name": "two"}, "complete": False},
        {"omit": ["hostname", "plan"]},
    ]
    ids = emulator.seed(servers=servers)
    first, second, third = client.get("/servers/").json()["results"]
    assert ids[0] == first["id"] == 7 and first["name"] == "one"
    assert second == {"name": "two"}
    assert "hostname" not in third and "plan" not in third and third["status"] == "active"


WRONG_TEMPLATES = [
    {"count": -1},
    {"count": 200_000},
    {"count": 1, "name": "{x}"},
    {"count": 1, "status": []},
    {"count": 1, "plan_id": [99]},
    {"colour": "red"},
    {"servers": 5},
]


@pytest.mark.parametrize("wrong", WRONG_TEMPLATES)
def test_a_wrong_template_is_refused(emulator: Emulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError, match=" 400 "):
        emulator.seed(**wrong)
    assert emulator.servers() == []


@pytest.mark.parametrize(
    "field", ["name", "hostname", "status", "ip_address", "ipv6_address", "location", "plan", "os", "updated_at"]
)
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_value_is_kept_and_shown_as_it_is(emulator: Emulator, client: Client, field: str, value: Any) -> None:
    server = emulator.insert(**{field: value})
    assert client.detail(server)[field] == value
    if field != "ipv6_address":
        assert client.get("/servers/").json()["results"][0][field] == value
    assert emulator.servers()[0][field] == value


def test_not_a_number_and_unknown_keys(emulator: Emulator, client: Client) -> None:
    server = emulator.insert(complete=False, id=5, extra={"ansible_host": "x"}, name=math.nan)
    detail = client.detail(server)
    assert server == 5 and set(detail) == {"id", "extra", "name"}
    assert math.isnan(detail["name"]) and detail["extra"] == {"ansible_host": "x"}


@pytest.mark.parametrize("shown", ["12345/../12346", None, True, -5, 0, 2**70, 1.5])
def test_an_id_that_is_no_id_is_shown_only(emulator: Emulator, client: Client, shown: Any) -> None:
    server = emulator.insert(id=shown)
    assert isinstance(server, int) and server >= 12345
    assert client.detail(server)["id"] == shown
    assert client.ids() == [shown]


def test_an_id_can_be_shown_twice(emulator: Emulator, client: Client) -> None:
    first, second = emulator.insert(id=12345), emulator.insert(id=12345)
    assert first == 12345 and second == 12346
    assert client.ids() == [12345, 12345]


def test_a_change_by_another_client(emulator: Emulator, client: Client) -> None:
    server = emulator.insert(name="before")
    emulator.change(server, name="after", extra=1, omit=["hostname"], resource_usage={"cpu_percent": 1})
    detail = client.detail(server)
    assert detail["name"] == "after" and detail["extra"] == 1 and "hostname" not in detail
    assert detail["resource_usage"] == {"cpu_percent": 1}
    emulator.remove(server)
    assert client.get(f"/servers/{server}/").status_code == 404
    with pytest.raises(EmulatorError, match="no such server"):
        emulator.change(server, name="x")


def test_the_log_tells_everything_but_the_token(emulator: Emulator, client: Client) -> None:
    client.create("web-1")
    client.get("/servers/12345/?x=%20y")
    client.ask("PATCH", "/servers/12345/", data=b"not json", headers={"Content-Type": "application/json"})
    client.ask("POST", "/servers/12345/stop/")
    Client(emulator, "vps_reader").ask("DELETE", "/servers/12345/")
    Client(emulator, "vps_unknown").get("/servers/")
    requests.get(f"{emulator.url}/servers", timeout=10, proxies={"http": ""})
    log = emulator.requests()
    path = "/api/v1/servers/12345/"
    assert [(entry["method"], entry["path"], entry["query"], entry["status"], entry["token"]) for entry in log] == [
        ("POST", "/api/v1/servers/", "", 201, "token-1"),
        ("GET", path, "x=%20y", 200, "token-1"),
        ("PATCH", path, "", 400, "token-1"),
        ("POST", f"{path}stop/", "", 400, "token-1"),
        ("DELETE", path, "", 403, "token-2"),
        ("GET", "/api/v1/servers/", "", 401, "unknown"),
        ("GET", "/api/v1/servers", "", 404, None),
    ]
    assert log[0]["body"] == {"name": "web-1", "plan_id": 1, "os_id": 5, "location": "us-west"}
    assert [entry["body"] for entry in log[1:]] == [None, "not json", None, None, None, None]
    numbers = [entry["number"] for entry in log]
    assert numbers == list(range(numbers[0], numbers[0] + 7))
    assert all(entry["time"] <= entry["answered"] for entry in log)
    assert emulator.token not in repr(log) and "vps_" not in repr(log)
    assert emulator.requests(after=numbers[4]) == log[5:]


def test_numbers_go_on_rising_when_the_log_is_cleared(emulator: Emulator, client: Client) -> None:
    client.get("/servers/")
    last = emulator.requests()[-1]["number"]
    emulator.clear_requests()
    assert emulator.requests() == []
    emulator.clear_requests()
    client.get("/servers/")
    assert [entry["number"] for entry in emulator.requests()] == [last + 1]


def test_statistics(emulator: Emulator, client: Client) -> None:
    emulator.configure(latency_ms=400)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: Client(emulator).get("/servers/").status_code, range(5)))
    client.ask("POST", "/servers/", {})
    statistics = emulator.statistics()
    assert statistics["requests"] == 6 and statistics["writes"] == 1
    assert 2 <= statistics["peak_in_flight"] <= 5 and 2 <= statistics["peak_per_second"] <= 6


def test_concurrent_writes_are_all_kept(emulator: Emulator) -> None:
    def create(number: int) -> int:
        return Client(emulator).create(f"web-{number}")["id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(create, range(40)))
    assert sorted(ids) == list(range(12345, 12385))
    assert {server["name"] for server in emulator.servers()} == {f"web-{number}" for number in range(40)}


def test_the_control_interface_is_not_in_the_log_and_needs_no_token(emulator: Emulator) -> None:
    base = emulator.url.removesuffix("/api/v1")
    for path in ("/_emulator/settings", "/_emulator/settings/description", "/_emulator/account"):
        assert requests.get(base + path, timeout=10, proxies={"http": ""}).status_code == 200
    assert requests.get(f"{base}/_emulator/nothing", timeout=10, proxies={"http": ""}).status_code == 404
    assert emulator.requests() == []


def test_a_token_can_be_added(emulator: Emulator) -> None:
    assert Client(emulator, "vps_late").get("/servers/").status_code == 401
    name = emulator.add_token("vps_late", ["servers:read"])
    assert Client(emulator, "vps_late").get("/servers/").status_code == 200
    assert Client(emulator, "vps_late").ask("POST", "/servers/", {}).status_code == 403
    assert emulator.requests()[-1]["token"] == name


def test_many_servers_are_listed_page_by_page(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(10_000)
    assert len(ids) == len(set(ids)) == 10_000
    met = [server for page in range(1, 101) for server in client.ids(f"?page_size=100&page={page}")]
    assert met == ids
    emulator.configure(paging=False)
    assert client.ids() == ids
