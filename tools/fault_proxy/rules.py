# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults as data, and the book of rules that decides which request meets which fault."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .http1 import Request
from .kinds import KINDS, STORM_KINDS

_UNSET: Any = object()


@dataclass(init=False, eq=False)
class Fault:
    """A fault, declared: which requests it hits, and how.

    kind: a name from ``KINDS``.
    method: only requests of this method; None: any that the kind is for.
    path: shell pattern on the whole path. A ``*`` at the start stands for any beginning, every other ``*`` for one
        segment at most, ``**`` for anything: ``*/servers/`` is the list, ``*/servers/*/`` a server,
        ``*/servers/*/start/`` an action.
    nth: the first matching request that is hit (from 1).
    times: how many are hit; None: all from then on. Unset: the kind's own default, 1 for most.
    query: a text that the query has to contain; body_has: a text that the body has to contain.
    Every other keyword is a parameter of the kind. Two faults of equal content are still two.
    """

    kind: str
    method: str | None
    path: str
    nth: int
    times: int | None
    query: str | None
    body_has: str | None
    params: dict[str, Any]

    def __init__(
        self,
        kind: str,
        method: str | None = None,
        path: str = "*",
        nth: int = 1,
        times: int | None = _UNSET,
        query: str | None = None,
        body_has: str | None = None,
        **params: Any,
    ) -> None:
        """Raise ValueError for an unknown kind, TypeError for a parameter that the kind does not have."""
        if kind not in KINDS:
            raise ValueError(f"no fault of this kind: {kind!r}")
        if nth < 1:
            raise ValueError("nth counts from 1")
        unknown = sorted(set(params) - set(KINDS[kind].defaults))
        if unknown:
            raise TypeError(
                f"{kind} has no parameter {', '.join(unknown)}; it has: {', '.join(KINDS[kind].defaults) or 'none'}"
            )
        self.kind, self.method, self.path, self.nth = kind, method, path, nth
        self.times = KINDS[kind].times if times is _UNSET else times
        self.query, self.body_has = query, body_has
        self.params = {**KINDS[kind].defaults, **params}
        self._path = _pattern(path)
        if kind == "barrier" and times is _UNSET:
            self.times = self.params["parties"]  # one meeting, not one after the other
        if kind == "storm":
            self.params["kinds"] = _storm_kinds(self.params["kinds"])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fault:
        """Make a fault from the keyword arguments of its constructor, as a rules file has them."""
        return cls(**dict(data))

    def matches(self, request: Request) -> bool:
        """Tell whether a request is one of those that the fault speaks of, counters aside."""
        methods = KINDS[self.kind].methods
        return (
            (self.method is None or self.method == request.method)
            and (methods is None or request.method in methods)
            and self._path.fullmatch(request.path) is not None
            and (self.query is None or self.query in request.query)
            and (self.body_has is None or self.body_has.encode() in request.body)
        )


def storm(
    seed: int, share: float, kinds: Iterable[str | Fault | Mapping[str, Any]] | None = None, **where: Any
) -> Fault:
    """Break ``share`` of all requests, reproducibly.

    A kind is a name, or a Fault (or its keywords) where it needs parameters.
    """
    return Fault("storm", seed=seed, share=share, kinds=kinds, **where)


def storm_draw(seed: int, share: float, options: int, number: int, method: str, path: str) -> int | None:
    """Decide about the ``number``-th request that a storm sees: None to spare it, else which of ``options`` kinds.

    Pure.
    """
    digest = hashlib.sha256(f"{seed}\n{number}\n{method}\n{path}".encode()).digest()
    if options < 1 or int.from_bytes(digest[:8], "big") >= share * 2**64:
        return None
    return int.from_bytes(digest[8:16], "big") % options


def load_rules(file: str | Path) -> list[Fault]:
    """Read a rules file: a JSON list of objects, the keyword arguments of Fault."""
    data = json.loads(Path(file).read_text(encoding="utf-8"))
    if not isinstance(data, list):
        raise ValueError("a rules file holds a list")
    return [Fault.from_dict(item) for item in data]


@dataclass(eq=False)
class Rule:
    """A fault in force, with its counters: matching requests seen, and hit."""

    fault: Fault
    seen: int = 0
    hits: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    def due(self) -> bool:
        """Count one matching request and tell whether it is hit."""
        self.seen += 1
        return self.seen >= self.fault.nth and not self.spent

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times


@dataclass
class Hit:
    """What a request has to meet: the rule that counts it, and the fault to carry out (a storm's choice differs from
    its rule).
    """

    rule: Rule
    fault: Fault

    def give_back(self) -> None:
        """Uncount the hit: the fault could not be carried out on this request."""
        self.rule.hits -= 1


class RuleBook:
    """The rules in force. Used in the proxy's loop only, so it needs no lock."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._known: dict[Fault, Rule] = {}

    def set(self, faults: Iterable[Fault]) -> None:
        """Replace all rules; counters begin at nought."""
        self.rules = [Rule(fault) for fault in faults]
        self._known.update((rule.fault, rule) for rule in self.rules)

    def rule(self, fault: Fault) -> Rule:
        """The newest rule of a fault, in force or not; KeyError if it never was."""
        return self._known[fault]

    def of_stage(self, stage: str) -> list[Rule]:
        return [rule for rule in self.rules if KINDS[rule.fault.kind].stage == stage]

    def match(self, request: Request, possible: Callable[[Fault, Request], bool]) -> Hit | None:
        """Count a request with every rule that speaks of it; the first that is due is its fate.

        ``possible`` tells whether kinds that need a past (stale reads, new ids) have one; without, the request does not
        count.
        """
        hit = None
        for rule in self.rules:
            fault = rule.fault
            if KINDS[fault.kind].stage == "connection" or not fault.matches(request) or not possible(fault, request):
                continue
            if rule.due() and hit is None:
                fate = self._storm_choice(rule, request, possible) if fault.kind == "storm" else fault
                if fate is not None:
                    rule.hits += 1
                    hit = Hit(rule, fate)
        return hit

    @staticmethod
    def _storm_choice(rule: Rule, request: Request, possible: Callable[[Fault, Request], bool]) -> Fault | None:
        params = rule.fault.params
        options = [fault for fault in params["kinds"] if fault.matches(request) and possible(fault, request)]
        draw = storm_draw(params["seed"], params["share"], len(options), rule.seen, request.method, request.path)
        return None if draw is None else options[draw]


def _storm_kinds(kinds: Iterable[Any] | None) -> list[Fault]:
    faults = []
    for kind in STORM_KINDS if kinds is None else kinds:
        fault = kind if isinstance(kind, Fault) else Fault(kind) if isinstance(kind, str) else Fault.from_dict(kind)
        if KINDS[fault.kind].stage == "connection" or fault.kind in ("storm", "barrier"):
            raise ValueError(f"a storm cannot use {fault.kind}")
        faults.append(fault)
    return faults


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", path)
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    begins_with_star = parts[0] == "" and len(parts) > 1 and parts[1] == "*"
    text = "".join(words.get(part, re.escape(part)) for part in parts)
    return re.compile(".*" + text[len("[^/]*") :] if begins_with_star else text, re.DOTALL)
