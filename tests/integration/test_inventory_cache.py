# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's cache: no request when it is warm, never wrong, never the token in it."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fault_proxy import Fault, FaultProxy
from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.inventory_cli import failed, show

DEAD = "http://127.0.0.1:9/api/v1"  # nothing listens there


@pytest.fixture
def cached(tmp_path: pathlib.Path) -> Callable[..., dict[str, Any]]:
    """A configuration with a cache, and more options."""
    return lambda **options: {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        **options,
    }


@pytest.fixture
def proxy(emulator: Any) -> Iterator[FaultProxy]:
    with FaultProxy(emulator.url) as proxy:
        yield proxy


def files(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    return sorted((tmp_path / "cache").iterdir())


def age(tmp_path: pathlib.Path) -> None:
    """Make every cached file older than any time-out."""
    for path in files(tmp_path):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def test_a_warm_cache_needs_no_api_at_all(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    emulator.seed(30)
    config = cached(keyed_groups=[{"key": "vps_location", "prefix": "at"}])
    first = show(ansible_cli, config)
    emulator.clear_requests()
    # A `requests` that can't be imported shows that it is not.
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "requests.py").write_text("raise RuntimeError('requests was imported')\n")
    second = show(ansible_cli, config, env={"PYTHONPATH": str(tmp_path / "broken")})
    assert emulator.requests() == [] and len(second.hosts) == 30
    assert (second.variables, second.groups) == (first.variables, first.groups)


def test_groups_are_made_anew(ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any]) -> None:
    emulator.seed(3)
    show(ansible_cli, cached())
    emulator.clear_requests()
    inventory = show(ansible_cli, cached(groups={"all_of_them": "true"}, hostvars_prefix="x_", compose={"a": "x_name"}))
    assert emulator.requests() == []
    assert len(inventory.groups["all_of_them"]) == 3 and inventory.variables["web-0001"]["a"] == "web-0001"


@pytest.mark.parametrize(
    "change",
    [
        {"status": ["active"]},
        {"locations": ["us-west"]},
        {"include": ["web-*"]},
        {"exclude": ["x"]},
        {"details": True},
        {"api_token": "vps_other"},
        {"file_name": "b.vps.yml"},
    ],
    ids=str,
)
def test_another_configuration_is_another_cache(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], change: dict[str, Any]
) -> None:
    emulator.add_token("vps_other")
    emulator.seed(3)
    show(ansible_cli, cached())
    emulator.clear_requests()
    file_name = change.pop("file_name", "test.vps.yml")
    show(ansible_cli, cached(**change), file_name=file_name)
    assert emulator.requests() != []


def test_another_url_is_another_cache(ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any]) -> None:
    emulator.seed(3)
    show(ansible_cli, cached())
    failed(ansible_cli, cached(api_url=DEAD, api_retries=0), "127.0.0.1:9")


