# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy's importer, as strict as it can be set: any line of it that is a warning or an error is a finding."""

from __future__ import annotations

import configparser
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

from gates import archive

SETTINGS = {
    "check_changelog": "true",
    "check_required_tags": "true",
    "offline_ansible_lint": "true",
    "run_ansible_doc": "true",
    "run_ansible_lint": "true",
    # Its tests run in containers; `make sanity` runs them without.
    "run_ansible_test": "false",
    "run_flake8": "true",
}
SUCCESS = "Importer processing completed successfully"


def check(collection: pathlib.Path) -> list[str]:
    """Build the archive of a collection and import it; the lines of the importer that are findings.

    Raises CalledProcessError when ansible-galaxy fails.
    """
    version = yaml.safe_load((collection / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        settings = folder / "galaxy-importer.cfg"
        write_settings(settings, version)
        # Such variables would change the settings.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GALAXY_IMPORTER_")}
        ran = subprocess.run(
            [sys.executable, "-m", "galaxy_importer.main", str(archive.build(collection, folder))],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
            # Where it leaves its result.
            cwd=folder,
            env={**environment, "GALAXY_IMPORTER_CONFIG": str(settings)},
        )
    return findings(ran.stdout, ran.returncode)


def write_settings(file: pathlib.Path, version: str) -> None:
    """Write the importer's settings for a collection of this version. Its temporary files come into the same folder."""
    settings = configparser.ConfigParser()
    has_first_major = not version.startswith("0.")
    settings["galaxy-importer"] = {
        **SETTINGS,
        "require_v1_or_greater": str(has_first_major).lower(),
        "ansible_local_tmp": str(file.parent / "ansible"),
        "tmp_root_dir": str(file.parent),
    }
    with file.open("w", encoding="utf-8") as stream:
        settings.write(stream)


def findings(output: str, code: int) -> list[str]:
    """The lines that are findings; all of them when the importer did not come to its end.

    What its linters find is only logged, and leaves the exit code at 0.
    """
    lines = output.splitlines()
    found = [line for line in lines if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    if found or (code == 0 and SUCCESS in lines):
        return found
    return [*lines, f"The importer ended with code {code}, without its line of success."]
