# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator of the VPS.org servers API, for tests and for trying the collection without an account.

Tests import only `emulator.handle`, which needs nothing but the standard library. Everything else runs in the
emulator's process and needs the packages listed in requirements.txt.
"""
