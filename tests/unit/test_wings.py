# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrows between the wings of the house, read from the imports: none leads upward, none in a circle."""

from __future__ import annotations

import ast
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import pytest

from sandbox.isolation import REPOSITORY

PLUGINS = REPOSITORY / "plugins"
COLLECTION = "ansible_collections.vpsorg.cloud.plugins."
# What each wing may import beside itself, and which libraries beside the standard one.
MAY_IMPORT = {
    "_client": (set(), {"requests", "urllib3"}),
    "_server": ({"_client"}, set()),
    "_apply": ({"_client", "_server"}, set()),
    "_fleet": ({"_client", "_server", "_apply", "_module"}, {"ansible"}),
    "_module": ({"_client", "_server", "_apply"}, {"ansible"}),
}
READ_ONLY = ("vps_server_info",)
# What a task on one server imports only if it changes anything or meets a failure.
NOT_AT_ONCE = {
    "module_utils._client.": {"causes", "concurrent", "error_words", "masking", "page", "passwords", "transport"},
    "module_utils._server.": {
        "addresses", "change", "create", "details", "lookups", "plan_life", "power", "proof", "wait", "write",
    },
    "module_utils._apply.": {"actions", "creates", "executor", "ledger", "pollers", "waits"},
    "module_utils._module.": {"observer", "shown_passwords"},
}  # fmt: skip
LONGEST_CLASS = 150  # lines


def dotted(path: pathlib.Path) -> str:
    """A file's name as Python imports it below plugins/: `module_utils._client.exchange`."""
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


FILES = {dotted(path): path for path in PLUGINS.rglob("*.py")}


def at_once(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when a file is imported, but for those of its classes, and those for type checkers."""
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.orelse
        elif isinstance(node, (ast.If, ast.Try)):
            yield from (*node.body, *node.orelse)
        else:
            yield node


def in_function(name: str, tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of one function of a file."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield from ast.walk(node)


def imported(name: str, select: Callable[[ast.Module], Iterable[ast.AST]] = ast.walk) -> Iterator[str]:
    """The names that a file imports, everywhere in it, or in what is selected of it: those of the collection as in
    FILES, others as they are.
    """
    package = name.split(".")[:-1]
    for node in select(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(COLLECTION), f"{name} imports {node.module} by its whole name"
            base = package[: len(package) - node.level + 1] if node.level else []
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                whole = ".".join([*base, alias.name])
                yield whole if whole in FILES else ".".join(base)


ROOMS = {name: {found for found in imported(name) if found in FILES} for name in FILES}
AT_ONCE = {name: {found for found in imported(name, at_once) if found in FILES} for name in FILES}


def wing_of(name: str) -> str:
    """`_client` of `module_utils._client.exchange`."""
    return name.split(".")[1]


def all_below(name: str, rooms: Mapping[str, set[str]] = ROOMS) -> set[str]:
    """All files that one imports, and those that they import."""
    below: set[str] = set()
    waiting = [name]
    while waiting:
        for found in rooms[waiting.pop()] - below:
            below.add(found)
            waiting.append(found)
    return below


def is_library(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] not in sys.stdlib_module_names and name not in FILES


MODULE_UTILS = sorted(name for name in FILES if name.startswith("module_utils."))


def test_module_utils_is_made_of_these_wings() -> None:
    assert {wing_of(name) for name in MODULE_UTILS} == set(MAY_IMPORT)
    assert {path.name for path in (PLUGINS / "module_utils").iterdir() if path.is_file()} == set()


@pytest.mark.parametrize("name", MODULE_UTILS)
def test_no_arrow_leads_upward(name: str) -> None:
    wings, libraries = MAY_IMPORT[wing_of(name)]
    assert {found for found in ROOMS[name] if wing_of(found) not in wings | {wing_of(name)}} == set()
    assert {found for found in imported(name) if is_library(found) and found.split(".")[0] not in libraries} == set()


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_circle(name: str) -> None:
    assert name not in all_below(name)


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_modules_are_made_of_needs_no_controller(name: str) -> None:
    if name.startswith(("module_utils.", "modules.")):
        assert {found for found in all_below(name) if not found.startswith("module_utils.")} == set()


@pytest.mark.parametrize("module", READ_ONLY)
def test_a_read_only_module_packs_nothing_that_plans_or_writes(module: str) -> None:
    below = all_below(f"modules.{module}")
    assert {name for name in below if wing_of(name) in ("_apply", "_fleet")} == set()
    assert below.isdisjoint(
        {
            f"module_utils._server.{room}"
            for room in ("plan", "plan_life", "plan_power", "comparison", "proof", "write", "change", "create", "power")
        }
    )


@pytest.mark.parametrize("module", ["vps_server", "vps_server_power", "vps_server_info"])
def test_a_task_without_a_change_pays_for_nothing_that_only_others_need(module: str) -> None:
    rooms = {f"{wing}{room}" for wing, names in NOT_AT_ONCE.items() for room in names}
    assert rooms <= set(FILES), "every room of the list exists"
    below = all_below(f"modules.{module}", AT_ONCE)
    assert below & rooms == ({"module_utils._client.concurrent"} if module == "vps_server_power" else set())
    assert {name for name in below if wing_of(name) == "_fleet"} == set()


def test_after_the_first_write_no_file_is_opened_any_more() -> None:
    """A process that can open no file must still tell what it has created."""
    runs, results = ("module_utils._module.run", "module_utils._fleet.run"), ("_module.results", "_fleet.results")
    there = {"module_utils._module.runner", *(f"module_utils.{room}" for room in results)}
    for run in runs:
        there |= {name for name in imported(run, partial(in_function, "_applied")) if name in FILES}
    there |= set().union(*(all_below(name, AT_ONCE) for name in there))
    late = {room for name in there for room in ROOMS[name] - AT_ONCE[name]}
    for_looks = {"module_utils._client.transport", "module_utils._server.lookups", "module_utils._server.proof"}
    assert late - there == for_looks, "what every task, or a plan with a create, has imported by then"


def test_only_modules_and_action_plugins_know_a_module() -> None:
    knowing = {
        name.split(".")[0] for name, found in ROOMS.items() if any(room.startswith("modules.") for room in found)
    }
    assert knowing == {"action"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_class_is_longer_than_one_can_hold_in_the_head(name: str) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    lengths = {
        node.name: node.end_lineno - node.lineno + 1 for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_CLASS} == {}
