# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers as hosts in Ansible's inventory. What a host is called and which variables it has is decided in `hosts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible.inventory.data import InventoryData
from ansible.inventory.host import Host

from .garbage import without_garbage_collection
from .hosts import Draft

# What a host that this plugin has made carries for the next file: its server's API and id. Two accounts may have
# servers of one name, and two APIs servers of one id. It is no variable, so that nobody else can set it; and not kept
# by inventory, which newer versions of ansible-core wrap anew for every file.
_SERVER = "_vpsorg_cloud_server"


class Population:
    """The hosts that the servers of one file become, and what there is to tell of them.

    All lists are of hosts' names, in the servers' order.
    """

    def __init__(self, inventory: InventoryData, api_url: str) -> None:
        self._inventory = inventory
        self._hosts = inventory.hosts
        self._api_url = api_url
        self._group_name = ""
        self._existing: dict[str, tuple[str, int]] = {
            name: getattr(host, _SERVER) for name, host in self._hosts.items() if hasattr(host, _SERVER)
        }
        self._class: type[Host] | None = None
        self._origin: dict[str, Any] = {}
        self.own: frozenset[str] = frozenset()  # the names of all variables that the hosts have or could have
        self.names: list[str] = []
        self.fresh: dict[str, None] = {}  # the hosts that no other source has touched
        # What there is to tell: hosts' names, with words on addresses that are none.
        self.without_address: list[str] = []
        self.refused: list[str] = []  # hosts that have another address
        self.moved: list[str] = []  # hosts that others had made, with another address
        self.incomplete: list[str] = []  # hosts that lack a variable for some of the server's fields

    def existing_servers(self) -> dict[str, int | None]:
        """The hosts made for other files, with their servers' ids; None for a server of another API."""
        return {
            name: server_id if api_url == self._api_url else None
            for name, (api_url, server_id) in self._existing.items()
        }

    @without_garbage_collection()
    def add_hosts(self, drafts: Sequence[Draft], names: Sequence[str], group: str, no_address_group: str) -> None:
        """Add all hosts, each with the name that has its place in `names`.

        `group` gets every host, `no_address_group` those without an address; the inventory has both groups.
        """
        hosts, api_url = self._hosts, self._api_url
        self._group_name, self._group = group, self._inventory.groups[group]
        without_address = []
        for (server, variables, dropped, refused), name in zip(drafts, names):
            if "ansible_host" not in variables:
                without_address.append(name)
                self.without_address.append(f"{name} ({', '.join(refused)})" if refused else name)
            elif refused:
                self.refused.append(f"{name} ({', '.join(refused)})")
            if dropped:
                self.incomplete.append(name)
            if name in hosts:
                if name not in self._existing and self._leads_elsewhere(name, variables):
                    self.moved.append(name)
                self._extend(name, variables)
            else:
                self._add(name, variables)
            setattr(hosts[name], _SERVER, (api_url, server["id"]))
        for name in without_address:
            self._inventory.add_host(name, no_address_group)
        self.names = list(names)

    def told(self) -> Iterator[tuple[str, list[str]]]:
        """What there is to tell, and of which hosts."""
        yield "Servers without an address to connect to", self.without_address
        yield "Some addresses of these servers are not used", self.refused
        yield (
            "Hosts of these names are in the inventory already, and get the address of a server of that name",
            self.moved,
        )
        yield "Some fields of these servers can't be variables and are left out", self.incomplete

    def take_back(self) -> None:
        """Remove the fresh hosts: after an error Ansible goes on, and would do so with hosts that lack some groups."""
        for name in self.fresh:
            self._inventory.remove_host(self._hosts[name])

    def _add(self, name: str, variables: Mapping[str, Any]) -> None:
        """Add a new host.

        Ansible's own methods take longer for one host than everything else here together, so only the first goes
        through them, and what they do to it is done to the others directly.
        """
        self.fresh[name] = None
        if self._class is None:
            self._inventory.add_host(name, self._group_name)
            host = self._hosts[name]
            self._class, self._origin = type(host), dict(host.vars)  # where the inventory is, the same for all
            host.vars.update(variables)
            return
        host = self._hosts[name] = self._class(name)
        host.vars = {**self._origin, **variables}
        self._group.add_host(host)

    def _extend(self, name: str, variables: Mapping[str, Any]) -> None:
        """Add variables to a host that is there already."""
        self._inventory.add_host(name, self._group_name)
        for variable, value in variables.items():
            self._inventory.set_variable(name, variable, value)  # merges, where Ansible is told to

    def _leads_elsewhere(self, name: str, variables: Mapping[str, Any]) -> bool:
        """Whether a host that is there already has another address."""
        before = self._hosts[name].vars.get("ansible_host")
        return before is not None and before != variables.get("ansible_host", before)
