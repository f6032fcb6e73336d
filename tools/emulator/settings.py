# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches: one setting for every point that the API's documentation leaves open, and for every delay."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_DELAY_MS = 3_600_000
MAX_STALE_MS = 60_000


def _delay(default: int, description: str, maximum: int = MAX_DELAY_MS) -> Any:
    """A field for a delay in milliseconds."""
    return Field(default=default, ge=0, le=maximum, description=f"{description}, in milliseconds")


class Switches(BaseModel):
    """Every switch, its default and what it means. Where the documentation is silent, the default is the cautious one:
    the behaviour that asks most of a client."""

    model_config = ConfigDict(extra="forbid", strict=True)

    # The life of a server
    provision_ms: int = _delay(300, "from a create to the end of provisioning (documented: 2 to 5 minutes)")
    address_ms: int = _delay(100, "from the end of provisioning until the addresses appear")
    start_ms: int = _delay(200, "from a start to active")
    stop_ms: int = _delay(200, "from a stop to stopped")
    reboot_ms: int = _delay(200, "from a reboot to active")
    delete_ms: int = _delay(0, "how long a deleted server lingers in lists and details")
    provision_ends_in: str = Field("active", min_length=1, description="status word in which provisioning ends")
    start_ends_in: str = Field("active", min_length=1, description="status word in which a start ends")
    stop_ends_in: str = Field("stopped", min_length=1, description="status word in which a stop ends")
    reboot_ends_in: str = Field("active", min_length=1, description="status word in which a reboot ends")
    gives_address: bool = Field(True, description="whether a created server ever gets its addresses; off: null for ever")
    deleting_status: str = Field("", description="status word of a deleted server that lingers; empty: the word it had")
    reuse_ids: bool = Field(False, description="whether the id of a deleted newest server is given again")

    # Time
    latency_ms: int = _delay(0, "time that every answer takes; the work is done halfway")
    stale_ms: int = _delay(0, "how far lists and details lag behind writes", MAX_STALE_MS)
    list_stale_ms: int = _delay(0, "how far lists alone lag behind writes", MAX_STALE_MS)
    clock_skew_s: int = Field(0, description="seconds by which the API's clock is ahead, in its times and its Date header")

    # Lists
    paging: bool = Field(True, description="whether lists come in pages, with next and previous; off: everything at once")
    page_size: int = Field(20, ge=1, le=10_000, description="servers in a page where the request does not say")
    max_page_size: int = Field(100, ge=1, le=10_000, description="largest page granted")
    next_host: str = Field("", description="host[:port], or scheme://host[:port], that next and previous name; empty: the host of the request")
    order: Literal["asc", "desc"] = Field("asc", description="order of lists by id")
    filters: Literal["exact", "caseless", "ignored"] = Field("exact", description="how the filters status and location compare")
    undocumented_status: Literal["reject", "filter", "ignore"] = Field(
        "reject", description="what a status filter other than active, stopped and suspended does: 400, compare, nothing"
    )
    strict_query: bool = Field(False, description="whether an unknown query parameter answers 400")

    # Bodies
    error_shape: Literal["drf", "detail", "message", "text", "html"] = Field(
        "drf", description="error bodies: lists of texts by field, {detail}, {message}, plain text, or a page"
    )
    patch_answer: Literal["detail", "list_item", "empty_object", "no_body", "no_content"] = Field(
        "detail", description="what PUT and PATCH answer: 200 with one of these bodies, or no_content: 204"
    )
    unknown_fields: Literal["ignore", "reject"] = Field("ignore", description="what an unknown field of a body does")
    unique_names: bool = Field(False, description="whether a second server of the same name answers 400")
    name_max_length: int = Field(255, ge=1, description="longest name accepted")
    hostname_check: Literal["fqdn", "label", "none"] = Field("fqdn", description="hostnames accepted: with a dot, also a single label, or any text")
    hostname_default: Literal["null", "empty", "name"] = Field("null", description="hostname of a server created without one: null, an empty text, or its name")
    check_ssh_keys: bool = Field(False, description="whether an ssh_key_id other than the catalogue's answers 400")
    content_type: Literal["bodies", "every", "never"] = Field("bodies", description="which requests answer 415 unless their Content-Type is application/json")

    # Refusals
    actions_in_transition: Literal[400, 409] = Field(400, description="answer to start, stop and reboot while a status changes")
    patch_in_transition: Literal[200, 400, 409] = Field(200, description="answer to PUT and PATCH while a status changes")
    delete_in_transition: Literal[204, 400, 409] = Field(204, description="answer to DELETE while a status changes")
    delete_again: Literal[204, 404, 409] = Field(404, description="answer to DELETE of a deleted server that lingers")
    rate_limit: int = Field(0, ge=0, description="requests in any second that a token may make; 0: no limit, beyond it 429")
    retry_after: Literal["seconds", "date", "none"] = Field("seconds", description="Retry-After of a 429")
    slash_redirect: bool = Field(False, description="whether a path without its last slash answers 301; off: 404")


def changed(switches: Switches, values: dict[str, Any]) -> Switches:
    """The switches with some values replaced; pydantic.ValidationError when one is unknown or not allowed."""
    return Switches.model_validate({**switches.model_dump(), **values})
