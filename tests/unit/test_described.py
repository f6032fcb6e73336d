# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What responses are compared with is what docs/openapi.yaml describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ansible_collections.vpsorg.cloud.plugins.module_utils._server import described
from sandbox.isolation import REPOSITORY

SCHEMAS = yaml.safe_load((REPOSITORY / "docs" / "openapi.yaml").read_text(encoding="utf-8"))["components"]["schemas"]


def names(fields: Any) -> dict[str, Any]:
    """The names of fields, and of those of nested objects."""
    return {name: names(kind) for name, kind in fields.items()} if isinstance(fields, Mapping) else {}


def names_of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a schema."""
    reference = schema.get("$ref") or next((one["$ref"] for one in schema.get("anyOf", ()) if "$ref" in one), None)
    if reference:
        return names_of_schema(SCHEMAS[reference.rpartition("/")[2]])
    return {name: names_of_schema(part) for name, part in schema.get("properties", {}).items()}


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        (described.LISTED_SERVER, "ServerListItem"),
        (described.SERVER_DETAIL, "ServerDetail"),
        (described.PLAN, "ListedPlan"),
        (described.ACCOUNT, "Me"),
    ],
)
def test_the_fields_are_those_of_the_openapi_description(fields: Any, schema: str) -> None:
    assert names(fields) == names_of_schema(SCHEMAS[schema])
