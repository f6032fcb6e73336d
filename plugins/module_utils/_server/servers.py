# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Safe operations on servers: each write is carried to a proven end, by the failure table of _policy.py.

Every operation sends, and where the outcome is in doubt, looks. Nothing here waits for a server's own life to go on,
except where the table says so (the end of a transition that made the API refuse an action).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import status as _status
from .._client import retry_policy as _policy
from .._client import responses as _shapes
from .._client.api import SERVERS, Api, ApiError, action_path, final, server_path
from .._client.errors import Cancelled, TimeLimitReached, VpsError
from .._client.http import ExchangeFailure, Indeterminate
from .plan import equal, named, value_of
from .._client.retry_policy import Move, Operation, Row
from .wait import Intervals

FEWEST_ADOPTION_LOOKS = 4
READ_BACK_TIME = 10.0  # seconds in which a read may still show a server as it was before an accepted PATCH
_MOST_LOOKS_FOR_A_NAME = 4  # some seconds in all; see Servers.pause_for_the_list
_LOOK_ATTEMPTS = 2  # of one look inside a window that looks again anyway
_MAY_HAVE_HAPPENED = frozenset({Row.LOST, Row.SERVER_ERROR, Row.ODD_SUCCESS})
_GONE = frozenset({404, 410})


@dataclass
class _Write:
    """One write to one server, which may take several requests. C(doubt): the failure of the one whose outcome is not known, in words."""

    operation: Operation
    method: str
    path: str
    server_id: int
    attempt: int = 0
    changed: bool = False
    doubt: str = ""

    def failed(self, failure: ExchangeFailure) -> None:
        """Note whether it may have happened all the same."""
        if _policy.row_of(failure) in _MAY_HAVE_HAPPENED:
            self.changed, self.doubt = True, f"{self.method} {self.path}: {failure}. Whether it took effect is not known."

    def error(self, failure: ExchangeFailure, note: str = "") -> ApiError:
        """The error for a request that is not sent again."""
        return final(self.method, self.path, failure, note)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Let no error out that does not tell which server it concerns, whether that may be changed, and what is in doubt."""
        try:
            yield
        except VpsError as error:
            error.server_id = error.server_id or self.server_id
            error.changed = error.changed or self.changed
            if self.doubt and self.doubt.partition(". Whether")[0] not in str(error):
                error.args = (f"{self.doubt} {error}",)
            raise


class Servers:
    """The servers of an account, through one task's Api."""

    def __init__(self, api: Api, *, adopt_timeout: float, wait_interval: float) -> None:
        self.api = api
        self._adopt_timeout = adopt_timeout
        self._wait_interval = wait_interval

    @property
    def pace(self) -> Any:
        """The task's pace."""
        return self.api.pace

    # Finding

    def list(self) -> list[dict[str, Any]]:
        """Every server of the account: a whole list or an error."""
        return self.api.list_servers()

    def find(self, server_id: int) -> dict[str, Any] | None:
        """A server's detail, or None with positive proof: a 404 for the id and a whole list that lacks it.

        With a wrong api_url everything is 404, and C(state: absent) would report success while the bill runs.
        """
        for attempt in range(1, _policy.MOST_TRIES_OF_A_WRITE + 1):
            try:
                return self.api.get_server(server_id)
            except ApiError as error:
                if error.status != 404:
                    raise
                failure = error.failure
            if all(server["id"] != server_id for server in self.list()):
                return None
            if attempt < _policy.MOST_TRIES_OF_A_WRITE:
                self.api.pause(attempt, failure, f"Server {server_id} is in the list, but its detail is not there.")
        raise final("GET", server_path(server_id), failure, "The list of servers shows it all the same: the API contradicts itself.")

    def pause_for_the_list(self, look: int, listed: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        """Before another list, where it shows a server by a name that its detail does not have, as after a rename. Raises VpsError after some looks.

        C(look): the number of the look that has shown it, from 1. Acting on such a server would be acting on the wrong one.
        """
        if look >= _MOST_LOOKS_FOR_A_NAME or self.pace.is_over():
            raise VpsError(
                f"The list shows server {listed['id']} as {listed['name']}, but its detail as {found['name']}: it has just been renamed, "
                "and lists do not show it yet. Nothing was done. Run the task again in a minute.",
                server_id=listed["id"],
            )
        self.pace.sleep(min(0.5 * 2 ** (look - 1), max(0.0, self.pace.remaining())))

    # Creating

    def create(self, fields: Mapping[str, Any], seen: frozenset[int]) -> tuple[dict[str, Any], str]:
        """Create a server; C(("create", ...)) or, where the answer was lost and the server found, C("adopt").

        C(seen): the ids that a whole list held just before, under the account's lock. At most one request is sent whose
        refusal is not proven: a second one would be a second bill. Returns (server, action).
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                server = self.api.create_server(fields)
                if server["id"] not in seen:
                    return server, "create"
                failure: ExchangeFailure = Indeterminate(f"the answer shows server {server['id']}, which was there before")
            except ExchangeFailure as problem:
                failure = problem
            move = _policy.move(Operation.CREATE, failure)
            if move in (Move.LOOK_ONLY, Move.LOOK_OR_FAIL):
                return self._adopt(fields, seen, failure, move), "adopt"
            if move is not Move.LOOK_AGAIN or attempt >= _policy.tries(Operation.CREATE, self.pace.retries):
                raise final("POST", SERVERS, failure)
            self.api.pause(attempt, failure, str(final("POST", SERVERS, failure)))
            # No sleep may lie between a look and a create.
            appeared = self._appeared(fields, seen, self.list())
            if appeared is not None:
                return appeared, "adopt"

    def _adopt(self, fields: Mapping[str, Any], seen: frozenset[int], failure: ExchangeFailure, move: Move) -> dict[str, Any]:
        """Look for the server that a create with a lost answer may have brought about, for the adoption window."""
        hint = _hinted_id(failure)
        hint = None if hint in seen else hint
        ends = time.monotonic() + self._adopt_timeout
        pause, looks, last_problem = min(0.5, self._adopt_timeout / 8), 0, ""
        while True:
            try:
                appeared = self._appeared(fields, seen, self.api.list_servers(attempts=_LOOK_ATTEMPTS))
                if appeared is None and hint is not None and (behind := self._behind(hint)) is not None:
                    if behind["name"] == fields["name"] and _is_as_asked(behind, fields):
                        appeared = behind
                    else:
                        hint = None
                looks += 1
                if appeared is not None:
                    return appeared
            except ApiError as error:
                if error.denied:
                    raise self._unknown(fields["name"], hint, failure, str(error)) from None
                looks, last_problem = looks + 1, f" The last look failed: {error}"
            except (TimeLimitReached, Cancelled) as error:
                raise self._unknown(fields["name"], hint, failure, str(error)) from None
            left = ends - time.monotonic()
            if (left <= 0 and looks >= FEWEST_ADOPTION_LOOKS) or self.pace.is_over():
                break
            try:
                self.pace.sleep(min(pause, max(left, self._adopt_timeout / 8), max(0.0, self.pace.remaining())))
            except Cancelled as error:
                raise self._unknown(fields["name"], hint, failure, str(error)) from None
            pause = min(pause * 2, max(self._adopt_timeout / 5, 0.5))
        if move is Move.LOOK_OR_FAIL:
            raise final("POST", SERVERS, failure)
        raise self._unknown(fields["name"], hint, failure, last_problem.strip())

    def _appeared(self, fields: Mapping[str, Any], seen: frozenset[int], servers: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The one new server of the name that was asked for, with the plan, system and location asked for. created_at proves nothing: clocks differ."""
        candidates = [server for server in named(servers, fields["name"]) if server["id"] not in seen]
        matching = [server for server in candidates if _is_as_asked(server, fields)]
        if len(matching) == 1 and len(candidates) == 1:
            return dict(matching[0])
        if candidates:
            ids = ", ".join(str(server["id"]) for server in candidates)
            raise VpsError(
                f"While {fields['name']} was being created, something else created a server of that name too: ids {ids}. "
                "Which of them is wanted can't be told: see to it by id.",
                server_id=candidates[0]["id"],
                name=fields["name"],
                changed=True,
            )
        return None

    def _behind(self, hint: int) -> dict[str, Any] | None:
        """The server of an id that a broken answer has shown, if it is to be seen. It counts only if it is what was asked for."""
        try:
            return self.api.get_server(hint, attempts=_LOOK_ATTEMPTS)
        except ApiError as error:
            if error.denied:
                raise
            return None

    def _unknown(self, name: str, hint: int | None, failure: ExchangeFailure, note: str) -> VpsError:
        text = (
            f"Creating {name} has an unknown outcome. POST {SERVERS}: {failure}. The server was looked for and is not to be seen, but may still appear; "
            "it was not asked for again, because that could be a second, billed server. Run the task again: if the server has appeared, it is adopted."
        )
        return VpsError(f"{text} {note}".strip(), server_id=hint, name=name, changed=True)

    # Changing

    def update(self, server_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """PATCH what differs, and read it back. Returns the detail. A field that did not take is a failure that names it."""
        write, lost = _Write(Operation.UPDATE, "PATCH", server_path(server_id), server_id), False
        with write.told():
            while True:
                write.attempt += 1
                try:
                    self.api.update_server(server_id, changes)
                    write.changed = True
                    return self._read_back(server_id, changes)
                except ExchangeFailure as problem:
                    failure = problem
                if self._move_or_raise(write, failure) is Move.LOOK_AGAIN:
                    server = self._still_there(server_id, f"PATCH {write.path}: {failure}.")
                    if not _not_taken(server, changes):
                        return server
                    lost = lost or _policy.row_of(failure) is Row.LOST
                    if not lost:  # what was answered is over; a request whose answer was lost may still be on its way
                        write.changed, write.doubt = False, ""
                self._pause_or_raise(write, failure)

    def _read_back(self, server_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        ends, intervals = time.monotonic() + READ_BACK_TIME, Intervals(min(self._wait_interval, 1.0))
        while True:
            server = self._still_there(server_id, "The update was accepted.")
            not_taken = _not_taken(server, changes)
            if not not_taken:
                return server
            if time.monotonic() >= ends or self.pace.is_over():
                fields = ", ".join(f"{option} (declared {changes[option]!r}, but the API shows {server.get(option)!r})" for option in not_taken)
                raise VpsError(
                    f"Server {server['name']} (id {server_id}): the API accepted the update, but this did not take: {fields}.",
                    server_id=server_id,
                    changed=True,
                )
            self.pace.sleep(min(intervals.next(), max(0.0, self.pace.remaining())))

    def _still_there(self, server_id: int, context: str) -> dict[str, Any]:
        server = self.find(server_id)
        if server is None:
            raise VpsError(f"Server {server_id} has vanished. {context}", server_id=server_id)
        return server

    # Deleting

    def delete(self, server_id: int, *, waits: bool = True) -> bool:
        """DELETE a server. Returns whether it was this that deleted it (False: it was gone already).

        Lingering in reads is for the caller to wait for; C(waits): whether it does, so that a 409 may well mean a deletion under way.
        """
        write = _Write(Operation.DELETE, "DELETE", server_path(server_id), server_id)
        with write.told():
            while True:
                write.attempt += 1
                try:
                    self.api.delete_server(server_id)
                    return True
                except ExchangeFailure as problem:
                    failure = problem
                # Only what may have happened makes us the one who deleted it.
                if write.doubt and (failure.status in _GONE or (waits and failure.status == 409)):
                    return True
                move = self._move_or_raise(write, failure)
                paused = self._pause_if_asked(write, failure)
                if move is Move.LOOK_AGAIN and self.find(server_id) is None:
                    return bool(write.doubt)
                if not paused:
                    self._pause_or_raise(write, failure)

    # Power

    def switch(self, server_id: int, action: str) -> bool:
        """Start or stop a server. Returns whether it was this that did it: another's command may have come first. Does not wait for the end."""
        target = _status.ACTIVE if action == "start" else _status.STOPPED
        write = _Write(Operation.SWITCH, "POST", action_path(server_id, action), server_id)
        with write.told():
            while True:
                write.attempt += 1
                try:
                    self.api.act(server_id, action)
                    return True
                except ExchangeFailure as problem:
                    failure = problem
                move = self._move_or_raise(write, failure)
                paused = self._pause_if_asked(write, failure)
                if move in (Move.LOOK_AGAIN, Move.SETTLE):
                    server = self._look_at(write, failure, settle=move is Move.SETTLE, target=target)
                    if server["status"] == target or server["status"] in _status.ON_THE_WAY[target]:
                        return bool(write.doubt)
                    if move is Move.SETTLE and server["settled_from"] is None and _policy.row_of(failure) is Row.INVALID:
                        raise write.error(failure, _standing(server))
                if not paused:
                    self._pause_or_raise(write, failure)

    def reboot(self, server_id: int) -> bool:
        """Reboot a server. Returns True. Never sent twice without proof of refusal; does not wait for the end."""
        write = _Write(Operation.REBOOT, "POST", action_path(server_id, "reboot"), server_id)
        with write.told():
            while True:
                write.attempt += 1
                try:
                    self.api.act(server_id, "reboot")
                    return True
                except ExchangeFailure as problem:
                    failure = problem
                move = self._move_or_raise(write, failure)
                paused = self._pause_if_asked(write, failure)
                if move is not Move.AGAIN:
                    server = self._look_at(write, failure, settle=move is Move.SETTLE, target=None)
                    if server["status"] == _status.REBOOTING and server["settled_from"] is None:
                        return True
                    if move is Move.LOOK_ONLY:
                        raise VpsError(
                            f"Rebooting server {server['name']} (id {server_id}) has an unknown outcome. POST {write.path}: {failure}. "
                            f"Its status is {server['status']}. The command was not repeated, because that could be a second reboot.",
                            name=server["name"],
                        )
                    if move is Move.LOOK_OR_FAIL or (move is Move.SETTLE and server["settled_from"] is None):
                        raise write.error(failure, _standing(server))
                if not paused:
                    self._pause_or_raise(write, failure)

    def _look_at(self, write: _Write, failure: ExchangeFailure, *, settle: bool, target: str | None) -> dict[str, Any]:
        """The server after a failed action. With C(settle), the end of a transition that leads elsewhere is waited for: C(settled_from) tells which."""
        context = f"POST {write.path}: {failure}."
        server = {**self._still_there(write.server_id, context), "settled_from": None}
        if not settle or server["status"] in _status.STABLE or server["status"] in _status.DEAD:
            return server
        if server["status"] == _status.REBOOTING and target is None:
            return server
        if target is not None and server["status"] in _status.ON_THE_WAY[target]:
            return server
        began, intervals = server["status"], Intervals(self._wait_interval)
        while server["status"] not in _status.STABLE and server["status"] not in _status.DEAD:
            if self.pace.is_over():
                raise TimeLimitReached(f"Server {server['name']} (id {write.server_id}) is still {server['status']} at the time limit. {context}")
            self.pace.sleep(min(intervals.next(), max(0.0, self.pace.remaining())))
            server = {**self._still_there(write.server_id, context), "settled_from": began}
        return server

    # What all writes share

    def _move_or_raise(self, write: _Write, failure: ExchangeFailure) -> Move:
        write.failed(failure)
        move = _policy.move(write.operation, failure)
        if move in (Move.FAIL, Move.STOP):
            raise write.error(failure)
        return move

    def _pause_if_asked(self, write: _Write, failure: ExchangeFailure) -> bool:
        """Keep the pause that a 429 asks for before the look, which is a request too. Returns whether there was one."""
        if _policy.row_of(failure) is not Row.THROTTLED:
            return False
        self._pause_or_raise(write, failure)
        return True

    def _pause_or_raise(self, write: _Write, failure: ExchangeFailure) -> None:
        tried = f"It was tried {write.attempt} times; the server is still there as it was." if write.attempt > 1 else ""
        error = write.error(failure, tried)
        if write.attempt >= _policy.tries(write.operation, self.pace.retries):
            raise error
        self.api.pause(write.attempt, failure, str(error))


def _standing(server: Mapping[str, Any]) -> str:
    return f"Server {server['name']} (id {server['id']}) is {server['status']}."


def _is_as_asked(server: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return all(equal(option, value_of(server, option), fields[option]) for option in ("plan_id", "os_id", "location"))


def _not_taken(server: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    return [option for option, want in changes.items() if not equal(option, value_of(server, option), want)]


def _hinted_id(failure: ExchangeFailure) -> int | None:
    if failure.answer is None or failure.answer.status >= 300:
        return None
    try:
        value = _shapes.parse_json(failure.answer.body)
    except _shapes.Broken:
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if _shapes.is_id(found) else None
