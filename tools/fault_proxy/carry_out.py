# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each kind of fault is carried out: one function per kind, or one for a family of kinds, in the table HANDLERS."""

from __future__ import annotations

import asyncio
import json
import struct
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from .exchange import Exchange, NotApplicable
from .http1 import Answer, find, json_answer, without
from .kinds import KINDS, MIB
from .rewrite import LISTS, hostile, rewrite, with_body
from .rules import Fault

Params = dict[str, Any]
Handler = Callable[[Exchange, Fault], Awaitable[None]]

_LIST_HEAD, _LIST_TAIL = b'{"count": 0, "next": null, "results": [', b"]}"
_SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=post><input "
    "name=password></form></body></html>"
)


async def pass_through(exchange: Exchange) -> None:
    await exchange.send(await exchange.forward())


async def _lose(exchange: Exchange, fault: Fault) -> None:
    """Reset, close or hang, before or after the effect."""
    how, _underscore, when = fault.kind.partition("_")
    if when == "after":
        await exchange.forward()
    if how == "hang":
        await exchange.hang(fault.params["seconds"])
    elif how == "reset":
        exchange.reset()
    else:
        exchange.close()


async def _delay(exchange: Exchange, fault: Fault) -> None:
    if fault.params["when"] == "before":
        await asyncio.sleep(fault.params["seconds"])
    answer = await exchange.forward()
    if fault.params["when"] != "before":
        await asyncio.sleep(fault.params["seconds"])
    await exchange.send(answer)


async def _barrier(exchange: Exchange, fault: Fault) -> None:
    answer = await exchange.forward() if fault.params["when"] == "after" else None
    await _meet_others(exchange, fault.params["parties"], fault.params["limit"])
    await exchange.send(answer or await exchange.forward())


async def _meet_others(exchange: Exchange, parties: int, limit: float) -> None:
    """Wait for the others; where they don't come in time, the hit does not count."""
    assert exchange.hit is not None
    state = exchange.hit.rule.state
    gate = state.get("gate")
    if gate is None or gate.done():
        gate = state["gate"] = asyncio.get_running_loop().create_future()
        state["waiting"] = 0
    state["waiting"] += 1
    if state["waiting"] >= parties:
        gate.set_result(None)
        return
    try:
        await asyncio.wait_for(asyncio.shield(gate), limit)
    except asyncio.TimeoutError:
        state["waiting"] -= 1
        exchange.hit.give_back()
        exchange.record.fault = None
        exchange.record.error = "the barrier's limit passed"


async def _cut_body(exchange: Exchange, fault: Fault) -> None:
    answer = with_body(await exchange.forward())
    part = answer.body[: max(1, min(int(len(answer.body) * fault.params["share"]), len(answer.body) - 1))]
    if fault.kind == "truncate_body":
        await exchange.send(Answer(answer.status, answer.headers, part, answer.reason))
        return
    exchange.record.status = answer.status
    await exchange.send_bytes(answer.head(exchange.keep_alive) + part)
    exchange.close()


async def _drip(exchange: Exchange, fault: Fault) -> None:
    answer = with_body(await exchange.forward())
    head, params = answer.head(False), fault.params
    exchange.record.status = answer.status
    fast, slow, rest = (b"", head, answer.body) if fault.kind == "drip_headers" else (head, answer.body, b"")
    if fast:
        await exchange.send_bytes(fast)
    await exchange.stream(
        (slow[at : at + params["size"]] for at in range(0, len(slow), params["size"])),
        params["seconds"],
        params["interval"],
    )
    if rest and not exchange.record.client_left and not exchange.writer.is_closing():
        await exchange.send_bytes(rest)


async def _wrong_content_type(exchange: Exchange, fault: Fault) -> None:
    answer = with_body(await exchange.forward())
    wrong = fault.params["content_type"]
    headers = without(answer.headers, "content-type") + ([] if wrong is None else [("Content-Type", wrong)])
    await exchange.send(Answer(answer.status, headers, answer.body, answer.reason))


async def _header_flood(exchange: Exchange, fault: Fault) -> None:
    answer, params = await exchange.forward(), fault.params
    exchange.keep_alive = False
    flood = (
        [("X-Flood", "x" * params["size"])]
        if params["mode"] == "huge"
        else [(f"X-Flood-{number}", "x") for number in range(params["count"])]
    )
    await exchange.send(Answer(answer.status, answer.headers + flood, answer.body, answer.reason))


