"""What the guard tells: a state each period, frames to whose turn it is, and an event where something is new.

Needs    operate.link; operate.guard.mind.
Gives    Telling.
Used by  operate.guard.loop.

A command is told, at most once a second for an asset, when its power moves by a tenth of what stands, or when its
reason changes (numbers in it apart) and was not told within the last quarter of an hour; all powers are in the frames.
An alarm is told when it comes and when it goes; a step that is missed again within a minute is the same alarm.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from wattstack.operate.devices import Image
from wattstack.operate.guard.did import did_of
from wattstack.operate.link import Event, State

if TYPE_CHECKING:
    from wattstack.operate.guard.loop import Guard
    from wattstack.operate.guard.mind import Decision

RECENT = 500
LINGERS_S = 60.0  # seconds of the site; a step that is missed now and then is one alarm
MODES = {"run": 0.0, "shadow": 1.0, "manual": 2.0, "safe": 3.0}
TOLD_S, TOLD_FRAC = 1.0, 0.1
AGAIN_S, AGAIN_FRAC = 900.0, 0.01  # seconds of the site
QUIET = ("cost",)  # steps that give way every day: the reason of the setpoint says by whom
_NUMBER = re.compile(r"[-+]?\d[\d.,e+-]*")


@dataclass(slots=True)
class _Told:
    """What was told last of an asset, and when each reason was (monotonic)."""

    at_s: float = -np.inf
    power_mw: float = nan
    plain: str = ""
    when: dict[str, float] = field(default_factory=dict)


class Telling:
    """The voice of a guard.

    Attributes:
        own: Numbers of the decision, by channel, beside those of the devices.
        recent: The last events.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.own: dict[str, float] = {}
        self.recent: deque[Event] = deque(maxlen=RECENT)
        self._standing: dict[str, str] = {}
        self._told: dict[str, _Told] = {}
        self._slack: dict[str, tuple[str, float]] = {}

    def say(self, level: str, channel: str, text: str, data: dict | None = None) -> None:
        """Tell something that happened now."""
        kept = {k: v for k, v in (data or {}).items() if v is not None}
        event = Event(
            utc_s=max(self.guard.utc_s, 0.0), level=level, channel=channel[:100], text=text[:500], data=kept
        )
        self.recent.append(event)
        self.guard.server.send(event)

    def device(self, path: str, level: str, text: str) -> None:
        """What a device has to tell."""
        self.say(level, path, text)

    def cycle(self, image: Image, made: Decision, written: bool) -> None:
        """Tell of a cycle."""
        guard = self.guard
        self._number(made)
        for path in made.tripped:
            self.say(
                "alarm",
                path,
                f"tripped: {guard.mind.lockouts.why[path]}; it stays out until a person clears it",
            )
        for line in guard.mind.clock.told:
            self.say("alarm", "clock", line)
        guard.mind.clock.told.clear()
        alarms = made.alarms | guard.slow | guard.lost() | self._missed(made, image.time_s)
        self._alarms(alarms)
        self._commands(made)
        server = guard.server
        names = guard.frame_names()
        if server.names != names:
            server.names = names
            server.send(names)
        server.send(self.state(made, alarms, written))
        if server.wants_values(image.time_s):
            server.send_values(guard.frame(guard.utc_s), image.time_s)

    def _missed(self, made: Decision, now_s: float) -> dict[str, str]:
        """Steps that could not be kept, now or a moment ago."""
        for step, missed_mw in made.slack_mw.items():
            if step not in QUIET:
                self._slack[f"slack {step}"] = f"{step} is missed by {missed_mw:.3g} MW", now_s
        speed = self.guard.speed or 1.0
        self._slack = {k: one for k, one in self._slack.items() if (now_s - one[1]) * speed <= LINGERS_S}
        return {where: what for where, (what, _) in self._slack.items()}

    def _number(self, made: Decision) -> None:
        guard = self.guard
        self.own = dict(made.values)
        self.own |= {f"{asset}.asked_mw": power for asset, power in made.asset_mw.items()}
        self.own["control.mode"] = MODES[made.mode]
        self.own["control.cycle_ms"] = 1e3 * guard.cycle_s[-1]
        self.own["control.late_ms"] = 1e3 * guard.late_s
        self.own["control.overruns"] = float(guard.overruns)
        self.own["control.writes"] = float(guard.may_write)

    def state(self, made: Decision, alarms: dict[str, str], written: bool) -> State:
        """How the guard is."""
        guard = self.guard
        requests = tuple(
            {
                "id": r.id, "source": r.source, "what": r.what, "path": r.path, "until_s": r.until_s,
                "low": r.low if r.value is None else r.value, "high": r.high if r.value is None else r.value,
                "mode": r.mode, "reason": r.reason, "user": r.user, "did": did_of(r, made),
            }
            for r in guard.mind.book.in_force(guard.image.time_s)
        )  # fmt: skip
        return State(
            utc_s=max(guard.utc_s, 0.0), mode=made.mode, writes=guard.may_write, holder=guard.holder,
            campus=guard.campus_sum, setpoints_mw=made.asset_mw,
            reasons={k: v[:500] for k, v in made.reasons.items()}, lockouts=dict(guard.mind.lockouts.why),
            requests=requests, slack_mw=made.slack_mw,
            alarms=tuple(f"{where}: {what}"[:500] for where, what in list(alarms.items())[:1000]),
            values={k: float(v) for k, v in self.own.items() if isfinite(v)} | {"control.written": float(written)},
        )  # fmt: skip

    def _alarms(self, alarms: dict[str, str]) -> None:
        """One line at the beginning, one at the end; words that only change their numbers are not told again."""
        for where in [where for where in self._standing if where not in alarms]:
            if not where.startswith("slack ") or self._standing[where]:
                self.say("info", where, "is over")
            del self._standing[where]
        for where, what in alarms.items():
            if where not in self._standing:
                self._standing[where] = what
                if not what.startswith("is lost"):  # a loss was told by the device itself
                    self.say("alarm", where, what)

    def _commands(self, made: Decision) -> None:
        now, speed = self.guard.image.time_s, self.guard.speed or 1.0
        for asset, power in made.asset_mw.items():
            why = made.reasons.get(asset, "")
            told = self._told.setdefault(asset, _Told())
            kind, name = asset.split(".")
            size = float(getattr(self.guard.campus, kind)[name].power_mw)
            plain = _NUMBER.sub("#", why.split(";")[0])
            moved = abs(power - told.power_mw)
            rested = (now - told.when.get(plain, -np.inf)) * speed >= AGAIN_S
            new = not moved <= TOLD_FRAC * size or (
                rested and (plain != told.plain or moved > AGAIN_FRAC * size)
            )
            if new and now - told.at_s >= TOLD_S:
                told.at_s, told.power_mw, told.plain = now, power, plain
                told.when[plain] = now
                data = {"power_mw": power, "mode": made.mode}
                self.say("command", asset, f"{power:.4g} MW: {why}", data)
