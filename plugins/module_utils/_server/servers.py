# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The servers of an account, found with proof. Sends nothing but GET requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._client.api import ApiClient, ApiError
from .._client.budget import Backoff, Budget
from .._client.errors import About, ServerId, VpsError, error_context
from .._client.retry_policy import MOST_TRIES_OF_A_WRITE, FailureKind
from .endpoints import ServersApi, one_server
from .fields import spelling_of
from .model import Server, incomplete_warning, lacking

if TYPE_CHECKING:
    from .lookups import Catalogue

_MOST_LOOKS_FOR_A_NAME = 4
_ADVICE_FOR_NAMESAKES = "Specify the id of the one you mean, or delete the unwanted ones by id."
# The first in seconds, growth, the longest in seconds: some seconds for all these looks.
_LOOK_PAUSES = (0.5, 2.0, 10.0)


def named(servers: Iterable[Server], name: str) -> list[Server]:
    """The servers of exactly that name, whatever their status, in the order of their ids.

    One without a status is not among them: nothing may be done to it by its name.
    """
    return [server for server in spelled_like(servers, name) if server["name"] == name and not lacking(server)]


def spelled_like(servers: Iterable[Server], name: str) -> list[Server]:
    """The servers of that name in any spelling, whatever else of them is shown, in the order of their ids.

    An API may store a name otherwise than it was asked for, and where it does, there must not be a second server.
    """
    spelling = spelling_of(name)
    alike = (server for server in servers if "name" in server and spelling_of(server["name"]) == spelling)
    return sorted(alike, key=lambda server: server["id"])


def look_alikes(listed: Iterable[Server], name: str, existing: Server | None) -> list[Server]:
    """The servers of a name in any spelling, in the list in which `Servers.find_named` has looked for it, but for the
    one that it has found.

    Where it has found none, whichever of them has that very name and can be managed is proven to be gone since.
    """
    gone = [server["id"] for server in named(listed, name)] if existing is None else [existing["id"]]
    return [server for server in spelled_like(listed, name) if server["id"] not in gone]


def ambiguity(name: str, namesakes: Sequence[Server], advice: str = _ADVICE_FOR_NAMESAKES) -> VpsError | None:
    """The refusal where a name is not unique: none of the servers is picked, to change or to delete.

    `advice`: what to do about it.
    """
    if len(namesakes) < 2:
        return None
    ids = ", ".join(str(server["id"]) for server in namesakes)
    return VpsError(
        f"There are {len(namesakes)} servers with this name: ids {ids}. {advice}",
        about=About(name),
        general_reason=f"There is more than one server with this name; the ids are in errors. {advice}",
    )


def check_whole(server: Server) -> Server:
    """A server of which name and status are shown. Raises VpsError for one that can only be looked at."""
    missing = lacking(server)
    if missing:
        words = (
            f"The API shows it without a {' and a '.join(missing)}. Such a server can be looked at by its id "
            "(vps_server_info), and be deleted by it (vps_server), and nothing else."
        )
        raise VpsError(words, about=About.of(server))
    return server


