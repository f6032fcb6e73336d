# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries by which a controller counts managed servers: every module that can change one has a query, whatever its
results look like.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from helpers.awx_counting import queries, records_of
from helpers.examples import constants
from sandbox.isolation import REPOSITORY

# Those that only read manage nothing.
MODULES = sorted(
    path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py") if not path.stem.endswith("_info")
)


def test_every_module_that_manages_has_a_query_and_no_other() -> None:
    assert sorted(queries()) == [f"vpsorg.cloud.{name}" for name in MODULES]


@pytest.mark.parametrize("module", MODULES)
def test_documented_results_are_counted(module: str) -> None:
    values = yaml.safe_load(constants("modules", module)["RETURN"])
    result = {name: value["sample"] for name, value in values.items() if name in ("server", "servers")}
    assert result
    for name, value in result.items():
        (record,) = records_of(f"vpsorg.cloud.{module}", {name: value})
        assert record["name"] == "vps.org:12345"
        assert record["canonical_facts"] == {"provider": "vps.org", "id": "12345"}


@pytest.mark.parametrize(
    "result",
    [
        {},
        None,
        "text",
        [],
        {"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result"},
        {"server": None, "id": 12345},
        {"server": {}},
        {"server": {"id": None, "name": "web-01"}},
        {"server": "text", "servers": "text"},
        {"servers": None},
        {"servers": []},
        {"servers": [None, "text", {"id": None, "name": "web-01"}]},
        {"results": [{"server": {"id": 12345, "name": "web-01"}}]},
        {"failed": True, "msg": "error"},
    ],
    ids=str,
)
@pytest.mark.parametrize("module", MODULES)
def test_what_is_no_existing_server_is_not_counted(module: str, result: Any) -> None:
    """Among them: deleted, predicted by check mode, hidden by no_log, and a loop, whose items have their own events."""
    assert records_of(f"vpsorg.cloud.{module}", result) == []


def test_servers_of_one_name_have_records_of_their_own() -> None:
    servers = [{"id": 1, "name": "web"}, {"id": 2, "name": "web"}]
    names = [record["name"] for record in records_of("vpsorg.cloud.vps_fleet", {"servers": servers})]
    assert len(set(names)) == 2


def test_all_modules_call_a_server_by_one_identity() -> None:
    """Whether the API shows its ID as a number or as text, and whatever else changes."""
    server: dict[str, Any] = {"id": 12345, "name": "web-01", "status": "active"}
    renamed: dict[str, Any] = {"id": "12345", "name": "web-02", "status": "stopped", "location": "us-west"}
    facts = [
        record["canonical_facts"]
        for module in MODULES
        for result in ({"server": server}, {"servers": [renamed]})
        for record in records_of(f"vpsorg.cloud.{module}", result)
    ]
    assert len(facts) == 2 * len(MODULES)
    assert facts == facts[:1] * len(facts)
