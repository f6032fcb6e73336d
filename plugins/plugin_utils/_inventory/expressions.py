# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables a Jinja expression reads, so that its result can be remembered for hosts on which these are equal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, TemplateError, nodes

from .._text import TEXT_TYPES, is_harmless

# Filters and tests whose result depends on nothing but what goes in. Those of ansible-core and of Jinja; any other
# makes an expression opaque.
_PURE_FILTERS = frozenset(
    [
        "abs",
        "b64decode",
        "b64encode",
        "basename",
        "bool",
        "capitalize",
        "center",
        "combine",
        "count",
        "d",
        "default",
        "dict2items",
        "difference",
        "dirname",
        "first",
        "flatten",
        "float",
        "from_json",
        "hash",
        "human_readable",
        "human_to_bytes",
        "int",
        "intersect",
        "items2dict",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "max",
        "min",
        "regex_escape",
        "regex_findall",
        "regex_replace",
        "regex_search",
        "replace",
        "reverse",
        "round",
        "slice",
        "sort",
        "split",
        "splitext",
        "string",
        "sum",
        "ternary",
        "title",
        "to_json",
        "trim",
        "truncate",
        "union",
        "unique",
        "upper",
        "urlencode",
        "wordcount",
        "zip",
    ]
)
_PURE_TESTS = frozenset(
    [
        "!=",
        "<",
        "<=",
        "==",
        ">",
        ">=",
        "all",
        "any",
        "boolean",
        "contains",
        "defined",
        "divisibleby",
        "eq",
        "equalto",
        "even",
        "false",
        "falsy",
        "float",
        "ge",
        "greaterthan",
        "gt",
        "in",
        "integer",
        "iterable",
        "le",
        "lessthan",
        "lower",
        "lt",
        "mapping",
        "match",
        "ne",
        "none",
        "number",
        "odd",
        "regex",
        "search",
        "sequence",
        "string",
        "subset",
        "superset",
        "true",
        "truthy",
        "undefined",
        "upper",
        "version",
        "version_compare",
    ]
)
_TRANSPARENT = (
    nodes.Add, nodes.And, nodes.Compare, nodes.Concat, nodes.CondExpr, nodes.Const, nodes.Dict, nodes.Div,
    nodes.Filter, nodes.FloorDiv, nodes.Getitem, nodes.Keyword, nodes.List, nodes.Mod, nodes.Mul, nodes.Neg,
    nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Pair, nodes.Pos, nodes.Slice, nodes.Sub, nodes.Template,
    nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
_DELIMITERS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
# Names that are there without being a host's variable.
_GLOBALS = frozenset(
    [
        "cycler",
        "dict",
        "environment",
        "groups",
        "hostvars",
        "joiner",
        "lipsum",
        "lookup",
        "namespace",
        "now",
        "omit",
        "q",
        "query",
        "range",
        "self",
        "undef",
        "vars",
    ]
)
_parser = Environment(autoescape=False)  # noqa: S701  # parses only; nothing is rendered with it

Path = tuple[str, ...]  # a variable's name, then the keys of the dictionaries inside it
MISSING = ("missing",)
_SCALARS = frozenset({bool, int, float})


class Unkeyable(Exception):
    """A value that may change between two reads, or that can't be told from another one."""


@dataclass(frozen=True)
class Reads:
    """What an expression reads. `is_plain`: it is nothing but its one path.

    `pieces`: the constant texts and the paths that it puts together (`'prod-' ~ vps_name`); empty where it does more.
    """

    paths: tuple[Path, ...]
    is_plain: bool
    pieces: tuple[str | Path, ...] = ()


def analyse(expression: Any, own: Collection[str], *, template: bool = False) -> Reads | None:
    """What an expression reads of the variables `own`; None where that can't be foretold or its result depends on more.

    `template`: it is a text with template delimiters, not a bare expression.
    """
    if not isinstance(expression, str) or "\\" in expression or (not template and _DELIMITERS.search(expression)):
        return None
    try:
        tree = _parser.parse(expression if template else "{{ " + expression + " }}")
    except TemplateError:
        return None
    bare = _only_expression(tree)
    if not template and bare is None:
        return None
    paths: dict[Path, None] = {}
    if not _collect(tree, own, paths):
        return None
    if template or bare is None:
        return Reads(tuple(paths), is_plain=False)
    return Reads(tuple(paths), _path_of(bare) is not None, tuple(_pieces_of(bare)))


def is_expression(text: str) -> bool:
    """Whether a text is an expression as far as its syntax goes."""
    if _DELIMITERS.search(text):
        return False
    try:
        return _only_expression(_parser.parse("{{ " + text + " }}")) is not None
    except TemplateError:
        return False


def _pieces_of(node: nodes.Expr) -> list[str | Path]:
    """See Reads."""
    pieces: list[str | Path] = []
    for part in node.nodes if isinstance(node, nodes.Concat) else [node]:
        path = _path_of(part)
        if path is not None:
            pieces.append(path)
        elif isinstance(part, nodes.Const) and isinstance(part.value, str):
            pieces.append(part.value)
        else:
            return []
    return pieces


def _only_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is nothing but one."""
    if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) and len(tree.body[0].nodes) == 1:
        return tree.body[0].nodes[0]
    return None


def _collect(node: nodes.Node, own: Collection[str], paths: dict[Path, None]) -> bool:
    """Add the paths below a node; False where something is not transparent."""
    path = _path_of(node)
    if path is not None:
        if path[0] not in own or path[0] in _GLOBALS:
            return False
        paths[path] = None
        return True
    if isinstance(node, nodes.Filter):
        if node.node is None or node.name.removeprefix("ansible.builtin.") not in _PURE_FILTERS:
            return False
    elif isinstance(node, nodes.Test):
        if node.name.removeprefix("ansible.builtin.") not in _PURE_TESTS:
            return False
    elif not isinstance(node, _TRANSPARENT):
        return False
    return all(_collect(child, own, paths) for child in node.iter_child_nodes())


def _path_of(node: nodes.Node) -> Path | None:
    """The path that a node such as `a.b['c']` spells; None for any other node.

    `a.items` means the method of the dictionary, so no key that is also a method is part of a path.
    """
    keys: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            key: Any = node.attr
        else:
            key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if not isinstance(key, str) or key.startswith("_") or hasattr(dict, key):
            return None
        keys.append(key)
        node = node.node
    if not isinstance(node, nodes.Name) or node.ctx != "load":
        return None
    return (node.name, *reversed(keys))


def read(variables: Mapping[str, Any], path: Path) -> tuple[Any, int]:
    """The value at a path and how many of its steps lead to it: fewer than all where the rest is for Jinja to judge."""
    value: Any = variables
    for steps, key in enumerate(path):
        if not isinstance(value, dict) or key not in value:
            return (MISSING, 0) if steps == 0 else (value, steps)
        value = value[key]
    return value, len(path)


def key_of(variables: Mapping[str, Any], paths: Iterable[Path]) -> tuple[Any, ...]:
    """A dictionary key that is equal for two hosts only if an expression that reads these paths gives both the same.

    Raises Unkeyable; RecursionError for a value that is nested too deeply.
    """
    key: list[Any] = []
    for path in paths:
        value, steps = read(variables, path)
        if type(value) in TEXT_TYPES and steps == len(path):
            # The usual case, spelt out.
            if "{" in value or value[:1] == "#":
                raise Unkeyable
            key.append(value)
        else:
            key.append((steps, _frozen(value)))
    return tuple(key)


class Outcomes:
    """One expression, with the outcomes that are known of it, by what it reads."""

    def __init__(self, reads: Reads | None) -> None:
        """`reads`: None where every outcome has to be found out anew."""
        self.reads = reads
        self.paths: tuple[Path, ...] = reads.paths if reads else ()
        self.known: dict[Any, Any] = {}

    def key(self, variables: Mapping[str, Any]) -> Any:
        """What the outcome depends on; None where it has to be found out anew."""
        if self.reads is None:
            return None
        try:
            return key_of(variables, self.paths)
        except (Unkeyable, RecursionError):
            return None


def _frozen(value: Any) -> Any:
    """A hashable stand-in that keeps the type: True, 1 and 1.0 are one key to a dictionary."""
    if value is None or value is MISSING:
        return value
    kind = type(value)
    if kind in _SCALARS:
        return kind, repr(value) if kind is float else value
    if isinstance(value, str):
        # A result of the user's own expressions may be a template where trust is implied.
        if kind not in TEXT_TYPES or not is_harmless(value) or value.startswith("#"):
            raise Unkeyable
        return value
    if isinstance(value, dict):
        return kind, tuple((_frozen(key), _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return kind, tuple(_frozen(item) for item in value)
    raise Unkeyable
