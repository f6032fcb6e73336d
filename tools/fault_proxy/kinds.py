# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of faults: every kind's name, what it does, its parameters and their defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "STORM_KINDS", "Kind"]

MIB = 1024 * 1024
READ = ("GET", "HEAD")


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    ``stage``: ``connection`` (before a request is read), ``flow`` (timing and choice), ``before`` (never forwarded),
    ``answer`` (forwarded or not, as its parameter ``forward`` says), ``after`` (always forwarded), ``rewrite``
    (forwarded, and counted as met only where the upstream's answer could be changed that way). ``methods`` limits the
    kind to these methods; ``times`` is the default number of hits (None: all).
    """

    name: str
    stage: str
    about: str
    defaults: dict[str, Any]
    methods: tuple[str, ...] | None = None
    times: int | None = 1


KINDS: dict[str, Kind] = {}


def _kind(
    name: str, stage: str, about: str, *, methods: tuple[str, ...] | None = None, times: int | None = 1, **defaults: Any
) -> str:
    KINDS[name] = Kind(name, stage, about, defaults, methods, times)
    return name


# The connection itself. These know no method: they are met by connections.
REFUSE = _kind(
    "refuse",
    "connection",
    "port closed for `seconds` after the (nth-1)th matching request was answered; nth=1: at once",
    seconds=1.0,
)
RESET_ON_ACCEPT = _kind(
    "reset_on_accept", "connection", "the nth connection is accepted and reset before anything is read"
)
CONNECT_TIMEOUT = _kind(
    "connect_timeout",
    "connection",
    "as `refuse`, but connection attempts are dropped without an answer (Linux)",
    seconds=1.0,
)

# Timing and choice.
BARRIER = _kind(
    "barrier",
    "flow",
    "holds requests `when` 'before' or 'after' the effect until `parties` are there or `limit` seconds pass; once "
    "(`times` is `parties`)",
    parties=2,
    when="before",
    limit=20.0,
)
DELAY = _kind(
    "delay",
    "flow",
    "waits `seconds` 'before' or 'after' the effect, then answers as usual",
    times=None,
    seconds=0.05,
    when="before",
)
STORM = _kind(
    "storm",
    "flow",
    "breaks the `share` of all requests, drawn from `seed`, each with one of `kinds`",
    times=None,
    seed=0,
    share=0.33,
    kinds=None,
)

# Before the effect: never forwarded.
RESET_BEFORE = _kind("reset_before", "before", "connection reset (RST) once the request was read")
CLOSE_BEFORE = _kind("close_before", "before", "connection closed (FIN) once the request was read")
HANG_BEFORE = _kind("hang_before", "before", "no answer until the client leaves, at most `seconds`", seconds=30.0)

# After the effect: the answer is lost or damaged on its way.
RESET_AFTER = _kind("reset_after", "after", "connection reset (RST) instead of the answer")
CLOSE_AFTER = _kind("close_after", "after", "connection closed (FIN) instead of the answer")
HANG_AFTER = _kind("hang_after", "after", "no answer until the client leaves, at most `seconds`", seconds=30.0)
CLOSE_MID_BODY = _kind(
    "close_mid_body", "after", "`share` of the body, then closed: Content-Length promised more", share=0.5
)
TRUNCATE_BODY = _kind("truncate_body", "after", "complete HTTP, but only `share` of the JSON text", share=0.5)
DRIP_BODY = _kind(
    "drip_body",
    "after",
    "the body in pieces of `size` bytes, one each `interval` seconds",
    size=1,
    interval=0.05,
    seconds=60.0,
)
DRIP_HEADERS = _kind(
    "drip_headers",
    "after",
    "the head in pieces of `size` bytes, one each `interval` seconds",
    size=1,
    interval=0.05,
    seconds=60.0,
)
WRONG_CONTENT_TYPE = _kind(
    "wrong_content_type",
    "after",
    "the right body under `content_type` (None: no such header)",
    content_type="text/html",
)
HEADER_FLOOD = _kind(
    "header_flood",
    "after",
    "`mode` 'many': `count` headers more; 'huge': one header of `size` bytes",
    mode="many",
    count=5000,
    size=MIB,
)

# Answers of the proxy's own; `forward` says whether the request had its effect first.
GARBAGE = _kind(
    "garbage",
    "answer",
    "bytes that are not HTTP, then closed",
    forward=True,
    data="\x00\x7f\x01 this is not HTTP\r\n\r\n",
)
HTML_200 = _kind("html_200", "answer", "a sign-in page", forward=True, status=200)
EMPTY_BODY_200 = _kind("empty_body_200", "answer", "200 with Content-Length: 0", forward=True, status=200)
ANSWER = _kind(
    "answer",
    "answer",
    "`status`, `body` (object: as JSON; text; bytes; None) and `headers`",
    forward=False,
    status=500,
    body=None,
    headers=None,
)
STATUS_429 = _kind(
    "status_429",
    "answer",
    "429; `form` of Retry-After: seconds, date, nonsense, negative, absent; `clock_skew` moves Date as well",
    forward=False,
    form="seconds",
    seconds=1,
    clock_skew=0,
)
STATUS_503 = _kind(
    "status_503",
    "answer",
    "503; `form` of Retry-After: seconds, date, nonsense, negative, absent; `clock_skew` moves Date as well",
    forward=False,
    form="seconds",
    seconds=1,
    clock_skew=0,
)
REDIRECT = _kind(
    "redirect",
    "answer",
    "`status` with Location at `to`; a `to` without a path gets the request's",
    forward=False,
    status=302,
    to=None,
)
ECHO_TOKEN = _kind("echo_token", "answer", "an error body that repeats the token", forward=False, status=401)
GZIP_BOMB = _kind("gzip_bomb", "answer", "gzip of a valid list that unpacks to `mib` MiB", forward=True, mib=1024)
ENDLESS_BODY = _kind(
    "endless_body",
    "answer",
    "a body of `size` bytes, `mode` 'chunked' or 'length'",
    forward=True,
    mode="chunked",
    size=4096 * MIB,
    seconds=120.0,
)
ENDLESS_100 = _kind(
    "endless_100_continue",
    "answer",
    "'100 Continue' each `interval` seconds for ever",
    forward=True,
    interval=0.005,
    seconds=60.0,
)
DEEP_JSON = _kind("deep_json", "answer", "`depth` nested arrays", forward=True, depth=200_000)

# Hostile JSON made of the upstream's answer.
HUGE_NUMBER = _kind(
    "huge_number", "after", "`count` of a list, `id` of a server: a number of `digits` digits", digits=5000
)
NAN_JSON = _kind("nan_json", "after", "`count` of a list, `id` of a server: NaN")
BOM_JSON = _kind("bom_json", "after", "a byte order mark before the JSON")
INVALID_UTF8 = _kind("invalid_utf8", "after", "bytes in a name that are not UTF-8")
LONE_SURROGATE = _kind("lone_surrogate", "after", "an escaped half of a surrogate pair in a name")

# Shapes: the upstream's answer, changed.
WRONG_COUNT = _kind("wrong_count", "rewrite", "`count` of a list is off by `delta`", methods=READ, delta=1)
MISSING_RESULTS = _kind("missing_results", "rewrite", "a list without `results`", methods=READ)
MISSING_COUNT = _kind("missing_count", "rewrite", "a list without `count`", methods=READ)
RESULTS_NOT_LIST = _kind("results_not_list", "rewrite", "`results` is `value`", methods=READ, value={"0": None})
ITEM_WITHOUT_ID = _kind(
    "item_without_id", "rewrite", "a list's item at `index` (or the single server) has no id", index=0
)
ITEM_BOOL_ID = _kind(
    "item_bool_id", "rewrite", "a list's item at `index` (or the single server) has the id `true`", index=0
)
ITEM_STRING_ID = _kind(
    "item_string_id",
    "rewrite",
    "a list's item at `index` (or the single server) has a text as id",
    index=0,
    value="12345/../12346",
)
DUPLICATE_ITEMS = _kind("duplicate_items", "rewrite", "every item of a list twice, `count` as before", methods=READ)
NEXT_LOOPS = _kind("next_loops", "rewrite", "`next` of a list points at this very page", methods=READ, times=None)
NEXT_FOREIGN = _kind(
    "next_foreign",
    "rewrite",
    "`next` of a list (without one: this very page) at the host of `to`",
    methods=READ,
    to="http://127.0.0.1:9",
)
NEXT_NOT_A_STRING = _kind(
    "next_not_a_string", "rewrite", "`next` of a list is `value`", methods=READ, value={"page": 2}
)
WRONG_ID_IN_DETAIL = _kind(
    "wrong_id_in_detail", "rewrite", "the answer is another server's: its id is off by `delta`", delta=1
)
CLOCK_SKEW = _kind(
    "clock_skew", "rewrite", "created_at, updated_at and the Date header moved by `seconds`", times=None, seconds=3600
)

# Reads that lag behind writes, writes that do nothing.
STALE_LIST = _kind(
    "stale_list",
    "flow",
    "a read answers what it answered before the last write; `seconds`: only so long after the write",
    methods=("GET",),
    seconds=None,
)
NOT_FOUND_AFTER_CREATE = _kind(
    "not_found_after_create",
    "flow",
    "404 for the first `details` reads of a new id",
    methods=("GET",),
    times=None,
    details=1,
)
IGNORED_PATCH = _kind(
    "ignored_patch",
    "flow",
    "200 with the detail, nothing changed; `echo`: with the wish as if granted",
    methods=("PATCH", "PUT"),
    echo=False,
)
IGNORED_DELETE = _kind("ignored_delete", "before", "204, nothing deleted", methods=("DELETE",))

STORM_KINDS: tuple[str, ...] = (
    RESET_BEFORE,
    CLOSE_BEFORE,
    RESET_AFTER,
    CLOSE_AFTER,
    CLOSE_MID_BODY,
    TRUNCATE_BODY,
    GARBAGE,
    HTML_200,
    EMPTY_BODY_200,
    ANSWER,
    STATUS_429,
    STATUS_503,
)
"""What a storm breaks requests with unless it says otherwise: nothing in it takes long."""
