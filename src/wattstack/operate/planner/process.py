"""The planner's process: it listens to the guard, plans, asks, and says what it could not hold.

Needs    campus.read_campus, operate.link, operate.historian (what was measured before), whole, planner.site.
Gives    run_planner, PLAN_FILE.
Used by  operate.planner.__main__, tests.

It goes by the guard's clock. Requests expire: where the planner dies, or is late, the guard is left with the last plan
for operate.request_s at most and then with its rules. A plan that is not there in time is replaced by the last good one
moved on; it is taken when it comes.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from wattstack.campus import read_campus
from wattstack.errors import WattstackError
from wattstack.operate.link import Answer as Said
from wattstack.operate.link import Client, Event, Frame, Request, Standing, State, open_client
from wattstack.operate.planner.image import measured_of
from wattstack.operate.planner.site import Answer, SitePlanner
from wattstack.operate.whole import write_whole

if TYPE_CHECKING:
    from wattstack.campus import Campus

PLAN_FILE = "plan.json"
FIRST_TEXT = "it is being made; until then the rules alone"
FIRST = "first plan"  # source of an answer while what plans is made, and compiled
LISTEN_S = 0.5  # from one frame of values to the next
LATE_S = 3.0  # wall time a plan may take before the last one is sent instead; it takes some ms
REST_S = 0.05  # least wall time from one plan to the next, however fast the site's clock runs
RETRY_S = (0.1, 2.0)  # first and longest wait for a guard that is not there
RECALL_S = 9 * 86_400.0


class Planning:
    """One connection's worth of planning.

    Args:
        campus: As read.
        client: Connection to the guard.
        folder: Of the site at work.
        planner: Of an earlier connection, which remembers; None at the first.
    """

    def __init__(self, campus: Campus, client: Client, folder: Path, planner: SitePlanner | None) -> None:
        self.campus, self.client, self.folder, self.planner = campus, client, folder, planner
        self.frame: Frame | None = None
        self._work: asyncio.Task | None = None
        self._readings: list[tuple[float, float, float]] = []
        self._planned_s, self._wall_s = -np.inf, -np.inf
        self._said: tuple | None = None
        self._refused = self._refusing = ""  # as told; since the last plan
        self._standing = Standing("planner")
        self._utc_s = self._began_s = 0.0
        self._ids, self._name = count(1), f"planner-{uuid4().hex[:8]}"

    async def run(self) -> None:
        """Listen and plan until the connection ends."""
        await self.client.subscribe(LISTEN_S)
        while True:
            said = await self.client.next()
            if isinstance(said, Frame):
                self.frame = said
            elif isinstance(said, State):
                await self._heard(said)
                if (still := self._standing.due(said.utc_s)) is not None:
                    await self.client.tell(still)
            elif isinstance(said, Said) and not said.taken:
                self._refusing = said.why
                if said.why != self._refused:
                    self._refused = said.why
                    await self._tell(
                        "alarm", f"the guard refuses what is planned: {said.why}", "planner.asks"
                    )

    async def _heard(self, state: State) -> None:
        wall = asyncio.get_running_loop().time()
        if self.frame is None or len(self.frame.values) != len(self.client.names):
            return
        measured = measured_of(self.campus, self.client.names, self.frame, state)
        values, now_s = measured.values, measured.time_s
        self._readings.append((now_s, values.get("load_mw", np.nan), values.get("solar_mw", np.nan)))
        self._utc_s = state.utc_s
        if self._work is not None and self._work.done():
            work, self._work = self._work, None
            await self._send(state.utc_s, self._made(work, now_s))
        gone_s = now_s - self._planned_s
        due = not 0.0 <= gone_s < self.campus.operate.plan_every_s  # also where the clock was set back
        if not due or wall - self._wall_s < REST_S:
            return
        self._planned_s, self._wall_s = now_s, wall
        if self._work is None:
            readings, self._readings = self._readings, []
            self._began_s = wall
            self._work = asyncio.create_task(asyncio.to_thread(self._think, now_s, measured, readings))
        elif self.planner is None:
            await self._send(state.utc_s, Answer(FIRST, now_s, 900, None, (), FIRST_TEXT, 0.0))
        elif wall - self._began_s > LATE_S:
            await self._send(state.utc_s, self._without(now_s, f"the plan takes longer than {LATE_S:g} s"))

    def _made(self, work: asyncio.Task, now_s: float) -> Answer:
        """What came of planning."""
        try:
            return work.result()
        except Exception as error:  # a fault of ours: the site goes on with what it has, and it is said
            return self._without(now_s, f"planning failed: {type(error).__name__}: {error}"[:300])

    def _without(self, now_s: float, why: str) -> Answer:
        if self.planner is None:
            return Answer("rules", now_s, 900, None, (), f"the rules alone: {why}", 0.0)
        return self.planner.without(now_s, why)

    def _think(self, now_s: float, measured, readings) -> Answer:
        """In a thread: numbers are compiled at the first plan, and forecasts read history."""
        planner = self.planner
        if planner is None:
            planner = SitePlanner(self.campus, now_s)
            recalled(planner, self.folder, now_s)
        for utc_s, load_mw, solar_mw in readings:
            planner.known.measured(utc_s, load_mw, solar_mw)
        answer = planner.answer(now_s, measured)
        self.planner = planner
        return answer

    async def _send(self, utc_s: float, answer: Answer) -> None:
        """Ask the guard, leave the plan in the folder, and tell what is new."""
        if self._refused and not self._refusing:
            self._refused = ""
            await self._tell("info", "the guard takes what is planned", "planner.asks")
        self._refusing = ""
        operate = self.campus.operate
        until_s = utc_s + min(operate.request_s, max(2.5 * operate.plan_every_s, 5.0))
        for ask in answer.asks:
            bound = {"high": ask.value} if ask.what == "peak_mw" else {"value": ask.value}
            await self.client.send(
                Request(
                    id=f"{self._name}:{next(self._ids)}", source="planner", what=ask.what, path=ask.path,
                    until_s=until_s, reason=ask.reason[:500], **bound,
                )
            )  # fmt: skip
        await asyncio.to_thread(write_plan_file, self.folder / PLAN_FILE, utc_s, answer)
        kinds = answer.source, tuple(line.split(",")[0].split(" ", 3)[-1] for line in answer.slack)
        if self._said != kinds:
            self._said = kinds
            level = "info" if answer.source in ("plan", FIRST) and not answer.slack else "alarm"
            await self._tell(level, "; ".join([f"{answer.source}: {answer.why}", *answer.slack]))

    async def _tell(self, level: str, text: str, channel: str = "planner") -> None:
        """For history and alarms."""
        event = Event(utc_s=self._utc_s, level=level, channel=channel, text=text[:500])
        self._standing.note(event)
        await self.client.tell(event)


def recalled(planner: SitePlanner, folder: Path, now_s: float) -> int:
    """Take from the history what was measured in the last days; nothing where there is none. Returns readings."""
    from wattstack.operate.historian import Store

    path = folder / "history.sqlite"
    if not path.exists():
        return 0
    try:
        store = Store(path, read_only=True)
        try:
            names, found = store.names, 0
            for row, name in enumerate(("load_mw", "solar_mw")):
                if name in names:
                    found += planner.known.recall(row, *store.query(name, now_s - RECALL_S, now_s))
            return found
        finally:
            store.close()
    except (OSError, ValueError, sqlite3.Error, WattstackError):
        return 0  # a history that cannot be read costs a forecast, not the plan


def write_plan_file(path: Path, utc_s: float, answer: Answer) -> None:
    """Leave the plan for the page: all at once, or not at all."""
    plan = answer.plan
    shown = {
        "utc_s": utc_s, "source": answer.source, "why": answer.why, "slack": list(answer.slack),
        "took_ms": round(answer.took_ms, 3), "begin_s": answer.begin_s, "step_s": answer.step_s,
        "peak_mw": answer.peak_mw if np.isfinite(answer.peak_mw) else None,
    }  # fmt: skip
    if plan is not None:
        for name in (
            "power_mw",
            "stored_mwh",
            "import_mw",
            "price_per_mwh",
            "unmet_mw",
            "short_mwh",
            "over_mw",
        ):
            shown[name] = [float(f"{v:.6g}") if np.isfinite(v) else None for v in getattr(plan, name)]
    try:
        write_whole(path, json.dumps(shown, allow_nan=False).encode())
    except OSError:
        return  # a full disk takes the picture of the plan, not the plan


async def run_planner(campus_file: str | Path, folder: Path | None = None) -> None:
    """Plan for the guard of a campus until cancelled; a guard that is not there is waited for.

    Args:
        campus_file: The campus.
        folder: Of the site at work; None: as declared, beside the campus file.

    Raises:
        InputError: The campus file has faults.
    """
    campus = read_campus(campus_file)
    folder = folder or campus.base_dir / campus.operate.folder
    planner, wait_s = None, RETRY_S[0]
    while True:
        try:
            client = await open_client(folder / "guard.sock", "planner")
        except OSError:
            await asyncio.sleep(wait_s)
            wait_s = min(2.0 * wait_s, RETRY_S[1])
            continue
        planning, wait_s = Planning(campus, client, folder, planner), RETRY_S[0]
        try:
            await planning.run()
        except (OSError, WattstackError):
            await asyncio.sleep(wait_s)
        finally:
            planner = planning.planner
            await client.close()
