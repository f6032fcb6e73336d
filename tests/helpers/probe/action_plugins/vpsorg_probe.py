# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of the module vpsorg_probe, on the base that the collection's own action plugins have."""

from __future__ import annotations

import importlib.util
import pathlib

from ansible_collections.vpsorg.cloud.plugins.plugin_utils._in_process import InProcessActionModule

FILE = pathlib.Path(__file__).resolve().parents[1] / "library" / "vpsorg_probe.py"
_spec = importlib.util.spec_from_file_location("vpsorg_probe_module", FILE)
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)


class ActionModule(InProcessActionModule):
    """See InProcessActionModule."""

    MODULE = _module
