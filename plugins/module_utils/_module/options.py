# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that several modules share, as Ansible's argument specs; and the checks that an argument spec can't
express.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

from .._client.errors import BadInput
from .._client.settings import DEFAULT_API_URL, positive_seconds
from .._server.fields import check_fields, id_problem

RETURNED = ("all", "changed", "none")  # the choices of the option `returned`
SHORTEST_WAIT_INTERVAL = 0.1  # seconds


def env_unless_empty(*names: str) -> str:
    """An argument spec's fallback to an environment variable; one that is empty counts as unset (AWX
    sets empty ones).
    """
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def token_fallback(*names: str) -> str:
    """As env_unless_empty, but leaves a missing token to our own message, which says what to do; Ansible's only names
    the option.
    """
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
        "api_retry_max_delay": {
            "type": "float",
            "default": 30.0,
            "fallback": (env_unless_empty, ["VPS_API_RETRY_MAX_DELAY"]),
        },
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


def check_server_options(params: Mapping[str, Any]) -> None:
    """Raise BadInput for an id or a declared field that no API could take. What is unset (None) passes."""
    if params.get("id") is not None and (problem := id_problem(params["id"])):
        raise BadInput(f"id {problem}.")
    check_fields(params)


def check_concurrency(params: Mapping[str, Any]) -> None:
    """Raise BadInput for a number of servers that can't be worked on at a time."""
    from .._client.concurrent import MOST_CONCURRENCY

    if not 1 <= params["concurrency"] <= MOST_CONCURRENCY:
        raise BadInput(f"concurrency must be from 1 to {MOST_CONCURRENCY}, got {params['concurrency']}.")


def words_of(option: str, given: Sequence[str]) -> tuple[str, ...]:
    """The words of a list option: names, patterns and the like. Raises BadInput for what is no word."""
    words = tuple(word.strip() for word in given)  # a text is split at its commas; blanks around them belong to no word
    if not all(words):
        raise BadInput(f"{option} contains an empty word, which would select nothing or everything. Leave it out.")
    for word in words:
        if not word.isprintable():
            raise BadInput(f"{option} contains a control character: {word[:100]!r}.")
    return words


def require_name_or_id(params: Mapping[str, Any]) -> None:
    """Raise BadInput where neither says which server is meant."""
    if params.get("name") is None and params.get("id") is None:
        raise BadInput("Either name or id is required: it says which server is meant.")
