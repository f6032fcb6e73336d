# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors are data, and become a message at one place: whom it is about, what is in doubt, and why. Each fact once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from unit.fakes import Reply, lost, server_detail

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiError, Endpoint
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import (
    NOBODY,
    About,
    BadInput,
    Cancelled,
    Doubt,
    TimeLimitReached,
    UnknownOutcome,
    VpsError,
    error_context,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import ExchangeFailure
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind, kind_of_status
from helpers.facts import mentions, times

IN_DOUBT = "It is not known whether it took effect."
SERVER = Endpoint("/servers/{id}/", 4711)
SERVERS = Endpoint("/servers/")


def status_failure(status: int, words: str = "Oops") -> ExchangeFailure:
    """The failure of a whole response with a status."""
    return ExchangeFailure(
        kind_of_status(status, None), f"HTTP {status}: {words}", response=Reply(status, {"detail": words}).response()
    )


def in_doubt(error: VpsError, request: VpsError) -> VpsError:
    """The error, with an earlier request whose outcome is not known."""
    error.doubt = Doubt(request)
    return error


# Whom it is about


@pytest.mark.parametrize(
    ("about", "title"),
    [
        (NOBODY, ""),
        (About(status="active"), ""),
        (About("web-01"), "web-01"),
        (About("web-01", status="stopped"), "web-01 (last status stopped)"),
        (About("web-01", 4711), "web-01 (id 4711)"),
        (About("web-01", 4711, "stopped"), "web-01 (id 4711, last status stopped)"),
        (About("web-01", 4711, ""), "web-01 (id 4711)"),
        (About(server_id=4711), "4711"),
        (About(server_id=4711, status="stopped"), "4711 (last status stopped)"),
        (About.of(server_detail(4711, status="stopped")), "web-01 (id 4711, last status stopped)"),
    ],
)
def test_title(about: About, title: str) -> None:
    assert about.title == title
    assert str(VpsError("It broke.", about=about)) == (f"Server {title}: It broke." if title else "It broke.")


def test_completing_keeps_what_is_known_and_adds_what_only_the_other_knows() -> None:
    view = server_detail(4711)
    assert About("web-01").completed_by(About("other", 4711, "active", view)) == About("web-01", 4711, "active", view)
    assert About(server_id=4711).completed_by(NOBODY) == About(server_id=4711)
    assert NOBODY.completed_by(About("web-01", 4711)) == About("web-01", 4711)
    assert About("", status="").completed_by(About("web-01", None, "active")) == About("", None, ""), "empty is known"


@pytest.mark.parametrize("error_class", [VpsError, BadInput, TimeLimitReached, Cancelled])
def test_a_context_tells_an_error_whom_it_is_about(error_class: type[VpsError]) -> None:
    """What the error knows itself is nearer to it, and an inner context nearer than an outer one."""
    error = error_class("It broke.", about=About(status="stopped"))
    with pytest.raises(error_class) as caught, error_context(About("outer", 1, "gone")):
        with error_context(About("web-01", 4711, "active")):
            raise error
    assert caught.value is error and error.about == About("web-01", 4711, "stopped")


def test_a_context_leaves_other_exceptions_alone() -> None:
    with pytest.raises(KeyError), error_context(About("web-01")):
        raise KeyError


def test_concerning_is_a_copy_that_leaves_the_original_as_it_was() -> None:
    """One error may be met by many servers: a rejected token, say."""
    original: VpsError = ApiError("GET", SERVERS, status_failure(401, "Invalid token"))
    original.about, original.changed, original.cause = About(status="active"), True, VpsError("Before that.")
    in_doubt(original, ApiError("PATCH", SERVER, lost()))
    before, words = copy.copy(original.__dict__), str(original)
    copies = [original.concerning(About(name, number)) for number, name in enumerate(("web-01", "web-02"), 4711)]
    copies[0].replaced, copies[0].changed = 815, False
    assert original.__dict__ == before and str(original) == words and copies[1].replaced is None
    for error, name, number in zip(copies, ("web-01", "web-02"), (4711, 4712), strict=True):
        assert isinstance(error, ApiError) and error.denied and error.failure is original.failure
        assert error.about == About(name, number, "active")
        assert str(error).startswith(f"Server {name} (id {number}, last status active): ")
        assert error.reason == original.reason and error.doubt is original.doubt and error.cause is original.cause


def test_concerning_prefers_the_newer_knowledge() -> None:
    error = VpsError("It broke.", about=About("old", 4711, "active", {"id": 4711})).concerning(
        About("new", None, "stopped")
    )
    assert error.about == About("new", 4711, "stopped", {"id": 4711})


@pytest.mark.parametrize(
    "error",
    [
        VpsError("It broke."),
        TimeLimitReached("Too late.", cause=VpsError("Before that.")),
        ExchangeFailure(FailureKind.LOST, "the response was lost"),
        ApiError("PATCH", SERVER, lost(), "See to it."),
        UnknownOutcome("Nobody knows.", about=About("web-01"), cause=ApiError("POST", SERVERS, lost())),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_class_of_errors_can_be_about_another_server(error: VpsError) -> None:
    copied = error.concerning(About("other", 4711))
    assert type(copied) is type(error) and copied.explanation() == error.explanation()
    assert copied.about.title == "other (id 4711)" and copied.args == error.args


# Each fact once


def test_id_name_and_status_stand_in_the_message_once() -> None:
    """However many errors are behind it, and whomever they name."""
    about = About("web-01", 4711, "suspended")
    request = ApiError("POST", Endpoint("/servers/{id}/start/", 4711), status_failure(400, "No"))
    request.about = about
    error = in_doubt(VpsError("It can't be started.", about=about, cause=request), ApiError("PATCH", SERVER, lost()))
    for fact in (
        "web-01",
        4711,
        "suspended",
        "It can't be started.",
        "POST /servers/4711/start/",
        "PATCH /servers/4711/",
    ):
        assert times(error, fact) == 1, fact
    assert str(error).startswith("Server web-01 (id 4711, last status suspended): ")


def test_a_request_that_failed_is_told_with_what_came_and_what_to_do() -> None:
    error = ApiError("GET", SERVERS, status_failure(401, "Invalid token."))
    assert mentions(error, "GET /servers/", "HTTP 401", "Invalid token.", "VPS_API_TOKEN") and ".." not in str(error)
    noted = ApiError("GET", SERVERS, status_failure(401, "Invalid token."), "See to it.")
    assert str(noted) == "GET /servers/: HTTP 401: Invalid token. See to it.", "a note takes the place of the advice"


# Doubt


def test_the_request_in_doubt_is_told_before_what_failed_later() -> None:
    error = in_doubt(ApiError("GET", SERVER, status_failure(500)), ApiError("PATCH", SERVER, lost()))
    assert str(error) == f"PATCH /servers/4711/: the response was lost. {IN_DOUBT} GET /servers/4711/: HTTP 500: Oops."


def test_a_doubt_about_the_very_request_that_failed_is_told_once() -> None:
    """The failure is the same, though each of the two errors may word it in its own way."""
    failure = lost()
    error = in_doubt(ApiError("PATCH", SERVER, failure, "It was tried 4 times."), ApiError("PATCH", SERVER, failure))
    assert str(error) == f"PATCH /servers/4711/: the response was lost. It was tried 4 times. {IN_DOUBT}"


def test_an_equal_failure_of_another_request_is_no_reason_to_keep_silent() -> None:
    error = in_doubt(ApiError("PATCH", SERVER, lost()), ApiError("PATCH", SERVER, lost()))
    assert times(error, "PATCH /servers/4711/") == 2 and times(error, IN_DOUBT) == 1


def test_an_error_without_a_request_tells_the_doubt_before_it() -> None:
    error = in_doubt(TimeLimitReached("Too late."), ApiError("DELETE", SERVER, lost()))
    assert str(error) == f"DELETE /servers/4711/: the response was lost. {IN_DOUBT} Too late."
    assert str(in_doubt(TimeLimitReached("Too late."), VpsError("It broke."))) == f"It broke. {IN_DOUBT} Too late."


def test_where_nothing_is_in_doubt_nothing_is_said_of_it() -> None:
    assert not mentions(ApiError("PATCH", SERVER, lost()), IN_DOUBT)


def test_a_doubt_does_not_tell_the_causes_of_its_request() -> None:
    request = ApiError("PATCH", SERVER, lost())
    request.cause, request.about = VpsError("Before that."), About("web-01", 4711)
    error = in_doubt(VpsError("It has vanished."), request)
    assert str(error) == f"PATCH /servers/4711/: the response was lost. {IN_DOUBT} It has vanished."


# An unknown outcome


def test_an_unknown_outcome_tells_its_request_once_and_says_itself_that_it_is_in_doubt() -> None:
    request = ApiError("POST", SERVERS, lost())
    error = in_doubt(
        UnknownOutcome("Creating it has an unknown outcome.", about=About("web-01"), cause=request), request
    )
    assert str(error) == "Server web-01: Creating it has an unknown outcome. POST /servers/: the response was lost."
    assert error.changed and error.failure is request.failure and error.cause is request


def test_an_unknown_outcome_behind_another_doubt_tells_both() -> None:
    """An earlier request of the same write."""
    request = ApiError("POST", SERVERS, lost())
    earlier = ApiError("POST", SERVERS, status_failure(500))
    error = in_doubt(UnknownOutcome("Nobody knows.", about=About("web-01"), cause=request), earlier)
    assert mentions(error, "HTTP 500", IN_DOUBT, "Nobody knows.", "the response was lost")


def test_what_the_looks_met_stands_behind_the_request() -> None:
    request = ApiError("POST", SERVERS, lost())
    request.cause = ApiError("GET", SERVERS, status_failure(500))
    error = UnknownOutcome("Nobody knows.", about=NOBODY, cause=request)
    assert str(error) == "Nobody knows. POST /servers/: the response was lost. GET /servers/: HTTP 500: Oops."


# Causes, and what was replaced


def test_a_cause_stands_behind_the_reason_without_its_own_title() -> None:
    inner = VpsError("First.", about=About("database", 815))
    middle = VpsError("Second.", about=About("other", 816), cause=inner)
    error = TimeLimitReached("Third.", about=About("web-01", 4711), cause=middle)
    assert str(error) == "Server web-01 (id 4711): Third. Second. First."
    assert error.explanation() == "Third. Second. First."


def test_a_cause_tells_its_own_doubt() -> None:
    cause = in_doubt(ApiError("GET", SERVER, status_failure(500)), ApiError("PATCH", SERVER, lost()))
    error = VpsError("It broke.", cause=cause)
    assert (
        str(error)
        == f"It broke. PATCH /servers/4711/: the response was lost. {IN_DOUBT} GET /servers/4711/: HTTP 500: Oops."
    )


def test_the_server_that_was_deleted_to_make_room_is_told_in_the_end() -> None:
    error = VpsError("It was not created.", about=About("web-01"), cause=VpsError("Before that."), replaced=4711)
    assert mentions(error, "web-01", 4711)
    assert str(error).startswith("Server web-01: It was not created. Before that. ") and str(error).endswith(
        "was deleted."
    )


# What many servers have in common


def numbered(number: int) -> list[VpsError]:
    """Errors of every kind, about one server."""
    server, about = Endpoint("/servers/{id}/", number), About(f"web-{number}", number, "active")
    request = ApiError("PATCH", server, lost())
    plain: Any = {"about": about}
    return [
        VpsError("It broke.", **plain),
        VpsError("It broke.", **plain, replaced=number),
        ApiError("DELETE", server, status_failure(403, "No")).concerning(about),
        ApiError("POST", Endpoint("/servers/{id}/reboot/", number), status_failure(409, "Busy")),
        TimeLimitReached("Too late.", **plain, cause=request),
        in_doubt(VpsError("It has vanished.", **plain), request),
        in_doubt(ApiError("PATCH", server, request.failure), request),
        UnknownOutcome("Nobody knows.", about=about, cause=request),
    ]


@pytest.mark.parametrize("index", range(len(numbered(1))))
def test_a_general_explanation_is_equal_for_all_servers_that_failed_for_one_reason(index: int) -> None:
    one, other = numbered(4711)[index], numbered(4712)[index]
    assert one.explanation(general=True) == other.explanation(general=True)
    assert "471" not in one.explanation(general=True), "no id in it, in a path neither"
    assert str(one) != str(other)


def test_a_general_explanation_still_says_which_request_it_was() -> None:
    error = ApiError("POST", Endpoint("/servers/{id}/reboot/", 4711), status_failure(409, "Busy"))
    assert error.explanation(general=True) == "POST /servers/{id}/reboot/: HTTP 409: Busy."
    assert error.explanation() == str(error) == "POST /servers/4711/reboot/: HTTP 409: Busy."
