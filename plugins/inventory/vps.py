# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin: an account's servers as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vps
short_description: VPS.org servers as inventory hosts
version_added: 0.1.0
author:
  - VPS.org collection contributors (@vpsorg)
description:
  - Turns every server of a VPS.org account into a host, with one list request per page of the account.
  - Reads a YAML file whose name ends in C(vps.yml), C(vps.yaml), C(vpsorg.yml), or C(vpsorg.yaml).
  - Every field of a server becomes a variable with the prefix O(hostvars_prefix), such as C(vps_status) or C(vps_plan). The server's address
    becomes C(ansible_host).
  - A server without an address becomes a host without C(ansible_host). The host is also added to a group named like O(group) with the suffix
    C(_no_address), so that plays can exclude it.
  - Sends only C(GET) requests. An incomplete list of servers is an error, and never results in an inventory with fewer hosts.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices:
      - vpsorg.cloud.vps
  status:
    description:
      - Include only servers with one of these statuses, such as V(active) or V(stopped).
    type: list
    elements: str
    default: []
  locations:
    description:
      - Include only servers at one of these locations.
    type: list
    elements: str
    default: []
  include:
    description:
      - Include only servers whose name matches one of these shell patterns.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Exclude servers whose name matches one of these shell patterns.
    type: list
    elements: str
    default: []
  details:
    description:
      - Whether to read the details of each server too, with the IPv6 address, backups, and resource usage. This takes one more request per
        server, with up to sixteen requests at the same time.
    type: bool
    default: false
  hostnames:
    description:
      - The sources of host names, in order of preference. The first one that the server has, and that is safe as a host name, is used.
      - If none of them is safe, the host name is C(vps-ID). If several servers would get the same host name, C(-ID) is appended to it. Both cause
        a warning.
    type: list
    elements: str
    choices:
      - name
      - hostname
      - id
    default:
      - name
  connect_with:
    description:
      - The kinds of address to use for C(ansible_host), in order of preference. The first one that the server has is used. IPv6 addresses are only
        available with O(details).
    type: list
    elements: str
    choices:
      - ipv4
      - ipv6
    default:
      - ipv4
      - ipv6
  hostvars_prefix:
    description:
      - The prefix for the names of all variables that come from the API. It can't be empty.
    type: str
    default: vps_
  group:
    description:
      - The group that contains every host.
    type: str
    default: vps
  cache_fallback:
    description:
      - Whether to use cached servers that are older than O(cache_timeout), with a warning, if the API can't be reached. This requires O(cache) and
        a cache plugin that stores its data in files.
    type: bool
    default: false
extends_documentation_fragment:
  - vpsorg.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - If an inventory fails, Ansible by default only prints a warning and continues without its hosts. To make this an error, set
    C(any_unparsed_is_failed = true) in the C([inventory]) section of C(ansible.cfg), or set E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED).
  - Data from the API is never evaluated as a template. With C(ansible-core) 2.19 and newer, C(ansible-inventory --list --export) shows strings
    that contain a brace as C({"__ansible_unsafe":...}).
seealso:
  - module: vpsorg.cloud.vps_server_info
"""

EXAMPLES = r"""
# Include all servers of the account. The token is in the environment variable VPS_API_TOKEN.
plugin: vpsorg.cloud.vps
---
# Include running web servers in two locations, except the canaries.
plugin: vpsorg.cloud.vps
status: [active]
locations: [us-west, eu-central]
include: ["web-*"]
exclude: ["*-canary"]
---
# Create groups by location, plan, operating system, and status: location_us_west, plan_standard_vps, and so on.
plugin: vpsorg.cloud.vps
keyed_groups:
  - key: vps_location
    prefix: location
  - key: vps_plan.name | lower
    prefix: plan
  - key: vps_os.name | lower
    prefix: os
  - key: vps_status
    prefix: status
groups:
  big: vps_plan.memory >= 8192
compose:
  ansible_user: "'root'"
  memory_gb: vps_plan.memory // 1024
---
# Read the token from a file that was encrypted with ansible-vault, and cache the servers for ten minutes.
plugin: vpsorg.cloud.vps
api_token: "{{ lookup('ansible.builtin.unvault', '/etc/ansible/vps-token') | trim }}"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/vpsorg
cache_timeout: 600
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.common.text.converters import to_native
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, get_cache_plugin

from ansible_collections.vpsorg.cloud.plugins.module_utils._errors import BadInput, VpsError
from ansible_collections.vpsorg.cloud.plugins.module_utils._secrets import clean_token, scrubber
from ansible_collections.vpsorg.cloud.plugins.module_utils._settings import Settings, read_settings
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory_cache import cache_key, from_cache, to_cache
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory_hosts import (
    VariableNames,
    connection_address,
    host_variables,
    name_hosts,
)
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory_options import (
    CONNECTION_OPTIONS,
    HostOptions,
    check_keys,
    read_host_options,
    without_empty_variables,
)
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import new_marker