class LaggingList:
    """A list that shows a server by a name that its detail does not have, as after a rename: to be read again for some
    seconds.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._backoff = Backoff(*_LOOK_PAUSES)
        self._looks = 0

    def pause(self, listed: Server, detail: Server) -> None:
        """Before another list.

        Raises VpsError after some looks: acting on such a server would be acting on the wrong one.
        """
        self._looks += 1
        if self._looks >= _MOST_LOOKS_FOR_A_NAME or self._budget.is_over():
            words = (
                f"The list shows this name, but the detail shows {detail['name']}: it has just been renamed, and lists "
                "do not reflect that yet. Nothing was done. Run the task again in a minute."
            )
            raise VpsError(words, about=About.of(listed))
        self._budget.sleep_within(self._backoff.next())


class Servers:
    """The servers of an account, through one task's client. Times are in seconds."""

    def __init__(self, client: ApiClient, *, adopt_timeout: float, wait_interval: float) -> None:
        self.client = client
        self.api = ServersApi(client)
        self.adopt_timeout = adopt_timeout
        self.wait_interval = wait_interval
        self.requests_for_a_list = 1  # how many the last one took
        self._catalogue: Catalogue | None = None
        self._incomplete: set[ServerId] = set()

    @property
    def catalogue(self) -> Catalogue:
        """The plans that can be ordered, looked up at most once."""
        if self._catalogue is None:
            from .lookups import Catalogue

            self._catalogue = Catalogue(self.api)
        return self._catalogue

    def has_outdated_looks(self) -> bool:
        """Whether a list of servers that was read before the plans says nothing of a create any more. True once."""
        return self._catalogue is not None and self._catalogue.outdates_looks()

    @property
    def budget(self) -> Budget:
        """The task's time."""
        return self.client.budget

    def list(self, *, attempts: int | None = None) -> list[Server]:
        """Every server of the account: a whole list or an error. `attempts`: how often each page may be asked for."""
        servers = self.api.list_servers(attempts=attempts)
        self.note(servers)
        self.requests_for_a_list = self.client.pages_of_last_list
        return servers

    def note(self, servers: Iterable[Server]) -> None:
        """Keep in mind which of these servers are left out of whatever goes by names or status, for `warnings`."""
        self._incomplete.update(server["id"] for server in servers if lacking(server))

    def warnings(self) -> Sequence[str]:
        """What there is to say of the servers that were read."""
        incomplete = [incomplete_warning(sorted(self._incomplete))] if self._incomplete else []
        return [*incomplete, *(self._catalogue.warnings if self._catalogue is not None else ())]

    def find(self, server_id: ServerId) -> Server | None:
        """A server's detail, or None with positive proof: a 404 for the id and a whole list that lacks it.

        With a wrong `api_url` everything is 404, and `state: absent` would report success while the bill runs.
        """
        backoff = self.budget.retry_backoff()
        for attempt in range(1, MOST_TRIES_OF_A_WRITE + 1):
            try:
                server = self.api.get_server(server_id)
            except ApiError as problem:
                if problem.kind is not FailureKind.NOT_FOUND:
                    raise
                failure = problem.failure
            else:
                self.note([server])
                return server
            if self.is_unlisted(server_id):
                return None
            error = ApiError(
                "GET",
                one_server(server_id),
                failure,
                "The list of servers still shows it: the API contradicts itself.",
            )
            if attempt < MOST_TRIES_OF_A_WRITE:
                self.budget.pause_before_retry(backoff, failure.retry_after, error)
        raise error

    def is_unlisted(self, server_id: ServerId, *, attempts: int | None = None) -> bool:
        """Whether a whole list lacks a server. `attempts`: how often each page may be asked for."""
        return all(server["id"] != server_id for server in self.list(attempts=attempts))

    def find_named(self, name: str) -> tuple[Server | None, Sequence[Server]]:
        """The detail of the one server of a name (None if there is none) and the whole list of the account.

        Raises VpsError where the name is not unique, or where list and detail do not agree on it.
        """
        lagging = LaggingList(self.budget)
        while True:
            listed = self.list()
            namesakes = named(listed, name)
            problem = ambiguity(name, namesakes)
            if problem:
                raise problem
            if not namesakes:
                return None, listed
            with error_context(About.of(namesakes[0])):
                existing = self.find(namesakes[0]["id"])
                if existing is None or check_whole(existing)["name"] == name:
                    return existing, listed
                lagging.pause(namesakes[0], existing)

    def still_there(self, server_id: ServerId, cause: VpsError | None = None) -> Server:
        """The detail of a server that was there before.

        `cause`: what made a look necessary. Raises VpsError where it has vanished.
        """
        server = self.find(server_id)
        if server is None:
            raise VpsError("It has vanished.", about=About(server_id=server_id), cause=cause)
        return check_whole(server)
