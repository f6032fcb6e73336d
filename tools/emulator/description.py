# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the OpenAPI description says about each operation, in addition to its route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DOCUMENTED, VENDOR, UNDOCUMENTED = "documented", "vendor's client", "not documented"

Answer = tuple[str, str]  # what it means, and where that is known from


def _reference(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _errors(*schemas: str) -> dict[str, Any]:
    options = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    return {"application/json": {"schema": options[0] if len(options) == 1 else {"anyOf": options}}}


CONTENT: dict[int, dict[str, Any]] = {
    400: _errors("Detail", "FieldErrors"),
    401: _errors("Detail"),
    402: _errors("Detail"),
    403: _errors("Detail"),
    404: _errors("Detail"),
    409: _errors("Detail"),
    415: _errors("Detail"),
    429: _errors("Detail"),
}

UNAUTHORIZED = "The token is missing or not accepted"
NO_SERVER = "There is no such server"

# Answers of every operation that its documentation does not list.
ALWAYS: dict[int, Answer] = {
    403: ("The token lacks the permission", VENDOR),
    429: ("Too many requests; possibly with Retry-After", UNDOCUMENTED),
}


@dataclass(frozen=True)
class Operation:
    """One endpoint: its success, its errors, its parameters and its body. any_token: no permission is needed."""

    summary: str
    description: str
    success: int
    success_text: str
    answer: str | None
    errors: dict[int, Answer]
    success_source: str = DOCUMENTED
    body: str | None = None
    query: list[dict[str, Any]] = field(default_factory=list)
    with_id: bool = True
    tag: str = "servers"
    any_token: bool = False

    def responses(self) -> dict[int | str, dict[str, Any]]:
        """Every answer, for the route."""
        answers: dict[int | str, dict[str, Any]] = {
            self.success: {"description": f"{self.success_text} ({self.success_source})"},
        }
        if self.answer:
            answers[self.success]["content"] = _reference(self.answer)
        always = {status: answer for status, answer in ALWAYS.items() if status != 403 or not self.any_token}
        for status, (meaning, source) in sorted({**always, **self.errors}.items()):
            answers[status] = {"description": f"{meaning} ({source})", "content": CONTENT[status]}
        return answers

    def extra(self) -> dict[str, Any]:
        """Parameters and body, for the route."""
        extra: dict[str, Any] = {}
        path = {
            "name": "server_id",
            "in": "path",
            "required": True,
            "schema": {"$ref": "#/components/schemas/ServerId"},
        }
        parameters = [path] if self.with_id else self.query
        if parameters:
            extra["parameters"] = parameters
        if self.body:
            extra["requestBody"] = {"required": True, "content": _reference(self.body)}
        return extra


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


LIST_QUERY = [
    _query("status", {"type": "string", "enum": ["active", "stopped", "suspended"]}, "Only servers with this status"),
    _query("location", {"type": "string", "examples": ["us-west"]}, "Only servers in this datacenter"),
    _query("page", {"type": "integer", "minimum": 1}, f"Page number, starting at 1 ({VENDOR})"),
    _query("page_size", {"type": "integer", "minimum": 1}, f"Servers per page: 20 by default, at most 100 ({VENDOR})"),
]

_401: dict[int, Answer] = {401: (UNAUTHORIZED, DOCUMENTED)}
_401_UNDOCUMENTED: dict[int, Answer] = {401: (UNAUTHORIZED, "documented for lists, details, and creates")}
_404: dict[int, Answer] = {404: (NO_SERVER, DOCUMENTED)}
_BODY: dict[int, Answer] = {415: ("The body is not declared as JSON", UNDOCUMENTED)}
_BUSY: dict[int, Answer] = {409: ("The server's status is changing", UNDOCUMENTED)}


def _action(summary: str, success: str, refusal: str, source: str) -> Operation:
    errors = {**_401_UNDOCUMENTED, 400: (refusal, source), 404: (NO_SERVER, source), **_BUSY}
    text = "The response is immediate; the server's status shows when the action has been completed."
    return Operation(summary, text, 200, success, "ActionAnswer", errors, success_source=source)


OPERATIONS: dict[str, Operation] = {
    "list_servers": Operation(
        "List servers",
        "List items lack backups_enabled, ipv6_address, resource_usage, and the plan's bandwidth. Long lists may be "
        "paged.",
        200,
        "The servers",
        "ServerList",
        {
            **_401,
            400: ("A filter or page size is not valid", UNDOCUMENTED),
            404: ("There is no such page", UNDOCUMENTED),
        },
        query=LIST_QUERY,
        with_id=False,
    ),
    "list_plans": Operation(
        "List plans",
        "The plans that can be ordered, and where. The documented response is not paged. Its names and sizes are not "
        "those that servers show: the documentation contradicts itself, so only a plan's ID identifies it.",
        200,
        "The plans",
        "PlanList",
        {**_401, 404: ("There is no such list", UNDOCUMENTED)},
        query=[
            _query("location", {"type": "string", "examples": ["us-west"]}, "Only plans offered in this datacenter")
        ],
        with_id=False,
        tag="plans",
    ),
    "get_account": Operation(
        "Get the account",
        "The account to which the token belongs, and the permissions of the token. Every active token is accepted.",
        200,
        "The account and the token",
        "Me",
        {**_401_UNDOCUMENTED, 404: ("There is no such endpoint", UNDOCUMENTED)},
        with_id=False,
        tag="account",
        any_token=True,
    ),
    "create_server": Operation(
        "Create a server",
        "The response is immediate, with the status provisioning and without an address. There is no idempotency key.",
        201,
        "The server was created",
        "CreatedServer",
        {
            400: ("The parameters are not valid", DOCUMENTED),
            **_401,
            402: ("The account's credit is insufficient", DOCUMENTED),
            **_BODY,
        },
        body="CreateServer",
        with_id=False,
    ),
    "get_server": Operation(
        "Get a server", "The resource usage differs on each read.", 200, "The server", "ServerDetail", {**_401, **_404}
    ),
    "replace_server": Operation(
        "Update a server",
        "All fields are required. The content of the response is not documented.",
        200,
        "The server was updated",
        "UpdateAnswer",
        {400: ("The parameters are not valid", DOCUMENTED), **_401_UNDOCUMENTED, **_404, **_BUSY, **_BODY},
        body="ReplaceServer",
    ),
    "update_server": Operation(
        "Update some fields of a server",
        "No response is documented.",
        200,
        "The server was updated",
        "UpdateAnswer",
        {
            400: ("The parameters are not valid", UNDOCUMENTED),
            **_401_UNDOCUMENTED,
            404: (NO_SERVER, UNDOCUMENTED),
            **_BUSY,
            **_BODY,
        },
        success_source=UNDOCUMENTED,
        body="PatchServer",
    ),
    "delete_server": Operation(
        "Delete a server",
        "Deletion is permanent and cannot be undone.",
        204,
        "The server was deleted",
        None,
        {**_401_UNDOCUMENTED, 400: ("The server can't be deleted now", UNDOCUMENTED), **_404, **_BUSY},
    ),
    "start_server": _action("Start a server", "The server is starting", "The server is already running", DOCUMENTED),
    "stop_server": _action(
        "Stop a server", "The server is shutting down gracefully", "The server is not running", UNDOCUMENTED
    ),
    "reboot_server": _action(
        "Reboot a server", "The server is restarting gracefully", "The server is not running", DOCUMENTED
    ),
}
