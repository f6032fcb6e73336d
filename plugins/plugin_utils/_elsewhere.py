# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task lacks because it ran as another user or on another host, and what to do.

The module can't know: all it sees is that there is no token. Only the controller knows that there is one.
"""

from __future__ import annotations

from typing import NamedTuple

from ..module_utils._client.exchange import NO_REQUESTS
from ..module_utils._client.secrets import NOT_GIVEN


class Place(NamedTuple):
    """Where a task ran. `host`: None where it is the controller. `user`: that of `become`; None without it."""

    host: str | None
    transport: str
    user: str | None

    def __str__(self) -> str:
        user = f"as user {self.user} because of become" if self.user is not None else ""
        host = f"on {self.host} (connection {self.transport})" if self.host is not None else ""
        return " ".join(part for part in (user, host) if part)


def explained(message: str, place: Place, *, has_token: bool, has_requests: bool) -> str:
    """A module's failure message, with the reason where that is the place where it ran.

    `has_token`, `has_requests`: whether the controller has what the module may have missed.
    """
    if place.host is None and place.user is None:
        return message
    advice = " and ".join(
        [
            *(["delegate_to: localhost"] if place.host is not None else []),
            *(["become: false"] if place.user is not None else []),
        ]
    )
    if has_token and NOT_GIVEN in message:
        return (
            f"{message} VPS_API_TOKEN is set for Ansible itself, but the task ran {place}, where it is not. "
            f"Set {advice} for the task, or give it the option api_token."
        )
    if has_requests and NO_REQUESTS in message:
        return f"{message}. The task ran {place}; Ansible's own Python has the library: set {advice} for the task."
    return message
