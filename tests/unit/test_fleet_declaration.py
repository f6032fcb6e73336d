# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet declares: completed by its defaults, converted as Ansible converts options, and refused with the names
of server and field.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._fleet.declaration import read_declaration
from helpers.facts import mentions

OPTIONS = {
    "servers": [],
    "defaults": {},
    "state": "present",
    "purge": False,
    "purge_match": None,
    "max_delete": 0,
    "concurrency": 16,
    "on_immutable_change": "fail",
    "wait": True,
}


def declared(*servers: Any, **options: Any) -> list[Any]:
    return list(read_declaration({**OPTIONS, "servers": list(servers), **options}).desired)


def refused(*servers: Any, **options: Any) -> str:
    with pytest.raises(BadInput) as problem:
        declared(*servers, **options)
    return str(problem.value)


def test_defaults_complete_what_a_server_does_not_set() -> None:
    defaults = {"plan_id": 1, "os_id": 5, "location": "us-west", "power": "started", "backups_enabled": True}
    web, db = declared(
        {"name": "web-01"},
        {"name": "db-01", "plan_id": 2, "power": "stopped", "backups_enabled": False},
        defaults=defaults,
    )
    assert (web.name, web.fields, web.power) == (
        "web-01",
        {"plan_id": 1, "os_id": 5, "location": "us-west", "backups_enabled": True},
        "started",
    )
    assert (db.fields["plan_id"], db.fields["backups_enabled"], db.power) == (2, False, "stopped")


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
def test_null_and_the_empty_string_count_as_not_set(empty: str | None) -> None:
    """In a server they uncover the default, in the defaults they are no default."""
    fields = ("plan_id", "hostname", "ssh_key_id", "backups_enabled", "power", "on_immutable_change", "count")
    defaults = {"plan_id": 1, "location": empty, "power": "started", "on_immutable_change": empty}
    (web,) = declared({"name": "web-01", **dict.fromkeys(fields, empty)}, defaults=defaults)
    assert (web.fields, web.power, web.on_immutable_change) == ({"plan_id": 1}, "started", "fail")
    assert declared({"name": "web-01"}, defaults=None)[0].fields == {}


def test_texts_become_numbers_and_booleans_as_options_do() -> None:
    """Templates give texts on ansible-core 2.18 and older."""
    (web,) = declared({"name": "7", "plan_id": "1", "os_id": " 5".strip(), "ssh_key_id": "3", "backups_enabled": "yes"})
    assert web.name == "7"
    assert web.fields == {"plan_id": 1, "os_id": 5, "ssh_key_id": 3, "backups_enabled": True}
    assert type(web.fields["plan_id"]) is int and web.fields["backups_enabled"] is True  # pylint: disable=unidiomatic-typecheck


def test_every_desired_server_carries_the_options_of_the_task() -> None:
    fleet = declared({"name": "a"}, {"name": "b"}, on_immutable_change="recreate", wait=False)
    assert [(desired.name, desired.server_id, desired.on_immutable_change, desired.wait) for desired in fleet] == [
        ("a", None, "recreate", False),
        ("b", None, "recreate", False),
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "web-04", "plan_id": "two"}, "servers[1] (web-04): plan_id must be an integer, got 'two'"),
        ({"name": "web-04", "plan_id": 0}, "servers[1] (web-04): plan_id must be a positive integer, got 0"),
        ({"name": "web-04", "os_id": -1}, "servers[1] (web-04): os_id must be a positive integer, got -1"),
        ({"name": "web-04", "plan_id": True}, "servers[1] (web-04): plan_id must be an integer, got 'True'"),
        ({"name": "web-04", "plan_id": [1]}, "servers[1] (web-04): plan_id must be an integer, got '[1]'"),
        (
            {"name": "web-04", "backups_enabled": "maybe"},
            "servers[1] (web-04): backups_enabled must be a boolean, got 'maybe'",
        ),
        (
            {"name": "web-04", "power": "running"},
            "servers[1] (web-04): power must be one of started, stopped, got 'running'",
        ),
        (
            {"name": "web-04", "location": " "},
            "servers[1] (web-04): location must be a datacenter code such as us-west, got ' '",
        ),
        ({"name": 83}, "servers[1]: name must be a string, got the number 83. Put it in quotes"),
        ({"name": True}, "servers[1]: name must be a string, got the boolean true. Put it in quotes"),
        ({"name": "web-04", "location": 12}, "servers[1] (web-04): location must be a string, got the number 12"),
        ({"name": "web-04", "hostname": 1.5}, "servers[1] (web-04): hostname must be a string, got the number 1.5"),
        (
            {"name": "web-04", "hostname": "no spaces.example.com"},
            "servers[1] (web-04): hostname must be a fully qualified domain name",
        ),
        ({"name": "web-04", "location": {"code": "us-west"}}, "servers[1] (web-04): location must be a string"),
        ({"name": "web\n04"}, "servers[1]: name must not contain control characters, got 'web\\n04'"),
        ({"name": ""}, "servers[1]: name is required"),
        ({"name": None}, "servers[1]: name is required"),
        ({}, "servers[1]: name is required"),
        ({"name": ["web-04"]}, "servers[1]: name must be a string, got"),
        (
            "web-04",
            "servers[1] must be a dictionary of fields, got 'web-04'. A plain name is enough only with state: absent",
        ),
        ('{"name": "web-04"}', "servers[1] must be a dictionary of fields, got a string that holds JSON"),
        ("", "servers[1] must be a dictionary of fields"),
        (["web-04"], "servers[1] must be a dictionary of fields"),
        (None, "servers[1] must be a dictionary of fields"),
        (
            {"name": "web-04", "plan": 1},
            "servers[1] (web-04): 'plan' is not a field of a server; the fields are name, plan_id, os_id, location",
        ),
        ({"name": "web-04", "state": "absent"}, "servers[1] (web-04): state is declared for the whole task"),
        ({"name": "web-04", "id": 12345}, "servers[1] (web-04): a fleet identifies its servers by name"),
        ({"name": "web-01"}, "servers[0] and servers[1] declare the same name, web-01"),
    ],
)
def test_what_is_wrong_is_named_with_server_and_field(entry: Any, words: str) -> None:
    message = refused({"name": "web-01"}, entry)
    assert message.startswith(words), message
    assert message.endswith("Nothing was done.")


