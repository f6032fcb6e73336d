# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch and parse every page of an account's list of servers, and do nothing else: what no inventory can do without.

A program of its own, whose time is the floor of the inventory's. It needs only the standard library, and reads the
environment variables of the collection.

    python transfer.py pages      fetch and parse
    python transfer.py nothing    start, import the same modules, and end
"""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import os
import ssl
import sys
import threading
import urllib.parse

# As the collection does: the first page alone, then all others over so many connections.
CONNECTIONS = 16
PAGE = 100


def new_connection(url: urllib.parse.SplitResult, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    """A connection that is kept alive."""
    assert url.hostname is not None
    if context is not None:
        return http.client.HTTPSConnection(url.hostname, url.port, context=context)
    return http.client.HTTPConnection(url.hostname, url.port)


def all_pages(text: str, token: str, ca_path: str | None) -> list[dict]:
    """The servers of all pages."""
    url = urllib.parse.urlsplit(text)
    context = ssl.create_default_context(cafile=ca_path) if url.scheme == "https" else None
    own = threading.local()

    def page(number: int) -> dict:
        if not hasattr(own, "connection"):
            own.connection = new_connection(url, context)
        own.connection.request(
            "GET",
            f"{url.path}/servers/?page_size={PAGE}" + (f"&page={number}" if number > 1 else ""),
            headers={"Authorization": f"Bearer {token}"},
        )
        response = own.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"page {number}: {response.status}")
        return json.loads(body)

    first = page(1)
    others = range(2, -(-first["count"] // PAGE) + 1)
    servers = list(first["results"])
    if others:
        with concurrent.futures.ThreadPoolExecutor(min(CONNECTIONS, len(others))) as pool:
            for answer in pool.map(page, others):
                servers += answer["results"]
    if len(servers) != first["count"]:
        raise RuntimeError(f"{len(servers)} of {first['count']} servers")
    return servers


if __name__ == "__main__" and sys.argv[1] == "pages":
    all_pages(os.environ["VPS_API_URL"], os.environ["VPS_API_TOKEN"], os.environ.get("VPS_CA_PATH"))