_MOST_TOLD = 20  # entries that one warning lists
# What a host that this plugin has made carries for the next file: its server's API and id. Two accounts may have servers of one name, and two APIs
# servers of one id. It is no variable, so that nobody else can set it; and not kept by inventory, which newer versions of ansible-core wrap anew
# for every file.
_SERVER = "_vpsorg_cloud_server"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads one configuration file: see DOCUMENTATION."""

    NAME = "vpsorg.cloud.vps"

    def verify_file(self, path: str) -> bool:
        """Whether a file is meant for this plugin, by its name."""
        return super().verify_file(path) and path.endswith(("vps.yml", "vps.yaml", "vpsorg.yml", "vpsorg.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the servers that C(path) selects to the inventory. Raises AnsibleParserError; then no host was added."""
        super().parse(inventory, loader, path, cache)
        # No error gets a cause: newer versions of ansible-core would show the lines of the file around it, and the token may be among them.
        try:
            settings, options = self._read_options(path)
            self._populate(self._servers(path, cache, settings, options), options, settings.api_url)
        except VpsError as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        except AnsibleError as error:
            raise AnsibleParserError(f"{path}: {self._scrub(_first_words(error))}") from None

    # Options

    def _read_options(self, path: str) -> tuple[Settings, HostOptions]:
        variables = [entry["name"] for option in CONNECTION_OPTIONS for entry in self.option_definitions[option].get("env", ())]
        with without_empty_variables(variables):
            self._read_config_data(path)
        options = self.get_options()
        settings = read_settings(options)
        if not settings.validate_certs:
            self.display.warning(f"{path}: validate_certs is off, so that whoever sits between here and {settings.api_url} can read the API token.")
        return settings, read_host_options(options)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """As the base class, with the connection options templated before their types are checked, so that lookups can give them."""
        if direct is not None:
            check_keys(direct, self.option_definitions)
            direct = {name: self._templated(name, value) if name in CONNECTION_OPTIONS else value for name, value in direct.items()}
            # What is empty counts as left out, here as in the environment: a lookup may have found nothing.
            direct = {name: value for name, value in direct.items() if name not in CONNECTION_OPTIONS or value not in (None, "")}
            self._require_token(direct.get("api_token", self._from_environment("api_token")))
            for name, definition in self.option_definitions.items():
                if definition.get("type") in ("bool", "boolean"):
                    self._require_boolean(name, direct.get(name, self._from_environment(name)))
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _templated(self, name: str, value: Any) -> Any:
        self.templar.available_variables = self._vars or {}
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise BadInput(f"The template of {name} fails: {_first_words(error)}") from None

    def _from_environment(self, option: str) -> str | None:
        names = (entry["name"] for entry in self.option_definitions[option].get("env", ()))
        return next((os.environ[name] for name in names if os.environ.get(name)), None)

    def _require_token(self, given: Any) -> None:
        """Fail for a token that is missing or malformed in our own words: Ansible's don't say what to do, or quote it."""
        if given is not None and not isinstance(given, (str, int)) and not hasattr(given, "__ENCRYPTED__"):
            raise BadInput("api_token must be a text (the value is not shown here).")
        self._scrub = scrubber(clean_token(None if given is None else str(given)))

    @staticmethod
    def _require_boolean(option: str, given: Any) -> None:
        """Ansible takes a word that it does not know for false, which would switch off what was meant to be on."""
        try:
            boolean(True if given is None else given)
        except TypeError:
            raise BadInput(f"{option} must be true or false, got {str(given)[:100]!r}.") from None

    @staticmethod
    def _scrub(text: str) -> str:
        """A text without the token; replaced as soon as the token is known."""
        return text

    # Servers

    def _servers(self, path: str, use_cache: bool, settings: Settings, options: HostOptions) -> list[dict[str, Any]]:
        caching = self.get_option("cache")
        key = cache_key(self.get_cache_key(path), path, settings, options.selection, options.details) if caching else ""
        if caching and use_cache:
            cached = self._cached(self._cache, key, options)
            if cached is not None:
                return cached
        from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory_source import fetch_servers, is_outage

        try:
            servers, gone = fetch_servers(settings, options.selection, options.details)
        except VpsError as error:
            if caching and self.get_option("cache_fallback") and is_outage(error):
                cached = self._cached(self._cache_without_limit(), key, options)
                if cached is not None:
                    self.display.warning(f"{path}: {error} The servers are those of an earlier run (cache_fallback), which may be out of date.")
                    return cached
            raise
        if gone:
            self._warn(
                f"{path}: these servers vanished while they were read, so that only what the list says of them is known", [str(server_id) for server_id in gone]
            )
        elif caching:
            self._cache[key] = to_cache(servers)
        return servers

    def _cached(self, cache: Any, key: str, options: HostOptions) -> list[dict[str, Any]] | None:
        try:
            return from_cache(cache[key], options.selection)
        except Exception:  # pylint: disable=broad-exception-caught
            # Absent, expired, damaged or unreadable: whatever a cache plugin raises, the API has what is needed.
            return None

    def _cache_without_limit(self) -> Any:
        """The same cache, in which nothing expires."""
        given = {"_uri": self.get_option("cache_connection"), "_prefix": self.get_option("cache_prefix"), "_timeout": 0}
        return get_cache_plugin(self.get_option("cache_plugin"), **{name: value for name, value in given.items() if value is not None})

    # Hosts

    def _populate(self, servers: list[dict[str, Any]], options: HostOptions, api_url: str) -> None:
        inventory = self.inventory
        group = inventory.add_group(self._sanitize_group_name(options.group))
        no_address_group = inventory.add_group(self._sanitize_group_name(f"{options.group}_no_address"))
        made = {name: getattr(host, _SERVER) for name, host in inventory.hosts.items() if hasattr(host, _SERVER)}
        known = {name: server_id if known_by == api_url else None for name, (known_by, server_id) in made.items()}
        names, warnings = name_hosts(servers, options.hostnames, self._group_names(), known)
        for first in range(0, len(warnings), _MOST_TOLD):
            self._warn("Some servers have other names in the inventory", warnings[first : first + _MOST_TOLD])

        hosts = _Hosts(inventory, group)
        variable_names, mark = VariableNames(options.prefix), new_marker()
        without_address, odd_keys, moved = [], [], []
        for server, name in zip(servers, names):
            variables, dropped = host_variables(server, variable_names, mark)
            address = connection_address(server, options.connect_with)
            if address is None:
                without_address.append(name)
            else:
                variables["ansible_host"] = mark(address)
            if dropped:
                odd_keys.append(name)
            if name not in made and hosts.leads_elsewhere(name, variables):
                moved.append(name)
            hosts.add(name, variables)
            setattr(inventory.hosts[name], _SERVER, (api_url, server["id"]))
        for name in without_address:
            inventory.add_host(name, no_address_group)
        self._warn("Servers without an address to connect to", without_address)
        self._warn("Hosts of these names are in the inventory already, and get the address of a server of that name", moved)
        self._warn("Some fields of these servers can't be variables and are left out", odd_keys)
        if names and any(self.get_option(option) for option in ("compose", "groups", "keyed_groups")):
            try:
                self._construct(names, hosts.fresh, {*variable_names.all(), "ansible_host"})
            except Exception:
                hosts.take_back()
                raise

    def _construct(self, names: Sequence[str], fresh: Collection[str], own: Collection[str]) -> None:
        from ansible_collections.vpsorg.cloud.plugins.plugin_utils._construct import Constructor

        for warning in Constructor(self, own=own).construct(names, fresh):
            self.display.warning(self._scrub(warning))

    def _group_names(self) -> frozenset[str]:
        """The names of all groups that are known by now or that the configuration names."""
        named = [*(self.get_option("groups") or {})]
        for keyed in self.get_option("keyed_groups") or []:
            if isinstance(keyed, Mapping):
                named += [value for value in (keyed.get("parent_group"), keyed.get("default_value")) if isinstance(value, str)]
        return frozenset(self.inventory.groups) | {str(name) for name in named} | {self._sanitize_group_name(str(name)) for name in named}

    def _warn(self, what: str, entries: Sequence[str]) -> None:
        if entries:
            more = f"; and {len(entries) - _MOST_TOLD} more" if len(entries) > _MOST_TOLD else ""
            self.display.warning(f"{what}: {'; '.join(entries[:_MOST_TOLD])}{more}")


