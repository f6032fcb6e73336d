# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays that a user runs first, in the guide to getting started and in tools/demo, on accounts that show less than
is documented.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from helpers.ansible_cli import AnsibleCli
from helpers.documents import GUIDES, blocks
from sandbox.isolation import REPOSITORY

GUIDE = next(block.text for block in blocks(GUIDES / "getting_started.rst") if block.text.startswith("# account.yml\n"))
DEMO = (REPOSITORY / "tools" / "demo" / "account.yml").read_text(encoding="utf-8")


def shown(outcome: Any) -> str:
    """What the plays' tasks have shown."""
    return "\n".join(
        str(entry.result["msg"]) for entry in outcome.results if entry.status == "ok" and "msg" in entry.result
    )


@pytest.mark.parametrize("play", [GUIDE, DEMO], ids=["guide", "demo"])
@pytest.mark.parametrize(
    ("switches", "facts"),
    [
        ({"plan_locations": False, "plan_prices": "absent"}, ("Starter VPS", "?")),
        ({"plan_prices": "null"}, ("Starter VPS", "?")),
        ({"plan_prices": "texts"}, ("Starter VPS", "5.00")),
        ({"unavailable_plans": [1, 2, 3, 4]}, ("No plan can be ordered.",)),
        ({"plans": False}, ("no /plans/", "vpsorg.cloud.vps_api_info")),
    ],
)
def test_less_than_is_documented(
    ansible_cli: AnsibleCli, emulator, play: str, switches: dict[str, Any], facts: tuple[str, ...]
) -> None:
    emulator.seed(1)
    emulator.configure(**switches)
    outcome = ansible_cli.playbook(yaml.safe_load(play), rc=0)
    assert all(fact in shown(outcome) for fact in facts), outcome.describe()
    assert {request["method"] for request in emulator.requests()} == {"GET"}
