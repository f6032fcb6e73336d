# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shape of a response: the names of its keys and the types of its values, and no value. Pure.

A key can be a value, as in a dictionary by host name, or in one of a user's own labels. So a name that nobody knows is
shown only where objects have fields, and only if most of the objects have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Union

from .described import FAMILIAR, LISTS_OF_OBJECTS, OBJECTS

# A dictionary of shapes by key; a list of one shape, that of all its items; or the name of a type.
Shape = Union[dict[str, Any], list[Any], str]

MISSING = "missing"
OTHER_KEYS = "other keys"
DEEPER = "…"
MOST_ITEMS = 100  # of a list that are looked at
_DEEPEST = 5
_MOST_KEYS = 60  # of an object that are shown
_MOST_KEYS_LOOKED_AT = 500
# What a name of a field looks like. With a hyphen, a dot or a number it is rather the name of somebody's server.
_FIELD = re.compile(r"(?=.{1,40}\Z)[A-Za-z_]+[0-9]?[A-Za-z_]*")
_TYPES = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
_NO_VALUE = {"null", MISSING}


def shape_of(value: Any, *, has_fields: bool = False) -> Shape:
    """The shape of a JSON value. `has_fields`: whether it is an object of the API, or a list of some, so that names
    that nobody knows are those of fields.
    """
    return _shape(value, _DEEPEST, has_fields)


def _shape(value: Any, levels: int, has_fields: bool) -> Shape:
    if type(value) in _TYPES:
        return _TYPES[type(value)]
    if not levels:
        return DEEPER
    if isinstance(value, list):
        return [together(_shape(item, levels - 1, has_fields) for item in value[:MOST_ITEMS])] if value else []
    shape: dict[str, Any] = {}
    for key in islice(value, _MOST_KEYS_LOOKED_AT):
        if len(shape) == _MOST_KEYS:
            break
        if key in FAMILIAR or (has_fields and _FIELD.fullmatch(key)):
            objects = LISTS_OF_OBJECTS if isinstance(value[key], list) else OBJECTS
            shape[key] = _shape(value[key], levels - 1, key in objects)
    return shape if len(shape) == len(value) else {**shape, OTHER_KEYS: DEEPER}


def together(shapes: Iterable[Shape]) -> Shape:
    """One shape for several values: `int or null`; a key that some of them lack is `missing or str`."""
    known = list(shapes)
    objects = [shape for shape in known if isinstance(shape, dict)]
    lists = [shape for shape in known if isinstance(shape, list)]
    words = {word for shape in known if isinstance(shape, str) for word in shape.split(" or ")}
    if words <= _NO_VALUE:  # what an object is made of is worth more than that it is null in some places
        if objects and not lists:
            return _objects_together(objects)
        if lists and not objects:
            items = [item for shape in lists for item in shape]
            return [together(items)] if items else []
    words |= ({"object"} if objects else set()) | ({"list"} if lists else set())
    return " or ".join(sorted(words))


def _objects_together(objects: list[dict[str, Any]]) -> dict[str, Any]:
    parts: dict[str, list[Shape]] = {}
    for shape in objects:
        for key, part in shape.items():
            parts.setdefault(key, []).append(part)
    hides = parts.pop(OTHER_KEYS, None) is not None
    whole: dict[str, Any] = {}
    for key, found in parts.items():
        lacking = len(objects) - len(found)
        if len(whole) == _MOST_KEYS or (lacking > len(found) and key not in FAMILIAR):
            hides = True
        else:
            whole[key] = together([*found, MISSING] if lacking else found)
    return {**whole, OTHER_KEYS: DEEPER} if hides else whole


def keys_of(shape: Any) -> frozenset[str]:
    """The keys of an object's shape; none for any other shape."""
    return frozenset(shape) - {OTHER_KEYS} if isinstance(shape, Mapping) else frozenset()
