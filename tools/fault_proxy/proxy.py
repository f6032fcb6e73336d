# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault proxy: stands between a client and the API, and misbehaves on command."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from .background import HOST, BackgroundServer, reset
from .carry_out import HANDLERS, pass_through, possible
from .exchange import Exchange, NotApplicable
from .history import RECORDS_LIMIT, Memory, Record
from .http1 import ProtocolError, Request, find, read_request
from .rules import Fault, Rule, RuleBook
from .upstream import Upstream, UpstreamError

CLIENT_IDLE_LIMIT = 120.0


class FaultProxy(BackgroundServer):
    """An HTTP/1.1 proxy on 127.0.0.1 for one upstream, in a thread of this process.

    Use as a context manager, or call :meth:`close`. Without rules it passes everything through. Its methods may be
    called from any thread.
    """

    def __init__(
        self, upstream: str, *faults: Fault, port: int = 0, on_record: Callable[[Record], None] | None = None
    ) -> None:
        """Listen at once. ``upstream``: the API's URL (http), ``faults``: the first rules, ``port``: 0 for a free one.

        ``on_record`` is called in the proxy's thread with every record that is done.
        """
        parts = urlsplit(upstream)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("upstream must be an http URL")
        self._upstream = Upstream(parts.hostname, parts.port or 80)
        self._on_record = on_record
        self._book = RuleBook()
        self._memory = Memory()
        self._history: list[Record] = []
        self._seq = 0
        self._idle: set[asyncio.StreamWriter] = set()
        self._shut: dict[Rule, asyncio.TimerHandle | None] = {}
        self._opening = asyncio.Lock()
        super().__init__(port, "fault-proxy")
        self.origin = f"http://{HOST}:{self.port}"
        self.url = self.origin + (parts.path.rstrip("/") or "/api/v1")
        if faults:
            self.set(*faults)

    @property
    def history(self) -> list[Record]:
        """The records of all requests so far, in the order of their arrival.

        A record is filled in until it is ``done``.
        """
        return self._history[:]

    def set(self, *faults: Fault) -> None:
        """Replace all rules. All counters begin at nought; requests under way keep the fault they met."""
        self._await(self._set(faults))

    def clear(self) -> None:
        """Drop all rules: pass everything through from now on."""
        self.set()

    def met(self, fault: Fault) -> int:
        """How many requests (connections, for kinds of that stage) met this fault since it was set; also after it was
        replaced.
        """
        return self._book.rule(fault).hits

    def unmet(self) -> list[Fault]:
        """The faults in force that nothing has met."""
        return [rule.fault for rule in self._book.rules if rule.hits < 1]

    def wait_met(self, fault: Fault, count: int = 1, limit: float = 10.0) -> bool:
        """Wait for at most ``limit`` seconds until the fault was met ``count`` times; tell whether it was."""
        return self.wait_until(lambda: self.met(fault) >= count, limit)

    def wait_done(self, limit: float = 10.0) -> bool:
        """Wait for at most ``limit`` seconds until every record is done; tell whether it is so."""
        return self.wait_until(lambda: all(record.done for record in self.history), limit)

    async def shutdown(self) -> None:
        self._upstream.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        for rule in self._book.of_stage("connection"):
            if rule.fault.kind == "reset_on_accept" and rule.due():
                rule.hits += 1
                record = self._record(number, None)
                record.fault = rule.fault.kind
                reset(writer)
                self._finish(record)
                return
        while True:
            self._idle.add(writer)
            timer = self._loop.call_later(CLIENT_IDLE_LIMIT, writer.transport.abort)
            try:
                request = await read_request(reader, writer)
            except (ProtocolError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                request = None
            finally:
                timer.cancel()
                self._idle.discard(writer)
            if request is None or not await self._exchange(request, reader, writer, number):
                return

    async def _exchange(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        """Serve one request; tell whether the connection lives on."""
        record = self._record(number, request)
        exchange = Exchange(request, record, (reader, writer), self._upstream, self._memory, self.origin)
        exchange.hit = self._book.match(request, lambda fault, _request: possible(fault, exchange))
        shutting = self._shut_after(request)
        if self._shut:
            exchange.keep_alive = False
        try:
            await self._carry_out(exchange)
        except (ConnectionError, asyncio.CancelledError):
            exchange.keep_alive = False
            raise
        except Exception as error:  # a mistake in here must show in the test that met it
            record.error = f"{type(error).__name__}: {error}"
            exchange.reset()
        finally:
            for rule in shutting:
                self._reopen_later(rule)
            self._finish(record)
        return exchange.keep_alive and not self._shut

    async def _carry_out(self, exchange: Exchange) -> None:
        try:
            if exchange.hit is None:
                await pass_through(exchange)
                return
            fault = exchange.hit.fault
            exchange.record.fault = fault.kind
            self._notify()
            try:
                await HANDLERS[fault.kind](exchange, fault)
            except NotApplicable:
                exchange.hit.give_back()
                exchange.record.fault = None
                await exchange.send(exchange.answer or await exchange.forward())
        except UpstreamError as error:
            if exchange.hit is not None:
                exchange.hit.give_back()
                exchange.record.fault = None
            await exchange.bad_gateway(error)

    def _record(self, connection: int, request: Request | None) -> Record:
        self._seq += 1
        known = request or Request("", "", "", [])
        record = Record(
            self._seq,
            connection,
            time.monotonic(),
            known.method,
            known.path,
            known.query,
            known.body,
            find(known.headers, "authorization") is not None,
        )
        if len(self._history) >= RECORDS_LIMIT:
            del self._history[: RECORDS_LIMIT // 2]
        self._history.append(record)
        return record

    def _finish(self, record: Record) -> None:
        record.ended = time.monotonic()
        if self._on_record is not None:
            self._on_record(record)
        self._notify()

    # Refused and unanswered connection attempts: the kernel deals with these, so the port is shut for a while.

    async def _set(self, faults: tuple[Fault, ...]) -> None:
        for timer in self._shut.values():
            if timer is not None:
                timer.cancel()
        self._shut.clear()
        await self._open()
        self._book.set(faults)
        for rule in self._book.of_stage("connection"):
            if rule.fault.kind != "reset_on_accept" and rule.fault.nth == 1:
                self._close_port(rule)
                self._reopen_later(rule)

    def _shut_after(self, request: Request) -> list[Rule]:
        """Shut the port if a rule wants it shut once this request is answered.

        Shut before, so that no connection slips in between.
        """
        shutting = []
        for rule in self._book.of_stage("connection"):
            if rule.fault.kind == "reset_on_accept" or not rule.fault.matches(request):
                continue
            rule.seen += 1
            if rule.seen >= rule.fault.nth - 1 and not rule.spent and not self._shut:
                self._close_port(rule)
                shutting.append(rule)
        return shutting

    def _close_port(self, rule: Rule) -> None:
        rule.hits += 1
        self._shut[rule] = None
        if rule.fault.kind == "refuse":
            self._stop_listening()
        else:
            self._drop_attempts(True)
        for writer in list(self._idle):
            writer.close()
        self._notify()

    def _reopen_later(self, rule: Rule) -> None:
        if rule in self._shut:
            self._shut[rule] = self._loop.call_later(rule.fault.params["seconds"], self._reopen, rule)

    def _reopen(self, rule: Rule) -> None:
        self._shut.pop(rule, None)
        if not self._shut:
            task = self._loop.create_task(self._open())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        async with self._opening:
            if self._server is not None:
                self._drop_attempts(False)
            else:
                await self._listen()
                if self._shut:  # a rule shut the port again in the meantime
                    self._stop_listening()
        self._notify()
