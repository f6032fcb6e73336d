# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file's options, and what is kept in a cache."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.cache import from_cache, to_cache
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.options import (
    check_keys,
    read_host_options,
    without_empty_variables,
)
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import Query, Selection

DEFAULTS: dict[str, Any] = {
    "status": [], "locations": [], "include": [], "exclude": [], "details": False,
    "hostnames": ["name"], "connect_with": ["ipv4", "ipv6"], "hostvars_prefix": "vps_", "group": "vps",
}  # fmt: skip
SERVERS = [
    {"id": 1, "name": "web-1", "status": "active"},
    {"id": 2, "name": "wéb {{ 1 }}", "status": "stopped", "extra": {"__ansible_vault": "x"}},
]


# Options


def test_the_defaults_are_valid() -> None:
    options = read_host_options(DEFAULTS)
    assert (options.prefix, options.group, options.hostnames, options.connect_with) == (
        "vps_",
        "vps",
        ("name",),
        ("ipv4", "ipv6"),
    )
    assert options.query == Query(Selection(), details=False)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("hostvars_prefix", "", "hostvars_prefix"),
        ("hostvars_prefix", None, "hostvars_prefix"),
        ("hostvars_prefix", "ansible_", "hostvars_prefix"),
        ("hostvars_prefix", "9a", "hostvars_prefix"),
        ("hostvars_prefix", "a-b", "hostvars_prefix"),
        ("hostvars_prefix", "a\n", "hostvars_prefix"),
        ("hostvars_prefix", "é", "hostvars_prefix"),
        ("group", "", "group"),
        ("group", " ", "group"),
        ("group", "all", "group"),
        ("hostnames", [], "hostnames must be a list of name, hostname, id"),
        ("hostnames", ["name", "label"], "got label"),
        ("connect_with", ["public"], "got public"),
        ("status", [False], "quotes"),
        ("locations", [{"a": 1}], "locations"),
        ("include", [""], "include"),
        ("exclude", [None], "exclude"),
    ],
)
def test_what_can_not_be_meant(option: str, value: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words) as error:
        read_host_options({**DEFAULTS, option: value})
    assert "\n" not in str(error.value)


def test_unknown_options() -> None:
    check_keys({"plugin": 1, "status": 1, "x-anchor": 1, "_anchor": 1}, ["status"])
    with pytest.raises(BadInput, match="Did you mean locations"):
        check_keys({"location": ["us-west"]}, ["status", "locations"])


def test_empty_environment_variables_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPS_API_URL", "")
    monkeypatch.setenv("VPS_API_TIMEOUT", "5")
    with without_empty_variables(["VPS_API_URL", "VPS_API_TIMEOUT", "VPS_CA_PATH"]):
        assert "VPS_API_URL" not in os.environ and os.environ["VPS_API_TIMEOUT"] == "5"
    assert os.environ["VPS_API_URL"] == "" and "VPS_CA_PATH" not in os.environ


# The cache


def test_what_was_cached_comes_back() -> None:
    stored = json.loads(json.dumps(to_cache(SERVERS)))
    assert from_cache(stored, Selection()) == SERVERS
    assert from_cache(stored, Selection(status=("stopped",))) == SERVERS[1:]
    assert from_cache(to_cache([]), Selection()) == []


def _damaged() -> list[Any]:
    good = to_cache(SERVERS)
    texts = [good["servers"][:-20], "[]", "{}", "", "null", '[{"id": 1}]', "[" * 5000]
    return [
        None,
        [],
        "text",
        {},
        {"servers": []},
        {**good, "format": 2},
        {**good, "digest": "0"},
        *({**good, "servers": text} for text in texts),
    ]


@pytest.mark.parametrize("cached", _damaged(), ids=str)
def test_a_damaged_cache_is_a_miss(cached: Any) -> None:
    assert from_cache(cached, Selection()) is None


@pytest.mark.parametrize(
    "servers",
    [{}, [1], [{"id": "one", "name": "a", "status": "b"}], [{"id": True, "name": "a", "status": "b"}], [{}]],
    ids=str,
)
def test_what_is_cached_is_checked_like_an_answer(servers: Any) -> None:
    assert from_cache(to_cache(servers), Selection()) is None
