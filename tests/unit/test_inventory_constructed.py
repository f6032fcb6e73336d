# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""compose, groups and keyed_groups give what ansible-core's own helpers give, host by host and value by value, on the
installed ansible-core.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory import construct, source
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._inventory.selection import Found
from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import TRUST_IS_EXPLICIT, is_harmless

PLAN = {"id": 1, "name": "Standard VPS", "vcpus": 2, "memory": 4096, "storage": 80}
# Every kind of value that a field may hold, odd ones and hostile ones too.
TEXTS = [
    "us-west",
    "us-west",
    "US West 2",
    "",
    "True",
    "False",
    "None",
    "null",
    "true",
    "yes",
    "42",
    "1.5",
    "1e5",
    "0x10",
    "10:20",
    "2025-01-10T14:30:00Z",
    "[1, 2]",
    '{"a": 1}',
    "(1,)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "#jinja2: x",
    "# note",
    "a#b",
    "}}",
    "é ü",
    "a\\nb",
    "a\nb",
    "a\n",
    " a ",
    "'quoted'",
    '"quoted"',
    "-x",
    "@a",
    "%",
    "a=b",
    "omit",
    "vps_name",
    "all",
]
OTHERS = [
    None,
    True,
    False,
    0,
    1,
    1.0,
    -0.0,
    2**70,
    [],
    [1, "a", None],
    ["x", "x", ""],
    {},
    {"a": "b", "c": ""},
    {"items": "own", "keys": 1, "name": "n"},
]
PLANS = [
    PLAN,
    PLAN,
    {**PLAN, "memory": "4096"},
    {**PLAN, "memory": None},
    {**PLAN, "name": "big", "memory": 16384},
    {},
    None,
    "text",
    [PLAN],
    {"memory": 1.0},
    {"memory": True},
    {"memory": 1},
    {"name": "{{ 1 }}", "memory": 5},
]


def _servers() -> list[dict[str, Any]]:
    values = [*TEXTS, *OTHERS]
    count = len(values) + 18  # so that some come twice
    servers: list[dict[str, Any]] = []
    for number in range(count):
        server = {"id": 100 + number, "name": f"web-{number}", "status": ["active", "stopped"][number % 2]}
        server["location"] = values[number % len(values)]
        server["plan"] = PLANS[number % len(PLANS)]
        if number % 5:
            server["ip_address"] = f"203.0.113.{number % 250 + 1}"
        if number % 3 == 0:
            server["extra"] = values[(number * 7) % len(values)]
        servers.append(server)
    return servers


SERVERS = _servers()

