# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Start, stop and reboot a server.

None of them waits for its end, except where the API refuses an action in the middle of a transition.
"""

from __future__ import annotations

from .._client.budget import poll_backoff
from .._client.errors import About, ServerId, TimeLimitReached, UnknownOutcome, VpsError
from .._client.retry_policy import FailureKind, Operation, Reaction
from .endpoints import action_on
from .model import Server
from .servers import Servers
from .status import ACTIVE, ON_THE_WAY, REBOOTING, STABLE, STOPPED, is_terminal
from .write import Attempt, Write

ACTION_TARGET = {"start": ACTIVE, "stop": STOPPED}


def switch(servers: Servers, server_id: ServerId, action: str) -> bool:
    """`start` or `stop` a server.

    Returns whether it was this that did it: another's command may have come first. Raises VpsError.
    """
    target = ACTION_TARGET[action]
    arriving = {target, *ON_THE_WAY[target]}
    with Write(
        servers.client, Operation.SWITCH, "POST", action_on(server_id, action), About(server_id=server_id)
    ) as write:
        for attempt in write.attempts():
            with attempt:
                servers.api.act(server_id, action)
                return True
            if attempt.reaction is Reaction.AGAIN:
                continue
            server, settled = _look(servers, server_id, attempt, arriving)
            if server["status"] in arriving:
                return write.in_doubt
            if attempt.kind is FailureKind.INVALID and not settled:
                raise _refused(attempt, server)
        raise write.given_up()


def reboot(servers: Servers, server_id: ServerId) -> bool:
    """Reboot a server. Returns True. Never sent twice without proof of refusal. Raises VpsError."""
    with Write(
        servers.client, Operation.REBOOT, "POST", action_on(server_id, "reboot"), About(server_id=server_id)
    ) as write:
        for attempt in write.attempts():
            with attempt:
                servers.api.act(server_id, "reboot")
                return True
            if attempt.reaction is Reaction.AGAIN:
                continue
            server, settled = _look(servers, server_id, attempt, {REBOOTING})
            if server["status"] == REBOOTING and not settled:
                return True
            if attempt.reaction is Reaction.LOOK_ONLY:
                words = (
                    "Rebooting it has an unknown outcome. The command was not repeated, because that could be a "
                    "second reboot."
                )
                raise UnknownOutcome(words, about=About.of(server), cause=attempt.error())
            if attempt.reaction is Reaction.LOOK_OR_FAIL or (attempt.reaction is Reaction.SETTLE and not settled):
                raise _refused(attempt, server)
        raise write.given_up()


def _look(servers: Servers, server_id: ServerId, attempt: Attempt, arriving: set[str]) -> tuple[Server, bool]:
    """The server after a failed action, and whether the end of a transition was waited for: of one that leads elsewhere
    than `arriving`.
    """
    cause = attempt.error()
    server = servers.still_there(server_id, cause)
    if attempt.reaction is not Reaction.SETTLE or _is_settled(server) or server["status"] in arriving:
        return server, False
    backoff = poll_backoff(servers.wait_interval)
    while not _is_settled(server):
        if servers.budget.is_over():
            raise TimeLimitReached(
                "It is still in the middle of a transition at the time limit.", about=About.of(server), cause=cause
            )
        servers.budget.sleep_within(backoff.next())
        server = servers.still_there(server_id, cause)
    return server, True


def _is_settled(server: Server) -> bool:
    return server["status"] in STABLE or is_terminal(server["status"])


def _refused(attempt: Attempt, server: Server) -> VpsError:
    error = attempt.error()
    error.about = About.of(server)
    return error
