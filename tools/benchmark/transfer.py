# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch and parse every page of an account's list of servers, and do nothing else: what no inventory can do without.

A program of its own, whose time is the floor of the inventory's. It needs only the standard library, and reads the
environment variables of the collection.

    python transfer.py pages         fetch and parse all pages
    python transfer.py connect 20    open so many connections, and fetch the first page over each
    python transfer.py nothing       start, import the same modules, and end
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


class Api:
    """The list of servers at an api_url, over one connection for each thread, which is kept alive."""

    def __init__(self, url: str, token: str, ca_path: str | None) -> None:
        self._url = urllib.parse.urlsplit(url)
        self._headers = {"Authorization": f"Bearer {token}"}
        # One context for all connections, as reading the certificate authorities takes long.
        self._context = ssl.create_default_context(cafile=ca_path) if self._url.scheme == "https" else None
        self._own = threading.local()

    def page(self, number: int) -> dict:
        """A page, parsed. RuntimeError where the answer is an error."""
        if not hasattr(self._own, "connection"):
            self._own.connection = self._new_connection()
        query = f"page_size={PAGE}" + (f"&page={number}" if number > 1 else "")
        self._own.connection.request("GET", f"{self._url.path}/servers/?{query}", headers=self._headers)
        response = self._own.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"page {number}: {response.status}")
        return json.loads(body)

    def _new_connection(self) -> http.client.HTTPConnection:
        assert self._url.hostname is not None
        if self._context is not None:
            return http.client.HTTPSConnection(self._url.hostname, self._url.port, context=self._context)
        return http.client.HTTPConnection(self._url.hostname, self._url.port)


def all_pages(api: Api) -> list[dict]:
    """The servers of all pages."""
    first = api.page(1)
    servers = list(first["results"])
    others = range(2, -(-first["count"] // PAGE) + 1)
    if others:
        with concurrent.futures.ThreadPoolExecutor(min(CONNECTIONS, len(others))) as pool:
            for answer in pool.map(api.page, others):
                servers += answer["results"]
    if len(servers) != first["count"]:
        raise RuntimeError(f"{len(servers)} of {first['count']} servers")
    return servers


def connect(api: Api, count: int) -> None:
    """Open so many connections at once, with one request on each."""
    together = threading.Barrier(count)

    def first_page(_number: int) -> None:
        together.wait()
        api.page(1)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        list(pool.map(first_page, range(count)))


def main(what: str, *numbers: str) -> None:
    """See the beginning of this file."""
    if what == "nothing":
        return
    api = Api(os.environ["VPS_API_URL"], os.environ["VPS_API_TOKEN"], os.environ.get("VPS_CA_PATH"))
    if what == "pages":
        all_pages(api)
    else:
        connect(api, *map(int, numbers))


if __name__ == "__main__":
    main(*sys.argv[1:])