EXPRESSIONS = [
    "vps_location",
    "vps_name",
    "vps_status",
    "vps_id",
    "vps_extra",
    "vps_missing",
    "vps_plan",
    "vps_plan.name",
    "vps_plan['name']",
    "vps_plan.memory",
    "vps_plan.missing",
    "vps_plan.name.upper",
    "vps_plan.memory.real",
    "vps_missing.deeper",
    "vps_extra.items",
    "vps_extra['items']",
    "vps_extra.keys",
    "vps_extra.name",
    "vps_extra[0]",
    "vps_extra['a']",
    "vps_extra.a",
    "ansible_host",
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "inventory_file",
    "vps_location | default('none')",
    "vps_missing | default('none')",
    "vps_location | default('none', true)",
    "vps_plan.name | default('none') | lower",
    "vps_location | lower",
    "vps_location | upper | replace('-', '_')",
    "vps_location ~ '-' ~ vps_status",
    "vps_location ~ vps_extra",
    "vps_location + 'x'",
    "vps_location | length",
    "vps_location | int",
    "vps_location | float",
    "vps_location | bool",
    "vps_location | string",
    "vps_location | to_json",
    "vps_location | from_json",
    "vps_extra | list",
    "vps_extra | join(',')",
    "vps_extra | first",
    "vps_extra | length",
    "vps_extra | to_json",
    "[vps_location]",
    "{'a': vps_location}",
    "{vps_name: vps_status}",
    "(vps_location, vps_status)",
    "vps_plan.memory // 1024",
    "vps_plan.memory / 3",
    "vps_plan.memory * 2",
    "vps_plan.memory | int + 1",
    "-vps_id",
    "vps_id % 7",
    "vps_id | string",
    "vps_status == 'active'",
    "vps_status != 'active'",
    "vps_plan.memory >= 8192",
    "vps_plan.memory == 1",
    "vps_plan.memory is number",
    "vps_plan.name is defined",
    "vps_missing is defined",
    "vps_missing is not defined",
    "vps_extra is none",
    "vps_extra is mapping",
    "vps_extra is string",
    "vps_extra is sequence",
    "vps_location in ['us-west', 'True']",
    "'us' in vps_location",
    "not vps_extra",
    "vps_extra and vps_location",
    "vps_extra or vps_location",
    "vps_location if vps_status == 'active' else vps_name",
    "vps_status == 'active' and vps_plan.memory > 1000",
    "vps_location is match('us')",
    "vps_location is search('we')",
    "vps_location | regex_replace('^us', 'them')",
    "vps_location | regex_search('[a-z]+')",
    "vps_location | split('-')",
    "vps_location | ternary('a', 'b')",
    "vps_location | hash('sha1')",
    "vps_location | b64encode",
    "vps_location[:2]",
    "vps_location | trim",
    "vps_location | sort",
    "vps_extra | unique",
    "vps_extra | dict2items",
    "vps_name | regex_replace('\\\\d+', 'N')",
    "'a\\nb'",
    "'constant'",
    "1",
    "true",
    "none",
    "omit",
    "now() is defined",
    "lookup('env', 'LC_ALL')",
    "vps_name.upper()",
    "vars['vps_name']",
    "vps_name | random(seed=1)",
    "undefined_name",
    "vps_name |",
    "{{ vps_name }}",
    "vps_name }}{{ vps_id",
    "1 / 0",
    "vps_location | mandatory",
    "c0",
    "vps_extra | combine({'z': 1})",
    "hostvars",
    "range(3) | list",
]
KEYED: list[dict[str, Any]] = [
    {"prefix": "p"},
    {},
    {"prefix": "p", "separator": ""},
    {"prefix": "p", "separator": "-"},
    {"prefix": "p", "default_value": "none"},
    {"prefix": "p", "trailing_separator": False},
    {"prefix": "p", "parent_group": "parent"},
    {"prefix": "p", "parent_group": "parent_{{ vps_status }}"},
    {"prefix": "p", "parent_group": "{{ vps_missing }}"},
    {"prefix": "p", "default_value": "x", "trailing_separator": True},
]
# With these no value of any server is more than ansible-core's helper takes.
KEYED_EXPRESSIONS = [
    "vps_status",
    "vps_plan.name",
    "vps_plan.memory | string",
    "vps_missing",
    "vps_missing | default('')",
    "vps_location | default('none') | string | lower",
    "{'a': vps_status, 'b': ''}",
    "[vps_status, '']",
    "vps_extra | default([]) | string",
    "inventory_hostname",
    "group_names",
    "vps_name |",
]
ODD_KEYS = [
    "vps_location",
    "vps_id",
    "vps_extra",
    "vps_extra | default([])",
    "vps_plan",
    "vps_plan.memory",
    "vps_status == 'active'",
    "none",
    "",
]


class Stock:
    """Calls the helpers of ansible-core as any plugin does: host by host."""

    def __init__(self, plugin: Any, **_own: Any) -> None:
        self.plugin = plugin

    def construct(self, host_names: Sequence[str], fresh: Any) -> list[str]:
        compose, groups, keyed_groups, strict = (
            self.plugin.get_option(option) for option in ("compose", "groups", "keyed_groups", "strict")
        )
        for name in host_names:
            self.plugin._set_composite_vars(compose, self.plugin.inventory.get_host(name).get_vars(), name, strict)
        for name in host_names:
            self.plugin._add_host_to_composed_groups(groups, {}, name, strict)
            self.plugin._add_host_to_keyed_groups(keyed_groups, {}, name, strict)
        return []


