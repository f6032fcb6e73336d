# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vps_server_info with lists and patterns; words that no server has; options that are set but empty."""

from __future__ import annotations

import pytest

from helpers.script import Script

IN_PROCESS = (True, False)


@pytest.mark.parametrize("in_process", IN_PROCESS)
def test_lists_and_patterns(script: Script, in_process: bool) -> None:
    """One request each; by and between options, by or within one."""
    script.insert(100, "web-01", status="active", location="us-west")
    script.insert(101, "web_02", status="stopped", location="us-east")
    script.insert(102, "db.example.com", status="active", location="EU-North")
    cases = {
        "statuses": ({"status": ["active", "stopped"]}, [100, 101, 102]),
        "names": ({"name": ["web-01", "web_02", "nobody"]}, [100, 101]),
        "names in one text": ({"name": "web-01, db.example.com"}, [100, 102]),
        "pattern": ({"match": "web*"}, [100, 101]),
        "patterns and status": ({"match": ["web*", "db.*"], "status": "active"}, [100, 102]),
        "locations": ({"location": ["US-WEST", "eu-north"]}, [100, 102]),
        "nobody": ({"name": "nobody"}, []),
    }
    for name, (options, _ids) in cases.items():
        script.task(name, "vps_server_info", options, vars={"vpsorg_in_process": in_process})
    ran = script.run()
    for name, (_options, expected) in cases.items():
        done = ran.ok(name, changed=False)
        assert [server["id"] for server in done["servers"]] == expected, name
        assert done.sent == ["GET /servers/"] and not done.result.get("warnings"), name


def test_words_that_no_server_has(script: Script) -> None:
    script.insert(100, "web-01", status="active", location="us-west")
    script.info("misspelt", status="runinng")
    script.info("elsewhere", status="active", location=["us-west", "mars"])
    script.info("stopped", status="stopped")
    ran = script.run()
    for name, word, there in (
        ("misspelt", "runinng", "active"),
        ("elsewhere", "mars", "us-west"),
        ("stopped", "stopped", "active"),
    ):
        [warning] = ran.ok(name, changed=False)["warnings"]
        assert word in warning and there in warning
    assert ran["misspelt"].sent == ["GET /servers/"]


@pytest.mark.parametrize("in_process", IN_PROCESS)
def test_empty_options_are_refused(script: Script, in_process: bool) -> None:
    """Never "all": null may come from a lookup that has found nothing."""
    cases = {"id": [None], **{key: [None, "", [], [None], [""], 83] for key in ("name", "match", "status", "location")}}
    tasks = [(f"{option} {value!r}", option, value) for option, values in cases.items() for value in values]
    for name, option, value in tasks:
        script.task(name, "vps_server_info", {option: value}, vars={"vpsorg_in_process": in_process})
    ran = script.run()
    for name, option, _value in tasks:
        done = ran.failed(name)
        assert option in done["msg"] and not done.sent, name
