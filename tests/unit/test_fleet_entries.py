# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of a fleet: plain names, and one entry for several servers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.entries import MOST_COUNT, entries_of


def servers_of(*given: Any, absent: bool = False) -> list[dict[str, Any]]:
    problems: list[str] = []
    entries = entries_of(given, problems, absent=absent)
    assert problems == []
    return [dict(entry.fields) for entry in entries]


def problem_of(entry: Any, *, absent: bool = False) -> str:
    problems: list[str] = []
    assert entries_of([entry], problems, absent=absent) == []
    (problem,) = problems
    return problem


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("web-%02d", ["web-01", "web-02", "web-03"]),
        ("web-%d", ["web-1", "web-2", "web-3"]),
        ("%03d-web", ["001-web", "002-web", "003-web"]),
        ("web-%0d", ["web-1", "web-2", "web-3"]),
        ("100%%-%d", ["100%-1", "100%-2", "100%-3"]),
    ],
)
def test_one_entry_for_several_servers(name: str, names: list[str]) -> None:
    for count in (3, "3"):
        assert servers_of({"name": name, "count": count, "plan_id": 2}) == [
            {"name": one, "plan_id": 2} for one in names
        ]


def test_host_names_are_numbered_along() -> None:
    entry = {"name": "web-%02d", "hostname": "web%d.example.com", "count": 2}
    assert servers_of(entry) == [
        {"name": "web-01", "hostname": "web1.example.com"},
        {"name": "web-02", "hostname": "web2.example.com"},
    ]
    assert servers_of({**entry, "hostname": None})[1] == {"name": "web-02", "hostname": None}
    assert servers_of({**entry, "hostname": "web.example.com"})[1]["hostname"] == "web.example.com"


def test_numbers_need_not_fit_their_width() -> None:
    assert [server["name"] for server in servers_of({"name": "web-%02d", "count": 100})][-2:] == ["web-99", "web-100"]
    assert len(servers_of({"name": "web-%d", "count": MOST_COUNT})) == MOST_COUNT


def test_none_of_them() -> None:
    assert servers_of({"name": "web-%02d", "count": 0}, {"name": "db"}) == [{"name": "db"}]
    assert servers_of({"name": "web-%02d", "count": "0"}) == []


@pytest.mark.parametrize("count", [None, ""])
def test_a_count_that_is_not_set(count: str | None) -> None:
    assert servers_of({"name": "web", "count": count}) == [{"name": "web"}]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "web-%02d"}, "servers[0] (web-%02d): name contains %02d, which stands for a number only in an entry"),
        ({"name": "web", "hostname": "web%d.example.com"}, "servers[0] (web): hostname contains %d"),
        ({"name": "web", "count": 2}, "servers[0] (web): with count, name must contain one directive"),
        ({"name": "web-%%", "count": 2}, "servers[0] (web-%%): with count, name must contain one directive"),
        ({"name": "a-%d-%d", "count": 2}, "servers[0] (a-%d-%d): with count, name must contain one directive"),
        ({"name": "web-%s", "count": 2}, "servers[0] (web-%s): name may be numbered by %d"),
        ({"name": "web-%x", "count": 2}, "servers[0] (web-%x): name may be numbered by %d"),
        ({"name": "web-%3d", "count": 2}, "servers[0] (web-%3d): name may be numbered by %d"),
        ({"name": "web-%+d", "count": 2}, "servers[0] (web-%+d): name may be numbered by %d"),
        ({"name": "web-%0999999999d", "count": 2}, "servers[0] (web-%0999999999d): name may be numbered by %d"),
        ({"name": "w-%d", "hostname": "w%x.example.com", "count": 2}, "servers[0] (w-%d): hostname may be numbered by"),
        ({"count": 2}, "servers[0]: name is required"),
        ({"name": "", "count": 2}, "servers[0]: name is required"),
        ({"name": 83, "count": 2}, "servers[0]: name must be a string, got the number 83"),
        ({"name": "web-%d", "count": -1}, f"servers[0] (web-%d): count must be from 0 to {MOST_COUNT}, got -1"),
        ({"name": "web-%d", "count": MOST_COUNT + 1}, "servers[0] (web-%d): count must be from 0 to"),
        *(
            ({"name": "web-%d", "count": count}, "servers[0] (web-%d): count must be an integer, got")
            for count in ("many", True, 1.5, [2], {"of": 2}, float("inf"), float("nan"))
        ),
    ],
)
def test_what_can_not_be_numbered(entry: dict[str, Any], words: str) -> None:
    assert problem_of(entry).startswith(words)
    assert problem_of(entry, absent=True).startswith(words)


def test_plain_names_are_enough_to_delete() -> None:
    given = ("web-01", {"name": "web-02"}, {"name": "db-%d", "count": 2})
    assert [server["name"] for server in servers_of(*given, absent=True)] == ["web-01", "web-02", "db-1", "db-2"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("", "servers[0] must be a name or a dictionary of fields"),
        (None, "servers[0] must be a name or a dictionary of fields"),
        (["web-01"], "servers[0] must be a name or a dictionary of fields"),
        ("web-%02d", "servers[0] (web-%02d): name contains %02d"),
    ],
)
def test_what_names_nothing_deletes_nothing(entry: Any, words: str) -> None:
    assert problem_of(entry, absent=True).startswith(words)


@pytest.mark.parametrize("entry", [83, 0, True, False, 1.5, '{"name": "web-01"}', "web\t01"])
def test_a_plain_name_is_checked_as_any_other(entry: Any) -> None:
    params = {"servers": [entry], "defaults": {}, "state": "absent", "purge": False, "max_delete": 0, "concurrency": 16}
    with pytest.raises(BadInput) as problem:
        read_declaration({**params, "on_immutable_change": "fail", "wait": True, "purge_match": None})
    assert str(problem.value).startswith("servers[0]")


def test_names_that_clash_once_they_are_numbered() -> None:
    params = {"defaults": {}, "state": "present", "purge": False, "max_delete": 0, "concurrency": 16}
    servers = [{"name": "web-%02d", "count": 3}, {"name": "db"}, {"name": "web-02"}]
    with pytest.raises(BadInput, match=r"servers\[0\] and servers\[2\] declare the same name, web-02"):
        read_declaration({**params, "servers": servers, "on_immutable_change": "fail", "wait": True})


def test_labels_name_the_server_and_the_entry() -> None:
    entries = entries_of([{"name": "db"}, {"name": "web-%d", "count": 2}], [], absent=False)
    assert [(entry.label, entry.number) for entry in entries] == [
        ("servers[0] (db)", 0),
        ("servers[1] (web-1)", 1),
        ("servers[1] (web-2)", 1),
    ]
