"""How an engine is called and sent away: a start that fails is tried again after a pause, and then it is left alone.

Needs    campus.Generator; operate.devices.Image.
Gives    Engines.
Used by  operate.guard.others, mind.

What is asked of a device goes through the states off, starts, runs, cools, rests, waits (between two tries). While it
does not run the batteries carry what it was to give: nothing counts on it before its power is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan
from typing import TYPE_CHECKING

from wattstack.operate.devices import Image

if TYPE_CHECKING:
    from wattstack.campus import Campus, Generator

LATE = 1.5  # times start_s: it did not start
LEAST_START_S = 2.0  # however fast it is declared: it is read once a second or so
HUM_FRAC = 0.01  # of its power: asked where it is to run on with as little as it can


@dataclass(slots=True)
class _Engine:
    """One device: its state, since when [s of the site], and how often it did not start."""

    size_mw: float
    declared: Generator
    state: str = "off"
    since_s: float = -inf
    ran_s: float = -inf  # since when it runs
    failed: int = 0

    def go(self, state: str, now_s: float) -> None:
        self.state, self.since_s = state, now_s


class Engines:
    """The engines of a site.

    Args:
        campus: Sizes stand.
        speed: Seconds of the site in a second of the wall (simulated sites).

    Attributes:
        given_up: By device that did not start now, as often as is tried: why it is to be locked out.
    """

    def __init__(self, campus: Campus, speed: float = 1.0) -> None:
        self._speed, self._first = speed, True
        # so that a stop is seen before the next start
        self._least_wait_s = 3.0 * campus.operate.period_s * speed
        self._engines = {
            path: _Engine(float(unit.power_mw) * device.share_frac, unit)
            for path, device in campus.devices.items()
            if path.startswith("generator.")
            for unit in [campus.generator[path.split("#")[0].partition(".")[2]]]
        }
        self.given_up: dict[str, str] = {}

    @property
    def running(self) -> frozenset[str]:
        """Devices that run as they were asked: one that stops now has tripped."""
        return frozenset(path for path, one in self._engines.items() if one.state == "runs")

    def ask(self, image: Image, wanted_mw: dict[str, float], most_mw: float, island: bool) -> dict[str, str]:
        """Make of what is wanted what an engine can be asked for.

        Args:
            image: Of now.
            wanted_mw: By device, changed; what is locked out is at 0.
            most_mw: What campus and grid can take of all of them.
            island: The grid is away: no rest is kept.

        Returns:
            In words, by device, where it is asked for something else than is wanted.
        """
        now_s, why, self.given_up = image.time_s * self._speed, {}, {}
        whole = sum(one.size_mw for one in self._engines.values()) or 1.0
        for path, one in self._engines.items():
            least = max(one.declared.minimum_frac, HUM_FRAC) * one.size_mw
            least = min(least, max(most_mw, 0.0) * one.size_mw / whole)
            on = _runs(path, one, image)
            if self._first and on:
                one.go("runs", now_s)
                one.ran_s = now_s
            wanted = wanted_mw.get(path, 0.0)
            ready = image.value(f"{path}.available", 1.0) == 1.0
            power, said = self._step(path, one, (on, ready), (wanted, least, now_s, island))
            if said and (power != wanted or wanted > 0.0):
                why[path] = said
            wanted_mw[path] = power
        self._first = False
        return why

    def watch(self, image: Image) -> None:
        """Somebody else writes, or nobody: what runs, runs; nothing is called, and nothing fails to start."""
        now_s = image.time_s * self._speed
        self.given_up, self._first = {}, False
        for path, one in self._engines.items():
            state = "runs" if _runs(path, one, image) else "off"
            if state != one.state:
                one.go(state, now_s)
                one.ran_s, one.failed = now_s, 0

    def _step(self, path: str, one: _Engine, shown: tuple, asked: tuple) -> tuple[float, str]:
        """What it is asked for now [MW], and why it is not what was wanted."""
        wanted, _, now_s, island = asked
        known, gone_s = one.declared, now_s - one.since_s
        if one.state == "rests" and (island or gone_s >= known.least_rest_s):
            one.go("off", now_s)
        if one.state == "waits" and gone_s >= max(known.start_pause_s, self._least_wait_s):
            one.go("starts" if wanted > 0.0 else "off", now_s)
        if one.state == "off":
            one.failed = 0 if wanted <= 0.0 else one.failed
            if wanted > 0.0:
                one.go("starts", now_s)
        if one.state == "starts":
            return self._starts(path, one, shown, asked)
        if one.state in ("runs", "cools"):
            return _run(one, shown[0], asked)
        left_s = {"rests": known.least_rest_s, "waits": known.start_pause_s}.get(one.state, 0.0) - gone_s
        words = {
            "rests": f"rests for {left_s:.0f} s more",
            "waits": f"did not start, is tried again in {left_s:.0f} s",
        }
        return 0.0, words.get(one.state, "")

    def _starts(self, path: str, one: _Engine, shown: tuple, asked: tuple) -> tuple[float, str]:
        (on, ready), (wanted, least, now_s, _) = shown, asked
        known, gone_s, seen_s = one.declared, now_s - one.since_s, LEAST_START_S * self._speed
        if on:
            one.go("runs", now_s)
            one.ran_s, one.failed = now_s, 0
            return max(wanted, least), ""
        if wanted <= 0.0:
            one.go("off", now_s)
            return 0.0, ""
        if gone_s < max(LATE * known.start_s, known.start_s + seen_s) and (ready or gone_s < seen_s):
            return max(wanted, least), f"starts since {gone_s:.0f} s"
        one.failed += 1
        if one.failed >= known.start_tries:
            self.given_up[path] = f"it did not start, {one.failed} times"
            one.failed = 0
            one.go("off", now_s)
            return 0.0, "did not start"
        one.go("waits", now_s)
        return 0.0, f"did not start, {one.failed} of {known.start_tries} times"


def _runs(path: str, one: _Engine, image: Image) -> bool | None:
    """Whether it runs; None: not known."""
    running, power = image.value(f"{path}.running"), image.value(f"{path}.output_mw")
    if not isnan(running):
        return running == 1.0
    return None if isnan(power) else power > 0.5 * HUM_FRAC * one.size_mw


def _run(one: _Engine, on: bool | None, asked: tuple) -> tuple[float, str]:
    """It runs: for its least time, and then without load until it is cool."""
    wanted, least, now_s, _ = asked
    known = one.declared
    if on is False:
        one.failed += 1
        one.go("waits", now_s)
        return 0.0, "stopped by itself"
    if wanted > 0.0:
        one.state = "runs"
        return max(wanted, least), ""
    if one.state == "runs" and now_s - one.ran_s >= known.least_run_s:
        one.go("cools", now_s)
    left_s = known.least_run_s - (now_s - one.ran_s)
    words = f"runs on for {left_s:.0f} s, its least time"
    if one.state == "cools":
        left_s = known.cooldown_s - (now_s - one.since_s)
        words = f"cools down for {left_s:.0f} s more"
    if left_s <= 0.0 or least <= 0.0:
        one.go("rests", now_s)
        return 0.0, ""
    return least, words