@dataclasses.dataclass
class Outcome:
    failed: bool
    hosts: dict[str, Any]
    groups: dict[str, Any]
    values: dict[tuple[str, str], Any]


def described(value: Any) -> str:
    """A value with the types of JSON and, where it matters, whether it could be a template."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!s}: {described(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(described, value)) + "]"
    if isinstance(value, str):
        if TRUST_IS_EXPLICIT:
            from ansible.template import is_trusted_as_template

            # Trust in harmless text changes nothing but exports: see test_exports_of_composed_variables.
            return (
                f"{'trusted' if is_trusted_as_template(value) and not is_harmless(value) else 'text'} "
                f"{json.dumps(str(value))}"
            )
        # Up to 2.18 a method is shown with its address.
        return (
            f"{'unsafe' if hasattr(value, '__UNSAFE__') else 'text'} "
            f"{json.dumps(re.sub(' at 0x[0-9a-f]+>', '>', value))}"
        )
    return next((f"{kind.__name__} {value!r}" for kind in (bool, int, float) if isinstance(value, kind)), repr(value))


@pytest.fixture
def build(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Make the inventory of a configuration, with this plugin's way of constructing or with ansible-core's."""
    monkeypatch.setenv("VPS_API_TOKEN", "vps_test")
    monkeypatch.setattr(source, "fetch_servers", lambda *_arguments: (Found([dict(server) for server in SERVERS]), []))
    fast = construct.Constructor

    def make(config: dict[str, Any], *, stock: bool = False, extra_vars: dict[str, Any] | None = None) -> Outcome:
        monkeypatch.setattr(construct, "Constructor", Stock if stock else fast)
        path = tmp_path / "test.vps.yml"
        path.write_text(yaml.safe_dump({"plugin": "vpsorg.cloud.vps", **config}))
        if extra_vars is not None:
            monkeypatch.setattr("ansible.plugins.inventory.load_extra_vars", lambda _loader: extra_vars)
        inventory = InventoryManager(loader=DataLoader(), sources=[str(path)])
        hosts = {
            name: {key: described(value) for key, value in host.vars.items()} for name, host in inventory.hosts.items()
        }
        groups = {
            name: (
                [host.name for host in group.hosts],
                sorted(child.name for child in group.child_groups),
                sorted(host.name for host in group.get_hosts()),
            )
            for name, group in inventory.groups.items()
        }
        values = {(name, key): value for name, host in inventory.hosts.items() for key, value in host.vars.items()}
        return Outcome(not inventory.hosts, hosts, groups, values)

    return make


def assert_same(one: Outcome, other: Outcome) -> None:
    assert one.failed == other.failed
    assert set(one.hosts) == set(other.hosts)
    for name, variables in one.hosts.items():
        assert variables == other.hosts[name], name
    if not one.failed:
        assert one.groups == other.groups


def test_composed_variables(build: Callable[..., Outcome]) -> None:
    config = {"compose": {f"c{number}": expression for number, expression in enumerate(EXPRESSIONS)}}
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    composed = {key for variables in fast.hosts.values() for key in variables if key[0] == "c" and key[1:].isdigit()}
    assert len(fast.hosts) == len(SERVERS) and len(composed) > 80


