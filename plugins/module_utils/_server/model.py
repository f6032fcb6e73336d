# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a server is, what is desired of one, and what a plan for one consists of. Data only.

Named tuples: to make a dataclass takes a process several times as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict

from .._client.errors import About, ServerId, VpsError
from .fields import FIELDS
from .status import Goal

_MOST_TOLD = 20  # ids in a warning
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class IdentifiedServer(TypedDict):
    """What every view of a server is checked for.

    Of a list's item or a detail without a text as its name or its status, the key is missing: see `lacking`.
    """

    id: ServerId
    name: str
    status: str


class Server(IdentifiedServer, total=False):
    """A view of a server: a list's item or a detail.

    What is below is documented and not checked: any of it may be missing or odd.
    """

    hostname: str | None
    ip_address: str | None  # null while provisioning
    ipv6_address: str | None
    location: str
    plan: Mapping[str, Any]
    os: Mapping[str, Any]
    backups_enabled: bool
    resource_usage: Mapping[str, Any]
    created_at: str
    updated_at: str


def lacking(server: Mapping[str, Any]) -> list[str]:
    """Of `name` and `status`, what a view of a server lacks.

    A server that lacks one is left out of whatever goes by names or status.
    """
    return [key for key in ("name", "status") if key not in server]


def with_detail(listed: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    """A server as its detail shows it, with the parts that only the list's item has, in nested objects too."""
    whole = {**listed, **detail}
    for key, part in detail.items():
        other = listed.get(key)
        if isinstance(part, Mapping) and isinstance(other, Mapping):
            whole[key] = with_detail(other, part)
    return whole


def incomplete_warning(ids: Sequence[ServerId]) -> str:
    """That some servers are shown without a name or a status, which has a consequence."""
    more = f" and {len(ids) - _MOST_TOLD} more" if len(ids) > _MOST_TOLD else ""
    return (
        "The API shows these servers without a name or without a status, so that they are left out of whatever goes by "
        f"names or status: id {', '.join(map(str, ids[:_MOST_TOLD]))}{more}."
    )


class DesiredServer(NamedTuple):
    """One server as declared. `fields`: those that were set, without the name; an unset option is nothing desired."""

    name: str | None = None
    server_id: ServerId | None = None
    fields: Mapping[str, Any] = _NOTHING
    power: str | None = None
    on_immutable_change: str = "fail"
    wait: bool = True
    recreate_unproven: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> DesiredServer:
        """What the options of a module, or an entry of a fleet with those of its task, declare."""
        fields = {
            row.option: options[row.option]
            for row in FIELDS
            if row.option != "name" and options.get(row.option) is not None
        }
        name, server_id, power = (options.get(option) for option in ("name", "id", "power"))
        return cls(
            name,
            server_id,
            fields,
            power,
            options.get("on_immutable_change", "fail"),
            options.get("wait", True),
            bool(options.get("recreate_unproven")),
        )

    @property
    def label(self) -> str:
        """What to call the server in a diff."""
        return self.name if self.name is not None else f"id {self.server_id}"

    @property
    def about(self) -> About:
        """What is known of the server before any look."""
        return About(self.name, self.server_id)


# What is done to a server, and how that reads when it is done. A create whose response was lost and whose server was
# found is an adoption.
PAST_TENSE: Mapping[str, str] = {
    "create": "created",
    "adopt": "adopted",
    "update": "updated",
    "start": "started",
    "stop": "stopped",
    "reboot": "rebooted",
    "delete": "deleted",
}


class Step(NamedTuple):
    """One thing to do: an action of PAST_TENSE, or `wait` for a goal.

    `foreseen`: whether check mode counts it; an action behind a transition whose end is not known may turn out
    needless.
    """

    kind: str
    fields: Mapping[str, Any] = _NOTHING
    goal: Goal | None = None
    reason: str = ""
    foreseen: bool = True

    @property
    def is_action(self) -> bool:
        """Whether it writes."""
        return self.kind in PAST_TENSE


class ServerPlan(NamedTuple):
    """What is to be done for one server, and what comes of it as far as can be predicted.

    `refusal`: why nothing must be done at all. `predicted_failure`: what the API will refuse; only check mode says so
    before it happens. `ends_badly`: why the server is not as declared even after the steps.
    """

    desired: DesiredServer
    existing: Server | None
    steps: tuple[Step, ...] = ()
    drift: tuple[Mapping[str, Any], ...] = ()
    before: Mapping[str, Any] = _NOTHING
    after: Mapping[str, Any] = _NOTHING
    predicted: Mapping[str, Any] | None = None
    refusal: VpsError | None = None
    predicted_failure: VpsError | None = None
    ends_badly: VpsError | None = None
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The name that the server is to have."""
        return self.desired.name if self.desired.name is not None else self.about.name

    @property
    def existing_id(self) -> ServerId | None:
        """The id of the server that is there."""
        return self.existing["id"] if self.existing else None

    @property
    def about(self) -> About:
        """The server, for errors."""
        return About.of(self.existing) if self.existing else self.desired.about

    @property
    def writes(self) -> bool:
        """Whether any step is an action, foreseen or not."""
        return any(step.is_action for step in self.steps)

    @property
    def changes(self) -> bool:
        """What check mode returns as changed."""
        return any(step.is_action and step.foreseen for step in self.steps)

    @property
    def foreseen_failure(self) -> VpsError | None:
        """Why the server will not be as declared in the end, as far as that can be predicted."""
        return self.predicted_failure or self.ends_badly

    @property
    def creates(self) -> bool:
        """Whether a server is to be created."""
        return self.create_fields is not None

    @property
    def create_fields(self) -> Mapping[str, Any] | None:
        """What a create is to send; None where none is planned."""
        return next((step.fields for step in self.steps if step.kind == "create"), None)

    @property
    def deletes(self) -> bool:
        """Whether a server is to be deleted, for good or to be created anew."""
        return any(step.kind == "delete" for step in self.steps)

    @property
    def recreates(self) -> bool:
        """Whether a server is to be deleted and created anew."""
        return self.creates and self.deletes

    def foreseen_actions(self) -> Iterator[tuple[Step, ServerId | None]]:
        """The actions that check mode counts, each with the id of its server: None from a create on."""
        server_id = self.existing_id
        for step in self.steps:
            if step.is_action and step.foreseen:
                server_id = None if step.kind == "create" else server_id
                yield step, server_id

    @property
    def diff(self) -> dict[str, Any]:
        """Before and after of what is managed, as Ansible shows it."""
        label = self.desired.label
        return {"before_header": label, "after_header": label, "before": dict(self.before), "after": dict(self.after)}
