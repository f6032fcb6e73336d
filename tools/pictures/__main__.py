# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the pictures of the documentation that show what the repository does and says: the recorded run of the
demonstration, and the badges. Those that explain something are drawn by hand, and not touched.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

# Started by its path: the folder itself must not shadow other modules, the one above holds the packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from pictures.badges import write_badges
from pictures.demo import PICTURE, write_picture
from sandbox.isolation import REPOSITORY


def main() -> int:
    print("Recording the demonstration takes about a minute ...", file=sys.stderr)
    try:
        write_picture()
        written = (PICTURE, *write_badges())
    except subprocess.CalledProcessError as failed:
        print(f"{failed.output}\n{failed}", file=sys.stderr)
        return 1
    except ValueError as problem:
        print(f"No picture can be made: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for path in written:
        print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1000:.1f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
