# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers become hosts, what the API is asked for, and what the cache's key depends on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import Settings
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.status import FILTERABLE
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.cache import cache_key
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import Query, Selection


def server(server_id: int, name: str, **fields: Any) -> dict[str, Any]:
    return {"id": server_id, "name": name, "status": "active", **fields}


def settings(**changes: Any) -> Settings:
    values = {
        "api_url": "https://a.example/api",
        "token": "vps_secret",
        "timeout": 1.0,
        "retries": 0,
        "retry_max_delay": 1.0,
        "validate_certs": True,
    }
    return Settings(**{**values, "ca_path": None, **changes})


# Which servers


def test_selection() -> None:
    servers = [
        server(1, "web-1", location="us-west"),
        server(2, "web-2", location="eu-central", status="stopped"),
        server(3, "Web-3", location=None),
        server(4, "db-1", status="provisioning"),
    ]

    def kept(**filters: tuple[str, ...]) -> list[int]:
        return [entry["id"] for entry in servers if Selection(**filters).keeps(entry)]

    assert kept() == [1, 2, 3, 4]
    assert kept(status=("stopped", "provisioning")) == [2, 4]
    assert kept(locations=("us-west",)) == [1]
    assert kept(include=("web-*",)) == [1, 2]
    assert kept(include=("web-*", "db-?"), exclude=("*-2",)) == [1, 4]
    assert kept(status=("active",), exclude=("*",)) == []


def test_nothing_is_left_out_without_a_filter() -> None:
    servers = [server(1, "web-1"), server(2, "")]
    assert Selection().of(servers) is servers


# What the API is asked for


def test_what_the_api_can_filter() -> None:
    assert {status for status in (*FILTERABLE, "provisioning") if Selection(status=(status,)).for_api()} == FILTERABLE
    assert Selection(status=("active",), locations=("us-west",)).for_api() == {
        "status": "active",
        "location": "us-west",
    }
    assert Selection(status=("provisioning",)).for_api() == {}  # not documented as a filter
    assert Selection(status=("active", "stopped"), locations=("a", "b"), include=("x",)).for_api() == {}


# The key of the cache


@dataclass(frozen=True)
class WithTags(Selection):
    """A selection to which a later version has added a filter."""

    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class WithUsage(Query):
    """A query to which a later version has added something to read."""

    usage: bool = False


def key(base: str = "base", path: str = "/a.vps.yml", query: Query | None = None, **changes: Any) -> str:
    return cache_key(base, path, settings(**changes), query or Query(Selection(status=("active",)), details=False))


def test_the_key_depends_on_whatever_the_servers_depend_on() -> None:
    keys = [
        key(),
        key(base="other"),
        key(path="/b.vps.yml"),
        key(token="vps_other"),
        key(api_url="https://b.example/api"),
        key(query=Query(Selection(status=("active",)), details=True)),
        *(key(query=Query(Selection(**{field.name: ("x",)}), details=False)) for field in fields(Selection)),
    ]
    assert len(set(keys)) == len(keys)
    assert all("vps_secret" not in each for each in keys)


def test_the_key_does_not_depend_on_how_the_api_is_reached() -> None:
    assert key() == key(timeout=9.0, retries=5)


@pytest.mark.parametrize("change", ["filter", "content"])
def test_what_is_added_later_is_in_the_key(change: str) -> None:
    before, after = {
        "filter": (Query(WithTags(), details=False), Query(WithTags(tags=("web",)), details=False)),
        "content": (WithUsage(Selection(), details=False), WithUsage(Selection(), details=False, usage=True)),
    }[change]
    assert key(query=before) != key(query=after)
