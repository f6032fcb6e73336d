# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One look-and-create at a time per API and user: a file lock, which the kernel releases when its holder dies.

It is not one for each token: two tokens may belong to one account. Where it lies decides who shares it: by default all
processes of one user on one machine, with the variable `vpsorg_lock_dir` all controllers that share that folder. The
file also remembers servers that the API calls otherwise than it was asked for: a further task would not find such a
server by its name, and would create one more.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os

from .._client.budget import Budget
from .._client.errors import ServerId, VpsError
from .._client.responses import as_id
from .._client.settings import Settings
from .._client.user_folder import api_identity, make_own_folder, own_folders

# The variable of Ansible that names the folder, and the environment variable by which action plugins hand it on.
FOLDER_VARIABLE = "vpsorg_lock_dir"
FOLDER_IN_ENVIRONMENT = "VPSORG_LOCK_DIR"

_PAUSE = 0.05  # seconds between two tries to get a lock that another process holds


class AccountLock:
    """The lock of the accounts of one API. Not reentrant; one object per task.

    A context manager: whatever ends its block, the lock is not held after it.
    """

    def __init__(self, settings: Settings) -> None:
        api = hashlib.sha256(api_identity(settings.api_url).encode()).hexdigest()[:32]
        self._file_name = f"account-{api}.lock"
        self._given_folder = os.environ.get(FOLDER_IN_ENVIRONMENT) or None
        self._descriptor: int | None = None

    def __enter__(self) -> AccountLock:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.release()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody else holds it. Raises VpsError where no lock file can be made, or be locked, at
        all.
        """
        if self.held:
            return True
        descriptor = self._open()
        try:
            if not _locks(descriptor):
                os.close(descriptor)
                return False
            self._check_that_it_excludes()
        except OSError as exc:
            os.close(descriptor)
            raise self._unusable(
                f"The lock that keeps two tasks from creating the same server can't be taken: {exc}"
            ) from None
        self._descriptor = descriptor
        return True

    def acquire(self, budget: Budget) -> None:
        """Wait for the lock, at most as long as the task may take. Raises VpsError when that time is over."""
        while not self.try_acquire():
            if budget.remaining() <= 0:
                raise VpsError(
                    "The time limit was reached while another task, of this user on this machine or of another that "
                    f"shares its {FOLDER_VARIABLE}, was creating servers through the same API. Nothing was created."
                )
            budget.sleep_within(_PAUSE)

    def release(self) -> None:
        """Let the next task in. Does nothing where the lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remember(self, name: str, server_id: ServerId) -> None:
        """Keep in mind that the server that was created for a name is called otherwise. The lock must be held."""
        if self._descriptor is not None:
            os.lseek(self._descriptor, 0, os.SEEK_END)
            os.write(self._descriptor, f"{server_id} {name}\n".encode())

    def remembered(self) -> dict[str, ServerId]:
        """The servers that were created for names by which they can't be found, as far as this folder knows of them.

        Needs no lock; what can't be read counts as nothing.
        """
        for folder in [os.path.expanduser(self._given_folder)] if self._given_folder else own_folders():
            path = os.path.join(folder, self._file_name)
            with contextlib.suppress(OSError):
                with open(path, encoding="utf-8", errors="replace", opener=_not_through_links) as file:
                    pairs = (line.rstrip("\n").partition(" ") for line in file)
                    return {
                        name: found for number, _blank, name in pairs if name and (found := as_id(number)) is not None
                    }
        return {}

    def _open(self) -> int:
        if self._given_folder is not None:
            try:
                return self._open_in(_shared_folder(self._given_folder), mode=0o666)
            except OSError as exc:
                raise self._unusable(f"No lock file can be created in {self._given_folder}: {exc}") from None
        problems = []
        for folder in own_folders():
            try:
                return self._open_in(make_own_folder(folder), mode=0o600)
            except OSError as exc:
                problems.append(str(exc))
        raise self._unusable(f"No lock file can be created: {'; '.join(problems)}")

    def _open_in(self, folder: str, *, mode: int) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(os.path.join(folder, self._file_name), flags, mode)

    def _check_that_it_excludes(self) -> None:
        """Raise OSError where the file system of a folder that was given lets everybody have the lock at once."""
        if self._given_folder is None:
            return
        second = self._open()
        try:
            if _locks(second):
                raise OSError("its file system does not lock")
        finally:
            os.close(second)

    def _unusable(self, why: str) -> VpsError:
        advice = (
            f"Let the variable {FOLDER_VARIABLE} name a folder that tasks can write to, on a file system that locks"
        )
        default = "" if self._given_folder is not None else ", or give the user a writable home directory"
        return VpsError(
            f"{why}. Without a lock, two tasks could create the same server twice, so nothing was done. {advice}"
            f"{default}."
        )


def _not_through_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _shared_folder(given: str) -> str:
    """A folder that was given, made if it is missing; who may use it is for its owner to say. Raises OSError."""
    folder = os.path.expanduser(given)
    if not os.path.isabs(folder):
        raise OSError("it is not an absolute path")
    os.makedirs(folder, exist_ok=True)
    return folder