def test_defaults_are_checked_too() -> None:
    assert refused(defaults={"plan_id": "x"}).startswith("defaults: plan_id must be an integer")
    assert refused(defaults={"name": "web"}).startswith("defaults: name belongs to each server")
    assert refused(defaults={"count": 2}).startswith("defaults: count belongs to each server")
    assert refused(defaults={"location": 12}).startswith("defaults: location must be a string, got the number 12")
    assert refused(defaults=["plan_id"]).startswith("defaults must be a dictionary of fields")


def test_all_that_is_wrong_is_told_at_once_within_reason() -> None:
    message = refused({"name": "a", "plan_id": "x", "os_id": "y"}, {"name": "a"}, {"name": "b", "colour": "red"})
    assert [word in message for word in ("plan_id", "os_id", "the same name, a", "'colour'")] == [True] * 4
    message = refused(*({"name": f"web-{number}", "plan_id": "x"} for number in range(25)))
    assert message.count("must be an integer") == 10 and "(and 15 more)" in message


def test_names_that_differ_in_letter_case_only_are_refused_unless_they_are_to_go() -> None:
    """An API may store both as one, and then create another with every run."""
    assert mentions(refused({"name": "web"}, {"name": "db"}, {"name": "WEB"}), "servers[0]", "servers[2]", "web", "WEB")
    assert len(declared({"name": "web"}, {"name": "WEB"}, state="absent")) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"concurrency": 0}, "concurrency must be from 1 to 32, got 0"),
        ({"concurrency": 33}, "concurrency must be from 1 to 32, got 33"),
        ({"max_delete": -1}, "max_delete must be 0 or more"),
        ({"protect": ["db-*", " "]}, "protect contains an empty pattern"),
        ({"purge": True}, "purge needs purge_match"),
        ({"purge": True, "purge_match": ""}, "purge needs purge_match"),
        ({"purge": True, "purge_match": "web-*", "state": "absent"}, "purge works only with state: present"),
        *(
            ({"purge": True, "purge_match": pattern}, "could match any server")
            for pattern in ("*", "**", "?*", "*?*", "????", "[a-zA-Z0-9-]*", "[!x]*", "[!]x]*", "[]x]*")
        ),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as problem:
        read_declaration({**OPTIONS, **options})
    assert words in str(problem.value)


@pytest.mark.parametrize("pattern", ["web-*", "*-old", "web-[0-9]", "w?b", "web-01"])
def test_patterns_that_name_something(pattern: str) -> None:
    read_declaration({**OPTIONS, "purge": True, "purge_match": pattern})
    read_declaration({**OPTIONS, "purge_match": "*"})  # means nothing without purge


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELD = st.sampled_from(
    [
        "name",
        "plan_id",
        "os_id",
        "location",
        "hostname",
        "ssh_key_id",
        "backups_enabled",
        "power",
        "state",
        "id",
        "other",
    ]
)


@given(
    st.lists(st.dictionaries(FIELD, ANYTHING, max_size=6) | ANYTHING, max_size=4),
    st.dictionaries(FIELD, ANYTHING, max_size=3),
)
def test_whatever_is_declared_is_read_or_refused(servers: list[Any], defaults: dict[str, Any]) -> None:
    try:
        fleet = declared(*servers, defaults=defaults)
    except BadInput as problem:
        assert str(problem).endswith("Nothing was done.")
    else:
        assert len(fleet) == len(servers) == len({desired.name for desired in fleet})
        assert all(isinstance(desired.name, str) and desired.name for desired in fleet)
