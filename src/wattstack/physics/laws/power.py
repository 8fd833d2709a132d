"""Storage for seconds and minutes: lithium titanate, double-layer capacitors, valve-regulated lead.

Gives    LTO, EDLC, VRLA.
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import ROOM_K, YEAR_S, Law, Number, Path, Range, Shape, Stress


def _lto(n: Mapping[str, float]) -> Shape:
    calendar = (n["calendar_loss_per_year"], ROOM_K, 1.0 / n["double_k"])
    return Shape(
        paths=(Path("calendar", row.TO_MAIN), Path("cycles", row.TO_MAIN, n["cycle_power"])),
        times=(Stress(row.T_DOUBLING, calendar, 0, YEAR_S),),
        cycles=(Stress(row.C_CUBED_DEPTH, (n["g0"], n["g1"], n["g2"], n["g3"], 318.15), 1),),
    )


def _edlc(n: Mapping[str, float]) -> Shape:
    def life(share: float) -> tuple[float, ...]:
        rate = share / n["life_years"]
        return (
            rate,
            ROOM_K,
            1.0 / n["halve_k"],
            n["volt_empty"],
            n["volt_full"],
            n["volt_ref"],
            1.0 / n["halve_v"],
        )

    def cycle(share: float) -> tuple[float, ...]:
        return (share / n["life_cycles"], 0.0, 1.0 / ROOM_K, 0.0, 0.0)

    lost, grown = n["capacity_lost_frac"], n["resistance_grown_frac"]
    return Shape(
        paths=(Path("capacity", row.TO_MAIN), Path("resistance", row.TO_RESISTANCE)),
        times=(Stress(row.T_DOUBLING, life(lost), 0, YEAR_S), Stress(row.T_DOUBLING, life(grown), 1, YEAR_S)),
        cycles=(Stress(row.C_ARRHENIUS, cycle(lost), 0), Stress(row.C_ARRHENIUS, cycle(grown), 1)),
    )


def _vrla(n: Mapping[str, float]) -> Shape:
    def life(share: float) -> tuple[float, ...]:
        return (share / n["life_years"], ROOM_K, 1.0 / n["halve_k"])

    def cycle(share: float) -> tuple[float, ...]:
        return (share / n["life_cycles"], 0.0, 1.0 / ROOM_K, n["depth_power"], 0.0)

    knee, grown = 1.0 - n["knee_frac"], n["resistance_grown_frac"]
    return Shape(
        paths=(
            Path("capacity", row.TO_MAIN, form=row.KNEE, limit=knee, slope=n["knee_slope"]),
            Path("resistance", row.TO_RESISTANCE, form=row.KNEE, limit=grown, slope=n["knee_slope"]),
        ),
        times=(
            Stress(row.T_DOUBLING, life(knee), 0, YEAR_S, inverse_exponent=1.0),
            Stress(row.T_DOUBLING, life(grown), 1, YEAR_S, inverse_exponent=1.0),
        ),
        cycles=(
            Stress(row.C_ARRHENIUS, cycle(knee), 0, inverse_exponent=1.0),
            Stress(row.C_ARRHENIUS, cycle(grown), 1, inverse_exponent=1.0),
        ),
    )


LTO = Law(
    name="lto",
    title="NMC/LTO, 10 Ah power cell: cycles as tested, calendar assumed",
    paper="Bank et al. (2020), J. Power Sources 473:228566, doi:10.1016/j.jpowsour.2020.228566; fit of "
    "the cycles: BLAST-Lite "
    "(NREL), on the safe side of most of the data; calendar: assumption, none was seen below 80 degC",
    fitted_on="cycles at 30-60 degC over depth and rate up to 10C",
    fits=Range(temp_degc=(30.0, 60.0), soc=(0.0, 1.0), dod=(0.1, 1.0), c_rate=(1.0, 10.0)),
    numbers={
        "calendar_loss_per_year": Number(0.0025, "1/year", "assumption: 5 % in 20 years at 25 degC"),
        "double_k": Number(10.0, "K", "assumption: twice as fast every 10 K"),
        "g0": Number(1.29, "1", "cycles"),
        "g1": Number(7.83e-5, "h", "their course over the rate"),
        "g2": Number(4.02, "1", "their course over depth^3"),
        "g3": Number(-8.33, "1", "their course over 318.15 K / T"),
        "cycle_power": Number(0.526, "1", "power of full equivalent cycles"),
    },
    shape=_lto,
)

EDLC = Law(
    name="edlc",
    title="Electric double-layer capacitor: capacitance -20 % and resistance x 2 at the end of its life",
    paper="end of life and years at rated voltage and 25 degC: data sheets; twice as fast per 10 K and "
    "per 0.1 V: Bohlen, Kowal, "
    "Sauer (2007), J. Power Sources 172:468. Linear in time: assumption",
    fitted_on="rule of thumb of makers and reviews, not a fit",
    fits=Range(temp_degc=(-40.0, 65.0), soc=(0.0, 1.0), dod=(0.0, 1.0), c_rate=(0.0, 1000.0)),
    numbers={
        "life_years": Number(10.0, "year", "life at volt_ref and 25 degC"),
        "life_cycles": Number(1e6, "cycles", "full cycles to the end of life"),
        "halve_k": Number(10.0, "K", "half the life per so much more"),
        "halve_v": Number(0.1, "V", "half the life per so much more"),
        "volt_empty": Number(0.0, "V", "at state of charge 0"),
        "volt_full": Number(3.0, "V", "at state of charge 1"),
        "volt_ref": Number(3.0, "V", "where life_years holds"),
        "capacity_lost_frac": Number(0.2, "1", "at the end of life"),
        "resistance_grown_frac": Number(1.0, "1", "at the end of life"),
    },
    shape=_edlc,
)

VRLA = Law(
    name="vrla",
    title="Valve-regulated lead-acid on float: half the life per 8.3 K, cycles beside it, a knee at 80 %",
    paper="half the life per 8.3 K (15 degF) over 25 degC: IEEE 1188 and makers; float 3-5 years, 200-500 "
    "cycles: makers of UPS "
    "batteries. Knee: end of life at 80 % as the standard has it; how steep it goes on: assumption",
    fitted_on="rule of the trade, not a fit",
    fits=Range(temp_degc=(15.0, 40.0), soc=(0.0, 1.0), dod=(0.0, 1.0), c_rate=(0.0, 6.0)),
    numbers={
        "life_years": Number(5.0, "year", "on float at 25 degC to knee_frac"),
        "life_cycles": Number(300.0, "cycles", "full cycles to knee_frac"),
        "depth_power": Number(
            0.3, "1", "wear per full equivalent cycle goes with depth to this power: assumption"
        ),
        "halve_k": Number(8.3, "K", "half the life per so much more"),
        "knee_frac": Number(0.8, "1", "capacity where the fall begins"),
        "knee_slope": Number(4.0, "1", "how much faster it goes on: assumption"),
        "resistance_grown_frac": Number(0.5, "1", "resistance at the knee: assumption"),
    },
    shape=_vrla,
)
