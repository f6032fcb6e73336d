# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that doors share: what Ansible's argument specs make of them, and what is refused before any request."""

from __future__ import annotations

import math
import os
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import set_fallbacks

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import DEFAULT_API_URL
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.options import (
    check_server_options,
    check_wait_options,
    connection_options,
    env_unless_empty,
    require_name_or_id,
    token_fallback,
    wait_options,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.fields import check_fields, declaration_options

ALL = {**connection_options(), **wait_options(), **declaration_options()}
DEFAULTS = {
    "api_url": DEFAULT_API_URL,
    "api_timeout": 30.0,
    "api_retries": 5,
    "api_retry_max_delay": 30.0,
    "validate_certs": True,
    "ca_path": None,
    "wait": True,
    "wait_timeout": 600.0,
    "wait_interval": 2.0,
    "adopt_timeout": 30.0,
    "on_immutable_change": "fail",
    "recreate_unproven": False,
    **dict.fromkeys(["name", "plan_id", "os_id", "location", "hostname", "ssh_key_id", "backups_enabled", "power"]),
}
ENVIRONMENT = {
    "VPS_API_TOKEN": ("api_token", "vps_env", "vps_env"),
    "VPS_API_URL": ("api_url", "http://localhost:1/api", "http://localhost:1/api"),
    "VPS_API_TIMEOUT": ("api_timeout", "7.5", 7.5),
    "VPS_API_RETRIES": ("api_retries", "2", 2),
    "VPS_API_RETRY_MAX_DELAY": ("api_retry_max_delay", "0.5", 0.5),
    "VPS_VALIDATE_CERTS": ("validate_certs", "no", False),
    "VPS_CA_PATH": ("ca_path", "/etc/ssl/ca.pem", "/etc/ssl/ca.pem"),
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("VPS_"):
            monkeypatch.delenv(name)


def read(**given: Any) -> dict[str, Any]:
    """Options as a module would get them."""
    set_fallbacks(ALL, given)
    result = ArgumentSpecValidator(ALL).validate(given)
    assert result.error_messages == []
    return result.validated_parameters


def test_defaults() -> None:
    assert read(api_token="vps_x") == {"api_token": "vps_x", **DEFAULTS}


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    option, text, value = ENVIRONMENT[variable]
    monkeypatch.setenv(variable, text)
    assert read(**({} if option == "api_token" else {"api_token": "vps_x"}))[option] == value
    given = {
        "api_token": "vps_given",
        "api_url": "http://localhost:2",
        "validate_certs": True,
        "ca_path": "/other",
    }.get(option, 9)
    assert read(**{"api_token": "vps_x", option: given})[option] == given, "what the task says counts more"


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_an_empty_variable_counts_as_unset(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWX sets empty ones for the fields of a credential that were left open."""
    monkeypatch.setenv(variable, "")
    option = ENVIRONMENT[variable][0]
    assert (
        read(**({} if option == "api_token" else {"api_token": "vps_x"}))[option]
        == {"api_token": "", **DEFAULTS}[option]
    )


def test_a_missing_token_is_left_to_our_own_message() -> None:
    assert read()["api_token"] == ""


def test_fallbacks_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleFallbackNotFound):
        env_unless_empty("VPS_ONE", "VPS_TWO")
    monkeypatch.setenv("VPS_ONE", "")
    monkeypatch.setenv("VPS_TWO", "2")
    assert env_unless_empty("VPS_ONE", "VPS_TWO") == token_fallback("VPS_ONE", "VPS_TWO") == "2"


def test_only_the_token_is_secret() -> None:
    assert {name for name, option in ALL.items() if option.get("no_log")} == {"api_token"}


def test_specs_are_not_shared() -> None:
    """A module adds to what it gets."""
    connection_options()["api_url"]["default"] = "changed"
    assert connection_options()["api_url"]["default"] == DEFAULT_API_URL


# Waiting


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"wait_interval": 0.1},
        {"wait_timeout": 0.001, "adopt_timeout": 0.001},
        {"wait_interval": 60.0, "wait_timeout": 1e6},
    ],
)
def test_good_wait_options(changes: dict[str, float]) -> None:
    check_wait_options({"wait_timeout": 600.0, "wait_interval": 2.0, "adopt_timeout": 30.0, **changes})


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("option", ["wait_timeout", "wait_interval", "adopt_timeout"])
def test_bad_wait_options(option: str, value: float) -> None:
    """0 is an error, not `for ever`."""
    with pytest.raises(BadInput, match=f"^{option} must be a number of seconds"):
        check_wait_options({"wait_timeout": 600.0, "wait_interval": 2.0, "adopt_timeout": 30.0, option: value})


def test_shortest_wait_interval() -> None:
    with pytest.raises(BadInput, match=r"wait_interval must be a number of seconds of at least 0.1, got 0.09"):
        check_wait_options({"wait_timeout": 600.0, "wait_interval": 0.09, "adopt_timeout": 30.0})


# A server's fields


@pytest.mark.parametrize(
    "fields",
    [
        {},
        dict.fromkeys(["name", "id", "plan_id", "os_id", "ssh_key_id", "location", "hostname"]),
        {"name": "web-01"},
        {"name": "0"},
        {"name": "-"},
        # What an account may hold can be looked for, and deleted; what a create takes is for the plan to say.
        {"name": "web_01"},
        {"name": "web02.example.com"},
        {"name": "web 01"},
        {"name": "wéb"},
        {"name": "X" * 300},
        {"id": 1, "plan_id": 2**40, "os_id": 5, "ssh_key_id": 1},
        {"location": "us-west"},
        {"location": "x"},
        {"location": "New York (2)"},
        {"hostname": "web01.example.com"},
        {"hostname": "web01.example.com."},
        {"hostname": "web01"},
        {"hostname": "_srv.a-b.xn--bcher-kva.example"},
        {"hostname": ".".join(["a" * 63] * 3) + "." + "a" * 61},
    ],
)
def test_good_fields(fields: dict[str, Any]) -> None:
    check_server_options(fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"name": " "}, "name must not be empty"),
        ({"name": "web-01\n"}, "name must not contain control characters"),
        ({"name": "web\x00"}, "name must not contain control characters"),
        ({"name": "\u202eweb"}, "name must not contain control characters"),
        ({"name": "X" * 1001}, "name may have 1000 characters at most"),
        *[
            ({option: value}, f"{option} must be a positive integer")
            for option in ("id", "plan_id", "os_id", "ssh_key_id")
            for value in (0, -1, True, False)
        ],
        ({"location": ""}, "location must be a datacenter code"),
        ({"location": " "}, "location must be"),
        ({"location": " us-west"}, "location must be"),
        ({"location": "us-west\n"}, "location must be"),
        ({"location": "us\x00west"}, "location must be"),
        ({"location": "x" * 101}, "location must be"),
        ({"location": "örtlich"}, "location must be"),
        (
            {"hostname": "bücher.example"},
            "hostname must be ASCII, got 'bücher.example'. Write an international name in",
        ),
        ({"hostname": "Bücher.example."}, "hostname must be ASCII"),
        ({"hostname": "straße.example"}, "hostname must be ASCII"),
        ({"hostname": "ü ü.example"}, "hostname must be ASCII"),
        ({"hostname": ""}, "hostname must be a fully qualified domain name"),
        ({"hostname": "."}, "hostname must be"),
        ({"hostname": "web..example.com"}, "hostname must be"),
        ({"hostname": "-web.example.com"}, "hostname must be"),
        ({"hostname": "web-.example.com"}, "hostname must be"),
        ({"hostname": "web example.com"}, "hostname must be"),
        ({"hostname": "web.example.com\n"}, "hostname must be"),
        ({"hostname": "-oProxyCommand=x"}, "hostname must be"),
        ({"hostname": "a" * 64 + ".example.com"}, "hostname must be"),
        ({"hostname": ".".join(["a" * 63] * 4)}, "hostname must be"),
    ],
)
def test_bad_fields(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_server_options(fields)
    assert str(caught.value).startswith(words)
    if "id" not in fields:  # which no entry of a fleet has
        with pytest.raises(BadInput) as caught:
            check_fields(fields, "servers[3]: ")
        assert str(caught.value).startswith(f"servers[3]: {words}")
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("hostname", "end"),
    [
        ("bücher.example", "in its xn-- form: xn--bcher-kva.example."),
        ("Bücher.Example", "in its xn-- form: xn--bcher-kva.example."),
        ("straße.example", "in its xn-- form."),  # what Python's codec makes of it is another name
        ("ü ü.example", "in its xn-- form."),
    ],
)
def test_an_international_host_name_is_told_how_to_be_written(hostname: str, end: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_fields({"hostname": hostname})
    assert str(caught.value).endswith(end)


@pytest.mark.parametrize("option", ["name", "location", "hostname"])
def test_long_values_are_not_shown_whole(option: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_fields({option: "ä" * 100_000})
    assert len(str(caught.value)) < 400


def test_name_or_id() -> None:
    require_name_or_id({"name": "web-01", "id": None})
    require_name_or_id({"name": None, "id": 7})
    for params in ({}, {"name": None, "id": None}):
        with pytest.raises(BadInput, match="Either name or id is required"):
            require_name_or_id(params)
