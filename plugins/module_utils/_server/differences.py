# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How an account's API differs from the documentation, in sentences without a value of the account. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from .._client.responses import MalformedResponse, OtherDescription, check_page, joined
from .._client.retry_policy import FailureKind, Operation, Reaction, is_success, kind_of_status, reaction_to
from .described import (
    ACCOUNT,
    ACCOUNT_PATH,
    DETAIL_PATH,
    LISTED_SERVER,
    MAY_BE_NULL,
    PLAN,
    PLANS_PATH,
    SERVER_DETAIL,
    SERVERS_PATH,
    Fields,
)
from .dialect import Answer, Findings
from .model import lacking
from .responses import check_plan, check_view
from .shape import DEEPER, MISSING, MOST_ITEMS, OTHER_KEYS, Shape, keys_of, shape_of

_MOST_NAMES = 8  # in a sentence


def could_not_be_asked(answer: Answer) -> bool:
    """Whether a path has said nothing of itself: no response, a limit of requests, an error of the API."""
    if answer.status is None:
        return True
    kind = kind_of_status(answer.status, None)
    return not is_success(answer.status) and reaction_to(kind, Operation.READ) is Reaction.AGAIN


def about_path(path: str, answer: Answer) -> str:
    """What a documented path gave in the place of a success, in a sentence."""
    if answer.status is None:
        return f"GET {path}: {answer.instead}."
    if answer.status == HTTPStatus.OK:
        return f"GET {path}: {answer.instead} in the place of JSON."
    if could_not_be_asked(answer):
        return f"GET {path}: HTTP {answer.status}, so it could not be asked now."
    return f"GET {path}: HTTP {answer.status}{meaning_of(answer)}."


def meaning_of(answer: Answer) -> str:
    """What a status means here, as the end of a sentence; empty where there is no more to say."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return f" with {answer.instead}" if answer.instead else ", so the token lacks a permission"
    kind = kind_of_status(answer.status, None) if answer.status is not None else None
    if kind is not None and kind.is_absence:
        return ", so the path is not there"
    return ", a redirect, which is not followed" if kind is FailureKind.REDIRECT else ""


def differences(found: Findings) -> list[str]:
    """How an account that does not speak as the clients expect differs from the documentation, in sentences."""
    if not found.is_listed:
        return []
    plans, account = found.other(PLANS_PATH), found.other(ACCOUNT_PATH)
    sentences = _compared(f"GET {SERVERS_PATH}: a server", _shape_of_items(found.servers), LISTED_SERVER)
    sentences += _about_names(found.servers)
    if found.page_size.status is not None and could_not_be_asked(found.page_size):
        sentences.append(f"{about_path(SERVERS_PATH + '?page_size=1', found.page_size)} Tasks use page_size, too.")
    if found.detail is not None:
        answer = found.detail[1]
        if answer.is_ok:
            sentences += _compared(f"GET {DETAIL_PATH}: the server", answer.shape(is_object=True), SERVER_DETAIL)
        elif could_not_be_asked(answer):
            sentences.append(about_path(DETAIL_PATH, answer))
    if plans.is_ok:
        sentences += _about_list_of_plans(plans)
        sentences += _compared(f"GET {PLANS_PATH}: a plan", _shape_of_items(plans.items or ()), PLAN)
    else:
        sentences.append(_without(PLANS_PATH, plans, "vps_plan_info"))
    if account.is_ok:
        sentences += _compared(f"GET {ACCOUNT_PATH}: the response", account.shape(), ACCOUNT)
    else:
        sentences.append(_without(ACCOUNT_PATH, account, "vps_account_info"))
    if found.paging.get("count") == "unknown" and (found.paging.get("pages") or found.paging.get("next")):
        sentences.append(f"GET {SERVERS_PATH}: not all servers were read, so there may be more statuses.")
    return sentences


def _without(path: str, answer: Answer, module: str) -> str:
    sentence = about_path(path, answer)
    is_for_sure = not could_not_be_asked(answer) and answer.status != HTTPStatus.UNAUTHORIZED
    return f"{sentence} Only {module} fails without it." if is_for_sure else sentence


def passes(check: Callable[[Any], object], value: Any) -> bool:
    """Whether a value is what a check of responses expects."""
    try:
        check(value)
    except MalformedResponse:
        return False
    return True


def _about_names(servers: Sequence[Any]) -> list[str]:
    views = [check_view(server) for server in servers if passes(check_view, server)]
    nameless = sum(1 for view in views if lacking(view))
    if not nameless or nameless == len(servers):  # all are an obstacle
        return []
    about = f"{nameless} of {len(servers)} servers have no name or no status"
    return [f"GET {SERVERS_PATH}: {about}. Tasks that go by names or statuses leave them out."]


def _about_list_of_plans(plans: Answer) -> list[str]:
    try:
        page = check_page(plans.value, check_plan)
        if page.next_query is None:
            joined([page])
    except OtherDescription:
        return []  # an obstacle
    except MalformedResponse as problem:
        return [f"GET {PLANS_PATH}: {problem}. No task can use such a list."]
    return []


def _shape_of_items(items: Sequence[Any]) -> Shape:
    shape = shape_of(list(items[:MOST_ITEMS]), has_fields=True)
    return shape[0] if isinstance(shape, list) and shape else MISSING


def _compared(what: str, shape: Shape, documented: Fields) -> list[str]:
    """What objects lack, what they have more, and which types differ: at most three sentences."""
    lacks: list[str] = []
    more: list[str] = []
    others: list[str] = []
    if shape == MISSING:
        return []
    if not isinstance(shape, Mapping):
        return [f"{what} is {shape if isinstance(shape, str) else 'list'}, not object."]
    _compare(shape, documented, "", lacks, more, others)
    found = [f"{what} lacks {_few(lacks)}."] if lacks else []
    found += [f"{what} has more than is documented: {_few(more)}."] if more else []
    return found + ([f"{what} has other types than documented: {_few(others, '; ')}."] if others else [])


def _compare(
    shape: Mapping[str, Shape], documented: Fields, prefix: str, lacks: list[str], more: list[str], others: list[str]
) -> None:
    lacks += [prefix + name for name in documented if name not in shape]
    more += sorted(prefix + name for name in keys_of(shape) - documented.keys())
    more += [f"keys{' in ' + prefix[:-1] if prefix else ''} that are not shown"] if OTHER_KEYS in shape else []
    for name, kind in documented.items():
        seen = shape.get(name, MISSING)
        if isinstance(seen, Mapping) and isinstance(kind, Mapping):
            _compare(seen, kind, f"{prefix}{name}.", lacks, more, others)
            continue
        odd = _words(seen) - _words(kind) - {MISSING, DEEPER} - ({"null"} if name in MAY_BE_NULL else set())
        if odd:
            others.append(f"{prefix}{name} is {_told(odd)}, not {_told(_words(kind))}")
        elif isinstance(seen, list) and isinstance(kind, list) and seen and _words(seen[0]) - _words(kind[0]):
            others.append(f"{prefix}{name} is a list of {_told(_words(seen[0]))}, not of {kind[0]}")


def _words(shape: Shape) -> set[str]:
    if isinstance(shape, str):
        return set(shape.split(" or "))
    return {"object"} if isinstance(shape, Mapping) else {"list"}


def _told(words: Iterable[str]) -> str:
    return " or ".join(sorted(words)).replace("float or int", "number")


def _few(names: Sequence[str], separator: str = ", ") -> str:
    rest = len(names) - _MOST_NAMES
    return separator.join([*names[:_MOST_NAMES], *([f"and {rest} more"] if rest > 0 else [])])