class _Hosts:
    """Adds hosts to the inventory and to the group that holds them all."""

    def __init__(self, inventory: Any, group: str) -> None:
        self._inventory = inventory
        self._group_name = group
        self._group = inventory.groups[group]
        self._hosts = inventory.hosts
        self._origin: dict[str, Any] = {}
        self._class: Any = None
        self.fresh: dict[str, None] = {}  # the hosts that no other source has touched, in order

    def add(self, name: str, variables: Mapping[str, Any]) -> None:
        """Add a host with its variables.

        Ansible's own methods take longer for one host than everything else here together, so only the first goes
        through them, and what they do to it is done to the others directly.
        """
        if name in self._hosts:
            self._inventory.add_host(name, self._group_name)
            for variable, value in variables.items():
                self._inventory.set_variable(name, variable, value)  # merges, where Ansible is told to
            return
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

    def leads_elsewhere(self, name: str, variables: Mapping[str, Any]) -> bool:
        """Whether a host of that name is there already, with another address."""
        before = self._hosts[name].vars.get("ansible_host") if name in self._hosts else None
        return before is not None and before != variables.get("ansible_host", before)

    def take_back(self) -> None:
        """Remove the fresh hosts: Ansible goes on after an error, and would go on with hosts that lack some of their groups."""
        for name in self.fresh:
            self._inventory.remove_host(self._hosts[name])


def _first_words(error: AnsibleError) -> str:
    """An error's message without the lines of the configuration file that it may quote: the token may be among them."""
    message = re.split(r"\n+\s*(?:The error appears to be|The offending line|Origin:)", to_native(error))[0]
    return " ".join(message.split())
