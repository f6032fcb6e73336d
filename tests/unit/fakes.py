# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that only moves when somebody sleeps, and an API that answers what a test tells it to: no
socket, no waiting.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis

from ansible_collections.vpsorg.cloud.plugins.module_utils._client.api import ApiClient
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.budget import Budget
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.exchange import (
    ExchangeFailure,
    Http,
    Response,
    retry_after_seconds,
)
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.retry_policy import FailureKind
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import Settings
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.endpoints import ServersApi
from ansible_collections.vpsorg.cloud.plugins.module_utils._server.servers import Servers

TOKEN = "vps_unit_token"
FIELDS = {"name": "web-01", "plan_id": 1, "os_id": 5, "location": "us-west"}
NOBODY: frozenset[int] = frozenset()

# For property tests: enough examples to find what is wrong, few enough to be run at every change; a busy machine is no
# error.
quickly = hypothesis.settings(max_examples=40, deadline=None)


class VirtualTime:
    """Stands in for the module `time`: `monotonic` moves only by `advance`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class VirtualEvent:
    """Stands in for the event that a budget sleeps on: waiting takes virtual time only."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock
        self._event = threading.Event()

    def wait(self, seconds: float) -> bool:
        if not self._event.is_set():
            self._clock.sleeps.append(seconds)
            self._clock.advance(seconds)
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()


def virtual_budget(
    clock: VirtualTime,
    limit: float | None = 600.0,
    retries: int = 5,
    retry_max_delay: float = 30.0,
    request_timeout: float = 30.0,
) -> Budget:
    """A budget that sleeps in virtual time.

    The clock must have been put in place of `budget.time` (fixture `clock`).
    """
    budget = Budget(limit=limit, retries=retries, retry_max_delay=retry_max_delay, request_timeout=request_timeout)
    budget._cancelled = VirtualEvent(clock)
    return budget


def settings(**changes: Any) -> Settings:
    """Connection options that lead nowhere."""
    plain = {
        "api_url": "https://127.0.0.1:9/api/v1",
        "token": TOKEN,
        "timeout": 30.0,
        "retries": 5,
        "retry_max_delay": 30.0,
        "validate_certs": True,
        "ca_path": None,
    }
    return Settings(**{**plain, **changes})


@dataclass(frozen=True)
class Call:
    """One request as it was asked for, and when."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    time: float


@dataclass
class Reply:
    """One answer. `body`: bytes as they are, anything else as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        data = (
            self.body if isinstance(self.body, bytes) else b"" if self.body is None else json.dumps(self.body).encode()
        )
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Response(self.status, headers, data, retry_after_seconds(headers))


class ScriptedHttp(Http):
    """Judges answers as the real one does, but takes them from `respond`, which may raise an
    ExchangeFailure instead.
    """

    def __init__(self, respond: Callable[[Call], Reply], clock: VirtualTime | None = None) -> None:
        super().__init__(settings())
        self.respond = respond
        self.calls: list[Call] = []
        self._clock = clock or VirtualTime()
        self._lock = threading.Lock()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
    ) -> Response:
        call = Call(method, path, tuple(query), body, self._clock.now)
        with self._lock:
            self.calls.append(call)
            reply = self.respond(call)
        return self._judged(reply.response())

    def methods(self) -> list[str]:
        """The methods, in order."""
        return [call.method for call in self.calls]

    def count(self, method: str) -> int:
        return self.methods().count(method)


def scripted_api(
    respond: Callable[[Call], Reply], clock: VirtualTime, **budget_options: Any
) -> tuple[ServersApi, ScriptedHttp]:
    """The endpoints over a ScriptedHttp, in virtual time."""
    http = ScriptedHttp(respond, clock)
    return ServersApi(ApiClient(http, virtual_budget(clock, **budget_options))), http


def servers_over(
    account: Callable[[Call], Reply],
    clock: VirtualTime,
    adopt_timeout: float = 30.0,
    wait_interval: float = 2.0,
    **budget: Any,
) -> tuple[Servers, ScriptedHttp]:
    """The safe operations over a ScriptedHttp, in virtual time."""
    http = ScriptedHttp(account, clock)
    return Servers(
        ApiClient(http, virtual_budget(clock, **budget)), adopt_timeout=adopt_timeout, wait_interval=wait_interval
    ), http


