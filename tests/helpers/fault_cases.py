# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases of the fault matrix through the real commands: many in one play, each with a server and a fault proxy of
its own.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fault_proxy import Fault, FaultProxy, ForeignHost, Record
from helpers.ansible_cli import AnsibleCli
from helpers.fault_matrix import WAIT, Case
from helpers.host_plays import HostPlays, HostResult, HostTask

if TYPE_CHECKING:
    from emulator.handle import Emulator

REQUEST_TIMEOUT = 2.0  # seconds; what hangs costs so much
REBOOT_MS = 5000  # longer than that: a look after a hanging answer still sees the reboot
WAIT_TIMEOUT, SHORT_WAIT_TIMEOUT = 30, 4
FORKS = 16
SOURCES_AT_A_TIME = 24

_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE", "start": "POST", "stop": "POST", "reboot": "POST"}
_LIST, _DETAIL = "*/servers/", "*/servers/*/"


@dataclass
class Attempt:
    """One run of one case: what Ansible returned, and the requests that the case's proxy saw meanwhile."""

    ok: bool
    result: dict[str, Any]
    history: list[Record]


@dataclass
class Outcome:
    """A case with everything that the judge needs.

    C(servers): those of the case's name (or id), in the account's own words, after each run.
    """

    case: Case
    met: int
    first: Attempt
    servers: list[dict[str, Any]]
    server_id: int | None
    again: Attempt | None = None
    servers_again: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Batch:
    """The outcomes of cases that ran together, and what holds of all of them."""

    outcomes: list[Outcome]
    account: list[dict[str, Any]]
    foreign_requests: int
    leaks: int
    tracebacks: int


def run_cases(cases: Sequence[Case], emulator: Emulator, cli: AnsibleCli, *, again: bool = True) -> list[Batch]:
    """Run cases; those that need a list of several pages go by themselves, one at a time, as a list must hold still to
    be whole.
    """
    batches = []
    for paged in (False, True):
        fitting = [case for case in cases if case.row.paged == paged]
        if fitting:
            batches.append(_Bench(fitting, emulator, cli, paged).run(again))
    return batches


