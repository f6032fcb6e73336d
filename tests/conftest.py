# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Isolation of the whole test session, and the fixtures that start the emulator and the real Ansible commands."""

from __future__ import annotations

import pathlib
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest

from helpers.ansible_cli import AnsibleCli
from sandbox.isolation import import_through_ansible, isolate_environment
from sandbox.programs import new_emulator

pytest_plugins = ["helpers.figures"]
SESSION_FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="vpsorg-tests_"))
isolate_environment(SESSION_FOLDER)
import_through_ansible()
# A script's jobs in the background have it ignored, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    shutil.rmtree(SESSION_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def emulator_process():
    """The emulator of the API as a process of its own, one for each worker of the test run."""
    with new_emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(emulator_process):
    """The emulator with an empty account and its default settings."""
    emulator_process.reset()
    return emulator_process


@pytest.fixture
def ansible_cli(emulator, tmp_path: pathlib.Path) -> Iterator[AnsibleCli]:
    """The real Ansible commands, connected to the emulator through VPS_API_URL and VPS_API_TOKEN."""
    yield AnsibleCli(tmp_path, {"VPS_API_URL": emulator.url, "VPS_API_TOKEN": emulator.token}, secrets=[emulator.token])


@pytest.fixture
def short_path() -> Iterator[pathlib.Path]:
    """A folder like tmp_path, for what becomes a TMPDIR: ansible-core makes sockets there, whose paths may have a
    hundred characters only.
    """
    with tempfile.TemporaryDirectory(prefix="vps_", ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def playbook(ansible_cli: AnsibleCli):
    """`ansible-playbook` on plays given as text or as a list: see AnsibleCli.playbook."""
    return ansible_cli.playbook
