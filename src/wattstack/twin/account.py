"""A year of the loop's records accounted for: traces, bill, balance, limits that were hit.

Needs    case, plan.account, dispatch.Dispatch, series.Traces, twin.kernel.layout.
Gives    Book, new_book, make_traces, make_account, count_limits.
Used by  twin.year.

The bill is made by the same functions as a plan's, from the same channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from wattstack.case import Case
from wattstack.dispatch import Dispatch
from wattstack.physics.kernel import layout as block
from wattstack.plan import account_running
from wattstack.series import Traces
from wattstack.twin.kernel import layout as out
from wattstack.twin.run import LimitCount

LIMIT_WORDS = {
    block.BY_RATING: "power asked above its rating",
    block.BY_SOC_LOW: "lower end of its energy window",
    block.BY_SOC_HIGH: "upper end of its energy window",
    block.BY_VOLTAGE: "voltage of the cells",
    block.BY_CURRENT: "current of the cells",
    block.BY_TEMPERATURE: "temperature of the cells",
    block.BY_MATCHED_LOAD: "the most the cells can give at all",
}
LOSSES = {"cell": out.B_LOSS_CELL, "converter": out.B_LOSS_CONVERTER, "transformer": out.B_LOSS_TRANSFORMER}
TOLD_MW = 1e-6


@dataclass(frozen=True)
class Book:
    """What the loop wrote down, and whose it is.

    Attributes:
        records: Of the loop.
        block_owner: Path of the battery of each block ("battery.main").
        unit_owner: Name of the generator of each unit.
    """

    records: out.Records
    block_owner: tuple[str, ...]
    unit_owner: tuple[str, ...]

    @property
    def record(self) -> np.ndarray:
        """Rows of the campus, (NRECORD, steps)."""
        return self.records.record

    def of_battery(self, path: str, row: int) -> np.ndarray:
        """Sum of one row over the blocks of a battery, shape (steps,)."""
        mine = [b for b, owner in enumerate(self.block_owner) if owner == path]
        return self.records.blocks[row, mine].sum(axis=0)

    def of_generator(self, name: str) -> np.ndarray:
        """Output of a generator [MW], shape (steps,)."""
        mine = [u for u, owner in enumerate(self.unit_owner) if owner == name]
        return self.records.units[mine].sum(axis=0)


def new_book(count: int, block_owner: tuple[str, ...], unit_owner: tuple[str, ...]) -> Book:
    """Room for so many steps."""
    records = out.Records(
        np.zeros((out.NRECORD, count)), np.zeros((out.NBLOCK_RECORD, len(block_owner), count)),
        np.zeros((len(unit_owner), count)),
    )  # fmt: skip
    return Book(records, block_owner, unit_owner)


def make_account(case: Case, book: Book):
    """Bill, balance and emissions of a run, by the functions that account for a plan."""
    record, count = book.record, case.axis.count
    paths = dict.fromkeys(book.block_owner)
    injection = {path: book.of_battery(path, out.B_INJECTION) for path in paths}
    available = sum(
        (frac * case.campus.solar[n].power_mw for n, frac in case.solar_frac.items()), np.zeros(count)
    )
    used = np.divide(record[out.R_SOLAR], available, out=np.zeros(count), where=available > 0.0)
    shed = sum(case.shed_mw.values(), np.zeros(count))
    put_off = np.divide(record[out.R_SHED], shed, out=np.zeros(count), where=shed > 0.0)
    take = {"grid.connection.firm": record[out.R_IMPORT], "unserved": record[out.R_UNSERVED]}
    take |= {f"solar.{n}": frac * case.campus.solar[n].power_mw * used for n, frac in case.solar_frac.items()}
    take |= {f"generator.{n}": book.of_generator(n) for n in case.campus.generator}
    take |= {f"load.{n}.shed": values * put_off for n, values in case.shed_mw.items()}
    nothing = np.zeros(count)
    run = Dispatch(
        value=0.0, bound=0.0, solver="twin", take_mw=take, export_mw=record[out.R_EXPORT],
        charge_mw={p: np.maximum(-v, 0.0) for p, v in injection.items()},
        discharge_mw={p: np.maximum(v, 0.0) for p, v in injection.items()},
        stored_mwh={p: book.of_battery(p, out.B_STORED) for p in paths},
        price_per_mwh=nothing, cap_price_per_mwh=nothing, stored_price_per_mwh={},
    )  # fmt: skip
    drawn = case.load_mw + record[out.R_AUXILIARY] + record[out.R_DUMPED]
    return account_running(replace(case, load_mw=drawn), run, {}, case.campus.finance.lost_load_per_mwh)


def make_traces(case: Case, book: Book, outside: np.ndarray) -> Traces:
    """Every step in the channels of a plan, and those only a run has; `outside` is what came from there."""
    record = book.record
    arrays = {
        "load_mw": case.load_mw,
        "it_mw": case.it_mw,
        "cooling_mw": case.cooling_mw,
        "grid.import_mw": record[out.R_IMPORT],
        "grid.export_mw": record[out.R_EXPORT],
        "grid.import_limit_mw": outside[out.D_IMPORT_LIMIT],
        "grid.buy_price_per_mwh": case.buy_price_per_mwh,
        "reserve_mwh": outside[out.D_RESERVE],
        "unserved_mw": record[out.R_UNSERVED],
        "shed_mw": record[out.R_SHED],
        "solar_mw": record[out.R_SOLAR],
        "auxiliary_mw": record[out.R_AUXILIARY],
        "control.reason": record[out.R_REASON],
    }
    arrays |= {f"generator.{name}.output_mw": book.of_generator(name) for name in case.campus.generator}
    for path in dict.fromkeys(book.block_owner):
        injection = book.of_battery(path, out.B_INJECTION)
        mine = [b for b, owner in enumerate(book.block_owner) if owner == path]
        arrays[f"{path}.charge_mw"] = np.maximum(-injection, 0.0)
        arrays[f"{path}.discharge_mw"] = np.maximum(injection, 0.0)
        arrays[f"{path}.stored_mwh"] = book.of_battery(path, out.B_STORED)
        arrays[f"{path}.auxiliary_mw"] = book.of_battery(path, out.B_AUXILIARY)
        arrays[f"{path}.loss_mw"] = sum(book.of_battery(path, row) for row in LOSSES.values())
        arrays[f"{path}.temp_cell_degc"] = book.records.blocks[out.B_TEMP, mine].mean(axis=0)
    return Traces(case.axis, arrays)


def count_limits(case: Case, book: Book, outside: np.ndarray) -> Iterator[LimitCount]:
    """Every limit that was hit: stretches, first time, duration, greatest amount."""
    record = book.record
    import_limit, on = outside[out.D_IMPORT_LIMIT], outside[out.D_GRID_ON]
    duty = "duties.smoothing" if case.campus.duties.backup is None else "duties.backup"
    at_limit = (record[out.R_IMPORT] >= import_limit - TOLD_MW) & (on > 0.5)
    told = (
        ("grid.import", "import at what the grid allows", at_limit, record[out.R_IMPORT], "MW"),
        ("grid", "outage", on < 0.5, case.load_mw, "MW"),
        ("load", "flexible compute put off", record[out.R_SHED] > TOLD_MW, record[out.R_SHED], "MW"),
        ("load", "not served", record[out.R_UNSERVED] > TOLD_MW, record[out.R_UNSERVED], "MW"),
        (duty, "reserve not full", record[out.R_RESERVE_SHORT] > 1e-3, record[out.R_RESERVE_SHORT], "MWh"),
        ("control", "two rules that could not both be kept", record[out.R_CLASH] > 0.5, record[out.R_CLASH], ""),
    )  # fmt: skip
    for path, words, hit, amount, unit in told:
        if hit.any():
            yield _counted(case, path, words, hit, float(amount[hit].max()), unit)
    for b, path in enumerate(book.block_owner):
        codes = book.records.blocks[out.B_LIMIT, b]
        for code, words in LIMIT_WORDS.items():
            hit = codes == code
            if hit.any():
                yield _counted(case, path, words, hit, 0.0, "")


def _counted(case: Case, path: str, words: str, hit: np.ndarray, worst: float, unit: str) -> LimitCount:
    starts = np.flatnonzero(hit & ~np.concatenate([[False], hit[:-1]]))
    first = str(case.axis.stamps[starts[0]]) + "Z"
    hours = float(hit.sum()) * case.axis.step_h
    return LimitCount(path, words, len(starts), first, hours, worst, unit)
