# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential type for AWX: it keeps AWX's rules, and what it makes of a credential is what the collection takes.

The rules are those that AWX checks when a type is created, written down from its source (24.6).
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import jinja2.sandbox
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import (
    DEFAULT_API_URL,
    Settings,
    read_settings,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.options import connection_options
from sandbox.isolation import REPOSITORY

FILE = REPOSITORY / "extensions" / "awx" / "credential_type.yml"
NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
TEXT_ONLY = ("format", "choices", "multiline", "secret")
FIELD_KEYS = {
    "id",
    "label",
    "type",
    "format",
    "choices",
    "default",
    "help_text",
    "multiline",
    "secret",
    "ask_at_runtime",
}
# Variables that AWX sets or needs itself.
RESERVED = {
    "VIRTUAL_ENV",
    "PATH",
    "PYTHONPATH",
    "JOB_ID",
    "INVENTORY_ID",
    "INVENTORY_SOURCE_ID",
    "INVENTORY_UPDATE_ID",
    "AD_HOC_COMMAND_ID",
    "REST_API_URL",
    "REST_API_TOKEN",
    "MAX_EVENT_RES",
    "CALLBACK_QUEUE",
    "CALLBACK_CONNECTION",
    "CACHE",
    "JOB_CALLBACK_DEBUG",
    "INVENTORY_HOSTVARS",
    "AWX_HOST",
    "PROJECT_REVISION",
    "SUPERVISOR_CONFIG_PATH",
}


def field_problems(fields: list[Mapping[str, Any]]) -> list[str]:
    """What AWX would refuse in the list of fields."""
    problems = []
    ids = [str(field.get("id")) for field in fields]
    for field, name in zip(fields, ids, strict=True):
        kind = field.get("type", "string")
        if not NAME.fullmatch(name) or name == "tower" or ids.count(name) > 1:
            problems.append(f"{name}: not allowed as an id, or not unique")
        if not field.get("label"):
            problems.append(f"{name}: no label")
        if set(field) - FIELD_KEYS:
            problems.append(f"{name}: unknown keys {sorted(set(field) - FIELD_KEYS)}")
        if kind not in ("string", "boolean"):
            problems.append(f"{name}: unknown type {kind}")
        if kind == "boolean" and any(key in field for key in TEXT_ONLY):
            problems.append(f"{name}: a boolean has none of {TEXT_ONLY}")
        if "format" in field and field["format"] not in ("ssh_private_key", "url"):
            problems.append(f"{name}: unknown format")
        if "default" in field and not isinstance(field["default"], bool if kind == "boolean" else str):
            problems.append(f"{name}: the default is of another type")
    return problems


def injector_problems(injectors: Mapping[str, Any], ids: set[str]) -> list[str]:
    """What AWX would refuse in the injectors (of which only those to the environment reach inventory updates)."""
    problems = [f"unknown injector {name}" for name in set(injectors) - {"env", "file", "extra_vars"}]
    for name, template in injectors.get("env", {}).items():
        if not NAME.fullmatch(name) or name.startswith("ANSIBLE_") or name in RESERVED:
            problems.append(f"{name}: not allowed as a variable")
        if not isinstance(template, str) or not template.isascii():
            problems.append(f"{name}: not an ASCII text")
            continue
        try:
            render(template, dict.fromkeys(ids, "EXAMPLE"))
        except jinja2.TemplateError as error:
            problems.append(f"{name}: {error}")
    return problems


def problems_of(definition: Mapping[str, Any]) -> list[str]:
    """All that AWX would refuse in a credential type."""
    problems = [] if definition.get("kind") in ("cloud", "net") else ["kind must be cloud or net"]
    inputs = definition.get("inputs", {})
    problems += [f"unknown key {key} in inputs" for key in set(inputs) - {"fields", "required"}]
    fields = inputs.get("fields", [])
    ids = {str(field.get("id")) for field in fields}
    problems += [f"{name} is required, but no field" for name in inputs.get("required", []) if name not in ids]
    return problems + field_problems(fields) + injector_problems(definition.get("injectors", {}), ids)


def render(template: str, values: Mapping[str, Any]) -> str:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(values)


def environment_of(definition: Mapping[str, Any], **given: Any) -> dict[str, str]:
    """The variables that AWX sets for a credential: what was left open is an empty text, or false."""
    values = {field["id"]: False if field.get("type") == "boolean" else "" for field in definition["inputs"]["fields"]}
    return {name: render(template, {**values, **given}) for name, template in definition["injectors"]["env"].items()}


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_awx_would_take_it(definition: dict[str, Any]) -> None:
    assert problems_of(definition) == []


def _reserved_variable(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["ANSIBLE_TOKEN"] = "x"


def _unknown_field(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["VPS_API_TOKEN"] = "{{ token }}"


def _secret_boolean(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][-1]["secret"] = True


def _unknown_key(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][0]["required"] = True


def _kind(broken: dict[str, Any]) -> None:
    broken["kind"] = "vps"


@pytest.mark.parametrize("breaking", [_reserved_variable, _unknown_field, _secret_boolean, _unknown_key, _kind])
def test_rules_are_checked(definition: dict[str, Any], breaking: Callable[[dict[str, Any]], None]) -> None:
    broken = copy.deepcopy(definition)
    breaking(broken)
    assert len(problems_of(broken)) == 1


def test_the_token_is_secret_and_required(definition: dict[str, Any]) -> None:
    fields = {field["id"]: field for field in definition["inputs"]["fields"]}
    assert fields["api_token"]["secret"] is True
    assert definition["inputs"]["required"] == ["api_token"]


def settings_of(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a module makes of an environment."""
    for name in list(os.environ):
        if name.startswith("VPS_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    validated = ArgumentSpecValidator(connection_options()).validate({})
    assert validated.error_messages == []
    return read_settings(validated.validated_parameters)


def test_fields_left_open_are_the_defaults(definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(environment_of(definition, api_token="vps_secret"), monkeypatch)
    assert (settings.token, settings.api_url, settings.validate_certs) == ("vps_secret", DEFAULT_API_URL, True)


def test_every_field_counts(definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    environment = environment_of(
        definition, api_token="vps_secret", api_url="https://api.example.com/v1", insecure=True
    )
    settings = settings_of(environment, monkeypatch)
    assert (settings.api_url, settings.validate_certs) == ("https://api.example.com/v1", False)
