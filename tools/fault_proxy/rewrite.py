# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults in the shape of JSON: pure functions from an answer to a changed answer, or None where they have nothing to
change.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from .http1 import Answer, find, without

Params = dict[str, Any]
ListChange = Callable[[dict[str, Any], Params, str], Any]
_MARK = "@@here@@"
_EMPTY = b'{"detail": "ok"}'


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("results"), list)


def _set(key: str, value: Callable[[dict[str, Any], Params, str], Any]) -> ListChange:
    return lambda data, params, url: {**data, key: value(data, params, url)}


def _duplicate(data: dict[str, Any], _params: Params, _url: str) -> Any:
    return {**data, "results": [item for item in data["results"] for _copy in range(2)]} if data["results"] else None


def _at(host: str, url: str) -> str:
    return host.rstrip("/") + "/" + url.partition("://")[2].partition("/")[2]


LISTS: dict[str, ListChange] = {
    "wrong_count": _set("count", lambda data, params, _url: data.get("count", len(data["results"])) + params["delta"]),
    "missing_results": lambda data, _params, _url: {key: value for key, value in data.items() if key != "results"},
    "missing_count": lambda data, _params, _url: {key: value for key, value in data.items() if key != "count"},
    "results_not_list": _set("results", lambda _data, params, _url: params["value"]),
    "duplicate_items": _duplicate,
    "next_loops": _set("next", lambda _data, _params, url: url),
    "next_foreign": _set("next", lambda data, params, url: _at(params["to"], data.get("next") or url)),
    "next_not_a_string": _set("next", lambda _data, params, _url: params["value"]),
}


def rewrite(kind: str, answer: Answer, params: Params, url: str) -> Answer | None:
    """Apply a kind of stage ``rewrite``.

    ``url`` is the request's own, as the client sees it. None: nothing here to change.
    """
    if kind == "clock_skew":
        return _skewed(answer, params["seconds"])
    data = _json_of(answer)
    if kind in LISTS:
        changed = LISTS[kind](data, params, url) if _is_list(data) else None
    elif kind == "wrong_id_in_detail":
        changed = None if _is_list(data) else _change_id(data, lambda number: number + params["delta"])
    elif kind == "item_without_id":
        changed = _change_item(data, params["index"], lambda item: item.pop("id", None))
    else:
        value = True if kind == "item_bool_id" else params["value"]
        changed = _change_item(data, params["index"], lambda item: item.update(id=value))
    return None if changed is None else answer.with_json(changed)


def _json_of(answer: Answer) -> Any:
    try:
        return answer.json() if 200 <= answer.status < 300 else None
    except ValueError:
        return None


def _change_item(data: Any, index: int, change: Callable[[dict[str, Any]], Any]) -> Any:
    if _is_list(data):
        items = [item for item in data["results"][index : index + 1] if isinstance(item, dict)]
    else:
        items = [_server_in(data)] if _server_in(data) is not None else []
    for item in items:
        change(item)
    return data if items else None


def _server_in(data: Any) -> dict[str, Any] | None:
    """The server in a detail, the answer to a create, or the answer to an action."""
    if isinstance(data, dict) and isinstance(data.get("server"), dict):
        data = data["server"]
    return data if isinstance(data, dict) and "id" in data else None


def _change_id(data: Any, change: Callable[[int], int]) -> Any:
    server = _server_in(data)
    if server is None or not isinstance(server["id"], int):
        return None
    server["id"] = change(server["id"])
    return data


def _skewed(answer: Answer, seconds: float) -> Answer:
    """Move every time that the answer tells; there is always one, since a Date header is added where it lacks."""
    date = find(answer.headers, "date")
    now = time.time() if date is None else parsedate_to_datetime(date).timestamp()
    headers = [*without(answer.headers, "date"), ("Date", formatdate(now + seconds, usegmt=True))]
    data = _json_of(answer)
    body = answer.body if data is None else json.dumps(_skew_times(data, seconds)).encode()
    return Answer(answer.status, headers, body, answer.reason)


def _skew_times(value: Any, seconds: float) -> Any:
    if isinstance(value, list):
        return [_skew_times(item, seconds) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _shift(item, seconds)
        if key in ("created_at", "updated_at") and isinstance(item, str)
        else _skew_times(item, seconds)
        for key, item in value.items()
    }


def _shift(text: str, seconds: float) -> str:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return text
    return (moment + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_body(answer: Answer) -> Answer:
    """The answer, or where it has no body (204) a 200 with one: what damages bodies needs something to damage."""
    if answer.body:
        return answer
    return Answer(200, [*without(answer.headers, "content-type"), ("Content-Type", "application/json")], _EMPTY)


def hostile(kind: str, answer: Answer, params: Params) -> Answer:
    """JSON that parsers stumble over, made of the answer."""
    answer = with_body(answer)
    if kind == "bom_json":
        return Answer(answer.status, answer.headers, b"\xef\xbb\xbf" + answer.body, answer.reason)
    data = _json_of(answer)
    if not isinstance(data, dict):
        data = {"detail": "ok"}
    if kind in ("huge_number", "nan_json"):
        data["count" if _is_list(data) else "id"] = _MARK
        value = "NaN" if kind == "nan_json" else "9" * params["digits"]
        body = json.dumps(data).replace(f'"{_MARK}"', value).encode()
    else:
        target = next((item for item in data["results"] if isinstance(item, dict)), data) if _is_list(data) else data
        key = "name" if "name" in target else "detail"
        target[key] = f"{target.get(key, '')}{_MARK}"
        body = (
            json.dumps(data).encode().replace(_MARK.encode(), b"\xff\xfe\x80" if kind == "invalid_utf8" else b"\\ud800")
        )
    return Answer(answer.status, answer.headers, body, answer.reason)
