# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of https beside http. That of the inventory is judged by CPU, as the clock also shows what the other end of
TLS costs; in that of creating, where the network is waited for, the clock is what counts.
"""

from __future__ import annotations

import ssl
import statistics
import time
from typing import Any

from benchmark.floors import PAGES, connections
from benchmark.inventory_rows import list_hosts, seed_hosts, source
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
            by_http, by_https, pages_by_http, pages_by_https = bench.medians(
                (hosts, http), (hosts, https), (PAGES, http), (PAGES, https)
            )
    # The time over http, and what TLS adds to the bare transfer, which shares one SSL context.
    floor = by_http + (pages_by_https - pages_by_http)
    return [
        ratio(
            f"ansible all --list-hosts, {count:,} servers over https, beside http",
            by_https,
            by_http,
            TARGET,
            floor,
            by_cpu=True,
            note=_bundle_cost(str(authority.bundle)),
        )
    ]


def _measure_create(bench: Bench, new_emulator: EmulatorFactory, count: int) -> list[Finding]:
    from benchmark.forwarder import Authority, Forwarder

    authority = Authority(bench.folder)
    provision_ms = bench.scale(2000, 2000, 300)
    waiting = {"wait_interval": 0.3} if bench.tiny else {}
    creating = fleet(bench, count, concurrency=CONCURRENCY, **waiting)

    def create(tls: ssl.SSLContext | None) -> tuple[Times, Times]:
        """The time of the fleet, and that of so many connections with one request on each."""
        with (
            new_emulator(latency_ms=50, provision_ms=provision_ms, address_ms=0, credits=1_000_000) as emulator,
            Forwarder(emulator.port, tls) as front,
        ):
            more: dict[str, Any] = {"VPS_CA_PATH": str(authority.bundle)} if tls else {}
            env = {**connection(emulator), "VPS_API_URL": front.url, **more}
            connected = bench.time(connections(CONCURRENCY), env)
            created = bench.time(creating, env)
            expect(len(emulator.servers()) == count, "every server exists")
        return created, connected

    taken = [(*create(None), *create(authority.context)) for _repetition in range(bench.few_repetitions)]
    by_http, connected_by_http, by_https, connected_by_https = (median(times) for times in zip(*taken, strict=True))
    return [
        ratio(
            f"vps_fleet creates {count:,} servers over https, {CONCURRENCY} at a time, beside http",
            by_https,
            by_http,
            TARGET,
            by_http + (connected_by_https - connected_by_http),
        )
    ]
