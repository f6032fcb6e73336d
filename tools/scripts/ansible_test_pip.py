# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the bootstrap of pip that `ansible-test --venv` looks for into its cache, and print the version of pip.

    PYTHON tools/scripts/ansible_test_pip.py CACHE

Run it with the Python of the environment that holds ansible-test.
"""

from __future__ import annotations

import importlib.util
import pathlib
import re
import subprocess
import sys

BOOTSTRAP = '''"""Install packages with the pip of the wheel beside this file."""

import os
import runpy
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "{wheel}"))
left_out = ("--no-setuptools", "--no-wheel")
sys.argv = ["pip", "install"] + [argument for argument in sys.argv[1:] if argument not in left_out]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def wanted_version() -> str:
    """The version of pip that this ansible-test installs into its environments."""
    spec = importlib.util.find_spec("ansible_test")
    assert spec is not None and spec.submodule_search_locations, "ansible-core is not installed for this Python"
    source = pathlib.Path(spec.submodule_search_locations[0]) / "_internal" / "python_requirements.py"
    found = re.search(r"default_packages = dict\(\s*pip='([^']+)'", source.read_text())
    assert found, f"{source} names no version of pip"
    return found.group(1)


def main() -> None:
    cache = pathlib.Path(sys.argv[1])
    version = wanted_version()
    wheel = f"pip-{version}-py3-none-any.whl"
    if not (cache / wheel).exists():
        command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
        command += ["--dest", str(cache), f"pip=={version}"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP.format(wheel=wheel))
    print(version)


if __name__ == "__main__":
    main()
