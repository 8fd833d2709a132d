"""Does the campus hold when the grid goes: campaigns by the ten thousand, `simulate_outages`.

Needs    twin (Twin, Setting), prove.ground, odds, stand, tables, work.Team.
Gives    simulate_outages, OutageStudy.
Used by  the package's door, cli.

A campaign begins at a moment of the case year drawn by chance, when the grid goes: with the weather, load and charge of
that moment, and with the controller that runs the year. What is drawn is named by seed and number of the campaign, so
any number of threads, processes or machines gives the same bits, and two designs with one seed meet the same fate.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus
from wattstack.errors import Fault, InputError
from wattstack.prove.estimate import weights_of, wilson
from wattstack.prove.ground import make_ground, moments_at
from wattstack.prove.kernel import layout as at
from wattstack.prove.odds import Tilt, make_odds
from wattstack.prove.result import Outages
from wattstack.prove.stand import Stand, run_course, run_span
from wattstack.prove.tables import (
    Drawn,
    campaign_table,
    cause_table,
    figures_of,
    length_table,
    survival_table,
    worst_of,
    worst_table,
)  # fmt: skip
from wattstack.twin import Setting, Twin
from wattstack.work import Team, cores, progress

if TYPE_CHECKING:
    from wattstack.case import Case

STANDS = 16  # copies of what campaigns stand on: as many workers can help
ROUND = 40  # campaigns of a stand between two looks at Ctrl-C: a fraction of a second


def simulate_outages(
    campus: Campus,
    count: int = 10_000,
    duration_h: float = 72.0,
    *,
    seed: int = 0,
    tilt: Tilt | None = None,
    team: Team | None = None,
) -> Outages:
    """Put a campus through thousands of outages of the grid.

    Args:
        campus: Every size stands. `grid.connection.reliability`, `generator.*`, `battery.*.reliability` say what
            fails how often; where the grid's is not declared, published means are taken and a note says so.
        count: Campaigns; they come in mirrored pairs (antithetic), so an even number is best.
        duration_h: Length of a campaign; further outages may come in it.
        seed: Of all draws.
        tilt: How every other pair is drawn to meet rare losses often; None: all as declared.
        team: Who runs them; None: threads, as many as this process has cores.

    Returns:
        Outages: chance that the critical load is served with its interval, unserved MWh, causes, survival.

    Raises:
        InputError: No grid, a size that is a range, a number that cannot be.
        InfeasibleError: The campus cannot be served even with the grid.

    Example:
        >>> from wattstack import read_campus, simulate_outages                     # doctest: +SKIP
        >>> simulate_outages(read_campus("out/sakai/campus.yaml"), 1000).served     # doctest: +SKIP
    """
    return OutageStudy(campus, count, duration_h, seed=seed, tilt=tilt).run(team)


class OutageStudy:
    """A campus prepared for its campaigns: the reference year run, everything drawn that all need.

    Args:
        antithetic: Whether campaigns 2k and 2k + 1 are each other's mirror.
        Others as simulate_outages.

    Attributes:
        twin: The campus at steps of a minute. moment: Minute of the axis at which each campaign begins.
        stand: What a worker needs.
    """

    def __init__(
        self,
        campus: Campus,
        count: int = 10_000,
        duration_h: float = 72.0,
        *,
        seed: int = 0,
        tilt: Tilt | None = None,
        antithetic: bool = True,
    ):
        from wattstack.prove.kernel.draws import moments_of

        _require_provable(campus, count, duration_h, seed)
        self.count, self.duration_h, self.seed, self.tilt, self.antithetic = (
            count,
            duration_h,
            seed,
            tilt,
            antithetic,
        )
        self.twin = Twin(campus, step="1min", seed=seed)
        self.seconds = dict(self.twin.seconds)
        began = time.perf_counter()
        backup = campus.duties.backup
        self.critical_frac = 1.0 if backup is None else backup.load_frac
        offered = moments_at(self.twin, duration_h)
        self.moment = offered[moments_of(seed, int(antithetic), count, len(offered))]
        fleet = self.twin.fleet(Setting(ageing=False))
        fleet.begin_year(0)
        self._owner = fleet.owner
        odds = make_odds(campus, _blocks(campus, fleet.owner), seed, antithetic, tilt)
        ground = make_ground(self.twin, self.moment, self.critical_frac, duration_h)
        units, self._unit_owner = self.twin.units(Setting())
        self.stand = Stand(ground, odds, self.twin.rules(Setting(), seed), fleet.blocks, units)
        self.seconds["reference"] = time.perf_counter() - began

    def run(self, team: Team | None = None) -> Outages:
        """Run all campaigns and sum them up."""
        began = time.perf_counter()
        if team is None:
            with Team(workers=cores()) as own:
                rows = self._rows(own)
        else:
            rows = self._rows(team)
        return self._outages(rows, {**self.seconds, "campaigns": time.perf_counter() - began})

    def _rows(self, team: Team) -> np.ndarray:
        """What became of each campaign, in their order, whoever ran it."""
        keys = [f"outages.{id(self)}.{k}" for k in range(STANDS)]
        mine = self.stand
        for key in keys:
            team.keep(key, Stand(mine.ground, mine.odds, mine.rules, mine.blocks, mine.units))
        parts = []
        with progress(f"Outages of {self.twin.campus.name}", total=self.count) as bar:
            for start in range(0, self.count, STANDS * ROUND):
                end = min(start + STANDS * ROUND, self.count)
                each = -(-(end - start) // STANDS)
                spans = [(first, min(first + each, end)) for first in range(start, end, each)]
                parts += team.map(run_span, keys[: len(spans)], spans)
                bar.advance(end - start)
        return np.concatenate(parts)

    def _outages(self, rows: np.ndarray, seconds: dict[str, float]) -> Outages:
        weights = weights_of(rows[:, at.O_TILTED], rows[:, at.O_LOG_RATIO])
        group = np.arange(self.count) // (2 if self.antithetic else 1)
        drawn = Drawn(rows, weights, group)
        lost = drawn.mean(drawn.lost)
        low, high = wilson(lost, self.count)
        grid = self.twin.campus.grid.connection.outages
        axis = self.twin.case.axis
        start = axis.start.astype("datetime64[s]") + self.moment * np.timedelta64(60, "s")
        campaigns = campaign_table(drawn, start, (_unit_names(self._unit_owner), self._owner))
        return Outages(
            case=self.twin.case, count=self.count, duration_h=self.duration_h, seed=self.seed,
            critical_frac=self.critical_frac, antithetic=self.antithetic, tilt=self.tilt,
            served=type(lost)(1.0 - lost.value, lost.sigma),
            served_low=1.0 - high, served_high=1.0 - low, unserved_mwh=drawn.mean(rows[:, at.O_UNSERVED_MWH]),
            outages_per_year=grid.outages_per_year, campaigns=campaigns,
            survival=survival_table(drawn, self.duration_h), causes=cause_table(drawn, campaigns),
            lengths=length_table(drawn), worst=worst_table({i: run_course(self.stand, i) for i in worst_of(drawn)}),
            figures=figures_of(drawn, grid.outages_per_year), notes=_notes(self.twin.campus, self.twin.case),
            seconds=seconds,
        )  # fmt: skip


def _blocks(campus: Campus, owner: tuple[str, ...]) -> list[tuple[str, int]]:
    """Battery and number of blocks that fail one by one, for each block of the twin."""
    shares = []
    for path in owner:
        whole = campus.battery[path.split(".")[1]].reliability.blocks
        shares.append((path, max(1, round(whole / owner.count(path)))))
    return shares


def _unit_names(owner: list[str]) -> list[str]:
    """generator.gas unit 1, generator.gas unit 2, ..."""
    return [f"generator.{name} unit {owner[: k + 1].count(name)}" for k, name in enumerate(owner)]


def _require_provable(campus: Campus, count: int, duration_h: float, seed: int) -> None:
    """All that keeps a campus from its campaigns, at once; sizes that are ranges are the twin's to refuse."""
    faults = []
    if campus.grid is None:
        faults.append(
            Fault("grid", "is missing, must be there: without a grid there is no outage of it. Declare it.")
        )
    if count < 1:
        faults.append(
            Fault("count", f"is {count}, must be 1 or more. Ten thousand tell a chance to a percent.")
        )
    whole_h = campus.time.count * campus.time.step_s / 3600.0
    if not 1.0 / 60.0 <= duration_h <= whole_h:
        faults.append(
            Fault(
                "duration_h",
                f"is {duration_h:g}, must be in 0.0167 .. {whole_h:g}, the hours of `time`. Take fewer hours.",
            )
        )
    if seed < 0:
        faults.append(Fault("seed", f"is {seed}, must be 0 or more."))
    if faults:
        raise InputError(campus.source, faults)


def _notes(campus: Campus, case: Case) -> tuple[str, ...]:
    """What a reader must know; the plan's perfect foresight is not the campaigns'."""
    notes = [text for text in case.notes if not text.startswith("Perfect foresight")]
    grid = campus.grid.connection
    if grid.reliability is None:
        known = grid.outages
        notes.append(
            f"grid.connection.reliability is not declared: published means are taken, {known.outages_per_year:g} "
            f"outages a year, half of them shorter than {known.outage_h.median:g} h, 5 % longer than "
            f"{known.outage_h.p95:g} h. One site may be far from them."
        )
    if campus.duties.backup is None:
        notes.append(
            "duties.backup is not declared: all of the load is taken as critical, and nothing is held back."
        )
    if campus.control.kind == "mpc":
        notes.append(
            "After an outage the battery follows the plan that was made without it, inside the rules; a site would "
            "plan anew."
        )
    return tuple(dict.fromkeys(notes))
