# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send requests from within a play to the emulator, some 5 ms each: what other clients do, and what the emulator is
told.

The option `file` names a JSON file: `url` (its root, without a path), `requests` (a list of `[method, path, body]`),
`token` (for paths of the API).
"""

from __future__ import annotations

import json
import pathlib
import urllib.error
import urllib.request
from typing import Any

from ansible.plugins.action import ActionBase

LIMIT = 30.0


class ActionModule(ActionBase):
    """Fails where an answer is no success."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        options = json.loads(pathlib.Path(self._task.args["file"]).read_text(encoding="utf-8"))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for method, path, body in options["requests"]:
            request = urllib.request.Request(
                f"{options['url']}{path}",
                None if body is None else json.dumps(body).encode(),
                {"Content-Type": "application/json", "Authorization": f"Bearer {options['token']}"},
                method=str(method),
            )
            try:
                with opener.open(request, timeout=LIMIT) as answer:
                    answer.read()
            except urllib.error.HTTPError as error:
                return {
                    **result,
                    "failed": True,
                    "msg": f"{method} {path}: {error.code} {error.read().decode(errors='replace')}",
                }
        return result
