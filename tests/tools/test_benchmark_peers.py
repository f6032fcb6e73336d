# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark beside other collections: the servers that stand in for other providers' APIs, the table of the README,
and a run where the community package of Ansible is installed. Nothing is said of times.
"""

from __future__ import annotations

import copy
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from benchmark.measure import Bench
from benchmark_peers import hetzner, vultr
from benchmark_peers.candidates import OURS, Candidate, server_names
from benchmark_peers.stand_in import TOKEN, StandIn
from benchmark_peers.table import BEGIN, END, MEASURED, README, WORK, replace_table, table
from benchmark_peers.work import requests_of
from sandbox.isolation import REPOSITORY

BENCHMARK = REPOSITORY / "tools" / "benchmark_peers"
ENVIRONMENT = REPOSITORY / ".cache" / "venv-peers"
PINS = REPOSITORY / "tools" / "requirements" / "peers.txt"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
NAMES = server_names(120)


@pytest.fixture(scope="module")
def hetzner_api() -> Iterator[StandIn]:
    with StandIn(hetzner.HetznerAccount(NAMES)) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def vultr_api() -> Iterator[StandIn]:
    with StandIn(vultr.VultrAccount(NAMES)) as stand_in:
        yield stand_in


def get(stand_in: StandIn, path: str, **query: Any) -> Any:
    response = requests.get(stand_in.url + path, query, headers=HEADERS, timeout=60)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


# Hetzner's API


def test_hetzner_pages_hold_every_server_once(hetzner_api: StandIn) -> None:
    found, page, sizes = [], 1, []
    while page:
        body = get(hetzner_api, "/servers", page=page, per_page=50)
        pagination = body["meta"]["pagination"]
        assert (pagination["page"], pagination["last_page"], pagination["total_entries"]) == (page, 3, 120)
        assert pagination["previous_page"] == (page - 1 or None)
        sizes.append(len(body["servers"]))
        found += [server["name"] for server in body["servers"]]
        page = pagination["next_page"]
    assert sizes == [50, 50, 20]
    assert found == NAMES


@pytest.mark.parametrize(("query", "size"), [({}, 25), ({"per_page": 10}, 10), ({"per_page": 500}, 50)])
def test_hetzner_page_sizes(hetzner_api: StandIn, query: dict[str, int], size: int) -> None:
    body = get(hetzner_api, "/servers", **query)
    assert (len(body["servers"]), body["meta"]["pagination"]["per_page"]) == (size, size)


def test_hetzner_filters_by_name(hetzner_api: StandIn) -> None:
    (server,) = get(hetzner_api, "/servers", name="web-0077")["servers"]
    assert server == hetzner.server(77, "web-0077")
    none = get(hetzner_api, "/servers", name="web-007")
    assert (none["servers"], none["meta"]["pagination"]["last_page"]) == ([], 1)


def test_hetzner_lists_locations(hetzner_api: StandIn) -> None:
    assert get(hetzner_api, "/locations")["locations"] == [hetzner.LOCATION]


# Vultr's API


def test_vultr_pages_hold_every_instance_once(vultr_api: StandIn) -> None:
    found, cursor, sizes = [], "", []
    while True:
        body = get(vultr_api, "/instances", per_page=50, **({"cursor": cursor} if cursor else {}))
        assert body["meta"]["total"] == 120
        assert bool(body["meta"]["links"]["prev"]) == bool(cursor)
        sizes.append(len(body["instances"]))
        found += [instance["label"] for instance in body["instances"]]
        cursor = body["meta"]["links"]["next"]
        if cursor == "":
            break
    assert sizes == [50, 50, 20]
    assert found == NAMES


@pytest.mark.parametrize(("query", "size"), [({}, 100), ({"per_page": 10}, 10)])
def test_vultr_page_sizes(vultr_api: StandIn, query: dict[str, int], size: int) -> None:
    assert len(get(vultr_api, "/instances", **query)["instances"]) == size


def test_vultr_pages_hold_500_at_most() -> None:
    with StandIn(vultr.VultrAccount(server_names(501))) as stand_in:
        body = get(stand_in, "/instances", per_page=1000)
        assert len(body["instances"]) == 500
        assert len(get(stand_in, "/instances", per_page=1000, cursor=body["meta"]["links"]["next"])["instances"]) == 1


def test_vultr_filters_by_label(vultr_api: StandIn) -> None:
    assert get(vultr_api, "/instances", label="web-0077")["instances"] == [vultr.instance(77, "web-0077")]
    assert get(vultr_api, "/instances", label="web-007")["instances"] == []


def test_vultr_instance_and_what_belongs_to_it(vultr_api: StandIn) -> None:
    instance = vultr.instance(77, "web-0077")
    path = f"/instances/{instance['id']}"
    assert get(vultr_api, path) == {"instance": instance}
    assert get(vultr_api, f"{path}/user-data") == {"user_data": {"data": ""}}
    assert get(vultr_api, f"{path}/vpcs")["vpcs"] == []
    assert instance["os"] in {system["name"] for system in get(vultr_api, "/os")["os"]}


# Both


@pytest.mark.parametrize("api", ["hetzner_api", "vultr_api"])
def test_what_a_stand_in_refuses(api: str, request: pytest.FixtureRequest) -> None:
    stand_in = request.getfixturevalue(api)
    answers = [
        requests.get(f"{stand_in.url}/servers", timeout=60),
        requests.get(f"{stand_in.url}/servers", headers={"Authorization": "Bearer other"}, timeout=60),
        requests.post(f"{stand_in.url}/servers", json={"name": "web"}, headers=HEADERS, timeout=60),
        requests.get(f"{stand_in.url}/nothing", headers=HEADERS, timeout=60),
        requests.get(f"{stand_in.url}/instances/nothing", headers=HEADERS, timeout=60),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 405, 404, 404]
    assert all(answer.json()["error"] for answer in answers)


def test_stand_in_logs_requests() -> None:
    with StandIn(hetzner.HetznerAccount(NAMES)) as stand_in, requests.Session() as session:
        session.get(f"{stand_in.url}/servers?name=web-0001", headers=HEADERS, timeout=60)
        session.post(f"{stand_in.url}/servers", json={}, headers=HEADERS, timeout=60)
        assert stand_in.requests() == ["GET /v1/servers?name=web-0001", "POST /v1/servers"]
        stand_in.clear_requests()
        assert stand_in.requests() == []


def test_command_that_does_other_work_is_not_measured(tmp_path: pathlib.Path) -> None:
    with StandIn(hetzner.HetznerAccount(NAMES)) as stand_in:
        candidate = Candidate("hetzner.hcloud", {}, stand_in, {}, {}, "")
        bench = Bench(tmp_path, tiny=True)
        assert requests_of(bench, candidate, ["ansible", "--version"], r"ansible \[core") == 0
        with pytest.raises(RuntimeError, match="did not print changed=0"):
            requests_of(bench, candidate, ["ansible", "--version"], "changed=0")


# The table


def times(wall: float, requests: int) -> dict[str, float]:
    return {"wall": wall, "cpu": wall / 2, "requests": requests}


RESULTS: dict[str, Any] = {
    "date": "2026-01-31",
    "cores": 2,
    "versions": {
        "ansible": "1.2.3",
        "ansible-core": "2.3.4",
        "python": "3.4.5",
        "vpsorg.cloud": "0.0.1",
        "hetzner.hcloud": "5.6.7",
        "vultr.cloud": "6.7.8",
    },
    "rows": [
        {
            "name": "item",
            "size": 21,
            "beside": {"wall": 0.5, "cpu": 0.25},
            "taken": {OURS: times(0.02, 42), "hetzner.hcloud": times(1, 84), "vultr.cloud": times(1.25, 189)},
        },
        {
            "name": "inventory",
            "size": 1000,
            "beside": {"wall": 0.5, "cpu": 0.5},
            "taken": {OURS: times(1, 10), "hetzner.hcloud": times(8, 21), "vultr.cloud": times(6, 2)},
        },
        {
            "name": "inventory-bare",
            "size": 1000,
            "beside": {"wall": 0.5, "cpu": 0.5},
            "taken": {OURS: times(1, 10), "hetzner.hcloud": times(8, 21), "vultr.cloud": times(0.75, 2)},
        },
    ],
}


def parts(results: dict[str, Any]) -> tuple[str, list[str], str]:
    """What is said before the table, its lines, and what is said after it."""
    before, lines, after = table(results).split("\n\n")
    return before.replace("\n", " "), lines.splitlines(), after.replace("\n", " ")


def test_table_shows_ratios_and_the_best() -> None:
    before, lines, _after = parts(RESULTS)
    assert all(text in before for text in ("2026-01-31", "Ansible 1.2.3", "ansible-core 2.3.4", "Python 3.4.5"))
    assert lines == [
        "| the same work | beside | `vpsorg.cloud` 0.0.1 | `hetzner.hcloud` 5.6.7 | `vultr.cloud` 6.7.8 |",
        "|---|---|---|---|---|",
        (
            "| an item of a looped task with nothing to do | an item of `ansible.builtin.ping`: 0.50 s "
            "| **0.04 (0.04)** | 2.00 (2.00) | 2.50 (2.50) |"
        ),
        "| its requests, for 21 items | | **42** | 84 | 189 |",
        (
            "| `ansible all --list-hosts` of 1,000 servers | `-i localhost,`: 0.50 s "
            "| **2.00 (1.00)** | 16.0 (8.00) | 12.0 (6.00) |"
        ),
        "| its requests | | 10 | 21 | **2** |",
        (
            "| the same, `vultr.cloud` without `compose` and so without addresses | `-i localhost,`: 0.50 s "
            "| 2.00 (1.00) | 16.0 (8.00) | **1.50 (0.75)** |"
        ),
    ]
    # Where all are the same, none is the best.
    even = copy.deepcopy(RESULTS)
    for one in even["rows"][0]["taken"].values():
        one["requests"] = 21
    assert parts(even)[1][3] == "| its requests, for 21 items | | 21 | 21 | 21 |"


def test_table_says_where_another_is_better() -> None:
    assert parts(RESULTS)[2] == (
        "Where another collection is better than this one: `vultr.cloud` sends fewer requests for an inventory of "
        "1,000 servers (2 beside 10); `vultr.cloud` is faster at an inventory of 1,000 servers without addresses."
    )
    slow = copy.deepcopy(RESULTS)
    slow["rows"][0]["taken"][OURS]["wall"] = 1.1
    assert ": `hetzner.hcloud` is faster at an item of a looped task;" in parts(slow)[2]
    alone = {**RESULTS, "rows": RESULTS["rows"][:1]}
    assert parts(alone)[2] == "In no row is another collection better than this one."


def test_table_is_put_between_its_markers() -> None:
    readme = f"before\n{BEGIN}\nan older table\n{END}\nafter\n"
    written = replace_table(readme, RESULTS)
    assert written == f"before\n{BEGIN}\n{table(RESULTS)}\n{END}\nafter\n"
    assert replace_table(written, RESULTS) == written
    for marker in (BEGIN, END):
        with pytest.raises(ValueError, match="lacks"):
            replace_table(readme.replace(marker, ""), RESULTS)


# What was measured


def kept() -> dict[str, Any]:
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def test_table_of_the_readme_is_what_was_measured() -> None:
    readme = README.read_text(encoding="utf-8")
    assert replace_table(readme, kept()) == readme, "`.venv/bin/python tools/benchmark_peers --readme` writes it"


def test_all_was_measured_with_the_pinned_versions() -> None:
    pins = dict(re.findall(r"^(\S+)==(\S+)$", PINS.read_text(encoding="utf-8"), re.MULTILINE))
    measured = kept()
    assert {name: measured["versions"][name] for name in ("ansible", "ansible-core")} == {
        name: pins[name] for name in ("ansible", "ansible-core")
    }
    inventories = [name for name in WORK if name.startswith("inventory")]
    assert [(row["name"], row["size"]) for row in measured["rows"]] == [
        ("item", 11),
        ("item-module", 11),
        *((name, 1000) for name in inventories),
        *((name, 10_000) for name in inventories),
    ]


@pytest.mark.timeout(900)
@pytest.mark.skipif(not (ENVIRONMENT / "bin" / "ansible").exists(), reason="`make benchmark-peers` was not run here")
def test_smallest_run_measures_every_row() -> None:
    command = [sys.executable, str(BENCHMARK), "--tiny"]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stdout + done.stderr
    sent = re.findall(r"^  (\S+) +-?[\d.]+ +-?[\d.]+  .*, (\d+) requests$", done.stdout, re.MULTILINE)
    # 2 items; 60 servers, without a cache and from one.
    items = [(OURS, "4"), ("hetzner.hcloud", "8"), ("vultr.cloud", "18")]
    inventory = [(OURS, "1"), ("hetzner.hcloud", "3"), ("vultr.cloud", "1")]
    warm = [(OURS, "0"), ("hetzner.hcloud", "1"), ("vultr.cloud", "0")]
    assert sent == [*items, *items, *inventory, *inventory, *warm], done.stdout
