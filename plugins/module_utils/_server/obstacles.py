# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which differences from the documentation let tasks fail, in sentences without a value of the account. Pure.

A list is judged by the checks that tasks make.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from .._client.responses import MalformedResponse, OtherDescription
from .._client.retry_policy import is_success
from .described import DETAIL_PATH, MAY_READ, PLANS_PATH, SERVERS_PATH
from .dialect import CLIENTS, REFUSALS_OF_A_QUERY, Answer, Findings, kinds_of_id
from .differences import about_path, could_not_be_asked, meaning_of, passes
from .model import lacking
from .responses import check_plan, check_view

_ADDRESS = "Check api_url, which ends in /api/v1"


def obstacles(found: Findings, dialect: str) -> list[str]:
    """Why tasks will fail on an account. Of one that speaks the clients' description that is the one reason."""
    if dialect == CLIENTS:
        return []
    if not found.is_listed:
        return [_no_list(found.listed)]
    return [*_about_list(found), *_about_items(found.servers), *_about_detail(found), *_about_plans(found)]


def _no_list(listed: Answer) -> str:
    """Why there is no list of servers, and what to check."""
    status, path = listed.status, f"GET {SERVERS_PATH}"
    if listed.is_ok:
        return f"{path}: the response is no list. {_ADDRESS}. If it is right, please report this output."
    if status is not None and is_success(status):
        instead = listed.instead or "JSON that is not expected"
        return f"{path}: HTTP {status} with {instead}. {_ADDRESS}, and whether a proxy or a sign-in page answers."
    if status == HTTPStatus.FORBIDDEN and not listed.instead:
        return (
            f"{path}: HTTP {status}. The token lacks a permission: reading servers takes one of {', '.join(MAY_READ)}."
        )
    if status == HTTPStatus.FORBIDDEN:
        return f"{path}: HTTP {status} with {listed.instead}. {_ADDRESS}, and whether a proxy or a firewall refuses."
    if could_not_be_asked(listed):
        return f"{path}: HTTP {status}, so the API can't be asked now. Run this again later."
    return f"{path}: HTTP {status}{meaning_of(listed)}. {_ADDRESS}."


def _about_list(found: Findings) -> list[str]:
    about = []
    if found.list_problem:
        about.append(f"GET {SERVERS_PATH}: {found.list_problem}. No task can use such a list.")
    answer = found.page_size
    if not (answer.is_ok or could_not_be_asked(answer) or answer.status in REFUSALS_OF_A_QUERY):
        about.append(f"{about_path(SERVERS_PATH + '?page_size=1', answer)} Tasks use page_size, too.")
    return about


def _about_items(servers: Sequence[Any]) -> list[str]:
    odd = [item for item in servers if not passes(check_view, item)]
    if not odd:
        nameless = bool(servers) and all(lacking(check_view(item)) for item in servers)
        about = "no server has both a name and a status. No task can find a server"
        return [f"GET {SERVERS_PATH}: {about}."] if nameless else []
    which = "no server has" if len(odd) == len(servers) else f"{len(odd)} of {len(servers)} servers don't have"
    return [f"GET {SERVERS_PATH}: {which} a usable id ({kinds_of_id(odd)}). No task can use such a list."]


def _about_detail(found: Findings) -> list[str]:
    if found.detail is None:
        return []
    number, answer = found.detail
    if not answer.is_ok:
        return [] if could_not_be_asked(answer) else [f"{about_path(DETAIL_PATH, answer)} Tasks need it."]
    try:
        check_view(answer.value, server_id=number)
    except MalformedResponse:
        return [f"GET {DETAIL_PATH}: the response is not the server that was asked for. Tasks need it."]
    return []


def _about_plans(found: Findings) -> list[str]:
    plans = found.other(PLANS_PATH).items or ()
    if any(_is_of_clients(plan) for plan in plans):
        return [f"GET {PLANS_PATH}: a plan has a uuid and no id, as the clients expect. No server can be created."]
    return []


def _is_of_clients(plan: Any) -> bool:
    try:
        check_plan(plan)
    except MalformedResponse as problem:
        return isinstance(problem, OtherDescription)
    return False
