# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a task has learned of creates: what may still be created, and what may still be deleted to be created anew.
Pure.

What can't be created anew must not be deleted. So of the servers to be recreated one goes first, as a canary, and shows
whether the API takes any create at all; then, of those that are alike, one that shows whether it takes such a create.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._client.api import ApiError
from .._client.errors import VpsError
from .._client.retry_policy import FailureKind, Proof
from .._server.create import OtherName
from .._server.fields import shared_part
from .jobs import Job

_Kind = tuple[Any, ...]  # what creates that are alike have in common


class CreateLedger:
    """The creates of one task."""

    def __init__(self) -> None:
        self._no_credit: VpsError | None = None
        self._unclear: VpsError | None = None
        self._other_name: OtherName | None = None
        self._refused: dict[_Kind, VpsError] = {}
        self._accepted: set[_Kind] = set()

    def accepted(self, fields: Mapping[str, Any]) -> None:
        """The API has taken a create with these fields."""
        self._accepted.add(shared_part(fields))
        self._refused.pop(shared_part(fields), None)

    def failed(self, fields: Mapping[str, Any], error: VpsError) -> None:
        """A create with these fields has failed: for want of credit, refused as such, or in a way that says nothing
        about the next.
        """
        if isinstance(error, ApiError) and error.kind is FailureKind.NO_CREDIT:
            self._no_credit = error
        elif isinstance(error, ApiError) and error.failure.proof is Proof.REFUSED:
            if shared_part(fields) not in self._accepted:
                self._refused.setdefault(shared_part(fields), error)
        else:
            self._unclear = self._unclear or error
        if isinstance(error, OtherName):
            self._other_name = error

    def against_create(self) -> VpsError | None:
        """Why nothing more is to be created, or None."""
        if self._no_credit:
            return VpsError(
                "It was not created, because the account does not have enough credit.", cause=self._no_credit
            )
        if self._other_name:
            return VpsError(
                "It was not created, because the API has created another server under another name than it was asked "
                "for."
            )
        return None

    def against_recreation(self, fields: Mapping[str, Any]) -> VpsError | None:
        """Why a server must not be deleted for a create with these fields, or None."""
        for cause, why in (
            (self._no_credit, "the account does not have enough credit"),
            (self._unclear, "another create has failed"),
            (self._refused.get(shared_part(fields)), "the API refused to create one like it"),
        ):
            if cause is not None:
                return VpsError(f"It was not recreated, because {why}.", cause=cause)
        return None

    def held_back(self, jobs: Sequence[Job]) -> set[int]:
        """The positions of the jobs whose server is to be recreated and must not be deleted yet."""
        if self._no_credit or self._unclear:
            return set()  # each fails by itself, before its deletion
        alike: dict[_Kind, list[int]] = {}
        for number, job in enumerate(jobs):
            fields = job.plan.create_fields
            if fields is None or not job.plan.deletes:
                continue
            kind = shared_part(fields)
            if kind not in self._accepted and kind not in self._refused:
                alike.setdefault(kind if self._accepted else (), []).append(number)
        held_back: set[int] = set()
        for numbers in alike.values():
            untouched = [number for number in numbers if jobs[number].next_is("delete")]
            under_way = any(jobs[number].is_open and not jobs[number].next_is("delete") for number in numbers)
            held_back.update(untouched if under_way else untouched[1:])
        return held_back
