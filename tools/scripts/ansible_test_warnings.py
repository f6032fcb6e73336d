# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test with deprecation warnings, which it switches off in all integration tests.

    PYTHON tools/scripts/ansible_test_warnings.py ARGUMENTS OF ansible-test

Run it with the Python of the environment that holds ansible-test. There is no option for it: ansible-test passes no
setting from outside on to the tests, and its own environment variable is stronger than a configuration file.
"""

from __future__ import annotations

import sys
from typing import Any

from ansible_test._internal.commands import integration
from ansible_test._util.target.cli.ansible_test_cli_stub import main

SWITCH = "ANSIBLE_DEPRECATION_WARNINGS"
environment_of_tests = integration.ansible_environment


def with_deprecation_warnings(*arguments: Any, **options: Any) -> dict[str, str]:
    environment = environment_of_tests(*arguments, **options)
    assert environment[SWITCH] == "false", f"this ansible-test sets {SWITCH} to {environment[SWITCH]}"
    return {**environment, SWITCH: "true"}


if __name__ == "__main__":
    integration.ansible_environment = with_deprecation_warnings
    sys.exit(main())
