# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential type for AWX: it keeps AWX's rules, and what it makes of a credential is what the collection takes.

The rules are those that AWX checks when a type and a credential are saved, written down from its source (24.6).
"""

from __future__ import annotations

import copy
import itertools
import os
import pathlib
import re
import types
from collections.abc import Callable, Mapping
from typing import Any

import jinja2.sandbox
import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import BadInput
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import (
    DEFAULT_API_URL,
    Settings,
    read_settings,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._module.options import connection_options
from helpers.awx_credential import FILE, credential_type, inject

NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
TEXT_ONLY = ("format", "choices", "multiline", "secret")
FIELD_KEYS = {"id", "label", "type", "format", "choices", "default", "help_text", "multiline", "secret"}
FILE_LABEL = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
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


def field_problems(fields: list[Mapping[str, Any]], required: list[str]) -> list[str]:
    """What AWX would refuse in the list of fields, or in a credential that leaves an optional one empty."""
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
        if name not in required and ("choices" in field or field.get("format") == "url"):
            problems.append(f"{name}: could not be left empty")
        if "default" in field and not isinstance(field["default"], bool if kind == "boolean" else str):
            problems.append(f"{name}: the default is of another type")
    return problems


class NoFile:
    """What `tower.filename` is to AWX's check unless there is an unnamed file: it has the named ones only."""

    def __str__(self) -> str:
        raise jinja2.UndefinedError("there is no unnamed file")


def injector_problems(injectors: Mapping[str, Any], ids: set[str]) -> list[str]:
    """What AWX would refuse in the injectors (of which `extra_vars` do not reach inventory updates)."""
    problems = [f"unknown injector {name}" for name in set(injectors) - {"env", "file", "extra_vars"}]
    labels = list(injectors.get("file", {}))
    problems += [f"{label}: not allowed as the name of a file" for label in labels if not FILE_LABEL.fullmatch(label)]
    if "template" in labels and len(labels) > 1:
        problems.append("an unnamed file beside named ones")
    filename: Any = "EXAMPLE" if "template" in labels else NoFile()
    for label in labels:
        if "." in label and "template" not in labels:
            setattr(filename, label.split(".")[1], "EXAMPLE")
    values = {**dict.fromkeys(ids, "EXAMPLE"), "tower": types.SimpleNamespace(filename=filename)}
    for name, template in [*injectors.get("file", {}).items(), *injectors.get("env", {}).items()]:
        if name not in labels and (not NAME.fullmatch(name) or name.startswith("ANSIBLE_") or name in RESERVED):
            problems.append(f"{name}: not allowed as a variable")
        if not isinstance(template, str) or not template.isascii():
            problems.append(f"{name}: not an ASCII text")
            continue
        try:
            jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined).from_string(template).render(
                values
            )
        except jinja2.TemplateError as error:
            problems.append(f"{name}: {error}")
    return problems


def problems_of(definition: Mapping[str, Any]) -> list[str]:
    """All that AWX would refuse in a credential type."""
    problems = [] if definition.get("kind") in ("cloud", "net") else ["kind must be cloud or net"]
    inputs = definition.get("inputs", {})
    problems += [f"unknown key {key} in inputs" for key in set(inputs) - {"fields", "required"}]
    fields, required = inputs.get("fields", []), inputs.get("required", [])
    ids = {str(field.get("id")) for field in fields}
    problems += [f"{name} is required, but no field" for name in required if name not in ids]
    return problems + field_problems(fields, required) + injector_problems(definition.get("injectors", {}), ids)


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    return credential_type()


def test_awx_would_take_it(definition: dict[str, Any]) -> None:
    assert problems_of(definition) == []


@pytest.mark.parametrize("field", ["inputs", "injectors"])
def test_what_is_below_a_key_can_be_pasted(definition: dict[str, Any], field: str) -> None:
    """AWX's form has a field for each of the two, which takes YAML, indented or not."""
    text = FILE.read_text(encoding="utf-8")
    below = re.search(rf"^{field}:\n((?:[ #].*\n)+)", text, re.MULTILINE)
    assert below and yaml.safe_load(below.group(1)) == definition[field]


