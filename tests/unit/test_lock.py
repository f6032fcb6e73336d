# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's lock: between processes, in a folder that is nobody else's, let go of by the kernel."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from unit.fakes import VirtualEvent, VirtualTime, settings, virtual_budget

from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.errors import VpsError
from helpers.facts import mentions
from sandbox.isolation import COLLECTIONS

HOLDER = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.vpsorg.cloud.plugins.module_utils._apply.lock import AccountLock
from ansible_collections.vpsorg.cloud.plugins.module_utils._client.settings import Settings
lock = AccountLock(Settings(sys.argv[2], sys.argv[3], 30.0, 5, 30.0, True, None))
print("taken" if lock.try_acquire() else "busy", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""
LIMIT = 20.0


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A home and a folder for temporary files of this test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.delenv("VPSORG_LOCK_DIR", raising=False)
    return folder


@contextlib.contextmanager
def other_process() -> Iterator[subprocess.Popen[str]]:
    """Another process that takes the lock, and says whether it got it."""
    plain = settings()
    command = [sys.executable, "-c", HOLDER, str(COLLECTIONS), plain.api_url, plain.token]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def lock_folder(home: pathlib.Path) -> pathlib.Path:
    return home / ".cache" / "vpsorg.cloud"


def test_one_process_at_a_time() -> None:
    lock = AccountLock(settings())
    with other_process() as process:
        assert said(process) == "taken"
        assert not lock.try_acquire() and not lock.held
        go_on(process)
        assert said(process) == "released"
        assert lock.try_acquire() and lock.held
    with other_process() as process:
        assert said(process) == "busy"
    lock.release()
    assert not lock.held
    with other_process() as process:
        assert said(process) == "taken"


def test_a_killed_holder_lets_go() -> None:
    lock = AccountLock(settings())
    with other_process() as process:
        assert said(process) == "taken" and not lock.try_acquire()
        process.kill()
        process.wait(LIMIT)
        assert lock.try_acquire()
    lock.release()


def test_waiting_for_the_lock(clock: VirtualTime) -> None:
    """It looks again until it is free, and sleeps only through the budget of the task."""
    pauses = []

    class Waiting(VirtualEvent):
        def wait(self, seconds: float) -> bool:
            pauses.append(seconds)
            if len(pauses) == 3:
                go_on(process)
                assert said(process) == "released"
            return super().wait(seconds)

    budget = virtual_budget(clock, limit=60.0)
    budget._cancelled = Waiting(clock)
    with other_process() as process:
        assert said(process) == "taken"
        lock = AccountLock(settings())
        lock.acquire(budget)
        assert lock.held and len(pauses) == 3 and all(0 < pause <= 0.05 for pause in pauses)
        lock.release()


def test_waiting_for_the_lock_ends_with_the_time(clock: VirtualTime) -> None:
    with other_process() as process:
        assert said(process) == "taken"
        lock = AccountLock(settings())
        with pytest.raises(
            VpsError, match=r"another task, of this user on this machine .* was creating servers"
        ) as caught:
            lock.acquire(virtual_budget(clock, limit=0.08))
        assert not lock.held and clock.sleeps == pytest.approx([0.05, 0.03]) and not caught.value.changed


def test_taking_twice_and_releasing_twice(clock: VirtualTime) -> None:
    lock = AccountLock(settings())
    assert lock.try_acquire() and lock.try_acquire()
    lock.acquire(virtual_budget(clock, limit=1e-9))
    lock.release()
    lock.release()
    assert not lock.held


def test_two_objects_of_one_process_exclude_each_other() -> None:
    one, two = AccountLock(settings()), AccountLock(settings())
    assert one.try_acquire() and not two.try_acquire()
    one.release()
    assert two.try_acquire()
    two.release()


@pytest.mark.parametrize(
    "api_url", ["https://other.example/api/v1", "https://api.example/api/v2", "https://api.example:8443/api/v1"]
)
def test_apis_do_not_hinder_each_other(api_url: str) -> None:
    one, two = AccountLock(settings(api_url="https://api.example/api/v1")), AccountLock(settings(api_url=api_url))
    assert one.try_acquire() and two.try_acquire()
    one.release()
    two.release()


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "vps_other"},
        {"api_url": "https://API.Example/api/v1"},
        {"api_url": "https://api.example:443/api/v1"},
        {"api_url": "https://api.example./api/v1"},
        {"timeout": 1.0, "retries": 0, "validate_certs": False},
    ],
)
def test_what_may_mean_the_same_account_has_one_lock(changes: dict[str, Any]) -> None:
    """Two tokens may belong to one account."""
    given = {"api_url": "https://api.example/api/v1"}
    one, two = AccountLock(settings(**given)), AccountLock(settings(**{**given, **changes}))
    assert one.try_acquire() and not two.try_acquire()
    one.release()


# A folder that was given