class _Bench:
    def __init__(self, cases: Sequence[Case], emulator: Emulator, cli: AnsibleCli, paged: bool) -> None:
        self._cases, self._emulator, self._cli, self._paged = list(cases), emulator, cli, paged
        self._ids: dict[str, int] = {}
        self._plays = HostPlays(cli, emulator.token)

    def run(self, again: bool) -> Batch:
        self._prepare()
        with contextlib.ExitStack() as stack:
            foreign = stack.enter_context(ForeignHost())
            proxies = {case: stack.enter_context(FaultProxy(self._emulator.url)) for case in self._cases}
            faults = {case: self._fault(case, foreign.url) for case in self._cases}
            for case, proxy in proxies.items():
                proxy.set(faults[case])
            writing = [case for case in self._cases if case.operation != "inventory"]
            outcomes = self._outcomes(writing, proxies, faults, self._play(writing, proxies))
            if again:
                self._run_again(outcomes, proxies)
            account = self._emulator.servers()
            sources = [case for case in self._cases if case.operation == "inventory"]
            outcomes += self._outcomes(sources, proxies, faults, self._inventory(sources, proxies))
            foreign_requests = foreign.count
        return Batch(outcomes, account, foreign_requests, self._plays.leaks, self._plays.tracebacks)

    def _prepare(self) -> None:
        self._emulator.reset()
        # Without pages in the ordinary case: a list that changes from page to page is another test's subject.
        paging = {"paging": True, "max_page_size": 5} if self._paged else {"paging": False}
        self._emulator.configure(provision_ms=60, address_ms=20, start_ms=60, stop_ms=60, reboot_ms=REBOOT_MS, **paging)
        # What damages a list's first item damages one of these.
        servers = [{"fields": {"name": f"decoy-{number}"}} for number in range(12)]
        kept = [case for case in self._cases if case.operation not in ("create", WAIT, "inventory")]
        servers += [
            {"fields": {"name": case.name, "status": "stopped" if case.operation == "start" else "active"}}
            for case in kept
        ]
        ids = self._emulator.seed(servers=servers)
        self._ids = {case.name: server_id for case, server_id in zip(kept, ids[12:], strict=True)}

    def _fault(self, case: Case, foreign: str) -> Fault:
        row, operation = case.row, case.operation
        params = {**row.params, **({"to": foreign} if row.kind in ("redirect", "next_foreign") else {})}
        times = 1 if case.mode == "once" else None
        by_detail = operation in ("update", "start", "stop", "reboot")
        if row.target == "connection":
            # Shut once the look is over, so that the operation's own request meets it.
            seconds = 0.1 if times else 120.0
            if operation == WAIT:
                return Fault(row.kind, "POST", _LIST, nth=2, times=1, seconds=seconds)
            return Fault(row.kind, "GET", _DETAIL if by_detail else _LIST, nth=2, times=1, seconds=seconds)
        if row.target == "any":
            return Fault(row.kind, times=times, **params)
        if row.target == "list" or (operation in ("info", "inventory") and row.target == "own"):
            return Fault(row.kind, "GET", _LIST, times=times, **params)
        if operation == WAIT or (row.target == "server" and operation in ("info", "inventory", "delete")):
            return Fault(row.kind, "GET", _DETAIL, times=times, **params)
        action = f"{operation}/" if operation in ("start", "stop", "reboot") else ""
        path = _LIST if operation == "create" else _DETAIL + action
        return Fault(row.kind, _METHODS[operation], path, times=times, **params)

    def _host(self, case: Case, proxy: FaultProxy) -> dict[str, Any]:
        row = case.row
        by_id = row.target == "server" and case.operation in ("info", "delete")
        return {
            "url": proxy.url,
            "api_timeout": REQUEST_TIMEOUT,
            "retries": 5 if case.mode == "once" else 2,
            # Longer where the port stays shut for a moment: the tries must outlast it.
            "delay": 1.0 if row.target == "connection" and case.mode == "once" else 0.1,
            "limit": SHORT_WAIT_TIMEOUT
            if row.limited or (case.operation == WAIT and case.mode == "always")
            else WAIT_TIMEOUT,
            "details": row.target == "connection",
            **({"server_id": self._ids[case.name]} if by_id else {"server_name": case.name}),
            **({"vpsorg_in_process": False} if case.number % 40 == 0 else {}),
        }

    def _play(self, cases: Sequence[Case], proxies: Mapping[Case, FaultProxy]) -> Mapping[str, HostResult]:
        tasks = {
            case.name: HostTask("create" if case.operation == WAIT else case.operation, self._host(case, proxies[case]))
            for case in cases
        }
        return self._plays.run(tasks, forks=1 if self._paged else FORKS)

    def _inventory(self, cases: Sequence[Case], proxies: Mapping[Case, FaultProxy]) -> dict[str, HostResult]:
        """Several sources in each command; one that fails is a warning, and leaves the others alone."""
        folder = self._cli.folder / f"sources{'-paged' if self._paged else ''}"
        folder.mkdir()
        width = 1 if self._paged else 4
        chunks = [cases[start : start + SOURCES_AT_A_TIME] for start in range(0, len(cases), SOURCES_AT_A_TIME)]
        with ThreadPoolExecutor(width) as pool:
            found = list(pool.map(lambda chunk: self._sources(folder, chunk, proxies), chunks))
        return {name: outcome for entry in found for name, outcome in entry.items()}

    def _sources(
        self, folder: pathlib.Path, cases: Sequence[Case], proxies: Mapping[Case, FaultProxy]
    ) -> dict[str, HostResult]:
        command = ["ansible-inventory", "--list"]
        for case in cases:
            host = self._host(case, proxies[case])
            path = folder / f"{case.name}.vps.yml"
            path.write_text(
                json.dumps(
                    {
                        "plugin": "vpsorg.cloud.vps",
                        "group": case.name.replace("-", "_"),
                        "api_url": host["url"],
                        "api_timeout": REQUEST_TIMEOUT,
                        "api_retries": host["retries"],
                        "api_retry_max_delay": host["delay"],
                        "details": case.row.target in ("connection", "server"),
                    }
                )
            )
            command += ["--inventory", str(path)]
        outcome = self._cli.run(*command, timeout=280, allow_traceback=True, allow_secrets=True)
        self._plays.scan(outcome.output)
        listing = outcome.json()
        variables = listing["_meta"]["hostvars"]
        results = {}
        for case in cases:
            group = listing.get(case.name.replace("-", "_"))
            hosts = (group or {}).get("hosts", [])
            failed = f"{case.name}.vps.yml" in outcome.stderr and group is None
            words = " ".join(line for line in outcome.stderr.splitlines() if case.name in line)
            results[case.name] = HostResult(
                not failed,
                {"servers": [{"id": variables[host]["vps_id"]} for host in hosts], "msg": words, "changed": False},
            )
        return results

    def _outcomes(
        self,
        cases: Sequence[Case],
        proxies: Mapping[Case, FaultProxy],
        faults: Mapping[Case, Fault],
        results: Mapping[str, HostResult],
    ) -> list[Outcome]:
        stored = self._emulator.servers()
        outcomes = []
        for case in cases:
            proxy = proxies[case]
            proxy.wait_done()
            attempt = Attempt(results[case.name].ok, results[case.name].result, proxy.history)
            own = self._own(case, stored)
            outcomes.append(Outcome(case, proxy.met(faults[case]), attempt, own, self._ids.get(case.name)))
        return outcomes

    def _own(self, case: Case, stored: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [server for server in stored if server["name"] == case.name]

    def _run_again(self, outcomes: Sequence[Outcome], proxies: Mapping[Case, FaultProxy]) -> None:
        """The same once more, without faults: what a user does after a failure.

        Not for reboots, which are meant each time.
        """
        again = [
            outcome
            for outcome in outcomes
            if outcome.case.operation in ("create", WAIT, "update", "delete", "start", "stop")
        ]
        seen = {outcome.case: len(proxies[outcome.case].history) for outcome in again}
        for outcome in again:
            proxies[outcome.case].clear()
        results = self._play([outcome.case for outcome in again], proxies)
        stored = self._emulator.servers()
        for outcome in again:
            proxies[outcome.case].wait_done()
            history = proxies[outcome.case].history[seen[outcome.case] :]
            found = results[outcome.case.name]
            outcome.again = Attempt(found.ok, found.result, history)
            outcome.servers_again = self._own(outcome.case, stored)


def requests_of(history: Sequence[Record]) -> Iterator[str]:
    """A history for people."""
    for record in history:
        fault = f" [{record.fault}]" if record.fault else ""
        query = f"?{record.query}" if record.query else ""
        forwarded = " forwarded" if record.forwarded else ""
        yield f"{record.method} {record.path}{query} -> {record.status}{fault}{forwarded}"
