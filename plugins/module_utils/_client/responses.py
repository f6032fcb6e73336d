# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shapes of the API's responses, checked before anything relies on them. Pure: bytes in, checked values out, or
MalformedResponse.

A missing `results` that is read as an empty list would create a second fleet and empty the inventory.
"""

from __future__ import annotations

import json
import math
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from typing import TypeGuard  # Python 3.10

# Levels of an object's fields. Ansible's own ways of a result fail at a few hundred, and with them the whole result.
DEEPEST = 100
HTML_PAGE = "the response is an HTML page, not the API's (a proxy, a sign-in page, or a wrong api_url?)"
_DIGITS = re.compile(r"[0-9]{1,18}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CONTAINERS = (dict, list)
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

Query = tuple[tuple[str, str], ...]
Item = TypeVar("Item", bound=Mapping[str, Any])


class MalformedResponse(ValueError):
    """The response is not what the API documents. The message is a phrase."""


class OtherDescription(MalformedResponse):
    """The response is what the vendor's own clients expect, which is not what the API documents: its objects are
    identified by a `uuid`. The message is a phrase.
    """


# What a response shows of one account in the one description or the other. Known from the vendor's clients vps-mcp and
# vpsdotorg, which read these keys.
OTHER_DESCRIPTION = "an API as the vendor's own clients (vps-mcp, vpsdotorg) describe it, not as it is documented"


def check_description(item: Mapping[str, Any], kind: str) -> None:
    """Raise OtherDescription for an object without a usable `id` that is identified by a `uuid`. `kind`: what to call
    it, with its article.
    """
    if isinstance(item.get("uuid"), str):
        raise OtherDescription(
            f"the response identifies {kind} by a uuid and not by an integer id: this is {OTHER_DESCRIPTION}"
        )


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether a JSON value is an integer; a boolean, which Python counts among them, is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_id(value: Any) -> TypeGuard[int]:
    """Whether a value may go into a path as an id: a positive integer; a boolean is none."""
    return is_integer(value) and value > 0


def as_id(value: Any) -> int | None:
    """The positive integer that a JSON value is, as such or as the text of its digits; None where it is none."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return value if is_id(value) else None


def is_uuid(value: Any) -> TypeGuard[str]:
    """Whether a JSON value is the text of a UUID, by which the vendor's own clients identify objects."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def parse_json(body: bytes) -> Any:
    """Any JSON value, decided by content and not by Content-Type.

    Raises MalformedResponse for everything else, never RecursionError or the like.
    """
    if not body.strip():
        raise MalformedResponse("the response is empty")
    if body.lstrip()[:1] == b"<":
        raise MalformedResponse(HTML_PAGE)
    try:
        # Decoded here, because json.loads lets UTF-16 and encoded surrogates pass.
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite)
        # Half a surrogate pair is valid JSON that can't be printed or written anywhere.
        return _without_lone_surrogates(value) if _LONE_SURROGATE.search(body) else value
    except RecursionError:
        raise MalformedResponse("the response is nested too deeply") from None
    except ValueError:
        raise MalformedResponse("the response is not valid JSON") from None


def may_show_password(body: bytes) -> bool:
    """Whether a JSON text may hold a key that ends in `password`. It is quick, and False is certain: a key stands there
    as it is, unless letters of it are escaped.
    """
    return b'password"' in body.lower() or b"\\u00" in body


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


def without_depths(value: dict[str, Any]) -> dict[str, Any]:
    """An object as it is, or a copy in which what is nested deeper than DEEPEST is null.

    No documented field is deep. One that is must not cost an object its id, nor the account all its other objects.
    """
    return _cut(value, DEEPEST) if is_deeper(value, DEEPEST) else value


def is_deeper(value: Any, levels: int) -> bool:
    """Whether a container is nested deeper than so many levels, itself among them."""
    if not levels:
        return True
    # Written out, because this is done for every server: a generator and isinstance() take twice the time.
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if (kind is dict or kind is list) and is_deeper(item, levels - 1):
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


class Page(Generic[Item]):
    """One page of a list, each object once. `next_query`: the query of its `next` link, None on the last page."""

    def __init__(self, items: tuple[Item, ...], count: int, next_query: Query | None) -> None:
        self.items = items
        self.count = count
        self.next_query = next_query


def check_page(value: Any, check_item: Callable[[Any], Item]) -> Page[Item]:
    """A page of objects that have an `id`, each checked by `check_item`. Raises MalformedResponse.

    The objects come first: where they are those of another description, the page need not be what is documented.
    """
    results = value.get("results") if isinstance(value, dict) else value
    if not isinstance(results, list):
        raise MalformedResponse("the response is not a list (no results)")
    items = tuple(_each_once(map(check_item, results)).values())
    if not isinstance(value, dict):
        raise MalformedResponse("the response is an array without a count, so it may be incomplete")
    count = value.get("count")
    if not is_integer(count) or count < 0:
        raise MalformedResponse("the list has no count")
    return Page(items, count, _query_of(value.get("next")))


def joined(pages: Sequence[Page[Item]]) -> list[Item]:
    """The objects of all pages, in order, each id once.

    Raises MalformedResponse unless every page tells one count and it agrees with them.
    """
    items = _each_once(item for page in pages for item in page.items)
    counts = {page.count for page in pages}
    if counts != {len(items)}:
        told = " or ".join(str(count) for count in sorted(counts))
        raise MalformedResponse(f"the list is incomplete: it reports a count of {told}, but contains {len(items)}")
    return list(items.values())


def _each_once(items: Iterable[Item]) -> dict[Any, Item]:
    kept: dict[Any, Item] = {}
    for item in items:
        kept.setdefault(item["id"], item)
    return kept


def _query_of(link: Any) -> Query | None:
    """The query of a `next` link: never its host, which may be a proxy's inner name or an attacker's."""
    if link is None or link == "":
        return None
    if not isinstance(link, str) or len(link) > 4096:
        raise MalformedResponse("the list's link to its next page is malformed")
    try:
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise MalformedResponse("the list's link to its next page is malformed") from None
    if not query:
        raise MalformedResponse("the list's link to its next page does not name a page")
    return tuple(query)
