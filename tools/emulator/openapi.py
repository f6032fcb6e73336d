# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI description: made from the routes and the models, served at /openapi.json, checked in as docs/openapi.yaml.

python -m emulator.openapi --write     (with tools/ as the working directory, or on PYTHONPATH)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from emulator import models

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
REFERENCE = "#/components/schemas/{model}"
VENDOR_URL = "https://admin.vps.org/api/v1"

DESCRIPTION = """\
The nine endpoints of the VPS.org servers API, as far as they are documented. What an answer's description calls "not
documented" may differ; what it calls "vendor's client" is known from the vendor's published clients only. Every request carries
`Authorization: Bearer TOKEN` and `Content-Type: application/json`; every path ends in a slash.
"""

SCHEMAS: dict[str, Any] = {
    "ServerId": models.ServerId,
    "ServerList": models.ServerList,
    "ServerDetail": models.ServerDetail,
    "CreatedServer": models.CreatedServer,
    "ActionAnswer": models.ActionAnswer,
    "CreateServer": models.CreateServer,
    "ReplaceServer": models.ReplaceServer,
    "PatchServer": models.PatchServer,
    "Detail": models.Detail,
    "FieldErrors": models.FieldErrors,
}
UPDATE_ANSWER = {"type": "object", "title": "UpdateAnswer", "description": "Not documented: do not rely on it, read the server again"}


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {"UpdateAnswer": UPDATE_ANSWER}
    for name, model in SCHEMAS.items():
        schema = TypeAdapter(model).json_schema(ref_template=REFERENCE)
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    return dict(sorted(schemas.items()))


def describe(app: FastAPI, prefix: str) -> dict[str, Any]:
    """The description of those routes of an application that are part of the API."""
    description = get_openapi(
        title="VPS.org servers API",
        version="1",
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
        servers=[
            {"url": VENDOR_URL, "description": "The vendor"},
            {"url": "http://127.0.0.1:8765/api/v1", "description": "The emulator of this collection's tests"},
        ],
        tags=[{"name": "servers", "description": "Virtual servers"}],
    )
    description["paths"] = {path.removeprefix(prefix): item for path, item in description["paths"].items()}
    description["security"] = [{"token": []}]
    description["components"] = {
        "schemas": _schemas(),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token begins with vps_"}},
    }
    return description


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def as_yaml(description: dict[str, Any]) -> str:
    """The text of the file."""
    header = "\n".join(Path(__file__).read_text(encoding="utf-8").splitlines()[:3])
    note = "# Made by tools/emulator/openapi.py from the emulator's routes: change those, then run it with --write."
    body = yaml.dump(description, Dumper=_Dumper, sort_keys=False, width=130, allow_unicode=True)
    return f"{header}\n{note}\n---\n{body}"


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or say whether it is what would be written."""
    from emulator.app import description

    parser = argparse.ArgumentParser(prog="python -m emulator.openapi", description="Checks or writes docs/openapi.yaml.")
    parser.add_argument("--write", action="store_true", help="write the file; without it, exit status 1 tells that it is out of date")
    options = parser.parse_args(arguments)
    text = as_yaml(description())
    if options.write:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        print(f"{FILE.name} is out of date: run with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
