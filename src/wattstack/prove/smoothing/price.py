"""What smoothing costs in a year: energy, throughput, capital, wear, losses; where each price is from.

Needs    campus, case, cost, library, physics.
Gives    Prices, prices_of, Option, options_of, layer_costs, storage_costs, PARTS.
Used by  prove.smoothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from wattstack.campus import Battery, Campus, SizeRange, largest, reserve_mw, reserve_mwh, with_chemistry
from wattstack.campus.compute import GpuSmoothing, Job
from wattstack.cost import replacement_schedule, size_costs
from wattstack.errors import Fault, InputError
from wattstack.library import find
from wattstack.physics import cell_of, cooling_mw
from wattstack.physics.compute import mean_power_frac, smoothing_cost, stops_per_h, throughput_frac
from wattstack.prove.smoothing.demand import all_jobs, levelled_mw
from wattstack.prove.smoothing.mix import FAST, Layer, most_load_mw, with_layer

HOURS = 8760.0
PARTS = ("energy", "throughput", "rack", "battery", "wear", "losses")
# Units of a currency for a US dollar where the campus gives no exchange: orders of 2026, assumption.
ROUGH_PER_USD = {
    "USD": 1.0,
    "EUR": 0.9,
    "JPY": 150.0,
    "GBP": 0.8,
    "CAD": 1.4,
    "AUD": 1.5,
    "CNY": 7.0,
    "KRW": 1400.0,
}
RACK_PER_MW_USD = 50_000.0  # converters of a shelf, 50 USD/kW: assumption
# worth of a GPU-hour / price of its energy: 2 USD beside 2 kWh at 0.10 USD, assumption
GPU_HOUR_PER_ENERGY = 10.0
WET_BULB_DEGC = 15.0  # as in the transient twin: assumption
RACK_LIKE = "edlc"


@dataclass(frozen=True)
class Prices:
    """Prices in the currency of the campus.

    Attributes:
        energy_per_mwh: Mean price of energy drawn.
        value_per_gpu_h: Worth of an hour of one GPU.
        rack_per_mwh, rack_per_mw: Investment of storage in racks.
        rack_life_years: Its life.
        per_usd: Units of the currency for a US dollar.
        notes: Where each is from; assumptions say so.
    """

    energy_per_mwh: float
    value_per_gpu_h: float
    rack_per_mwh: float
    rack_per_mw: float
    rack_life_years: float
    per_usd: float
    notes: tuple[str, ...] = ()


def prices_of(campus: Campus, given: Mapping[str, float] | None = None) -> Prices:
    """Prices of a campus.

    Args:
        campus: As declared.
        given: energy_per_mwh, value_per_gpu_h, rack_per_mwh, rack_per_mw that rule over what is found.

    Raises:
        InputError: A series of prices cannot be read; no rate of exchange for the US dollar is known.
    """
    given, notes = dict(given or {}), []
    per_usd = _per_usd(campus, notes)
    energy = given.get("energy_per_mwh")
    if energy is None:
        from wattstack.case import build_cases

        energy = float(np.mean([case.buy_price_per_mwh.mean() for case in build_cases(campus)]))
        notes.append(
            f"Energy: {energy:,.4g} {campus.currency}/MWh, mean of what the tariff charges an imported MWh."
        )
    value_per_gpu_h = given.get("value_per_gpu_h")
    if value_per_gpu_h is None:
        value_per_gpu_h = _gpu_hour(campus, energy, notes)
    store = find("chemistries", RACK_LIKE).values
    rack_per_mwh = given.get("rack_per_mwh", store["capital_per_mwh"] * per_usd)
    rack_per_mw = given.get("rack_per_mw", RACK_PER_MW_USD * per_usd)
    notes.append(
        f"Rack storage: {rack_per_mwh / 1000:,.4g} {campus.currency}/kWh as library:{RACK_LIKE} and "
        f"{rack_per_mw / 1000:,.4g} {campus.currency}/kW of swing: assumption."
    )
    return Prices(
        energy, value_per_gpu_h, rack_per_mwh, rack_per_mw, store["life_years"], per_usd, tuple(notes)
    )


def _per_usd(campus: Campus, notes: list[str]) -> float:
    if campus.currency == "USD":
        return 1.0
    known = campus.finance.exchange.get("USD")
    if known is not None:
        return float(known)
    if campus.currency not in ROUGH_PER_USD:
        what = (
            "is missing, must be given to price storage. Write finance: {exchange: {USD: ...}}, "
            f"{campus.currency} per USD."
        )
        raise InputError(campus.source, [Fault("finance.exchange.USD", what)])
    rough = ROUGH_PER_USD[campus.currency]
    notes.append(
        f"Exchange: {rough:g} {campus.currency} for a USD, assumption; finance.exchange.USD rules over it."
    )
    return rough


def _gpu_hour(campus: Campus, energy_per_mwh: float, notes: list[str]) -> float:
    """Worth of a GPU-hour: of shed compute where the hall prices it, else a multiple of its energy."""
    values = [
        hall.shed_value_per_mwh * job.power_per_gpu_kw / 1000.0
        for _, hall, _, job in all_jobs(campus)
        if hall.shed_value_per_mwh is not None
    ]
    if values:
        notes.append(f"A GPU-hour: {max(values):,.4g} {campus.currency}, from shed_value_per_mwh.")
        return max(values)
    most_kw = max(job.power_per_gpu_kw for *_, job in all_jobs(campus))
    worth = GPU_HOUR_PER_ENERGY * energy_per_mwh * most_kw / 1000.0
    notes.append(
        f"A GPU-hour: {worth:,.4g} {campus.currency}, {GPU_HOUR_PER_ENERGY:g} times the energy it draws: assumption."
    )
    return worth


@dataclass(frozen=True)
class Option:
    """A battery that may take the swings.

    Attributes:
        name: "main", or "fast" for a further one.
        chemistry: Of a further one, else "".
        unit: As declared, sizes ranges or numbers.
        per_mw_year, per_mwh_year: Annuity and fixed cost of a unit of size; 0 annuity for what stands.
        least_h: Energy / power that its cells ask for.
        most_mw, most_mwh: What smoothing may hold of it.
        shown: It is looked at and not chosen: beside a backup `wattstack plan` takes one battery.
    """

    name: str
    chemistry: str
    unit: Battery
    per_mw_year: float
    per_mwh_year: float
    least_h: float
    most_mw: float
    most_mwh: float
    shown: bool = False

    def size_mwh(self, power_mw: float, half_mwh: float) -> float:
        """Usable energy for a power and swings of half_mwh either way."""
        return max(2.0 * half_mwh, power_mw * self.least_h)

    def sized(self, power_mw: float, energy_mwh: float) -> Battery:
        """A slice of it, half full."""
        low, high = self.unit.soc_window
        start = self.unit.start.model_copy(update={"soc": 0.5 * (low + high)})
        changes = {"power_mw": power_mw, "energy_mwh": energy_mwh, "duration_h": None, "start": start,
                   "augmentation": {}, "layout": None, "safety": ()}  # fmt: skip
        return self.unit.model_copy(update=changes)


def options_of(
    campus: Campus, chemistries: Sequence[str], prices: Prices, shown: bool = False
) -> tuple[Option, ...]:
    """Batteries of the campus, then further ones of these chemistries, where `shown` for comparison only."""
    costs = size_costs(campus)
    found = []
    for name, unit in campus.battery.items():
        power, energy = largest(unit.power_mw), largest(unit.energy_mwh)
        backup = campus.duties.backup
        if backup is not None and len(campus.battery) == 1:
            carried = reserve_mw(most_load_mw(campus), backup.load_frac)
            power -= carried
            held = reserve_mwh(carried, backup.duration_h, unit.discharge_eff)
            energy = energy * (1.0 - backup.soc_error_frac) - held
        found.append(
            Option(
                name, "", unit, costs[f"battery.{name}.power_mw"], costs[f"battery.{name}.energy_mwh"],
                least_hours(unit), max(power, 0.0), max(energy, 0.0),
            )
        )  # fmt: skip
    return (*found, *(replace(_further(campus, name, prices), shown=shown) for name in chemistries))


def least_hours(unit: Battery) -> float:
    """Usable energy / power below which the cells cannot give the power [h]; 0 where they are not known."""
    if unit.chemistry is None:
        return 0.0
    cell = cell_of(unit.chemistry.removeprefix("library:"))
    return unit.usable_frac / min(cell.discharge_c_rate, cell.charge_c_rate)


def _further(campus: Campus, chemistry: str, prices: Prices) -> Option:
    rates = {**campus.finance.exchange, "USD": prices.per_usd}
    finance = campus.finance.model_copy(update={"exchange": rates if campus.currency != "USD" else {}})
    free = Battery(
        power_mw=SizeRange(min=0.0, max=1e6), energy_mwh=SizeRange(min=0.0, max=1e6), charge_eff=1.0, discharge_eff=1.0,
        capital_per_mw=0.0, capital_per_mwh=0.0,
    )  # fmt: skip
    changed = with_chemistry(
        campus.model_copy(update={"finance": finance, "battery": {FAST: free}}), FAST, chemistry
    )
    unit, costs = changed.battery[FAST], size_costs(changed)
    per_mw, per_mwh = costs[f"battery.{FAST}.power_mw"], costs[f"battery.{FAST}.energy_mwh"]
    return Option(FAST, chemistry, unit, per_mw, per_mwh, least_hours(unit), inf, inf)


def layer_costs(campus: Campus, layer: Layer, prices: Prices) -> dict[str, float]:
    """Cost of floor, ramps and rack storage above what stands, a year, by part.

    Energy is that of the same work; throughput that is lost is paid beside it. A slow ramp also burns power after
    every stop and works below its pace after every start, as often as the job fails. The rack loses what it moves in
    each iteration, times its loss.
    """
    changed = with_layer(campus, layer)
    energy_mwh = gpu_hours = rack = 0.0
    for (hall_name, hall, _, job), (_, new, _, _) in zip(all_jobs(campus), all_jobs(changed), strict=True):
        over = _overhead(campus, hall_name)
        before, after = (_job_needs(job, one.smoothing) for one in (hall, new))
        energy_mwh += (after[0] - before[0]) * over
        gpu_hours += max(after[1] - before[1], 0.0)
    losses_mwh = 0.0
    if layer.rack_j > 0.0:
        for (hall_name, hall, _, job), (_, new, _, _) in zip(
            all_jobs(campus), all_jobs(changed), strict=True
        ):
            moved = levelled_mw(job, layer) * job.count * layer.average_s / job.period_s
            lost = 1.0 / new.rack_storage.round_trip_eff - 1.0
            losses_mwh += moved * lost * _overhead(campus, hall_name) * HOURS
            old_j = 0.0 if hall.rack_storage is None else hall.rack_storage.energy_j_per_gpu
            rack += _rack_capital(job, layer.rack_j - old_j, old_j == 0.0, prices)
    years, rate = campus.finance.horizon_years, campus.finance.discount_rate_frac
    worth = replacement_schedule(prices.rack_life_years, years).present_worth(rate, years)
    annuity = rack * worth / sum((1.0 + rate) ** -year for year in range(1, years + 1))
    return {
        "energy": energy_mwh * prices.energy_per_mwh, "throughput": gpu_hours * prices.value_per_gpu_h,
        "rack": annuity, "losses": losses_mwh * prices.energy_per_mwh,
    }  # fmt: skip


def _job_needs(job: Job, smoothing: GpuSmoothing) -> tuple[float, float]:
    """Energy beyond that of the plain job [MWh a year] and GPU-hours lost a year."""
    cost = smoothing_cost(job, smoothing)
    energy = cost.extra_energy_frac * mean_power_frac(job) * job.full_mw * HOURS
    lost = cost.throughput_lost_frac
    stops = stops_per_h(job.gpus, job.failures_per_gpu_h)
    step = max(job.high_frac - job.idle_frac, 0.0)
    if smoothing.ramp_down_frac_per_s is not None:
        burnt_h = step * step / (2.0 * smoothing.ramp_down_frac_per_s) / 3600.0
        energy += burnt_h * stops * job.full_mw * HOURS
    if smoothing.ramp_up_frac_per_s is not None and step > 0.0:
        share = np.linspace(job.idle_frac, job.high_frac, 200) / job.high_frac
        behind = 1.0 - float(np.mean([throughput_frac(float(one)) for one in share]))
        lost += stops * behind * step / smoothing.ramp_up_frac_per_s / 3600.0
    return energy, min(lost, 1.0) * job.gpus * job.count * HOURS


def _rack_capital(job: Job, more_j: float, new: bool, prices: Prices) -> float:
    gpus = job.gpus * job.count
    power_mw = gpus * job.power_per_gpu_kw / 1000.0 * (job.high_frac - job.idle_frac) if new else 0.0
    return gpus * max(more_j, 0.0) / 3.6e9 * prices.rack_per_mwh + power_mw * prices.rack_per_mw


def _overhead(campus: Campus, hall_name: str) -> float:
    """MW at the meter for a MW of servers."""
    hall = campus.load[hall_name]
    over = 1.0 + hall.ups_loss_frac
    if campus.cooling is not None:
        over *= 1.0 + float(cooling_mw(campus.cooling, hall.it_mw, hall.it_mw, WET_BULB_DEGC)) / hall.it_mw
    return over


def storage_costs(
    option: Option, power_mw: float, energy_mwh: float, throughput_mwh_per_h: float, prices: Prices
) -> dict[str, float]:
    """Cost of a slice of a battery, a year, by part: annuity and fixed cost, wear, losses of what it moves."""
    unit, moved = option.unit, throughput_mwh_per_h * HOURS
    return {
        "battery": power_mw * option.per_mw_year + energy_mwh * option.per_mwh_year,
        "wear": moved * unit.wear_per_mwh,
        "losses": moved * (1.0 / (unit.charge_eff * unit.discharge_eff) - 1.0) * prices.energy_per_mwh,
    }
