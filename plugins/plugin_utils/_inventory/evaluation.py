# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions that decide before there are hosts: which servers become hosts, and under which names.

Each is evaluated by ansible-core's own means, once for every distinct value of what it reads; texts that are only put
together need no evaluation at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.vars import combine_vars

from .._text import TRUST_IS_EXPLICIT, printable
from .expressions import Outcomes, analyse, read
from .hosts import Draft
from .options import plain_message

# A text that comes out of a template as it went in, on every ansible-core: nothing in it can be taken for a list or a
# word of Python.
SIMPLE_TEXT = re.compile(r"(?!(?:True|False|None)\Z)[A-Za-z0-9](?:[A-Za-z0-9 _.:/@+-]*[A-Za-z0-9])?")


class Evaluating(Protocol):
    """What is used of an inventory plugin: its options, its templates, and ansible-core's helper for `compose`."""

    _vars: Any

    @property
    def templar(self) -> Any:
        """What evaluates templates."""

    def get_option(self, option: str) -> Any:
        """The value of an option."""

    def _compose(self, template: Any, variables: Any) -> Any:
        """The value of an expression."""


def may_remember(plugin: Any) -> bool:
    """Whether an expression means the same for whoever has the same variables.

    Extra variables and extensions of Jinja may change what any expression means.
    """
    uses_extra_vars = plugin.get_option("use_extra_vars") and plugin._vars
    return not uses_extra_vars and not getattr(C, "DEFAULT_JINJA2_EXTENSIONS", None)


def texts_stay_texts() -> bool:
    """Whether a template whose result is a text gives just that; native Jinja makes a number of `7`."""
    return TRUST_IS_EXPLICIT or not C.config.get_config_value("DEFAULT_JINJA2_NATIVE")


class Chooser:
    """Evaluates `filters` and the expressions in `hostnames`."""

    def __init__(self, plugin: Evaluating, own: Collection[str]) -> None:
        """`own`: the names of the variables that the drafts have or could have, none of which holds a template."""
        self._plugin = plugin
        self._own = own
        self._remember = may_remember(plugin)
        self._texts_stay_texts = texts_stay_texts()
        self._names: dict[str, Outcomes] = {}
        self._failures: dict[str, list[tuple[str, str]]] = {}

    def kept(self, drafts: list[Draft], filters: Sequence[str]) -> list[Draft]:
        """The drafts for which all filters are true.

        A filter that fails for a server neither keeps it nor leaves it out, strict or not: it raises AnsibleError.
        """
        for condition in filters:
            outcomes = self._outcomes(condition)
            drafts = [draft for draft in drafts if self._is_true(condition, outcomes, draft)]
        return drafts

    def name(self, expression: str, draft: Draft) -> Any:
        """What an expression in `hostnames` gives for a server: usually a text; None where it gives nothing or fails.

        With the option `strict`, a failure raises AnsibleError.
        """
        outcomes = self._names.get(expression)
        if outcomes is None:
            outcomes = self._names[expression] = self._outcomes(expression)
        if outcomes.reads is not None and outcomes.reads.pieces and self._texts_stay_texts:
            text = _put_together(outcomes.reads.pieces, draft.variables)
            if text is not None:
                return text
        key = outcomes.key(draft.variables)
        try:
            if key is None or key not in outcomes.known:
                value = _plain(self._plugin._compose(expression, draft.variables))
                if key is not None:
                    outcomes.known[key] = value
                return value
            return outcomes.known[key]
        except Exception as error:
            problem = _problem(error)
            if self._plugin.get_option("strict"):
                raise AnsibleError(f"hostnames: {printable(expression)} fails for {_title(draft)}: {problem}") from None
            self._failures.setdefault(expression, []).append((_title(draft), problem))
            return None

    def warnings(self, count: int) -> list[str]:
        """What to say of expressions in `hostnames` that have failed. `count`: how many servers there are."""
        return [
            f"hostnames: {printable(expression)} fails for {len(failures)} of {count} servers, which get another name. "
            f"The first is {failures[0][0]}: {failures[0][1]}"
            for expression, failures in self._failures.items()
        ]

    def _outcomes(self, expression: str) -> Outcomes:
        return Outcomes(analyse(expression, self._own) if self._remember else None)

    def _is_true(self, condition: str, outcomes: Outcomes, draft: Draft) -> bool:
        key = outcomes.key(draft.variables)
        if key is not None and key in outcomes.known:
            return bool(outcomes.known[key])
        try:
            value = self._evaluated(condition, draft.variables)
        except Exception as error:
            raise AnsibleError(
                f"filters: {printable(condition)} can't be evaluated for {_title(draft)}: {_problem(error)} It must be "
                "true or false for every server: where a value may be missing, use the filter default."
            ) from None
        if key is not None:
            outcomes.known[key] = value
        return value

    def _evaluated(self, condition: str, variables: Mapping[str, Any]) -> bool:
        """As ansible-core evaluates a condition in `groups`."""
        templar = self._plugin.templar
        if self._plugin.get_option("use_extra_vars"):
            variables = combine_vars(variables, self._plugin._vars)
        templar.available_variables = variables
        if TRUST_IS_EXPLICIT:
            return bool(templar.evaluate_conditional(condition))
        return bool(boolean(templar.template(f"{{% if {condition} %}} True {{% else %}} False {{% endif %}}")))


def _put_together(pieces: Sequence[str | tuple[str, ...]], variables: Mapping[str, Any]) -> str | None:
    """The text of constants and variables; None where it is for Jinja to say."""
    texts = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        value, steps = read(variables, piece)
        if steps < len(piece) or not isinstance(value, (str, int)) or isinstance(value, bool):
            return None
        texts.append(str(value))
    text = "".join(texts)
    return text if SIMPLE_TEXT.fullmatch(text) else None


def _plain(value: Any) -> Any:
    """A result as a candidate for a name: a number is its digits, and a text is of no subclass of its own."""
    if isinstance(value, str):
        return str.__str__(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _problem(error: Exception) -> str:
    words = plain_message(error if isinstance(error, AnsibleError) else AnsibleError(str(error))).rstrip(".")
    return f"{words}."


def _title(draft: Draft) -> str:
    return f"server {printable(draft.server.get('name'))} (id {draft.server['id']})"
