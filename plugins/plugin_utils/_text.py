# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from the API as Ansible's variables: data, never a template, and still plain strings in every export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible import template as core_template

TRUST_IS_EXPLICIT = hasattr(core_template, "trust_as_template")
if TRUST_IS_EXPLICIT:
    # ansible-core 2.19 and newer: a string is no template unless it is trusted, and an export shows what is not trusted
    # as a dictionary.
    from ansible.template import trust_as_template

    # A marked text is of a subclass of its own. The other subclasses of str (vaulted, unsafe, native) act in ways of
    # their own.
    TEXT_TYPES = frozenset({str, type(trust_as_template("text"))})
else:
    # Up to 2.18 every string is a template unless it is wrapped.
    from ansible.utils.unsafe_proxy import wrap_var

    TEXT_TYPES = frozenset({str})

from ..module_utils._client.responses import is_deeper

# Levels of containers in one value: far beyond the API's two, far within what Ansible's own recursions take.
DEEPEST = 32
_OVERRIDES_HEADER = "#jinja2:"  # a first line that redefines the template delimiters


class TooDeep(ValueError):
    """A value is nested too deeply to be a variable."""


def is_harmless(text: str) -> bool:
    """Whether a text can hold no spelling of a template: no brace, and no header that would redefine the delimiters."""
    return "{" not in text and "}" not in text and not text.startswith(_OVERRIDES_HEADER)


def _marked_where_trust_is_explicit(text: str) -> str:
    return trust_as_template(text) if is_harmless(text) else text


def _marked_where_trust_is_implied(text: str) -> str:
    # Any leading "#" counts: a user's own expression may complete it to the header.
    return text if is_harmless(text) and not text.startswith("#") else wrap_var(text)


def is_exporting() -> bool:
    """Whether variables may leave this process as they are.

    That is so in ansible-inventory, and in whatever is none of Ansible's own commands. Everywhere else nothing from the
    API needs to be trusted, and it is better that it is not: trusted text can become an expression, too.
    """
    return not context.CLIARGS or "export" in context.CLIARGS


class _MarkedTexts(dict[str, str]):
    """Every text so far, with its marked form: servers share most texts, and marking takes longer than finding."""

    def __missing__(self, text: str) -> str:
        marked = self[text] = (
            _marked_where_trust_is_explicit(text) if TRUST_IS_EXPLICIT else _marked_where_trust_is_implied(text)
        )
        return marked


class Marker:
    """Makes JSON values safe as variables: every string in them is marked, keys too.

    On ansible-core 2.19 and newer nothing is a template that is not trusted; where it may be exported, harmless text is
    marked as trusted, which lets exports show it as a plain string. On 2.18 and older everything that could be a
    template is wrapped as unsafe.
    """

    def __init__(self, *, exporting: bool) -> None:
        self._marks = exporting or not TRUST_IS_EXPLICIT
        self._texts: Mapping[str, str] = _MarkedTexts()

    def __call__(self, value: Any) -> Any:
        """A safe copy; the value itself, where nothing is marked. Raises TooDeep."""
        kind = type(value)
        if kind is str:
            return self._texts[value] if self._marks else value
        if kind is not dict and kind is not list:
            return value
        if is_deeper(value, DEEPEST):
            raise TooDeep
        return self._marked(value) if self._marks else value

    def _marked(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._texts[value]
        if kind is not dict and kind is not list:
            return value
        if kind is list:
            return [self._marked(item) for item in value]
        texts = self._texts
        # Keys are never templates where trust is explicit, and an export can't mark them.
        return {
            name if TRUST_IS_EXPLICIT else texts[name]: (
                texts[item] if type(item) is str else self._marked(item)  # pylint: disable=unidiomatic-typecheck
            )
            for name, item in value.items()
        }


def new_marker() -> Marker:
    """A marker for the command that is running."""
    return Marker(exporting=is_exporting())


def with_plain_exports(value: Any) -> Any:
    """The result of a user's own expression, of the same value, whose harmless text exports show as plain strings.

    On ansible-core 2.19 and newer results are not trusted, not even a constant, and AWX would store a dictionary for
    each text.
    """
    if not TRUST_IS_EXPLICIT:
        return value
    if isinstance(value, str):
        return trust_as_template(value) if type(value) in TEXT_TYPES and is_harmless(value) else value
    if isinstance(value, dict):
        return {name: with_plain_exports(item) for name, item in value.items()}
    return [with_plain_exports(item) for item in value] if isinstance(value, list) else value


def printable(value: Any, limit: int = 100) -> str:
    """A value from the API for a message: quoted, on one line, nothing in it that a terminal acts upon.

    What is longer than `limit` characters is cut off.
    """
    shown = ascii(value)
    return shown if len(shown) <= limit else f"{shown[:limit]}…"
