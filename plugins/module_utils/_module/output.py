# Copyright (c) 2026, VPS.org collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where lines of progress go: to the controller's ordinary output, where a module runs inside the controller; else
nowhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

_show: Callable[[str], None] | None = None
_show_last: Callable[[str], None] | None = None


@contextlib.contextmanager
def shown_by(show: Callable[[str], None] | None, last: Callable[[str], None] | None = None) -> Iterator[None]:
    """Within this context, lines go to `show`, and the last words of a cancelled task to `last`; to nobody where these
    are None.
    """
    global _show, _show_last
    before = _show, _show_last
    _show, _show_last = show, last
    try:
        yield
    finally:
        _show, _show_last = before


def is_shown() -> bool:
    """Whether anybody sees the lines."""
    return _show is not None


def line(text: str) -> None:
    """Show one line."""
    if _show is not None:
        _show(text)


def last_words(text: str) -> None:
    """Say what a cancelled task leaves behind: nobody reads its result any more."""
    if _show_last is not None:
        _show_last(text)
