# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Before a server is created: what the API's list of plans says against it. Before one is deleted to be created anew:
proof that its successor can be created, as far as the API gives any.

A create that is refused comes late: other servers of the task are there by then, and one that is recreated is gone. So
what a create must have is looked up first: a plan and its locations in the list of plans (documented), and what no list
has, such as operating systems, in the servers of the account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._client.errors import VpsError
from .fields import FIELDS, Field, field_of
from .lookups import all_locations, is_available, is_offered_at, locations_of
from .model import Server, ServerPlan
from .plan import plan_present
from .servers import Servers

_PLAN, _LOCATION = "plan_id", "location"
_MOST_TOLD = 20  # locations or plans that are named in a message


def proven(servers: Servers, plans: Sequence[ServerPlan], listed: Sequence[Server]) -> list[ServerPlan]:
    """The plans of a task, some of which create a server: each of those as far as it is proven that it can, or refused.

    `listed`: the whole list of the account. Sends GET requests only. Raises VpsError.
    """
    # Without the list a create is sent, and the API decides; a server is not deleted.
    is_needed = any(plan.recreates for plan in plans)
    proofs = Proofs(servers.catalogue.plans(is_needed=is_needed), listed)
    return [proofs.of(plan) for plan in plans]


class Proofs:
    """What there is to prove values with. Pure.

    `catalogue`: the plans that can be ordered; None where the API has no such list.
    """

    def __init__(self, catalogue: Sequence[Mapping[str, Any]] | None, listed: Sequence[Server]) -> None:
        self._plans = {plan["id"]: plan for plan in catalogue} if catalogue is not None else None
        self._listed = listed
        self._shown: dict[tuple[str, Any], Any] = {}  # by option and wanted value: how a server shows it

    def of(self, plan: ServerPlan) -> ServerPlan:
        """A plan as it is where it can be carried out; a plan to recreate a server with a location that is spelled as
        it is proven; or a refusal, which names what is proven to be impossible, or what is proven by nothing.
        """
        if not plan.creates:
            return plan
        fields = plan.create_fields or {}
        impossible = self._impossible(fields, deletes=plan.recreates)
        if impossible:
            instead = self._instead(fields)
            if plan.recreates:
                return _refused(plan, f"It can't be recreated: {impossible}. {instead} Nothing was deleted.")
            return _refused(plan, f"It can't be created: {impossible}. {instead} Nothing was created.")
        return self._recreation(plan, fields) if plan.recreates else plan

    def _recreation(self, plan: ServerPlan, fields: Mapping[str, Any]) -> ServerPlan:
        spelled = {
            field.option: self._proof(field, fields) for field in FIELDS if field.required_to_create and field.immutable
        }
        unproven = [f"{option} {fields[option]}" for option, value in spelled.items() if value is None]
        if unproven and not plan.desired.recreate_unproven:
            one = len(unproven) == 1
            these, them = ("this value", "it") if one else ("these values", "them")
            words = (
                f"It was not recreated, because nothing proves that a server can be created with "
                f"{' and '.join(unproven)}: no server of the account has {these}, and the API has no list that shows "
                f"{them}. If the create were refused, the server would be gone. Nothing was deleted. Create another "
                f"server with {these} first, or set recreate_unproven to true if you are sure."
            )
            return _refused(plan, words)
        location = spelled[_LOCATION]
        if location is None or location == fields[_LOCATION]:
            return plan
        desired = plan.desired._replace(fields={**plan.desired.fields, _LOCATION: location})
        return plan_present(desired, plan.existing)

    def _impossible(self, fields: Mapping[str, Any], *, deletes: bool) -> str:
        """What the list of plans says against a create, as a phrase; empty where it says nothing against it.

        `deletes`: whether a server is deleted for it. Else a doubt about the list's words is left to the API.
        """
        if self._plans is None:
            return ""
        plan = self._plans.get(fields[_PLAN])
        if plan is None:
            return f"the API does not list plan {fields[_PLAN]} among the plans that can be ordered"
        if not is_available(plan):
            return f"plan {fields[_PLAN]} is not available"
        location = fields[_LOCATION]
        if not is_offered_at(plan, location) and (deletes or not self._is_only_on_servers(location)):
            offered = ", ".join((locations_of(plan) or [])[:_MOST_TOLD]) or "no location"
            return f"plan {fields[_PLAN]} is not offered at {location}, but at {offered}"
        return ""

    def _is_only_on_servers(self, location: str) -> bool:
        """Whether no plan is offered at a location at which there are servers. Then the list calls the locations
        otherwise, or no plan can be ordered there any more: the API decides.
        """
        same = field_of(_LOCATION).equal
        if any(same(offered, location) for offered in all_locations(list((self._plans or {}).values()))):
            return False
        return any(same(field_of(_LOCATION).value_in(server), location) for server in self._listed)

    def _instead(self, fields: Mapping[str, Any]) -> str:
        """A sentence that names the plans that can be ordered at the location."""
        suitable = [
            plan
            for plan in (self._plans or {}).values()
            if is_available(plan) and is_offered_at(plan, fields[_LOCATION])
        ]
        if not suitable:
            return f"No plan can be ordered at {fields[_LOCATION]}."
        titles = [
            f"{plan['id']} ({name})" if isinstance(name := plan.get("name"), str) else str(plan["id"])
            for plan in suitable
        ]
        more = f" and {len(titles) - _MOST_TOLD} more" if len(titles) > _MOST_TOLD else ""
        return f"Plans that can be ordered at {fields[_LOCATION]}: {', '.join(titles[:_MOST_TOLD])}{more}."

    def _offered(self, fields: Mapping[str, Any]) -> str | None:
        """The location as the plan that is asked for spells it."""
        plan = self._plans.get(fields[_PLAN]) if self._plans is not None else None
        locations = locations_of(plan) if plan is not None else None
        same = field_of(_LOCATION).equal
        return next((location for location in locations or () if same(location, fields[_LOCATION])), None)

    def _proof(self, field: Field, fields: Mapping[str, Any]) -> Any:
        """A value as it is surely taken, or None."""
        if field.option == _PLAN and self._plans is not None:
            return fields[_PLAN]  # it is listed, else it were impossible
        if field.option == _LOCATION and (offered := self._offered(fields)) is not None:
            return offered
        wanted = (field.option, fields[field.option])
        if wanted not in self._shown:  # servers that are recreated together mostly want the same
            shown = (field.value_in(server) for server in self._listed)
            self._shown[wanted] = next((value for value in shown if field.equal(value, wanted[1])), None)
        return self._shown[wanted]


def _refused(plan: ServerPlan, words: str) -> ServerPlan:
    return plan._replace(steps=(), predicted=None, refusal=VpsError(words, about=plan.about))
