# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A servers API of a hundred lines, so that the fault proxy's tests need nothing but the standard library."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIME = "2025-01-10T14:30:00Z"


class TinyApi:
    """Lists, creates, shows, changes and deletes servers; ``calls`` tells the requests that reached it."""

    def __init__(self) -> None:
        self.servers: dict[int, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.connections = 0
        self.chunked = False
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, name: str) -> dict[str, Any]:
        number = max(self.servers, default=12344) + 1
        self.servers[number] = {"id": number, "name": name, "status": "active", "created_at": TIME, "updated_at": TIME}
        return self.servers[number]

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Carry a request out: status and JSON (None: no body)."""
        with self.lock:
            self.calls.append((method, path))
            parts = path.partition("?")[0].removeprefix("/api/v1/servers/").strip("/").split("/")
            if parts == [""]:
                if method == "POST":
                    return 201, self.add(json.loads(body)["name"])
                return 200, {"count": len(self.servers), "results": list(self.servers.values())}
            server = self.servers.get(int(parts[0]))
            if server is None:
                return 404, {"detail": "Not found."}
            if len(parts) == 2:
                return 200, {
                    "status": "success",
                    "server": {"id": server["id"], "name": server["name"], "status": "starting"},
                }
            if method == "DELETE":
                del self.servers[server["id"]]
                return 204, None
            if method == "PATCH":
                server.update(json.loads(body))
            return 200, server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: TinyApi

    def setup(self) -> None:
        self.api.connections += 1
        super().setup()

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, value = self.api.respond(self.command, self.path, body)
        data = b"" if value is None else json.dumps(value).encode()
        head = f"HTTP/1.1 {status} Fine\r\nDate: Fri, 10 Jan 2025 14:30:00 GMT\r\nX-Seen: {self.headers['X-Sent']}\r\n"
        head += "Content-Type: application/json\r\n"
        if self.api.chunked and value is not None:
            framed = head + "Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)
        else:
            framed = head + ("" if status == 204 else f"Content-Length: {len(data)}\r\n") + "\r\n", data
        self.wfile.write(framed[0].encode() + (b"" if self.command == "HEAD" else framed[1]))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_arguments: Any) -> None:
        pass
