# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a racing process runs."""

from __future__ import annotations

import os
from typing import Any

from client.support import FIELDS, connection, servers_at

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.create import create_or_adopt
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import named


def look_and_create(url: str, home: str, results: Any) -> None:
    """What a task does between taking the account's lock and letting go of it."""
    os.environ["HOME"] = home
    servers = servers_at(url, timeout=10.0)
    lock = AccountLock(connection(url))
    lock.acquire(servers.budget)
    try:
        listed = servers.list()
        found = named(listed, FIELDS["name"])
        if found:
            results.put(("found", found[0]["id"]))
            return
        server, action = create_or_adopt(servers, FIELDS, frozenset(server["id"] for server in listed))
        results.put((action, server["id"]))
    finally:
        lock.release()
