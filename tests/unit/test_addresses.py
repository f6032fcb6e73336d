# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as an address: a unicast address that can be another machine's, of whichever kind."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes import server_detail

from ansible_collections.vpsorg.cloud.plugins.filter.connection_address import address_of
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.addresses import (
    canonical_address,
    choose_address,
    connection_address,
    has_address,
    lacks_address,
    may_have_unseen_address,
)

ADDRESSES = {
    "203.0.113.10": "203.0.113.10",
    "10.0.0.7": "10.0.0.7",
    "172.16.0.1": "172.16.0.1",
    "192.168.1.1": "192.168.1.1",
    "100.64.0.1": "100.64.0.1",
    "223.255.255.254": "223.255.255.254",
    "1.0.0.1": "1.0.0.1",
    "126.255.255.255": "126.255.255.255",
    "128.0.0.1": "128.0.0.1",
    "169.253.1.1": "169.253.1.1",
    "2001:0DB8:0::1": "2001:db8::1",
    "fd00::1": "fd00::1",
    "::ffff:203.0.113.7": "203.0.113.7",
    "::ffff:cb00:7107": "203.0.113.7",
    "203.0.113.77/24": "203.0.113.77",
    "203.0.113.77/32": "203.0.113.77",
    "203.0.113.76/31": "203.0.113.76",
    "203.0.113.77/31": "203.0.113.77",
    "203.0.113.77/255.255.255.0": "203.0.113.77",
    "2001:0db8::1/64": "2001:db8::1",
    "2001:db8::1/128": "2001:db8::1",
    "2001:db8::/127": "2001:db8::",
}
REFUSED = {
    "0.0.0.0": "an unspecified address",
    "0.1.2.3": "an unspecified address",
    "::": "an unspecified address",
    "::ffff:0.0.0.0": "an unspecified address",
    "0.0.0.0/0": "an unspecified address",
    "127.0.0.1": "a loopback address",
    "127.255.255.254": "a loopback address",
    "127.0.0.1/8": "a loopback address",
    "::1": "a loopback address",
    "::1/128": "a loopback address",
    "::ffff:127.0.0.1": "a loopback address",
    "::ffff:7f00:1": "a loopback address",
    "169.254.1.1": "a link-local address",
    "::ffff:169.254.1.1": "a link-local address",
    "fe80::1": "a link-local address",
    "febf::1": "a link-local address",
    "224.0.0.1": "a multicast address",
    "239.255.255.255": "a multicast address",
    "ff02::1": "a multicast address",
    "::ffff:224.0.0.1": "a multicast address",
    "255.255.255.255": "a broadcast address",
    "::ffff:255.255.255.255": "a broadcast address",
    "203.0.113.255/24": "a broadcast address",
    "203.0.113.0/24": "a network",
    "2001:db8::/64": "a network",
    "2001:db8::/32": "a network",
    "fe80::1%eth0": "an address with a zone",
    "2001:db8::1%-oProxyCommand=x": "an address with a zone",
    "-oProxyCommand=touch${IFS}x": "not an IP address",
    "localhost": "not an IP address",
    "evil.example.com": "not an IP address",
    "203.0.113.10 ": "not an IP address",
    "203.0.113.10\n": "not an IP address",
    "203.0.113.010": "not an IP address",
    "203.0.113": "not an IP address",
    "3405803786": "not an IP address",
    "255.255.255.256": "not an IP address",
    "203.0.113.77/33": "not an IP address",
    "203.0.113.77/24/24": "not an IP address",
    "[2001:db8::1]": "not an IP address",
    "{{ x }}": "not an IP address",
    "２０３.0.113.10": "not an IP address",
}
NO_TEXTS = [3405803786, True, 1.5, ["203.0.113.10"], {"a": 1}, b"\xcb\x00\x71\x0a"]


