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
  - Every field of a server becomes a variable with the prefix O(hostvars_prefix), such as C(vps_status) or C(vps_plan).
    The server's address becomes C(ansible_host).
  - A server without an address becomes a host without C(ansible_host). The host is also added to a group named like
    O(group) with the suffix C(_no_address), so that plays can exclude it.
  - Sends only C(GET) requests. An incomplete list of servers is an error, and never results in an inventory with fewer
    hosts.
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
      - A status that no server of the account has causes a warning, which lists the statuses that there are.
      - Can be a template that results in a list or in one status.
    type: list
    elements: str
    default: []
  locations:
    description:
      - Include only servers at one of these locations, regardless of upper and lower case.
      - A location that no server of the account has causes a warning, which lists the locations that there are.
      - Can be a template that results in a list or in one location.
    type: list
    elements: str
    default: []
  include:
    description:
      - Include only servers whose name matches one of these shell patterns.
      - Can be a template that results in a list or in one pattern.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Exclude servers whose name matches one of these shell patterns.
      - Can be a template that results in a list or in one pattern.
    type: list
    elements: str
    default: []
  filters:
    description:
      - Include only servers for which all of these expressions are true. They are expressions as in O(groups), and can
        use the server's variables and C(ansible_host), but no composed variables.
      - An expression that can't be evaluated for a server is an error, with or without O(strict), because it says
        neither yes nor no. Use the filter P(ansible.builtin.default#filter) where a value may be missing.
    type: list
    elements: str
    default: []
    version_added: 1.0.0
  details:
    description:
      - Whether to read the details of each server too, with the IPv6 address, backups, and resource usage. This takes
        one more request per server, with up to sixteen requests at the same time.
    type: bool
    default: false
  hostnames:
    description:
      - The sources of host names, in order of preference. The first one that the server has, and that is safe as a host
        name, is used.
      - Each one is V(name), V(hostname), V(id), or an expression as in O(compose), such as C('prod-' ~ vps_name), which
        can use the server's variables and C(ansible_host).
      - An expression that fails, or results in an empty string, counts as one that the server does not have. With
        O(strict), one that fails is an error.
      - If none of them is safe, the host name is C(vps-ID). If several servers would get the same host name, C(-ID) is
        appended to it. Both cause a warning.
    type: list
    elements: str
    default:
      - name
  connect_with:
    description:
      - The kinds of address to use for C(ansible_host), in order of preference. The first one that the server has is
        used.
      - Only addresses that can be another machine's count. Unspecified, loopback, link-local, multicast, and broadcast
        addresses, and networks, are named in a warning.
      - Lists of servers do not contain IPv6 addresses. Without O(details), the IPv6 address is only read if an active
        server has no other address, with one more request for each such server.
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
      - Can be a template.
    type: str
    default: vps_
  group:
    description:
      - The group that contains every host.
      - Can be a template.
    type: str
    default: vps
  cache_fallback:
    description:
      - Whether to use cached servers that are older than O(cache_timeout), with a warning, if the API can't be reached.
        This requires O(cache) and a cache plugin that stores its data in files.
    type: bool
    default: false
extends_documentation_fragment:
  - vpsorg.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - If an inventory fails, Ansible by default only prints a warning and continues without its hosts. To make this an
    error, set C(any_unparsed_is_failed = true) in the C([inventory]) section of C(ansible.cfg), or set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED).
  - Data from the API is never evaluated as a template. With C(ansible-core) 2.19 and newer, C(ansible-inventory --list
    --export) shows strings that contain a brace as C({"__ansible_unsafe":...}).
seealso:
  - module: vpsorg.cloud.vps_server_info
"""

EXAMPLES = r"""
# For example, the file production.vps.yml. Only this line is required. The token is in the environment variable
# VPS_API_TOKEN, unless the option api_token gives it.
plugin: vpsorg.cloud.vps

# Include only running web servers in two locations, except the canaries. Without these options, all servers of the
# account are included.
status: [active]
locations: [us-west, eu-central]
include: ["web-*"]
exclude: ["*-canary"]

# Of these, include only servers with at least 4 GB of memory.
filters:
  - vps_plan.memory | default(0) >= 4096

# Create groups by location, plan, operating system, and status: location_us_west, plan_standard_vps, and so on.
keyed_groups:
  - key: vps_location
    prefix: location
  - key: vps_plan.name | lower
    prefix: plan
  - key: vps_os.name | lower
    prefix: os
  - key: vps_status
    prefix: status

