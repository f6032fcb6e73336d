# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a server: what creates, updates, deletes and actions do, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from emulator import catalogue
from emulator.errors import ApiError
from emulator.settings import Switches
from emulator.store import MILLISECOND, SECOND, Store, Version, iso

NOT_FOUND = "Not found."
TRANSITIONS = ("provisioning", "starting", "stopping", "rebooting", "restoring")
ADDRESS_FIELDS = {"both": ("ip_address", "ipv6_address"), "ipv4": ("ip_address",), "ipv6": ("ipv6_address",)}
# Seeded servers have been there for long, for reads that lag behind as well.
LONGEST_CUT_NAME = 12
LONG_AGO = 3600 * SECOND


class Action(NamedTuple):
    """One of start, stop and reboot (the messages are documented)."""

    needs: str
    becomes: str
    message: str
    refusal: str


ACTIONS = {
    "start": Action("stopped", "starting", "Server is starting", "Server is already running."),
    "stop": Action("active", "stopping", "Server is stopping", "Server is not running."),
    "reboot": Action("active", "rebooting", "Server is rebooting", "Server is not running."),
}


def new_document(server: int, fields: dict[str, Any], switches: Switches, moment: int) -> dict[str, Any]:
    """A server as a create makes it, with every field of the detail but the usage, in the documentation's order."""
    name = fields["name"]
    without_hostname = {"null": None, "empty": "", "name": name}[switches.hostname_default]
    return {
        "id": server,
        "name": name,
        "hostname": fields.get("hostname", without_hostname),
        "status": "provisioning",
        "ip_address": None,
        "ipv6_address": None,
        "location": fields["location"],
        "plan": dict(catalogue.PLANS[int(fields["plan_id"])]),
        "os": dict(catalogue.SYSTEMS[int(fields["os_id"])]),
        "backups_enabled": fields.get("backups_enabled", False),
        "created_at": iso(moment, switches.clock_skew_s),
        "updated_at": iso(moment, switches.clock_skew_s),
        "ssh_key_id": fields.get("ssh_key_id"),
        "given_password": catalogue.password(server),
    }


def create(store: Store, switches: Switches, fields: dict[str, Any]) -> dict[str, Any]:
    """Create a server from checked fields; its document as it is now.

    ApiError 400 for a name taken, 402 for too few credits.
    """
    price = catalogue.PLAN_CREDITS[int(fields["plan_id"])]
    fields = _as_stored(fields, switches)
    with store.transaction():
        if switches.unique_names and store.name_taken(fields["name"]):
            raise ApiError(400, {"name": ["server with this name already exists."]})
        if store.credits < price:
            raise ApiError(402, "Insufficient credits.")
        store.credits -= price
        now = store.now()
        server = store.next_id(switches.reuse_ids)
        document = new_document(server, fields, switches, now)
        store.insert([(server, document, True)], since=now)
        provisioned = now + switches.provision_ms * MILLISECOND
        _schedule(store, switches, server, provisioned, {"status": switches.provision_ends_in})
        if switches.gives_address and switches.provision_ends_in == "active":
            addresses = {"ip_address": catalogue.ipv4_address(server), "ipv6_address": catalogue.ipv6_address(server)}
            given = ADDRESS_FIELDS[switches.address_kinds]
            fields = {field: address for field, address in addresses.items() if field in given}
            _schedule(store, switches, server, provisioned + switches.address_ms * MILLISECOND, fields)
    return document


def _as_stored(fields: dict[str, Any], switches: Switches) -> dict[str, Any]:
    if "name" not in fields or switches.stored_names == "as_sent":
        return fields
    name = fields["name"].lower() if switches.stored_names == "lowercase" else fields["name"][:LONGEST_CUT_NAME]
    return {**fields, "name": name}


def _schedule(store: Store, switches: Switches, server: int, at: int, fields: dict[str, Any]) -> None:
    store.amend(server, at, fields, updated=iso(at, switches.clock_skew_s))


def living(store: Store, server: int) -> Version:
    """A server as it is now; ApiError 404 when it is not there, or deleted and only lingering."""
    version = store.at(server, store.now())
    if version is None or store.is_ending(server):
        raise ApiError(404, NOT_FOUND)
    return version


def _in_transition(version: Version) -> bool:
    return version.document.get("status") in TRANSITIONS


def _refuse_in_transition(version: Version, status: int) -> None:
    if status >= 400 and _in_transition(version):
        raise ApiError(status, f"Server is {version.document['status']}.")


