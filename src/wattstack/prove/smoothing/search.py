"""The search: layers at the GPUs in order of their price, the least rack storage of each, then the battery cut down.

Needs    prove.smoothing (demand, mix, plan, price, trial).
Gives    Candidate, Search.
Used by  prove.smoothing.design.

One trial with a battery of plenty tells what every battery would need, for the loop does not know its size until it
is at its end. More energy in the rack never makes softer edges harder, so the least that passes is found by halving;
so is the least power and energy of the battery. What wins is run again with a stop in it and with other chances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf

from wattstack.campus import Campus
from wattstack.prove.smoothing.demand import average_s, largest_job, loop_for, plenty, slower
from wattstack.prove.smoothing.mix import Layer, Loop, Mix, smoothed_campus
from wattstack.prove.smoothing.plan import Alternative
from wattstack.prove.smoothing.price import Option, Prices, layer_costs, storage_costs
from wattstack.prove.smoothing.trial import Ground, Trial, run_trial, run_whole, scene_of

FLOORS = (0.0, 0.65, 0.8, 0.9)  # GB200 smoothing: up to 0.9
SOFT_PER_S = 1.0  # ramp that only breaks the edge of a crash
SLOW_PER_S = 0.02  # ramp of a campus without a rule of ramps
# 65: supplies of GB300; more: a shelf of its own
RACKS_J = 0.0, 65.0, 300.0, 1000.0, 3000.0, 8000.0, 16000.0
SPARE = 1.1  # of energy, for what the next chance brings
FINALISTS = 3
CUTS = 4  # halvings of the power, of the energy
LEAST_SHARE = 0.3
CALMER, CALMER_TIMES = 0.55, 4  # of the ramp; a slower loop asks for more energy and turns it over less often
LONGEST_S = 19_500.0  # of a trial, as long as its milliseconds can be kept: a loop that settles slower is not looked at
GROWTHS = 4


@dataclass(frozen=True)
class Candidate:
    """A mix with the trial that tells of it.

    Attributes:
        mix: With sizes.
        trial: Its own, or that with a battery of plenty.
        option: The battery; None without one.
        costs: By part, a year.
        half_mwh: Swings of the stored energy, either way, with something to spare.
    """

    mix: Mix
    trial: Trial
    option: Option | None
    costs: Mapping[str, float]
    half_mwh: float = 0.0

    @property
    def cost(self) -> float:
        """Sum of the parts."""
        return float(sum(self.costs.values()))


def duty_of(candidate: Candidate) -> dict[str, float]:
    """What duties.smoothing holds of the battery; empty without one."""
    mix = candidate.mix
    if candidate.option is None:
        return {}
    return {
        "power_mw": mix.power_mw,
        "energy_mwh": min(0.5 * mix.energy_mwh, candidate.half_mwh),
        "throughput_mwh_per_h": candidate.trial.throughput_mwh_per_h,
    }


class Search:
    """A search over mixes.

    Args:
        ground: What all trials share.
        prices: What is paid.
        options: Batteries that may take the swings.
        margin_frac: Least margin over every limit.
        bar: Told of each trial.
    """

    def __init__(self, ground: Ground, prices: Prices, options: tuple[Option, ...], margin_frac: float, bar):
        self.ground, self.prices, self.options = ground, prices, options
        self.margin_frac, self.bar = margin_frac, bar
        self.trials = 0
        self.rows: list[Alternative] = []
        self.passing: list[Candidate] = []
        self.near: Candidate | None = None

    def run(self, before: Trial) -> Candidate:
        """The cheapest verified candidate; where none passes the one that comes nearest.

        Args:
            before: The campus as it is.
        """
        bare = Candidate(Mix(Layer()), before, None, {})
        self._note(bare, "as it is")
        if self._passes(before):
            return bare
        ladders = sorted(self._layers(), key=lambda pair: pair[1])
        for layer, cost, always in ladders:
            if not always and cost >= min((one.cost for one in self.passing), default=inf):
                self._skip(layer, "dearer at the GPUs alone than the whole of another mix")
            else:
                self._climb(layer)
        return self._best() or self.near

    def alternatives(self, best: Candidate) -> tuple[Alternative, ...]:
        """All that was looked at: the chosen one, then what passes by cost, then what fails, then what was not run."""
        chosen = Alternative(best.mix, best.costs, best.trial.margin_frac, best.trial.ruled_by,
                             self._passes(best.trial), "chosen" if self._passes(best.trial) else "nearest")  # fmt: skip
        rank = {True: 0, False: 1, None: 2}
        rest = sorted(self.rows, key=lambda one: (rank[one.passes], one.cost_per_year))
        return (chosen, *rest)

    # layers

    def _layers(self) -> Iterator[tuple[Layer, float, bool]]:
        """Floors and ramps without more rack storage, their price, and whether they are run in any case."""
        slope, job = self.ground.demand.slope_mw_per_s, largest_job(self.ground.campus)[3]
        slow = SLOW_PER_S if slope == inf else float(f"{slope / (job.full_mw / job.count):.2g}")
        for floor in FLOORS:
            for up, down in ((None, None), (None, SOFT_PER_S), (slow, slow)):
                layer = Layer(floor, up, down)
                yield layer, sum(layer_costs(self.ground.campus, layer, self.prices).values()), down is None

    def _racks(self) -> list[float]:
        """Steps of rack storage from what stands on."""
        stands = max(
            (
                hall.rack_storage.energy_j_per_gpu
                for hall in self.ground.campus.load.values()
                if getattr(hall, "rack_storage", None) is not None
            ),
            default=0.0,
        )
        return [stands, *(step for step in RACKS_J if step > stands)]

    def _climb(self, layer: Layer) -> None:
        """The least rack storage with which a layer passes, by halving; without a battery too where ramps are slow."""
        steps = self._racks()
        low, high = -1, len(steps) - 1
        if layer.ramp_up_frac_per_s is not None:
            self._alone(self._filled(layer, steps[high]))
        if not self._with_plenty(self._filled(layer, steps[high])):
            return
        while high - low > 1:
            middle = (low + high) // 2
            if self._with_plenty(self._filled(layer, steps[middle])):
                high = middle
            else:
                low = middle

    def _filled(self, layer: Layer, rack_j: float) -> Layer:
        if rack_j <= 0.0:
            return layer
        return replace(layer, rack_j=rack_j, average_s=average_s(self.ground.campus, rack_j))

    def _alone(self, layer: Layer) -> None:
        """A layer without any battery."""
        trial = self._try(layer, None, None)
        candidate = Candidate(Mix(layer), trial, None, layer_costs(self.ground.campus, layer, self.prices))
        self._note(candidate, "without a battery")
        if self._passes(trial):
            self.passing.append(candidate)

    def _with_plenty(self, layer: Layer) -> bool:
        """Whether a layer passes beside a battery of plenty; what each battery would need is noted."""
        if not self.options:
            return False
        loop = loop_for(self.ground.campus, layer, self.ground.demand)
        trial = self._freely(layer, loop)
        slow = slower(loop, self.ground.demand, trial.worst, self.margin_frac)
        if not self._passes(trial) and slow is not None:
            loop, trial = slow, self._freely(layer, slow)
        made = []
        for option in self.options:
            one = self._sized(layer, option, loop, trial)
            if one is None:
                asked = f"{trial.power_mw:,.3g} MW and {2.0 * SPARE * trial.half_mwh:,.3g} MWh"
                self._skip(layer, f"asks battery.{option.name} for {asked}")
            else:
                made.append(one)
        for candidate in made:
            seen = ", to compare" if candidate.option.shown else ""
            self._note(candidate, f"sized from a run with plenty{seen}")
        if self._passes(trial):
            self.passing += [one for one in made if not one.option.shown]
        return self._passes(trial)

    def _sized(self, layer: Layer, option: Option, loop: Loop, trial: Trial) -> Candidate | None:
        """What a battery would be after a run with plenty; None where it must not be so large."""
        half = SPARE * trial.half_mwh
        mix = self._mix(layer, option, loop, trial.power_mw, half)
        if mix.power_mw > option.most_mw or 2.0 * half > option.most_mwh:
            return None
        at_gpus = layer_costs(self.ground.campus, layer, self.prices)
        return Candidate(mix, trial, option, self._costs(mix, option, trial, at_gpus), half)

    def _calmed(self, candidate: Candidate) -> Candidate:
        """The candidate behind the slower loop that costs least, where losses and wear saved are more than it asks."""
        if candidate.option is None:
            return candidate
        best, layer = candidate, candidate.mix.layer
        for times in range(1, CALMER_TIMES + 1):
            loop = loop_for(self.ground.campus, layer, self.ground.demand, CALMER**times)
            if scene_of(self.ground, loop, with_stop=True).seconds > LONGEST_S:
                break
            trial = self._freely(layer, loop)
            one = self._sized(layer, candidate.option, loop, trial)
            if one is None:
                break  # a slower one asks for still more energy
            self._note(one, "behind a slower loop")
            if self._passes(trial) and one.cost < best.cost:
                best = one
        return best

    def _freely(self, layer: Layer, loop: Loop) -> Trial:
        """A trial beside a battery of plenty."""
        power_mw, half_mwh = plenty(self.ground.campus, loop, self.ground.together)
        option = self.options[0]
        return self._try(layer, loop, option.sized(power_mw, option.size_mwh(power_mw, half_mwh)))

    def _mix(self, layer: Layer, option: Option, loop: Loop, power_mw: float, half_mwh: float) -> Mix:
        energy = option.size_mwh(power_mw, half_mwh)
        return Mix(layer, option.name, option.chemistry, power_mw, energy, loop)

    def _costs(
        self, mix: Mix, option: Option, trial: Trial, at_gpus: Mapping[str, float]
    ) -> dict[str, float]:
        stored = storage_costs(option, mix.power_mw, mix.energy_mwh, trial.throughput_mwh_per_h, self.prices)
        return {part: at_gpus.get(part, 0.0) + stored.get(part, 0.0) for part in {**at_gpus, **stored}}

    # the battery

    def _best(self) -> Candidate | None:
        """The cheapest candidate that stands the last trial, its battery cut down."""
        found: list[Candidate] = []
        for candidate in sorted(self.passing, key=lambda one: one.cost):
            if len(found) == FINALISTS:
                break
            cut = self._cut(self._calmed(candidate))
            if cut is not None:
                found.append(cut)
        first: Candidate | None = None
        for candidate in sorted(found, key=lambda one: one.cost):
            stood = self._verified(candidate)
            if stood is not None and (not stood.mix.storage or self._stands_whole(stood)):
                return stood
            first = first or stood
        return first

    def _stands_whole(self, candidate: Candidate) -> bool:
        """Whether the campus as it would be written out passes too, with its backup and its other batteries."""
        self.trials += 1
        self.bar.advance()
        return self._passes(run_whole(self.ground, self.campuses(candidate)[1], candidate.mix.loop))

    def campuses(self, candidate: Candidate) -> tuple[Campus, Campus]:
        """The campus with a candidate in it: for the plan, and with every size a number."""
        option, mix = candidate.option, candidate.mix
        unit = option.unit if option is not None and option.chemistry else None
        hours = 0.0 if option is None else option.least_h
        return smoothed_campus(self.ground.campus, mix, duty_of(candidate), unit, hours)

    def _cut(self, candidate: Candidate) -> Candidate | None:
        """The least power, then the least energy, with which it still passes."""
        option = candidate.option
        if option is None:
            return candidate
        whole = self._resized(candidate, candidate.mix.power_mw, candidate.half_mwh)
        for _ in range(GROWTHS):
            if self._passes(whole.trial):
                break
            whole = self._resized(whole, SPARE * whole.mix.power_mw, SPARE * whole.half_mwh)
        if not self._passes(whole.trial):
            return None
        best = self._least(
            whole, lambda share: self._resized(whole, share * whole.mix.power_mw, whole.half_mwh)
        )
        if 2.0 * best.half_mwh > best.mix.power_mw * option.least_h:
            start = best
            best = self._least(
                start, lambda share: self._resized(start, start.mix.power_mw, share * start.half_mwh)
            )
        self._note(best, "battery cut down")
        return best

    def _least(self, whole: Candidate, at_share) -> Candidate:
        low, high, best = LEAST_SHARE, 1.0, whole
        for _ in range(CUTS):
            middle = 0.5 * (low + high)
            one = at_share(middle)
            if self._passes(one.trial):
                high, best = middle, one
            else:
                low = middle
        return best

    def _resized(self, candidate: Candidate, power_mw: float, half_mwh: float, **more) -> Candidate:
        """The candidate with another battery, run with it."""
        option, mix = candidate.option, candidate.mix
        mix = self._mix(mix.layer, option, mix.loop, power_mw, half_mwh)
        trial = self._try(mix.layer, mix.loop, option.sized(mix.power_mw, mix.energy_mwh), **more)
        at_gpus = layer_costs(self.ground.campus, mix.layer, self.prices)
        return Candidate(mix, trial, option, self._costs(mix, option, trial, at_gpus), half_mwh)

    def _verified(self, candidate: Candidate) -> Candidate | None:
        """The candidate run with a stop in order, and with other chances; its battery grown a little where it must."""
        for _ in range(GROWTHS):
            mix, option = candidate.mix, candidate.option
            slice_ = None if option is None else option.sized(mix.power_mw, mix.energy_mwh)
            trial = self._try(mix.layer, mix.loop, slice_, with_stop=True)
            other = self._try(mix.layer, mix.loop, slice_, with_stop=True, seed=self.ground.seed + 1)
            worse = min(trial, other, key=lambda one: one.margin_frac)
            if self._passes(worse):
                return replace(candidate, trial=worse)
            self._fell(candidate, worse)
            if option is None:
                return None
            candidate = self._helped(candidate, worse)
            if candidate is None:
                return None
        return None

    def _fell(self, candidate: Candidate, worse: Trial) -> None:
        """Tell of a mix, and of those like it with no larger a battery, that it passed its first trials alone."""
        mix = candidate.mix
        self.rows = [
            replace(
                row, margin_frac=worse.margin_frac, ruled_by=worse.ruled_by, passes=False,
                note=f"{row.note}; fails the last trial: a stop in order, other chances",
            )
            if row.passes and (row.mix.layer, row.mix.storage) == (mix.layer, mix.storage)
            and row.mix.power_mw <= mix.power_mw and row.mix.energy_mwh <= mix.energy_mwh
            else row
            for row in self.rows
        ]  # fmt: skip

    def _helped(self, candidate: Candidate, worse: Trial) -> Candidate | None:
        """A slower ramp where that is what a rule lacks, with the energy it asks for; else a larger battery."""
        mix, option = candidate.mix, candidate.option
        slow = slower(mix.loop, self.ground.demand, worse.worst, self.margin_frac)
        if slow is None or worse.unheld_s > 0.0:
            power, half = SPARE * mix.power_mw, SPARE * candidate.half_mwh
        else:
            power, half = mix.power_mw, candidate.half_mwh * mix.loop.ramp_mw_per_min / slow.ramp_mw_per_min
            candidate = replace(candidate, mix=replace(mix, loop=slow))
        if power > option.most_mw or 2.0 * half > option.most_mwh:
            return None
        return self._resized(candidate, power, half)

    # trials and notes

    def _try(
        self, layer: Layer, loop: Loop | None, slice_, with_stop: bool = False, seed: int | None = None
    ) -> Trial:
        self.trials += 1
        self.bar.advance()
        ground = self.ground if seed is None else replace(self.ground, seed=seed)
        return run_trial(ground, layer, loop, slice_, with_stop)

    def _passes(self, trial: Trial) -> bool:
        return trial.margin_frac >= self.margin_frac

    def _note(self, candidate: Candidate, note: str) -> None:
        trial = candidate.trial
        self.rows.append(
            Alternative(
                candidate.mix, candidate.costs, trial.margin_frac, trial.ruled_by, self._passes(trial), note
            )
        )
        shown = candidate.option is not None and candidate.option.shown
        if not shown and (self.near is None or trial.margin_frac > self.near.trial.margin_frac):
            self.near = candidate

    def _skip(self, layer: Layer, why: str) -> None:
        costs = layer_costs(self.ground.campus, layer, self.prices)
        self.rows.append(Alternative(Mix(layer), costs, None, "", None, why))
