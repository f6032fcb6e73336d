# Copyright (c) 2026, VPS.org collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls tools of a server of the Model Context Protocol over its standard input and output, until its own input ends.

    PYTHON mcp_calls.py COMMAND

Reads one JSON list [tool, arguments] a line, and writes what came back, a JSON string, as one line. Runs on a Python
that has the package `mcp`, which is not the one of the tests: see vendor_clients.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(command: str) -> None:
    """Answer every line."""
    server = StdioServerParameters(command=command, env=dict(os.environ))
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        while line := await asyncio.to_thread(sys.stdin.readline):
            tool, arguments = json.loads(line)
            answer = await session.call_tool(tool, arguments)
            print(json.dumps("".join(part.text for part in answer.content)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