def _reserved_variable(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["ANSIBLE_TOKEN"] = "x"


def _unknown_field(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["VPS_API_TOKEN"] = "{{ token }}"


def _unknown_field_in_a_file(broken: dict[str, Any]) -> None:
    broken["injectors"]["file"]["template.ca_certificates"] = "{{ certificates }}"


def _unknown_file(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["VPS_CA_PATH"] = "{{ tower.filename.ca }}"


def _unnamed_file(broken: dict[str, Any]) -> None:
    broken["injectors"]["env"]["VPS_CA_PATH"] = "{{ tower.filename }}"


def _two_kinds_of_files(broken: dict[str, Any]) -> None:
    broken["injectors"]["file"] = {"template": "x", "template.other": "x"}
    del broken["injectors"]["env"]["VPS_CA_PATH"]


def _secret_boolean(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][-1]["secret"] = True


def _optional_url(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][1]["format"] = "url"


def _asked_at_launch(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][0]["ask_at_runtime"] = True


def _unknown_key(broken: dict[str, Any]) -> None:
    broken["inputs"]["fields"][0]["required"] = True


def _kind(broken: dict[str, Any]) -> None:
    broken["kind"] = "vps"


@pytest.mark.parametrize(
    "breaking",
    [
        _reserved_variable,
        _unknown_field,
        _unknown_field_in_a_file,
        _unknown_file,
        _unnamed_file,
        _two_kinds_of_files,
        _secret_boolean,
        _optional_url,
        _asked_at_launch,
        _unknown_key,
        _kind,
    ],
)
def test_rules_are_checked(definition: dict[str, Any], breaking: Callable[[dict[str, Any]], None]) -> None:
    broken = copy.deepcopy(definition)
    breaking(broken)
    assert len(problems_of(broken)) == 1


def test_the_token_is_secret_and_required(definition: dict[str, Any]) -> None:
    fields = {field["id"]: field for field in definition["inputs"]["fields"]}
    assert fields["api_token"]["secret"] is True
    assert definition["inputs"]["required"] == ["api_token"]


def test_every_connection_option_is_set(definition: dict[str, Any]) -> None:
    variables = {spec["fallback"][1][0] for spec in connection_options().values()}
    assert set(definition["injectors"]["env"]) == variables


FILLED: dict[str, Any] = {
    "api_token": "vps_secret",
    "api_url": "https://api.example.com/v1/",
    "api_timeout": "12.5",
    "api_retries": "0",
    "api_retry_max_delay": "3",
    "ca_certificates": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "insecure": True,
}
OPTIONAL = sorted(set(FILLED) - {"api_token"})
# AWX stores an empty field as an empty text, or not at all.
EMPTY = ("", None)


def settings_of_modules(folder: pathlib.Path) -> Settings:
    validated = ArgumentSpecValidator(connection_options()).validate({})
    assert validated.error_messages == []
    return read_settings(validated.validated_parameters)


def settings_of_the_inventory(folder: pathlib.Path) -> Settings:
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.inventory import BaseInventoryPlugin
    from ansible.plugins.loader import inventory_loader

    path = folder / "vps.yml"
    path.write_text("plugin: vpsorg.cloud.vps\n")
    plugin = inventory_loader.get("vpsorg.cloud.vps")
    BaseInventoryPlugin.parse(plugin, InventoryData(), DataLoader(), str(path))
    settings: Settings = plugin._read_options(str(path))[0]
    return settings


READERS = pytest.mark.parametrize("read", [settings_of_modules, settings_of_the_inventory])


def set_environment(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("VPS_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@READERS
def test_every_combination_of_fields(
    definition: dict[str, Any],
    read: Callable[[pathlib.Path], Settings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    """What is filled in counts, and what is left empty is the default."""
    (tmp_path / "env").mkdir()
    for given in itertools.product((True, False), repeat=len(OPTIONAL)):
        filled = {name for name, is_given in zip(OPTIONAL, given, strict=True) if is_given}
        for empty in EMPTY:
            inputs = {name: FILLED[name] if name in {"api_token", *filled} else empty for name in FILLED}
            if empty is None or "insecure" not in filled:
                inputs = {name: value for name, value in inputs.items() if value is not None and value != ""}
            set_environment(inject(definition, inputs, tmp_path), monkeypatch)
            settings = read(tmp_path)
            certificates = pathlib.Path(settings.ca_path).read_text() if settings.ca_path else None
            assert (
                settings.token,
                settings.api_url,
                settings.timeout,
                settings.retries,
                settings.retry_max_delay,
                settings.validate_certs,
                certificates,
            ) == (
                "vps_secret",
                "https://api.example.com/v1" if "api_url" in filled else DEFAULT_API_URL,
                12.5 if "api_timeout" in filled else 30.0,
                0 if "api_retries" in filled else 5,
                3.0 if "api_retry_max_delay" in filled else 30.0,
                "insecure" not in filled,
                FILLED["ca_certificates"] if "ca_certificates" in filled else None,
            ), (filled, empty)


@READERS
@pytest.mark.parametrize(
    ("field", "option", "value"),
    [
        ("api_token", "api_token", ""),
        ("api_token", "api_token", "vps one"),
        ("api_url", "api_url", "admin.vps.org/api/v1"),
        ("api_timeout", "api_timeout", "10 s"),
        ("api_retries", "api_retries", "few"),
        ("api_retry_max_delay", "api_retry_max_delay", "0"),
        ("ca_certificates", "ca_path", "/etc/ssl/certs"),
    ],
)
def test_wrong_fields(
    definition: dict[str, Any],
    read: Callable[[pathlib.Path], Settings],
    field: str,
    option: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    """No field is ignored if it is wrong, and what is told names the option or its variable."""
    (tmp_path / "env").mkdir()
    set_environment(inject(definition, {"api_token": "vps_secret", field: value}, tmp_path), monkeypatch)
    with pytest.raises((BadInput, AnsibleError, AssertionError)) as raised:
        read(tmp_path)
    assert option in str(raised.value)
