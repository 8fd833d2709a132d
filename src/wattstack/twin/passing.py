"""The passes of a run over its axis: chunks of the compiled loop, and what each year came to.

Needs    twin.year's Twin and Setting, twin.kernel, twin.account.
Gives    run_years.
Used by  twin.year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.control.kernel import strip
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.generator import FAILURES, STARTS, new_units
from wattstack.physics.kernel.stored import stored_mwh
from wattstack.twin.account import LOSSES, Book, count_limits, make_account, make_traces, new_book
from wattstack.twin.drive import FAR_MW
from wattstack.twin.kernel import layout as out
from wattstack.twin.kernel.year import run_steps
from wattstack.twin.makes import courses_of
from wattstack.twin.planner import Loop, Planner, make_planner, plan_steps
from wattstack.twin.run import LimitCount, Run, YearOfRun
from wattstack.twin.transient.micro import MicroCycles, micro_cycles, smoothes, wear

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.twin.fleet import Fleet
    from wattstack.twin.year import Setting, Twin

CHUNK_S = 7 * 86400  # between two looks at Ctrl-C


class _Was(NamedTuple):
    """What stood at the start of a year, and what was done then."""

    year: int
    age: np.ndarray
    units: np.ndarray
    strips: np.ndarray
    done: tuple[tuple[str, str], ...]
    stored_mwh: float


def run_years(twin: Twin, setting: Setting, say: Callable[[str], None]) -> Run:
    """Every year of a run."""
    case, fleet = twin.case, twin.fleet(setting)
    units, unit_owner = twin.units(setting)
    count = case.axis.count
    carry = out.new_carry(
        fleet.blocks.state,
        fleet.blocks.age,
        new_units(len(unit_owner)),
        twin.targets(),
        plan_steps(twin.campus.control),
        fleet.strip,
    )
    book = new_book(count, fleet.owner, tuple(unit_owner))
    planner = make_planner(twin, setting)
    micro = _micro(twin, setting)
    years, limits, traces, said, courses = [], [], None, {}, ()
    for year in range(twin.years):
        done = fleet.begin_year(year)
        carry.months[out.TARGET], carry.months[out.DRAWN] = twin.targets(), 0.0
        drive = twin.drive(setting, year)
        lost_mw = sum(one.loss_mw for one in micro.values()) * drive.outside[out.D_GRID_ON]
        drive.outside[out.D_LOAD] += lost_mw
        was = _Was(year, carry.age.copy(), carry.units.copy(), fleet.strip.copy(), done, _stored(fleet))
        rules = twin.rules(setting, twin.seed + year)
        both = fleet.blocks.blocks, fleet.blocks.ageing
        step_s = float(case.axis.step_s)
        loop = Loop(step_s, drive, rules, both, units, carry, book.records)
        _pass(count, planner, loop, lambda hours: wear(fleet, micro, hours))
        book.record[out.R_AUXILIARY] += lost_mw
        limits += list(count_limits(case, book, drive.outside))
        years.append(_year(twin, book, fleet, carry, was))
        said |= dict.fromkeys(fleet.extrapolated(book.records.blocks) if year == 0 else ())
        if year == 0 and setting.ageing and not setting.reservoir:
            courses = courses_of(fleet, book.records.blocks, step_s)
        traces = traces or make_traces(case, _kept(book) if twin.years > 1 else book, drive.outside)
        say(f"year {year + 1}")
    return Run(
        name=twin.campus.name, currency=twin.campus.currency, case=case, controller=_words(twin), traces=traces,
        years=tuple(years), limits=_merged(limits), against=_no_table(), seed=twin.seed,
        notes=(*_notes(twin), *_micro_notes(micro), *said), reference=twin.reference, scenario=twin.scenario,
        targets_mw={m: float(t) for m, t in zip(case.month_names, twin.targets(), strict=True) if t < FAR_MW},
        courses=courses,
    )  # fmt: skip


def _kept(book: Book) -> Book:
    """A copy: the loop writes the next year into the same room."""
    return replace(book, records=out.Records(*(part.copy() for part in book.records)))


def _micro(twin: Twin, setting: Setting) -> dict[str, MicroCycles]:
    """Cycles of seconds by battery; none where no fast loop works or no cell ages."""
    if not setting.ageing or setting.reservoir or not smoothes(twin.campus):
        return {}
    return micro_cycles(twin.campus, seed=twin.seed)


def _micro_notes(micro: dict[str, MicroCycles]) -> list[str]:
    return [
        f"battery.{name}: beside the minutes of this run the fast loop moves {one.out_mwh_per_h:.3g} MWh an hour in "
        f"{one.per_h.sum():,.0f} cycles ({one.full_cycles_per_h * 8760.0:,.0f} full ones a year), as in a window of "
        f"milliseconds; they wear the cells; their loss of {1000.0 * one.loss_mw:,.3g} kW is in the auxiliaries."
        for name, one in micro.items()
    ]


def _pass(count: int, planner: Planner | None, loop: Loop, after: Callable[[float], None]) -> None:
    """One pass over the axis, in chunks so that Ctrl-C is heard; `after` each chunk takes its hours."""
    chunk = max(1, CHUNK_S // round(loop.step_s))
    for start in range(0, count, chunk):
        end = min(start + chunk, count)
        if planner is None:
            run_steps(
                start,
                end,
                loop.step_s,
                loop.drive,
                loop.rules,
                0,
                loop.fleet,
                loop.units,
                loop.carry,
                loop.records,
            )
        else:
            planner.run(start, end, loop)
        after((end - start) * loop.step_s / 3600.0)


def _year(twin: Twin, book: Book, fleet: Fleet, carry: out.Carry, was: _Was) -> YearOfRun:
    """Bill, balance, figures and batteries of a year that has just been run."""
    case = twin.case
    told = make_account(case, book)
    record, step_h = book.record, case.axis.step_h
    units = carry.units - was.units
    figures = {
        "import_mwh": float(record[out.R_IMPORT].sum() * step_h),
        "export_mwh": float(record[out.R_EXPORT].sum() * step_h),
        "solar_mwh": float(record[out.R_SOLAR].sum() * step_h),
        "generator_mwh": float(record[out.R_GENERATOR].sum() * step_h),
        "auxiliary_mwh": float(record[out.R_AUXILIARY].sum() * step_h),
        "shed_mwh": float(record[out.R_SHED].sum() * step_h),
        "unserved_mwh": float(record[out.R_UNSERVED].sum() * step_h),
        "highest_import_mw": float(record[out.R_IMPORT].max()),
        "generator_starts": float(units[STARTS].sum()),
        "generator_failures": float(units[FAILURES].sum()),
        "stored_change_mwh": _stored(fleet) - was.stored_mwh,
        "running_cost": told.bill.total,
    }
    peaks = {m: float(p) for m, p in zip(case.month_names, carry.months[out.DRAWN], strict=True)}
    return YearOfRun(
        was.year, told.bill, told.balance, told.emission_t, peaks, figures,
        _batteries(fleet, book, was, step_h), was.done,
    )  # fmt: skip


def _stored(fleet: Fleet) -> float:
    """Energy in all blocks now [MWh]."""
    rating, state, age = fleet.blocks.blocks.rating, fleet.blocks.state, fleet.blocks.age
    return float(sum(stored_mwh(rating, state, age, b) for b in range(len(fleet.owner))))


def _batteries(fleet: Fleet, book: Book, was: _Was, step_h: float) -> pd.DataFrame:
    """What became of each block: capacity, throughput, efficiency with and without auxiliaries."""
    import pandas as pd

    rows = {}
    for b, label in enumerate(fleet.label):
        injection = book.records.blocks[out.B_INJECTION, b]
        given = float(np.maximum(injection, 0.0).sum() * step_h)
        taken = float(np.maximum(-injection, 0.0).sum() * step_h)
        auxiliary = float(book.records.blocks[out.B_AUXILIARY, b].sum() * step_h)
        stored = book.records.blocks[out.B_STORED, b]
        kept = float(stored[-1] - stored[0]) if len(stored) else 0.0
        rating = fleet.blocks.blocks.rating[:, b]
        unit = fleet.campus.battery[fleet.owner[b].split(".")[1]]
        usable = (rating[block.SOC_HIGH] - rating[block.SOC_LOW]) * rating[block.NAMEPLATE_MWH]
        stands = rating[block.MODE] != block.DEAD
        rows[label] = {
            "capacity_start_frac": float(was.age[block.CAPACITY, b]),
            "capacity_frac": float(fleet.blocks.age[block.CAPACITY, b]),
            "resistance_frac": float(fleet.blocks.age[block.RESISTANCE, b]),
            "usable_mwh": float(usable * fleet.blocks.age[block.CAPACITY, b]) if stands else 0.0,
            "charged_mwh": taken,
            "discharged_mwh": given,
            "full_cycles": given / usable if usable > 0.0 else 0.0,
            "round_trip_eff": given / (taken - kept) if taken - kept > 0.0 else float("nan"),
            "round_trip_net_eff": given / (taken - kept + auxiliary) if taken - kept > 0.0 else float("nan"),
            "declared_round_trip_eff": unit.charge_eff * unit.discharge_eff,
            "auxiliary_mwh": auxiliary,
            **{
                f"loss_{cause}_mwh": float(book.records.blocks[row, b].sum() * step_h)
                for cause, row in LOSSES.items()
            },
            "temp_cell_max_degc": float(book.records.blocks[out.B_TEMP, b].max()),
            **_strips(fleet, was, b),
        }
    return pd.DataFrame(rows).T.rename_axis("block")


def _strips(fleet: Fleet, was: _Was, b: int) -> dict[str, float]:
    """How often a block was stripped in the year, hours out of service for it, hours it waited for its turn."""
    fields = {"strips": strip.COUNT, "strip_h": strip.OUT_H, "strip_late_h": strip.LATE_H}
    if not fleet.strip.shape[1]:
        return dict.fromkeys(fields, 0.0)
    return {name: float(fleet.strip[row, b] - was.strips[row, b]) for name, row in fields.items()}


def _merged(limits: list[LimitCount]) -> tuple[LimitCount, ...]:
    """The same limit of several years as one: counts and hours add, the first time stays."""
    merged: dict[tuple[str, str], LimitCount] = {}
    for one in limits:
        old = merged.get((one.path, one.limit))
        if old is None:
            merged[one.path, one.limit] = one
        else:
            merged[one.path, one.limit] = LimitCount(
                one.path, one.limit, old.count + one.count, old.first_utc, old.duration_h + one.duration_h,
                max(old.largest, one.largest), one.unit,
            )  # fmt: skip
    return tuple(merged.values())


def _no_table() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["line", "meaning", "cost_per_year", "difference_per_year"])


def _words(twin: Twin) -> str:
    """The controller in one line."""
    control = twin.campus.control
    order = ", ".join(control.priority)
    if control.kind == "rules":
        return f"rules in order of priority: {order}"
    return (
        f"a plan of the next {control.horizon_h:g} h in steps of {control.plan_step}, made anew every "
        f"{control.replan}, inside the rules {order}"
    )


def _notes(twin: Twin) -> tuple[str, ...]:
    """What a reader of the run must know; the plan's perfect foresight is not the run's."""
    notes = [text for text in twin.case.notes if not text.startswith("Perfect foresight")]
    notes.append(
        "Targets of the metered peaks are those of the plan, which knew the year: a site has to learn them."
        if twin.campus.control.peak_target_mw is None
        else "Targets of the metered peaks are those of the campus file."
    )
    if not len(twin.case.temp_air_degc):
        notes.append("No weather is read: the outdoor air is taken as 20 degC.")
    return tuple(dict.fromkeys(notes))
