# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Constructed variables and groups for many hosts: what ansible-core's own helpers give, without a call for every host.

An expression that depends on nothing but a few variables is evaluated by the stock helper once for every distinct value
of these; what the helper did is remembered and done again for the other hosts. Everything else goes through the helper
each time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from ansible.inventory.data import InventoryData

from .._text import is_exporting, with_plain_exports
from .evaluation import SIMPLE_TEXT, may_remember, texts_stay_texts
from .expressions import Outcomes, Reads, analyse, read

_NOTHING: tuple[Any, ...] = ()
_AGAIN: tuple[Any, ...] = ("to be found out", "for every host")


class Plugin(Protocol):
    """What is used of an inventory plugin: its options, and the stock helpers of ansible-core's `Constructable`."""

    inventory: Any
    _vars: Any

    def get_option(self, option: str) -> Any:
        """The value of an option."""

    def _set_composite_vars(self, compose: Any, variables: Any, host: str, strict: bool = False) -> None:
        """Set the host's variables that `compose` defines."""

    def _add_host_to_composed_groups(self, groups: Any, variables: Any, host: str, strict: bool = False) -> None:
        """Add the host to the groups whose conditions it meets."""

    def _add_host_to_keyed_groups(self, keys: Any, variables: Any, host: str, strict: bool = False) -> None:
        """Add the host to the groups that its variables name."""


class _Recorder:
    """The inventory, with a record of what a stock helper does to it."""

    def __init__(self, inventory: InventoryData) -> None:
        self._inventory = inventory
        self.joined: list[str] = []
        self.variables: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inventory, name)

    def set_variable(self, entity: str, varname: str, value: Any) -> None:
        self.variables.append(varname)
        self._inventory.set_variable(entity, varname, value)

    def add_host(self, host: str, group: str | None = None, port: Any = None) -> str:
        if group is not None:
            self.joined.append(group)
        return self._inventory.add_host(host, group, port)

    def add_child(self, group: str, child: str) -> bool:
        if child in self._inventory.hosts and child not in self._inventory.groups:
            self.joined.append(group)
        return self._inventory.add_child(group, child)


class _GroupEntry(Outcomes):
    """An entry of `groups` or `keyed_groups`, with the call of its stock helper for one host."""

    def __init__(self, reads: Reads | None, helper: Callable[[str], None], forgives: str = "") -> None:
        """`helper` puts the host of a name into groups.

        `forgives`: how a warning calls the entry, where an error of the helper is a host's own and no mistake of the
        configuration; else empty.
        """
        super().__init__(reads)
        self.helper = helper
        self.forgives = forgives
        self.failures: list[tuple[str, Exception]] = []

    def warnings(self, hosts: int) -> list[str]:
        """What to say of the hosts for which it failed.

        Where it failed for all, the entry is wrong, and its first error is raised. The helper raises even where it is
        told not to be strict, for a value that can't name a group: one odd server is no reason to lose the others.
        """
        if not self.failures:
            return []
        if len(self.failures) == hosts:
            raise self.failures[0][1]
        names = ", ".join(name for name, _error in self.failures[:10]) + (", …" if len(self.failures) > 10 else "")
        return [
            (
                f"{self.forgives} creates no group for {len(self.failures)} of {hosts} hosts ({names}): "
                f"{self.failures[0][1]}"
            )
        ]