# Create a group of the servers that meet a condition.
groups:
  big: vps_plan.memory >= 8192

# Set variables.
compose:
  ansible_user: "'root'"
  memory_gb: vps_plan.memory // 1024

# Begin the names of hosts with that of the account, and give the group of all hosts another name.
hostnames:
  - "'prod-' ~ vps_name"
group: "{{ lookup('ansible.builtin.env', 'STAGE') or 'production' }}"

# Read the token from a file that was encrypted with ansible-vault.
api_token: "{{ lookup('ansible.builtin.unvault', '/etc/ansible/vps-token') | trim }}"

# Cache the servers for ten minutes.
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/vpsorg
cache_timeout: 600
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._client.errors import BadInput, VpsError
from ..module_utils._client.secrets import scrubber
from ..module_utils._client.settings import Settings, read_settings
from ..module_utils._server.model import incomplete_warning, lacking
from ..plugin_utils._inventory.cache import cache_key, cached_servers, to_cache, without_limit
from ..plugin_utils._inventory.garbage import without_garbage_collection
from ..plugin_utils._inventory.hosts import VariableNames, draft_hosts, name_hosts
from ..plugin_utils._inventory.options import (
    GivenOptions,
    HostOptions,
    connection_variables,
    named_groups,
    plain_message,
    read_host_options,
    without_empty_variables,
)
from ..plugin_utils._inventory.populate import Population
from ..plugin_utils._inventory.selection import Found, Query, Server
from ..plugin_utils._text import new_marker

if TYPE_CHECKING:
    from ..plugin_utils._inventory.evaluation import Chooser

