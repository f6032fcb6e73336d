# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong when everything is registered in a controller: one sentence each, which says what to do."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.awx_controller import Controller, Refused
from helpers.awx_register import PLAYBOOKS, REPOSITORY_URL, Registration


@pytest.fixture
def registration(tmp_path: pathlib.Path) -> Iterator[Registration]:
    with Controller() as controller:
        controller.store.repositories[REPOSITORY_URL] = PLAYBOOKS
        yield Registration(tmp_path, controller)


@pytest.mark.parametrize(
    ("env", "variables", "expected"),
    [
        ({"CONTROLLER_HOST": None}, {}, "Set CONTROLLER_HOST"),
        ({"CONTROLLER_OAUTH_TOKEN": None}, {}, "CONTROLLER_OAUTH_TOKEN"),
        ({"CONTROLLER_OAUTH_TOKEN": "wrong"}, {}, "does not accept the token"),
        ({"CONTROLLER_HOST": "http://127.0.0.1:1"}, {}, "No answer from http://127.0.0.1:1"),
        ({}, {"awx_api_path": "/api/controller/v2"}, "Check awx_host and awx_api_path"),
        ({}, {"awx_organization": "Nowhere"}, "has no organization Nowhere"),
        ({}, {"awx_project_url": ""}, "Set awx_project_url"),
        ({"VPS_API_TOKEN": None}, {}, "Set VPS_API_TOKEN"),
    ],
    ids=["host", "no token", "wrong token", "no answer", "path", "organization", "repository", "API token"],
)
def test_refused_before_the_first_change(
    registration: Registration, env: dict[str, str | None], variables: dict[str, Any], expected: str
) -> None:
    assert expected in registration.failure(env=env, **variables)
    assert registration.controller.writes() == []


def test_what_the_controller_does_not_allow(registration: Registration) -> None:
    def interfere(method: str, path: str) -> None:
        if method == "POST":
            raise Refused(403, {"detail": "You do not have permission to perform this action."})

    registration.controller.interfere = interfere
    message = registration.failure()
    assert "does not allow" in message
    assert "/api/v2/credential_types/" in message
    assert "You do not have permission" in message


def test_project_that_can_not_be_fetched(registration: Registration) -> None:
    message = registration.failure(
        awx_project_url="https://git.example.com/other.git", awx_execution_environment_image=""
    )
    assert "Its last update is failed" in message
    assert "awx_project_credential" in message
