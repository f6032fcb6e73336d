# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup `answering`: all addresses at the same time, over real sockets of the loopback network."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader

from ansible_collections.vpsorg.cloud.plugins.lookup import answering
from helpers.listeners import listeners
from helpers.startup.sitecustomize import routed_connect


@pytest.fixture(autouse=True)
def servers_at_loopback_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """203.0.113.N is 127.0.1.N, where something can listen; no loopback address is connected to."""
    monkeypatch.setattr(socket.socket, "connect", routed_connect("127.0.1"))


def lookup(*addresses: Any, **options: Any) -> list[str]:
    return lookup_loader.get("vpsorg.cloud.answering").run(list(addresses), **options)


def test_those_that_answer_in_their_order() -> None:
    with listeners(["127.0.1.2", "127.0.1.4", "127.0.1.3"]) as port:
        assert lookup("203.0.113.4", "203.0.113.2", "203.0.113.3", port=port) == [
            "203.0.113.4",
            "203.0.113.2",
            "203.0.113.3",
        ]
        assert lookup("203.0.113.4", "203.0.113.9", "203.0.113.2", port=port, timeout=2) == [
            "203.0.113.4",
            "203.0.113.2",
        ]
    assert lookup() == []


def test_a_hundred_wait_together() -> None:
    """None of them answers: it takes as long as one."""
    began = time.monotonic()
    assert lookup(*(f"203.0.113.{number}" for number in range(1, 101)), port=9, timeout=0.5, interval=0.1) == []
    assert 0.4 < time.monotonic() - began < 25


def test_it_goes_on_until_they_answer() -> None:
    addresses = [f"203.0.113.{number}" for number in range(1, 41)]
    places = [f"127.0.1.{number}" for number in range(1, 41)]
    with listeners(places[:20]) as port:
        tries = []
        original = answering._Wait._answers

        async def counted(self: Any, address: str) -> bool:
            tries.append(address)
            if tries.count(addresses[-1]) == 3 and not later:
                later.append(stack.enter_context(listeners(places[20:], port=port)))
            return await original(self, address)

        import contextlib

        later: list[int] = []
        with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
            patch.setattr(answering._Wait, "_answers", counted)
            assert lookup(*addresses, port=port, timeout=30, interval=0.05) == addresses
        assert tries.count(addresses[0]) == 1 and tries.count(addresses[-1]) >= 3


def test_what_the_answer_must_begin_with() -> None:
    with (
        listeners(["127.0.1.2"], says=b"SSH-2.0-OpenSSH_9.6\r\n") as port,
        listeners(["127.0.1.3"], port=port, says=b"220 ftp"),
    ):
        with listeners(["127.0.1.4"], port=port):
            assert lookup("203.0.113.2", "203.0.113.3", "203.0.113.4", port=port, expect="SSH-", timeout=2) == [
                "203.0.113.2"
            ]
            assert len(lookup("203.0.113.2", "203.0.113.3", "203.0.113.4", port=port, timeout=20)) == 3


def test_only_addresses_of_other_machines_are_connected_to() -> None:
    """A name would be resolved, and the text of an API is no name to resolve; this machine is not the server."""
    with listeners(["127.0.0.1", "127.0.1.2"]) as port:
        assert lookup(
            "localhost",
            None,
            2130706433,
            "",
            "-oProxyCommand=true",
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "::ffff:127.0.0.1",
            "169.254.1.1",
            "fe80::1",
            "203.0.113.2",
            port=port,
            timeout=2,
        ) == ["203.0.113.2"]


def test_ipv6_and_other_spellings() -> None:
    """What is returned is spelt as it was given."""
    terms = ["2001:0db8:0::2", "2001:db8::3", "203.0.113.4/24", "::ffff:203.0.113.5"]
    with listeners(["127.0.1.2", "127.0.1.4", "127.0.1.5"]) as port:
        assert lookup(*terms, port=port, timeout=2) == [terms[0], terms[2], terms[3]]


@pytest.mark.parametrize(
    "options", [{"port": 0}, {"port": 65536}, {"timeout": 0}, {"timeout": float("inf")}, {"interval": -1}]
)
def test_what_cannot_be_meant(options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleError, match=next(iter(options))):
        lookup("127.0.0.1", **options)


def test_it_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(answering, "_TELL_EVERY", 0.05)
    monkeypatch.setattr(answering, "show", shown.append)
    with listeners(["127.0.1.2"]) as port:
        lookup("203.0.113.2", "203.0.113.3", port=port, timeout=0.5)
    assert f"answering: 1 of 2 answer on port {port}" in shown
