# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other description of the API: what the vendor's published clients, vps-mcp 0.1.0 and vpsdotorg 0.1.0, send and
read. The servers, their lives, and the switches are the same as in the documented dialect.

Nothing here is documented. Where the clients tell nothing either, which is noted as "assumed", this dialect does as the
documented one: status words, refusals, what counts as a name.
"""