def update(store: Store, switches: Switches, server: int, fields: dict[str, Any]) -> Version:
    """Change a server's fields; the server afterwards."""
    fields = _as_stored(fields, switches)
    with store.transaction():
        version = living(store, server)
        _refuse_in_transition(version, switches.patch_in_transition)
        if switches.unique_names and "name" in fields and store.name_taken(fields["name"], other_than=server):
            raise ApiError(400, {"name": ["server with this name already exists."]})
        now = store.now()
        _schedule(store, switches, server, now, fields)
        changed = store.at(server, now)
    assert changed is not None
    return changed


def delete(store: Store, switches: Switches, server: int) -> None:
    """Delete a server; it may linger in reads."""
    with store.transaction():
        now = store.now()
        version = store.at(server, now)
        if version is None:
            raise ApiError(404, NOT_FOUND)
        if store.is_ending(server):
            if switches.delete_again >= 400:
                raise ApiError(
                    switches.delete_again, NOT_FOUND if switches.delete_again == 404 else "Server is being deleted."
                )
            return
        _refuse_in_transition(version, switches.delete_in_transition)
        if switches.deleting_status and switches.delete_ms:
            _schedule(store, switches, server, now, {"status": switches.deleting_status})
        store.end(server, now + switches.delete_ms * MILLISECOND)


def act(store: Store, switches: Switches, server: int, name: str) -> dict[str, Any]:
    """Start, stop or reboot a server; its document before. ApiError where its status does not allow it."""
    action = ACTIONS[name]
    with store.transaction():
        version = living(store, server)
        if version.document.get("status") != action.needs:
            status = switches.actions_in_transition if _in_transition(version) else 400
            raise ApiError(status, action.refusal)
        now = store.now()
        delay, ends_in = {
            "start": (switches.start_ms, switches.start_ends_in),
            "stop": (switches.stop_ms, switches.stop_ends_in),
            "reboot": (switches.reboot_ms, switches.reboot_ends_in),
        }[name]
        _schedule(store, switches, server, now, {"status": action.becomes})
        _schedule(store, switches, server, now + delay * MILLISECOND, {"status": ends_in})
    return version.document


def resize(store: Store, switches: Switches, server: int, plan: int) -> None:
    """Give a server another plan, at once. ApiError where its status does not allow it."""
    with store.transaction():
        version = living(store, server)
        _refuse_in_transition(version, switches.actions_in_transition)
        _schedule(store, switches, server, store.now(), {"plan": dict(catalogue.PLANS[plan])})


def complete(server: int, fields: dict[str, Any], switches: Switches, now: int) -> dict[str, Any]:
    """A server that has been running for long, with some fields given verbatim; plan_id and os_id choose from the
    catalogue.
    """
    fields = dict(fields)
    basis = {
        "name": f"server-{server}",
        "plan_id": fields.pop("plan_id", 1),
        "os_id": fields.pop("os_id", 5),
        "location": catalogue.LOCATIONS[0],
    }
    document = new_document(server, basis, switches, now - LONG_AGO)
    name = fields.get("name", document["name"])
    document["status"] = "active"
    document["hostname"] = f"{name}.example.com" if isinstance(name, str) else None
    document["ip_address"] = catalogue.ipv4_address(server)
    document["ipv6_address"] = catalogue.ipv6_address(server)
    document.update(fields)
    return document


class Inserted(NamedTuple):
    """A server to insert: fields, verbatim; complete: whether the others are filled in; omit: fields left out in the
    end.
    """

    fields: dict[str, Any]
    complete: bool = True
    omit: tuple[str, ...] = ()


def seed(store: Store, switches: Switches, servers: Iterable[Inserted]) -> list[int]:
    """Insert servers as if they had been there for long.

    An id that is given, a positive integer and free becomes the server's own; any other value is only shown, and
    the server is reached by the id that is returned.
    """
    with store.transaction():
        now, following, rows, used = store.now(), store.next_id(), [], set()
        for fields, fill, omit in servers:
            wanted, server = fields.get("id"), following
            if (
                isinstance(wanted, int)
                and not isinstance(wanted, bool)
                and 0 < wanted < 1 << 62
                and wanted not in used
                and store.at(wanted, now) is None
            ):
                server = wanted
            used.add(server)
            following = max(following, server + 1)
            document = complete(server, fields, switches, now) if fill else fields
            document = {field: value for field, value in document.items() if field not in omit} if omit else document
            rows.append((server, document, fill and "resource_usage" not in {*fields, *omit}))
        return store.insert(rows, since=now - LONG_AGO)
