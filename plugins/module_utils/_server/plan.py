# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Declared and found make a plan. Pure: no request, no clock, no Ansible.

Everything that the user sees of a run before it happens (check mode, diff, the fleet's plan) is made here, and so is what
the run then carries out: prediction and run can't disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import status as _status
from .._client.responses import is_id
from .status import Goal

CREATE_REQUIRES = ("plan_id", "os_id", "location")  # beside the name; documented
IMMUTABLE = ("plan_id", "os_id", "location")  # no endpoint changes them
MUTABLE = ("name", "hostname", "backups_enabled")  # what PUT and PATCH take; documented
CREATE_ONLY = ("ssh_key_id",)  # no answer ever shows it
FIELDS = ("plan_id", "os_id", "location", "hostname", "ssh_key_id", "backups_enabled")

MISSING = object()  # a field that a view of a server lacks, so that it can't be compared
ACTIONS = frozenset({"create", "update", "start", "stop", "reboot", "delete"})


@dataclass(frozen=True)
class Wish:
    """One server as declared. C(fields): those of FIELDS that were set; an unset option is no wish."""

    name: str | None = None
    server_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    power: str | None = None
    on_immutable_change: str = "fail"
    wait: bool = True

    @property
    def label(self) -> str:
        """What to call the server in a message."""
        return self.name if self.name is not None else f"id {self.server_id}"


@dataclass(frozen=True)
class Step:
    """One thing to do: an action of ACTIONS, or C(wait) for a goal.

    C(foreseen): whether check mode counts it; an action behind a transition whose end is not known may turn out needless.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    goal: Goal | None = None
    reason: str = ""
    foreseen: bool = True

    @property
    def is_action(self) -> bool:
        """Whether it writes."""
        return self.kind in ACTIONS


@dataclass(frozen=True)
class ServerPlan:
    """What is to be done for one server, and what comes of it as far as can be foretold."""

    wish: Wish
    found: Mapping[str, Any] | None
    steps: tuple[Step, ...] = ()
    drift: tuple[Mapping[str, Any], ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] | None = None
    refusal: str | None = None
    foretold_failure: str | None = None  # what the API will refuse; only check mode says so before it happens
    ends_badly: str | None = None  # why the server is not as declared even after the steps
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """What check mode returns as changed."""
        return any(step.is_action and step.foreseen for step in self.steps)

    @property
    def creates(self) -> bool:
        """Whether a server is to be created."""
        return any(step.kind == "create" for step in self.steps)

    @property
    def recreates(self) -> bool:
        """Whether a server is to be deleted and created anew."""
        return self.creates and any(step.kind == "delete" for step in self.steps)

    @property
    def diff(self) -> dict[str, Any]:
        """Before and after of what is managed, as Ansible shows it."""
        label = self.wish.label
        return {"before_header": label, "after_header": label, "before": dict(self.before), "after": dict(self.after)}


def value_of(server: Mapping[str, Any], option: str) -> Any:
    """What a view of a server holds for an option, or MISSING where the view lacks it."""
    if option in ("plan_id", "os_id"):
        part = server.get(option[: -len("_id")])
        return part["id"] if isinstance(part, Mapping) and "id" in part else MISSING
    return server.get(option, MISSING)


def equal(option: str, have: Any, want: Any) -> bool:
    """Whether a server has what is declared. Host names are compared as DNS does."""
    if option == "hostname" and isinstance(have, str):
        return have.rstrip(".").lower() == want.rstrip(".").lower()
    return type(have) is type(want) and have == want


def named(servers: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """The servers of exactly that name, whatever their status, the lowest id first."""
    return sorted((server for server in servers if server["name"] == name), key=lambda server: server["id"])


_BY_ID = "Say which one is meant by its id, or delete by id those that are not wanted."


def ambiguity(name: str, servers: Sequence[Mapping[str, Any]], advice: str = _BY_ID) -> str | None:
    """The refusal where a name is not unique: none of the servers is picked, to change or to delete. C(advice): what to do about it."""
    if len(servers) < 2:
        return None
    ids = ", ".join(str(server["id"]) for server in servers)
    return f"There are {len(servers)} servers named {name}: ids {ids}. {advice}"


def plan_present(wish: Wish, found: Mapping[str, Any] | None) -> ServerPlan:
    """A server that is to exist. C(found): its detail (or a list item, where nothing is declared that a list item lacks)."""
    if found is None:
        return _plan_create(wish)
    drift, warnings = _drift(wish, found)
    if drift and wish.on_immutable_change == "fail":
        return ServerPlan(wish, found, drift=drift, refusal=_immutable_refusal(found, drift), warnings=warnings)
    if drift and wish.on_immutable_change == "recreate":
        return _plan_recreate(wish, found, drift, warnings)
    if drift:
        warnings = (*warnings, f"Server {_title(found)} differs in what can't be changed: {_differences(drift)}. It was left as it is.")
    changes, unknown = _changes(wish, found)
    warnings = (*warnings, *(f"Server {_title(found)}: the API does not show {option}, so it can't be compared and was not set." for option in unknown))
    steps: list[Step] = []
    if changes:
        steps.append(Step("update", fields=changes, reason=f"{', '.join(changes)} differ{'s' if len(changes) == 1 else ''}"))
    power_steps, refusal = power_plan(wish.power, found, wish.wait) if wish.power else ([], None)
    steps += power_steps
    if not power_steps and wish.wait and _is_coming_up(found):
        steps.append(Step("wait", goal=Goal.READY))
    ends_badly = None
    if not wish.power and found["status"] in _status.DEAD:
        standing = _dead_refusal(found)
        # As the wait after its create would have ended, so that a further run does not call it done.
        ends_badly = standing if wish.wait and found["status"] in _status.BROKEN else None
        warnings = warnings if ends_badly else (*warnings, standing)
    before = _view(wish, found)
    after = {**before, **changes, **({"power": wish.power} if wish.power else {})}
    predicted = {**found, **changes, **_predicted_status(steps)}
    return ServerPlan(wish, found, tuple(steps), drift, before, after, predicted, refusal, ends_badly=ends_badly, warnings=warnings)


def _is_coming_up(found: Mapping[str, Any]) -> bool:
    """Whether a server is still being made, by this run's predecessor or another: active comes before the address."""
    if found["status"] == _status.ACTIVE:
        return "ip_address" in found and not _status.has_address(found)
    return found["status"] == _status.PROVISIONING


def plan_absent(wish: Wish, found: Mapping[str, Any] | None, reason: str = "declared absent") -> ServerPlan:
    """A server that is to be gone. C(found) bears an id that this run has seen in an answer: only that is ever deleted."""
    if found is None:
        return ServerPlan(wish, None)
    if wish.server_id is not None and wish.name is not None and found["name"] != wish.name:
        refusal = f"Server {wish.server_id} is named {found['name']}, not {wish.name}. Nothing was deleted: give the id alone, or the name that belongs to it."
        return ServerPlan(wish, found, refusal=refusal)
    return ServerPlan(wish, found, _deletion(wish.wait, reason), before=_whole_view(found))


def plan_power(wish: Wish, state: str, found: Mapping[str, Any]) -> ServerPlan:
    """A power state that is wanted now: C(started), C(stopped) or C(rebooted)."""
    steps, refusal = _reboot_plan(found, wish.wait) if state == "rebooted" else power_plan(state, found, wish.wait)
    before = {"power": _status.power_word(found["status"])}
    acts = any(step.is_action for step in steps)
    after = {"power": state} if acts or state != "rebooted" else before
    foretold = None
    if state == "rebooted" and _status.LEADS_TO.get(found["status"], found["status"]) == _status.STOPPED:
        foretold = f"Server {_title(found)} is {found['status']}, and the API refuses to reboot a server that does not run. Start it instead."
    return ServerPlan(wish, found, tuple(steps), (), before, after, {**found, **_predicted_status(steps)}, refusal, foretold)


def power_plan(power: str, found: Mapping[str, Any], wait: bool) -> tuple[list[Step], str | None]:
    """The steps to C(started) or C(stopped), or a refusal. At the target: none; on the way: wait; in another transition: wait for its end, then act."""
    status, target = found["status"], _status.POWER_TARGET[power]
    if status in _status.DEAD:
        return [], _dead_refusal(found)
    goal = Goal.STOPPED if target == _status.STOPPED else Goal.READY if status == _status.PROVISIONING else Goal.ACTIVE
    arrive = [Step("wait", goal=goal)] if wait else []
    if status == target:
        return [], None
    if status in _status.ON_THE_WAY[target]:
        return arrive, None
    act = Step("start" if power == "started" else "stop", reason=f"status is {status}", foreseen=_status.LEADS_TO.get(status) != target)
    if status in _status.STABLE:
        return [act, *arrive], None
    return [Step("wait", goal=Goal.SETTLED), act, *arrive], None


def _reboot_plan(found: Mapping[str, Any], wait: bool) -> tuple[list[Step], str | None]:
    status = found["status"]
    if status in _status.DEAD:
        return [], _dead_refusal(found)
    arrive = [Step("wait", goal=Goal.REBOOTED)] if wait else []
    if status == _status.REBOOTING:
        return [Step("wait", goal=Goal.ACTIVE)] if wait else [], None
    act = Step("reboot", reason="asked for")
    # A stopped server is not started instead: the API's own refusal is passed on.
    return [act, *arrive] if status in _status.STABLE else [Step("wait", goal=Goal.SETTLED), act, *arrive], None


def _plan_create(wish: Wish) -> ServerPlan:
    if wish.server_id is not None:
        return ServerPlan(wish, None, refusal=f"There is no server with the id {wish.server_id}.")
    missing = [option for option in CREATE_REQUIRES if option not in wish.fields]
    if missing:
        refusal = f"There is no server named {wish.name}, and to create it {_listed(missing)} must be given too."
        return ServerPlan(wish, None, refusal=refusal)
    after = {"name": wish.name, **wish.fields, **({"power": wish.power} if wish.power else {})}
    steps = _creation(wish, dict(wish.fields), "there is none of that name")
    return ServerPlan(wish, None, steps, (), {}, after, _predicted_new(wish, wish.fields, steps))


def _plan_recreate(wish: Wish, found: Mapping[str, Any], drift: tuple[Mapping[str, Any], ...], warnings: tuple[str, ...]) -> ServerPlan:
    # What was not declared is kept as it was found: an unset option is no wish to lose a host name.
    fields = {**_kept(found), **wish.fields}
    missing = [option for option in CREATE_REQUIRES if option not in fields]
    if missing:
        return ServerPlan(
            wish, found, drift=drift, refusal=f"Server {_title(found)} can't be recreated: {_listed(missing)} must be given too.", warnings=warnings
        )
    name = wish.name or found["name"]
    wish_named = Wish(name, wish.server_id, wish.fields, wish.power, wish.on_immutable_change, wish.wait)
    steps = (*_deletion(True, f"recreated: {_differences(drift)}"), *_creation(wish_named, fields, "recreated"))
    before = _view(wish_named, found)
    after = {**before, "name": name, **wish.fields, **({"power": wish.power} if wish.power else {})}
    if wish.server_id is not None:
        warnings = (*warnings, f"Server {_title(found)} is recreated and so gets a new id: the id {wish.server_id} in the declaration will no longer be there.")
    return ServerPlan(wish_named, found, steps, drift, before, after, _predicted_new(wish_named, fields, steps), warnings=warnings)


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a server's successor is created with unless declared otherwise: only what a create surely takes.

    A create that is refused comes when the server is already gone. A host name may be a default (empty, or the server's
    name) that the API shows but does not take: documented is a fully qualified one.
    """
    kept = {option: value_of(found, option) for option in (*IMMUTABLE, "hostname", "backups_enabled")}
    fits = {
        "plan_id": is_id,
        "os_id": is_id,
        "location": lambda value: isinstance(value, str) and value,
        "hostname": lambda value: isinstance(value, str) and "." in value.strip("."),
        "backups_enabled": lambda value: isinstance(value, bool),
    }
    return {option: value for option, value in kept.items() if fits[option](value)}


def _creation(wish: Wish, fields: Mapping[str, Any], reason: str) -> tuple[Step, ...]:
    steps = [Step("create", fields={"name": wish.name, **fields}, reason=reason)]
    if wish.power == "stopped":
        # A new server starts by itself; only then can it be stopped.
        steps += [Step("wait", goal=Goal.READY), Step("stop", reason="declared stopped")]
        steps += [Step("wait", goal=Goal.STOPPED)] if wish.wait else []
    elif wish.wait:
        steps.append(Step("wait", goal=Goal.READY))
    return tuple(steps)


def _deletion(wait: bool, reason: str) -> tuple[Step, ...]:
    return (Step("delete", reason=reason), *([Step("wait", goal=Goal.GONE)] if wait else []))


def _drift(wish: Wish, found: Mapping[str, Any]) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    drift, warnings = [], []
    for option in IMMUTABLE:
        if option not in wish.fields:
            continue
        have = value_of(found, option)
        if have is MISSING or type(have) is not type(wish.fields[option]):
            warnings.append(f"Server {_title(found)}: the API does not show {option}, so it can't be compared.")
        elif not equal(option, have, wish.fields[option]):
            drift.append({"field": option, "have": have, "want": wish.fields[option]})
    return tuple(drift), tuple(warnings)


def _changes(wish: Wish, found: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What an update must send, and what can't be compared."""
    wanted = {**({"name": wish.name} if wish.name is not None else {}), **wish.fields}
    changes, unknown = {}, []
    for option in MUTABLE:
        if option not in wanted:
            continue
        have = value_of(found, option)
        if have is MISSING:
            unknown.append(option)
        elif not equal(option, have, wanted[option]):
            changes[option] = wanted[option]
    return changes, unknown


def _view(wish: Wish, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is managed of a server that exists."""
    options = ["name", *(option for option in FIELDS if option in wish.fields and option not in CREATE_ONLY)]
    view = {option: value_of(found, option) for option in options}
    shown = {option: None if value is MISSING else value for option, value in view.items()}
    return {**shown, **({"power": _status.power_word(found["status"])} if wish.power else {})}


def _whole_view(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is lost with a server."""
    view = {option: value_of(found, option) for option in ("name", "plan_id", "os_id", "location", "hostname")}
    return {"id": found["id"], **{option: value for option, value in view.items() if value is not MISSING}, "power": _status.power_word(found["status"])}


def _predicted_status(steps: Sequence[Step]) -> dict[str, Any]:
    # What a look right after the action shows; the wait behind it, if any, has the last word.
    ends = {"start": "starting", "reboot": _status.REBOOTING, "stop": "stopping"}
    goals = {Goal.READY: _status.ACTIVE, Goal.ACTIVE: _status.ACTIVE, Goal.REBOOTED: _status.ACTIVE, Goal.STOPPED: _status.STOPPED}
    words = [ends.get(step.kind) or goals.get(step.goal) for step in steps if step.foreseen]
    known = [word for word in words if word]
    return {"status": known[-1]} if known else {}


def _predicted_new(wish: Wish, fields: Mapping[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """A detail of a server that does not exist yet: every key that a real one has, null where only the API can know."""
    return {
        "id": None,
        "name": wish.name,
        "hostname": fields.get("hostname"),
        "status": _predicted_status(steps).get("status", _status.PROVISIONING),
        "ip_address": None,
        "ipv6_address": None,
        "location": fields["location"],
        "plan": {"id": fields["plan_id"], "name": None, "vcpus": None, "memory": None, "storage": None, "bandwidth": None},
        "os": {"id": fields["os_id"], "name": None},
        "backups_enabled": fields.get("backups_enabled", False),
        "resource_usage": None,
        "created_at": None,
        "updated_at": None,
    }


def _immutable_refusal(found: Mapping[str, Any], drift: Sequence[Mapping[str, Any]]) -> str:
    return (
        f"Server {_title(found)} differs in what can't be changed: {_differences(drift)}. Declare what it has, "
        "or choose what to do by on_immutable_change: warn leaves it as it is, recreate deletes it and creates it anew."
    )


def _dead_refusal(found: Mapping[str, Any]) -> str:
    return f"Server {_title(found)} is {found['status']}, and no action changes that: see to it in the VPS.org account."


def _differences(drift: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{entry['field']} is {entry['have']}, declared {entry['want']}" for entry in drift)


def _title(found: Mapping[str, Any]) -> str:
    return f"{found['name']} (id {found['id']})"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
