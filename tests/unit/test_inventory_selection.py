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
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import (
    Found,
    Query,
    Selection,
    Words,
)
from helpers.facts import mentions


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
    assert kept(locations=("us-west",)) == kept(locations=("US-West", "x")) == [1]
    assert kept(include=("web-*",)) == [1, 2]
    assert kept(include=("web-*", "db-?"), exclude=("*-2",)) == [1, 4]
    assert kept(status=("active",), exclude=("*",)) == []


def test_nothing_is_left_out_without_a_filter() -> None:
    servers = [server(1, "web-1"), server(2, "")]
    assert Selection().of(servers) is servers


# What the API is asked for


def test_what_the_api_can_filter() -> None:
    """One status that is documented as a filter. Locations are compared without letter case: the API may differ."""
    for status in FILTERABLE:
        assert Selection(status=(status,), locations=("us-west",), include=("x",)).status_for_api() == status
    for words in ((), ("provisioning",), ("Active",), ("active", "stopped")):
        assert Selection(status=words, locations=("us-west",)).status_for_api() is None


# Words that no server has


@pytest.mark.parametrize(
    ("selection", "missing"),
    [
        (Selection(), []),
        (Selection(status=("active", "stopped"), locations=("us-west", "EU-central")), []),
        (Selection(status=("stoppd",)), ["stoppd"]),
        (Selection(status=("Active",)), ["Active"]),
        (Selection(status=("active",), locations=("us-wst", "us-west")), ["us-wst"]),
        (Selection(status=("a",), locations=("b", "c")), ["a", "b", "c"]),
    ],
)
def test_words_that_no_server_has(selection: Selection, missing: list[str]) -> None:
    """Of servers without a location, or with an odd one, no word is known."""
    servers = [
        server(1, "a", location="us-west"),
        server(2, "b", location="Eu-Central", status="stopped"),
        server(3, "c", location=None),
        server(4, "d", location=7),
    ]
    words = Words.of(servers)
    assert words == Words(("active", "stopped"), ("Eu-Central", "us-west"))
    warnings = Found([], words).unknown_words(selection)
    assert len(warnings) == len(missing)
    for word, warning in zip(missing, warnings, strict=True):
        assert mentions(warning, word, "'us-west'" if "locations" in warning else "'stopped'"), warning


def test_words_of_an_account_without_servers() -> None:
    (warning,) = Found([], Words.of([])).unknown_words(Selection(status=("active",)))
    assert mentions(warning, "status", "active", "no servers")


def test_a_server_without_a_name_goes_by_nothing() -> None:
    odd = {"id": 1, "name": None, "status": None}
    assert Selection().keeps(odd) and Selection(exclude=("*",)).keeps(odd)
    assert not Selection(include=("*",)).keeps(odd) and not Selection(status=("active",)).keeps(odd)


# Details


def test_which_details_are_read() -> None:
    servers = [
        server(1, "usual", ip_address="203.0.113.1"),
        server(2, "six", ip_address=None),
        server(3, "odd", ip_address="127.0.0.1"),
        server(4, "new", ip_address=None, status="provisioning"),
        server(5, "shown", ip_address=None, ipv6_address=None),
    ]

    def read(**options: bool) -> list[int]:
        query = Query(Selection(), **{"details": False, **options})
        return [entry["id"] for entry in servers if query.needs_detail(entry)]

    assert (read(), read(ipv6=True), read(details=True)) == ([], [2, 3], [1, 2, 3, 4, 5])


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
        key(query=Query(Selection(status=("active",)), details=False, ipv6=True)),
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
