# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration targets of ansible-test: there is one for everything that users call, and each can be run."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from sandbox.isolation import REPOSITORY

FOLDER = REPOSITORY / "tests" / "integration"
TARGETS = sorted(path for path in (FOLDER / "targets").iterdir() if path.is_dir())


def name_of(target: pathlib.Path) -> str:
    return target.name


def module_of(target: pathlib.Path) -> pathlib.Path:
    return REPOSITORY / "plugins" / "modules" / f"{target.name}.py"


def files_of(target: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in target.rglob("*") if path.suffix in (".yml", ".sh"))


def test_there_is_a_target_for_everything_that_users_call() -> None:
    modules = {path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py")}
    plugins = {
        f"{kind}_{path.stem}"
        for kind in ("filter", "inventory", "lookup", "test")
        for path in (REPOSITORY / "plugins" / kind).glob("*.py")
    }
    roles = {f"role_{path.name}" for path in (REPOSITORY / "roles").iterdir() if path.is_dir()}
    assert {target.name for target in TARGETS} == modules | plugins | roles


@pytest.mark.parametrize("target", TARGETS, ids=name_of)
def test_target_can_be_run(target: pathlib.Path) -> None:
    script = target / "runme.sh"
    assert (target / "tasks" / "main.yml").is_file() != script.is_file()
    assert not script.exists() or script.stat().st_mode & 0o111


@pytest.mark.parametrize("target", TARGETS, ids=name_of)
def test_aliases_say_on_what_side_the_target_runs(target: pathlib.Path) -> None:
    lines = (target / "aliases").read_text(encoding="utf-8").splitlines()
    aliases = {line for line in lines if line and not line.startswith("#")}
    assert ("context/target" if module_of(target).exists() else "context/controller") in aliases


@pytest.mark.parametrize("target", [target for target in TARGETS if module_of(target).exists()], ids=name_of)
def test_target_of_a_module_runs_it_in_check_mode_and_again(target: pathlib.Path) -> None:
    text = (target / "tasks" / "main.yml").read_text(encoding="utf-8")
    assert re.search(r"^ +check_mode: true$", text, re.MULTILINE)
    assert target.name.endswith("_info") or re.search(r"^ +- \w+ is not changed$", text, re.MULTILINE)


@pytest.mark.parametrize("script", sorted(FOLDER.glob("targets/*/runme.sh")), ids=lambda script: script.parent.name)
def test_target_of_a_role_runs_it_in_check_mode(script: pathlib.Path) -> None:
    assert re.search(r"^run \S+ --check ", script.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS, ids=name_of)
def test_what_a_target_creates_it_deletes_by_a_name_of_its_own(target: pathlib.Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in files_of(target))
    if not re.search(r"^ +plan_id:", text, re.MULTILINE):
        return
    assert f'"{{{{ vps_prefix }}}}-{target.name.replace("_", "-")}"' in text
    assert re.search(r"^  always:|^trap '", text, re.MULTILINE)


def test_configuration_has_only_what_targets_use() -> None:
    template = yaml.safe_load((FOLDER / "integration_config.yml.template").read_text(encoding="utf-8"))
    text = "\n".join(path.read_text(encoding="utf-8") for target in TARGETS for path in files_of(target))
    assert template
    assert [name for name in template if not re.search(rf"\b{name}\b", text)] == []
