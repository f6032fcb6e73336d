# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python tools/emulator [options]: starts the emulator."""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a folder, Python puts the folder itself first on the path; the package is found beside it.
_folder = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _folder]
sys.path.insert(0, str(_folder.parent))

if __name__ == "__main__":
    from emulator.cli import main

    sys.exit(main())