_FILE_NAMES = ("vps.yml", "vps.yaml", "vpsorg.yml", "vpsorg.yaml")
_THIS_PLUGIN = re.compile(r"plugin:\s*[\"']?vpsorg\.cloud\.vps[\"']?\s*(?:#.*)?$")
_MOST_TOLD = 20  # entries that one warning lists


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads one configuration file: see DOCUMENTATION."""

    NAME = "vpsorg.cloud.vps"

    def __init__(self) -> None:
        super().__init__()
        self._scrub: Callable[[str], str] = str  # takes the token out of a text, as soon as the token is known

    def verify_file(self, path: str) -> bool:
        """Whether a file is meant for this plugin, by its name. Raises AnsibleParserError for a misnamed one."""
        return super().verify_file(path) and _has_the_name(path)

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Add the servers that the file at `path` selects to the inventory.

        `cache`: whether servers of an earlier run may be used. Raises AnsibleParserError; then no host was added.
        """
        super().parse(inventory, loader, path, cache)
        # No error gets a cause: newer versions of ansible-core would show the lines of the file around it, and the
        # token may be among them.
        try:
            settings, options = self._read_options(path)
            found = self._servers(path, cache, settings, options.query)
            for warning in found.unknown_words(options.query.selection):
                self.display.warning(self._scrub(f"{path}: {warning}"))
            hosts = self._add_hosts(inventory, found.servers, options, settings.api_url)
            self._construct(hosts)
        except VpsError as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        except AnsibleError as error:
            raise AnsibleParserError(f"{path}: {self._scrub(plain_message(error))}") from None

    # Options

    def _read_options(self, path: str) -> tuple[Settings, HostOptions]:
        with without_empty_variables(connection_variables(self.option_definitions)):
            self._read_config_data(path)
        options = self.get_options()
        settings = read_settings(options)
        if not settings.validate_certs:
            self.display.warning(
                f"{path}: validate_certs is off: anyone who can intercept the connection to {settings.api_url} can "
                "read the API token."
            )
        return settings, read_host_options(options)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """As the base class, but with the connection options templated first, so that lookups can give them."""
        if direct is not None:
            given = GivenOptions(direct, self.option_definitions, self._templated)
            self._scrub = scrubber(given.token())
            given.check_booleans()
            given.check_numbers()
            direct = given.values
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _templated(self, name: str, value: Any) -> Any:
        self.templar.available_variables = self._vars or {}
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise BadInput(f"The template of {name} fails: {plain_message(error)}") from None

    # Servers

    @without_garbage_collection()
    def _servers(self, path: str, use_cache: bool, settings: Settings, query: Query) -> Found:
        """The selected servers: from the cache where it may be used and holds them, else from the API."""
        caching = self.get_option("cache")
        key = cache_key(self.get_cache_key(path), path, settings, query) if caching else ""
        cached = cached_servers(self._cache, key, query.selection) if caching and use_cache else None
        if cached is not None:
            return cached
        from ..plugin_utils._inventory.source import fetch_servers, is_outage

        try:
            found, gone = fetch_servers(settings, query)
        except VpsError as error:
            if caching and self.get_option("cache_fallback") and is_outage(error):
                cached = cached_servers(without_limit(self), key, query.selection)
            if cached is None:
                raise
            self.display.warning(
                f"{path}: {error} The servers are those of an earlier run (cache_fallback), which may be out of date."
            )
            return cached
        if gone:
            what = "these servers vanished while they were read, so that only what the list says of them is known"
            self._warn(f"{path}: {what}", [str(server_id) for server_id in gone])
        elif caching:
            self._cache[key] = to_cache(found)
        return found

    # Hosts

    def _add_hosts(
        self, inventory: InventoryData, servers: Sequence[Server], options: HostOptions, api_url: str
    ) -> Population:
        """Add the hosts. Raises AnsibleError for an expression that fails; then nothing was added."""
        groups = [self._sanitize_group_name(f"{options.group}{suffix}") for suffix in ("", "_no_address")]
        hosts = Population(inventory, api_url)
        incomplete = sorted(server["id"] for server in servers if lacking(server))
        if incomplete:
            self.display.warning(incomplete_warning(incomplete))
        variable_names = VariableNames(options.prefix)
        drafts = draft_hosts(servers, options.connect_with, variable_names, new_marker())
        hosts.own = variable_names.all() | {"ansible_host"}
        chooser = _new_chooser(self, hosts.own) if options.has_expressions else None
        if chooser is not None:
            drafts = chooser.kept(drafts, options.filters)
        names, renamed = name_hosts(
            [draft.server for draft in drafts],
            options.hostnames,
            self._group_names(inventory) | set(groups),
            hosts.existing_servers(),
            None if chooser is None else lambda source, number: chooser.name(source, drafts[number]),
        )
        for warning in chooser.warnings(len(drafts)) if chooser is not None else ():
            self.display.warning(self._scrub(warning))
        for first in range(0, len(renamed), _MOST_TOLD):
            self._warn("Some servers have other names in the inventory", renamed[slice(first, first + _MOST_TOLD)])
        hosts.add_hosts(drafts, names, *map(inventory.add_group, groups))
        for what, entries in hosts.told():
            self._warn(what, entries)
        return hosts

    def _construct(self, hosts: Population) -> None:
        """Add composed variables and groups; take the hosts back where that fails."""
        if not hosts.names or not any(self.get_option(option) for option in ("compose", "groups", "keyed_groups")):
            return
        from ..plugin_utils._inventory.construct import Constructor

        try:
            warnings = Constructor(self, own=hosts.own).construct(hosts.names, hosts.fresh)
        except Exception:
            hosts.take_back()
            raise
        for warning in warnings:
            self.display.warning(self._scrub(warning))

    def _group_names(self, inventory: InventoryData) -> frozenset[str]:
        """The names of all groups that are known by now or that the configuration names."""
        named = named_groups(self.get_option("groups"), self.get_option("keyed_groups"))
        return frozenset({*inventory.groups, *named, *(self._sanitize_group_name(name) for name in named)})

    def _warn(self, what: str, entries: Sequence[str]) -> None:
        if entries:
            more = f"; and {len(entries) - _MOST_TOLD} more" if len(entries) > _MOST_TOLD else ""
            self.display.warning(f"{what}: {'; '.join(entries[:_MOST_TOLD])}{more}")


def _new_chooser(plugin: InventoryModule, own: frozenset[str]) -> Chooser:
    from ..plugin_utils._inventory.evaluation import Chooser

    return Chooser(plugin, own)


def _has_the_name(path: str) -> bool:
    """Whether the name of a file is one for this plugin.

    Raises AnsibleParserError if it is not, although the file is for this plugin: the plugin `auto`, which hands such a
    file on, shows that, and would otherwise say nothing of what to do.
    """
    if path.endswith(_FILE_NAMES):
        return True
    try:
        with open(path, encoding="utf-8") as file:
            misnamed = any(_THIS_PLUGIN.match(line) for line in file)
    except (OSError, ValueError):
        return False
    if misnamed:
        raise AnsibleParserError(
            f"{path}: the file is for the plugin vpsorg.cloud.vps, so its name must end in "
            f"{', '.join(_FILE_NAMES[:-1])}, or {_FILE_NAMES[-1]}. Rename it."
        )
    return False
