# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a run apart from the machine it is on, and make the repository importable as the collection that it is."""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = REPOSITORY / ".cache" / "collections"

# What may lead Ansible, or the requests of the code under test, elsewhere. VPSORG_TEST_* is how the tests themselves
# are configured.
FOREIGN_PREFIXES = ("ANSIBLE_", "VPS_")
FOREIGN_NAMES = {
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NETRC",
}


def collections_path() -> pathlib.Path:
    """The folder of the collection under test: VPSORG_TEST_COLLECTIONS, else one with a link to this repository."""
    named = os.environ.get("VPSORG_TEST_COLLECTIONS")
    return pathlib.Path(named) if named else link_collection()


def link_collection() -> pathlib.Path:
    """Make <COLLECTIONS>/ansible_collections/vpsorg/cloud point to the repository and return COLLECTIONS.

    Safe when several processes do it at once: the link is made aside and moved into place.
    """
    link = COLLECTIONS / "ansible_collections" / "vpsorg" / "cloud"
    if link.is_symlink() and os.readlink(link) == str(REPOSITORY):
        return COLLECTIONS
    link.parent.mkdir(parents=True, exist_ok=True)
    aside = pathlib.Path(tempfile.mkdtemp(dir=link.parent.parent, prefix="link-")) / "cloud"
    aside.symlink_to(REPOSITORY, target_is_directory=True)
    os.replace(aside, link)
    aside.parent.rmdir()
    return COLLECTIONS


def isolate_environment(folder: pathlib.Path) -> None:
    """Point this process, and so every process it starts, to `folder` for all that is kept in a home, and drop foreign
    settings.

    Must come before the first import of `ansible`, which reads its settings then. Where a part of the folder's name is
    random, it should come after a letter or an underscore: ansible-core reads the paths of its settings as Python, and
    Python 3.12 warns of 5in, though not of a5in.
    """
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES) or name.upper() in FOREIGN_NAMES:
            del os.environ[name]
    home = folder / "home"
    home.mkdir()
    config = folder / "ansible.cfg"
    config.write_text("# Empty on purpose: no setting of the machine or the current folder is to count.\n[defaults]\n")
    os.environ.update(
        HOME=str(home),
        HYPOTHESIS_STORAGE_DIRECTORY=str(REPOSITORY / ".cache" / "hypothesis"),
        LC_ALL="C.UTF-8",
        ANSIBLE_CONFIG=str(config),
        ANSIBLE_HOME=str(folder / "ansible"),
        ANSIBLE_LOCAL_TEMP=str(folder / "ansible-local"),
        ANSIBLE_COLLECTIONS_PATH=str(collections_path()),
        ANSIBLE_DEPRECATION_WARNINGS="1",
        ANSIBLE_NOCOLOR="1",
    )


def import_through_ansible() -> None:
    """Let `ansible_collections.vpsorg.cloud` be imported, by Ansible's own import hook, so that plugin loaders work
    in-process too.
    """
    if str(COLLECTIONS) not in sys.path:
        sys.path.insert(0, str(COLLECTIONS))
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
