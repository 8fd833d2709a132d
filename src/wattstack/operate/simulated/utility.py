"""The utility of a simulated site: it tells the guard how much of the non-firm power may be drawn.

Needs    campus, case.build_case, twin.make_drive, operate.link, operate.process.
Gives    tell_limits, main.
Used by  operate.supervise: `python -m wattstack.operate.simulated.utility CAMPUS FOLDER`.

A guard holds the firm power until a utility lets it have more. Here what may be drawn comes from the campus file
(series curtailed_frac), at the site's clock, as a request that expires.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
from uuid import uuid4

import numpy as np

from wattstack.campus import read_campus
from wattstack.case import build_case
from wattstack.errors import WattstackError
from wattstack.operate.link import Request, State, open_client
from wattstack.operate.process import run_until_stopped
from wattstack.twin import make_drive
from wattstack.twin.kernel import layout as at

LASTS_S = 6 * 3600.0
AGAIN_S = 2 * 3600.0  # site's clock, from one word to the next where nothing changes
RETRY_S = 0.5


async def tell_limits(campus_file: str | Path, folder: Path) -> None:
    """Tell the guard of a campus what may be drawn, until cancelled; one that is not there is waited for."""
    case = build_case(read_campus(campus_file))
    limit_mw = make_drive(case).outside[at.D_OPEN_LIMIT]
    start_s, step_s = float(case.axis.start.astype("datetime64[s]").astype(np.int64)), case.axis.step_s
    name, ids = f"utility-{uuid4().hex[:8]}", count(1)
    while True:
        try:
            client = await open_client(folder / "guard.sock", "north")
            await client.subscribe(60.0)
            told_s, told_mw = -np.inf, np.nan
            while True:
                said = await client.next()
                if not isinstance(said, State):
                    continue
                now_mw = float(limit_mw[int((said.utc_s - start_s) // step_s) % len(limit_mw)])
                if now_mw == told_mw and 0.0 <= said.utc_s - told_s < AGAIN_S:
                    continue
                told_s, told_mw = said.utc_s, now_mw
                await client.send(
                    Request(
                        id=f"{name}:{next(ids)}", source="utility", what="import_limit_mw", high=now_mw,
                        until_s=said.utc_s + LASTS_S, reason="simulated utility: firm power and what is not curtailed",
                    )
                )  # fmt: skip
        except (OSError, WattstackError):
            await asyncio.sleep(RETRY_S)


def main(words: list[str]) -> int:
    """Run until stopped: CAMPUS FOLDER."""
    return run_until_stopped(tell_limits(words[0], Path(words[1])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