@pytest.mark.parametrize("text", ADDRESSES)
@pytest.mark.parametrize("field", ["ip_address", "ipv6_address"])
def test_addresses_in_canonical_form(text: str, field: str) -> None:
    server = {"id": 1, "name": "a", "status": "active", field: text}
    assert canonical_address(text) == connection_address(server) == address_of(server) == ADDRESSES[text]
    assert has_address(server) and choose_address(server) == (ADDRESSES[text], [])


@pytest.mark.parametrize("value", [*REFUSED, *NO_TEXTS], ids=repr)
@pytest.mark.parametrize("field", ["ip_address", "ipv6_address"])
def test_what_is_none_is_named_with_its_value(value: Any, field: str) -> None:
    server = {"id": 1, "name": "a", "status": "active", field: value}
    assert canonical_address(value) is None and connection_address(server) is None and address_of(server) is None
    assert not has_address(server)
    kind = REFUSED[value] if isinstance(value, str) else "not an IP address"
    assert choose_address(server) == (None, [f"{field} {value!a} is {kind}"])
    assert lacks_address(server) == f"it has no address ({field} {value!a} is {kind})"


@pytest.mark.parametrize("fields", [{}, {"ip_address": None}, {"ip_address": "", "ipv6_address": None}])
def test_no_value_is_no_refusal(fields: dict[str, Any]) -> None:
    server = {"id": 1, **fields}
    assert choose_address(server) == (None, []) and lacks_address(server) == "it has no address"


def test_a_long_value_is_cut_off() -> None:
    (words,) = choose_address({"ip_address": "x\x1b" * 1000})[1]
    assert len(words) < 120 and words.isprintable()


@pytest.mark.parametrize(
    ("fields", "kinds", "address"),
    [
        ({"ip_address": "203.0.113.10", "ipv6_address": "2001:db8::1"}, ["ipv4", "ipv6"], "203.0.113.10"),
        ({"ip_address": "203.0.113.10", "ipv6_address": "2001:0db8::1"}, ["ipv6", "ipv4"], "2001:db8::1"),
        ({"ip_address": "127.0.0.1", "ipv6_address": "2001:db8::1"}, ["ipv4", "ipv6"], "2001:db8::1"),
        ({"ip_address": "2001:db8::2", "ipv6_address": None}, ["ipv4", "ipv6"], "2001:db8::2"),
        ({"ip_address": "2001:db8::2", "ipv6_address": "2001:db8::1"}, ["ipv6"], "2001:db8::2"),
        ({"ip_address": "203.0.113.10"}, ["ipv6"], None),
        ({"ipv6_address": "2001:db8::1"}, ["ipv4"], None),
    ],
)
def test_the_preferred_kind(fields: dict[str, Any], kinds: list[str], address: str | None) -> None:
    assert address_of({"id": 1, **fields}, kinds) == address


def test_a_list_item_may_have_an_address_that_it_does_not_show() -> None:
    item = {"id": 1, "status": "active", "ip_address": None}
    assert may_have_unseen_address(item)
    assert not may_have_unseen_address({**item, "ip_address": "203.0.113.10"})
    assert not may_have_unseen_address(server_detail(ip_address=None, ipv6_address=None)), "a detail shows all"


@pytest.mark.parametrize("server", [None, "web-1", 7, [], {"name": "a"}])
def test_the_filter_takes_a_server(server: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^connection_address takes a server"):
        address_of(server)


@pytest.mark.parametrize("kinds", [[], "ipv4", ["ipv5"], None, [4]])
def test_the_filter_takes_a_list_of_kinds(kinds: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^kinds must be"):
        address_of({"id": 1}, kinds)


@given(
    st.one_of(
        st.ip_addresses().map(str), st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True), st.text(max_size=20)
    )
)
def test_what_comes_out_goes_in_again(text: str) -> None:
    """In canonical form, and never an address of this machine or of many."""
    address = canonical_address(text)
    if address is not None:
        read = ipaddress.ip_address(address)
        assert canonical_address(address) == address == str(read)
        assert not (read.is_loopback or read.is_unspecified or read.is_link_local or read.is_multicast)
