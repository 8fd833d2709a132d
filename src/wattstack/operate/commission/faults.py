"""Faults by script during a factory test: each is let loose at a simulated device, and must be seen.

Needs    operate.simulated; operate.commission.bench, balance, single_line, checks.
Gives    rehearse, RECIPES, Recipe.
Used by  operate.commission.run.

A fault counts as seen when what the guard reads tells of it: a value that is none, a command that is not as it should
be, a balance that is off. It counts as over when the device is read, believed and obeys again: within 5 s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from wattstack.operate.commission.balance import limit_mw, residual_mw
from wattstack.operate.commission.bench import Bench, power_of
from wattstack.operate.commission.checks import FAILED, NOT_DONE, PASSED, Check
from wattstack.operate.commission.single_line import terms_of
from wattstack.operate.commission.step import level_of

if TYPE_CHECKING:
    from wattstack.operate.simulated import SimulatedSite

SEEN_S, OVER_S, OVER_MOST_S = 8.0, 5.0, 12.0
STILL_S = 2.0  # what always moved stands still for so long
JUMP = 0.1  # of the charge, from one reading to the next
FINE = ("none", "sent", "held", "followed")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A fault and its sign.

    Attributes:
        kind: Of operate.simulated.KINDS. value: As there; None: the usual one.
        assets: Kinds of assets it is let loose at; empty: all.
        holds: Whether a setpoint has to be held meanwhile.
        sign: "lost", "marked", "still", "balance", "charge", "command", "contactor", "grid".
    """

    kind: str
    sign: str
    assets: tuple[str, ...] = ()
    value: float | None = None
    holds: bool = False


RECIPES = (
    *(Recipe(kind, "lost") for kind in ("silent", "late", "short", "wrong_unit", "exception", "reboot")),
    Recipe("nan", "marked"),
    Recipe("frozen", "still", ("grid", "battery")),
    Recipe("sign", "balance", ("grid",)),
    Recipe("scale", "balance", ("grid", "load")),
    Recipe("soc_jump", "charge", ("battery",)),
    Recipe("contactor", "contactor", ("battery", "grid")),
    Recipe("outage", "grid", ("grid",)),
    *(Recipe(kind, "command", ("battery",), None, True) for kind in ("reject", "ignore_write", "local")),
    Recipe("clamp", "command", ("battery",), 0.001, True),
    Recipe("foreign", "command", ("battery",), 0.0, True),
)


async def rehearse(
    bench: Bench,
    site: SimulatedSite,
    paths: list[str],
    say: Callable[[str], None],
    recipes: tuple[Recipe, ...] = RECIPES,
) -> None:
    """Let fault after fault loose at each device and note whether, and when, it was seen and was over."""
    for path in paths:
        if not bench.devices.live[path].up:
            continue
        kind = path.split(".", maxsplit=1)[0]
        mine = [one for one in recipes if not one.assets or kind in one.assets]
        say(f"{len(mine)} faults at {path}")
        for recipe in mine:
            await _one(bench, site, path, recipe)


async def _one(bench: Bench, site: SimulatedSite, path: str, recipe: Recipe) -> None:
    if recipe.sign == "marked" and not _has_mark(bench, path):
        said = "its template knows no mark for a power that is not there"
        bench.book.note(Check(path, "fault", recipe.kind, NOT_DONE, said))
        return
    asked = await _hold(bench, path, recipe)
    if asked is None:
        return
    sign = _Sign(bench, path, recipe.sign)
    for _ in range(5):
        await bench.cycle({path: asked[0]} if asked else None)
        sign.learn()
    site.put(path, recipe.kind, recipe.value)
    try:
        seen_s = await _until(bench, path, asked, sign.shows, SEEN_S)
    finally:
        site.lift(path, recipe.kind)
    gone = (lambda: bench.stands(path, asked[0])) if asked else (lambda: not sign.shows())
    over_s = await _until(bench, path, asked[:1], lambda: gone() and _is_well(bench, path), OVER_MOST_S)
    if asked:
        await bench.release()
    _note(bench, path, recipe, seen_s, over_s)