class Account:
    """Servers in a dictionary, behind the nine endpoints, and `plans` (None: no such list); no life of their own.
    `disturb` are replies or errors that come first.

    A disturbance is (method, effect, outcome): the next request of that method meets it; `effect` says whether the
    request is carried out all the same; `outcome` is a Reply or an exception.
    """

    def __init__(self, *servers: dict[str, Any]) -> None:
        self.servers = {server["id"]: server for server in servers}
        self.disturbances: list[tuple[str, bool, Reply | Exception]] = []
        self.plans: list[dict[str, Any]] | None = [
            {"id": number, "available": True, "locations": ["us-west", "us-east"]} for number in (1, 2, 3)
        ]

    def disturb(self, method: str, *outcomes: Reply | Exception, effect: bool = False) -> None:
        self.disturbances += [(method, effect, outcome) for outcome in outcomes]

    def named(self, name: str) -> list[int]:
        return [number for number, server in self.servers.items() if server["name"] == name]

    def __call__(self, call: Call) -> Reply:
        for entry in self.disturbances:
            method, effect, outcome = entry
            if method == call.method:
                self.disturbances.remove(entry)
                if effect:
                    self._carry_out(call)
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome
        return self._carry_out(call)

    def _carry_out(self, call: Call) -> Reply:
        if call.path == "/plans/":
            return Reply(404, {"detail": "Not found."}) if self.plans is None else page(self.plans)
        parts = [part for part in call.path.split("/") if part][1:]
        if not parts:
            return self._create(call.body) if call.method == "POST" else page(self.servers.values())
        server = self.servers.get(int(parts[0]))
        if server is None:
            return Reply(404, {"detail": "Not found."})
        if call.method == "DELETE":
            del self.servers[server["id"]]
            return Reply(204)
        if call.method == "PATCH":
            server.update(call.body)
        if call.method == "POST":
            return self._act(server, parts[1])
        return Reply(200, server)

    def _create(self, fields: Mapping[str, Any]) -> Reply:
        number = max(self.servers, default=100) + 1
        self.servers[number] = server_detail(number, status="provisioning", ip_address=None, **fields)
        return Reply(201, self.servers[number])

    @staticmethod
    def _act(server: dict[str, Any], action: str) -> Reply:
        needs, becomes = {
            "start": ("stopped", "starting"),
            "stop": ("active", "stopping"),
            "reboot": ("active", "rebooting"),
        }[action]
        if server["status"] != needs:
            return Reply(400, {"detail": f"Server is {server['status']}."})
        server["status"] = becomes
        return Reply(
            200,
            {"status": "success", "message": "Fine", "server": {key: server[key] for key in ("id", "name", "status")}},
        )


def server_detail(number: int = 101, **fields: Any) -> dict[str, Any]:
    """A server's detail as the API documents it; `plan_id` and `os_id` set the ids within."""
    plan, system = fields.pop("plan_id", 1), fields.pop("os_id", 5)
    fields.pop("ssh_key_id", None)
    return {
        "id": number,
        "name": "web-01",
        "hostname": "web01.example.com",
        "status": "active",
        "ip_address": "203.0.113.10",
        "ipv6_address": "2001:0db8::1",
        "location": "us-west",
        "plan": {"id": plan, "name": "Standard VPS", "vcpus": 2, "memory": 4096, "storage": 80, "bandwidth": 2048},
        "os": {"id": system, "name": "Ubuntu 22.04 LTS"},
        "backups_enabled": False,
        "resource_usage": {"cpu_percent": 23.5, "memory_used": 2048, "disk_used": 35, "bandwidth_used": 450},
        "created_at": "2025-01-10T14:30:00Z",
        "updated_at": "2025-01-15T10:20:00Z",
        **fields,
    }


def list_item(number: int = 101, **fields: Any) -> dict[str, Any]:
    """The same server as lists show it."""
    detail = server_detail(number, **fields)
    detail["plan"] = {key: value for key, value in detail["plan"].items() if key != "bandwidth"}
    return {
        key: value for key, value in detail.items() if key not in ("ipv6_address", "backups_enabled", "resource_usage")
    }


def page(servers: Iterable[Mapping[str, Any]], count: int | None = None, **more: Any) -> Reply:
    """A page of a list; `count` is right unless given."""
    results = list(servers)
    return Reply(200, {"count": len(results) if count is None else count, "results": results, **more})


def lost(words: str = "the response was lost") -> ExchangeFailure:
    """The response did not come."""
    return ExchangeFailure(FailureKind.LOST, words)


def unreached() -> ExchangeFailure:
    """Nothing left the machine."""
    return ExchangeFailure(FailureKind.UNREACHED, "127.0.0.1:9 could not be reached: connection refused")
