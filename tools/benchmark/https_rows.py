# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of https beside http. Judged by CPU: the clock also shows what the other end of TLS costs on this machine."""

from __future__ import annotations

import ssl
import statistics
import time
from typing import Any

from benchmark.floors import NO_PAGES, PAGES, with_transfer
from benchmark.inventory_rows import NOTHING, list_hosts, seed_hosts, source
from benchmark.measure import Bench, Finding, Row, Times, median, ratio
from benchmark.playbooks import EmulatorFactory, connection, expect, fleet

CONCURRENCY = 20
TARGET = 1.15


def rows(new_emulator: EmulatorFactory) -> list[Row]:
    """The rows, each with emulators of its own."""
    return [
        Row("https-inventory", lambda bench: _measure_inventory(bench, new_emulator, bench.scale(10_000, 3000, 200))),
        Row("https-create", lambda bench: _measure_create(bench, new_emulator, bench.scale(100, 100, 5))),
    ]


def _bundle_cost(bundle: str) -> str:
    """What one SSL context costs, which a client may share between its connections."""
    taken = []
    for _repetition in range(5):
        began = time.thread_time()
        context = ssl.create_default_context(cafile=bundle)
        taken.append(time.thread_time() - began)
    return (
        f"reading the bundle of {context.cert_store_stats()['x509_ca']} authorities once takes "
        f"{statistics.median(taken) * 1000:.0f} ms of CPU"
    )


def _measure_inventory(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    # Imported late: the other rows do without what it needs.
    from benchmark.forwarder import Authority, Forwarder

    authority = Authority(bench.folder)
    with new_emulator() as emulator:
        env = seed_hosts(emulator, count)
        with Forwarder(emulator.port) as plain, Forwarder(emulator.port, authority.context) as secure:
            http = {**env, "VPS_API_URL": plain.url}
            https = {**env, "VPS_API_URL": secure.url, "VPS_CA_PATH": str(authority.bundle)}
            hosts = list_hosts(source(bench))
            nothing, by_http, by_https, pages, no_pages = bench.medians(
                (NOTHING, None), (hosts, http), (hosts, https), (PAGES, https), (NO_PAGES, None)
            )
            http_pages, _nothing = bench.medians((PAGES, http), (NO_PAGES, None))
    # What TLS alone adds to the bare transfer, with one SSL context, is added to the collection's own time over http.
    floor = by_http + (pages - http_pages)
    return [
        ratio(
            f"ansible all --list-hosts, {count:,} servers over https, beside http",
            by_https,
            by_http,
            TARGET,
            floor,
            by_cpu=True,
            note=f"-i localhost, {nothing}, and the bare transfer over https {with_transfer(nothing, pages, no_pages)}; "
            f"{_bundle_cost(str(authority.bundle))}",
        )
    ]


def _measure_create(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    from benchmark.forwarder import Authority, Forwarder

    authority = Authority(bench.folder)
    provision_ms = bench.scale(2000, 2000, 300)
    waiting = {"wait_interval": 0.3} if bench.tiny else {}
    creating = fleet(bench, count, concurrency=CONCURRENCY, **waiting)

    def create(tls: ssl.SSLContext | None) -> Times:
        with (
            new_emulator(latency_ms=50, provision_ms=provision_ms, address_ms=0, credits=1_000_000) as emulator,
            Forwarder(emulator.port, tls) as front,
        ):
            more: dict[str, Any] = {"VPS_CA_PATH": str(authority.bundle)} if tls else {}
            times = bench.time(creating, {**connection(emulator), "VPS_API_URL": front.url, **more})
            expect(len(emulator.servers()) == count, "every server exists")
        return times

    taken: list[tuple[Times, Times]] = [(create(None), create(authority.context)) for _ in range(bench.few_repetitions)]
    by_http, by_https = (median(times) for times in zip(*taken, strict=True))
    return [
        ratio(
            f"vps_fleet creates {count:,} servers over https, {CONCURRENCY} at a time, beside http",
            by_https,
            by_http,
            TARGET,
            by_cpu=True,
        )
    ]
