# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that tells where it runs, and ends in every way in which a module can end."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vpsorg_probe
short_description: Tell where a module runs
description:
  - For tests of how modules are run.
author:
  - VPS.org collection contributors
options:
  end:
    description: How to end.
    type: str
    default: exit
  secret:
    description: Something secret.
    type: str
  text:
    description: A text that is returned.
    type: str
  number:
    description: A number.
    type: int
  choice:
    description: One of two.
    type: str
    choices: [one, two]
  items:
    description: A list of dicts.
    type: list
    elements: dict
    suboptions:
      key:
        description: A text.
        type: str
        required: true
"""

EXAMPLES = "- vpsorg_probe:"
RETURN = "{}"

import datetime
import os
import sys
import time
import warnings

from ansible.module_utils.basic import AnsibleModule, env_fallback

IN_PLACE = ("PROBE_GIVEN", "PROBE_BECOME")


def _end(module: AnsibleModule, end: str) -> None:
    if end == "fail":
        module.fail_json(msg="failed on purpose", changed=True, detail={"secret": module.params["secret"]})
    if end == "warn":
        module.warn("a warning")
        module.warn("another warning")
        module.deprecate("a deprecation", version="99.0.0", collection_name="vpsorg.cloud")
    if end == "raise":
        raise RuntimeError("raised on purpose")
    if end == "exit_code":
        sys.stdout.write("no JSON\n")
        sys.exit(3)
    if end == "silence":
        sys.exit(0)
    if end == "sleep":
        time.sleep(30)
    if end == "noise":
        sys.stdout.write("noise before the result\n")
        sys.stderr.write("noise on the standard error\n")
        warnings.warn("a warning of Python", stacklevel=1)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "end": {"type": "str", "default": "exit"},
            "secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["PROBE_SECRET"])},
            "text": {"type": "str"},
            "number": {"type": "int"},
            "choice": {"type": "str", "choices": ["one", "two"]},
            "items": {"type": "list", "elements": "dict", "options": {"key": {"type": "str", "required": True}}},
            "old": {"type": "str", "removed_in_version": "99.0.0", "removed_from_collection": "vpsorg.probe"},
            "name": {"type": "str", "aliases": ["called"]},
        },
        required_together=[["text", "number"]],
        mutually_exclusive=[["choice", "items"]],
        supports_check_mode=True,
    )
    _end(module, module.params["end"])
    module.exit_json(
        changed=False,
        inside="ansible.executor.task_executor" in sys.modules,
        executable=sys.executable,
        folder=os.getcwd(),
        given={name: os.environ.get(name) for name in IN_PLACE},
        check=module.check_mode,
        difference=module._diff,
        params=module.params,
        text=module.params["text"],
        moment=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc).isoformat(),
        results_like={"stdout": "one\ntwo"},
        stdout="one\ntwo",
    )


if __name__ == "__main__":
    main()
