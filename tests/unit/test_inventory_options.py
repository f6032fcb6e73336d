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
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory import cache
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.cache import from_cache, to_cache
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.options import (
    GivenOptions,
    check_keys,
    read_host_options,
    without_empty_variables,
)
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import (
    Found,
    Query,
    Selection,
    Words,
)
from helpers.facts import missing

DEFAULTS: dict[str, Any] = {
    "status": [], "locations": [], "include": [], "exclude": [], "details": False,
    "hostnames": ["name"], "connect_with": ["ipv4", "ipv6"], "hostvars_prefix": "vps_", "group": "vps",
    "filters": [], "use_extra_vars": False,
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
    assert options.query == Query(Selection(), details=False, ipv6=True) and not options.has_expressions


@pytest.mark.parametrize(
    ("options", "ipv6"),
    [({}, True), ({"connect_with": ["ipv4"]}, False), ({"connect_with": ["ipv6"]}, True), ({"details": True}, False)],
)
def test_ipv6_addresses_that_are_read(options: dict[str, Any], ipv6: bool) -> None:
    assert read_host_options({**DEFAULTS, **options}).query.ipv6 is ipv6


@pytest.mark.parametrize(
    "value",
    ["'p-' ~ vps_name", "vps_name | lower", "vps_name", " vps_name ", "ansible_host", "name", "'x'", "1 + 1"],
)
def test_hostnames_by_expression(value: str) -> None:
    options = read_host_options({**DEFAULTS, "hostnames": [value, "id"]})
    assert options.hostnames == (value, "id") and options.hostnames[0] is value
    assert options.has_expressions is (value != "name")


@pytest.mark.parametrize(
    "value", ["label", "x_name", "vps-name-{{ vps_id }}", "{{ vps_name }}", "'a' ~", "", True, 7, None, ["name"], "a b"]
)
def test_hostnames_that_can_not_be_meant(value: Any) -> None:
    """The message lists the choices, and says that there are others."""
    with pytest.raises(BadInput) as error:
        read_host_options({**DEFAULTS, "hostnames": ["name", value]})
    assert missing(str(error.value), "name", "hostname", "id", "expressions", "compose", f"got {value}") == []


def test_any_word_may_be_an_extra_variable() -> None:
    read_host_options({**DEFAULTS, "hostnames": ["label"], "use_extra_vars": True})


@pytest.mark.parametrize("value", ["{{ true }}", "a ==", "", True, None, {"include": "a"}])
def test_filters_that_can_not_be_meant(value: Any) -> None:
    with pytest.raises(BadInput, match=r"^filters must be a list of expressions"):
        read_host_options({**DEFAULTS, "filters": [value]})


def test_a_comma_separates_no_expressions() -> None:
    """Of the names of fields it does, as Ansible splits any list that is one text."""
    for given, expected in (
        ("vps_name.replace('a', 'b')", ["vps_name.replace('a', 'b')"]),
        ("hostname, name", "hostname, name"),
        (["a, b"], ["a, b"]),
    ):
        assert given_options(hostnames=given)["hostnames"] == expected
    assert given_options(filters="vps_id in [1, 2]")["filters"] == ["vps_id in [1, 2]"]


def given_options(**config: Any) -> dict[str, Any]:
    """What is handed to Ansible, where a template `<x>` gives x."""

    def template(_name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [template(_name, item) for item in value]
        return {"<a>": "a", "<list>": ["a", "b"], "<empty>": "", "<none>": None}.get(value, value)

    return GivenOptions(config, dict.fromkeys(config), template).values


@pytest.mark.parametrize("option", ["status", "locations", "include", "exclude", "group", "hostvars_prefix"])
def test_options_that_may_be_templates(option: str) -> None:
    assert given_options(**{option: "<list>"}) == {option: ["a", "b"]}
    assert given_options(**{option: ["<a>", "c"]}) == {option: ["a", "c"]}
    # What comes to nothing is not left out, as that would select every server.
    assert given_options(**{option: "<empty>"}) == {option: ""}
    with pytest.raises(BadInput, match=f"template of {option} gives nothing"):
        given_options(**{option: "<none>"})


def test_options_that_are_no_templates() -> None:
    assert given_options(api_url="<empty>") == {}
    assert given_options(connect_with="<a>", hostnames=["<a>"], compose={"x": "<a>"}) == {
        "connect_with": "<a>",
        "hostnames": ["<a>"],
        "compose": {"x": "<a>"},
    }


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


WORDS = Words(("active", "stopped"), ("us-west",))


def test_what_was_cached_comes_back() -> None:
    stored = json.loads(json.dumps(to_cache(Found(SERVERS, WORDS))))
    assert from_cache(stored, Selection()) == Found(SERVERS, WORDS)
    assert from_cache(stored, Selection(status=("stopped",))) == Found(SERVERS[1:], WORDS)
    assert from_cache(to_cache(Found([])), Selection()) == Found([])


def _damaged() -> list[Any]:
    good = to_cache(Found(SERVERS, WORDS))
    texts = [good["data"][:-20], "[]", "{}", "", "null", '{"servers": [{"id": 1}], "words": {}}', "[" * 5000]
    return [
        None,
        [],
        "text",
        {},
        {"data": []},
        {**good, "format": 1},
        {**good, "format": 2},  # in which passwords were kept
        {**good, "digest": "0"},
        *({**good, "data": text} for text in texts),
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
    assert from_cache(to_cache(Found(servers)), Selection()) is None


@pytest.mark.parametrize("words", [None, [], {"status": None}, {"other": []}, {"status": 7}], ids=str)
def test_words_of_another_form_are_a_miss(words: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "asdict", lambda _words: words)
    assert from_cache(to_cache(Found(SERVERS)), Selection()) is None
