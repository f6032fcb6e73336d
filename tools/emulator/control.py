# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface, under /_emulator/: for tests, not part of the API, without a token, from this machine only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from emulator import catalogue, lifecycle
from emulator.backend import Backend
from emulator.errors import json_response
from emulator.settings import Switches, changed

MAX_SEED = 100_000


def _backend(request: Request) -> Backend:
    client = request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(client).is_loopback
    except ValueError:
        local = False
    if not local:
        raise HTTPException(403, "from this machine only")
    return request.app.state.backend


Control = Annotated[Backend, Depends(_backend)]
router = APIRouter(prefix="/_emulator", include_in_schema=False)


class Seed(BaseModel):
    """Servers to insert: either count of them from a template whose lists go round, or explicit ones."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(0, ge=0, le=MAX_SEED)
    name: str = "web-{n:04d}"
    hostname: str = "{name}.example.com"
    first: int = 1
    status: list[str] = Field(["active"], min_length=1)
    location: list[str] = Field(list(catalogue.LOCATIONS), min_length=1)
    plan_id: list[int] = Field([1], min_length=1)
    os_id: list[int] = Field([5], min_length=1)
    backups_enabled: list[bool] = Field([False], min_length=1)
    fields: dict[str, Any] = {}

    def servers(self) -> Iterator[lifecycle.Inserted]:
        """The servers, for lifecycle.seed."""
        lists = {field: getattr(self, field) for field in ("status", "location", "plan_id", "os_id", "backups_enabled")}
        for index in range(self.count):
            number = self.first + index
            name = self.name.format(n=number)
            hostname = self.hostname.format(name=name, n=number)
            from_lists = {field: values[index % len(values)] for field, values in lists.items()}
            yield lifecycle.Inserted({"name": name, "hostname": hostname, **from_lists, **self.fields})


async def _object(request: Request) -> dict[str, Any]:
    # Python's own reading of JSON: NaN and lone surrogates may be stored too.
    try:
        value = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "not an object")
    return value


def _problems(error: ValidationError) -> HTTPException:
    return HTTPException(400, "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))


@router.get("/settings")
async def get_settings(backend: Control) -> Response:
    """The switches as they are."""
    return json_response(backend.switches.model_dump())


@router.patch("/settings")
async def set_settings(request: Request, backend: Control) -> Response:
    """Some switches replaced; all of them afterwards."""
    try:
        backend.switches = changed(backend.switches, await _object(request))
    except ValidationError as error:
        raise _problems(error) from None
    return json_response(backend.switches.model_dump())


@router.get("/settings/description")
async def describe_settings(backend: Control) -> Response:
    """The JSON schema of the switches."""
    return json_response(Switches.model_json_schema())


@router.get("/servers")
async def get_servers(backend: Control) -> Response:
    """Every server as it is stored at this moment, whole."""
    servers = [version.document for version in backend.store.everything()]
    return Response(json.dumps({"servers": servers}), media_type="application/json")


@router.post("/servers")
async def insert_server(request: Request, backend: Control) -> Response:
    """One server: fields, verbatim; complete: whether the rest is filled in; omit: fields left out in the end."""
    body = await _object(request)
    return json_response({"id": _insert(backend, [_one(body)])[0]}, 201)


def _one(body: Any) -> lifecycle.Inserted:
    if not isinstance(body, dict) or not body.keys() <= {"fields", "complete", "omit"}:
        raise HTTPException(400, "a server is an object of fields, complete and omit")
    fields, omit = body.get("fields", {}), body.get("omit", [])
    if not isinstance(fields, dict) or not isinstance(omit, list):
        raise HTTPException(400, "fields must be an object, omit a list")
    return lifecycle.Inserted(fields, bool(body.get("complete", True)), tuple(map(str, omit)))


@router.patch("/servers/{server}")
async def change_server(server: int, request: Request, backend: Control) -> Response:
    """Fields of a server replaced verbatim, from now on; omit: fields taken away."""
    body = await _object(request)
    now = backend.store.now()
    if backend.store.at(server, now) is None:
        raise HTTPException(404, "no such server")
    backend.store.amend(server, now, body.get("fields", {}), body.get("omit", []))
    return json_response({"id": server})


@router.delete("/servers/{server}")
async def remove_server(server: int, backend: Control) -> Response:
    """A server gone at once."""
    backend.store.end(server, backend.store.now())
    return Response(status_code=204)


@router.post("/seed")
async def seed(request: Request, backend: Control) -> Response:
    """Many servers: see Seed; or a list of servers, each as for insert_server. Their ids."""
    body = await _object(request)
    explicit = body.get("servers")
    if explicit is not None:
        if not isinstance(explicit, list):
            raise HTTPException(400, "servers must be a list")
        return json_response({"ids": _insert(backend, [_one(one) for one in explicit])}, 201)
    try:
        template = Seed.model_validate(body)
    except ValidationError as error:
        raise _problems(error) from None
    return json_response({"ids": _insert(backend, template.servers())}, 201)


def _insert(backend: Backend, servers: Iterable[lifecycle.Inserted]) -> list[int]:
    try:
        return lifecycle.seed(backend.store, backend.switches, servers)
    except (LookupError, TypeError, ValueError) as error:
        # A plan or system that the catalogue lacks, or a template that names something else than n and name.
        raise HTTPException(400, f"no such plan, system or template field: {error}") from None


@router.get("/requests")
async def get_requests(backend: Control, after: int = 0) -> Response:
    """The requests to the API after a number, in the order of their arrival."""
    return json_response({"requests": backend.log.entries(after)})


@router.delete("/requests")
async def clear_requests(backend: Control) -> Response:
    """Forget the requests."""
    backend.log.clear()
    return Response(status_code=204)


@router.get("/statistics")
async def get_statistics(backend: Control) -> Response:
    """Counts and peaks of the requests."""
    return json_response(backend.log.statistics())


@router.get("/account")
async def get_account(backend: Control) -> Response:
    """What the account has."""
    return json_response({"credits": backend.store.credits})


@router.patch("/account")
async def set_account(request: Request, backend: Control) -> Response:
    """credits: what the account has from now on."""
    credits = (await _object(request)).get("credits")
    if not isinstance(credits, int) or isinstance(credits, bool) or credits < 0:
        raise HTTPException(400, "credits: a number from 0")
    backend.store.credits = credits
    return json_response({"credits": credits})


@router.post("/tokens")
async def add_token(request: Request, backend: Control) -> Response:
    """token: accept it, with permissions (all, unless given); how the log calls it."""
    body = await _object(request)
    text, permissions = body.get("token"), body.get("permissions", ["*:*"])
    if not isinstance(text, str) or not text or not isinstance(permissions, list):
        raise HTTPException(400, "token: a text; permissions: a list of texts")
    return json_response({"id": backend.tokens.add(text, tuple(permissions)).id}, 201)


@router.post("/reset")
async def reset(request: Request, backend: Control) -> Response:
    """No servers, first credits and switches, an empty log. switches: those that differ from their defaults from now
    on.
    """
    wanted = (await _object(request)).get("switches")
    try:
        backend.reset(None if wanted is None else changed(Switches(), wanted))
    except ValidationError as error:
        raise _problems(error) from None
    return Response(status_code=204)
