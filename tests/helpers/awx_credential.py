# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential type for AWX, and what AWX makes of a credential of it: variables and files for a run.

The rules are those of AWX 24.6, written down from its source.
"""

from __future__ import annotations

import pathlib
import tempfile
import types
from collections.abc import Mapping
from typing import Any

import jinja2.sandbox
import yaml

from sandbox.isolation import REPOSITORY

FILE = REPOSITORY / "extensions" / "awx" / "credential_type.yml"


def credential_type() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def inject(
    definition: Mapping[str, Any],
    inputs: Mapping[str, Any],
    folder: pathlib.Path,
    container_folder: pathlib.Path | None = None,
) -> dict[str, str]:
    """The variables that a credential sets. Its files are written to `folder`/env, which must exist.

    `inputs`: what was filled in, by the fields' ids. `container_folder`: what the run takes for `folder`.
    """
    # Empty texts are left out, and what is left out is an empty text to the templates; a checkbox is always there.
    values = {name: value for name, value in inputs.items() if value is not None and value != ""}
    for field in definition["inputs"]["fields"]:
        if field.get("type") == "boolean":
            values.setdefault(field["id"], False)
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment()
    tower = types.SimpleNamespace()
    for label, template in definition["injectors"].get("file", {}).items():
        with tempfile.NamedTemporaryFile("w", dir=folder / "env", prefix="tmp", delete=False, encoding="utf-8") as file:
            file.write(environment.from_string(template).render(values))
        path = str((container_folder or folder) / "env" / pathlib.Path(file.name).name)
        if "." not in label:
            tower.filename = path
        else:
            tower.filename = getattr(tower, "filename", types.SimpleNamespace())
            setattr(tower.filename, label.split(".")[1], path)
    return {
        name: environment.from_string(template).render(values, tower=tower)
        for name, template in definition["injectors"].get("env", {}).items()
    }
