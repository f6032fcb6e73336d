# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from the API is never a template: checked with the templar of the ansible-core that is installed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import (
    TRUST_IS_EXPLICIT,
    Marker,
    is_exporting,
    is_harmless,
    printable,
)

HOSTILE = [
    "{{ 7 * 7 }}",
    "{% if true %}49{% endif %}",
    "a{{ lookup('pipe', 'echo 49') }}",
    "{#",
    "}}",
    "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ 7 * 7 ]]",
]


def templated(value: Any) -> Any:
    """What Ansible makes of a variable that a task refers to."""
    expression = "{{ x }}"
    if TRUST_IS_EXPLICIT:
        from ansible.template import trust_as_template

        expression = trust_as_template(expression)
    return Templar(DataLoader(), variables={"x": value}).template(expression)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    mark = Marker(exporting=True)
    assert not is_harmless(text)
    assert templated(mark(text)) == text
    assert templated(mark({"a": [text, {"b": text}]})) == {"a": [text, {"b": text}]}
    assert templated(mark({text: {text: 1}})) == {text: {text: 1}}


@pytest.mark.skipif(TRUST_IS_EXPLICIT, reason="every string is a template in ansible-core 2.18 and older only")
def test_the_hostile_text_would_be_a_template() -> None:
    assert str(templated("{{ 7 * 7 }}")) == "49"


@pytest.mark.parametrize(
    "text", ["", "web-1", "Ubuntu 22.04 LTS", "héllo", "# not a header", "a#jinja2:", "100%", "$(id)"]
)
def test_harmless_text_is_the_same(text: str) -> None:
    marked = Marker(exporting=True)(text)
    assert marked == text and isinstance(marked, str)
    assert templated(marked) == text


@pytest.mark.skipif(not TRUST_IS_EXPLICIT, reason="trust is a matter of ansible-core 2.19 and newer")
def test_trust() -> None:
    from ansible.template import is_trusted_as_template

    mark = Marker(exporting=True)
    assert is_trusted_as_template(mark("web-1")) and is_trusted_as_template(mark({"a": ["b"]})["a"][0])
    assert [text for text in HOSTILE if is_trusted_as_template(mark(text))] == []


@pytest.mark.skipif(not TRUST_IS_EXPLICIT, reason="trust is a matter of ansible-core 2.19 and newer")
def test_nothing_is_trusted_that_is_not_exported() -> None:
    """Trusted text can become an expression: `when: "{{ vps_status }}"`."""
    from ansible.template import is_trusted_as_template

    mark = Marker(exporting=False)
    assert not any(is_trusted_as_template(mark(text)) for text in ["web-1", "lookup('pipe', 'id')", *HOSTILE])


@pytest.mark.parametrize(
    ("arguments", "exporting"), [({}, True), ({"export": False, "list": True}, True), ({"module_name": "ping"}, False)]
)
def test_which_commands_export(monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], exporting: bool) -> None:
    monkeypatch.setattr("ansible.context.CLIARGS", arguments)
    assert is_exporting() is exporting


def test_containers_are_copied() -> None:
    value = {"plan": {"name": "a"}, "list": [1]}
    marked = Marker(exporting=True)(value)
    marked["plan"]["name"] = "b"
    marked["list"].append(2)
    assert value == {"plan": {"name": "a"}, "list": [1]}


def test_other_types_are_kept() -> None:
    assert [(type(entry), entry) for entry in Marker(exporting=True)([None, True, 1, 1.5])] == [
        (type(None), None),
        (bool, True),
        (int, 1),
        (float, 1.5),
    ]


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31m", "a\u202eb", "é", "x" * 500, None, {"a": "\x00"}])
def test_printable(value: Any) -> None:
    assert printable(value).isprintable() and len(printable(value)) <= 101
