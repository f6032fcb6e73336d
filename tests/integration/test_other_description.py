# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account that speaks the API as the vendor's own clients describe it: everybody says so at once, and writes
nothing.
"""

from __future__ import annotations

import pytest

from helpers.ansible_cli import AnsibleCli
from helpers.facts import mentions
from helpers.fleet import ENOUGH, FleetScript
from helpers.inventory_cli import PLUGIN
from helpers.script import Script

FACTS = ("uuid", "vps-mcp", "Nothing was written", "vpsorg.cloud.vps_api_info")


@pytest.fixture
def fleet_script(ansible_cli: AnsibleCli, emulator) -> FleetScript:
    return FleetScript(ansible_cli, emulator)


def test_every_module_says_so(script: Script) -> None:
    """One request, not repeated."""
    script.seed(2)
    script.configure(dialect="clients")
    script.server("create", name="new", **ENOUGH)
    script.server("delete", name="web-0001", state="absent")
    script.power("stop", name="web-0001", state="stopped")
    script.power("stop many", match=["web-*"], state="stopped")
    script.info("info")
    script.task("fleet", "vps_fleet", {"servers": [{"name": "new", **ENOUGH}], "purge": True, "purge_match": "web-*"})
    script.task("plans", "vps_plan_info")
    ran = script.run(both_ways=True)
    for name in ("create", "delete", "stop", "stop many", "info", "fleet", "plans"):
        assert ran.failed(name, *FACTS).writes == [] and len(ran[name].requests) == 1, name
    assert len(script.emulator.servers()) == 2


def test_an_empty_account(script: Script) -> None:
    """Its plans tell; and where they don't, the refusal of the create does."""
    script.configure(dialect="clients")
    script.server("create: plans", name="new", **ENOUGH)
    script.configure(plans=False)
    script.server("create", name="new", **ENOUGH)
    ran = script.run()
    assert ran.failed("create: plans", *FACTS).writes == []
    assert ran.failed("create", 400, "os_version", "vps-mcp", "vpsorg.cloud.vps_api_info").writes == ["POST /servers/"]


def test_the_inventory_says_so(ansible_cli: AnsibleCli, emulator) -> None:
    """And does not fall back to old servers."""
    emulator.seed(2)
    env = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", "COLUMNS": "1000"}
    cached = {
        **PLUGIN,
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(ansible_cli.folder / "cache"),
    }
    config = {**cached, "cache_timeout": 1, "cache_fallback": True}
    ansible_cli.inventory(config, "--list", env=env, rc=0)
    emulator.configure(dialect="clients")
    before = len(emulator.requests())
    outcome = ansible_cli.inventory({**config, "details": True}, "--list", env=env)
    assert outcome.rc != 0 and mentions(" ".join(outcome.output.split()), *FACTS)
    assert len(emulator.requests()) == before + 1


def test_a_fleet_that_is_created_there(fleet_script: FleetScript) -> None:
    fleet_script.configure(dialect="clients", plans=False)
    fleet_script.fleet("fleet", *({"name": f"web-{number}", **ENOUGH} for number in range(3)), concurrency=1)
    ran = fleet_script.play()
    assert len(ran.failed("fleet", 400, "vpsorg.cloud.vps_api_info").writes) == 1, "the others are not tried"
