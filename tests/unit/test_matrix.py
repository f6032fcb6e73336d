# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts say of the supported versions of ansible-core and of the tests that run with them is true."""

from __future__ import annotations

import re

from sandbox.isolation import REPOSITORY


def value_in(script: str, name: str) -> str:
    """The value that a script gives a variable, between single quotes."""
    text = (REPOSITORY / "tools" / "scripts" / script).read_text(encoding="utf-8")
    found = re.search(rf"^{name}='([^']*)'$", text, re.MULTILINE)
    assert found, f"{script} sets no {name}"
    return found.group(1)


def test_all_cores_have_their_requirements() -> None:
    files = (REPOSITORY / "tools" / "requirements").glob("core-*.txt")
    assert sorted(value_in("cores.sh", "all_cores").split()) == sorted(
        path.stem.removeprefix("core-") for path in files
    )


def test_what_the_matrix_leaves_out_exists() -> None:
    names = value_in("matrix.sh", "left_out").split()
    there = {path.stem.removeprefix("test_") for path in (REPOSITORY / "tests" / "integration").glob("test_*.py")}
    assert names
    assert set(names) <= there
    assert there - set(names)
