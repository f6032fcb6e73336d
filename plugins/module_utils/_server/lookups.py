# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What can be looked up beside servers: the plans, and the account. Fields and paths are documented."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from .._client.api import ApiClient, ApiError, Endpoint
from .._client.errors import VpsError
from .._client.responses import MalformedResponse, check_description, without_depths
from .._client.retry_policy import FailureKind
from .endpoints import PLANS, ServersApi
from .fields import field_of

ACCOUNT = Endpoint("/account/me/")
_ATTEMPTS = 2  # for plans without which the task can go on
_LONGEST_LOOK = 5.0  # seconds after which what was looked at before is out of date

Looked = TypeVar("Looked")


def plans_that_exist(api: ServersApi) -> list[dict[str, Any]]:
    """Every plan. Raises VpsError where the API has no list of plans: that is not an empty list."""
    return _unless_absent(PLANS, api.list_plans)


def account_of(client: ApiClient) -> dict[str, Any]:
    """What the API says of the account and of the token. Raises VpsError where the API does not say it."""
    return _unless_absent(ACCOUNT, lambda: client.read(ACCOUNT, check_account))


def _unless_absent(endpoint: Endpoint, look: Callable[[], Looked]) -> Looked:
    try:
        return look()
    except ApiError as error:
        if not error.kind.is_absence:
            raise
        seen = f"{error.request}: {error.failure.reason.rstrip('.')}"
    raise VpsError(
        f"This account's API has no {endpoint.path} ({seen}), or api_url is wrong (it ends in /api/v1). The module "
        "vpsorg.cloud.vps_api_info tells what there is."
    )


def check_account(value: Any) -> dict[str, Any]:
    """The response of `GET /account/me/`: an object with the objects `account` and `token`. Raises
    MalformedResponse.
    """
    if not isinstance(value, dict):
        raise MalformedResponse("the response is not an object")
    for key in ("account", "token"):
        if not isinstance(value.get(key), dict):
            check_description(value, "the account")
            raise MalformedResponse(f"the response holds no {key}")
    return without_depths(value)


class Catalogue:
    """The plans that one task looks up, once. `warnings`: what there is to say where they could not be read."""

    def __init__(self, api: ServersApi) -> None:
        self._api = api
        self._plans: list[dict[str, Any]] | None = None
        self._was_read = False
        self._outdates_looks = False
        self.warnings: list[str] = []

    def plans(self, *, is_needed: bool) -> list[dict[str, Any]] | None:
        """Every plan; None where the API has no such list, or an empty one, which says nothing.

        `is_needed`: whether the task must not go on if the list can't be read; else that is a warning. Raises VpsError.
        """
        if not self._was_read:
            budget = self._api.client.budget
            began, waited = time.monotonic(), budget.waited
            self._plans = self._look(is_needed) or None
            self._was_read = True
            self._outdates_looks = budget.waited > waited or time.monotonic() - began > _LONGEST_LOOK
        return self._plans

    def plans_to_price(self) -> list[dict[str, Any]] | None:
        """The plans for what is only told: None, too, where they can't be read, which is a warning."""
        try:
            return self.plans(is_needed=False)
        except ApiError as error:
            self._was_read = True
            self._warn(error)
            return None

    def outdates_looks(self) -> bool:
        """Whether reading the plans has just taken so long that a list of servers from before it says nothing of a
        create any more. True once.
        """
        outdated, self._outdates_looks = self._outdates_looks, False
        return outdated

    def _look(self, is_needed: bool) -> list[dict[str, Any]] | None:
        try:
            return self._api.list_plans(attempts=None if is_needed else _ATTEMPTS, is_needed=is_needed)
        except ApiError as error:
            if error.kind.is_absence:
                return None  # not every account need have this list
            if is_needed or error.kind is FailureKind.OTHER_API or error.failure.status == HTTPStatus.UNAUTHORIZED:
                raise
            self._warn(error)
            return None

    def _warn(self, error: ApiError) -> None:
        self.warnings = [f"The list of plans could not be read, and the task went on without it: {error}"]


def is_available(plan: Mapping[str, Any]) -> bool:
    """Whether a plan can be ordered, as far as the API says."""
    return plan.get("available") is not False


def locations_of(plan: Mapping[str, Any]) -> list[str] | None:
    """The locations at which a plan is offered; None where the API does not say, or not by their codes."""
    locations = plan.get("locations")
    is_told = isinstance(locations, list) and all(isinstance(location, str) for location in locations)
    return locations if is_told else None


def is_offered_at(plan: Mapping[str, Any], location: str) -> bool:
    """Whether a plan can be ordered at a location, as far as the API says where it can."""
    locations = locations_of(plan)
    return locations is None or any(field_of("location").equal(offered, location) for offered in locations)


def all_locations(plans: Sequence[Mapping[str, Any]]) -> list[str]:
    """The locations at which any plan is offered, in order."""
    return sorted({location for plan in plans for location in locations_of(plan) or ()})
