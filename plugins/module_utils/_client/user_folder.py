# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where tasks of one user on one machine find each other: private folders, and what makes two URLs one API."""

from __future__ import annotations

import os
import stat
import tempfile
import urllib.parse

_DEFAULT_PORTS = {"https": 443, "http": 80}


def own_folders() -> tuple[str, str]:
    """Where this user's files may lie, the better place first."""
    # The cache folder is not looked up in the environment: whoever sets it otherwise for one process would have two
    # locks.
    return (
        os.path.join(os.path.expanduser("~"), ".cache", "vpsorg.cloud"),
        os.path.join(tempfile.gettempdir(), f"vpsorg.cloud-{os.geteuid()}"),
    )


def make_own_folder(folder: str) -> str:
    """A folder of the user that nobody else can reach. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    # A folder that somebody else has put there could be a link to anywhere.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise OSError(f"{folder} belongs to another user")
    if stat.S_IMODE(found.st_mode) != 0o700:
        os.chmod(folder, 0o700)
    return folder


def api_identity(api_url: str) -> str:
    """A checked URL without what may differ between two that mean one API: letter case of the host, the default
    port.
    """
    parts = urllib.parse.urlsplit(api_url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}:{port}{parts.path.rstrip('/')}"
