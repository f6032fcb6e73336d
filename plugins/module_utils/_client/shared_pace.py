# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The pace of all tasks that one user runs on one machine with one token: thirty hosts of a play are thirty processes,
and the API counts them together.

They share it by a file, which is there once the API has said "later". Without such a file, and where none can be made,
each task keeps a pace of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator

from .pace import Pace
from .settings import Settings
from .user_folder import api_identity, make_own_folder, own_folders

_LARGEST = 64 * 1024  # bytes
_LOCK_TRIES = 50  # a file that stays locked for as long as these take is left alone
_LOCK_PAUSE = 0.002  # seconds


class SharedPace:
    """One task's pace, brought up to date before each use. Not safe for threads: its owner holds a lock."""

    def __init__(self, settings: Settings | None = None) -> None:
        """`settings`: whose API and token tell who shares it; None: nobody."""
        self._pace = Pace()
        self._paths: list[str] = []
        self._seen: list[tuple[int, int, int] | None] = []
        if settings is not None:
            whose = hashlib.sha256(f"{api_identity(settings.api_url)}\n{settings.token}".encode()).hexdigest()[:32]
            self._paths = [os.path.join(folder, f"pace-{whose}.json") for folder in own_folders()]
            self._seen = [None for _path in self._paths]

    @contextlib.contextmanager
    def up_to_date(self, *, is_refusal: bool = False) -> Iterator[Pace]:
        """The pace as all tasks know it, for a block that is short. `is_refusal`: whether the block notes one, from
        which on the pace is worth sharing.
        """
        # Most tasks never meet a refusal: they check whether there is anything new, and open nothing.
        found = [_state_of(path) for path in self._paths]
        if found == self._seen and not is_refusal and not self._pace.is_throttled:
            yield self._pace
            return
        descriptor = self._open(must_be_there=not is_refusal)
        if descriptor is None:
            yield self._pace
            return
        self._seen = found
        try:
            self._read(descriptor)
            yield self._pace
            if self._pace.is_throttled:
                self._write(descriptor)
        finally:
            os.close(descriptor)  # and so unlocked

    def _open(self, *, must_be_there: bool) -> int | None:
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (0 if must_be_there else os.O_CREAT)
        for path in self._paths:
            with contextlib.suppress(OSError):
                if not must_be_there:
                    make_own_folder(os.path.dirname(path))
                descriptor = os.open(path, flags, 0o600)
                if _locked(descriptor):
                    return descriptor
                os.close(descriptor)
        return None

    def _read(self, descriptor: int) -> None:
        # Whatever else is in the file counts as nothing.
        with contextlib.suppress(OSError, KeyError, TypeError, ValueError, RecursionError, OverflowError):
            self._pace.join(json.loads(os.pread(descriptor, _LARGEST, 0)), time.monotonic())

    def _write(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            text = json.dumps(self._pace.state()).encode()
            os.pwrite(descriptor, text, 0)
            os.ftruncate(descriptor, len(text))


def _state_of(path: str) -> tuple[int, int, int] | None:
    """What changes whenever a file is written; None where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _locked(descriptor: int) -> bool:
    for _try in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE)
        except OSError:
            return False
    return False
