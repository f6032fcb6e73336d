# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as data: what they know, and the one place where that becomes a message."""

from __future__ import annotations

import pytest
from unit.fakes import lost, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError, Endpoint
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import (
    NOBODY,
    About,
    Doubt,
    UnknownOutcome,
    VpsError,
    error_context,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.http import ExchangeFailure, Response
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from helpers.facts import mentions, times

SERVER = About("web-01", 7, "stopped")


def answered(
    status: int, kind: FailureKind, words: str, template: str = "/servers/{id}/stop/", server_id: int = 7
) -> ApiError:
    failure = ExchangeFailure(kind, f"HTTP {status}: {words}", response=Response(status, {}, b""))
    return ApiError("POST", Endpoint(template, server_id), failure)


@pytest.mark.parametrize(
    ("about", "title"),
    [
        (SERVER, "web-01 (id 7, last status stopped)"),
        (About("web-01", 7), "web-01 (id 7)"),
        (About("web-01"), "web-01"),
        (About(None, 7, "stopped"), "7 (last status stopped)"),
        (About(server_id=7), "7"),
        (NOBODY, ""),
    ],
)
def test_titles(about: About, title: str) -> None:
    assert about.title == title
    assert str(VpsError("It is gone.", about=about)) == (f"Server {title}: It is gone." if title else "It is gone.")


def test_what_is_known_better_wins() -> None:
    assert About(None, 7, "active").completed_by(SERVER) == About("web-01", 7, "active")
    about = About.of(server_detail(7, status="stopped"))
    assert (about.name, about.server_id, about.status) == ("web-01", 7, "stopped") and about.view == server_detail(
        7, status="stopped"
    )


def test_id_and_status_stand_in_a_message_once() -> None:
    error = answered(400, FailureKind.INVALID, "Server is not running.")
    error.about = SERVER
    assert times(error, 7) == times(error, "stopped") == 1
    assert mentions(error, "web-01", "POST /servers/7/stop/", "HTTP 400", "Server is not running.")


def test_context_adds_what_an_error_does_not_know() -> None:
    with pytest.raises(VpsError) as caught, error_context(SERVER):
        raise VpsError("The look failed.", about=About(name="db-01"))
    assert caught.value.about == About("db-01", 7, "stopped")


def test_an_earlier_doubt_is_told_before_a_later_failure() -> None:
    earlier = ApiError("PATCH", Endpoint("/servers/{id}/", 7), lost())
    later = answered(500, FailureKind.SERVER_ERROR, "Oops.", "/servers/{id}/")
    later.doubt = Doubt(earlier)
    text = str(later)
    assert (
        text.index("PATCH /servers/7/: the response was lost.")
        < text.index("not known whether it took effect")
        < text.index("HTTP 500")
    )


def test_a_failure_that_is_in_doubt_itself_is_told_once() -> None:
    error = ApiError("PATCH", Endpoint("/servers/{id}/", 7), lost())
    error.doubt = Doubt(ApiError("PATCH", Endpoint("/servers/{id}/", 7), error.failure))
    assert str(error).count("the response was lost") == str(error).count("not known whether it took effect") == 1


def test_an_unknown_outcome_says_so_once() -> None:
    cause = ApiError("POST", Endpoint("/servers/"), lost())
    error = UnknownOutcome("Creating it has an unknown outcome.", about=About("web-01"), cause=cause)
    error.doubt = Doubt(cause)
    assert error.changed and str(error).count("POST /servers/") == 1 and "not known whether" not in str(error)


def test_causes_and_what_was_replaced_are_told_behind() -> None:
    error = VpsError(
        "It was not recreated.", about=SERVER, cause=VpsError("No credit.", about=About("db-01", 8)), replaced=6
    )
    assert str(error).startswith("Server web-01 (id 7, last status stopped): It was not recreated. No credit.")
    assert mentions(error, 6) and not mentions(error, 8), "whom the cause was about is another matter"


def test_what_many_servers_failed_of_is_one_reason() -> None:
    one, two = (answered(500, FailureKind.SERVER_ERROR, "Oops.", server_id=number) for number in (7, 8))
    assert one.explanation() != two.explanation()
    assert one.explanation(general=True) == two.explanation(general=True) == "POST /servers/{id}/stop/: HTTP 500: Oops."


def test_a_copy_for_another_server_leaves_the_error_as_it_was() -> None:
    error = answered(401, FailureKind.DENIED, "Invalid token.")
    copy = error.concerning(SERVER)
    assert copy.about == SERVER and error.about == NOBODY
    assert isinstance(copy, ApiError) and copy.denied and copy.failure is error.failure
