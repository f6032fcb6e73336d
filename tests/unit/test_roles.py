# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the roles: no fact is called like a variable, and what is documented is what there is."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
BLOCKS = ("block", "rescue", "always")
# Ansible would evaluate it before there are servers on which it may depend.
UNSPECIFIED = {"fleet_hostvars"}


def read(*parts: str) -> Any:
    return yaml.safe_load(ROLES.joinpath(*parts).read_text(encoding="utf-8"))


def tasks_of(role: str) -> Iterator[dict[str, Any]]:
    """Every task and block of a role."""
    todo = [task for path in sorted((ROLES / role / "tasks").glob("*.yml")) for task in read(role, "tasks", path.name)]
    while todo:
        task = todo.pop()
        yield task
        todo += [inner for section in BLOCKS for inner in task.get(section, ())]


def facts_of(role: str) -> set[str]:
    """What tasks leave behind, for later calls of the role too: facts, and results that are registered."""
    found = set()
    for task in tasks_of(role):
        found |= set(task.get("ansible.builtin.set_fact", {})) | {task[key] for key in ("register",) if key in task}
    return found


def variables_of(role: str) -> set[str]:
    """The variables of a role, of its tasks and of its loops."""
    found = set(read(role, "defaults", "main.yml"))
    for entry in read(role, "meta", "argument_specs.yml")["argument_specs"].values():
        found |= set(entry["options"])
    for task in tasks_of(role):
        control = task.get("loop_control", {})
        found |= set(task.get("vars", {})) | {control[key] for key in ("loop_var", "index_var") if key in control}
    return found


@pytest.mark.parametrize("role", NAMES)
def test_no_fact_has_the_name_of_a_variable(role: str) -> None:
    """A fact is stronger than a variable of a task, and stays: the second call of the role would work on the first
    call's servers.
    """
    assert facts_of(role) and not facts_of(role) & variables_of(role)


@pytest.mark.parametrize("role", NAMES)
def test_names_are_the_roles_own(role: str) -> None:
    """So that neither a user's variables nor the other role's facts are met."""
    public = re.compile(rf"{role}_[a-z_]+")
    own = re.compile(rf"__{role}_[a-z_]+")
    documented = set(read(role, "defaults", "main.yml")) | set(
        read(role, "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
    )
    others = {name for name in facts_of(role) | variables_of(role) if not own.fullmatch(name)} - documented
    assert others <= {"fleet_result", "rolling_reboot_batch", "rolling_reboot_result", "ansible_become"}
    assert all(public.fullmatch(name) for name in others | documented if name != "ansible_become")


@pytest.mark.parametrize("role", NAMES)
def test_loops_leave_the_variable_item_to_the_user(role: str) -> None:
    """A role may be called in a loop."""
    looped = [task for task in tasks_of(role) if "loop" in task]
    assert looped and all(task["loop_control"]["loop_var"].startswith(f"__{role}_") for task in looped)


@pytest.mark.parametrize("role", NAMES)
def test_modules_never_run_as_another_user(role: str) -> None:
    """A task's keyword is not enough: a variable of the inventory is stronger, and the task's own variable yet more."""

    def check(tasks: list[dict[str, Any]], inherited: dict[str, Any]) -> int:
        count = 0
        for task in tasks:
            variables = {**inherited, **task.get("vars", {})}
            if any(key.startswith("vpsorg.cloud.") for key in task):
                count += 1
                assert variables.get("ansible_become") is False, task["name"]
            count += sum(check(task.get(section, []), variables) for section in BLOCKS)
        return count

    files = sorted((ROLES / role / "tasks").glob("*.yml"))
    assert sum(check(read(role, "tasks", path.name), {}) for path in files) > 1


@pytest.mark.parametrize("role", NAMES)
def test_defaults_are_documented(role: str) -> None:
    """In the argument specification, and with a row in the README."""
    defaults = read(role, "defaults", "main.yml")
    options = read(role, "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
    specified = {name: option.get("default") for name, option in options.items() if not option.get("required")}
    assert {name: str(value) for name, value in specified.items()} == {
        name: str(value) for name, value in defaults.items() if name not in UNSPECIFIED
    }
    rows = re.findall(r"^\| (`.*?) \|", (ROLES / role / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == {*options, *defaults}


@pytest.mark.parametrize("role", NAMES)
def test_the_default_of_what_is_not_set_is_the_default(role: str) -> None:
    """`default=` of the filter role_variable, which null and the empty string mean, is that of defaults/main.yml."""
    defaults = read(role, "defaults", "main.yml")
    text = "".join(path.read_text(encoding="utf-8") for path in (ROLES / role / "tasks").glob("*.yml"))
    found = re.findall(r"role_variable\(\s*'(\w+)'.*?default=([\w.{}']+)", text)
    assert len(found) > 5
    for name, default in found:
        value = yaml.safe_load(default)
        assert (defaults[name] or None) == (value or None) or default == "omit" or str(defaults[name]) == value, name
