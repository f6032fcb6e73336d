# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shape of a response: the names of its keys and the types of its values, and no value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Union

# A dictionary of shapes by key; a list of one shape, that of all its items; or the name of a type.
Shape = Union[dict[str, Any], list[Any], str]

MISSING = "missing"
_OTHERS = "other keys"
_DEEPER = "…"
_DEEPEST = 5
_MOST_KEYS = 60
# What a name of a field looks like. Another key may be a value, as in a dictionary by host name or by address.
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,49}")
_TYPES = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}


def shape_of(value: Any, levels: int = _DEEPEST) -> Shape:
    """The shape of a JSON value."""
    if type(value) in _TYPES:
        return _TYPES[type(value)]
    if not levels:
        return _DEEPER
    if isinstance(value, list):
        return [together(shape_of(item, levels - 1) for item in value)] if value else []
    fields = [key for key in value if _FIELD.fullmatch(key)][:_MOST_KEYS]
    shape: dict[str, Any] = {key: shape_of(value[key], levels - 1) for key in fields}
    if len(fields) < len(value):
        shape[_OTHERS] = _DEEPER
    return shape


def together(shapes: Iterable[Shape]) -> Shape:
    """One shape for several values: `int or null`; a key that some of them lack is `str or missing`."""
    known = list(shapes)
    if all(isinstance(shape, dict) for shape in known):
        keys = dict.fromkeys(key for shape in known for key in shape)
        return {key: together(shape.get(key, MISSING) for shape in known if isinstance(shape, dict)) for key in keys}
    if all(isinstance(shape, list) for shape in known):
        items = [item for shape in known for item in shape]
        return [together(items)] if items else []
    # An object that is null or missing in some places: what it is made of is worth more than the alternative.
    objects = [shape for shape in known if not isinstance(shape, str)]
    words = sorted({word for shape in known if isinstance(shape, str) for word in shape.split(" or ")})
    if not objects:
        return " or ".join(words)
    if len({type(shape) for shape in objects}) > 1:
        return " or ".join(["list", "object", *words])
    return together(objects)


def keys_of(shape: Any) -> frozenset[str]:
    """The keys of an object's shape; none for any other shape."""
    return frozenset(shape) - {_OTHERS} if isinstance(shape, Mapping) else frozenset()
