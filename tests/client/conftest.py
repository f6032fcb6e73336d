# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault proxy in front of the emulator, servers whose transitions do not end while a test looks at them, and
certificates.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import trustme

from emulator.handle import Emulator
from fault_proxy import FaultProxy

LONG = 600_000  # ms


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    """What the client talks to. Without a fault it passes everything through."""
    with FaultProxy(emulator.url) as fault_proxy:
        yield fault_proxy
        assert [record.error for record in fault_proxy.history if record.error] == []


@pytest.fixture
def slow_life(emulator: Emulator) -> Emulator:
    """Every transition lasts: a server that was started is `starting` for as long as a test looks."""
    emulator.configure(provision_ms=LONG, start_ms=LONG, stop_ms=LONG, reboot_ms=LONG)
    return emulator


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts unless told to."""
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_path(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file with its certificate."""
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