class Constructor:
    """`compose`, `groups` and `keyed_groups` for all hosts of a source at once."""

    def __init__(self, plugin: Plugin, *, own: Collection[str], remember: bool = True) -> None:
        """`own`: the names of the variables that the plugin sets or could set, none of which holds a template.

        `remember`: false calls the stock helpers for every host, which is what the results are compared with.
        """
        self._plugin = plugin
        self._own = frozenset(own)
        self._strict = plugin.get_option("strict")
        self._exporting = is_exporting()
        self._remember = remember and may_remember(plugin)

    def construct(self, host_names: Sequence[str], fresh: Collection[str]) -> list[str]:
        """Set the composed variables of all hosts, then put them into groups. Returns warnings.

        `fresh`: the hosts that no other source has touched. For any other every expression is evaluated by the stock
        helpers. Raises what these raise: AnsibleError for an expression that fails where the option `strict` is set,
        AnsibleParserError for an entry of `keyed_groups` that is wrong.
        """
        fresh = frozenset(fresh) if self._remember else frozenset()
        compose, groups, keyed_groups = (
            self._plugin.get_option(option) for option in ("compose", "groups", "keyed_groups")
        )
        # All variables come before the first group: the helper that sets them would take the name of a group for the
        # group.
        if compose:
            self._compose_all(compose, host_names, fresh)
        own = self._own | frozenset(compose or {})
        entries = [
            _GroupEntry(analyse(condition, own), self._group_helper(name, condition))
            for name, condition in (groups or {}).items()
        ]
        entries += [
            _GroupEntry(_keyed_reads(keyed, own), self._keyed_helper(keyed), _text_of(keyed))
            for keyed in keyed_groups or []
        ]
        self._group_all(entries, host_names, fresh)
        return [warning for entry in entries for warning in entry.warnings(len(host_names))]

    # Variables

    def _compose_all(self, compose: Mapping[str, Any], host_names: Sequence[str], fresh: Collection[str]) -> None:
        may_be_read = texts_stay_texts()
        entries = []
        for name, expression in compose.items():
            reads = analyse(expression, self._own) if isinstance(name, str) and name.isidentifier() else None
            direct = reads.paths[0] if reads is not None and reads.is_plain and may_be_read else None
            entries.append((name, expression, Outcomes(reads), direct))
        hosts = self._plugin.inventory.hosts
        for host_name in host_names:
            host = hosts[host_name]
            is_fresh = host_name in fresh
            # What one expression sets is not seen by the next: all of them read what was there before.
            before, snapshot = host.vars, None
            settled: dict[str, Any] = {}
            for name, expression, entry, direct in entries:
                if is_fresh and direct is not None:
                    value, steps = read(before, direct)
                    if steps == len(direct) and isinstance(value, str) and SIMPLE_TEXT.fullmatch(value):
                        settled[name] = value
                        continue
                key = entry.key(before) if is_fresh else None
                outcome = entry.known.get(key) if key is not None else None
                if outcome is None:
                    if snapshot is None:
                        before = snapshot = host.get_vars()
                    outcome = self._composed(name, expression, snapshot, host)
                    if key is not None and outcome is not _AGAIN:
                        entry.known[key] = outcome
                elif outcome:
                    settled[name] = outcome[0]
            host.vars.update(settled)

    def _composed(self, name: str, expression: Any, variables: Mapping[str, Any], host: Any) -> tuple[Any, ...]:
        """Let the stock helper set a variable.

        The outcome: the value alone, `_NOTHING` where the expression failed, `_AGAIN` for what must not be remembered.
        """
        recorder = self._recorded(
            lambda: self._plugin._set_composite_vars({name: expression}, variables, host.name, self._strict)
        )
        if not recorder.variables:
            return _NOTHING
        value = host.vars.get(name)
        if self._exporting:
            value = host.vars[name] = with_plain_exports(value)
        # A list or a dictionary must not be shared between hosts.
        return (value,) if value is None or isinstance(value, (str, int, float)) else _AGAIN

    # Groups

    def _group_helper(self, name: str, condition: Any) -> Callable[[str], None]:
        return lambda host_name: self._plugin._add_host_to_composed_groups(
            {name: condition}, {}, host_name, self._strict
        )

    def _keyed_helper(self, keyed: Any) -> Callable[[str], None]:
        return lambda host_name: self._plugin._add_host_to_keyed_groups([keyed], {}, host_name, self._strict)

    def _group_all(self, entries: Sequence[_GroupEntry], host_names: Sequence[str], fresh: Collection[str]) -> None:
        hosts, groups = self._plugin.inventory.hosts, self._plugin.inventory.groups
        for host_name in host_names:
            host = hosts[host_name]
            is_fresh = host_name in fresh
            for entry in entries:
                key = entry.key(host.vars) if is_fresh else None
                outcome = entry.known.get(key) if key is not None else None
                if outcome is not None:
                    for group in outcome:
                        group.add_host(host)
                    continue
                try:
                    recorder = self._recorded(partial(entry.helper, host_name))
                except Exception as error:
                    if self._strict or not entry.forgives:
                        raise
                    entry.failures.append((host_name, error))
                    continue
                if key is not None:
                    entry.known[key] = tuple(groups[name] for name in recorder.joined)

    def _recorded(self, action: Callable[[], None]) -> _Recorder:
        inventory = self._plugin.inventory
        recorder = self._plugin.inventory = _Recorder(inventory)
        try:
            action()
        finally:
            self._plugin.inventory = inventory
        return recorder


def _keyed_reads(keyed: Any, own: Collection[str]) -> Reads | None:
    """What an entry of `keyed_groups` reads: its key, and its parent group's name, which may be a template."""
    if not isinstance(keyed, Mapping):
        return None
    reads = analyse(keyed.get("key"), own)
    parent = keyed.get("parent_group")
    if reads is None or parent is None:
        return reads
    parent_reads = analyse(parent, own, template=True)
    return None if parent_reads is None else Reads((*reads.paths, *parent_reads.paths), False)


def _text_of(keyed: Any) -> str:
    """How to call an entry of `keyed_groups`, empty where the entry itself is wrong."""
    if not isinstance(keyed, Mapping) or (
        keyed.get("default_value") is not None and keyed.get("trailing_separator") is not None
    ):
        return ""
    return f"keyed_groups: {str(keyed.get('key'))[:100]!r}"
