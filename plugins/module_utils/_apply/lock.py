# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One look-and-create at a time per account on one controller: a file lock, which the kernel releases when its holder
dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile

from .._client.budget import Budget
from .._client.errors import VpsError
from .._client.settings import Settings

_PAUSE = 0.05  # seconds between two tries to get a lock that another process holds


class AccountLock:
    """The lock of one account (its API and its token). Not reentrant; one object per task."""

    def __init__(self, settings: Settings) -> None:
        account = hashlib.sha256(f"{settings.api_url}\n{settings.token}".encode()).hexdigest()[:32]
        self._file_name = f"account-{account}.lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody else holds it. Raises VpsError where no lock file can be made at all."""
        if self.held:
            return True
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as exc:
            os.close(descriptor)
            raise VpsError(
                f"The lock that keeps two tasks from creating the same server can't be taken: {exc.strerror}."
            ) from None
        self._descriptor = descriptor
        return True

    def acquire(self, budget: Budget) -> None:
        """Wait for the lock, at most as long as the task may take. Raises VpsError when that time is over."""
        while not self.try_acquire():
            if budget.remaining() <= 0:
                raise VpsError(
                    "The time limit was reached while another task on this machine was creating servers in the same "
                    "account. Nothing was created."
                )
            budget.sleep_within(_PAUSE)

    def release(self) -> None:
        """Let the next task in. Does nothing where the lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        problems = []
        for folder in (
            os.path.join(os.path.expanduser("~"), ".ansible", "vpsorg.cloud"),
            os.path.join(tempfile.gettempdir(), f"vpsorg.cloud-{os.geteuid()}"),
        ):
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                found = os.lstat(folder)
                # A folder that somebody else has put there could be a link to anywhere.
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                    raise OSError(f"{folder} belongs to another user")
                if stat.S_IMODE(found.st_mode) != 0o700:
                    os.chmod(folder, 0o700)
                return os.open(
                    os.path.join(folder, self._file_name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
                )
            except OSError as exc:
                problems.append(str(exc))
        why = "; ".join(problems)
        raise VpsError(
            f"No lock file can be created, and without it two tasks could create the same server twice: {why}. Give "
            "the user a writable home directory."
        )