def test_a_given_folder_is_used_as_it_is(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shared" / "locks"
    folder.mkdir(parents=True)
    folder.chmod(0o775)
    monkeypatch.setenv("VPSORG_LOCK_DIR", str(folder))
    one, two = AccountLock(settings()), AccountLock(settings())
    assert one.try_acquire() and not two.try_acquire()
    assert len(list(folder.iterdir())) == 1 and stat.S_IMODE(folder.stat().st_mode) == 0o775
    monkeypatch.delenv("VPSORG_LOCK_DIR")
    elsewhere = AccountLock(settings())
    assert elsewhere.try_acquire()
    one.release()
    elsewhere.release()


def test_a_given_folder_is_made(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VPSORG_LOCK_DIR", "~/a/b")
    lock = AccountLock(settings())
    assert lock.try_acquire() and len(list((tmp_path / "a" / "b").iterdir())) == 1
    lock.release()


@pytest.mark.parametrize("given", ["relative/folder", "/dev/null/locks"])
def test_a_given_folder_that_can_not_be_used_has_no_substitute(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPSORG_LOCK_DIR", given)
    lock = AccountLock(settings())
    with pytest.raises(VpsError) as caught:
        lock.try_acquire()
    assert mentions(caught.value, given, "vpsorg_lock_dir") and not lock.held


@pytest.mark.parametrize("everybody", [False, True])
def test_a_file_system_that_does_not_lock_is_found_out(
    everybody: bool, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it says so, or lets everybody have the lock at once."""

    def flock(_descriptor: int, _operation: int) -> None:
        if not everybody:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setenv("VPSORG_LOCK_DIR", str(tmp_path))
    monkeypatch.setattr(fcntl, "flock", flock)
    gc.collect()  # what an earlier test has left open
    before = len(os.listdir("/proc/self/fd"))
    lock = AccountLock(settings())
    with pytest.raises(VpsError) as caught:
        lock.try_acquire()
    assert mentions(caught.value, "vpsorg_lock_dir") and not lock.held
    assert len(os.listdir("/proc/self/fd")) <= before


# The file


def test_nobody_else_can_read_the_folder_and_nothing_shows_the_token(home: pathlib.Path) -> None:
    before = os.umask(0)
    try:
        lock = AccountLock(settings(token="vps_very_secret"))
        assert lock.try_acquire()
    finally:
        os.umask(before)
    folder = lock_folder(home)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret" not in file.name and file.read_bytes() == b""
    lock.release()


def test_a_folder_that_others_could_read_is_closed(home: pathlib.Path) -> None:
    lock_folder(home).mkdir(parents=True, mode=0o755)
    lock_folder(home).chmod(0o755)
    lock = AccountLock(settings())
    assert lock.try_acquire()
    assert stat.S_IMODE(lock_folder(home).stat().st_mode) == 0o700
    lock.release()


def test_a_linked_folder_is_not_followed(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir(mode=0o755)
    lock_folder(home).parent.mkdir()
    lock_folder(home).symlink_to(target)
    lock = AccountLock(settings())
    assert lock.try_acquire()
    assert list(target.iterdir()) == [] and stat.S_IMODE(target.stat().st_mode) != 0o700
    assert len(list((tmp_path / "tmp").iterdir())) == 1, "the folder for temporary files is the second choice"
    lock.release()


def test_a_linked_file_is_not_followed(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lock = AccountLock(settings())
    assert lock.try_acquire()
    lock.release()
    (file,) = lock_folder(home).iterdir()
    victim = tmp_path / "victim"
    file.unlink()
    file.symlink_to(victim)
    assert lock.try_acquire()
    assert not victim.exists() and file.is_symlink()
    lock.release()


def test_without_any_folder_nothing_is_created_without_a_lock(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (home / ".cache").write_text("a file where a folder should be")
    (tmp_path / "tmp" / f"vpsorg.cloud-{os.geteuid()}").write_text("here as well")
    with pytest.raises(
        VpsError, match=r"No lock file can be created.*Without a lock, two tasks could create the same server twice"
    ) as caught:
        AccountLock(settings()).try_acquire()
    assert mentions(caught.value, "vpsorg_lock_dir", "home directory")


def test_a_home_that_can_not_be_written_is_no_obstacle(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (home / ".cache").write_text("a file where a folder should be")
    lock = AccountLock(settings())
    assert lock.try_acquire()
    (folder,) = (tmp_path / "tmp").iterdir()
    assert folder.name == f"vpsorg.cloud-{os.geteuid()}" and stat.S_IMODE(folder.stat().st_mode) == 0o700
    lock.release()


def test_the_lock_is_not_handed_to_other_programs() -> None:
    lock = AccountLock(settings())
    assert lock.try_acquire()
    with subprocess.Popen(["sleep", "30"], close_fds=False) as process:
        try:
            lock.release()
            other = AccountLock(settings())
            assert other.try_acquire(), "a program that was started meanwhile does not hold it"
            other.release()
        finally:
            process.kill()


# What the file remembers


def test_a_server_that_is_called_otherwise_is_remembered() -> None:
    lock = AccountLock(settings())
    assert lock.remembered() == {}, "there is no file yet"
    lock.remember("web-01", 6)
    assert lock.remembered() == {}, "only what holds the lock may write"
    assert lock.try_acquire()
    lock.remember("web-01", 7)
    lock.remember("web-02", 8)
    lock.remember("web-01", 9)
    lock.release()
    assert AccountLock(settings()).remembered() == {"web-01": 9, "web-02": 8}
    assert AccountLock(settings(api_url="https://other.example/api/v1")).remembered() == {}


@pytest.mark.parametrize(
    "content", [b"\xff\xfe 7\n", b"web-01\n", b"seven web-01\n", b"7\n", b"\n\n", b"\xb2 web-01\n"]
)
def test_what_can_not_be_read_is_nothing(content: bytes, home: pathlib.Path) -> None:
    lock = AccountLock(settings())
    assert lock.try_acquire()
    lock.release()
    (file,) = lock_folder(home).iterdir()
    file.write_bytes(content)
    assert lock.remembered() == {}
    file.unlink()
    file.symlink_to("/etc/passwd")
    assert lock.remembered() == {}