def _has_mark(bench: Bench, path: str) -> bool:
    """Whether a power that the device does not have could be told at all."""
    channel, layout = power_of(bench.devices, path), bench.devices.live[path].layout
    point = None if channel is None else layout.points[layout.place[channel]]
    return point is not None and (point.mark is not None or point.type.startswith("float"))


async def _hold(bench: Bench, path: str, recipe: Recipe) -> list[float] | None:
    """Setpoints to be held by turns; empty where none is; None where none may be."""
    if not recipe.holds:
        return []
    for _ in range(3):  # how it is now
        await bench.cycle()
    level = level_of(bench, path)
    if isinstance(level, str):
        bench.book.note(
            Check(path, "fault", recipe.kind, NOT_DONE, f"a setpoint would have to be held: {level}")
        )
        return None
    bench.rest[path] = level.rest_mw
    await _until(bench, path, [level.step_mw], lambda: bench.stands(path, level.step_mw), SEEN_S)
    return [level.step_mw, 0.5 * level.step_mw]


async def _until(
    bench: Bench, path: str, asked: list[float], there: Callable[[], bool], within_s: float
) -> float:
    """Cycles until something is there; the seconds that took, inf where it never came. Setpoints change by turns."""
    live = bench.devices.live[path]
    began, k = live.now(), 0
    while live.now() - began < within_s:
        await bench.cycle({path: asked[k // 10 % len(asked)]} if asked else None)
        k += 1
        if there():
            return live.now() - began
    return float("inf")


def _is_well(bench: Bench, path: str) -> bool:
    """Whether the device is read whole, believed, and can be commanded."""
    command = bench.devices.commands.get(path)
    dumb = command is not None and command.state in ("refused", "local", "unreachable", "yielded")
    return bench.devices.live[path].read_whole and isfinite(bench.power(path)) and not dumb


class _Sign:
    """What tells of a fault."""

    def __init__(self, bench: Bench, path: str, sign: str) -> None:
        self._bench, self._path, self._sign = bench, path, sign
        self._soc = float("nan")
        self._shown: tuple[float, ...] = ()
        self._moved_s = bench.devices.live[path].now()

    def learn(self) -> None:
        """How it is without the fault."""
        self._soc = self._bench.value(self._path, "soc")
        self._look()

    def _look(self) -> None:
        names = ("power_mw", "output_mw", "draw_mw", "clock_s", "device_heartbeat", "frequency_hz")
        shown = tuple(self._bench.value(self._path, name) for name in names)
        now = self._bench.devices.live[self._path].now()
        if str(shown) != str(self._shown):
            self._shown, self._moved_s = shown, now

    def shows(self) -> bool:
        """Whether it is there now."""
        bench, path = self._bench, self._path
        self._look()
        if self._sign in ("lost", "marked"):
            return not isfinite(bench.power(path))
        if self._sign == "still":
            return bench.devices.live[path].now() - self._moved_s > STILL_S
        if self._sign == "balance":
            terms = terms_of(bench, bench.powers())
            return abs(residual_mw(terms)) > limit_mw(terms)
        if self._sign == "charge":
            return abs(bench.value(path, "soc") - self._soc) > JUMP
        if self._sign == "contactor":
            return 0.0 in (bench.value(path, "contactor"), bench.value(path, "breaker"))
        if self._sign == "grid":
            return bench.value(path, "voltage_pu") < 0.5
        return bench.devices.commands[path].state not in FINE


def _note(bench: Bench, path: str, recipe: Recipe, seen_s: float, over_s: float) -> None:
    if not isfinite(seen_s):
        said = f"was not seen within {SEEN_S:g} s"
        mend = "Look for what could tell of it: a heartbeat, a clock, a load meter."
        bench.book.note(Check(path, "fault", recipe.kind, FAILED, said, None, SEEN_S, "s", mend))
        return
    said = f"seen after {seen_s:.2f} s"
    when = f"over {over_s:.2f} s" if isfinite(over_s) else f"not over {OVER_MOST_S:g} s"
    said += f", {when} after its end"
    verdict = PASSED if over_s <= OVER_S else FAILED
    mend = (
        "" if verdict == PASSED else "A repaired device has to be used again within 5 s: look at its restart."
    )
    bench.book.note(Check(path, "fault", recipe.kind, verdict, said, over_s, OVER_S, "s", mend))