async def _own_answer(exchange: Exchange, fault: Fault) -> None:
    """Answer with the proxy's own words, instead of forwarding or after it."""
    if fault.params["forward"]:
        await exchange.forward()
    await exchange.send(OWN_ANSWERS[fault.kind](exchange, fault.params))


def _any_answer(_exchange: Exchange, params: Params) -> Answer:
    body, headers = params["body"], list((params["headers"] or {}).items())
    if isinstance(body, (dict, list)):
        return json_answer(params["status"], body, headers)
    data = body.encode() if isinstance(body, str) else body or b""
    return Answer(params["status"], headers, data)


def _page(_exchange: Exchange, params: Params) -> Answer:
    return Answer(params["status"], [("Content-Type", "text/html; charset=utf-8")], _SIGN_IN.encode())


def _empty(_exchange: Exchange, params: Params) -> Answer:
    return Answer(params["status"], [("Content-Type", "application/json")])


def _slow_down(status: int) -> Callable[[Exchange, Params], Answer]:
    def build(_exchange: Exchange, params: Params) -> Answer:
        now = int(time.time() + params["clock_skew"])
        forms = {
            "seconds": str(params["seconds"]),
            "date": formatdate(now + params["seconds"], usegmt=True),
            "nonsense": "soon, perhaps",
            "negative": str(-abs(params["seconds"])),
            "absent": None,
        }
        value = forms[params["form"]]
        headers = [("Date", formatdate(now, usegmt=True)), *([] if value is None else [("Retry-After", value)])]
        return json_answer(
            status, {"detail": "Request was throttled." if status == 429 else "Service unavailable."}, headers
        )

    return build


def _redirect(exchange: Exchange, params: Params) -> Answer:
    to = params["to"] or exchange.origin
    location = to if urlsplit(to).path not in ("", "/") else to.rstrip("/") + exchange.request.target
    return Answer(params["status"], [("Location", location)])


def _echo_token(exchange: Exchange, params: Params) -> Answer:
    value = find(exchange.request.headers, "authorization") or ""
    return json_answer(
        params["status"], {"detail": f"Invalid token {value.rpartition(' ')[2]} in header 'Authorization: {value}'"}
    )


def _deep_json(_exchange: Exchange, params: Params) -> Answer:
    return Answer(200, [("Content-Type", "application/json")], b"[" * params["depth"] + b"]" * params["depth"])


OWN_ANSWERS: dict[str, Callable[[Exchange, Params], Answer]] = {
    "answer": _any_answer,
    "html_200": _page,
    "empty_body_200": _empty,
    "status_429": _slow_down(429),
    "status_503": _slow_down(503),
    "redirect": _redirect,
    "echo_token": _echo_token,
    "deep_json": _deep_json,
}


async def _garbage(exchange: Exchange, fault: Fault) -> None:
    if fault.params["forward"]:
        await exchange.forward()
    await exchange.send_bytes(fault.params["data"].encode())
    exchange.close()


