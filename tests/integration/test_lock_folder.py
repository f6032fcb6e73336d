# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variable `vpsorg_lock_dir` says who shares the lock on creates, wherever a module runs."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import Settings
from helpers.script import Script

ENOUGH = {"plan_id": 1, "os_id": 5, "location": "us-west"}


def test_the_variable_reaches_every_module(
    script: Script, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another controller, and another token of the account, hold the lock where they share the folder."""
    folder = tmp_path / "shared"
    with monkeypatch.context() as patch:
        patch.setenv("VPSORG_LOCK_DIR", str(folder))
        held = AccountLock(Settings(script.emulator.url, "vps_another_token", 30.0, 5, 30.0, True, None))
        assert held.try_acquire()
    script.configure(provision_ms=20, address_ms=0)
    here = {"api_url": script.emulator.url}  # not the proxy in between: a lock is of one API
    script.task(
        "held",
        "vps_server",
        {"name": "web-01", **ENOUGH, "wait_timeout": 3, **here},
        vars={"vpsorg_lock_dir": str(folder)},
    )
    script.task(
        "template",
        "vps_fleet",
        {"servers": [{"name": "web-01", **ENOUGH}], "wait_timeout": 3, **here},
        vars={"vpsorg_lock_dir": "{{ parent }}/shared", "parent": str(tmp_path)},
        environment={"SOMETHING": "else"},
    )
    script.task(
        "only a look", "vps_server", {"name": "no-such", "state": "absent"}, vars={"vpsorg_lock_dir": str(folder)}
    )
    script.task("unusable", "vps_server", {"name": "web-02", **ENOUGH}, vars={"vpsorg_lock_dir": "/dev/null/locks"})
    script.task("empty", "vps_server", {"name": "web-02", **ENOUGH}, vars={"vpsorg_lock_dir": ""})
    try:
        ran = script.run(both_ways=True)
    finally:
        held.release()
    for name in ("held", "template"):
        assert "Another controller" not in ran.failed(name, "vpsorg_lock_dir")["msg"]
    assert "web-01" not in {server["name"] for server in script.emulator.servers()}
    ran.ok("only a look", changed=False)
    assert ran.failed("unusable", "vpsorg_lock_dir", "/dev/null/locks").sent == []
    ran.ok("empty", changed=True)
