# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that several doors share, as Ansible's argument specs; and the checks that an argument spec can't express."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleFallbackNotFound

from .._client.errors import BadInput
from .._client.settings import DEFAULT_API_URL, positive_seconds

MOST_CONCURRENCY = 32
SHORTEST_WAIT_INTERVAL = 0.1  # seconds

_NAME = re.compile(r"[A-Za-z0-9-]+")  # documented: alphanumeric, hyphens allowed
_HOSTNAME = re.compile(r"(?!.{254})[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?")
_LOCATION = re.compile(r"[!-~](?:[ -~]{0,98}[!-~])?")


def env_unless_empty(*names: str) -> str:
    """An argument spec's fallback to an environment variable; one that is empty counts as unset (AWX sets empty ones)."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def token_fallback(*names: str) -> str:
    """As env_unless_empty, but leaves a missing token to our own message, which says what to do; Ansible's only names the option."""
    try:
        return env_unless_empty(*names)
    except AnsibleFallbackNotFound:
        return ""


def connection_options() -> dict[str, dict[str, Any]]:
    """The options by which every module reaches the API."""
    return {
        "api_token": {"type": "str", "required": True, "no_log": True, "fallback": (token_fallback, ["VPS_API_TOKEN"])},
        "api_url": {"type": "str", "default": DEFAULT_API_URL, "fallback": (env_unless_empty, ["VPS_API_URL"])},
        "api_timeout": {"type": "float", "default": 30.0, "fallback": (env_unless_empty, ["VPS_API_TIMEOUT"])},
        "api_retries": {"type": "int", "default": 5, "fallback": (env_unless_empty, ["VPS_API_RETRIES"])},
        "api_retry_max_delay": {"type": "float", "default": 30.0, "fallback": (env_unless_empty, ["VPS_API_RETRY_MAX_DELAY"])},
        "validate_certs": {"type": "bool", "default": True, "fallback": (env_unless_empty, ["VPS_VALIDATE_CERTS"])},
        "ca_path": {"type": "path", "fallback": (env_unless_empty, ["VPS_CA_PATH"])},
    }


def wait_options() -> dict[str, dict[str, Any]]:
    """The options of whatever waits."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 600.0},
        "wait_interval": {"type": "float", "default": 2.0},
        "adopt_timeout": {"type": "float", "default": 30.0},
    }


def check_wait_options(params: Mapping[str, Any]) -> None:
    """Raise BadInput for a limit or an interval that can't be meant."""
    positive_seconds("wait_timeout", params["wait_timeout"])
    positive_seconds("wait_interval", params["wait_interval"], at_least=SHORTEST_WAIT_INTERVAL)
    positive_seconds("adopt_timeout", params["adopt_timeout"])


def server_options() -> dict[str, dict[str, Any]]:
    """What can be declared of a server."""
    return {
        "name": {"type": "str"},
        "plan_id": {"type": "int"},
        "os_id": {"type": "int"},
        "location": {"type": "str"},
        "hostname": {"type": "str"},
        "ssh_key_id": {"type": "int"},
        "backups_enabled": {"type": "bool"},
        "power": {"type": "str", "choices": ["started", "stopped"]},
    }


ON_IMMUTABLE_CHANGE: dict[str, Any] = {"type": "str", "choices": ["fail", "warn", "recreate"], "default": "fail"}


def check_server_fields(fields: Mapping[str, Any], where: str = "") -> None:
    """Raise BadInput for a field that no API could take; C(where) is put before the message. Unset (None) fields pass."""
    name = fields.get("name")
    if name is not None and not _NAME.fullmatch(name):
        problem = "must not be empty" if not name else f"may hold letters, digits and hyphens only, got {name[:100]!r}"
        raise BadInput(f"{where}name {problem}.")
    for option in ("id", "plan_id", "os_id", "ssh_key_id"):
        value = fields.get(option)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= 0):
            raise BadInput(f"{where}{option} must be a positive integer, got {value!r}.")
    for option, pattern, advice in (
        ("location", _LOCATION, "a datacenter code such as us-west"),
        ("hostname", _HOSTNAME, "a fully qualified domain name such as web01.example.com"),
    ):
        value = fields.get(option)
        if value is not None and not pattern.fullmatch(value):
            raise BadInput(f"{where}{option} must be {advice}, got {value[:100]!r}. Leave it out rather than empty.")


def require_name_or_id(params: Mapping[str, Any]) -> None:
    """Raise BadInput where neither says which server is meant."""
    if params.get("name") is None and params.get("id") is None:
        raise BadInput("Either name or id is required: it says which server is meant.")
