# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What an account has shown, as the module vps_api_info returns it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .described import ACCOUNT_PATH, PLANS_PATH
from .dialect import CLIENTS, DOCUMENTED, Findings, Verdict, judge
from .differences import about_path, could_not_be_asked, differences
from .obstacles import obstacles
from .words import about_permissions, about_words, permissions_of, status_words

_REPORT = "Please report it, with this output."


def report(found: Findings) -> dict[str, Any]:
    """The keys of the result."""
    verdict = judge(found)
    words = status_words(found.servers)
    permissions = permissions_of(found.other(ACCOUNT_PATH))
    stops = obstacles(found, verdict.dialect)
    lacking = about_permissions(permissions) if verdict.dialect == DOCUMENTED else []
    differs = [] if verdict.dialect == CLIENTS else [*differences(found), *about_words(words)]
    message = _message(found, verdict, stops, lacking)
    return {
        "msg": f"{message} How it differs from the documentation is in reasons." if differs else message,
        "dialect": verdict.dialect,
        "reasons": [*verdict.reasons, *stops, *lacking, *differs],
        "status_words": words,
        "endpoints": dict(found.endpoints),
        "paging": dict(found.paging),
        "permissions": permissions,
    }


def _message(found: Findings, verdict: Verdict, stops: Sequence[str], lacking: Sequence[str]) -> str:
    """The verdict, and what to do."""
    if verdict.dialect == CLIENTS:
        return (
            "This account speaks the API as the vendor's own clients (vps-mcp, vpsdotorg) describe it, not as it is "
            f"documented. This collection can't manage it. {_REPORT}"
        )
    if not found.is_listed:
        return _joined("Which API this account speaks can't be told.", *stops)
    if verdict.dialect == DOCUMENTED:
        if stops:
            return _joined("This account speaks the API only partly as it is documented: tasks fail.", *stops, _REPORT)
        if lacking:
            return _joined("This account speaks the API as it is documented.", *lacking)
        if not found.servers:
            return (
                "As far as an account without a server shows, this one speaks the API as it is documented, so this "
                "collection can manage it."
            )
        return "This account speaks the API as it is documented, so this collection can manage it."
    plans = found.other(PLANS_PATH)
    if found.servers or plans.items:
        neither = (
            "This account speaks the API neither as it is documented nor as the vendor's own clients describe it. "
            "This collection can't manage it."
        )
        return _joined(neither, *stops, _REPORT)
    later = (
        f"{about_path(PLANS_PATH, plans)} Run this again later, or create" if could_not_be_asked(plans) else "Create"
    )
    return _joined(
        "Whether this account speaks the API as it is documented can't be told yet, because it has no server.",
        *stops,
        f"{later} a server in the control panel, and run this again.",
    )


def _joined(*sentences: str) -> str:
    return " ".join(sentences)
