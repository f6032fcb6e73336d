# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts managed servers in a job's events as a controller does, with the query language that it uses.

The rules are those of AWX's indirect node counting (2025), written down from its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import jq
import yaml

from sandbox.isolation import REPOSITORY

FILE = REPOSITORY / "extensions" / "audit" / "event_query.yml"


def queries() -> dict[str, str]:
    """The query of each module, by its full name."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: entry["query"] for name, entry in content.items()}


def records_of(module: str, result: Any) -> list[dict[str, Any]]:
    """What a module's query makes of one result. AssertionError if a controller would lose one of the records."""
    records = jq.compile(queries()[module]).input_value(result).all()
    for record in records:
        assert isinstance(record["name"], str)
        assert 0 < len(record["name"]) <= 255
        assert record["canonical_facts"]
        assert "null" not in json.dumps(record["canonical_facts"])
        assert {"infra_type", "infra_bucket", "device_type"} <= set(record["facts"])
    return records


def counted(events: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Names of the servers that a controller counts in the events of a job, and in how many events each was found."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        data = event.get("event_data", {})
        if "res" in data and data.get("resolved_action") in queries():
            for record in records_of(data["resolved_action"], data["res"]):
                found.setdefault(json.dumps(record["canonical_facts"], sort_keys=True), []).append(record)
    names = [records[0]["name"] for records in found.values()]
    assert len(names) == len(set(names)), "two servers of one name: the controller would lose the job's records"
    return {records[0]["facts"]["server_name"]: len(records) for records in found.values()}
