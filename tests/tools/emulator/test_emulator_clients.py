# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialect of the vendor's clients, endpoint by endpoint. test_emulator_vendor.py asks these clients themselves."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from emulator.handle import Emulator
from emulator.uuids import number_of, uuid_of
from helpers.api_client import Client

SLOW = 60_000
ITEM_FIELDS = {
    *("uuid", "hostname", "status", "ipv4_addresses", "ipv6_addresses", "location_name", "plan_name", "os_name"),
    *("deployed", "created_at"),
}
DETAIL_FIELDS = {
    *("uuid", "hostname", "status", "ipv4_addresses", "ipv6_addresses", "location", "plan"),
    *("operating_system_version", "deployed", "created_at"),
}
PLAN, VERSION = uuid_of("plan", 2), uuid_of("system version", 6)
NEW = {"hostname": "my-server", "location": 3, "plan": PLAN, "os_version": VERSION}
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNuRz1Yk8q3iQ0kq0J2nq2bD3o8fXb2JmW1mYw2Vf7Q laptop"
FINGERPRINT = "SHA256:"


@pytest.fixture
def emulator(emulator: Emulator) -> Emulator:
    """The shared emulator, in this dialect."""
    emulator.configure(dialect="clients")
    return emulator


def path_of(server: int, tail: str = "") -> str:
    """The path of a server."""
    return f"/servers/{uuid_of('server', server)}/{tail}"


def test_a_list_item(emulator: Emulator, client: Client) -> None:
    server = emulator.insert(name="web-0001", location="eu-central", created_at="2026-11-25T08:47:58Z")
    body = client.get("/servers/?page=1&page_size=20").json()
    assert body == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "uuid": uuid_of("server", server),
                "hostname": "web-0001",
                "status": "active",
                "ipv4_addresses": ["203.0.113.10"],
                "ipv6_addresses": ["2001:0db8::1"],
                "location_name": "Frankfurt",
                "plan_name": "Standard VPS",
                "os_name": "Ubuntu 22.04 LTS",
                "deployed": True,
                "created_at": "2026-11-25T08:47:58Z",
            }
        ],
    }


def test_uuids_follow_from_the_numbers() -> None:
    assert uuid_of("server", 12345).startswith("00003039-") and uuid.UUID(uuid_of("server", 12345)).version == 5
    assert uuid_of("server", 1) != uuid_of("plan", 1)
    for number in (1, 12345, 2**32 - 1):
        assert number_of("server", uuid_of("server", number)) == number
        assert number_of("server", uuid_of("server", number).upper()) == number
        assert number_of("server", uuid_of("plan", number)) is None
    for text in ("", "12345", str(uuid.UUID(int=1)), None, 12345, uuid_of("server", 1) + "\n"):
        assert number_of("server", text) is None


def test_lists_are_paged_or_bare(emulator: Emulator, client: Client) -> None:
    ids = emulator.seed(25)
    first = client.get("/servers/").json()
    second = client.session.get(first["next"], timeout=10).json()
    assert [server["uuid"] for server in first["results"] + second["results"]] == [uuid_of("server", id) for id in ids]
    assert (first["count"], second["next"]) == (25, None)
    emulator.configure(page_size=2)
    for path in ("/plans/", "/locations/", "/operating-systems/", "/ssh-keys/"):
        page = client.get(path).json()
        assert len(page["results"]) == 2 < page["count"] and page["next"].endswith(f"{path}?page=2")
    emulator.configure(paging=False, order="desc")
    assert [server["uuid"] for server in client.get("/servers/").json()] == [uuid_of("server", id) for id in ids[::-1]]
    assert isinstance(client.get("/plans/").json(), list)


def test_there_are_no_filters(emulator: Emulator, client: Client) -> None:
    emulator.seed(2, status=["active", "stopped"])
    assert client.get("/servers/?status=stopped&location=us-west").json()["count"] == 2
    emulator.configure(strict_query=True)
    assert set(client.get("/servers/?status=stopped").json()) == {"status"}


def test_a_create(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=SLOW)
    credits = emulator.credits
    answer = client.ask("POST", "/servers/", {**NEW, "ssh_keys": [uuid_of("ssh key", 2)]})
    created = answer.json()
    (stored,) = emulator.servers()
    assert answer.status_code == 201 and set(created) == DETAIL_FIELDS | {"password"}
    assert created["uuid"] == uuid_of("server", stored["id"]) and created["hostname"] == "my-server"
    assert (created["status"], created["deployed"], created["ipv4_addresses"]) == ("provisioning", False, [])
    assert created["plan"]["uuid"] == NEW["plan"] and created["location"]["name"] == "Frankfurt"
    assert created["operating_system_version"] == {"uuid": NEW["os_version"], "name": "Ubuntu 24.04 LTS"}
    assert created["password"] == stored["given_password"]
    assert "password" not in client.get(path_of(stored["id"])).json()
    assert emulator.credits < credits
    # The same server in the other dialect.
    emulator.configure(dialect="documented")
    detail = client.detail(stored["id"])
    made_of = (detail["name"], detail["location"], detail["plan"]["id"], detail["os"]["id"])
    assert made_of == ("my-server", "eu-central", 2, 6)
    assert stored["ssh_key_id"] == 2


