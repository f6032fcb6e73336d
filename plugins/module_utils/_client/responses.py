# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shapes of the API's answers, checked before anything relies on them. Pure: bytes in, checked values out, or Broken.

A missing C(results) that is read as an empty list would create a second fleet and empty the inventory.
"""

from __future__ import annotations

import json
import math
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DEEPEST = 100  # levels of a server's fields; Ansible's own ways of a result fail at a few hundred, and with them the whole result
_CONTAINERS = (dict, list)
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Broken(ValueError):
    """The answer is not what the API documents. The message is a phrase."""


def is_integer(value: Any) -> bool:
    """Whether a JSON value is an integer; a boolean, which Python counts among them, is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_id(value: Any) -> bool:
    """Whether a value may go into a path as an id: a positive integer; a boolean is none."""
    return is_integer(value) and value > 0


def parse_json(body: bytes) -> Any:
    """Any JSON value, decided by content and not by Content-Type. Raises Broken for everything else, never RecursionError or the like."""
    if not body.strip():
        raise Broken("the answer is empty")
    if body.lstrip()[:1] == b"<":
        raise Broken("the answer is an HTML page, not the API's (a proxy, a sign-in page, or a wrong api_url?)")
    try:
        # Decoded here, because json.loads lets UTF-16 and encoded surrogates pass.
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite)
        # Half a surrogate pair is valid JSON that can't be printed or written anywhere.
        return _without_lone_surrogates(value) if _LONE_SURROGATE.search(body) else value
    except RecursionError:
        raise Broken("the answer is nested too deeply") from None
    except ValueError:
        raise Broken("the answer is not valid JSON") from None


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(key): _without_lone_surrogates(item) for key, item in value.items()}
    return value


def check_server(value: Any, *, server_id: int | None = None) -> dict[str, Any]:
    """One server, in any of its views: an object with a positive integer C(id), a string C(name) and a string C(status).

    C(server_id): the id it must have. What is nested deeper than DEEPEST is cut off. Raises Broken.
    """
    if not isinstance(value, dict):
        raise Broken("the answer is not a server object")
    if not is_id(value.get("id")):
        raise Broken("the answer holds a server without a positive integer id")
    if not isinstance(value.get("name"), str) or not isinstance(value.get("status"), str):
        raise Broken(f"the answer shows server {value['id']} without a name or a status")
    if server_id is not None and value["id"] != server_id:
        raise Broken(f"server {server_id} was asked for, but the answer shows server {value['id']}")
    # No documented field is deep. One that is must not cost the server its id, nor the account all its other servers.
    return _cut(value, DEEPEST) if _is_deeper(value, DEEPEST) else value


def _is_deeper(value: Any, levels: int) -> bool:
    if not levels:
        return True
    for item in value.values() if isinstance(value, dict) else value:  # noqa: SIM110  # a generator takes twice the time, for every server
        if (type(item) is dict or type(item) is list) and _is_deeper(item, levels - 1):  # pylint: disable=unidiomatic-typecheck
            return True
    return False


def _cut(value: Any, levels: int) -> Any:
    """A copy with null in the place of every container below so many levels."""
    if not isinstance(value, _CONTAINERS):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [_cut(item, levels - 1) for item in value]
    return {key: _cut(item, levels - 1) for key, item in value.items()}


def check_action(value: Any, server_id: int) -> dict[str, Any]:
    """The answer of start, stop and reboot: success, with the server under C(server). Returns that server. Raises Broken."""
    if not isinstance(value, dict) or value.get("status") != "success":
        raise Broken("the answer does not say that the action was accepted")
    return check_server(value.get("server"), server_id=server_id)


@dataclass(frozen=True)
class Page:
    """One page of a list, each server once. C(next_query): the query of its C(next) link, None on the last page."""

    servers: tuple[dict[str, Any], ...]
    count: int
    next_query: tuple[tuple[str, str], ...] | None


def check_page(value: Any) -> Page:
    """A page of servers. Raises Broken."""
    if not isinstance(value, dict) or not isinstance(value.get("results"), list):
        raise Broken("the answer is not a list of servers (no results)")
    count = value.get("count")
    if not is_integer(count) or count < 0:
        raise Broken("the list of servers has no count")
    servers: dict[int, dict[str, Any]] = {}
    for item in value["results"]:
        server = check_server(item)
        servers.setdefault(server["id"], server)
    return Page(tuple(servers.values()), count, _query_of(value.get("next")))


def _query_of(link: Any) -> tuple[tuple[str, str], ...] | None:
    """The query of a C(next) link: never its host, which may be a proxy's inner name or an attacker's."""
    if link is None or link == "":
        return None
    if not isinstance(link, str) or len(link) > 4096:
        raise Broken("the list's link to its next page is malformed")
    try:
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise Broken("the list's link to its next page is malformed") from None
    if not query:
        raise Broken("the list's link to its next page names no page")
    return tuple(query)


def joined(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """The servers of all pages, in order, each id once. Raises Broken unless every page tells one count and it agrees with what is there."""
    servers: dict[int, dict[str, Any]] = {}
    for page in pages:
        for server in page.servers:
            servers.setdefault(server["id"], server)
    counts = {page.count for page in pages}
    if counts != {len(servers)}:
        told = " or ".join(str(count) for count in sorted(counts))
        raise Broken(f"the list of servers is not whole: it tells a count of {told} and holds {len(servers)}")
    return list(servers.values())
