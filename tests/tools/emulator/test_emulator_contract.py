# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A public contract tester, schemathesis, tries the running emulator against its description."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import requests

from emulator import catalogue
from emulator.handle import Emulator

EXAMPLES = 8
SEED = 1

# The one departure from the tester's own expectations: that an action is refused with 400 depends on the server's
# status, which no description of a request can tell. So a 400 to well-formed start, stop and reboot is as good as a
# 200.
CONFIGURATION = """
[[operations]]
include-operation-id = ["start_server", "stop_server", "reboot_server"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "429"]
"""


def _narrowed(description: dict[str, Any]) -> dict[str, Any]:
    """The description with the catalogue's values, which are not part of the API: so that well-formed creates are
    expected to succeed.
    """
    create = description["components"]["schemas"]["CreateServer"]["properties"]
    create["plan_id"]["enum"] = list(catalogue.PLANS)
    create["os_id"]["enum"] = list(catalogue.SYSTEMS)
    create["location"]["enum"] = list(catalogue.LOCATIONS)
    return description


def test_the_contract_holds(emulator: Emulator, tmp_path: Path) -> None:
    emulator.configure(provision_ms=0, address_ms=0, start_ms=0, stop_ms=0, reboot_ms=0)
    emulator.seed(60, status=["active", "stopped", "suspended"])
    served = requests.get(emulator.url.replace("/api/v1", "/openapi.json"), timeout=10, proxies={"http": ""}).json()
    (tmp_path / "openapi.json").write_text(json.dumps(_narrowed(served)), encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += ["--config-file", "schemathesis.toml", "--no-color", "run", "openapi.json", "--url", emulator.url]
    command += ["--header", f"Authorization: Bearer {emulator.token}", "--checks", "all", "--continue-on-failure"]
    command += ["--max-examples", str(EXAMPLES), "--seed", str(SEED), "--request-timeout", "10", "--warnings", "off"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=270, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    _assert_that_everything_was_tried(emulator.requests())


def _assert_that_everything_was_tried(log: list[dict[str, Any]]) -> None:
    """Every endpoint was met with success and with an error, and nothing broke."""
    met: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for entry in log:
        parts = entry["path"].removeprefix("/api/v1/servers/").split("/")
        met[f"{entry['method']} {'item ' * (len(parts) > 1)}{parts[1] if len(parts) > 2 else ''}".strip()][
            entry["status"]
        ] += 1
    expected = ["GET", "POST", "GET item", "PUT item", "PATCH item", "DELETE item"]
    for endpoint in [*expected, *(f"POST item {action}" for action in ("start", "stop", "reboot"))]:
        statuses = met[endpoint]
        assert any(status < 300 for status in statuses), f"{endpoint} never succeeded: {statuses}"
        assert any(400 <= status < 500 for status in statuses), f"{endpoint} never failed: {statuses}"
    assert not [status for statuses in met.values() for status in statuses if status >= 500 or status == 0]
