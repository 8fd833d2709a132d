"""What a violation of the reserve is, told from the truth of a simulated site, not from what the guard believes.

Needs    campus (reserve_mw, reserve_mwh), operate.simulated.site.
Gives    Judge, Step, Verdict.
Used by  operate.campaign.day, benchmarks (over sockets).

Four kinds are counted, docs/campaign-reserve.md has them in words: `reserve` (energy below the duty's reserve was given
away though the connection did not need it), `service` (an outage that the reserve was there for was not served),
`connection` (a limit was exceeded that a sound battery could have held), `stale` (a device was asked for power on
values older than three periods).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan
from typing import TYPE_CHECKING

from wattstack.campus import reserve_mw, reserve_mwh

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.simulated.site import Site

PERIODS = 3.0  # a limit may be exceeded for so many periods; a value may be so many periods old
LIMIT_FRAC = 0.01  # of the limit: less is the ripple of the load
ROUNDING_MWH, ROUNDING_MW = 1e-6, 1e-3


@dataclass(slots=True)
class Step:
    """What is to be known of a step beside the truth of the site.

    Attributes:
        step_s: Its length [s of the site].
        asked_mw: What the guard asks of each battery, > 0 gives.
        limit_mw: What may be drawn over the connection.
        closed: By battery, whether its contactor is closed.
        shown_mw: What the campus draws beside batteries, as a gauge showed it not longer than three periods ago; NaN:
            none did.
        lied: Whether the load cannot be known: the only gauge of it shows something else than the truth.
        sound: Whether nothing is broken, so that the connection can be held.
        old: Devices that are asked for power on values that are too old.
    """

    step_s: float
    asked_mw: dict[str, float]
    limit_mw: float
    closed: dict[str, bool]
    shown_mw: float = nan
    lied: bool = False
    sound: bool = True
    old: tuple[str, ...] = ()


@dataclass(slots=True)
class Verdict:
    """What became of a campaign.

    Attributes:
        number: Of the campaign.
        reserve, service, connection, stale: Violations of each kind.
        misled_mwh: Given away below the reserve because the only gauge of the load showed what was not there.
        below_h: Time below the reserve with the grid there, for whatever reason.
        outages, decisions: How many there were.
        told: A line for each violation.
    """

    number: int = 0
    reserve: int = 0
    service: int = 0
    connection: int = 0
    stale: int = 0
    misled_mwh: float = 0.0
    below_h: float = 0.0
    outages: int = 0
    decisions: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """Of all kinds."""
        return self.reserve + self.service + self.connection + self.stale


@dataclass(slots=True)
class _Outage:
    """An outage that the reserve was there for."""

    left_s: float
    load_mw: float
    need_mwh: float = 0.0
    served_mwh: float = 0.0
    missed: bool = False


class Judge:
    """Judges a site.

    Args:
        campus: Sizes stand, duties.backup is declared.
        site: Its truth.
        period_s: From one decision to the next [s of the site].
        number: Of the campaign.

    Attributes:
        verdict: So far.
    """

    def __init__(self, campus: Campus, site: Site, period_s: float, number: int = 0) -> None:
        self.campus, self.site, self.period_s = campus, site, period_s
        self.verdict = Verdict(number)
        self._eff = min(unit.discharge_eff for unit in campus.battery.values())
        self._power_mw = sum(float(unit.power_mw) for unit in campus.battery.values())
        self._given_mwh = 0.0
        self._tolerance_mwh = self._power_mw * period_s / 3600.0 / self._eff
        self._was = self._useful()
        self._counted = self._below = False
        self._over_s, self._over_told = 0.0, False
        self._outage: _Outage | None = None
        self._grid_on, self._net_mw = True, nan
        self._old: frozenset[str] = frozenset()

    @property
    def below(self) -> bool:
        """Whether the reserve was not there at the end of the last step."""
        return self._below

    @property
    def net_mw(self) -> float:
        """What the campus draws beside its batteries, in truth, with the grid there."""
        return self.site.meters.import_mw + sum(one.injection_mw for one in self.site.stores.values())

    def reserve_mwh(self, load_mw: float) -> float:
        """The duty's reserve for a load, without a margin for gauges: here the energy is known."""
        duty = self.campus.duties.backup
        return reserve_mwh(reserve_mw(max(load_mw, 0.0), duty.load_frac), duty.duration_h, self._eff)

    def look(self, step: Step) -> None:
        """Judge the step that the site just made."""
        self._stale(step)
        if self.site.grid_on:
            self._outage = None
            self._reserve(step)
            self._connection(step)
        else:
            self._service(step)
        self._grid_on, self._net_mw, self._was = self.site.grid_on, self.net_mw, self._useful()

    def stored_mwh(self, closed: dict[str, bool]) -> float:
        """Energy for the duty: of batteries that are there, and no more of each than its power brings out in time."""
        return sum(energy for path, energy in self._useful().items() if closed.get(path, True))

    def _useful(self) -> dict[str, float]:
        hours = self.campus.duties.backup.duration_h
        return {
            path: min(one.stored_mwh, one.power_mw * hours / one.discharge_eff)
            for path, one in self.site.stores.items()
        }

    # -- reserve -------------------------------------------------------------------------------------------------

    def _reserve(self, step: Step) -> None:
        """Energy below the reserve that was asked for, was given, and was not needed for the connection."""
        site, verdict = self.site, self.verdict
        load = site.load_mw
        missing = self.reserve_mwh(load) - self.stored_mwh(step.closed)
        if missing <= 0.0:
            self._below = self._counted = False
            self._given_mwh = 0.0
            return
        verdict.below_h += step.step_s / 3600.0
        if not self._below:  # the decision was made above the reserve: the next one knows
            self._below = True
            return
        given, lost_mwh = self._given(step)
        net = self.net_mw
        needed = max(net - step.limit_mw, 0.0)
        true_mw = max(given - needed, 0.0)
        shown = net if isnan(step.shown_mw) else max(step.shown_mw, net)
        told_mw = max(given - max(shown - step.limit_mw, 0.0), 0.0)
        told_mw = 0.0 if step.lied else told_mw
        per_mw = step.step_s / 3600.0 / self._eff
        told_mwh = min(told_mw * per_mw, missing, lost_mwh)
        verdict.misled_mwh += min(true_mw * per_mw, missing, lost_mwh) - told_mwh
        self._given_mwh += told_mwh
        if self._given_mwh > self._tolerance_mwh + ROUNDING_MWH and not self._counted:
            self._counted = True
            verdict.reserve += 1
            self._tell(
                f"reserve: {self._given_mwh:.4g} MWh were given away, {missing:.4g} MWh are missing of "
                f"{self.reserve_mwh(load):.4g} MWh; asked {given:.4g} MW, needed {needed:.4g} MW"
            )

    def _given(self, step: Step) -> tuple[float, float]:
        """Power that batteries gave because they were asked [MW], and what that took of the energy for the duty [MWh].

        What a foreign hand takes is not the guard's, what a battery has beyond the duty is no part of it, and what
        another one took up meanwhile is not lost.
        """
        now, given, lost, all_lost = self._useful(), 0.0, 0.0, 0.0
        for path, one in self.site.stores.items():
            if not step.closed.get(path, True):
                continue
            power = max(min(one.injection_mw, step.asked_mw.get(path, 0.0)), 0.0)
            given += power
            lost += min(max(self._was[path] - now[path], 0.0), power * step.step_s / 3600.0 / self._eff)
            all_lost += self._was[path] - now[path]
        return given, min(lost, max(all_lost, 0.0))

    # -- outages -------------------------------------------------------------------------------------------------

    def _service(self, step: Step) -> None:
        """What the reserve was held for: the critical load of the outage's beginning, for the duty's time."""
        site, duty = self.site, self.campus.duties.backup
        if self._grid_on:
            self.verdict.outages += 1
            there = self.stored_mwh(step.closed) >= self.reserve_mwh(site.load_mw)
            self._outage = _Outage(duty.duration_h * 3600.0, site.load_mw) if there else None
        one = self._outage
        if one is None:
            return
        if not all(step.closed.get(path, True) for path in site.stores):
            self._outage = None  # what carried it is broken
            return
        hours = min(step.step_s, one.left_s) / 3600.0
        one.left_s -= step.step_s
        one.need_mwh += duty.load_frac * min(site.load_mw, one.load_mw) * hours
        one.served_mwh += (site.load_mw - site.meters.unserved_mw) * hours
        if one.served_mwh < one.need_mwh * (1.0 - LIMIT_FRAC) and not one.missed and one.left_s > 0.0:
            one.missed = True
            self.verdict.service += 1
            self._tell(
                f"service: {one.served_mwh:.4g} MWh of {one.need_mwh:.4g} MWh were served in an outage"
            )
        if one.left_s <= 0.0:
            self._outage = None

    # -- connection, ages ------------------------------------------------------------------------------------------

    def _connection(self, step: Step) -> None:
        """Import above its limit, what the load did since the decision left out, that the batteries had left."""
        site = self.site
        since = max(self.net_mw - self._net_mw, 0.0) if not isnan(self._net_mw) else 0.0
        over = site.meters.import_mw - step.limit_mw * (1.0 + LIMIT_FRAC) - since
        left = sum(one.can_mw[1] - max(one.injection_mw, 0.0) for one in site.stores.values())
        if min(over, left) <= ROUNDING_MW or not step.sound or not self._grid_on:
            self._over_s, self._over_told = 0.0, False
            return
        self._over_s += step.step_s
        if self._over_s > max(PERIODS * self.period_s, step.step_s) and not self._over_told:
            self._over_told = True
            self.verdict.connection += 1
            self._tell(f"connection: {over:.4g} MW above {step.limit_mw:.4g} MW, {left:.4g} MW were left")

    def _stale(self, step: Step) -> None:
        new = frozenset(step.old)
        for path in sorted(new - self._old):
            self.verdict.stale += 1
            self._tell(f"stale: {path} is asked for power on values that are too old")
        self._old = new

    def _tell(self, line: str) -> None:
        self.verdict.told.append(f"{self.site.time_s:.1f} s {line}")