async def _gzip_bomb(exchange: Exchange, fault: Fault) -> None:
    if fault.params["forward"]:
        await exchange.forward()
    bomb = GzipBomb(fault.params["mib"])
    answer = Answer(200, [("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
    exchange.record.status = 200
    await exchange.send_bytes(answer.head(False, length=bomb.size))
    await exchange.stream(bomb.chunks(), seconds=120.0)


class GzipBomb:
    """Gzip of a valid, empty list with ``mib`` MiB of blanks inside: one deflated block of 1 MiB, over and over."""

    def __init__(self, mib: int) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._blanks = b" " * MIB
        self._head = packer.compress(_LIST_HEAD) + packer.flush(zlib.Z_FULL_FLUSH)
        # After a full flush nothing refers back: the block is the same wherever it stands.
        self._block = packer.compress(self._blanks) + packer.flush(zlib.Z_FULL_FLUSH)
        self._tail = packer.compress(_LIST_TAIL) + packer.flush(zlib.Z_FINISH)
        self.mib = mib
        self.size = 10 + len(self._head) + mib * len(self._block) + len(self._tail) + 8

    def chunks(self) -> Iterator[bytes]:
        """The stream, in about ``mib`` pieces; the checksum grows on the way, so that no piece takes long."""
        yield b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + self._head
        checksum = zlib.crc32(_LIST_HEAD)
        for _block in range(self.mib):
            checksum = zlib.crc32(self._blanks, checksum)
            yield self._block
        checksum = zlib.crc32(_LIST_TAIL, checksum)
        length = len(_LIST_HEAD) + self.mib * MIB + len(_LIST_TAIL)
        yield self._tail + struct.pack("<II", checksum, length & 0xFFFFFFFF)


async def _endless_body(exchange: Exchange, fault: Fault) -> None:
    params = fault.params
    if params["forward"]:
        await exchange.forward()
    exchange.record.status = 200
    chunked = params["mode"] == "chunked"
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {params['size']}"
    await exchange.send_bytes(
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{framing}\r\nConnection: close\r\n\r\n".encode()
    )
    await exchange.stream(_blanks(params["size"], chunked), params["seconds"])


def _blanks(size: int, chunked: bool) -> Iterator[bytes]:
    """A valid list with so many blanks inside that the body has ``size`` bytes."""
    step, left = 65536, size - len(_LIST_HEAD) - len(_LIST_TAIL)

    def framed(data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if chunked else data

    yield framed(_LIST_HEAD)
    piece = framed(b" " * step)
    while left > 0:
        yield piece if left >= step else framed(b" " * left)
        left -= step
    yield framed(_LIST_TAIL) + (b"0\r\n\r\n" if chunked else b"")


async def _endless_100(exchange: Exchange, fault: Fault) -> None:
    if fault.params["forward"]:
        await exchange.forward()
    exchange.record.status = 100
    await exchange.stream(
        iter(lambda: b"HTTP/1.1 100 Continue\r\n\r\n", b""), fault.params["seconds"], fault.params["interval"]
    )


async def _hostile_json(exchange: Exchange, fault: Fault) -> None:
    await exchange.send(hostile(fault.kind, await exchange.forward(), fault.params))


async def _rewrite(exchange: Exchange, fault: Fault) -> None:
    changed = rewrite(fault.kind, await exchange.forward(), fault.params, exchange.url)
    if changed is None:
        raise NotApplicable
    await exchange.send(changed)


async def _stale_list(exchange: Exchange, _fault: Fault) -> None:
    old = exchange.memory.before_last_write(exchange.request)
    if old is None:
        raise NotApplicable
    await exchange.send(old)


async def _not_found_after_create(exchange: Exchange, _fault: Fault) -> None:
    number = created_id(exchange.request.path)
    assert number is not None
    exchange.memory.new_ids[number] += 1
    await exchange.send(json_answer(404, {"detail": "Not found."}))


async def _ignored_patch(exchange: Exchange, fault: Fault) -> None:
    answer = await exchange.read_detail()
    if fault.params["echo"] and answer.status == 200:
        answer = answer.with_json({**answer.json(), **json.loads(exchange.request.body or b"{}")})
    await exchange.send(answer)


async def _ignored_delete(exchange: Exchange, _fault: Fault) -> None:
    await exchange.send(Answer(204))


def created_id(path: str) -> int | None:
    """The id in the path of a detail, ``.../servers/{id}/``; None for any other path."""
    last = path.rstrip("/").rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else None


def possible(fault: Fault, exchange: Exchange) -> bool:
    """Tell whether a kind that needs a past has one for this request."""
    memory, request = exchange.memory, exchange.request
    if fault.kind == "not_found_after_create":
        number = created_id(request.path)
        return number is not None and memory.new_ids.get(number, fault.params["details"]) < fault.params["details"]
    if fault.kind == "stale_list":
        seconds = fault.params["seconds"]
        fresh = seconds is None or time.monotonic() - memory.last_write <= seconds
        return fresh and memory.before_last_write(request) is not None
    return True


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("reset_before", "close_before", "hang_before", "reset_after", "close_after", "hang_after"), _lose),
    "barrier": _barrier,
    "delay": _delay,
    **dict.fromkeys(("close_mid_body", "truncate_body"), _cut_body),
    **dict.fromkeys(("drip_body", "drip_headers"), _drip),
    "wrong_content_type": _wrong_content_type,
    "header_flood": _header_flood,
    **dict.fromkeys(OWN_ANSWERS, _own_answer),
    "garbage": _garbage,
    "gzip_bomb": _gzip_bomb,
    "endless_body": _endless_body,
    "endless_100_continue": _endless_100,
    **dict.fromkeys(("huge_number", "nan_json", "bom_json", "invalid_utf8", "lone_surrogate"), _hostile_json),
    **dict.fromkeys((name for name, kind in KINDS.items() if kind.stage == "rewrite"), _rewrite),
    "stale_list": _stale_list,
    "not_found_after_create": _not_found_after_create,
    "ignored_patch": _ignored_patch,
    "ignored_delete": _ignored_delete,
}
assert set(LISTS) <= set(HANDLERS)
