# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests for templates by which the roles sort servers: what each status word means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.template import Templar

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._text import TRUST_IS_EXPLICIT
from ansible_collections.vpsorg.cloud.plugins.test.becoming_active import becoming_active
from ansible_collections.vpsorg.cloud.plugins.test.terminal import terminal

BECOMING_ACTIVE = {"provisioning", "starting", "rebooting", "restoring"}
TERMINAL = {"suspended", "error", "failed", "deleted"}
OTHERS = {"active", "stopped", "stopping", "migrating", "", "Provisioning", " error"}
WORDS = sorted(BECOMING_ACTIVE | TERMINAL | OTHERS)


@pytest.mark.parametrize("status", WORDS)
def test_each_status(status: str) -> None:
    """A word that is not known is neither: nobody can say where it leads."""
    assert becoming_active(status) is (status in BECOMING_ACTIVE)
    assert terminal(status) is (status in TERMINAL)


@pytest.mark.parametrize("test", [becoming_active, terminal])
@pytest.mark.parametrize("value", [None, 7, True, ["active"], {"status": "active"}])
def test_only_a_status_can_be_meant(test: Callable[[Any], bool], value: Any) -> None:
    """A server in place of its status must not pass for one that needs no care."""
    with pytest.raises(AnsibleFilterError, match=rf"^{test.__name__} takes the status of a server"):
        test(value)


@pytest.mark.parametrize(
    ("test", "expected"),
    [("becoming_active", BECOMING_ACTIVE), ("terminal", TERMINAL)],
    ids=["becoming_active", "terminal"],
)
def test_templates_know_them_by_their_whole_names(test: str, expected: set[str]) -> None:
    servers = [{"name": word, "status": word} for word in WORDS]
    template = f"{{{{ servers | selectattr('status', 'vpsorg.cloud.{test}') | map(attribute='name') | list }}}}"
    if TRUST_IS_EXPLICIT:
        from ansible.template import trust_as_template

        template = trust_as_template(template)
    assert set(Templar(loader=None, variables={"servers": servers}).template(template)) == expected
