# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What to warn of where the API has shown passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .._apply.jobs import Job
from .._client.errors import About

_MOST_TOLD = 20  # servers in a warning


def passwords_warnings(
    jobs: Iterable[Job], return_password: bool, has_place: Callable[[Job], bool] = lambda _job: True
) -> list[str]:
    """That the API has shown passwords, perhaps for the only time, which are not returned: by their keys.

    `has_place`: whether the result has a place for the password of a job.
    """
    showing = [(job, job.passwords) for job in jobs if job.passwords is not None]
    unasked = [job for job, shown in showing if shown.value is not None and not return_password]
    unfit = [
        (job, keys)
        for job, shown in showing
        if (keys := shown.keys if return_password and not has_place(job) else shown.others)
    ]
    warnings = []
    if unasked:
        warnings.append(
            f"The API has shown a password for {_titles(unasked)}, perhaps for the only time. It is not returned, "
            "because return_password is not set. To get that of the next server, set return_password to true, and "
            "no_log to true on the task."
        )
    if unfit:
        told = ", ".join(sorted({key for _job, keys in unfit for key in keys})[:_MOST_TOLD])
        warnings.append(
            f"The API has shown under {told} what may be a password for {_titles([job for job, _keys in unfit])}, "
            "perhaps for the only time. It can't be returned: only password and root_password are, as plain text, of a "
            "server that the result shows."
        )
    return warnings


def _titles(jobs: Sequence[Job]) -> str:
    titles = [About(job.name, job.server_id).title for job in jobs[:_MOST_TOLD]]
    return ", ".join(titles) + (f" and {len(jobs) - _MOST_TOLD} more" if len(jobs) > _MOST_TOLD else "")
