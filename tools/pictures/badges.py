# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the badges of the README, from what the repository itself says: whoever looks at them asks no server.

    python tools/pictures/badges.py

Needs no package, because a release writes them too.
"""

from __future__ import annotations

import pathlib
import re
from xml.sax.saxutils import escape

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "docs" / "docsite" / "rst" / "images"

BLUE, GREEN = "#0b57a4", "#1f7a3a"  # white on them has a contrast of 5 and more
NARROW, WIDE = set("fijlrtI.,:;|()[] -"), set("mwMW%@≥")
PADDING = 6  # px

TEMPLATE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
Copyright (c) 2026, VPS.org collection contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Made by tools/pictures/badges.py.
-->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 20" width="{width}" height="20" role="img"
 aria-labelledby="title desc">
<title id="title">{subject}: {value}</title>
<desc id="desc">{origin}</desc>
<clipPath id="round"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="20" fill="#444d56"/>
<rect x="{left}" width="{right}" height="20" fill="{colour}"/>
</g>
<g fill="#fff" font-family="Verdana,'DejaVu Sans',Geneva,sans-serif" font-size="11">
<text x="{padding}" y="14" textLength="{subject_width}">{subject}</text>
<text x="{value_at}" y="14" textLength="{value_width}">{value}</text>
</g>
</svg>
"""


def badges() -> dict[str, str]:
    """The name of each badge's file, and its content as SVG. ValueError if the repository does not say something."""
    return {
        "badge_version.svg": _badge("version", _version(), BLUE, "From galaxy.yml."),
        "badge_ansible_core.svg": _badge("ansible-core", _cores(), BLUE, "The versions that the tests run on."),
        "badge_python.svg": _badge("Python", _python(), BLUE, "What the modules need where they run."),
        "badge_license.svg": _badge("license", _license(), BLUE, "From galaxy.yml."),
        "badge_coverage.svg": _badge(
            "test coverage", _coverage(), GREEN, "Lines and branches of the plugins. The tests fail below this."
        ),
    }


def write_badges(folder: pathlib.Path = FOLDER) -> list[pathlib.Path]:
    """Write all badges; their paths. ValueError if the repository does not say something; nothing is written then."""
    made = badges()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in made]


def _version() -> str:
    return _found(r"^version: *(\S+)$", "galaxy.yml")


def _license() -> str:
    """The license of the collection as a whole; module_utils may also be used under another one."""
    return _found(r"^license:\n +- *(\S+)$", "galaxy.yml")


def _cores() -> str:
    names = (path.stem.partition("-")[2] for path in (REPOSITORY / "tools" / "requirements").glob("core-*.txt"))
    versions = sorted(tuple(int(part) for part in name.split(".")) for name in names)
    oldest, newest = (".".join(str(part) for part in version) for version in (versions[0], versions[-1]))
    return f"{oldest} – {newest}"


def _python() -> str:
    """The Python that the linter holds the plugins to, such as 3.9+ for py39."""
    version = _found(r'^"plugins/\*\*" = "py(\d+)"$', "pyproject.toml")
    return f"{version[0]}.{version[1:]}+"


def _coverage() -> str:
    return "≥ " + _found(r"--fail-under (\d+)", "tools/scripts/coverage.sh") + " %"


def _found(pattern: str, file: str) -> str:
    found = re.search(pattern, (REPOSITORY / file).read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise ValueError(f"{file} has nothing that matches {pattern}")
    return found[1]


def _badge(subject: str, value: str, colour: str, origin: str) -> str:
    subject_width, value_width = _width(subject), _width(value)
    left, right = subject_width + 2 * PADDING, value_width + 2 * PADDING
    return TEMPLATE.format(
        subject=escape(subject),
        value=escape(value),
        origin=escape(origin),
        colour=colour,
        padding=PADDING,
        width=left + right,
        left=left,
        right=right,
        subject_width=subject_width,
        value_width=value_width,
        value_at=left + PADDING,
    )


def _width(text: str) -> int:
    """About how many pixels a text takes. The picture says so, and whatever font there is keeps to it."""
    return round(sum(4.2 if letter in NARROW else 9.5 if letter in WIDE else 6.7 for letter in text))


if __name__ == "__main__":
    for path in write_badges():
        print(path.relative_to(REPOSITORY))
