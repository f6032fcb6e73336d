# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for a token in whatever a run leaves or prints, in every spelling in which texts and files carry it."""

from __future__ import annotations

import base64
import json
import pathlib
import urllib.parse
from collections.abc import Iterable


def spellings(token: str) -> set[str]:
    """The token raw, as Python, JSON, YAML and the shell quote it, in a URL, and in base64 at each of the three
    offsets.
    """
    found = {
        token,
        repr(token)[1:-1],
        repr(repr(token))[1:-1],
        json.dumps(token)[1:-1],
        json.dumps(json.dumps(token))[1:-1],
    }
    found |= {token.replace("'", "''"), token.replace("'", "'\"'\"'"), token.replace("\\", "\\\\")}
    found |= {urllib.parse.quote(token), urllib.parse.quote(token, safe=""), urllib.parse.quote_plus(token)}
    for before in ("", "x", "xx"):
        encoded = base64.b64encode((before + token).encode()).decode()
        # Without the ends, which depend on what stands around the token.
        found |= {encoded[4:-4], base64.urlsafe_b64encode((before + token).encode()).decode()[4:-4]}
    return {spelling for spelling in found if len(spelling) >= 8}


def leaks(token: str, texts: Iterable[str | bytes]) -> list[str]:
    """Which spellings are in the texts, one entry for each text and spelling."""
    wanted = [(spelling, spelling.encode()) for spelling in spellings(token)]
    return [
        spelling
        for text in texts
        for spelling, data in wanted
        if (data in text if isinstance(text, bytes) else spelling in text)
    ]


def leaking_files(token: str, *folders: pathlib.Path, unless: Iterable[pathlib.Path] = ()) -> list[pathlib.Path]:
    """The files below the folders whose content or path holds the token.

    C(unless): those that the test itself has put it in.
    """
    skipped = {path.resolve() for path in unless}
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.resolve() in skipped:
                continue
            content = path.read_bytes() if path.is_file() else b""
            if leaks(token, [str(path), content]):
                found.append(path)
    return found
