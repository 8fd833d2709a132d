"""Seeing, acknowledging and shelving alarms from another process.

Needs    the socket of operate.alarms.service.
Gives    ask_alarms, SOCKET, LONGEST.
Used by  operate.face, cli.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from wattstack.errors import InputError, StateError

SOCKET = "alarms.sock"
LONGEST = 4_000_000  # bytes of a line: the whole list


async def ask_alarms(folder: str | Path, do: str, wait_s: float = 2.0, **words: Any) -> dict[str, Any]:
    """Ask the service of a site.

    Args:
        folder: Folder of the live site, where its socket lies.
        do: "list"; "acknowledge" (key, user); "shelve" (key, user, for_s, why); "unshelve" (key, user).
        wait_s: An answer must come within so long.
        words: What `do` needs.

    Returns:
        The list after it: {"alarms": [{key, channel, text, state, raised_s, place, first, ...}, ...], newest first,
        "storming": bool, "waiting": {way: count}}.

    Raises:
        InputError: The service refused it and says why.
        StateError: Nobody answers there.
    """
    try:
        async with asyncio.timeout(wait_s):
            reader, writer = await asyncio.open_unix_connection(str(Path(folder) / SOCKET), limit=LONGEST)
            try:
                writer.write(json.dumps({"do": do, **words}, allow_nan=False).encode() + b"\n")
                await writer.drain()
                answer = json.loads(await reader.readline())
            finally:
                writer.close()
    except (OSError, ValueError, TimeoutError) as error:
        raise StateError(f"alarms: the historian's process does not answer ({error}). Start it.") from None
    if "fault" in answer:
        raise InputError("alarms", [answer["fault"]])
    return answer