def test_a_create_of_the_documented_dialect_is_refused(emulator: Emulator, client: Client) -> None:
    body = {"name": "web-1", "plan_id": 1, "os_id": 5, "location": "us-west"}
    answer = client.ask("POST", "/servers/", body)
    assert answer.status_code == 400
    required = ["This field is required."]
    assert answer.json() == {
        "hostname": required,
        "plan": required,
        "os_version": required,
        "location": ["Incorrect type. Expected pk value, received str."],
    }
    assert emulator.servers() == []


@pytest.mark.parametrize(
    "change",
    [
        {"hostname": ""},
        {"hostname": "a_b"},
        {"hostname": None},
        {"location": 99},
        {"location": True},
        {"plan": 1},
        {"plan": uuid_of("plan", 99)},
        {"plan": uuid_of("server", 1)},
        {"os_version": uuid_of("system", 1)},
        {"ssh_keys": uuid_of("ssh key", 1)},
        {"ssh_keys": [uuid_of("ssh key", 1), uuid_of("ssh key", 99)]},
        {"ssh_keys": [["x"]]},
    ],
)
def test_a_create_with_a_wrong_field(emulator: Emulator, client: Client, change: dict[str, Any]) -> None:
    answer = client.ask("POST", "/servers/", {**NEW, **change})
    assert (answer.status_code, set(answer.json())) == (400, set(change))
    assert emulator.servers() == []


def test_the_life_of_a_server(emulator: Emulator, client: Client) -> None:
    emulator.configure(provision_ms=0, address_ms=0)
    client.ask("POST", "/servers/", NEW)
    (stored,) = emulator.servers()
    path = path_of(stored["id"])
    detail = client.get(path).json()
    assert set(detail) == DETAIL_FIELDS
    assert (detail["status"], detail["deployed"], len(detail["ipv4_addresses"])) == ("active", True, 1)
    assert [detail["plan"][key] for key in ("cpu", "ram", "ram_unit", "disk_space")] == [4, 8, "GB", 160]
    assert client.ask("DELETE", path).status_code == 204
    assert client.get(path).status_code == 404 and emulator.servers() == []


@pytest.mark.parametrize(
    ("action", "status", "becomes"),
    [
        ("start", "stopped", "starting"),
        ("stop", "active", "stopping"),
        ("restart", "active", "rebooting"),
        ("hard_stop", "active", "stopping"),
    ],
)
def test_power(emulator: Emulator, client: Client, action: str, status: str, becomes: str) -> None:
    emulator.configure(start_ms=SLOW, stop_ms=SLOW, reboot_ms=SLOW)
    server = emulator.insert(status=status)
    assert client.ask("POST", path_of(server, "power/"), {"action": action}).status_code == 200
    assert client.get(path_of(server)).json()["status"] == becomes
    refused = client.ask("POST", path_of(server, "power/"), {"action": action})
    assert (refused.status_code, set(refused.json())) == (400, {"detail"})


@pytest.mark.parametrize("body", [{}, {"action": "reboot"}, {"action": ["start"]}, {"action": None}])
def test_power_with_a_wrong_action(emulator: Emulator, client: Client, body: dict[str, Any]) -> None:
    server = emulator.insert()
    answer = client.ask("POST", path_of(server, "power/"), body)
    assert (answer.status_code, set(answer.json())) == (400, {"action"})
    assert client.get(path_of(server)).json()["status"] == "active"