def test_no_token_in_the_cache(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    """Even where the API itself sends it back."""
    emulator.insert(
        name="web-1",
        hostname=emulator.token,
        extra={"Authorization": f"Bearer {emulator.token}", emulator.token: [emulator.token]},
    )
    inventory = show(ansible_cli, cached())
    assert inventory.variables["web-1"]["vps_hostname"] == "********"
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() and emulator.token in path.read_text(errors="replace")
    ] == []
    assert emulator.token not in " ".join(path.name for path in files(tmp_path))


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "other", "changed"])
def test_a_damaged_cache_is_a_miss(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], tmp_path: pathlib.Path, damage: str
) -> None:
    emulator.seed(3)
    show(ansible_cli, cached())
    emulator.clear_requests()
    (path,) = files(tmp_path)
    text = path.read_text()
    path.write_text(
        {
            "cut": text[: len(text) // 2],
            "empty": "",
            "text": "no JSON",
            "other": json.dumps({"a": 1}),
            "changed": text.replace("web-0002", "web-0009"),
        }[damage]
    )
    assert show(ansible_cli, cached()).hosts == ["web-0001", "web-0002", "web-0003"]
    assert len(emulator.requests()) == 1
    show(ansible_cli, cached())
    assert len(emulator.requests()) == 1  # it was mended


def test_an_expired_cache_is_a_miss(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    emulator.seed(3)
    show(ansible_cli, cached())
    age(tmp_path)
    emulator.seed(1, first=4)
    assert len(show(ansible_cli, cached()).hosts) == 4


def test_refresh_inventory_reads_anew_and_writes(
    ansible_cli: AnsibleCli, emulator: Any, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    emulator.seed(3)
    show(ansible_cli, cached())
    emulator.seed(2, first=4)
    emulator.clear_requests()
    count = {"ansible.builtin.debug": {"msg": "{{ groups['vps'] | length }}"}}
    tasks = [{"name": "Before", **count}, {"name": "Refresh", "ansible.builtin.meta": "refresh_inventory"}]
    plays = [
        {"name": name, "hosts": "localhost", "gather_facts": False, "tasks": inner}
        for name, inner in (("One", tasks), ("Two", [{"name": "After", **count}]))
    ]
    outcome = ansible_cli.playbook(plays, inventory=tmp_path / "test.vps.yml", rc=0)
    assert (str(outcome.task("Before")["msg"]), str(outcome.task("After")["msg"])) == ("3", "5")
    assert len(emulator.requests()) == 1
    assert len(show(ansible_cli, cached()).hosts) == 5
    assert len(emulator.requests()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("answer", status=500, times=None),
        Fault("close_mid_body", times=None),
        Fault("truncate_body", times=None),
        Fault("html_200", times=None),
        Fault("answer", status=200, body={"count": 3, "results": []}, times=None),
        Fault("answer", status=200, body={"detail": "odd"}, times=None),
        Fault("reset_after", query="page=2", times=None),
    ],
    ids=lambda fault: fault.kind,
)
def test_what_is_not_whole_is_an_error_and_overwrites_no_cache(
    ansible_cli: AnsibleCli,
    emulator: Any,
    proxy: FaultProxy,
    cached: Callable[..., Any],
    tmp_path: pathlib.Path,
    fault: Fault,
) -> None:
    emulator.seed(120)
    config = cached(api_url=proxy.url, api_retries=1, api_retry_max_delay=0.01)
    show(ansible_cli, config)
    age(tmp_path)
    (path,) = files(tmp_path)
    before = path.read_bytes()
    proxy.set(fault)
    failed(ansible_cli, config)
    assert proxy.met(fault) >= 2
    assert files(tmp_path) == [path] and path.read_bytes() == before


# The API is down


def test_old_servers_are_used_only_where_that_is_asked_for(
    ansible_cli: AnsibleCli, emulator: Any, proxy: FaultProxy, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    emulator.seed(3)
    config = cached(api_url=proxy.url, api_retries=0)
    show(ansible_cli, config)
    age(tmp_path)
    proxy.set(Fault("answer", status=502, times=None))
    failed(ansible_cli, config, 502)
    inventory = show(ansible_cli, {**config, "cache_fallback": True})
    assert inventory.hosts == ["web-0001", "web-0002", "web-0003"]
    assert mentions(inventory.warnings, 502, "cache_fallback")
    failed(ansible_cli, config, 502)  # the old servers were not made young by it


def test_a_refused_token_is_no_outage(
    ansible_cli: AnsibleCli, emulator: Any, proxy: FaultProxy, cached: Callable[..., Any], tmp_path: pathlib.Path
) -> None:
    emulator.seed(3)
    config = cached(api_url=proxy.url, api_retries=0, cache_fallback=True)
    show(ansible_cli, config)
    age(tmp_path)
    proxy.set(Fault("answer", status=401, body={"detail": "Invalid token."}, times=None))
    failed(ansible_cli, config, 401, "Invalid token.")


def test_a_fallback_without_a_cached_list_is_an_error(ansible_cli: AnsibleCli, cached: Callable[..., Any]) -> None:
    failed(ansible_cli, cached(api_url=DEAD, api_retries=0, cache_fallback=True), "127.0.0.1:9")