@pytest.mark.skipif(
    not TRUST_IS_EXPLICIT, reason="exports mark text that is not trusted with ansible-core 2.19 and newer"
)
def test_exports_of_composed_variables(build: Callable[..., Outcome]) -> None:
    """Exports show harmless text as it is: what is composed of it too, constants too, inside of containers too.

    Nothing else becomes trusted.
    """
    from ansible.template import is_trusted_as_template

    expressions = [
        "'root'",
        "vps_status ~ '-x'",
        "vps_status | upper",
        "vps_location | string",
        "vps_name",
        "[vps_status, {'a': vps_status}]",
        "vps_plan",
    ]
    outcome = build({"compose": {f"c{number}": expression for number, expression in enumerate(expressions)}})
    texts: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, str):
            texts.append(value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(item)

    for (_name, key), value in outcome.values.items():
        if key[0] == "c" and key[1:].isdigit():
            collect(value)
    assert len(texts) > 300
    assert [text for text in texts if is_trusted_as_template(text) is not is_harmless(text)] == []


def test_composed_variables_do_not_see_each_other(build: Callable[..., Outcome]) -> None:
    config = {
        "compose": {
            "vps_location": "vps_name",
            "a": "vps_location",
            "ansible_host": "'x' ~ vps_id",
            "b": "ansible_host",
            "vps_plan": "vps_plan.name",
            "c": "vps_plan",
        }
    }
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    assert fast.values["web-1", "vps_location"] == "web-1" and fast.values["web-1", "a"] == "us-west"


def test_groups(build: Callable[..., Outcome]) -> None:
    config = {
        "compose": {"from_plan": "vps_plan.name", "number": "vps_plan.memory"},
        "groups": {
            f"g{number}": expression
            for number, expression in enumerate([*EXPRESSIONS, True, False, "from_plan == 'big'", "number == 1"])
        },
    }
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    assert sum(bool(hosts) for name, (hosts, _children, _all) in fast.groups.items() if name.startswith("g")) > 20


def test_group_names_are_made_safe(build: Callable[..., Outcome]) -> None:
    config = {"groups": {"a-b": "vps_status == 'active'", "a b": "vps_status == 'stopped'", "web-1": "true"}}
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    assert len(fast.groups["a_b"][0]) == len(SERVERS)
    assert "vps-101" in fast.hosts and "web-1" not in fast.hosts  # a group of that name is configured


@pytest.mark.parametrize("keyed", KEYED, ids=str)
def test_keyed_groups(build: Callable[..., Outcome], keyed: dict[str, Any]) -> None:
    config = {"keyed_groups": [{"key": expression, **keyed} for expression in KEYED_EXPRESSIONS]}
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    # Two options that exclude each other are an error.
    assert fast.failed == ({"default_value", "trailing_separator"} <= set(keyed))
    assert fast.failed or "vps_missing" in str(keyed) or len(fast.groups) > 10


@pytest.mark.parametrize("expression", ODD_KEYS)
def test_keys_that_may_be_no_name(build: Callable[..., Outcome], expression: str) -> None:
    config = {"keyed_groups": [{"key": expression, "prefix": "p"}]}
    stock = build(config, stock=True)
    fast = build(config)
    if stock.failed:
        # One odd server takes down all others there; here it does only where the entry fits no host.
        assert fast.failed or len(fast.hosts) == len(SERVERS)
    else:
        assert_same(fast, stock)


@pytest.mark.parametrize("leading_separator", [True, False])
def test_several_keyed_groups(build: Callable[..., Outcome], leading_separator: bool) -> None:
    config = {
        "leading_separator": leading_separator,
        "compose": {"kind": "vps_plan.name | default('none')", "place": "vps_status ~ '-x'"},
        "groups": {"running": "vps_status == 'active'", "named": "kind == 'big'"},
        "keyed_groups": [
            {"key": "vps_status"},
            {"key": "kind", "prefix": "kind", "parent_group": "kinds"},
            {"key": "place", "prefix": "place", "parent_group": "{{ vps_status }}"},
            {"key": "group_names", "prefix": "in"},
            {"key": "vps_extra | default('') | string | length | string", "prefix": "length"},
        ],
    }
    fast = build(config)
    assert_same(fast, build(config, stock=True))
    assert not fast.failed and fast.groups["kinds"][1]


@pytest.mark.parametrize(
    "config",
    [
        {"compose": {"a": "vps_plan.name"}},
        {"compose": {"a": "vps_name | lower"}},
        {"compose": {"a": "vps_missing"}},
        {"groups": {"a": "vps_plan.memory > 1"}},
        {"groups": {"a": "vps_status == 'active'"}},
        {"keyed_groups": [{"key": "vps_status", "prefix": "s"}]},
        {"keyed_groups": [{"key": "vps_location", "prefix": "s"}]},
        {"keyed_groups": [{"key": "vps_status", "parent_group": "{{ vps_missing }}"}]},
    ],
    ids=str,
)
def test_strict(build: Callable[..., Outcome], config: dict[str, Any]) -> None:
    fast = build({"strict": True, **config})
    assert_same(fast, build({"strict": True, **config}, stock=True))
    assert fast.failed == (
        "lower" not in str(config)
        and "'active'" not in str(config)
        and "'key': 'vps_status', 'prefix'" not in str(config)
    )


@pytest.mark.parametrize("use", [True, False])
def test_extra_variables(build: Callable[..., Outcome], use: bool) -> None:
    config = {
        "use_extra_vars": use,
        "compose": {"a": "vps_location", "b": "vps_location | default('x') | string | lower", "c": "other"},
        "groups": {"g": "vps_location == 'everywhere'"},
        "keyed_groups": [{"key": "vps_status", "prefix": "s"}],
    }
    extra = {"vps_location": "everywhere", "other": "extra", "vps_status": "{{ vps_name }}"}
    fast = build(config, extra_vars=extra)
    assert_same(fast, build(config, stock=True, extra_vars=extra))
    assert (fast.values["web-0", "a"] == "everywhere") is use


def test_hosts_share_no_containers(build: Callable[..., Outcome]) -> None:
    outcome = build({"compose": {"plan": "vps_plan", "list": "[vps_status]", "by": "{'status': vps_status}"}})
    for key in ("plan", "list", "by", "vps_plan"):
        values = [
            value
            for (_name, variable), value in outcome.values.items()
            if variable == key and isinstance(value, (dict, list))
        ]
        assert len(values) > 10 and len({id(value) for value in values}) == len(values), key


def test_expressions_are_evaluated_once_for_every_value(
    build: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the speed rests on: not a time, a count."""
    calls: list[str] = []
    original = construct.Constructor._recorded

    def counted(self: Any, action: Callable[[], None]) -> Any:
        calls.append("call")
        return original(self, action)

    monkeypatch.setattr(construct.Constructor, "_recorded", counted)
    build(
        {
            "keyed_groups": [{"key": "vps_status", "prefix": "s"}],
            "groups": {"g": "vps_status == 'active'"},
            "compose": {"a": "vps_status | upper", "b": "vps_name"},
        }
    )
    assert len(calls) == 2 + 2 + 2


def test_one_odd_server_does_not_take_down_the_others(
    build: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    servers = [
        {"id": number, "name": f"web-{number}", "status": "active", "location": "us-west"} for number in range(1, 6)
    ]
    servers.append({"id": 6, "name": "odd", "status": "active", "location": {"a": {"b": 1}}})
    servers.append({"id": 7, "name": "odder", "status": "active", "location": 7.5})
    monkeypatch.setattr(source, "fetch_servers", lambda *_arguments: (Found(servers), []))
    outcome = build({"keyed_groups": [{"key": "vps_location", "prefix": "at"}]})
    assert len(outcome.hosts) == 7
    assert outcome.groups["at_us_west"][0] == [f"web-{number}" for number in range(1, 6)]


def test_a_wrong_entry_is_an_error(build: Callable[..., Outcome]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ansible.constants.INVENTORY_ANY_UNPARSED_IS_FAILED", True)
        with pytest.raises(AnsibleError):
            build({"keyed_groups": [{"key": "vps_status", "default_value": "x", "trailing_separator": True}]})
    assert build({"keyed_groups": [{"key": "vps_status", "default_value": "x", "trailing_separator": True}]}).failed
