# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until addresses answer on a TCP port, all at the same time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: answering
short_description: Wait in parallel until addresses answer on a port
version_added: 0.1.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Repeatedly connects to a TCP port of every address until it answers or the timeout is reached. Hundreds of addresses
    are handled in parallel.
  - Returns the addresses that answered. The connections are made from the controller, and closed immediately.
  - While waiting, reports every 10 seconds how many addresses have answered.
  - Takes as long as the slowest address. The roles of this collection use this lookup to determine when servers are
    back.
options:
  _terms:
    description: The addresses. Only addresses that can be another machine's are connected to, see
      P(vpsorg.cloud.connection_address#filter). Anything else counts as an address that does not answer.
    type: list
    elements: str
    required: true
  port:
    description: The TCP port.
    type: int
    default: 22
  expect:
    description: What the data received must begin with, such as V(SSH-). If empty, an accepted connection is
      sufficient.
    type: str
    default: ""
  timeout:
    description: The timeout in seconds for all addresses together.
    type: float
    default: 300.0
  interval:
    description: The pause between two attempts to connect to the same address, in seconds.
    type: float
    default: 1.0
"""

EXAMPLES = r"""
- name: Read the active servers
  vpsorg.cloud.vps_server_info:
    status: active
  register: found

- name: Show which of them answer on SSH within a second
  ansible.builtin.debug:
    msg: "{{ query('vpsorg.cloud.answering', *addresses, port=22, timeout=1) }}"
  vars:
    addresses: "{{ found.servers | map('vpsorg.cloud.connection_address') | select | list }}"
"""

RETURN = r"""
_raw:
  description: The addresses that answered, in their original order.
  type: list
  elements: str
"""

import asyncio
import contextlib
import math
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils._server.addresses import canonical_address
from ..plugin_utils._progress_lines import show

_AT_A_TIME = 256  # connections; well below what a process may have open
_LONGEST_TRY = (
    5.0  # seconds; a lost SYN is repeated by the system after seconds only, so that a new connection is quicker
)
_TELL_EVERY = 9.0  # seconds; a little before the ten that are promised


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return the addresses that answered. Raises AnsibleError for a port or a time that can't be meant."""
        self.set_options(var_options=variables, direct=kwargs)
        port, timeout, interval = self.get_option("port"), self.get_option("timeout"), self.get_option("interval")
        if not 0 < port < 65536:
            raise AnsibleError(f"port must be from 1 to 65535, got {port}.")
        for option, seconds in (("timeout", timeout), ("interval", interval)):
            if not math.isfinite(seconds) or seconds <= 0:
                raise AnsibleError(f"{option} must be a number of seconds above 0, got {seconds}.")
        read = [canonical_address(term) for term in terms]
        addresses = list(dict.fromkeys(address for address in read if address is not None))
        answered = (
            asyncio.run(_Wait(port, str(self.get_option("expect")).encode(), interval).for_all(addresses, timeout))
            if addresses
            else set()
        )
        return [term for term, address in zip(terms, read) if address in answered]


class _Wait:
    """One wait for many addresses."""

    def __init__(self, port: int, expect: bytes, interval: float) -> None:
        self._port = port
        self._expect = expect
        self._interval = interval
        self._answered: set[str] = set()
        self._is_over = False

    async def for_all(self, addresses: list[str], timeout: float) -> set[str]:
        """Those that have answered when all have, or when the time is over."""
        gate = asyncio.Semaphore(_AT_A_TIME)
        tasks = [asyncio.ensure_future(self._until_it_answers(address, gate)) for address in addresses]
        teller = asyncio.ensure_future(self._tell(len(addresses)))
        await asyncio.wait(tasks, timeout=timeout)
        self._is_over = True
        for task in (teller, *tasks):
            task.cancel()
        await asyncio.gather(teller, *tasks, return_exceptions=True)
        return self._answered

    async def _until_it_answers(self, address: str, gate: asyncio.Semaphore) -> None:
        # Up to Python 3.11, wait_for swallows a cancellation that comes in the moment in which a try ends: the task
        # must then end by itself.
        while not self._is_over:
            async with gate:
                # Within the time of a try: also what accepts a connection and then says nothing.
                with contextlib.suppress(OSError, EOFError, asyncio.TimeoutError):
                    if await asyncio.wait_for(self._answers(address), _LONGEST_TRY):
                        self._answered.add(address)
                        return
            await asyncio.sleep(self._interval)

    async def _answers(self, address: str) -> bool:
        reader, writer = await asyncio.open_connection(address, self._port)
        try:
            return await reader.readexactly(len(self._expect)) == self._expect
        finally:
            writer.close()

    async def _tell(self, count: int) -> None:
        while True:
            await asyncio.sleep(_TELL_EVERY)
            show(f"answering: {len(self._answered)} of {count} answer on port {self._port}")
