# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which description of the API an account speaks: the documentation's, or that of the vendor's own clients. Pure.

They are told apart by how objects are identified: documented is an integer `id`; the clients read a `uuid` of
everything but locations. An `id` that is the text of a uuid is neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from .._client.responses import as_id, is_uuid
from .described import ACCOUNT_PATH, CLIENTS_PATHS, PLANS_PATH
from .shape import Shape, shape_of, together

DOCUMENTED, CLIENTS, UNKNOWN = "documented", "clients", "unknown"
# A task that is refused page_size goes on without it.
REFUSALS_OF_A_QUERY = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


class Answer(NamedTuple):
    """What became of one request. `status`: None where no response came; `value`: the JSON value of the body;
    `instead`: what came in its place, in words.
    """

    status: int | None
    value: Any = None
    instead: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it is a success with a JSON body."""
        return self.status == HTTPStatus.OK and not self.instead

    @property
    def items(self) -> list[Any] | None:
        """The objects of a list, which may be a plain array; None where it is no list."""
        value = self.value.get("results") if isinstance(self.value, Mapping) else self.value
        return value if self.is_ok and isinstance(value, list) else None

    def shape(self, *, is_object: bool = False) -> Shape:
        """Keys and types of the body, or the words for what is none. `is_object`: whether a success shows an object of
        the API, not what stands around some.
        """
        has_fields = self.is_ok and (is_object or isinstance(self.value, list))
        return self.instead or shape_of(self.value, has_fields=has_fields)


NOT_ASKED = Answer(None, instead="not asked")


class Findings(NamedTuple):
    """All that an account has shown.

    `listed`: the response to `GET /servers/`; `servers`: the servers of all pages that were read, each once;
    `list_problem`: why a task can't read this list as a whole, as a phrase; `page_size`: the response to a request with
    that parameter; `detail`: that of one server, with its id; `others`: what the other paths gave, by path; `paging`
    and `endpoints`: as the module vps_api_info returns them.
    """

    listed: Answer
    servers: Sequence[Any] = ()
    list_problem: str | None = None
    page_size: Answer = NOT_ASKED
    detail: tuple[int, Answer] | None = None
    others: Mapping[str, Answer] = {}
    paging: Mapping[str, Any] = {}
    endpoints: Mapping[str, Any] = {}

    def other(self, path: str) -> Answer:
        """What another path gave."""
        return self.others.get(path, NOT_ASKED)

    @property
    def is_listed(self) -> bool:
        """Whether there is a list of servers at all."""
        return self.listed.items is not None


class Verdict(NamedTuple):
    """The description that an account speaks, and why, in sentences."""

    dialect: str
    reasons: list[str]


def judge(found: Findings) -> Verdict:
    """Which description an account speaks: by its servers; if there is none, by its plans; only then by its paths."""
    verdict = _by_ids("a server", found.servers) or _by_ids("a plan", found.other(PLANS_PATH).items or ())
    if verdict is None:
        verdict = _by_paths(found) if found.is_listed else Verdict(UNKNOWN, [])
    # Without a list of servers nothing can be managed, whatever the rest looks like.
    return Verdict(UNKNOWN, verdict.reasons) if verdict.dialect == DOCUMENTED and not found.is_listed else verdict


def _by_ids(what: str, items: Sequence[Any]) -> Verdict | None:
    if not items:
        return None
    objects = [item for item in items if isinstance(item, Mapping)]
    if any(as_id(item.get("id")) is not None for item in objects):
        return Verdict(DOCUMENTED, [f"The API identifies {what} by an integer id, as it is documented."])
    if any(isinstance(item.get("uuid"), str) for item in objects):
        return Verdict(CLIENTS, [f"The API identifies {what} by a uuid and not by an id, as the clients expect."])
    return Verdict(UNKNOWN, [f"The API identifies {what} in neither of the two ways: {kinds_of_id(items)}."])


def kinds_of_id(items: Sequence[Any]) -> str:
    """Of which types the ids of some items of a list are, in words and without a value."""
    ids = [item["id"] for item in items if isinstance(item, Mapping) and "id" in item]
    if len(ids) < len(items):
        return "some have no id" if ids else "there is no id"
    if all(map(is_uuid, ids)):
        return "the id is the text of a uuid"
    kinds = _type_of(ids)
    return "the id is 0 or negative" if kinds == "int" else f"the id is of the type {kinds}"


def _type_of(values: Sequence[Any]) -> str:
    shape = together("object" if isinstance(value, dict) else shape_of(value) for value in values)
    return shape if isinstance(shape, str) else "list"


def _by_paths(found: Findings) -> Verdict:
    account, theirs = found.other(ACCOUNT_PATH).is_ok, [path for path in CLIENTS_PATHS if found.other(path).is_ok]
    if account and not theirs:
        return Verdict(
            DOCUMENTED, [f"There is {ACCOUNT_PATH}, which is documented, and nothing that only the clients know."]
        )
    if theirs and not account:
        return Verdict(CLIENTS, [f"There is {theirs[0]}, which only the clients know, and no {ACCOUNT_PATH}."])
    return Verdict(UNKNOWN, ["There is neither a server nor a plan by whose id the descriptions could be told apart."])
