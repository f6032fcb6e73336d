# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account that speaks the API as the vendor's own clients describe it: everybody says so at once, and writes
nothing.
"""

from __future__ import annotations

import pytest

from fault_proxy import Fault
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
    facts = (400, "os_version", "vps-mcp", "Nothing was created", "vpsorg.cloud.vps_api_info")
    assert ran.failed("create", *facts).writes == ["POST /servers/"]


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


UUID = "00003039-0477-53a0-9217-f3259a0420b2"
SECRET = "Zq7-hunter2"
ACCEPTED = {"uuid": UUID, "hostname": "new", "status": "provisioning", "password": SECRET}
FACTS_OF_ACCEPTED = ("billed", "control panel", UUID, "vps-mcp", "vpsorg.cloud.vps_api_info")


def accepted() -> Fault:
    return Fault("answer", "POST", "*/servers/", status=201, body=ACCEPTED, times=None)


@pytest.mark.parametrize("return_password", [True, False])
def test_a_create_that_is_accepted(script: Script, return_password: bool) -> None:
    """On an account without servers and plans, where nothing tells before. No look could find the server."""
    script.configure(plans=False)
    script.faults(accepted())
    script.server("check", check=True, name="new", **ENOUGH)
    script.server("create", name="new", return_password=return_password, **ENOUGH)
    script.configure(dialect="clients")
    script.seed(1)
    script.server("again", name="new", **ENOUGH)
    ran = script.run("-vvv", both_ways=True)
    ran.ok("check", changed=True)
    done = ran.failed("create", "new", *FACTS_OF_ACCEPTED, changed=True)
    assert done.writes == ["POST /servers/"] and done.sent[-1] == "POST /servers/"
    assert done.result.get("password") == (SECRET if return_password else None)
    assert return_password or mentions(done["warnings"], "new", "return_password")
    assert return_password or SECRET not in ran.outcome.output
    assert ran.failed("again", *FACTS).writes == []


def test_a_fleet_whose_first_create_is_accepted(fleet_script: FleetScript) -> None:
    """The others are not tried. The result has no place for the password."""
    fleet_script.configure(plans=False)
    servers = [{"name": f"web-{number}", **ENOUGH} for number in range(3)]
    fleet_script.fleet("fleet", *servers, concurrency=1, return_password=True)
    ran = fleet_script.play(accepted())
    done = ran.failed("fleet", *FACTS_OF_ACCEPTED, changed=True)
    assert len(done.writes) == 1 and done.sent[-1] == "POST /servers/" and done["summary"]["failed"] == 3
    assert mentions(done["warnings"], "web-0", "password") and SECRET not in ran.outcome.output
    assert [UUID in error["msg"] for error in done["errors"]] == [True, False, False]