def test_backup_snapshot_and_resize(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    assert client.ask("POST", path_of(server, "backup/")).status_code == 201
    assert client.ask("POST", path_of(server, "snapshot/")).status_code == 201
    assert client.ask("POST", path_of(server, "snapshot/"), {"label": "before"}).json()["label"] == "before"
    assert client.ask("POST", path_of(server, "resize/"), {"plan": uuid_of("plan", 3)}).status_code == 200
    assert client.get(path_of(server)).json()["plan"]["uuid"] == uuid_of("plan", 3)
    for body in ({}, {"plan": 3}, {"plan": uuid_of("plan", 9)}):
        answer = client.ask("POST", path_of(server, "resize/"), body)
        assert (answer.status_code, set(answer.json())) == (400, {"plan"})


def test_what_servers_are_made_of(client: Client, emulator: Emulator) -> None:
    plans = client.get("/plans/").json()["results"]
    fields = ("uuid", "cpu", "cpu_type_name", "ram", "ram_unit", "disk_space", "transfer", "monthly_price")
    assert [set(plan) for plan in plans] == [{*fields, "hourly_price"}] * 4
    assert plans[0]["uuid"] == uuid_of("plan", 1)
    locations = client.get("/locations/").json()["results"]
    assert [location["id"] for location in locations] == [1, 2, 3, 4, 5]
    assert set(locations[0]) == {"id", "name", "country_name", "country_code", "is_active"}
    systems = client.get("/operating-systems/").json()["results"]
    versions = [version for system in systems for version in system["versions"]]
    assert [number_of("system version", version["uuid"]) for version in versions] == [3, 4, 5, 6, 7]
    assert all(version["name"].startswith(system["name"]) for system in systems for version in system["versions"])
    emulator.configure(plans=False)
    assert client.get("/plans/").status_code == 404


def test_ssh_keys(emulator: Emulator, client: Client) -> None:
    before = client.get("/ssh-keys/").json()["results"]
    answer = client.ask("POST", "/ssh-keys/", {"name": "laptop", "public_key": PUBLIC_KEY})
    added = answer.json()
    assert answer.status_code == 201 and added["name"] == "laptop" and added["fingerprint"].startswith(FINGERPRINT)
    assert set(added) == {"uuid", "name", "fingerprint", "created_at", "last_used_at"}
    assert client.get("/ssh-keys/").json()["results"] == [*before, added]
    assert client.ask("POST", "/servers/", {**NEW, "ssh_keys": [added["uuid"]]}).status_code == 201
    assert client.ask("DELETE", f"/ssh-keys/{added['uuid']}/").status_code == 204
    assert client.ask("DELETE", f"/ssh-keys/{added['uuid']}/").status_code == 404
    assert client.get("/ssh-keys/").json()["results"] == before
    assert client.ask("POST", "/servers/", {**NEW, "ssh_keys": [added["uuid"]]}).status_code == 400


@pytest.mark.parametrize("key", ["", "x", "ssh-ed25519", "ssh-ed25519 not*base64", None, ["ssh-ed25519 AAAA"]])
def test_a_wrong_ssh_key(emulator: Emulator, client: Client, key: Any) -> None:
    answer = client.ask("POST", "/ssh-keys/", {"name": "laptop", "public_key": key})
    assert (answer.status_code, set(answer.json())) == (400, {"public_key"})


@pytest.mark.parametrize("server", ["12345", "abc", str(uuid.UUID(int=12345)), uuid_of("plan", 12345)])
def test_no_such_server(emulator: Emulator, client: Client, server: str) -> None:
    emulator.insert(id=12345)
    calls = [("GET", ""), ("DELETE", ""), *(("POST", f"{tail}/") for tail in ("power", "backup", "snapshot", "resize"))]
    for method, tail in calls:
        assert client.ask(method, f"/servers/{server}/{tail}", {}).status_code == 404
    assert len(emulator.servers()) == 1


def test_what_only_the_documentation_knows_is_not_there(emulator: Emulator, client: Client) -> None:
    server = emulator.insert()
    for method in ("PATCH", "PUT"):
        answer = client.ask(method, path_of(server), {"name": "x"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET")
    for action in ("start", "stop", "reboot"):
        assert client.ask("POST", path_of(server, f"{action}/")).status_code == 404
    assert client.get("/account/me/").status_code == 404


@pytest.mark.parametrize(
    ("token", "allowed"),
    [
        ("servers:read", {"/servers/", "/plans/", "/locations/", "/operating-systems/"}),
        ("ssh_keys:*", {"/ssh-keys/"}),
        ("domains:*", set()),
    ],
)
def test_permissions(emulator: Emulator, token: str, allowed: set[str]) -> None:
    emulator.add_token(f"vps_{token}", [token])
    client = Client(emulator, f"vps_{token}")
    paths = ("/servers/", "/plans/", "/locations/", "/operating-systems/", "/ssh-keys/")
    statuses = {path: client.get(path).status_code for path in paths}
    assert {path for path, status in statuses.items() if status == 200} == allowed
    assert set(statuses.values()) <= {200, 403}
    assert client.ask("POST", "/servers/", NEW).status_code == 403


@pytest.mark.parametrize("value", [None, True, 0, 2**70, "", "\ud800", ["x"], {"x": 1}], ids=range(8))
@pytest.mark.parametrize("field", ["name", "status", "ip_address", "location", "plan", "os", "created_at"])
def test_odd_servers_are_shown(emulator: Emulator, client: Client, field: str, value: Any) -> None:
    server = emulator.insert(**{field: value})
    assert set(client.get("/servers/").json()["results"][0]) == ITEM_FIELDS
    assert set(client.get(path_of(server)).json()) == DETAIL_FIELDS


def test_a_field_of_this_dialect_can_be_inserted(emulator: Emulator, client: Client) -> None:
    server = emulator.insert(uuid="no uuid", location_name=["x"], colour="red")
    item = client.get("/servers/").json()["results"][0]
    assert (item["uuid"], item["location_name"], item["colour"]) == ("no uuid", ["x"], "red")
    assert client.get(path_of(server)).json()["uuid"] == "no uuid"


def test_reads_lag_behind_writes_here_too(emulator: Emulator, client: Client) -> None:
    emulator.configure(stale_ms=SLOW)
    created = client.ask("POST", "/servers/", NEW).json()
    assert client.get(f"/servers/{created['uuid']}/").status_code == 404
    assert client.get("/servers/").json()["count"] == 0
