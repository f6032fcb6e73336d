# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of bodies, from which the OpenAPI description is made.

No request is validated with them: see validation.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from emulator import validation

ServerId = Annotated[int, Field(ge=1, examples=[12345], description="Unique server ID")]
Name = Annotated[
    str,
    Field(
        pattern=validation.NAME_PATTERN,
        min_length=1,
        max_length=255,
        examples=["web-server-01"],
        description="Letters, digits and hyphens. "
        "The maximum length, and whether names are unique, are not documented.",
    ),
]
Hostname = Annotated[
    str,
    Field(
        pattern=validation.HOSTNAME_PATTERN,
        max_length=validation.HOSTNAME_MAX_LENGTH,
        examples=["web01.example.com"],
        description="Fully qualified domain name",
    ),
]
Backups = Annotated[bool, Field(description="Whether automatic backups are enabled")]
Status = Annotated[
    str,
    Field(
        examples=["active"],
        description="Documented: provisioning, active, starting, stopping, stopped, rebooting, suspended. "
        "There may be others.",
    ),
]
Location = Annotated[str, Field(examples=["us-west"], description="Datacenter code")]
Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$",
        json_schema_extra={"format": "date-time"},
        examples=["2025-01-10T14:30:00Z"],
        description="ISO 8601, UTC, whole seconds",
    ),
]


class Plan(BaseModel):
    """A plan, as shown in lists and in the response to a create."""

    id: Annotated[int, Field(examples=[1])]
    name: Annotated[str, Field(examples=["Standard VPS"], description="May differ from place to place")]
    vcpus: Annotated[int, Field(examples=[2])]
    memory: Annotated[int, Field(examples=[4096], description="MB (inferred)")]
    storage: Annotated[int, Field(examples=[80], description="GB (inferred)")]


class DetailedPlan(Plan):
    """A plan, as shown in the details of a server."""

    bandwidth: Annotated[int, Field(examples=[2048], description="GB (inferred)")]


class ListedPlan(DetailedPlan):
    """A plan that can be ordered."""

    slug: Annotated[str, Field(examples=["standard"])]
    price_monthly: Annotated[float, Field(examples=[5.0])]
    price_hourly: Annotated[float, Field(examples=[0.007])]
    available: Annotated[bool, Field(description="Whether it can be ordered now")]
    locations: Annotated[list[str], Field(examples=[["us-west", "us-east"]], description="Where it can be ordered")]
    description: Annotated[str, Field(examples=["Perfect for small projects and testing"])]


class PlanList(BaseModel):
    """All plans, or those that are offered in one datacenter."""

    count: Annotated[int, Field(ge=0)]
    next: Annotated[str, Field(description="URL of the next page (not documented)")] | None = None
    previous: Annotated[str, Field(description="URL of the previous page (not documented)")] | None = None
    results: list[ListedPlan]


class Account(BaseModel):
    """The account to which a token belongs."""

    email: Annotated[str, Field(examples=["jane.doe@example.com"])]
    first_name: Annotated[str, Field(examples=["Jane"])]
    last_name: Annotated[str, Field(examples=["Doe"])]
    company_name: Annotated[str, Field(examples=["Example Ltd."])]
    created_at: Annotated[
        str,
        Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}, examples=["2024-06-15"]),
    ]


class Token(BaseModel):
    """The token of the request, without its text."""

    name: Annotated[str, Field(examples=["deploy"])]
    permissions: Annotated[list[str], Field(examples=[["servers:*"]])]


class Me(BaseModel):
    """Who is asking, and what the token permits."""

    account: Account
    token: Token


class OperatingSystem(BaseModel):
    """An operating system image."""

    id: Annotated[int, Field(examples=[5])]
    name: Annotated[str, Field(examples=["Ubuntu 22.04 LTS"])]


class ResourceUsage(BaseModel):
    """The current resource usage of a server."""

    cpu_percent: Annotated[float, Field(examples=[23.5])]
    memory_used: Annotated[int, Field(examples=[2048], description="MB (inferred)")]
    disk_used: Annotated[int, Field(examples=[35], description="GB (inferred)")]
    bandwidth_used: Annotated[int, Field(examples=[450], description="GB (inferred)")]


class _Server(BaseModel):
    id: ServerId
    name: Annotated[str, Field(examples=["web-server-01"])]
    hostname: Annotated[str | None, Field(examples=["web01.example.com"])]
    status: Status
    ip_address: Annotated[
        str | None, Field(examples=["203.0.113.10"], description="null as long as the server has none")
    ]
    location: Location
    os: OperatingSystem
    created_at: Time
    updated_at: Time


class ServerListItem(_Server):
    """A server, as shown in lists."""

    plan: Plan


class CreatedServer(_Server):
    """A server, as shown in the response to its create."""

    plan: Plan
    backups_enabled: Backups
    message: Annotated[str, Field(examples=["Server is being provisioned. This may take 2-5 minutes."])]


class ServerDetail(_Server):
    """The details of a server."""

    plan: DetailedPlan
    ipv6_address: Annotated[str | None, Field(examples=["2001:0db8::1"], description="Not always in canonical form")]
    backups_enabled: Backups
    resource_usage: ResourceUsage


class ServerList(BaseModel):
    """All servers of the account, or one page of them."""

    count: Annotated[int, Field(ge=0, description="Total number of servers in all pages")]
    next: Annotated[str, Field(description="URL of the next page (not documented)")] | None = None
    previous: Annotated[str, Field(description="URL of the previous page (not documented)")] | None = None
    results: list[ServerListItem]


class ActionServer(BaseModel):
    """A server, as shown in the response to an action."""

    id: ServerId
    name: Annotated[str, Field(examples=["web-server-01"])]
    status: Annotated[str, Field(examples=["starting"])]


class ActionAnswer(BaseModel):
    """The response to start, stop, and reboot."""

    status: Annotated[Literal["success"], Field(description="The status of the request, not of the server")]
    message: Annotated[str, Field(examples=["Server is starting"])]
    server: ActionServer


class _CreateRequired(TypedDict):
    name: Name
    plan_id: Annotated[int, Field(examples=[1], description="ID of a plan")]
    os_id: Annotated[int, Field(examples=[5], description="ID of an operating system image")]
    location: Location


class CreateServer(_CreateRequired, total=False):
    """A server to create."""

    hostname: Hostname
    ssh_key_id: Annotated[int, Field(ge=1, examples=[7], description="ID of the SSH key to install; never returned")]
    backups_enabled: Annotated[
        bool, Field(description="Whether automatic backups are enabled", json_schema_extra={"default": False})
    ]


class ReplaceServer(TypedDict):
    """All fields of a server that can be changed."""

    name: Name
    hostname: Hostname
    backups_enabled: Backups


class PatchServer(TypedDict, total=False):
    """The fields of a server to change."""

    name: Name
    hostname: Hostname
    backups_enabled: Backups


class Detail(BaseModel):
    """An error with a single message."""

    model_config = ConfigDict(extra="forbid")

    detail: Annotated[str, Field(examples=["Not found."])]


FieldErrors = Annotated[
    dict[str, list[str]],
    Field(
        min_length=1,
        examples=[{"name": ["This field is required."]}],
        description="Error messages by field; non_field_errors contains those that belong to no field",
    ),
]
