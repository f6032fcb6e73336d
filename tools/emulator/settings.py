# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches: one setting for every question that the API's documentation leaves open, and for every delay."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_DELAY_MS = 3_600_000
MAX_STALE_MS = 60_000


def _delay(default: int, description: str, maximum: int = MAX_DELAY_MS) -> Any:
    """A field for a delay in milliseconds."""
    return Field(default=default, ge=0, le=maximum, description=f"{description}, in milliseconds")


class Switches(BaseModel):
    """Every switch, its default, and its meaning. Where the documentation is silent, the default is the behavior that
    is most demanding for a client.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    # Which of the two descriptions of the API
    dialect: Literal["documented", "clients"] = Field(
        "documented",
        description="which description of the API holds: its documentation, or what the vendor's published clients "
        "expect, with UUIDs and with other paths and fields",
    )
    client_addresses: Literal["lists", "objects", "ip_address", "all"] = Field(
        "lists",
        description="how the clients' dialect shows addresses: ipv4_addresses and ipv6_addresses (vps-mcp), "
        "ip_addresses or ip_address (vpsdotorg), or all of them",
    )
    nested_ids: bool = Field(
        True, description="whether plan, location, and system in the clients' dialect have their IDs in details"
    )

    # The life of a server
    provision_ms: int = _delay(300, "time from a create to the end of provisioning (documented: 2 to 5 minutes)")
    address_ms: int = _delay(100, "time from the end of provisioning until the addresses appear")
    start_ms: int = _delay(200, "time from a start to active")
    stop_ms: int = _delay(200, "time from a stop to stopped")
    reboot_ms: int = _delay(200, "time from a reboot to active")
    delete_ms: int = _delay(0, "how long a deleted server remains in lists and details")
    provision_ends_in: str = Field("active", min_length=1, description="status after provisioning")
    start_ends_in: str = Field("active", min_length=1, description="status after a start")
    stop_ends_in: str = Field("stopped", min_length=1, description="status after a stop")
    reboot_ends_in: str = Field("active", min_length=1, description="status after a reboot")
    gives_address: bool = Field(True, description="whether a created server ever gets addresses; off: they stay null")
    address_kinds: Literal["both", "ipv4", "ipv6"] = Field(
        "both", description="which addresses a created server gets; the others stay null"
    )
    deleting_status: str = Field(
        "", description="status of a deleted server that remains visible; empty: the status it had"
    )
    reuse_ids: bool = Field(False, description="whether the ID of the newest server is reused after its deletion")

    # Time
    latency_ms: int = _delay(0, "time that every response takes; the request takes effect halfway through")
    stale_ms: int = _delay(0, "how far lists and details lag behind writes", MAX_STALE_MS)
    list_stale_ms: int = _delay(0, "how far lists alone lag behind writes", MAX_STALE_MS)
    clock_skew_s: int = Field(
        0, description="seconds by which the API's clock is ahead, in timestamps and in the Date header"
    )

    # Lists
    paging: bool = Field(True, description="whether lists are paged, with next and previous; off: everything at once")
    page_size: int = Field(20, ge=1, le=10_000, description="servers per page if the request does not specify it")
    max_page_size: int = Field(100, ge=1, le=10_000, description="maximum page size")
    next_host: str = Field(
        "", description="host[:port] or scheme://host[:port] used in next and previous; empty: the host of the request"
    )
    order: Literal["asc", "desc"] = Field("asc", description="order of lists by ID")
    filters: Literal["exact", "caseless", "ignored"] = Field(
        "exact", description="how the filters status and location are compared"
    )
    undocumented_status: Literal["reject", "filter", "ignore"] = Field(
        "reject",
        description="effect of a status filter other than active, stopped, and suspended: 400, filter, or none",
    )
    strict_query: bool = Field(False, description="whether an unknown query parameter results in 400")

    # Bodies
    error_shape: Literal["drf", "detail", "message", "text", "html"] = Field(
        "drf",
        description="format of error bodies: "
        "lists of messages by field, {detail}, {message}, plain text, or an HTML page",
    )
    patch_answer: Literal["detail", "list_item", "empty_object", "no_body", "no_content"] = Field(
        "detail", description="response to PUT and PATCH: 200 with one of these bodies, or, for no_content, 204"
    )
    unknown_fields: Literal["ignore", "reject"] = Field(
        "ignore", description="how unknown fields in a request body are handled"
    )
    plans: bool = Field(True, description="whether there is a list of plans; off: GET /plans/ results in 404")
    plans_paging: bool = Field(False, description="whether the documented list of plans is paged like that of servers")
    plan_prices: Literal["numbers", "texts", "null", "absent"] = Field(
        "numbers", description='the prices of listed plans: numbers, decimal texts such as "5.00", null, or left out'
    )
    plan_locations: bool = Field(True, description="whether listed plans have their locations; off: left out")
    unavailable_plans: list[int] = Field(
        [], description="IDs of plans that are listed as unavailable, and with which a create results in 400"
    )
    account: bool | None = Field(
        None,
        description="whether there is an account, with the token's permissions; off: GET /account/me/ results in 404 "
        "(default: on, but off in the clients' dialect)",
    )
    extra_keys: bool = Field(
        False, description="whether listed plans, the account, and the token have a key that is documented nowhere"
    )
    password: Literal["never", "created", "detail"] | None = Field(
        None,
        description="where a server's password is shown: nowhere, in the response to its create, or also in its "
        "details (default: never, but created in the clients' dialect)",
    )
    password_key: str = Field(
        "password",
        pattern=r"^[a-z_]+(\.[a-z_]+)?$",
        description="the key of the password; with a dot, it is nested, as in access.root_password",
    )
    stored_names: Literal["as_sent", "lowercase", "cut"] = Field(
        "as_sent", description="how a name is stored: as it was sent, in lowercase, or cut to 12 characters"
    )
    created_name: Literal["stored", "sent"] = Field(
        "stored", description="the name in the response to a create, if it is stored in another way than it was sent"
    )
    unique_names: bool = Field(False, description="whether a second server with the same name results in 400")
    name_max_length: int = Field(255, ge=1, description="maximum length of a name")
    hostname_check: Literal["fqdn", "label", "none"] = Field(
        "fqdn", description="accepted hostnames: only with a dot, also a single label, or any string"
    )
    hostname_default: Literal["null", "empty", "name"] = Field(
        "null", description="hostname of a server created without one: null, an empty string, or its name"
    )
    check_ssh_keys: bool = Field(False, description="whether an ssh_key_id that is not in the catalog results in 400")
    content_type: Literal["bodies", "every", "never"] = Field(
        "bodies", description="which requests result in 415 unless their Content-Type is application/json"
    )

    # Refusals
    actions_in_transition: Literal[400, 409] = Field(
        400, description="response to start, stop, and reboot during a transition"
    )
    patch_in_transition: Literal[200, 400, 409] = Field(
        200, description="response to PUT and PATCH during a transition"
    )
    delete_in_transition: Literal[204, 400, 409] = Field(204, description="response to DELETE during a transition")
    delete_again: Literal[204, 404, 409] = Field(
        404, description="response to DELETE for a deleted server that remains visible"
    )
    rate_limit: int = Field(
        0, ge=0, description="maximum number of requests per second and token, with 429 beyond it; 0: no limit"
    )
    retry_after: Literal["seconds", "date", "none"] = Field("seconds", description="format of Retry-After in a 429")
    slash_redirect: bool = Field(
        False, description="whether a path without its trailing slash results in 301; off: 404"
    )

    @property
    def has_account(self) -> bool:
        """Whether there is an account: the vendor's clients ask for none."""
        return self.dialect == "documented" if self.account is None else self.account

    @property
    def password_shown(self) -> Literal["never", "created", "detail"]:
        """Where a password is shown: the documentation knows none, the vendor's client one "shown once"."""
        return self.password or ("never" if self.dialect == "documented" else "created")


def changed(switches: Switches, values: dict[str, Any]) -> Switches:
    """The switches with some values replaced; pydantic.ValidationError when one is unknown or not allowed."""
    return Switches.model_validate({**switches.model_dump(), **values})
