# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until addresses answer on a TCP port, all at the same time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: answering
short_description: Wait until addresses answer on a port, all at the same time
version_added: 0.1.0
author: VPS.org collection contributors (@vpsorg)
description:
  - Connects to a TCP port of every address, again and again until it answers or the time is over, for hundreds of addresses at the same time.
  - Returns the addresses that answered. The connections are made from the controller, and closed at once.
  - Takes as long as the slowest address. What the roles of this collection use to tell when servers are back.
options:
  _terms:
    description: Addresses. Only IP literals are connected to; anything else counts as one that does not answer.
    type: list
    elements: str
    required: true
  port:
    description: The TCP port.
    type: int
    default: 22
  timeout:
    description: The limit in seconds for all of them together.
    type: float
    default: 300.0
  interval:
    description: The pause in seconds between two tries to connect to one address.
    type: float
    default: 1.0
"""

EXAMPLES = r"""
- name: Read the servers that run
  vpsorg.cloud.vps_server_info:
    status: active
  register: found

- name: Show which of them answer on SSH within a second
  ansible.builtin.debug:
    msg: "{{ query('vpsorg.cloud.answering', *found.servers | map(attribute='ip_address') | select, port=22, timeout=1) }}"
"""

RETURN = r"""
_raw:
  description: The addresses that answered, in their order.
  type: list
  elements: str
"""

import asyncio  # noqa: E402
import contextlib  # noqa: E402
import ipaddress  # noqa: E402
import math  # noqa: E402
from typing import Any  # noqa: E402

from ansible.errors import AnsibleError  # noqa: E402
from ansible.plugins.lookup import LookupBase  # noqa: E402

_AT_A_TIME = 256  # connections; well below what a process may have open


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
        addresses = list(dict.fromkeys(str(term) for term in terms if _is_address(term)))
        answered = asyncio.run(_wait_for_all(addresses, port, timeout, interval))
        return [term for term in terms if str(term) in answered]


def _is_address(term: Any) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(term, str) and bool(ipaddress.ip_address(term))
    return False


async def _wait_for_all(addresses: list[str], port: int, timeout: float, interval: float) -> set[str]:
    gate = asyncio.Semaphore(_AT_A_TIME)
    answered: set[str] = set()

    async def wait_for(address: str) -> None:
        while not await _answers(address, port, gate, timeout):
            await asyncio.sleep(interval)
        answered.add(address)

    if addresses:
        tasks = [asyncio.ensure_future(wait_for(address)) for address in addresses]
        _done, pending = await asyncio.wait(tasks, timeout=timeout)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    return answered


async def _answers(address: str, port: int, gate: asyncio.Semaphore, timeout: float) -> bool:
    async with gate:
        try:
            # A lost SYN is repeated by the system after seconds only; a connection that takes longer is tried anew.
            _reader, writer = await asyncio.wait_for(asyncio.open_connection(address, port), min(timeout, 5.0))
        except (OSError, asyncio.TimeoutError):
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
